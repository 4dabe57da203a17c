/**
 * The arguments of phrases (SPEC 8.7.3): plain data that any language can render, and how each is shown.
 *
 * An argument's name says what it is, once for all catalogues: `time` is an instant everywhere. Values are codes,
 * numbers, names and ids; a word for a code is looked up in the reader's language and never travels.
 */
import { isJsonObject, type Json, type JsonObject } from "../codec/json.ts";

export interface Phrase {
  readonly key: string;
  readonly args: PhraseArguments;
}

export type Argument = string | number | readonly string[] | readonly Phrase[];
export type PhraseArguments = Readonly<Record<string, Argument>>;

export type ArgumentKind =
  /** A name or other human text: direction by its own letters. */
  | { readonly kind: "name" }
  /** Technical text: an id, a place, a pointer. */
  | { readonly kind: "token" }
  | { readonly kind: "count" }
  /** Seconds since 1970 or the text form of SPEC 1.4; shown as `2026-11-22 15:25 UTC`. */
  | { readonly kind: "time" }
  /** Seconds, in words. */
  | { readonly kind: "duration" }
  /** One code or several of a code list, in words: `code.<list>.<code>`. */
  | { readonly kind: "code"; readonly prefix: string }
  /** Phrases in a row, between separators. */
  | { readonly kind: "phrases" }
  /** Whole sentences, each after a space; none leaves nothing. */
  | { readonly kind: "sentences" };

export const NAME: ArgumentKind = { kind: "name" };
export const TOKEN: ArgumentKind = { kind: "token" };
export const COUNT: ArgumentKind = { kind: "count" };
export const TIME: ArgumentKind = { kind: "time" };
export const DURATION: ArgumentKind = { kind: "duration" };
export const PHRASES: ArgumentKind = { kind: "phrases" };
export const SENTENCES: ArgumentKind = { kind: "sentences" };

/** An argument that carries codes of a list. */
export function codeOf(list: string): ArgumentKind {
  return { kind: "code", prefix: `code.${list}` };
}

export type ArgumentKinds = Readonly<Record<string, ArgumentKind>>;
/** Code lists by name: what `code.<list>.<code>` must cover. */
export type CodeLists = Readonly<Record<string, readonly string[]>>;

/** What a protocol says of one message: the key without `message.` where it is not the type, and its arguments. */
export interface Telling {
  readonly variant?: string;
  readonly args: PhraseArguments;
}

/** Reads a body that its schema has admitted. `of` tells a message by its id in words. */
export type Tell = (body: JsonObject, of: (id: Json | undefined) => readonly Phrase[]) => Telling;

export function phrase(key: string, args: PhraseArguments = {}): Phrase {
  return { key, args };
}

/** The named members as arguments, as far as they are there; `renames` maps a member to its argument. */
export function pick(body: JsonObject, renames: Readonly<Record<string, string>>): PhraseArguments {
  return Object.fromEntries(
    Object.entries(renames).flatMap(([member, name]): [string, Argument][] => {
      const value = body[member];
      if (typeof value === "string" || typeof value === "number") return [[name, value]];
      return isTexts(value) ? [[name, value]] : [];
    }),
  );
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

/** A sentence about one optional instant. */
export function timed(key: string, value: Json | undefined): readonly Phrase[] {
  return typeof value === "string" ? [phrase(key, { time: value })] : [];
}

export function rowsIn(body: JsonObject, member: string): readonly JsonObject[] {
  const rows = body[member];
  return Array.isArray(rows) ? rows.filter((row: Json) => isJsonObject(row)) : [];
}
