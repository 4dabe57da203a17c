/**
 * Inner addresses and names in a token (SPEC 14.4.1, 14.4.2).
 *
 * A version number has four numbers too, a time has colons, a product has slashes: each is told from an address by
 * what stands before and behind it.
 */
import { addressesOf, isInternal, isWholeBlock } from "./addresses.ts";
import { isWordCode, nameEnd } from "./matcher.ts";
import { noteAddress, noteHost, type Scan } from "./scan.ts";

const VERSION_WORDS = /(?:^|[^a-z])(?:versions?|ver|releases?|builds?|firmware|rev|v)[ :=]{0,2}$/;
const PRODUCT = /(?:^|[^A-Za-z0-9/:.])[A-Z][A-Za-z_-]{1,40}\/$/;

export function judgeAddresses(scan: Scan, start: number, end: number): void {
  let colons = 0;
  let isDouble = false;
  for (let i = start; i < end; i++) {
    const code = scan.text.charCodeAt(i);
    if (code === 58) {
      colons++;
      isDouble ||= scan.text.charCodeAt(i + 1) === 58;
    } else if (isDigitCode(code) && !isPartBefore(scan.text.charCodeAt(i - 1))) {
      const length = ipv4Length(scan.text, i, end);
      if (length > 0) {
        if (mayConcern(scan, i)) judgeIpv4(scan, i, length);
        i += length - 1;
      }
    }
  }
  if (isDouble || colons >= 7) judgeIpv6(scan, start, end);
}

/** A digit after one of these is in the middle of something: a word, a number, a version. */
function isPartBefore(code: number): boolean {
  return isWordCode(code) || code === 46;
}

/** Four decimal octets from here and nothing that goes on; 0 otherwise. */
function ipv4Length(text: string, at: number, end: number): number {
  let i = at;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(i++) !== 46) return 0;
    const first = i;
    let value = 0;
    while (i < end && i - first < 4 && isDigitCode(text.charCodeAt(i)))
      value = value * 10 + text.charCodeAt(i++) - 48;
    if (i === first || i - first > 3 || value > 255) return 0;
  }
  const next = text.charCodeAt(i);
  const after = text.charCodeAt(i + 1);
  if (i < end && isWordCode(next)) return 0;
  if (i < end && next === 46 && isWordCode(after)) return 0;
  return i < end && (next === 45 || next === 95) && isWordCode(after) && !isDigitCode(after) ? 0 : i - at;
}

function judgeIpv4(scan: Scan, at: number, length: number): void {
  const address = scan.text.slice(at, at + length);
  const before = scan.text.slice(Math.max(0, at - 48), at);
  if (VERSION_WORDS.test(before.toLowerCase()) || PRODUCT.test(before)) return;
  const bits = /^\/[0-9]{1,2}(?![0-9])/.exec(scan.text.slice(at + length, at + length + 4))?.[0] ?? "";
  if (isWholeBlock(address + bits)) return;
  noteAny(scan, address, at);
}

/** Quick and wrong in one direction only: first octets that no inner range and no list of the operator has. */
function mayConcern({ text, rules }: Scan, at: number): boolean {
  if (rules.matcher.ranges.length > 0) return true;
  const first = text.charCodeAt(at);
  return first === 49;
}

function noteAny(scan: Scan, address: string, at: number): void {
  if (scan.rules.publicTexts.has(address) || noteAddress(scan, address, at)) return;
  if (addressesOf(address).some(isInternal)) scan.notes.add("internal-address", at, address.length);
}

/** The longest run of hexadecimal groups that parses; what stands before a colon may be a label. */
function judgeIpv6(scan: Scan, start: number, end: number): void {
  const { text } = scan;
  const limit = Math.min(end, start + 200);
  for (let at = start; at < limit; at = nextColon(text, at, limit)) {
    let stop = at;
    while (stop < limit && isAddressCode(text.charCodeAt(stop))) stop++;
    const run = text.slice(at, stop).replace(/[.:]+$/, (tail) => (tail.startsWith("::") ? "::" : ""));
    if (run.length < 3 || isWordCode(text.charCodeAt(stop)) || addressesOf(run).length === 0) continue;
    const bits = /^\/[0-9]{1,3}(?![0-9])/.exec(text.slice(stop, stop + 5))?.[0] ?? "";
    if (!isWholeBlock(run + bits)) noteAny(scan, run, at);
    return;
  }
}

function nextColon(text: string, at: number, end: number): number {
  for (let i = at; i < end; i++) if (text.charCodeAt(i) === 58) return i + 1;
  return end;
}

