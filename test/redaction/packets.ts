/** Packets and captures made by hand, with right checksums, and an independent reading of them. */
import assert from "node:assert/strict";

export function ones(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

export const v4 = (text: string): Buffer => Buffer.from(text.split(".").map(Number));
export const v6 = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

function pseudo(src: Buffer, dst: Buffer, protocol: number, size: number): Buffer {
  const tail = Buffer.alloc(src.length === 4 ? 4 : 8);
  if (src.length === 4) tail.writeUInt16BE(protocol, 0);
  else tail.writeUInt16BE(protocol, 6);
  tail.writeUInt16BE(size, 2);
  return Buffer.concat([src, dst, tail]);
}

export function udp(src: Buffer, dst: Buffer, payload: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from([0x30, 0x39, 0, 53, 0, 0, 0, 0]), payload]);
  bytes.writeUInt16BE(bytes.length, 4);
  bytes.writeUInt16BE(~ones(Buffer.concat([pseudo(src, dst, 17, bytes.length), bytes])) & 0xffff, 6);
  return bytes;
}

export function tcp(src: Buffer, dst: Buffer, payload: Buffer, options: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(40_000, 0);
  head.writeUInt16BE(443, 2);
  head[12] = ((20 + options.length) / 4) << 4;
  const bytes = Buffer.concat([head, options, payload]);
  bytes.writeUInt16BE(~ones(Buffer.concat([pseudo(src, dst, 6, bytes.length), bytes])) & 0xffff, 16);
  return bytes;
}

export function icmp(type: number, rest: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from([type, 0, 0, 0]), rest]);
  bytes.writeUInt16BE(~ones(bytes) & 0xffff, 2);
  return bytes;
}

export function icmp6(src: Buffer, dst: Buffer, type: number, rest: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from([type, 0, 0, 0]), rest]);
  bytes.writeUInt16BE(~ones(Buffer.concat([pseudo(src, dst, 58, bytes.length), bytes])) & 0xffff, 2);
  return bytes;
}

export function ip4(
  src: Buffer,
  dst: Buffer,
  protocol: number,
  body: Buffer,
  options = Buffer.alloc(0),
): Buffer {
  const head = Buffer.concat([Buffer.alloc(12), src, dst, options]);
  head[0] = 0x40 | (head.length / 4);
  head.writeUInt16BE(head.length + body.length, 2);
  head[8] = 64;
  head[9] = protocol;
  head.writeUInt16BE(~ones(head) & 0xffff, 10);
  return Buffer.concat([head, body]);
}

export function ip6(src: Buffer, dst: Buffer, protocol: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head[0] = 0x60;
  head.writeUInt16BE(body.length, 4);
  head[6] = protocol;
  head[7] = 64;
  return Buffer.concat([head, src, dst, body]);
}

export const MAC_A = Buffer.from("02000000000a", "hex");
export const MAC_B = Buffer.from("02000000000b", "hex");

export function ethernet(type: number, body: Buffer, tags: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([MAC_B, MAC_A, tags, Buffer.from([type >> 8, type & 0xff]), body]);
}

export function pcap(packets: readonly Buffer[], linkType = 1): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(linkType, 20);
  return Buffer.concat([head, ...packets.flatMap((packet, index) => [record(packet, index), packet])]);
}

function record(packet: Buffer, index: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(1_700_000_000 + index, 0);
  head.writeUInt32LE(packet.length, 8);
  head.writeUInt32LE(packet.length, 12);
  return head;
}

export function packetsOf(capture: Buffer): readonly Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 24; at < capture.length;) {
    const size = capture.readUInt32LE(at + 8);
    assert(at + 16 + size <= capture.length, "a capture that ends inside a packet");
    packets.push(capture.subarray(at + 16, at + 16 + size));
    at += 16 + size;
  }
  return packets;
}

/** Fails unless the IPv4 header checksum and the one of UDP, TCP or ICMP are right. */
export function checkSums4(packet: Buffer): void {
  const size = ((packet[0] ?? 0) & 15) * 4;
  assert.equal(ones(packet.subarray(0, size)), 0xffff, "the header checksum");
  const body = packet.subarray(size);
  const protocol = packet[9] ?? 0;
  if (![1, 6, 17].includes(protocol)) return;
  const front =
    protocol === 1 ? [] : [pseudo(packet.subarray(12, 16), packet.subarray(16, 20), protocol, body.length)];
  assert.equal(ones(Buffer.concat([...front, body])), 0xffff, "the checksum of what it carries");
}

export function checkSums6(packet: Buffer): void {
  const body = packet.subarray(40);
  const front = pseudo(packet.subarray(8, 24), packet.subarray(24, 40), packet[6] ?? 0, body.length);
  assert.equal(ones(Buffer.concat([front, body])), 0xffff, "the checksum of what it carries");
}

export function block(type: number, body: Buffer): Buffer {
  const padding = (4 - (body.length % 4)) % 4;
  const bytes = Buffer.alloc(12 + body.length + padding);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  body.copy(bytes, 8);
  bytes.writeUInt32LE(bytes.length, bytes.length - 4);
  return bytes;
}

export function option(code: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}
