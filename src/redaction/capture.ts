/**
 * Packet captures, pcap and pcapng, as a stream (SPEC 13.5.6). The first bytes say which of the two it is.
 *
 * Guarantees: memory holds one packet and one batch; times and lengths on the wire stay; a packet that no rule
 * touches stays byte for byte. Each packet that is changed or dropped is one piece.
 */
import { AddressMap, parsePrefix, type Prefix } from "./address-map.ts";
import { PacketEditor } from "./packet.ts";
import { PcapBlocks } from "./pcap.ts";
import { PcapngBlocks } from "./pcapng.ts";
import type { CapturePlan } from "./plan.ts";
import { stop, type Source, type Work } from "./work.ts";

/** A capture as a row of blocks: what is the next one's size, and what becomes of it. */
export interface Blocks {
  /** Undefined while the bytes do not tell yet; checked against limits. */
  readonly sizeAt: (bytes: Buffer, at: number) => number | undefined;
  readonly take: (block: Buffer, out: Batch) => void;
}

const BATCH_SIZE_BYTES = 262_144;

/** Bytes on their way out; what `flush` gave is valid until the next `add`. */
export class Batch {
  #bytes = Buffer.allocUnsafe(BATCH_SIZE_BYTES);
  #size = 0;

  get isFull(): boolean {
    return this.#size >= BATCH_SIZE_BYTES / 2;
  }

  add(bytes: Uint8Array, length = bytes.length): void {
    if (this.#size + length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(2 * (this.#size + length));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    }
    this.#bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#size);
    this.#size += length;
  }

  flush(): Uint8Array {
    const full = this.#bytes.subarray(0, this.#size);
    this.#size = 0;
    return full;
  }
}

/** What was read and not yet taken, in one buffer that is used again. */
class Held {
  #bytes = Buffer.allocUnsafe(BATCH_SIZE_BYTES);
  size = 0;

  with(chunk: Uint8Array): Buffer {
    if (this.size + chunk.length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(2 * (this.size + chunk.length));
      this.#bytes.copy(grown, 0, 0, this.size);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.size);
    this.size += chunk.length;
    return this.#bytes.subarray(0, this.size);
  }

  drop(size: number): void {
    this.#bytes.copyWithin(0, size, this.size);
    this.size -= size;
  }
}

export async function* redactCapture(
  source: Source,
  plan: CapturePlan,
  work: Work,
): AsyncGenerator<Uint8Array> {
  const out = new Batch();
  const packets = new PacketRedactor(plan, work);
  let blocks: Blocks | undefined;
  const held = new Held();
  for await (const chunk of source) {
    const bytes = held.with(chunk);
    blocks ??= blocksOf(bytes, packets);
    let at = 0;
    for (let size = blocks?.sizeAt(bytes, at); size !== undefined; size = blocks?.sizeAt(bytes, at)) {
      if (at + size > bytes.length) break;
      blocks?.take(bytes.subarray(at, at + size), out);
      at += size;
      if (out.isFull) yield out.flush();
    }
    held.drop(at);
  }
  if (blocks === undefined) stop("redaction-format", { what: "capture" });
  if (held.size > 0) stop("redaction-truncated", { what: "packet", packet: packets.count + 1 });
  yield out.flush();
}

function blocksOf(start: Buffer, packets: PacketRedactor): Blocks | undefined {
  if (start.length < 4) return undefined;
  const magic = start.readUInt32BE(0);
  if (magic === 0x0a0d0d0a) return new PcapngBlocks(packets);
  if (magic === 0xa1b2c3d4 || magic === 0xa1b23c4d) return new PcapBlocks(packets, "big");
  if (magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1) return new PcapBlocks(packets, "little");
  return stop("redaction-format", { what: "capture" });
}

/** One packet after the other under one plan; both file formats hand theirs over here. */
export class PacketRedactor {
  readonly editor: PacketEditor;
  readonly work: Work;
  count = 0;
  readonly #drops: readonly ((packet: Buffer, linkType: number) => boolean)[];

  constructor(plan: CapturePlan, work: Work) {
    this.work = work;
    const { addresses, payload, mac, vlan } = plan;
    this.editor = new PacketEditor({
      payload,
      mac,
      vlan,
      addresses: addresses && AddressMap.forCapture(work.key("addresses"), addresses.keep.map(toPrefix)),
    });
    this.#drops = plan.rules.map((rule) => this.#toDrop(rule));
  }

  /** The edited packet in the editor's buffer, or undefined when it is dropped. `record` is what a piece holds. */
  redact(packet: Buffer, linkType: number, record: Buffer): PacketEditor["buffer"] | undefined {
    this.count++;
    const at = `/packets/${this.count}`;
    let isDropped = false;
    for (const [rule, drops] of this.#drops.entries()) {
      if (!drops(packet, linkType)) continue;
      this.work.match(rule);
      isDropped = true;
    }
    if (isDropped) {
      this.work.leaveOut({ at, how: "dropped", value: record });
      return undefined;
    }
    const edited = this.editor.edit(packet, linkType);
    if (edited === undefined) stop("redaction-unsupported", { what: "link-type", link: linkType });
    if (edited.changed) this.work.leaveOut({ at, how: "changed", value: record });
    return edited;
  }

  /** Blocks beside packets that do not leave: names, secrets, comments. */
  strip(at: string, value: Uint8Array): void {
    this.work.leaveOut({ at, how: "stripped", value });
  }

  #toDrop(rule: CapturePlan["rules"][number]): (packet: Buffer, linkType: number) => boolean {
    if ("packets" in rule) {
      const [from, to] = rule.packets;
      return () => this.count >= from && this.count <= to;
    }
    if ("touching" in rule) {
      const prefixes = rule.touching.map(toPrefix);
      return (packet, linkType) => this.editor.touches(packet, linkType, prefixes);
    }
    const prefixes = rule.not_touching.map(toPrefix);
    return (packet, linkType) => !this.editor.touches(packet, linkType, prefixes);
  }
}

function toPrefix(text: string): Prefix {
  return parsePrefix(text) ?? stop("redaction-plan", { what: "prefix" });
}
