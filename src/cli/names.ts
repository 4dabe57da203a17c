/**
 * What a command says of the node's answers: sentences of the shared phrasebook, with handles in place of party ids.
 *
 * Answers are read member by member and never believed to be of a shape; a code that this version has no word for is
 * shown as it is. Every value is made visible by the phrasebook, so that none steers a terminal.
 */
import type { PhraseArguments } from "#parley/protocols/phrase-arguments.ts";
import { API, getJson, listIn, member, textIn, type Value } from "./api.ts";
import type { Call } from "./command.ts";
import type { Who } from "./ports.ts";
import type { Words } from "./words.ts";

/** One line of the phrasebook in the language of the command. */
export type Sayer = (key: string, args?: PhraseArguments) => string;

export interface Names {
  readonly say: Sayer;
  readonly words: Words;
  /** The party id of this node. */
  readonly me: string;
  /** The id itself where no handle is known. */
  readonly handleOf: (party: string) => string;
  /** Handles of all parties of a list but this node's own. */
  readonly othersOf: (parties: readonly string[]) => readonly string[];
}

export function sayerOf({ book, lang }: Words): Sayer {
  return (key, args = {}) => book.text(lang, key, args, { isolate: lang === "ar" });
}

export async function readNames(call: Call, who: Who): Promise<Names> {
  const own = await getJson(call, who, API.party);
  const known = listIn(await getJson(call, who, API.parties), "parties");
  const handles = new Map(
    [own, ...known].flatMap((one): readonly (readonly [string, string])[] => {
      const [party, handle] = [textIn(one, "party"), textIn(one, "handle")];
      return party === undefined || handle === undefined ? [] : [[party, handle]];
    }),
  );
  const me = textIn(own, "party") ?? "";
  const handleOf = (party: string): string => handles.get(party) ?? party;
  return {
    say: sayerOf(call.words),
    words: call.words,
    me,
    handleOf,
    othersOf: (parties) => parties.filter((party) => party !== me).map(handleOf),
  };
}

/** Texts of a list; anything else in it is passed over. */
export function textsIn(value: Value, name: string): readonly string[] {
  return listIn(value, name).filter((one): one is string => typeof one === "string");
}

/** The last second that the text form of an instant can say (SPEC 1.4). */
const LATEST_INSTANT = 253_402_300_799;

/** A whole number that is no later than any instant. */
export function wholeIn(value: Value, name: string): number | undefined {
  const found = member(value, name);
  return typeof found === "number" && Number.isInteger(found) && Math.abs(found) <= LATEST_INSTANT
    ? found
    : undefined;
}

export function countIn(value: Value, name: string): number {
  return Math.max(0, wholeIn(value, name) ?? 0);
}

/** An instant in the text form of the record, where there is one. */
export function instantIn(value: Value, name: string): number | undefined {
  const found = wholeIn(value, name);
  return found === undefined || found < 0 ? undefined : found;
}

export function isTrue(value: Value, name: string): boolean {
  return member(value, name) === true;
}
