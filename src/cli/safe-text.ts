/**
 * Text of others on a terminal (threats.md 8, 35): what a screen hides, or what steers it, is written out.
 *
 * `escapeUntrusted` leaves letters of every script as they are, and writes each control, bidirectional control and
 * invisible character as `\u{…}`, so that no name, message or code of a partner moves a cursor or turns a line
 * round. A word of mixed alphabets gets the mark that the phrases give it (SPEC 8.7.5).
 */
import { markMixedWords } from "#parley/codec/scripts.ts";

/** Controls, formats (bidi among them), private use, unassigned, separators, and four blanks that look like none. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** One line: line feeds and tabs are escaped too. */
export function escapeUntrusted(text: string): string {
  return markMixedWords(text.toWellFormed().replace(UNSAFE, toEscape));
}

/** Several lines: a line feed stays a line feed. */
export function escapeUntrustedLines(text: string): string {
  return text.split("\n").map(escapeUntrusted).join("\n");
}

function toEscape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
