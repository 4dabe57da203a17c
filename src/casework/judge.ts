/**
 * What would become of an entry if it were said now (SPEC 9.3): asked by a node before it lets a draft through.
 *
 * The case is folded once more on the side with the entry at its end; the engine itself learns nothing.
 */
import type { Instant } from "../codec/time.ts";
import { addToBucket, createBucket } from "./bucket.ts";
import { foldBucket } from "./case-fold.ts";
import type { EntryOutcome } from "./codes.ts";
import { bucketFor, foldEverything, instantsOf, itemOf, type Engine } from "./engine.ts";
import type { OpenedEntry } from "./opened-entry.ts";

export function judgeEntry(engine: Engine, entry: OpenedEntry, asOf: Instant): EntryOutcome {
  const item = itemOf(engine, entry);
  if (item.read === undefined) return item.outcome;
  const fold = foldEverything(engine, instantsOf(engine, asOf));
  const known = bucketFor(engine, item);
  const trial = createBucket(known.id);
  // Copies, because a fold writes outcomes.
  for (const other of known.items) addToBucket(trial, { ...other });
  addToBucket(trial, item);
  foldBucket(trial, fold);
  return item.outcome;
}
