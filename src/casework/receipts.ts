/**
 * When the other side held an entry (SPEC 9.2): the only time that binds anybody.
 *
 * Guarantees `heldAt` = the time of the receipt with the smallest size that covers the entry, whatever the order of
 * arrival: a receipt for more entries never moves it, whatever its clock says. It does not check receipts; `ledger`
 * did.
 */
import type { Instant } from "../codec/time.ts";
import type { PartyId } from "../protocols/protocol.ts";
import type { FirstReceipt } from "./opened-entry.ts";

interface FeedReceipts {
  /** Ascending. */
  readonly sizes: number[];
  /** `times[i]` is the time of the receipt of `sizes[i]`; of several parties', the earliest. */
  readonly times: Instant[];
  latestAt: Instant;
}

export interface Receipts {
  readonly add: (receipt: FirstReceipt) => void;
  /** How many receipts were taken. */
  readonly count: () => number;
  /** Grows when an instant that `heldAt` had answered changed: receipts out of order. */
  readonly revisions: () => number;
  readonly heldAt: (feed: PartyId, seq: number) => Instant | undefined;
  /** How many entries of the feed somebody else holds. */
  readonly heldSize: (feed: PartyId) => number;
  /** The last time that somebody else receipted the feed. */
  readonly latestAt: (feed: PartyId) => Instant | undefined;
}

export function createReceipts(): Receipts {
  const feeds = new Map<PartyId, FeedReceipts>();
  let count = 0;
  let revisions = 0;
  return {
    add: ({ feed, size, by, at }) => {
      // Nobody proves by their own word that somebody else holds something.
      if (by === feed) return;
      let known = feeds.get(feed);
      if (known === undefined) feeds.set(feed, (known = { sizes: [], times: [], latestAt: at }));
      known.latestAt = Math.max(known.latestAt, at);
      count += 1;
      if (insert(known, size, at)) revisions += 1;
    },
    count: () => count,
    revisions: () => revisions,
    heldAt: (feed, seq) => {
      const known = feeds.get(feed);
      return known?.times[firstAtLeast(known.sizes, seq + 1)];
    },
    heldSize: (feed) => feeds.get(feed)?.sizes.at(-1) ?? 0,
    latestAt: (feed) => feeds.get(feed)?.latestAt,
  };
}

/** Receipts mostly come in order of size: then this only appends. True when the past changed. */
function insert({ sizes, times }: FeedReceipts, size: number, at: Instant): boolean {
  const index = firstAtLeast(sizes, size);
  if (sizes[index] !== size) {
    sizes.splice(index, 0, size);
    times.splice(index, 0, at);
    // In the middle, entries that waited for a later receipt now have another one.
    return index < sizes.length - 1;
  }
  const earlier = at < (times[index] ?? at);
  if (earlier) times[index] = at;
  return earlier;
}

/** Index of the first element ≥ `value`; the length when there is none. */
export function firstAtLeast(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