function isAddressCode(code: number): boolean {
  return code === 58 || code === 46 || isHexCode(code);
}

/** `00:00:5e:00:53:0a` (documentation), multicast, broadcast and all zeros name nobody's card. */
const NO_CARD = /^(?:00005e0053..|000000000000|ffffffffffff|.[13579bdf]..........)$/;

export function judgeMac(scan: Scan, start: number, end: number): void {
  const { folded } = scan;
  const size = end - start;
  if (size < 14 || size > 40) return;
  const token = folded.slice(start, end).replace(/[.:]$/, "");
  const found =
    /^(?:[a-z]*[g-z][a-z]*[:/]|mac[:/])?((?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2}|(?:[0-9a-f]{4}[.]){2}[0-9a-f]{4})$/.exec(
      token,
    );
  const mac = found?.[1];
  if (mac === undefined || NO_CARD.test(mac.replace(/[^0-9a-f]/g, ""))) return;
  scan.notes.add("mac-address", start + token.length - mac.length, mac.length);
}

/** The host of a URL, of a mail address, of `host:port`, of `\\host\share`, or the token itself. */
export function judgeHost(scan: Scan, start: number, end: number): void {
  const { folded } = scan;
  let at = start;
  let stop = start;
  for (; stop < end; stop++) {
    const code = folded.charCodeAt(stop);
    if (code === 64) at = stop + 1;
    else if (code === 47 || code === 92) {
      if (stop !== at && !(folded.charCodeAt(stop - 1) === 58 && folded.charCodeAt(stop + 1) === code)) break;
      if (stop === at && folded.charCodeAt(stop + 1) !== code && folded.charCodeAt(stop - 1) !== code) return;
      at = stop + 1;
    } else if (code === 58 && folded.charCodeAt(stop + 1) !== 47) break;
  }
  while (stop > at && !isWordCode(folded.charCodeAt(stop - 1))) stop--;
  const last = lastLabel(folded, at, stop);
  if (last === undefined || !scan.rules.matcher.lastLabels.has(last)) return;
  const host = folded.slice(at, stop);
  if (host.includes("..") || /[.](?:exe|dll|json|js|xml|conf|cfg|env|yml|yaml|py|sh|md|txt)[.]/.test(host))
    return;
  if (/^(?:rc|env|settings|config|jail|bashrc|zshrc|gitconfig)[.]local$/.test(host)) return;
  if (!scan.rules.publicTexts.has(host)) noteHost(scan, host, at);
}

/** What stands after the last dot; undefined for one label alone, for a number and for what is no name. */
function lastLabel(folded: string, at: number, stop: number): string | undefined {
  const end = folded.charCodeAt(stop - 1);
  if (stop - at < 4 || stop - at > 253 || isDigitCode(end)) return undefined;
  for (let i = stop - 1; i > at; i--) {
    const code = folded.charCodeAt(i);
    if (code === 46) return folded.slice(i + 1, stop);
    if (!isWordCode(code) && code !== 45) return undefined;
  }
  return undefined;
}

/** Characters of a name before the word of it that is asked. */
const LOOK_BACK = 128;

/** A word of sensors within a name that looks like a host: `ids-north-02`, `hq-zeek-1.example`; not a version. */
export function judgeSensor(scan: Scan, at: number, length: number): void {
  const { folded } = scan;
  if (isLetterCode(folded.charCodeAt(at + length))) return;
  let start = at;
  while (start > 0 && at - start < LOOK_BACK && isHostCode(folded.charCodeAt(start - 1))) start--;
  const name = folded.slice(start, nameEnd(folded, start)).replace(/[.]+$/, "");
  const rest = name.slice(at - start + length);
  if (/^[-_]?v?[0-9]+[.][0-9.]+/.test(rest) || /^(?:snort[23]|ips?v[46])$/.test(name)) return;
  const isHostLike = /^(?:[-_.]|[0-9]{1,4}(?![0-9a-z]))/.test(rest) || (rest === "" && start < at);
  if (isHostLike && /[0-9]/.test(name) && /^[a-z][a-z0-9._-]{0,62}$/.test(name))
    scan.notes.add("sensor-name", start, name.length);
}

function isHostCode(code: number): boolean {
  return (code < 128 && isWordCode(code)) || code === 45 || code === 95 || code === 46;
}

function isLetterCode(code: number): boolean {
  return isWordCode(code) && !isDigitCode(code);
}

function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isHexCode(code: number): boolean {
  return isDigitCode(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}
