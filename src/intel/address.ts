/**
 * Addresses and ranges as numbers (SPEC 16.2.1): IPv4 in one word of 32 bits, IPv6 in four, the highest first.
 *
 * Guarantees: what is returned as an address is one, in exactly one form: an IPv4-mapped IPv6 address is IPv4. Octets
 * with leading zeros, zones and everything else that two readers could read differently are no address.
 */

export type Family = 4 | 6;

/** Both ends inside; `low` and `high` have one word for IPv4 and four for IPv6. */
export interface AddressRange {
  readonly family: Family;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** Longest text of an address: IPv6 with an IPv4 tail. */
const ADDRESS_LENGTH_LIMIT = 45;
const MAPPED_PREFIX_BITS = 96;
const MAPPED_WORD = 0xffff;
const NONE = 0;

/** The family, with the words written into `out` (at least four long); 0 when the text is no address. */
export function readAddress(text: string, out: Uint32Array): Family | typeof NONE {
  const { length } = text;
  if (length < 2 || length > ADDRESS_LENGTH_LIMIT) return NONE;
  // Only IPv6 has a colon among the first five characters.
  const isSix = text.charCodeAt(0) === COLON || text.lastIndexOf(":", 4) > 0;
  if (!isSix) {
    const four = readIpv4(text, 0, length);
    if (four < 0) return NONE;
    out[0] = four;
    return 4;
  }
  if (!readIpv6(text, out)) return NONE;
  if (out[0] !== 0 || out[1] !== 0 || out[2] !== MAPPED_WORD) return 6;
  out[0] = out[3] ?? 0;
  return 4;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address. Undefined when it is neither. */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf("/");
  const words = new Uint32Array(4);
  const written = slash < 0 ? text : text.slice(0, slash);
  const family = readAddress(written, words);
  if (family === NONE) return undefined;
  const isMapped = family === 4 && written.includes(":");
  if (slash < 0) return toRange(family, words, family === 4 ? 32 : 128);
  const stated = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(stated)) return undefined;
  const bits = Number(stated);
  if (!isMapped) return bits <= (family === 4 ? 32 : 128) ? toRange(family, words, bits) : undefined;
  if (bits > 128) return undefined;
  if (bits >= MAPPED_PREFIX_BITS) return toRange(4, words, bits - MAPPED_PREFIX_BITS);
  return toRange(6, Uint32Array.of(0, 0, MAPPED_WORD, words[0] ?? 0), bits);
}

function toRange(family: Family, words: Uint32Array, bits: number): AddressRange {
  const size = family === 4 ? 1 : 4;
  const low = new Uint32Array(size);
  const high = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const kept = Math.max(0, Math.min(32, bits - 32 * i));
    // A shift by 32 is none in JavaScript, so no bits at all stand apart.
    const mask = kept === 0 ? 0 : (0xffffffff << (32 - kept)) >>> 0;
    const word = words[i] ?? 0;
    low[i] = word & mask;
    high[i] = (word & mask) | ~mask;
  }
  return { family, low, high };
}

const COLON = 58;
const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** The address in `text[from, to)` as a number, or −1. */
function readIpv4(text: string, from: number, to: number): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  let digits = 0;
  for (let i = from; i < to; i++) {
    const char = text.charCodeAt(i);
    if (char === DOT) {
      if (octet < 0) return -1;
      value = value * 256 + octet;
      octet = -1;
      digits = 0;
      dots++;
    } else if (char >= ZERO && char <= NINE) {
      if (digits === 1 && octet === 0) return -1;
      octet = octet < 0 ? char - ZERO : octet * 10 + char - ZERO;
      digits++;
      if (octet > 255) return -1;
    } else return -1;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

const groups = new Uint16Array(8);

/** RFC 4291 text forms; writes four words. */
function readIpv6(text: string, out: Uint32Array): boolean {
  const { length } = text;
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    at = 2;
  }
  while (at < length) {
    if (count === 8) return false;
    const start = at;
    let value = 0;
    for (; at < length && text.charCodeAt(at) !== COLON; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (text.charCodeAt(at) === DOT) {
      const four = count <= 6 ? readIpv4(text, start, length) : -1;
      if (four < 0) return false;
      groups[count++] = four >>> 16;
      groups[count++] = four & 0xffff;
      break;
    }
    if (at === start || at - start > 4) return false;
    groups[count++] = value;
    if (at === length) break;
    if (text.charCodeAt(at) !== COLON) return false;
    at++;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    } else if (at === length) return false;
  }
  return placeGroups(count, gap, out);
}

function placeGroups(count: number, gap: number, out: Uint32Array): boolean {
  if (gap < 0 ? count !== 8 : count > 7) return false;
  const missing = 8 - count;
  for (let word = 0; word < 4; word++) {
    out[word] = ((groupAt(2 * word, gap, missing) << 16) | groupAt(2 * word + 1, gap, missing)) >>> 0;
  }
  return true;
}

function groupAt(place: number, gap: number, missing: number): number {
  if (gap < 0 || place < gap) return groups[place] ?? 0;
  return place < gap + missing ? 0 : (groups[place - missing] ?? 0);
}

function hexDigit(char: number): number {
  if (char >= ZERO && char <= NINE) return char - ZERO;
  const lower = char | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
