/**
 * "This pack is enough to ask you to X; for Y these are missing" (SPEC 10.7), as codes.
 * The phrasebook puts them into words in each language.
 */
import { compareText } from "./compare.ts";
import type { Level } from "./codes.ts";
import type { Evaluation } from "./evaluate.ts";

export interface Enough {
  /** Asked, and the pack carries it. With a time: possible because life is at risk, and it ends by itself. */
  readonly enoughFor: readonly { readonly ask: string; readonly expiresAfterSeconds?: number }[];
  /** Asked, and not carried: every group is needed, of each group one item. */
  readonly missingFor: readonly {
    readonly ask: string;
    readonly needsLevel?: Level;
    readonly anyOf: readonly (readonly string[])[];
  }[];
  /** Not asked, although the pack would carry it. */
  readonly alsoEnoughFor: readonly string[];
}

export function enoughFor(evaluation: Evaluation): Enough {
  const asked = new Set(evaluation.asks.map(({ ask }) => ask));
  return {
    enoughFor: evaluation.asks
      .filter(({ supported }) => supported)
      .map(({ ask, expires_after_seconds: seconds }) =>
        seconds === undefined ? { ask } : { ask, expiresAfterSeconds: seconds },
      ),
    missingFor: evaluation.asks
      .filter(({ supported }) => !supported)
      .map(({ ask, needs_level: needsLevel, missing }) => {
        const anyOf = missing.map((need) => need.split("|"));
        return needsLevel === undefined ? { ask, anyOf } : { ask, needsLevel, anyOf };
      }),
    alsoEnoughFor: evaluation.supports.filter((ask) => !asked.has(ask)).sort(compareText),
  };
}
