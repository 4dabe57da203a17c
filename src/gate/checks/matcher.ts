/**
 * The operator's words in a text (SPEC 14.3.3): every pattern of a rule set in one index, asked at the beginning
 * of each word.
 *
 * Guarantees work linear in the text: a word costs one table look-up, and only a word that begins some pattern
 * costs more, bounded by the patterns that begin with it. No backtracking: a glob keeps one place to return to.
 */
import { addressesOf, isInRange, parseRange, type Address, type Range } from "./addresses.ts";
import { kindOf, valueOf, type Pattern } from "./rule-set.ts";

/** What a pattern is looked for as: a rule of the gate, or a place where a reader of its own goes on. */
export interface Tag {
  readonly rule: string;
  /** Of a list with several entries: which (a source's part, a constituent's pseudonym). */
  readonly of?: string;
}

interface Phrase {
  readonly text: string;
  readonly tag: Tag;
}

interface Glob {
  readonly pattern: string;
  readonly tag: Tag;
}

export interface Matcher {
  /** By the three first characters of a word: whether any pattern begins so. */
  readonly starts: Uint8Array;
  readonly phrases: ReadonlyMap<string, readonly Phrase[]>;
  readonly prefixes: ReadonlyMap<string, readonly Phrase[]>;
  readonly globs: ReadonlyMap<string, readonly Glob[]>;
  readonly openGlobs: readonly Glob[];
  readonly shapes: readonly Glob[];
  readonly suffixes: ReadonlyMap<string, readonly Tag[]>;
  /** Last labels of the suffixes: what most names fail at. */
  readonly lastLabels: ReadonlySet<string>;
  readonly ranges: readonly { readonly range: Range; readonly tag: Tag }[];
}

export interface Tagged {
  readonly pattern: Pattern;
  readonly tag: Tag;
}

const NAME_LIMIT = 256;

export function compileMatcher(tagged: readonly Tagged[]): Matcher {
  const starts = new Uint8Array(1 << 21);
  const phrases = new Map<string, Phrase[]>();
  const prefixes = new Map<string, Phrase[]>();
  const globs = new Map<string, Glob[]>();
  const suffixes = new Map<string, Tag[]>();
  const openGlobs: Glob[] = [];
  const shapes: Glob[] = [];
  const ranges: { range: Range; tag: Tag }[] = [];
  for (const { pattern, tag } of tagged) {
    const value = foldCase(valueOf(pattern));
    switch (kindOf(pattern)) {
      case "literal": {
        const text = value.slice(firstWordAt(value));
        put(phrases, text.slice(0, wordEnd(text, 0)), { text, tag });
        starts[startKey(text, 0)] = 1;
        break;
      }
      case "prefix":
        put(prefixes, value.slice(0, 2), { text: value, tag });
        markStarts(starts, value);
        break;
      case "glob":
        if (value.startsWith("*") || value.indexOf("*") === 1) openGlobs.push({ pattern: value, tag });
        else {
          put(globs, value.slice(0, 2), { pattern: value, tag });
          markStarts(starts, value);
        }
        break;
      case "shape":
        shapes.push({ pattern: valueOf(pattern), tag });
        break;
      case "suffix":
        put(suffixes, value.replace(/^[.]/, ""), tag);
        break;
      case "cidr": {
        const range = parseRange(value);
        if (range !== undefined) ranges.push({ range, tag });
        break;
      }
    }
  }
  const lastLabels = new Set([...suffixes.keys()].map((one) => one.slice(one.lastIndexOf(".") + 1)));
  return { starts, phrases, prefixes, globs, openGlobs, shapes, suffixes, lastLabels, ranges };
}

/** Case and width are ignored; a text whose length that would change keeps its letters as they are. */
export function foldCase(text: string): string {
  const folded = text.toLowerCase();
  return folded.length === text.length ? folded : text;
}

/** Where in `starts` a word with these first three characters stands; what is no part of the word counts as 0. */
export function startKey(text: string, at: number): number {
  const second = text.charCodeAt(at + 1);
  const head = (text.charCodeAt(at) & 127) << 14;
  if (!isWordCode(second)) return head;
  const third = text.charCodeAt(at + 2);
  return head | ((second & 127) << 7) | (isWordCode(third) ? third & 127 : 0);
}

/** Marks every word that begins with `text`, of which three characters count. */
function markStarts(starts: Uint8Array, text: string): void {
  const key = startKey(text, 0);
  if (isWordCode(text.charCodeAt(2))) starts[key] = 1;
  else for (let third = 0; third < 128; third++) starts[(key & ~127) | third] = 1;
}

/** Letters and digits; every character beyond ASCII counts as one. */
export function isWordCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code >= 128
  );
}

export type OnTag = (tag: Tag, at: number, length: number) => void;

