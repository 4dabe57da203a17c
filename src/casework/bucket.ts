/**
 * Every entry that names one case id, whether or not that case was ever opened.
 *
 * Appending in order is O(1). An entry that sorts before folded ones starts this bucket again, and no other.
 */
import type { Instant } from "../codec/time.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";
import type { CaseView } from "./case-view.ts";
import { compareItems, placeOf, type Item } from "./item.ts";
import type { CaseFold } from "./opened-case.ts";
import type { ActiveSuspension } from "./suspension.ts";

/** A yes or no that hung on an instant; when it turns, the bucket is folded again. */
interface Gate {
  readonly ref: EntryRef;
  readonly limit: Instant;
  readonly passed: boolean;
}

export interface Bucket {
  readonly id: string;
  readonly items: Item[];
  sorted: boolean;
  folded: number;
  /** Readable messages that may open a case. */
  readonly openers: Item[];
  /** The one of them that the case id belongs to. */
  taker: Item | undefined;
  opened: CaseFold | undefined;
  /** Messages folded so far by author and id. */
  byId: ReadonlyMap<PartyId, Map<string, Item>>;
  gates: Gate[];
  under: readonly ActiveSuspension[];
  /** The last view made of the case, until something in it may have changed. */
  cached: CachedView | undefined;
}

/** A view and how long it holds by the clock alone. */
export interface CachedView {
  readonly view: CaseView;
  readonly madeAt: Instant;
  readonly validUntil: Instant;
  /** How many receipts were known; undefined when every entry of the case was held already. */
  readonly receipts: number | undefined;
  readonly epoch: number;
}

export function createBucket(id: string): Bucket {
  return {
    id,
    items: [],
    sorted: true,
    folded: 0,
    openers: [],
    taker: undefined,
    opened: undefined,
    byId: new Map(),
    gates: [],
    under: [],
    cached: undefined,
  };
}

export function addToBucket(bucket: Bucket, item: Item): void {
  const { items } = bucket;
  if (item.read?.rule.opens === true) bucket.openers.push(item);
  const last = items.at(-1);
  items.push(item);
  if (last === undefined || compareItems(last, item) < 0) return;
  bucket.sorted = false;
  const lastFolded = items[bucket.folded - 1];
  if (lastFolded !== undefined && compareItems(item, lastFolded) < 0) restart(bucket);
}

export function restart(bucket: Bucket): void {
  bucket.folded = 0;
  bucket.opened = undefined;
  bucket.byId = new Map();
  bucket.gates = [];
  bucket.cached = undefined;
}

/** Starts the bucket again if `item` was already folded in it. */
export function restartAt(bucket: Bucket, item: Item): void {
  sortBucket(bucket);
  if (placeOf(bucket.items, item) < bucket.folded) restart(bucket);
}

export function sortBucket(bucket: Bucket): void {
  if (!bucket.sorted) bucket.items.sort(compareItems);
  bucket.sorted = true;
}

export function noteMessage(bucket: Bucket, item: Item, id: string): void {
  const known = bucket.byId.get(item.entry.feed);
  if (known !== undefined) known.set(id, item);
  else bucket.byId = new Map([...bucket.byId, [item.entry.feed, new Map([[id, item]])]]);
}

/** A folded message of this very party; ids mean something only together with their author. */
export function messageBy(bucket: Bucket, author: PartyId, id: string): Item | undefined {
  return bucket.byId.get(author)?.get(id);
}

/** A folded message of somebody else than `reader`. */
export function messageTo(bucket: Bucket, reader: PartyId, id: string): Item | undefined {
  for (const [author, messages] of bucket.byId) {
    const message = author === reader ? undefined : messages.get(id);
    if (message !== undefined) return message;
  }
  return undefined;
}
