/**
 * Addresses to other addresses, prefix by prefix (Crypto-PAn: Xu, Fan, Ammar, Moon, ICNP 2002), on AES-128.
 *
 * Guarantees: one to one; two addresses share exactly as many leading bits after as before; what lies in a kept
 * prefix stays, and nothing else becomes an address of a kept prefix: a packet cannot come to accuse somebody.
 * Without kept prefixes it is Crypto-PAn as published. It does not hide which networks are neighbours; whoever can
 * place packets into the capture learns those addresses back, and the leading bits that an address shares with a
 * kept prefix show.
 */
import { createCipheriv, type Cipheriv } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";

/** Leading `length` bits of 4 or 16 bytes. */
export interface Prefix {
  readonly bytes: Buffer;
  readonly length: number;
}

/** Multicast stays what it is: a unicast address must not become one. */
const ALWAYS_KEPT: readonly Prefix[] = ["224.0.0.0/4", "ff00::/8"].flatMap((text) => parsePrefix(text) ?? []);
/** Unspecified, broadcast, loopback: they name nobody. */
const SPECIAL4: readonly number[] = [0, 0xff_ff_ff_ff, 0x7f_00_00_01];
const SPECIAL6: readonly string[] = ["0".repeat(32), `${"0".repeat(31)}1`];
/** Addresses remembered, about 20 MB each. */
const CACHE_LIMIT4 = 262_144;
const CACHE_LIMIT6 = 65_536;
const BLOCK = 16;

export class AddressMap {
  readonly #cipher: Cipheriv;
  readonly #pad: Buffer;
  readonly #kept4: readonly Prefix[];
  readonly #kept6: readonly Prefix[];
  readonly #known4 = new Map<number, number>();
  readonly #known6 = new Map<string, Buffer>();
  readonly #input4 = Buffer.alloc(32 * BLOCK);
  readonly #input6 = Buffer.alloc(128 * BLOCK);

  /** `key` is the AES key and the padding, 16 bytes each. */
  constructor(key: Uint8Array, kept: readonly Prefix[]) {
    this.#cipher = createCipheriv("aes-128-ecb", key.subarray(0, BLOCK), null).setAutoPadding(false);
    this.#pad = this.#cipher.update(key.subarray(BLOCK, 2 * BLOCK));
    this.#kept4 = kept.filter(({ bytes }) => bytes.length === 4);
    this.#kept6 = kept.filter(({ bytes }) => bytes.length === 16);
  }

  /** With what a capture always keeps. */
  static forCapture(key: Uint8Array, kept: readonly Prefix[]): AddressMap {
    return new AddressMap(key, [...kept, ...ALWAYS_KEPT]);
  }

  /** An IPv4 address as a number. */
  map4(address: number): number {
    const known = this.#known4.get(address);
    if (known !== undefined) return known;
    if (this.#known4.size >= CACHE_LIMIT4) this.#known4.clear();
    const mapped = SPECIAL4.includes(address) ? address : this.#free4(this.#plain4(address));
    this.#known4.set(address, mapped);
    return mapped;
  }

  /** 16 bytes; the answer must not be written to. */
  map6(address: Buffer): Buffer {
    const name = address.toString("hex");
    const known = this.#known6.get(name);
    if (known !== undefined) return known;
    if (this.#known6.size >= CACHE_LIMIT6) this.#known6.clear();
    let mapped: Buffer = Buffer.from(address);
    if (!SPECIAL6.includes(name)) {
      mapped = this.#plain(address, this.#kept6, this.#input6);
      while (SPECIAL6.includes(mapped.toString("hex")))
        mapped = this.#plain(mapped, this.#kept6, this.#input6);
    }
    this.#known6.set(name, mapped);
    return mapped;
  }

  /** Special addresses map to themselves, so what would become one takes the place that is free for it. */
  #free4(mapped: number): number {
    let free = mapped;
    while (SPECIAL4.includes(free)) free = this.#plain4(free);
    return free;
  }

  #plain4(address: number): number {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(address);
    return this.#plain(bytes, this.#kept4, this.#input4).readUInt32BE();
  }

  #plain(address: Buffer, kept: readonly Prefix[], input: Buffer): Buffer {
    const width = address.length * 8;
    let fixed = 0;
    for (const { bytes, length } of kept) {
      const shared = sharedBits(address, bytes, length);
      if (shared === length) return Buffer.from(address);
      // The bit after the shared ones is where the two part: flipped, it would lead into the kept prefix.
      fixed = Math.max(fixed, shared + 1);
    }
    for (let bit = 0; bit < width; bit++) {
      const at = bit * BLOCK;
      this.#pad.copy(input, at);
      const whole = bit >> 3;
      address.copy(input, at, 0, whole);
      const mask = (0xff00 >> (bit & 7)) & 0xff;
      input[at + whole] = ((address[whole] ?? 0) & mask) | ((this.#pad[whole] ?? 0) & ~mask);
    }
    const output = this.#cipher.update(input);
    const mapped = Buffer.from(address);
    for (let bit = fixed; bit < width; bit++) {
      const flip = (output[bit * BLOCK] ?? 0) >> 7;
      mapped[bit >> 3] = (mapped[bit >> 3] ?? 0) ^ (flip << (7 - (bit & 7)));
    }
    return mapped;
  }
}

/** Equal leading bits of both, at most `limit`. */
function sharedBits(a: Buffer, b: Buffer, limit: number): number {
  for (let at = 0; at * 8 < limit; at++) {
    const differing = (a[at] ?? 0) ^ (b[at] ?? 0);
    if (differing !== 0) return Math.min(limit, at * 8 + Math.clz32(differing) - 24);
  }
  return limit;
}

export function isWithin(address: Buffer, { bytes, length }: Prefix): boolean {
  return bytes.length === address.length && sharedBits(address, bytes, length) === length;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address. Bits after the prefix do not count. */
export function parsePrefix(text: string): Prefix | undefined {
  const [name = "", size] = text.split("/");
  const bytes = parseAddress(name);
  const length = size === undefined ? (bytes?.length ?? 0) * 8 : Number(size);
  return bytes === undefined || length > bytes.length * 8 ? undefined : { bytes, length };
}

function parseAddress(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split(".").map(Number));
  if (!isIPv6(text)) return undefined;
  const bytes = Buffer.alloc(16);
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = tail === null ? undefined : parseAddress(tail[2] ?? "");
  const plain =
    tail === null || last === undefined
      ? text
      : `${tail[1]}${last.readUInt16BE(0).toString(16)}:${last.readUInt16BE(2).toString(16)}`;
  const [head = "", rest] = plain.split("::");
  const words = (part: string): readonly number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  for (const [index, word] of words(head).entries()) bytes.writeUInt16BE(word, 2 * index);
  if (rest === undefined) return bytes;
  const after = words(rest);
  for (const [index, word] of after.entries()) bytes.writeUInt16BE(word, 16 - 2 * (after.length - index));
  return bytes;
}
