/**
 * Other spellings of a text (SPEC 14.4.7): what a reader or a program would turn back into the same words.
 *
 * Full width, look-alike letters, invisible characters; `10[.]0[.]0[.]1`, `hxxp`; per cent, quoted-printable, HTML
 * and `\u` escapes; base64 and hexadecimal of readable text, two deep. Every decoder is linear and gives at most
 * as much text as it was given. It is a list, not a proof: what is spelt in a way not listed here is not seen.
 */
import { isAscii, isUtf8 } from "node:buffer";
import type { CompiledRules } from "./compiled-rules.ts";
import type { Notes } from "./notes.ts";
import { scanText, type ScanOptions } from "./scan-text.ts";

/** Decoded texts inside of decoded texts. */
const DEPTH_LIMIT = 2;

/** A text as it stands, and in every other spelling that it has signs of. */
export function readText(text: string, rules: CompiledRules, notes: Notes, options: ScanOptions = {}): void {
  readAt(text, { rules, notes, options }, 0);
}

interface Reading {
  readonly rules: CompiledRules;
  readonly notes: Notes;
  readonly options: ScanOptions;
}

function readAt(text: string, reading: Reading, depth: number): void {
  const { rules, notes, options } = reading;
  scanText(text, rules, notes, options);
  if (depth === DEPTH_LIMIT) return;
  for (const { name, signs, decode } of WHOLE) {
    if (!signs.some((sign) => text.includes(sign))) continue;
    const other = decode(text);
    if (other !== text) readOther(other, { name, offset: 0, length: text.length }, reading, depth);
  }
  if (NOT_ASCII.test(text)) {
    const other = fold(text);
    if (other !== text) readOther(other, { name: "folded", offset: 0, length: text.length }, reading, depth);
  }
  for (const part of encodedParts(text)) readOther(part.text, part, reading, depth);
}

function readOther(
  text: string,
  from: { readonly name: string; readonly offset: number; readonly length: number },
  reading: Reading,
  depth: number,
): void {
  const { notes } = reading;
  const outer = notes.spelling;
  notes.spelling ??= { offset: from.offset, length: from.length, spelling: from.name };
  readAt(text, reading, depth + 1);
  notes.spelling = outer;
}

interface Spelling {
  readonly name: string;
  /** Without one of these the text cannot have the spelling. */
  readonly signs: readonly string[];
  readonly decode: (text: string) => string;
}

const WHOLE: readonly Spelling[] = [
  {
    name: "defanged",
    signs: [
      "[.]",
      "(.)",
      "{.}",
      "[dot]",
      "(dot)",
      " dot ",
      "[:]",
      "[@]",
      "[at]",
      "(at)",
      "hxxp",
      "[://]",
      "\\.",
    ],
    decode: (text) =>
      text
        .replace(/[[({](\.|dot)[\])}]|\\\./gi, ".")
        .replace(/ dot /gi, ".")
        .replace(/[[({](@|at)[\])}]/gi, "@")
        .replace(/\[(:\/\/|:)\]/g, "$1")
        .replace(/hxxp/gi, "http"),
  },
  {
    name: "percent",
    signs: ["%2", "%3", "%4", "%5", "%6", "%7"],
    decode: (text) => text.replace(/(?:%[0-9a-f]{2})+/gi, decodePercent),
  },
  {
    name: "quoted-printable",
    signs: ["=2E", "=3D", "=3A", "=40", "=2e", "=3d", "=3a", "=20", "=\n", "=\r\n"],
    decode: (text) =>
      text
        .replace(/=\r?\n/g, "")
        .replace(/(?:=[0-9A-F]{2})+/gi, (run) => decodePercent(run.replaceAll("=", "%"))),
  },
  {
    name: "entities",
    signs: ["&#", "&period;", "&colon;", "&commat;"],
    decode: (text) =>
      text
        .replace(/&#(x[0-9a-f]{1,6}|[0-9]{1,7});?/gi, (whole: string, code: string) => codePoint(whole, code))
        .replaceAll("&period;", ".")
        .replaceAll("&colon;", ":")
        .replaceAll("&commat;", "@"),
  },
  {
    name: "escapes",
    signs: ["\\u0", "\\x", "\\u{"],
    decode: (text) =>
      text.replace(
        /\\(?:u\{?([0-9a-f]{4,6})\}?|x([0-9a-f]{2}))/gi,
        (whole: string, wide?: string, narrow?: string) => codePoint(whole, `x${wide ?? narrow ?? ""}`),
      ),
  },
];

function decodePercent(run: string): string {
  const bytes = Buffer.from(run.replaceAll("%", ""), "hex");
  return bytes.toString("utf8");
}

function codePoint(whole: string, code: string): string {
  const value =
    code.startsWith("x") || code.startsWith("X") ? Number.parseInt(code.slice(1), 16) : Number(code);
  return value > 0 && value <= 0x10_ffff ? String.fromCodePoint(value) : whole;
}

// The range begins at NUL: what is outside of ASCII is asked for, controls are not.
const NOT_ASCII = /[^ -~\s]/;

/** Format characters, blank letters of Hangul, and the selectors of a variant. */
const INVISIBLE = /\p{Cf}|\u115f|\u1160|\u3164|\uffa0|\ufe0f/gu;

/** Compatibility forms, no invisible characters, and look-alikes of Latin letters inside of Latin words. */
export function fold(text: string): string {
  const visible = text.normalize("NFKC").replace(INVISIBLE, "");
  const digits = visible.replace(/\p{Nd}/gu, toDigit).replace(/[\u3002\u2024\u06d4\u00b7]/g, ".");
  return digits.replace(/[\p{L}\p{N}.@:_-]+/gu, (word) => (isMixed(word) ? unmask(word) : word));
}

/** Digits of any script: the block of ten begins at a multiple of ten above its zero. */
function toDigit(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 128) return character;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
}

