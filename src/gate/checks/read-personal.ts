/**
 * Personal data in a token (SPEC 14.4.4): mail addresses of persons, telephone numbers, IBAN, payment cards, names
 * of users in paths. Numbers with check digits are checked, so that a counter is no account.
 */
import { isWordCode } from "./matcher.ts";
import { noteHost, type Scan } from "./scan.ts";

/** Digits of a telephone number with its country (E.164). */
const PHONE_DIGITS = { least: 8, most: 15 } as const;

export function judgeMail(scan: Scan, start: number, end: number): void {
  const { folded } = scan;
  const sign = folded.lastIndexOf("@", end - 1);
  if (sign <= start) return;
  let from = sign;
  while (from > start && isLocalCode(folded.charCodeAt(from - 1))) from--;
  const local = folded.slice(from, sign);
  const domain =
    /^[\p{L}\p{N}][\p{L}\p{N}-]{0,62}(?:[.][\p{L}\p{N}][\p{L}\p{N}-]{0,62}){0,8}[.]\p{L}{2,24}/u.exec(
      folded.slice(sign + 1, Math.min(end, sign + 255)),
    )?.[0];
  if (domain === undefined || local === "" || folded.slice(start, from).includes("://")) return;
  const { publicTexts, roleMailboxes, commonUsers } = scan.rules;
  if (publicTexts.has(`${local}@${domain}`) || noteHost(scan, domain, sign + 1)) return;
  if (scan.isIndicator || commonUsers.has(local) || isMessageId(local)) return;
  const words = local
    .replace(/[+].*$/, "")
    .split(/[-_.]|[0-9]+$/)
    .filter((word) => word !== "");
  if (words.some((word) => roleMailboxes.has(word)) || roleMailboxes.has(local)) return;
  scan.notes.add("mail-address", from, sign - from + 1 + domain.length);
}

function isLocalCode(code: number): boolean {
  return isWordCode(code) || code === 46 || code === 95 || code === 45 || code === 43 || code === 37;
}

/** Long and full of digits: a message id or a tracking address, made by a machine. */
function isMessageId(local: string): boolean {
  const digits = local.replace(/[^0-9]/g, "").length;
  return local.length >= 16 && digits >= 6 && (digits / local.length > 0.25 || /^[0-9a-f.-]+$/.test(local));
}

/** From a `+` in the token that begins here. */
export function judgePhone(scan: Scan, start: number): void {
  const { text } = scan;
  let at = start;
  while (at - start < 40 && text.charCodeAt(at) !== 43) at++;
  const first = text.charCodeAt(at + 1);
  if (text.charCodeAt(at) !== 43 || first < 49 || first > 57 || isWordCode(text.charCodeAt(at - 1))) return;
  notePhone(scan, at, PHONE_DIGITS.least);
}

/** Digits with the usual separators from here; `least` is lower after a word that says what they are. */
export function notePhone(scan: Scan, at: number, least: number): void {
  const found = /^[+]?[0-9](?:[ ().\-/]{0,2}[0-9]){5,16}/.exec(scan.text.slice(at, at + 40))?.[0];
  if (found === undefined || isWordCode(scan.text.charCodeAt(at + found.length))) return;
  const digits = found.replace(/[^0-9]/g, "").length;
  if (digits >= least && digits <= PHONE_DIGITS.most) scan.notes.add("phone-number", at, found.length);
}

/** ISO 13616: country, two check digits, length by country; of the countries whose accounts are common. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MR: 27,
  MT: 31,
  MU: 30,
  NL: 18,
  NO: 15,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
};

export function judgeIban(scan: Scan, start: number): void {
  if (!isDigitAt(scan.text, start + 2) || !isDigitAt(scan.text, start + 3)) return;
  const head = scan.text.slice(start, start + 44);
  const length = IBAN_LENGTHS[head.slice(0, 2)];
  if (length === undefined || isWordCode(scan.text.charCodeAt(start - 1))) return;
  const found = /^[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){3,9}/.exec(head)?.[0] ?? "";
  const compact = found.replace(/ /g, "");
  if (compact.length < length) return;
  const account = compact.slice(0, length);
  const digits = [...account.slice(4), ...account.slice(0, 4)]
    .map((one) => Number.parseInt(one, 36))
    .join("");
  if (BigInt(digits) % 97n === 1n) scan.notes.add("iban", start, found.length);
}

/** Bare, or in the groups that cards are printed in. */
const CARD =
  /^(?:[0-9]{15,16}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{5})(?![0-9A-Za-z.:_-])/;
/** Visa, Mastercard (both ranges), American Express, Discover, JCB, UnionPay. */
const ISSUERS = /^(?:4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|3[47]|6011|65|35(?:2[89]|[3-8])|62)/;

export function judgeCard(scan: Scan, start: number, end: number): void {
  const size = end - start;
  if (size < 15 && (size !== 4 || !isDigitAt(scan.text, end + 1))) return;
  if (size > 24) return;
  const found = CARD.exec(scan.text.slice(start, start + 24))?.[0];
  if (found === undefined || !ISSUERS.test(found)) return;
  const digits = found.replace(/[ -]/g, "");
  const isAmex = /^3[47]/.test(digits);
  if (digits.length === (isAmex ? 15 : 16) && isLuhn(digits))
    scan.notes.add("payment-card", start, found.length);
}

function isDigitAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && !/^(\d)\1+$/.test(digits);
}

const HOMES = ["/home/", "/users/", "\\users\\", "settings\\"] as const;

/** A user in the path of a home directory; an address of a web page has `/home/` too. */
export function judgePath(scan: Scan, start: number, end: number): void {
  const { folded } = scan;
  if (!hasHome(folded, start, Math.min(end, start + 512))) return;
  const token = folded.slice(start, Math.min(end, start + 512)).replaceAll("\\\\", "\\");
  for (const home of HOMES) {
    const at = token.indexOf(home);
    if (at === -1 || (home.startsWith("/") && !isFilePath(scan, token, at, start, end))) continue;
    const name = /^[\p{L}\p{N}._@ -]{2,64}/u.exec(token.slice(at + home.length))?.[0] ?? "";
    if (name === "" || !/\p{L}/u.test(name) || scan.rules.commonUsers.has(name)) continue;
    scan.notes.add("user-path", start + at + home.length, name.length);
    return;
  }
}

/** Whether a part of the path is a word that homes begin with, by its first two letters. */
function hasHome(folded: string, start: number, end: number): boolean {
  for (let i = start; i + 5 < end; i++) {
    const code = folded.charCodeAt(i);
    if (code === 104 && folded.startsWith("home/", i)) return true;
    if (code === 117 && folded.startsWith("users", i)) return true;
    if (code === 115 && folded.startsWith("settings", i)) return true;
  }
  return false;
}

function isFilePath(scan: Scan, token: string, at: number, start: number, end: number): boolean {
  const head = token.slice(0, at);
  if (head !== "" && !/^(?:[a-z]:|file:\/\/|[a-z0-9.-]+:|[a-z0-9._-]+@[a-z0-9.-]+:)$/.test(head))
    return false;
  const before = scan.text.slice(Math.max(0, start - 9), start);
  const after = scan.text.slice(end, end + 8);
  return !/(?:GET|POST|PUT|HEAD|PATCH|DELETE|OPTIONS) "?$/.test(before) && !/^[^ ]? ?HTTP\//.test(after);
}
