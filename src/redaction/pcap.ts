/** pcap (draft-ietf-opsawg-pcap): a file header, then packets; both byte orders, micro- and nanoseconds. */
import type { Batch, Blocks, PacketRedactor } from "./capture.ts";
import { PACKET_SIZE_LIMIT_BYTES } from "./packet-buffer.ts";
import { stop } from "./work.ts";

const FILE_HEADER_SIZE_BYTES = 24;
const RECORD_HEADER_SIZE_BYTES = 16;

export class PcapBlocks implements Blocks {
  readonly #packets: PacketRedactor;
  readonly #order: "big" | "little";
  #linkType: number | undefined;

  constructor(packets: PacketRedactor, order: "big" | "little") {
    this.#packets = packets;
    this.#order = order;
  }

  sizeAt(bytes: Buffer, at: number): number | undefined {
    if (this.#linkType === undefined) return FILE_HEADER_SIZE_BYTES;
    if (at + RECORD_HEADER_SIZE_BYTES > bytes.length) return undefined;
    const captured = this.#read(bytes, at + 8);
    if (captured > PACKET_SIZE_LIMIT_BYTES)
      stop("redaction-malformed", { what: "packet-length", packet: this.#packets.count + 1 });
    return RECORD_HEADER_SIZE_BYTES + captured;
  }

  take(block: Buffer, out: Batch): void {
    if (this.#linkType === undefined) {
      if (this.#read(block, 4) !== (this.#order === "big" ? 0x00020004 : 0x00040002))
        stop("redaction-unsupported", { what: "pcap-version" });
      // The upper bits say whether a check sequence follows each packet.
      this.#linkType = this.#read(block, 20) & 0xffff;
      out.add(block);
      return;
    }
    const packet = block.subarray(RECORD_HEADER_SIZE_BYTES);
    const edited = this.#packets.redact(packet, this.#linkType, block);
    if (edited === undefined) return;
    if (!edited.changed) {
      out.add(block);
      return;
    }
    const header = Buffer.from(block.subarray(0, RECORD_HEADER_SIZE_BYTES));
    this.#write(header, 8, edited.length);
    this.#write(header, 12, Math.max(edited.length, this.#read(block, 12) - edited.removed));
    out.add(header);
    out.add(edited.bytes, edited.length);
  }

  #read(bytes: Buffer, at: number): number {
    return this.#order === "big" ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }

  #write(bytes: Buffer, at: number, value: number): void {
    if (this.#order === "big") bytes.writeUInt32BE(value, at);
    else bytes.writeUInt32LE(value, at);
  }
}
