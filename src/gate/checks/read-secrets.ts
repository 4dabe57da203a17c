/**
 * Credentials and keys (SPEC 14.4.5), by their own form or by the word that stands before them.
 *
 * A hash, a UUID and a digest are random too: entropy alone is never a hit.
 */
import { isInternal, parseUrlIpv4 } from "./addresses.ts";
import { isWordCode } from "./matcher.ts";
import type { Scan } from "./scan.ts";

/** Tokens whose issuer gave them a form of their own. */
const ACCESS_KEY =
  /^(?:(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abeprs]-[\w-]{10,}|[rs]k_(?:live|test)_\w{16,}|npm_[A-Za-z0-9]{36}|hf_[A-Za-z]{30,}|SG[.][\w-]{16,}[.][\w-]{16,}|dop_v1_[0-9a-f]{64}|ya29[.][\w-]{20,})$/;
const JWT = /^eyJ[\w-]{8,}[.]eyJ[\w-]{8,}[.][\w-]{8,}$/;
const AGE_SECRET = /^age-secret-key-(?:pq-)?1[02-9ac-hj-np-z]{40,}/;
const FIRST_LETTERS: ReadonlySet<number> = new Set([..."AaghxrsnSdye"].map((one) => one.charCodeAt(0)));

export function judgeSecretToken(scan: Scan, start: number, end: number): void {
  const { text } = scan;
  let at = start;
  for (let i = end - 2; i > start; i--)
    if (text.charCodeAt(i) === 58) {
      at = i + 1;
      break;
    }
  while (at < end && !isWordCode(text.charCodeAt(at))) at++;
  if (!FIRST_LETTERS.has(text.charCodeAt(at)) || end - at < 20 || end - at > 8_192) return;
  const token = text.slice(at, end).replace(/[.:/\\]+$/, "");
  if (ACCESS_KEY.test(token)) scan.notes.add("access-key", at, token.length);
  else if (JWT.test(token)) scan.notes.add("token", at, token.length);
  else if (AGE_SECRET.test(token.toLowerCase())) scan.notes.add("private-key", at, token.length);
}

/** `scheme://user:secret@host`, and a host that is an inner address by another spelling. */
export function judgeUrl(scan: Scan, start: number, end: number, hasUser: boolean): void {
  const mark = schemeEnd(scan.text, start, Math.min(end, start + 64));
  if (mark === -1 || !(hasUser || isDigitCode(scan.text.charCodeAt(mark + 3)))) return;
  const token = scan.text.slice(start, Math.min(end, start + 2_048));
  const at = mark - start;
  const authority = token.slice(at + 3).split(/[/\\]/)[0] ?? "";
  const sign = authority.lastIndexOf("@");
  if (sign !== -1 && /^[^:@]+:[^:@]{3,}$/.test(authority.slice(0, sign)))
    scan.notes.add("password", start, token.length);
  const host = authority.slice(sign + 1).replace(/:[0-9]{1,5}$/, "");
  const value = /^[0-9a-fx.]{1,60}$/i.test(host) && /[0-9]/.test(host) ? parseUrlIpv4(host) : undefined;
  if (value === undefined) return;
  if (isInternal({ family: 4, value: BigInt(value) }))
    scan.notes.add("internal-address", start + at + 3, host.length);
}

/** Where `://` stands; -1 when it does not. */
function schemeEnd(text: string, start: number, end: number): number {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) === 58) return text.startsWith("://", i) ? i : -1;
  return -1;
}

/** A host that is a number begins with a digit, in every base. */
function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** What people write where no secret stands. */
const NO_SECRET =
  /^(?:[*x.•#_-]+|redacted|removed|hidden|masked|null|nil|none|true|false|empty|unset|required|expired|incorrect|invalid|wrong|changed|reset|failed|policy|protected|unknown|n\/a|yes|no|string|value|field|here|your.*|example|secret|password)$/i;

/** After a word such as `password`: a mark of assignment and a value. `wordy` names alone are never enough. */
export function readSecret(scan: Scan, at: number): void {
  const after = scan.text.slice(at, at + 160);
  const found = /^["'\]]{0,2}\s{0,3}(=>|:=|==?|:)\s{0,3}(["']?)([^\s"'<>&;,]{4,120})/.exec(after);
  if (found === null) return;
  const [whole, mark = "", quote = "", value = ""] = found;
  if (NO_SECRET.test(value) || /^[$%{<[(]/.test(value)) return;
  const isTyped = /[0-9]/.test(value) || /[^\p{L}\p{N}.:/-]/u.test(value);
  if (!isTyped && mark === ":" && quote === "" && !after.startsWith('"')) return;
  if (!isTyped && value.length < 6) return;
  scan.notes.add("password", at + whole.length - value.length, value.length);
}

/** After `Bearer` or `Basic`. */
export function readBearer(scan: Scan, at: number): void {
  const found = /^\s([A-Za-z0-9+/_.=~-]{8,2000})/.exec(scan.text.slice(at, at + 2_048));
  const value = found?.[1] ?? "";
  const word = scan.folded.slice(at - 5, at);
  if (word === "basic") {
    const isPair = /^[A-Za-z0-9+/]+={0,2}$/.test(value) && /^[^:\s]+:[^\s]+$/.test(atobOrNothing(value));
    if (isPair) scan.notes.add("password", at + 1, value.length);
  } else if (value.length >= 16 && /[0-9]/.test(value)) scan.notes.add("token", at + 1, value.length);
}

function atobOrNothing(value: string): string {
  return Buffer.from(value, "base64").toString("latin1");
}

/** After `-----BEGIN`: only a private key is one; a certificate and a public key pass. */
export function readBegin(scan: Scan, at: number): void {
  const line = scan.folded.slice(at, at + 60);
  if (
    /^ [a-z0-9 ]{0,32}private key(?: block)?-{2,}/.test(line) &&
    scan.text.slice(at - 9, at - 5).endsWith("--")
  )
    scan.notes.add("private-key", at - 10, 10);
}
