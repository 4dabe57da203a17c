/**
 * One pass over a text (SPEC 14.4): words are asked of the matcher, tokens are judged by the characters they have.
 *
 * Guarantees time linear in the text and no regular expression over more than one token. It reads what stands
 * there; other spellings of the same are made by `spellings.ts`.
 */
import { foldCase, isWordCode, matchAt, matchName, startKey, type OnTag } from "./matcher.ts";
import type { CompiledRules } from "./compiled-rules.ts";
import type { Notes } from "./notes.ts";
import { readKeyword } from "./read-words.ts";
import { noteTag, type Scan } from "./scan.ts";
import { judgeAddresses, judgeHost, judgeMac } from "./read-network.ts";
import { judgeCard, judgeIban, judgeMail, judgePath, judgePhone } from "./read-personal.ts";
import { judgeUrl, judgeSecretToken } from "./read-secrets.ts";

const BREAK = 1;
const DIGIT = 2;
const LETTER = 4;
const DOT = 8;
const COLON = 16;
const COLONS = 32;
const AT = 64;
const SLASH = 128;
const DASH = 256;
const PLUS = 512;
/** Two dots, and three: an address has three. */
const TWO_DOTS = 1024;
const THREE_DOTS = 2048;

/** ASCII classes; everything beyond is a letter. */
const CLASS: Uint16Array = makeClasses();

function makeClasses(): Uint16Array {
  const classes = new Uint16Array(128);
  for (let code = 0; code < 33; code++) classes[code] = BREAK;
  for (const character of "\"'`<>()[]{},;|=?&#*!^~\u007f") classes[character.charCodeAt(0)] = BREAK;
  for (const character of "0123456789") classes[character.charCodeAt(0)] = DIGIT;
  for (let code = 65; code < 91; code++) classes[code] = LETTER;
  for (let code = 97; code < 123; code++) classes[code] = LETTER;
  const marks: readonly (readonly [string, number])[] = [
    [".", DOT],
    [":", COLON],
    ["@", AT],
    ["/", SLASH],
    ["\\", SLASH],
    ["-", DASH],
    ["+", PLUS],
  ];
  for (const [character, flag] of marks) classes[character.charCodeAt(0)] = flag;
  return classes;
}

/** Which kinds of rules a text is asked. A binary file is asked only for what chance does not spell. */
export interface ScanOptions {
  /** An indicator names what it names: its own value is no personal mail address of anybody. */
  readonly isIndicator?: boolean;
}

export function scanText(text: string, rules: CompiledRules, notes: Notes, options: ScanOptions = {}): void {
  const scan: Scan = {
    text,
    folded: foldCase(text),
    rules,
    notes,
    isIndicator: options.isIndicator === true,
  };
  const { matcher } = rules;
  const asksNames = matcher.shapes.length > 0 || matcher.openGlobs.length > 0;
  const found: OnTag = (tag, at, length) => {
    if (tag.rule.startsWith("read:")) readKeyword(scan, tag.rule.slice(5), at, length);
    else noteTag(scan, tag, at, length);
  };
  const { folded } = scan;
  let start = 0;
  let flags = 0;
  let inWord = false;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 32;
    const flag = code < 128 ? (CLASS[code] ?? 0) : LETTER;
    if (flag === BREAK) {
      if (flags & (DIGIT | LETTER) && i - start > 2) judgeToken(scan, start, i, flags);
      start = i + 1;
      flags = 0;
      inWord = false;
      continue;
    }
    if (flag === DOT) flags |= flags & DOT ? (flags & TWO_DOTS ? THREE_DOTS : TWO_DOTS) : DOT;
    else flags |= flag === COLON && flags & COLON ? COLONS : flag;
    if ((flag & (DIGIT | LETTER)) === 0) {
      inWord = false;
    } else if (!inWord) {
      inWord = true;
      if (matcher.starts[startKey(folded, i)] === 1) matchAt(matcher, folded, i, found);
      if (asksNames) matchName(matcher, folded, i, found);
    }
  }
}

function judgeToken(scan: Scan, start: number, end: number, flags: number): void {
  if (flags & DIGIT) {
    if (flags & (THREE_DOTS | COLONS)) judgeAddresses(scan, start, end);
    if (flags & (COLONS | DASH | DOT)) judgeMac(scan, start, end);
    if (flags & PLUS) judgePhone(scan, start);
    judgeNumbers(scan, start, end);
  } else if (flags & COLONS) judgeAddresses(scan, start, end);
  if (!(flags & LETTER)) return;
  if (flags & AT) judgeMail(scan, start, end);
  if (flags & SLASH) {
    if (end - start > 7) judgePath(scan, start, end);
    if (flags & COLON) judgeUrl(scan, start, end, (flags & AT) !== 0);
  }
  if (flags & DOT) judgeHost(scan, start, end);
  if (end - start >= 20) judgeSecretToken(scan, start, end);
}

function judgeNumbers(scan: Scan, start: number, end: number): void {
  const first = scan.text.charCodeAt(start);
  const before = scan.text.charCodeAt(start - 1);
  if (first >= 49 && first <= 54 && !isWordCode(before)) judgeCard(scan, start, end);
  else if (first >= 65 && first <= 90) judgeIban(scan, start);
}