/** At the beginning of a word of folded text, whose key stands in `starts`. */
export function matchAt(matcher: Matcher, folded: string, at: number, found: OnTag): void {
  const end = wordEnd(folded, at);
  for (const { text, tag } of matcher.phrases.get(folded.slice(at, end)) ?? []) {
    const length = phraseLength(folded, at, text);
    if (length > 0) found(tag, at, length);
  }
  const two = folded.slice(at, at + 2);
  for (const { text, tag } of matcher.prefixes.get(two) ?? [])
    if (folded.startsWith(text, at)) found(tag, at, Math.max(text.length, end - at));
  const globs = matcher.globs.get(two);
  if (globs === undefined || isNameCode(folded.charCodeAt(at - 1))) return;
  const name = folded.slice(at, nameEnd(folded, at));
  for (const { pattern, tag } of globs) if (matchesGlob(pattern, name)) found(tag, at, name.length);
}

/** Patterns that could begin anywhere: tried once for every name. */
export function matchName(matcher: Matcher, folded: string, at: number, found: OnTag): void {
  for (const { pattern, tag } of matcher.shapes)
    if (matchesShape(pattern, folded, at)) found(tag, at, pattern.length);
  if (matcher.openGlobs.length === 0 || isNameCode(folded.charCodeAt(at - 1))) return;
  const name = folded.slice(at, nameEnd(folded, at));
  for (const { pattern, tag } of matcher.openGlobs)
    if (matchesGlob(pattern, name)) found(tag, at, name.length);
}

/** Every listed domain that a name is or stands below. */
export function suffixTags(matcher: Matcher, host: string): readonly Tag[] {
  const tags: Tag[] = [];
  for (let at = 0; at !== -1 && at < host.length; at = nextLabel(host, at))
    tags.push(...(matcher.suffixes.get(at === 0 ? host : host.slice(at)) ?? []));
  return tags;
}

function nextLabel(host: string, at: number): number {
  const dot = host.indexOf(".", at);
  return dot === -1 ? -1 : dot + 1;
}

export function rangeTags(matcher: Matcher, address: Address): readonly Tag[] {
  return matcher.ranges.filter(({ range }) => isInRange(address, range)).map(({ tag }) => tag);
}

export function rangeTagsOf(matcher: Matcher, text: string): readonly Tag[] {
  return matcher.ranges.length === 0 ? [] : addressesOf(text).flatMap((one) => rangeTags(matcher, one));
}

/** One place to return to: the last star. Time is the product of two bounded lengths. */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let star = -1;
  let mark = 0;
  for (let n = 0; n < name.length;) {
    if (p < pattern.length && pattern[p] !== "*" && pattern[p] === name[n]) {
      p++;
      n++;
    } else if (p < pattern.length && pattern[p] === "*") {
      star = p++;
      mark = n;
    } else if (star !== -1) {
      p = star + 1;
      n = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

function matchesShape(shape: string, text: string, at: number): boolean {
  for (let i = 0; i < shape.length; i++) {
    const code = text.charCodeAt(at + i);
    const wanted = shape.charAt(i);
    if (wanted === "9" ? !isDigit(code) : wanted === "A" ? !isLetter(code) : text[at + i] !== wanted)
      return false;
  }
  return !isWordCode(text.charCodeAt(at + shape.length)) && !isWordCode(text.charCodeAt(at - 1));
}

/** A phrase as a whole: any run of blanks stands for one, and no word goes on after it. 0 when it is not there. */
function phraseLength(folded: string, at: number, phrase: string): number {
  let i = at;
  for (let p = 0; p < phrase.length; p++) {
    if (phrase.charCodeAt(p) === 32) {
      const start = i;
      while (isBlank(folded.charCodeAt(i))) i++;
      if (i === start) return 0;
    } else if (folded.charCodeAt(i++) !== phrase.charCodeAt(p)) return 0;
  }
  const last = phrase.charCodeAt(phrase.length - 1);
  return isWordCode(last) && isWordCode(folded.charCodeAt(i)) ? 0 : i - at;
}

function firstWordAt(text: string): number {
  let i = 0;
  while (i < text.length && !isWordCode(text.charCodeAt(i))) i++;
  return i;
}

export function wordEnd(text: string, at: number): number {
  let i = at;
  while (i < text.length && isWordCode(text.charCodeAt(i))) i++;
  return i;
}

/** Letters, digits, dot, underscore, hyphen. */
export function isNameCode(code: number): boolean {
  return isWordCode(code) || code === 46 || code === 45 || code === 95;
}

export function nameEnd(text: string, at: number): number {
  let i = at;
  while (i < text.length && i - at < NAME_LIMIT && isNameCode(text.charCodeAt(i))) i++;
  // A full stop or a dash behind a name is the sentence's.
  while (i > at && !isWordCode(text.charCodeAt(i - 1))) i--;
  return i;
}

function isBlank(code: number): boolean {
  return (
    code === 32 || code === 9 || code === 10 || code === 13 || code === 160 || code === 95 || code === 45
  );
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function put<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
