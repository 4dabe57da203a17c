/**
 * Hits as they are found, gathered by rule (SPEC 14.5.1): how many, and where the first ones stand.
 *
 * A note holds positions and never the text that was found.
 */
import type { RuleName } from "./rule-list.ts";

/** Places kept of one rule in one part; the count goes on. */
export const PLACES_LIMIT = 8;

export interface Place {
  /** Characters from the beginning of the part, and how many. Of a decoded spelling, where the spelling begins. */
  readonly offset: number;
  readonly length: number;
  /** From 1, where the part is a text. */
  readonly line?: number;
  /** Which spelling it was found in, when not as it stands: `base64`, `folded` … */
  readonly spelling?: string;
}

export interface Hits {
  readonly rule: RuleName;
  readonly count: number;
  readonly places: readonly Place[];
}

/** What scanners write into: one per part (a field of the message, a file, a member of an archive). */
export class Notes {
  /** The marking of the message: a stronger mark inside of it is a hit. */
  readonly tlpRank: number;
  readonly #hits = new Map<RuleName, { count: number; places: Place[] }>();
  /** Facets of this part: what it tells towards a combination (SPEC 14.4.9). */
  readonly facets = new Set<string>();
  /** Set while a decoded spelling is read: its places are those of the spelling. */
  spelling: Place | undefined;
  /** Canary markers seen. */
  readonly canaries = new Set<string>();
  /** Added to every offset: where the slice that is being read begins. */
  base = 0;
  /** The slice of a text that is being read, and how many lines stand before it. */
  slice: { readonly text: string; readonly linesBefore: number } | undefined;
  /** Constituents named, by pseudonym. */
  readonly victims = new Set<string>();

  constructor(tlpRank: number) {
    this.tlpRank = tlpRank;
  }

  add(rule: RuleName, offset: number, length: number): void {
    const found = this.spelling ?? { offset, length };
    const at = found.offset + this.base;
    const known = this.#hits.get(rule);
    if (known === undefined) this.#hits.set(rule, { count: 1, places: [this.#place(found)] });
    else if (!known.places.some((one) => one.offset === at)) {
      known.count++;
      if (known.places.length < PLACES_LIMIT) known.places.push(this.#place(found));
    }
  }

  #place(found: Place): Place {
    const line = this.slice && this.slice.linesBefore + countLines(this.slice.text, found.offset) + 1;
    return { ...found, offset: found.offset + this.base, ...(line !== undefined && { line }) };
  }

  get hits(): readonly Hits[] {
    return [...this.#hits].map(([rule, { count, places }]) => ({ rule, count, places }));
  }
}

/** Line feeds before a place. */
export function countLines(text: string, before: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < before; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
