/**
 * pcapng (draft-ietf-opsawg-pcapng): sections, interfaces and packets. What else a block can hold goes: names that
 * were resolved, TLS secrets, comments, and what hardware, system, program and interface made the capture. Of an
 * interface stay its link type and how its times are to be read.
 */
import type { Batch, Blocks, PacketRedactor } from "./capture.ts";
import { PACKET_SIZE_LIMIT_BYTES } from "./packet-buffer.ts";
import { stop } from "./work.ts";

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const SIMPLE = 3;
const ENHANCED = 6;
/** A packet with room for options. */
const BLOCK_SIZE_LIMIT_BYTES = 16 * 1_048_576;
const INTERFACES_LIMIT = 65_536;
/** if_tsresol, if_tsoffset. */
const TIME_OPTIONS = new Set([9, 14]);

export class PcapngBlocks implements Blocks {
  readonly #packets: PacketRedactor;
  #order: "big" | "little" = "big";
  #blocks = 0;
  #interfaces: { readonly linkType: number; readonly snapLength: number }[] = [];

  constructor(packets: PacketRedactor) {
    this.#packets = packets;
  }

  sizeAt(bytes: Buffer, at: number): number | undefined {
    if (at + 12 > bytes.length) return undefined;
    if (bytes.readUInt32BE(at) === SECTION) {
      const magic = bytes.readUInt32BE(at + 8);
      if (magic !== 0x1a2b3c4d && magic !== 0x4d3c2b1a) stop("redaction-malformed", { what: "byte-order" });
      this.#order = magic === 0x1a2b3c4d ? "big" : "little";
    } else if (this.#blocks === 0) stop("redaction-format", { what: "capture" });
    const size = this.#u32(bytes, at + 4);
    if (size < 12 || size % 4 !== 0) stop("redaction-malformed", { what: "block-length" });
    if (size > BLOCK_SIZE_LIMIT_BYTES) stop("redaction-limit", { what: "block" });
    return size;
  }

  take(block: Buffer, out: Batch): void {
    this.#blocks++;
    if (this.#u32(block, block.length - 4) !== block.length)
      stop("redaction-malformed", { what: "block-length" });
    switch (this.#u32(block, 0)) {
      case SECTION:
        return this.#section(block, out);
      case INTERFACE:
        return this.#interface(block, out);
      case ENHANCED:
        return this.#enhanced(block, out);
      case SIMPLE:
        return this.#simple(block, out);
      default:
        this.#packets.strip(`/blocks/${this.#blocks}`, block);
    }
  }

  #section(block: Buffer, out: Batch): void {
    if (block.length < 28) stop("redaction-malformed", { what: "block-length" });
    this.#interfaces = [];
    const body = Buffer.from(block.subarray(8, 24));
    // The section is shorter now; -1 says that its length is not stated.
    body.fill(0xff, 8, 16);
    if (block.length > 28) this.#packets.strip(`/blocks/${this.#blocks}/options`, block.subarray(24, -4));
    this.#write(out, SECTION, body);
  }

  #interface(block: Buffer, out: Batch): void {
    if (block.length < 20) stop("redaction-malformed", { what: "block-length" });
    if (this.#interfaces.length >= INTERFACES_LIMIT) stop("redaction-limit", { what: "interfaces" });
    this.#interfaces.push({ linkType: this.#u16(block, 8), snapLength: this.#u32(block, 12) });
    const options = block.subarray(16, -4);
    const kept = this.#timeOptions(options);
    if (kept.length < options.length) this.#packets.strip(`/blocks/${this.#blocks}/options`, options);
    this.#write(out, INTERFACE, block.subarray(8, 16), kept);
  }

  #enhanced(block: Buffer, out: Batch): void {
    const captured = block.length < 32 ? Infinity : this.#u32(block, 20);
    const linkType = this.#interfaces[this.#u32(block, 8)]?.linkType;
    if (captured > block.length - 32 || captured > PACKET_SIZE_LIMIT_BYTES || linkType === undefined)
      stop("redaction-malformed", { what: "packet", packet: this.#packets.count + 1 });
    const packet = block.subarray(28, 28 + captured);
    const edited = this.#packets.redact(packet, linkType, block);
    if (edited === undefined) return;
    const end = 28 + padded(captured);
    if (block.length - 4 > end)
      this.#packets.strip(`/blocks/${this.#blocks}/options`, block.subarray(end, -4));
    if (!edited.changed && block.length - 4 === end) {
      out.add(block);
      return;
    }
    const head = Buffer.from(block.subarray(8, 28));
    this.#put(head, 12, edited.length);
    this.#put(head, 16, Math.max(edited.length, this.#u32(block, 24) - edited.removed));
    this.#write(out, ENHANCED, head, edited.bytes.subarray(0, edited.length));
  }

  /** Its captured length is implied; a changed packet becomes an enhanced one without a time, which it never had. */
  #simple(block: Buffer, out: Batch): void {
    const [first] = this.#interfaces;
    if (first === undefined || block.length < 16)
      stop("redaction-malformed", { what: "packet", packet: this.#packets.count + 1 });
    const original = this.#u32(block, 8);
    const snap = first.snapLength === 0 ? Infinity : first.snapLength;
    const captured = Math.min(original, snap, block.length - 16);
    if (captured > PACKET_SIZE_LIMIT_BYTES) stop("redaction-malformed", { what: "packet-length" });
    const edited = this.#packets.redact(block.subarray(12, 12 + captured), first.linkType, block);
    if (edited === undefined) return;
    if (!edited.changed) {
      out.add(block);
      return;
    }
    const head = Buffer.alloc(20);
    this.#put(head, 12, edited.length);
    this.#put(head, 16, Math.max(edited.length, original - edited.removed));
    this.#write(out, ENHANCED, head, edited.bytes.subarray(0, edited.length));
  }

  #timeOptions(options: Buffer): Buffer {
    const kept: Buffer[] = [];
    for (let at = 0; at + 4 <= options.length;) {
      const [code, size] = [this.#u16(options, at), padded(this.#u16(options, at + 2))];
      if (code === 0) break;
      if (at + 4 + size > options.length) stop("redaction-malformed", { what: "option" });
      if (TIME_OPTIONS.has(code)) kept.push(options.subarray(at, at + 4 + size));
      at += 4 + size;
    }
    return kept.length === 0 ? Buffer.alloc(0) : Buffer.concat([...kept, Buffer.alloc(4)]);
  }

  #write(out: Batch, type: number, ...parts: readonly Uint8Array[]): void {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const total = 12 + padded(size);
    const frame = Buffer.alloc(8);
    this.#put(frame, 0, type);
    this.#put(frame, 4, total);
    out.add(frame);
    for (const part of parts) out.add(part);
    const end = Buffer.alloc(padded(size) - size + 4);
    this.#put(end, end.length - 4, total);
    out.add(end);
  }

  #u16(bytes: Buffer, at: number): number {
    return this.#order === "big" ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  }

  #u32(bytes: Buffer, at: number): number {
    return this.#order === "big" ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }

  #put(bytes: Buffer, at: number, value: number): void {
    if (this.#order === "big") bytes.writeUInt32BE(value, at);
    else bytes.writeUInt32LE(value, at);
  }
}

function padded(size: number): number {
  return (size + 3) & ~3;
}
