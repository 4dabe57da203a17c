/**
 * What casework reads of the record: opened entries and first receipts (SPEC 9.1).
 *
 * Guarantees the order of the channel: (depth, leaf), intrinsic to each entry, so it never changes when others
 * arrive; and causality: who had what before writing. `claimedAt` orders nothing.
 * It does not verify: entries come from `ledger`, which admitted them.
 */
import type { JsonObject } from "../codec/json.ts";
import type { Instant } from "../codec/time.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";

export type EntryKind =
  "genesis" | "message" | "party_update" | "key_epoch" | "erase" | "heartbeat" | "close";

export interface OpenedEntry {
  readonly feed: PartyId;
  readonly seq: number;
  /** Leaf hash, base64url. */
  readonly leaf: string;
  /** 1 + the largest depth among the previous entry of the feed and entry `size − 1` of each seen feed. */
  readonly depth: number;
  /** How much of every other feed the author held; sizes never shrink along a feed. */
  readonly seen: readonly { readonly feed: PartyId; readonly size: number }[];
  /** The author's word for the time: shown, and used only where no receipt exists yet. */
  readonly claimedAt: Instant;
  readonly kind: EntryKind;
  /** Undefined when withheld, erased or unreadable. The same value on every reading, perhaps not the same object. */
  readonly message?: JsonObject;
}

/** The first receipt that `by` gave on `size` of `feed`: "I hold every entry below `size`, as of `at`". */
export interface FirstReceipt {
  readonly feed: PartyId;
  readonly size: number;
  readonly by: PartyId;
  readonly at: Instant;
}

/** SPEC 9.1.2: negative when `a` comes first. Leaf text is compared by code unit (ASCII). */
export function compareEntries(a: OpenedEntry, b: OpenedEntry): number {
  if (a.depth !== b.depth) return a.depth - b.depth;
  return a.leaf < b.leaf ? -1 : a.leaf > b.leaf ? 1 : 0;
}

/** SPEC 9.1.3: whether the author of `entry` had `ref` before writing. An entry does not know itself. */
export function knows(entry: OpenedEntry, ref: EntryRef): boolean {
  return ref.feed === entry.feed ? ref.seq < entry.seq : ref.seq < seenSize(entry, ref.feed);
}

/** How many entries of `feed` the author held; 0 when it names none. */
export function seenSize(entry: OpenedEntry, feed: PartyId): number {
  for (const seen of entry.seen) if (seen.feed === feed) return seen.size;
  return 0;
}
