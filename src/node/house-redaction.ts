/**
 * What the house feed keeps of what was withheld (SPEC 13.3.4): salts and values of members, seeds and plans of
 * redacted copies. Whoever has these can reveal; none of it is part of a message until somebody does.
 */
import type { Json, JsonObject } from "#parley/codec/json.ts";
import type { Role } from "#parley/protocols/envelope.ts";

/** Opens one commitment of a message. */
export interface KeptValue {
  /** Base64url: the name under which it is found again. */
  readonly commit: string;
  readonly path: string;
  readonly salt: string;
  readonly value: Json;
}

/** How a redacted copy was made: with the original it gives copy, map and every piece again. */
export interface KeptRedaction {
  /** The item that was redacted. */
  readonly of: string;
  /** SHA-256 of the copy. */
  readonly copy: string;
  readonly seed: string;
  readonly plan: JsonObject;
  readonly map: JsonObject;
}

export type RedactionRecord =
  | { readonly type: "house.withheld"; readonly officer: number; readonly values: readonly KeptValue[] }
  | ({ readonly type: "house.redaction"; readonly officer: number; readonly role: Role } & KeptRedaction);

export interface RedactionState {
  /** By commitment. */
  readonly values: ReadonlyMap<string, KeptValue>;
  /** By the digest of the copy. */
  readonly copies: ReadonlyMap<string, KeptRedaction>;
}

export function isRedactionRecord(record: { readonly type: string }): record is RedactionRecord {
  return record.type === "house.withheld" || record.type === "house.redaction";
}

export class HouseRedaction {
  readonly #values = new Map<string, KeptValue>();
  readonly #copies = new Map<string, KeptRedaction>();

  get state(): RedactionState {
    return { values: this.#values, copies: this.#copies };
  }

  evolve(record: RedactionRecord): void {
    if (record.type === "house.redaction") {
      const { of, copy, seed, plan, map } = record;
      this.#copies.set(copy, { of, copy, seed, plan, map });
      return;
    }
    for (const kept of record.values) this.#values.set(kept.commit, kept);
  }
}
