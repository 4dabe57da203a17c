/**
 * Addresses in text (SPEC 14.4.1): IPv4 and IPv6 in every spelling that software reads, and which are of an inner
 * network.
 *
 * Parsing is by hand and linear: `node:net` refuses spellings (octal, one number) that a browser follows. It
 * deliberately judges no public address; the operator's ranges do that.
 */

/** IPv4 in the low 32 bits; IPv6 whole. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** RFC 1918, 6598 (CGNAT), 3927 (link-local), 1122 (loopback), 4193 (ULA), 4291 (link-local), 3879 (site-local). */
const INTERNAL: readonly Range[] = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "127.0.0.0/8",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "::1/128",
].map(mustRange);

/** Four decimal octets without leading zeros beyond one digit, of the whole text. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^[0-9]{1,3}$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

/** As the URL standard reads a host: one to four parts, each decimal, octal (0…) or hexadecimal (0x…). */
export function parseUrlIpv4(host: string): number | undefined {
  const parts = host.replace(/[.]$/, "").split(".");
  if (parts.length > 4) return undefined;
  const numbers = parts.map(urlNumber);
  const last = numbers.pop();
  if (last === undefined || numbers.some((one) => one === undefined || one > 255)) return undefined;
  if (last >= 256 ** (4 - numbers.length)) return undefined;
  return numbers.reduce<number>((sum, one, i) => sum + (one ?? 0) * 256 ** (3 - i), last);
}

function urlNumber(part: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(part)) return Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]{1,11}$/.test(part)) return Number.parseInt(part, 8);
  return /^[0-9]{1,10}$/.test(part) ? Number(part) : undefined;
}

/** Without zone and brackets; `::ffff:192.0.2.1` in its last 32 bits too. */
export function parseIpv6(text: string): bigint | undefined {
  if (text.length > 45 || text.includes(":::")) return undefined;
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const zeros: readonly number[] = Array.from({ length: Math.max(0, missing) }, () => 0);
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 && part.includes(".") ? parseIpv4(part) : undefined;
    if (v4 !== undefined) groups.push(Math.floor(v4 / 65_536), v4 % 65_536);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Every address that a text stands for: itself, and the IPv4 address inside of an IPv6 one. */
export function addressesOf(text: string): readonly Address[] {
  if (!text.includes(":")) {
    const v4 = parseIpv4(text);
    return v4 === undefined ? [] : [{ family: 4, value: BigInt(v4) }];
  }
  const value = parseIpv6(text.replace(/%.*$/, ""));
  return value === undefined ? [] : embeddedIn(value);
}

/** Mapped (::ffff:0:0/96), compatible (::/96), NAT64 (64:ff9b::/96) and 6to4 (2002::/16). */
export function embeddedIn(value: bigint): readonly Address[] {
  const whole: Address = { family: 6, value };
  const high = value >> 32n;
  const low = value & 0xffff_ffffn;
  const isCarrier =
    high === 0xffffn || (high === 0n && low > 0xffffn) || high === 0x64_ff9b_0000_0000_0000_0000n;
  if (isCarrier) return [whole, { family: 4, value: low }];
  if (value >> 112n === 0x2002n) return [whole, { family: 4, value: (value >> 80n) & 0xffff_ffffn }];
  return [whole];
}

export function isInternal(address: Address): boolean {
  return INTERNAL.some((range) => isInRange(address, range));
}

export function isInRange({ family, value }: Address, range: Range): boolean {
  return family === range.family && value >= range.first && value <= range.last;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address; undefined when bits stand below the prefix. */
export function parseRange(text: string): Range | undefined {
  const [base = "", bits, ...more] = text.split("/");
  if (more.length > 0 || (bits !== undefined && !/^[0-9]{1,3}$/.test(bits))) return undefined;
  const v6 = base.includes(":") ? parseIpv6(base) : undefined;
  const v4 = base.includes(":") ? undefined : parseIpv4(base);
  const first = v6 ?? (v4 === undefined ? undefined : BigInt(v4));
  if (first === undefined) return undefined;
  const width = v6 === undefined ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  if (prefix > width) return undefined;
  const size = 1n << BigInt(width - prefix);
  return first % size === 0n
    ? { family: v6 === undefined ? 4 : 6, first, last: first + size - 1n }
    : undefined;
}

/** A whole special block named as such (a filter rule, a standard) tells nothing about anybody's network. */
export function isWholeBlock(text: string): boolean {
  const range = text.includes("/") ? parseRange(text) : undefined;
  return (
    range !== undefined && INTERNAL.some(({ first, last }) => first === range.first && last === range.last)
  );
}

function mustRange(text: string): Range {
  const range = parseRange(text);
  if (range === undefined) throw new RangeError("a built-in range does not parse");
  return range;
}
