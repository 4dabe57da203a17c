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
  /** Absent: the whole message. */
  readonly items?: readonly RetractedItem[];
  readonly replacement?: string;
  readonly said_at: Instant;
  readonly known_since?: Instant;
  /** The last word of the other side; absent: it has not acknowledged. */
  readonly ack?: {
    readonly ref: EntryRef;
    readonly complied: string;
    readonly code?: string;
    readonly at: Instant;
  };
}
