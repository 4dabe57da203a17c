/**
 * A refusal is an expected answer about somebody's input: a value, never an exception (style rule 9).
 * It carries a code from a closed union per folder; `codes.ts` of each folder says layer and clause.
 * Refusals hold no payload, key, name or free text.
 */

const REFUSAL: unique symbol = Symbol("parley.refusal");

/** Facts are positions, sizes and public identifiers only; never content. */
export type RefusalFacts = Readonly<Record<string, string | number>>;

export interface Refusal<C extends string = string> {
  readonly [REFUSAL]: true;
  readonly code: C;
  readonly facts: RefusalFacts;
}

/** Where a code is raised and which clause of `spec/` demands it. */
export interface CodeEntry {
  readonly layer: string;
  readonly clause: string;
}

export type CodeTable = Readonly<Record<string, CodeEntry>>;

export function refuse<const C extends string>(code: C, facts: RefusalFacts = {}): Refusal<C> {
  return Object.freeze({ [REFUSAL]: true as const, code, facts });
}

/** The brand is a symbol, so no parsed JSON can pretend to be a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && REFUSAL in value;
}
