/**
 * The phrasebook (SPEC 8.7): a key and plain arguments in, a sentence in the reader's language out.
 *
 * Guarantees that every argument is isolated and that a code nobody here knows is shown as the code itself. A key
 * that no catalogue has is a bug and throws; a test holds every language to the same keys and arguments.
 */
import { encodeInstant } from "#parley/codec/time.ts";
import type { Argument, ArgumentKind, Phrase, PhraseArguments } from "#parley/protocols/phrase-arguments.ts";
import {
  formatPhrase,
  parsePhrase,
  renderText,
  type Part,
  type Sentence,
  type Value,
} from "#parley/protocols/phrase-format.ts";
import { ARGUMENTS, LANGUAGES, type LanguageRow } from "./wording.ts";

export interface Phrasebook {
  readonly langs: readonly string[];
  readonly direction: (lang: string) => "ltr" | "rtl";
  readonly has: (lang: string, key: string) => boolean;
  /** Throws for an unknown key or language, or a missing argument: bugs of the caller. */
  readonly phrase: (lang: string, key: string, args?: PhraseArguments) => readonly Part[];
  /** One line of text, isolated by default; `isolate: false` has effect in a language that runs left to right. */
  readonly text: (
    lang: string,
    key: string,
    args?: PhraseArguments,
    options?: { readonly isolate: boolean },
  ) => string;
}

interface Book {
  readonly row: LanguageRow;
  readonly sentences: ReadonlyMap<string, string>;
  /** Parsed on first use: a command shows few of a thousand sentences. */
  readonly parsed: Map<string, Sentence>;
}

export function createPhrasebook(languages: readonly LanguageRow[] = LANGUAGES): Phrasebook {
  const books = new Map(languages.map((row) => [row.lang, bookOf(row)]));
  const bookFor = (lang: string): Book => {
    const book = books.get(lang);
    if (book === undefined) throw new RangeError(`the phrasebook has no language ${lang}`);
    return book;
  };
  const phrase: Phrasebook["phrase"] = (lang, key, args = {}) => partsOf(bookFor(lang), { key, args });
  return {
    langs: languages.map(({ lang }) => lang),
    direction: (lang) => bookFor(lang).row.direction,
    has: (lang, key) => books.get(lang)?.sentences.has(key) === true,
    phrase,
    text: (lang, key, args = {}, options = { isolate: true }) => {
      const isolate = options.isolate || bookFor(lang).row.direction === "rtl";
      return renderText(phrase(lang, key, args), { isolate });
    },
  };
}

function bookOf(row: LanguageRow): Book {
  const entries = row.catalogues.flatMap((catalogue) => Object.entries(catalogue));
  const sentences = new Map(entries);
  if (sentences.size !== entries.length) throw new Error(`two catalogues of ${row.lang} share a key`);
  return { row, sentences, parsed: new Map() };
}

function sentenceOf({ row, sentences, parsed }: Book, key: string): Sentence {
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const text = sentences.get(key);
  if (text === undefined) throw new RangeError(`the phrasebook lacks ${key} in ${row.lang}`);
  const sentence = parsePhrase(text);
  parsed.set(key, sentence);
  return sentence;
}

function partsOf(book: Book, { key, args }: Phrase): readonly Part[] {
  const values = Object.fromEntries(
    Object.entries(args).map(([name, argument]) => [name, valueOf(book, name, argument)]),
  );
  return formatPhrase(book.row.lang, sentenceOf(book, key), values);
}

function valueOf(book: Book, name: string, argument: Argument): Value {
  const kind = ARGUMENTS[name];
  const raw = typeof argument === "string" || typeof argument === "number" ? argument : argument.length;
  // A number of parts without a kind of its own would be text of unknown direction: safest as a token.
  const parts = toArray(argument).map((one) => onePart(book, kind, one));
  if (kind?.kind === "sentences")
    return { raw, parts: parts.flatMap((part): readonly Part[] => [{ kind: "text", value: " " }, part]) };
  const separator = kind?.kind === "phrases" ? book.row.separator : book.row.comma;
  return { raw, parts: joined(parts, separator) };
}

function toArray(argument: Argument): readonly (string | number | Phrase)[] {
  return typeof argument === "string" || typeof argument === "number" ? [argument] : argument;
}

function onePart(book: Book, kind: ArgumentKind | undefined, one: string | number | Phrase): Part {
  if (typeof one === "object") return group(book, partsOf(book, one));
  if (kind?.kind === "name") return { kind: "arg", value: String(one), direction: "auto", token: false };
  if (kind?.kind === "time") return token(timeText(one));
  if (kind?.kind === "duration") return group(book, durationParts(book, Number(one)));
  if (kind?.kind === "code") return codePart(book, kind.prefix, String(one));
  return token(String(one));
}

function group({ row }: Book, parts: readonly Part[]): Part {
  return { kind: "group", parts, direction: row.direction };
}

function token(value: string): Part {
  return { kind: "arg", value, direction: "ltr", token: true };
}

function joined(parts: readonly Part[], separator: string): readonly Part[] {
  return parts.flatMap((part, index): readonly Part[] =>
    index === 0 ? [part] : [{ kind: "text", value: separator }, part],
  );
}

/** A number of the round stands behind a timer's id (`t_clarify:2`) and has no word of its own. */
function codePart(book: Book, prefix: string, code: string): Part {
  const base = prefix === "timer" ? code.replace(/:.*$/, "") : code;
  const key = `${prefix}.${base}`;
  return book.sentences.has(key)
    ? group(book, formatPhrase(book.row.lang, sentenceOf(book, key), {}))
    : token(code);
}

/** Instant or text form to `2026-11-22 15:25 UTC`; seconds are shown only when there are some. */
function timeText(value: string | number): string {
  const text = typeof value === "number" ? encodeInstant(value) : value;
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})Z$/.exec(text);
  if (match === null) return text;
  const [, day, minute, second] = match;
  return `${day} ${minute}${second === ":00" ? "" : second} UTC`;
}

const UNITS = [
  { key: "duration.days", seconds: 86_400 },
  { key: "duration.hours", seconds: 3_600 },
  { key: "duration.minutes", seconds: 60 },
  { key: "duration.seconds", seconds: 1 },
] as const;

/** The two largest units, rounded down; up to 72 hours count in hours, as deadlines are agreed. */
function durationParts(book: Book, seconds: number): readonly Part[] {
  const total = Math.floor(Math.abs(seconds));
  const found = UNITS.findIndex((unit) => total >= (unit.seconds === 86_400 ? 73 * 3_600 : unit.seconds));
  const index = found === -1 ? UNITS.length - 1 : found;
  const unit = UNITS[index];
  const next = UNITS[index + 1];
  if (unit === undefined) return [];
  const first = { key: unit.key, args: { count: Math.floor(total / unit.seconds) } };
  const rest = next === undefined ? 0 : Math.floor((total % unit.seconds) / next.seconds);
  if (next === undefined || rest === 0) return partsOf(book, first);
  const second = { key: next.key, args: { count: rest } };
  return partsOf(book, { key: "duration.two", args: { first: [first], second: [second] } });
}
