/**
 * Retractions of what was disclosed (SPEC 15.3): which message or item, why, and what the other side says that it
 * did about it. A view: codes, positions and instants, never content.
 */
import type { Instant } from "../codec/time.ts";
import type { EntryRef } from "../protocols/protocol.ts";

/** An attachment of the message by its digest, or a member of the message by JSON pointer. */
export type RetractedItem =
  { readonly kind: "attachment"; readonly digest: string } | { readonly kind: "path"; readonly path: string };

export interface RetractionView {
  readonly ref: EntryRef;
  /** The id of the retracting message. */
  readonly id: string;
  /** `retract`, or the correction or withdrawal of a protocol. */
  readonly type: string;
  readonly reason: string;
  /** `corrected`: something else is right; `withdrawn`: to be treated as never said. */
  readonly effect: "corrected" | "withdrawn";
  /** Absent: the whole message. */
  readonly items?: readonly RetractedItem[];
  readonly replacement?: string;
  readonly said_at: Instant;
  readonly known_since?: Instant;
  /** The last word of the other side; absent: it has not acknowledged. */
  /** When a duty officer acknowledged the retracting message, which is no word about what was done. */
  readonly acknowledged_at?: Instant;
  readonly ack?: {
    readonly ref: EntryRef;
    readonly complied: string;
    readonly code?: string;
    readonly at: Instant;
    /** The first receipt of the answer. */
    readonly known_since?: Instant;
  };
}

/** Whether a retraction of these items (absent: the whole message) covers the item (absent: the whole message). */
export function isCovered(
  items: readonly RetractedItem[] | undefined,
  item: RetractedItem | undefined,
): boolean {
  if (items === undefined) return true;
  return item !== undefined && items.some((one) => covers(one, item));
}

function covers(retracted: RetractedItem, item: RetractedItem): boolean {
  if (retracted.kind === "attachment") return item.kind === "attachment" && item.digest === retracted.digest;
  return item.kind === "path" && (item.path === retracted.path || item.path.startsWith(`${retracted.path}/`));
}
