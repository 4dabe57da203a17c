/**
 * One entry inside the engine: what was read of it once, and the outcome of the latest fold.
 * Private to casework: views are made from items and share nothing mutable with them.
 */
import type { EntryRef } from "../protocols/protocol.ts";
import type { EntryOutcome } from "./codes.ts";
import type { OpenedMessage, TypeRule } from "./message-rules.ts";
import { compareEntries, type OpenedEntry } from "./opened-entry.ts";

export interface Item {
  readonly entry: OpenedEntry;
  readonly ref: EntryRef;
  /** Present when schema and role are right. */
  readonly read: { readonly rule: TypeRule; readonly message: OpenedMessage } | undefined;
  /** What is wrong with the entry by itself. */
  readonly fault: EntryOutcome | undefined;
  /** Written by the fold of the case. */
  outcome: EntryOutcome;
}

export function compareItems(a: Item, b: Item): number {
  return compareEntries(a.entry, b.entry);
}

/** Index of the first item at or after `item` in a list in order. */
export function placeOf(items: readonly Item[], item: Item): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = items[middle];
    if (at !== undefined && compareItems(at, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
