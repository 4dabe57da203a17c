/**
 * When the other side held an entry (SPEC 9.2): the only time that binds anybody.
 *
 * Guarantees `heldAt` = the smallest receipt time among receipts of another party that cover the entry,
 * whatever the order of arrival. It does not check receipts; `ledger` did.
 */
import type { Instant } from "../codec/time.ts";
import type { PartyId } from "../protocols/protocol.ts";
import type { FirstReceipt } from "./opened-entry.ts";

interface FeedReceipts {
  /** Ascending. */
  readonly sizes: number[];
  /** `earliest[i]` = the smallest time among receipts of size ≥ `sizes[i]`; non-decreasing. */
  readonly earliest: number[];
  latestAt: Instant;
}

export interface Receipts {
  readonly add: (receipt: FirstReceipt) => void;
  /** How many receipts were taken. */
  readonly count: () => number;
  /** Grows when an instant that `heldAt` had answered became earlier: receipts out of order. */
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
      if (known === undefined) feeds.set(feed, (known = { sizes: [], earliest: [], latestAt: at }));
      known.latestAt = Math.max(known.latestAt, at);
      count += 1;
      if (insert(known, size, at)) revisions += 1;
    },
    count: () => count,
    revisions: () => revisions,
    heldAt: (feed, seq) => {
      const known = feeds.get(feed);
      return known?.earliest[firstAtLeast(known.sizes, seq + 1)];
    },
    heldSize: (feed) => feeds.get(feed)?.sizes.at(-1) ?? 0,
    latestAt: (feed) => feeds.get(feed)?.latestAt,
  };
}

/** Receipts mostly come in order of size and time: then this only appends. True when the past changed. */
function insert({ sizes, earliest }: FeedReceipts, size: number, at: Instant): boolean {
  const index = firstAtLeast(sizes, size);
  const isNewSize = sizes[index] !== size;
  if (isNewSize) {
    const later = earliest[index];
    sizes.splice(index, 0, size);
    earliest.splice(index, 0, later === undefined ? at : Math.min(at, later));
  }
  // In the middle, entries that waited for a later receipt now have an earlier one.
  let revised = isNewSize && index < sizes.length - 1;
  for (let i = index; i >= 0 && (earliest[i] ?? at) > at; i--) {
    earliest[i] = at;
    revised = true;
  }
  return revised;
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
