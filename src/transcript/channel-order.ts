/**
 * The order of the channel and the bracket of each entry (SPEC 9.1.2, 7.4.3).
 *
 * `after`: the largest time at which the author is known to have held what the entry names, by receipts of its own
 * or of those before it in the order; `before`: the first time another party held the entry. One pass over all feeds
 * in causal order.
 */
import { createReceipts, type Receipts } from "#parley/casework/receipts.ts";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { Entry } from "#parley/ledger/entry.ts";
import type { TranscriptCode } from "./codes.ts";
import { provenTo, type FeedWork } from "./feed-work.ts";
import type { Bracket, VerifiedEntry, VerifiedReceipt } from "./report.ts";

/** SPEC 7.4.3: clocks of duty desks are allowed this much. */
export const CLOCK_TOLERANCE_SECONDS = 300;

interface Walk {
  readonly work: FeedWork;
  readonly end: number;
  readonly depths: number[];
  /** Undefined: nothing known. */
  readonly after: (Instant | undefined)[];
}

/** Proven entries of all feeds, by depth and leaf. */
export function orderEntries(works: readonly FeedWork[]): readonly VerifiedEntry[] {
  const walks = works.map((work): Walk => ({ work, end: provenTo(work), depths: [], after: [] }));
  const byFeed = new Map(walks.map((walk) => [walk.work.feed, walk]));
  const ownReceipts = receiptsByGiver(works);
  let progressed = true;
  while (progressed) {
    progressed = false;
    for (const walk of walks) {
      while (canAdvance(walk, byFeed)) {
        advance(walk, byFeed, ownReceipts);
        progressed = true;
      }
    }
    // What an entry names may lie behind a fault of the other feed; then it is placed by what is known.
    const stalled = progressed ? undefined : walks.find(({ depths, end }) => depths.length < end);
    if (stalled !== undefined) {
      advance(stalled, byFeed, ownReceipts);
      progressed = true;
    }
  }
  const held = createReceipts();
  for (const { receipts } of works) for (const receipt of receipts) held.add(receipt);
  return walks
    .flatMap((walk) => entriesOf(walk, held))
    .sort((a, b) => a.depth - b.depth || (a.leaf < b.leaf ? -1 : 1));
}

function canAdvance({ work, end, depths }: Walk, byFeed: ReadonlyMap<string, Walk>): boolean {
  const entry = depths.length < end ? work.entries[depths.length] : undefined;
  if (entry === undefined) return false;
  for (const { feed, size } of entry.seen) if ((byFeed.get(feed)?.depths.length ?? 0) < size) return false;
  return true;
}

function advance(
  walk: Walk,
  byFeed: ReadonlyMap<string, Walk>,
  ownReceipts: ReadonlyMap<string, readonly VerifiedReceipt[]>,
): void {
  const entry: Entry | undefined = walk.work.entries[walk.depths.length];
  let depth = walk.depths.at(-1) ?? 0;
  let after = walk.after.at(-1);
  // `seen` never shrinks, so what it named before has already been counted.
  const before = walk.work.entries[walk.depths.length - 1]?.seen ?? [];
  for (const [i, { feed, size }] of (entry?.seen ?? []).entries()) {
    if (before[i]?.size === size && before[i].feed === feed) continue;
    const other = byFeed.get(feed);
    const last = Math.min(size, other?.depths.length ?? 0) - 1;
    depth = Math.max(depth, other?.depths[last] ?? 0);
    const receipts = ownReceipts.get(`${feed} ${walk.work.feed}`) ?? [];
    after = later(after, later(other?.after[last], receipts[lastAtMost(receipts, size)]?.at));
  }
  walk.depths.push(depth + 1);
  walk.after.push(after);
}

function entriesOf({ work, depths, after }: Walk, held: Receipts): readonly VerifiedEntry[] {
  const entries: VerifiedEntry[] = [];
  for (const [seq, depth] of depths.entries()) {
    const [entry, leaf, slot] = [work.entries[seq], work.leaves[seq], work.section.slots[seq]];
    if (entry === undefined || leaf === undefined || slot === undefined) break;
    // The entry's form is proven, so any reader of ISO 8601 reads the same instant.
    const claimedAt = Date.parse(entry.time) / 1_000;
    const bracket = bracketOf(after[seq], held.heldAt(work.feed, seq));
    entries.push({
      feed: work.feed,
      seq,
      leaf: encodeBase64url(leaf),
      depth,
      kind: entry.kind,
      entry,
      claimed_at: claimedAt,
      bracket,
      warnings: timeWarnings(claimedAt, bracket),
      opening: slot.opening,
    });
  }
  return entries;
}

function bracketOf(after: Instant | undefined, before: Instant | undefined): Bracket {
  if (after === undefined) return before === undefined ? {} : { before };
  return before === undefined ? { after } : { after, before };
}

const NO_WARNINGS: readonly TranscriptCode[] = Object.freeze([]);

function timeWarnings(
  claimed: Instant,
  { after = -Infinity, before = Infinity }: Bracket,
): readonly TranscriptCode[] {
  // The two ends are of two clocks: when they cross, one of the clocks was wrong and neither end binds.
  if (after > before + CLOCK_TOLERANCE_SECONDS) return ["bracket-crossed"];
  const outside = claimed < after - CLOCK_TOLERANCE_SECONDS || claimed > before + CLOCK_TOLERANCE_SECONDS;
  return outside ? ["time-outside"] : NO_WARNINGS;
}

/** By feed and giver, ascending by size. */
function receiptsByGiver(works: readonly FeedWork[]): ReadonlyMap<string, readonly VerifiedReceipt[]> {
  const byGiver = new Map<string, VerifiedReceipt[]>();
  for (const { receipts } of works) {
    for (const receipt of receipts) {
      const slot = `${receipt.feed} ${receipt.by}`;
      const list = byGiver.get(slot);
      if (list === undefined) byGiver.set(slot, [receipt]);
      else list.push(receipt);
    }
  }
  return byGiver;
}

/** Index of the last receipt whose size is at most `size`; −1 when there is none. */
function lastAtMost(receipts: readonly VerifiedReceipt[], size: number): number {
  let [low, high] = [0, receipts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((receipts[middle]?.size ?? 0) <= size) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function later(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}
