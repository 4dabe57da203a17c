/**
 * One packet under change: bytes, where it now ends, and checksums that follow every change (RFC 1624).
 *
 * A checksum knows the checksums that cover it, so a changed address inside an ICMP quote mends the quoted header,
 * the quoted transport and the outer ICMP checksum. A checksum that was wrong stays as wrong as it was.
 */

export interface Sum {
  /** Offset of the checksum. */
  readonly at: number;
  /** UDP: zero says that there is none. */
  readonly optional: boolean;
  /** Checksums over a region that holds this one. */
  readonly over: readonly Sum[];
}

/** The largest packet that a capture holds (libpcap's MAXIMUM_SNAPLEN). */
export const PACKET_SIZE_LIMIT_BYTES = 262_144;

export class PacketBuffer {
  readonly bytes: Buffer = Buffer.alloc(PACKET_SIZE_LIMIT_BYTES);
  /** Captured bytes that stay. */
  length = 0;
  changed = false;
  /** Bytes taken out of the middle: the packet on the wire would have been as much shorter. */
  removed = 0;

  load(packet: Buffer): void {
    packet.copy(this.bytes);
    this.length = packet.length;
    this.changed = false;
    this.removed = 0;
  }

  has(at: number, size: number): boolean {
    return at + size <= this.length;
  }

  byte(at: number): number {
    return this.bytes[at] ?? 0;
  }

  word(at: number): number {
    return (this.byte(at) << 8) | this.byte(at + 1);
  }

  /** A 16-bit word at an even distance from the start of what `sums` cover. */
  setWord(at: number, value: number, sums: readonly Sum[]): void {
    const before = this.word(at);
    if (before === value) return;
    this.bytes.writeUInt16BE(value, at);
    this.changed = true;
    for (const sum of sums) this.#adjust(sum, before, value);
  }

  /** `size` even, `at` as in `setWord`. */
  setBytes(at: number, value: Uint8Array, sums: readonly Sum[]): void {
    for (let i = 0; i + 1 < value.length; i += 2)
      this.setWord(at + i, ((value[i] ?? 0) << 8) | (value[i + 1] ?? 0), sums);
  }

  fill(at: number, end: number, sums: readonly Sum[] = []): void {
    for (let i = at; i + 1 < end; i += 2) this.setWord(i, 0, sums);
    if ((end - at) % 2 === 1) this.setWord(end - 1, this.byte(end), sums);
  }

  /** Nothing from here on stays. */
  cut(at: number): boolean {
    if (at >= this.length) return false;
    this.length = Math.max(0, at);
    this.changed = true;
    return true;
  }

  /** A checksum over bytes that were cut would tell of them. */
  forget(sums: readonly Sum[]): void {
    for (const { at, over } of sums) {
      if (this.has(at, 2)) this.bytes.writeUInt16BE(0, at);
      this.forget(over);
    }
  }

  take(at: number, size: number): void {
    this.bytes.copyWithin(at, at + size, this.length);
    this.length -= size;
    this.removed += size;
    this.changed = true;
  }

  #adjust({ at, optional, over }: Sum, before: number, after: number): void {
    if (!this.has(at, 2)) return;
    const old = this.word(at);
    if (optional && old === 0) return;
    let sum = (~old & 0xffff) + (~before & 0xffff) + after;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    let value = ~sum & 0xffff;
    if (optional && value === 0) value = 0xffff;
    this.bytes.writeUInt16BE(value, at);
    for (const outer of over) this.#adjust(outer, old, value);
  }
}