const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: "a",
    в: "b",
    е: "e",
    к: "k",
    м: "m",
    н: "h",
    о: "o",
    р: "p",
    с: "c",
    т: "t",
    у: "y",
    х: "x",
    і: "i",
    ј: "j",
    ѕ: "s",
    ԁ: "d",
    ո: "n",
    ѵ: "v",
    ԝ: "w",
    г: "r",
    һ: "h",
    ӏ: "l",
    ɡ: "g",
    α: "a",
    β: "b",
    ε: "e",
    ι: "i",
    κ: "k",
    ν: "v",
    ο: "o",
    ρ: "p",
    τ: "t",
    υ: "u",
    χ: "x",
    ı: "i",
    ⅼ: "l",
    А: "A",
    В: "B",
    Е: "E",
    К: "K",
    М: "M",
    Н: "H",
    О: "O",
    Р: "P",
    С: "C",
    Т: "T",
    Х: "X",
    І: "I",
    Ѕ: "S",
    Α: "A",
    Β: "B",
    Ε: "E",
    Ζ: "Z",
    Η: "H",
    Ι: "I",
    Κ: "K",
    Μ: "M",
    Ν: "N",
    Ο: "O",
    Ρ: "P",
    Τ: "T",
    Υ: "Y",
    Χ: "X",
  }),
);

/** Latin letters or digits with letters that only look like them. */
function isMixed(word: string): boolean {
  return /[A-Za-z0-9]/.test(word) && [...word].some((character) => LOOKALIKES.has(character));
}

function unmask(word: string): string {
  return [...word].map((character) => LOOKALIKES.get(character) ?? character).join("");
}

interface EncodedPart {
  readonly name: string;
  readonly text: string;
  readonly offset: number;
  readonly length: number;
}

/** Runs of base64 or hexadecimal that decode to readable text. */
function* encodedParts(text: string): Generator<EncodedPart> {
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 0;
    if (code < 128 && IS_BASE64[code] === 1) continue;
    if (i - start >= 16) yield* decodedRun(text, start, i);
    start = i + 1;
  }
}

/** Readable characters that a decoded run begins with, to be taken for a text. */
const PROBE = 12;

function* decodedRun(text: string, start: number, end: number): Generator<EncodedPart> {
  const probe = text.slice(start, Math.min(end, start + 2 * PROBE));
  const length = end - start;
  if (/^[0-9a-f]+$/i.test(probe)) {
    if (!hasNoControls(Buffer.from(probe, "hex"))) return;
    const run = text.slice(start, end);
    const bytes = Buffer.from(run, "hex");
    if (isReadable(bytes)) yield { name: "hexadecimal", text: bytes.toString("utf8"), offset: start, length };
    return;
  }
  if (!hasNoControls(Buffer.from(probe, "base64"))) return;
  const bytes = Buffer.from(text.slice(start, end), "base64");
  if (isReadable(bytes)) yield { name: "base64", text: bytes.toString("utf8"), offset: start, length };
}

/** UTF-8 of letters, digits and the usual marks. */
function isReadable(bytes: Uint8Array): boolean {
  if (bytes.length < 8 || !hasNoControls(bytes)) return false;
  // A short path of a URL is base64 of something too; chance does not spell much UTF-8 beyond ASCII.
  return isAscii(bytes) || (bytes.length >= WIDE_LENGTH && isUtf8(bytes));
}

/** Bytes from which on a decoded run may have letters beyond ASCII. */
const WIDE_LENGTH = 24;

function hasNoControls(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte < 9 || byte === 127 || (byte > 13 && byte < 32)) return false;
  return true;
}

const IS_BASE64: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9+/_-]/.test(String.fromCharCode(code)) ? 1 : 0,
);
