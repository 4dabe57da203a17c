/**
 * Errors said by one side about entries of the other (SPEC 9.3.11, 9.5.2).
 *
 * A void entry wants a `sys.error` from its receiver, and each `sys.error` a `sys.inquiry`. An error about an entry
 * that this fold accepts is no error of that entry: the two nodes disagree, and that is shown.
 */
import type { JsonObject } from "../codec/json.ts";
import { integerIn, objectIn, stringIn } from "../protocols/body.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";
import type { EntryOutcome } from "./codes.ts";
import type { Engine } from "./engine.ts";
import { compareItems, type Item } from "./item.ts";
import { knows } from "./opened-entry.ts";

/** Entries that their receiver has answered with an accepted `sys.error`. */
export function answeredErrors(engine: Engine): ReadonlySet<Item> {
  return new Set(engine.errors.flatMap((error) => (isAccepted(error) ? faultyOf(engine, error) : [])));
}

export function unfoundedErrors(
  engine: Engine,
  outcomeOf: (item: Item) => EntryOutcome,
): readonly EntryRef[] {
  return refsInOrder(engine.errors, (error) => isAccepted(error) && isUnfounded(engine, error, outcomeOf));
}

/** About an entry that this fold accepted, or that its author never had. */
function isUnfounded(engine: Engine, error: Item, outcomeOf: (item: Item) => EntryOutcome): boolean {
  const [faulty] = faultyOf(engine, error);
  if (faulty === undefined) return true;
  const { kind } = outcomeOf(faulty);
  return kind === "accepted" || kind === "crossed";
}

export function unpairedErrors(engine: Engine): readonly EntryRef[] {
  const inquired = new Set<string>();
  for (const inquiry of engine.inquiries) {
    for (const faulty of isAccepted(inquiry) ? faultyOf(engine, inquiry) : [])
      inquired.add(pairKey(inquiry, faulty));
  }
  return refsInOrder(engine.errors, (error) => {
    return (
      isAccepted(error) && !faultyOf(engine, error).some((faulty) => inquired.has(pairKey(error, faulty)))
    );
  });
}

function pairKey({ entry }: Item, { ref }: Item): string {
  return `${entry.feed} ${ref.feed} ${ref.seq}`;
}

function refsInOrder(items: readonly Item[], wanted: (item: Item) => boolean): readonly EntryRef[] {
  return items
    .filter(wanted)
    .sort(compareItems)
    .map(({ ref }) => ref);
}

export function isAccepted({ outcome }: Item): boolean {
  return outcome.kind === "accepted";
}

/** The entry of the other side that a `sys.error` or `sys.inquiry` is about, if its author had it. */
function faultyOf(engine: Engine, { entry, read }: Item): readonly Item[] {
  const faulty = read === undefined ? undefined : namedBy(engine, entry.feed, read.message.body);
  return faulty !== undefined && faulty.entry.feed !== entry.feed && knows(entry, faulty.ref) ? [faulty] : [];
}

function namedBy(engine: Engine, author: PartyId, body: JsonObject): Item | undefined {
  if (body["entry"] !== undefined) {
    const place = objectIn(body, "entry");
    return engine.feeds.get(stringIn(place, "feed"))?.[integerIn(place, "seq")];
  }
  const id = stringIn(body, "of");
  return engine.ids.byOther(id, author) ?? engine.faultyIds.byOther(id, author);
}
