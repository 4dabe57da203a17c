/** Captures (SPEC 13.5.6): addresses at every place, checksums, payload, what cannot be read, both file formats. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AddressMap, isWithin, parsePrefix, type Prefix } from "#parley/redaction/address-map.ts";
import { copied, refused, SEED } from "./kit.ts";
import {
  block,
  checkSums4,
  checkSums6,
  ethernet,
  icmp,
  icmp6,
  ip4,
  ip6,
  MAC_A,
  option,
  packetsOf,
  pcap,
  tcp,
  udp,
  v4,
  v6,
} from "./packets.ts";

const plan = (more: object = {}): object => ({
  v: 1,
  format: "capture",
  rules: [],
  payload: "keep",
  mac: "keep",
  vlan: "keep",
  ...more,
});
const ANONYMOUS = plan({ addresses: { keep: ["192.0.2.0/24", "2001:db8:1::/48"] } });

const KEPT = v4("192.0.2.7");
const INSIDE = v4("10.4.7.21");
const OTHER = v4("10.4.9.3");
const KEPT6 = v6("20010db8 00010000 00000000 00000007");
const INSIDE6 = v6("20010db8 00020000 0200 00ff fe00 000a");
const SECRET = Buffer.from("user=h.brandt");

test("Crypto-PAn: the published vectors", () => {
  const key = Buffer.from(
    "15 22 17 8d 33 a4 cf 80 13 0a 5b 16 49 90 7d 10 d8 98 8f 83 79 79 65 27 62 57 4c 2d 2a 84 22 02".replaceAll(
      " ",
      "",
    ),
    "hex",
  );
  const map = new AddressMap(key, []);
  for (const [from, to] of [
    ["128.11.68.132", "135.242.180.132"],
    ["129.118.74.4", "134.136.186.123"],
    ["130.132.252.244", "133.68.164.234"],
    ["141.223.7.43", "141.167.8.160"],
    ["24.0.250.221", "100.15.198.226"],
  ] as const)
    assert.equal(map.map4(v4(from).readUInt32BE()), v4(to).readUInt32BE(), from);
});

const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  assert(parsed !== undefined, text);
  return parsed;
};

test("addresses: one to one, prefixes preserved, kept prefixes stay and nobody else comes in", () => {
  const kept = [prefix("192.0.2.0/24"), prefix("10.0.0.1"), prefix("2001:db8::/32")];
  const map = AddressMap.forCapture(SEED, kept);
  const number = fc.integer({ min: 0, max: 0xffffffff });
  const shared = (a: number, b: number): number => Math.clz32((a ^ b) >>> 0);
  fc.assert(
    fc.property(number, number, fc.nat({ max: 31 }), (a, noise, bits) => {
      // Neighbours as well as strangers.
      const b = (a ^ (noise >>> bits)) >>> 0;
      const [ma, mb] = [map.map4(a), map.map4(b)];
      assert.equal(a === b, ma === mb);
      const special = [0, 0xffffffff, 0x7f000001];
      if (![a, b].some((one) => special.includes(one) || special.includes(map.map4(one))))
        assert.equal(shared(a, b), shared(ma, mb));
      const bytes = (value: number): Buffer => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
      for (const one of kept) {
        if (isWithin(bytes(a), one)) assert.equal(ma, a);
        else assert(!isWithin(bytes(ma), one));
      }
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(map.map6(KEPT6), KEPT6);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const address = Buffer.from(bytes);
      const mapped = map.map6(address);
      for (const one of kept) assert.equal(isWithin(address, one), isWithin(mapped, one));
    }),
    { numRuns: 100 },
  );
});

test("addresses: none stays that was not asked for, at any place; checksums are right", async () => {
  const dns = ip4(INSIDE, KEPT, 17, udp(INSIDE, KEPT, SECRET));
  const web = ip4(
    KEPT,
    OTHER,
    6,
    tcp(KEPT, OTHER, SECRET, Buffer.from("1e08000a0a0407150101", "hex").subarray(0, 8)),
  );
  const quote = ip4(OTHER, INSIDE, 1, icmp(3, Buffer.concat([Buffer.alloc(4), dns.subarray(0, 28)])));
  const redirect = ip4(OTHER, INSIDE, 1, icmp(5, Buffer.concat([OTHER, dns])));
  const tunnel = ip4(KEPT, OTHER, 4, dns);
  const options = ip4(
    INSIDE,
    KEPT,
    17,
    udp(INSIDE, KEPT, SECRET),
    Buffer.concat([Buffer.from([7, 7, 8]), INSIDE, Buffer.alloc(1)]),
  );
  const inSix = ip6(INSIDE6, KEPT6, 17, udp(INSIDE6, KEPT6, SECRET));
  const asking = v6("ff020000 00000000 00000001 ff00000a");
  const solicit = Buffer.concat([Buffer.alloc(4), INSIDE6, Buffer.from([1, 1]), MAC_A]);
  const neighbour = ip6(INSIDE6, KEPT6, 58, icmp6(INSIDE6, KEPT6, 135, solicit));
  const tooBig = ip6(KEPT6, INSIDE6, 58, icmp6(KEPT6, INSIDE6, 2, Buffer.concat([Buffer.alloc(4), inSix])));
  const hops = Buffer.concat([Buffer.from([17, 2, 201, 16]), INSIDE6, Buffer.alloc(4)]);
  const extended = ip6(INSIDE6, KEPT6, 0, Buffer.concat([hops, udp(INSIDE6, KEPT6, SECRET)]));
  const arp = Buffer.concat([Buffer.from("0001080006040001", "hex"), MAC_A, INSIDE, Buffer.alloc(6), OTHER]);
  const tags = Buffer.from("88a80064" + "810000c8", "hex");
  const four = [dns, web, quote, redirect, tunnel, options];
  const six = [inSix, neighbour, tooBig];
  const file = pcap([
    ...four.map((packet) => ethernet(0x0800, packet, tags)),
    ...six.map((packet) => ethernet(0x86dd, packet)),
    ethernet(0x86dd, extended),
    ethernet(0x0806, Buffer.concat([arp, INSIDE, INSIDE])),
    ethernet(0x86dd, ip6(KEPT6, asking, 17, udp(KEPT6, asking, SECRET))),
    ethernet(0x88cc, Buffer.concat([INSIDE, SECRET])),
  ]);
  const { copy, map } = await copied(file, ANONYMOUS, { chunkBytes: 37 });
  for (const address of [INSIDE, OTHER, INSIDE6, asking]) assert(!copy.includes(address));
  assert(copy.includes(KEPT) && copy.includes(KEPT6) && copy.includes(SECRET));
  const packets = packetsOf(copy);
  assert.equal(packets.length, 13);
  for (const [index] of four.entries()) checkSums4(packets[index]?.subarray(22) ?? copy);
  for (const [index] of six.entries()) checkSums6(packets[four.length + index]?.subarray(14) ?? copy);
  // The quote inside: its own header is right as well.
  checkSums4(packets[4]?.subarray(42) ?? copy);
  checkSums6(packets[8]?.subarray(14 + 48) ?? copy);
  // What nobody understood is cut, and so is what stood behind the packet.
  assert.equal(packets[12]?.length, 14);
  assert.equal(packets[10]?.length, 14 + 28);
  assert.equal(map.pieces.count, 13);
});

test("payload, hardware addresses and VLAN tags go on request; lengths on the wire stay", async () => {
  const tags = Buffer.from("81000064", "hex");
  const web = ethernet(0x0800, ip4(KEPT, OTHER, 6, tcp(KEPT, OTHER, SECRET)), tags);
  const arp = Buffer.concat([Buffer.from("0001080006040001", "hex"), MAC_A, INSIDE, MAC_A, OTHER]);
  const file = pcap([web, ethernet(0x0806, arp)]);
  const { copy } = await copied(file, plan({ payload: 4, mac: "zero", vlan: "remove" }));
  assert(!copy.includes("h.brandt") && !copy.includes(MAC_A) && !copy.includes(tags));
  assert(copy.includes("user"));
  const [first] = packetsOf(copy);
  assert.equal(first?.length, 14 + 40 + 4);
  assert.equal(copy.readUInt32LE(24 + 12), web.length - 4);
  assert.equal(first.readUInt16BE(14 + 20 + 16), 0, "a checksum over what was cut tells of it");
  const kept = await copied(file, plan({ vlan: "zero" }));
  assert.deepEqual(packetsOf(kept.copy)[1], ethernet(0x0806, arp));
  assert.equal(packetsOf(kept.copy)[0]?.readUInt16BE(14), 0);
});

test("packets are dropped by number and by whom they touch, quotes included", async () => {
  const one = ethernet(0x0800, ip4(INSIDE, KEPT, 17, udp(INSIDE, KEPT, SECRET)));
  const two = ethernet(
    0x0800,
    ip4(OTHER, KEPT, 1, icmp(3, Buffer.concat([Buffer.alloc(4), one.subarray(14)]))),
  );
  const three = ethernet(0x0800, ip4(KEPT, KEPT, 17, udp(KEPT, KEPT, SECRET)));
  const file = pcap([one, two, three]);
  const touching = await copied(file, plan({ rules: [{ touching: ["10.4.7.0/24"], how: "drop" }] }));
  assert.deepEqual(touching.copy, Buffer.concat([file.subarray(0, 24), file.subarray(-three.length - 16)]));
  const asked = await copied(file, plan({ rules: [{ not_touching: ["10.4.9.3"], how: "drop" }] }));
  assert.deepEqual(packetsOf(asked.copy), [two]);
  const ranged = await copied(file, plan({ rules: [{ packets: [2, 3], how: "drop" }] }));
  assert.deepEqual(packetsOf(ranged.copy), [one]);
  await refused(file, plan({ rules: [{ packets: [7, 9], how: "drop" }] }), "redaction-no-match");
  await refused(file, plan({ rules: [{ touching: ["10.4.7.0/99"], how: "drop" }] }), "redaction-plan");
});

test("what no rule touches stays byte for byte", async () => {
  const file = pcap([ethernet(0x88cc, SECRET), ethernet(0x0800, ip4(KEPT, INSIDE, 200, SECRET))]);
  const { copy, map } = await copied(file, plan());
  assert.deepEqual(copy, file);
  assert.equal(map.pieces.count, 0);
});

test("pcapng: packets as in pcap; names, secrets, comments and the making go", async () => {
  const packet = ethernet(0x0800, ip4(INSIDE, KEPT, 17, udp(INSIDE, KEPT, SECRET)));
  const u32 = (...values: readonly number[]): Buffer =>
    Buffer.concat(values.map((value) => Buffer.from(Uint32Array.of(value).buffer)));
  const section = Buffer.concat([
    u32(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff),
    option(4, Buffer.from("capture-tool 9")),
  ]);
  const iface = Buffer.concat([
    u32(1, 0),
    option(2, Buffer.from("sensor-eth7")),
    option(9, Buffer.from([9])),
    option(0, Buffer.alloc(0)),
  ]);
  const enhanced = (more: Buffer): Buffer => {
    const padding = Buffer.alloc((4 - (packet.length % 4)) % 4);
    return block(6, Buffer.concat([u32(0, 1, 2, packet.length, packet.length), packet, padding, more]));
  };
  const file = Buffer.concat([
    block(0x0a0d0d0a, section),
    block(1, iface),
    enhanced(option(1, Buffer.from("seen by officer 7"))),
    block(4, Buffer.from("internal.example")),
    block(10, Buffer.from("CLIENT_RANDOM 00")),
    block(3, Buffer.concat([u32(packet.length), packet])),
  ]);
  const { copy, map } = await copied(file, ANONYMOUS, { chunkBytes: 11 });
  for (const word of ["capture-tool", "sensor-eth7", "officer", "internal.example", "CLIENT_RANDOM"])
    assert(file.includes(word) && !copy.includes(word), word);
  assert(!copy.includes(INSIDE) && copy.includes(KEPT));
  assert(copy.includes(option(9, Buffer.from([9]))));
  assert.deepEqual(map.left_out, [
    { how: "changed", count: 2 },
    { how: "stripped", count: 5 },
  ]);
  await refused(file.subarray(0, -3), ANONYMOUS, "redaction-truncated");
  const wrong = Buffer.from(file);
  wrong.writeUInt32LE(0, 4);
  await refused(wrong, ANONYMOUS, "redaction-malformed");
});

test("broken and foreign captures are refused", async () => {
  const file = pcap([ethernet(0x0800, ip4(KEPT, INSIDE, 17, udp(KEPT, INSIDE, SECRET)))]);
  await refused(file.subarray(0, -1), plan(), "redaction-truncated");
  await refused(file.subarray(0, 30), plan(), "redaction-truncated");
  await refused(Buffer.from("%PDF-1.7 is no capture, whatever it is called"), plan(), "redaction-format");
  await refused(Buffer.alloc(0), plan(), "redaction-format");
  const huge = Buffer.from(file);
  huge.writeUInt32LE(0x7fffffff, 24 + 8);
  await refused(huge, plan(), "redaction-malformed");
  await refused(pcap([SECRET], 147), plan(), "redaction-unsupported");
});

test("any bytes as a packet: no fault, never longer, and the same again", async () => {
  const start = fc.constantFrom(
    ethernet(0x0800, ip4(INSIDE, KEPT, 1, icmp(3, Buffer.alloc(4)))),
    ethernet(0x86dd, ip6(INSIDE6, KEPT6, 0, Buffer.alloc(8))),
    ethernet(0x0800, ip4(INSIDE, KEPT, 6, tcp(INSIDE, KEPT, SECRET))),
    ethernet(0x0806, Buffer.alloc(28)),
  );
  await fc.assert(
    fc.asyncProperty(
      start,
      fc.array(fc.tuple(fc.nat({ max: 80 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
      async (packet, flips, tail) => {
        const bytes = Buffer.concat([packet, tail]);
        for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
        const strict = plan({ payload: 0, addresses: { keep: [] }, mac: "zero", vlan: "remove" });
        const { copy } = await copied(pcap([bytes]), strict);
        const [edited] = packetsOf(copy);
        assert(edited !== undefined && edited.length <= bytes.length);
        assert.deepEqual(copy, (await copied(pcap([bytes]), strict)).copy);
      },
    ),
    { numRuns: 80 },
  );
});
