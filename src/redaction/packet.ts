/**
 * One packet by the rules of a plan (SPEC 13.5.6): addresses, hardware addresses, VLAN tags and payload, at every
 * place where they stand: VLAN stacks, ARP, IPv4, IPv6 and its extension headers, tunnels in IP, quotes inside
 * ICMP.
 *
 * Guarantees: what it cannot read is cut, not passed on, once a rule about addresses or payload is in force;
 * checksums are right for what is left, or zero where they would tell of what was cut. It does not look into what
 * applications carry: a kept payload is kept with every address in it.
 */
import { isWithin, type AddressMap, type Prefix } from "./address-map.ts";
import { PacketBuffer, type Sum } from "./packet-buffer.ts";
import { icmp4, icmp6 } from "./packet-icmp.ts";

export interface PacketRules {
  readonly payload: "keep" | number;
  /** Undefined: addresses stay. */
  readonly addresses: AddressMap | undefined;
  readonly mac: "keep" | "zero";
  readonly vlan: "keep" | "zero" | "remove";
}

/** Quotes and tunnels inside one another. */
const DEPTH_LIMIT = 6;
const VLAN_TYPES = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
const ARP_SIZE_BYTES = 28;

export class PacketEditor {
  readonly buffer = new PacketBuffer();
  readonly rules: PacketRules;
  /** Bytes that nobody understood may not stay. */
  readonly strict: boolean;
  #seeing: ((address: Buffer) => void) | undefined;

  constructor(rules: PacketRules) {
    this.rules = rules;
    this.strict = rules.addresses !== undefined || rules.payload !== "keep";
  }

  /** Undefined when this link type is not known. */
  edit(packet: Buffer, linkType: number): PacketBuffer | undefined {
    this.#seeing = undefined;
    this.buffer.load(packet);
    return this.#link(linkType) ? this.buffer : undefined;
  }

  /** Whether an address of the packet, at any place, lies in one of the prefixes. */
  touches(packet: Buffer, linkType: number, prefixes: readonly Prefix[]): boolean {
    let found = false;
    this.#seeing = (address) => {
      found ||= prefixes.some((prefix) => isWithin(address, prefix));
    };
    this.buffer.load(packet);
    this.#link(linkType);
    return found;
  }

  #link(linkType: number): boolean {
    switch (linkType) {
      case 0:
        this.#family(this.buffer.bytes.readUInt32LE(0), this.buffer.bytes.readUInt32BE(0));
        return true;
      case 108:
        this.#family(this.buffer.bytes.readUInt32BE(0), -1);
        return true;
      case 1:
        this.#ethernet();
        return true;
      case 101:
      case 228:
      case 229:
        this.#ip(0);
        return true;
      case 113:
        this.#cooked(16, 14, 6);
        return true;
      case 276:
        this.#cooked(20, 0, 12);
        return true;
      default:
        return false;
    }
  }

  /** BSD loopback: the family in the order of the machine that captured. */
  #family(one: number, other: number): void {
    const family = one < 0x10000 ? one : other;
    if (!this.buffer.has(0, 4) || ![2, 24, 28, 30].includes(family)) this.unknown(0);
    else this.#ip(4);
  }

  /** Linux cooked capture, both versions. */
  #cooked(size: number, protocolAt: number, addressAt: number): void {
    const { buffer, rules } = this;
    if (!buffer.has(0, size)) return this.unknown(0);
    if (rules.mac === "zero" && this.#seeing === undefined) buffer.fill(addressAt, addressAt + 8);
    this.#payloadOfLink(buffer.word(protocolAt), size);
  }

  #ethernet(): void {
    const { buffer, rules } = this;
    if (!buffer.has(0, 14)) return this.unknown(0);
    if (this.#seeing === undefined) this.#hardwareAddresses();
    let at = 12;
    while (VLAN_TYPES.has(buffer.word(at))) {
      if (!buffer.has(at, 6)) return this.unknown(at);
      if (rules.vlan === "remove" && this.#seeing === undefined) {
        buffer.take(at, 4);
        continue;
      }
      if (rules.vlan === "zero" && this.#seeing === undefined) buffer.setWord(at + 2, 0, []);
      at += 4;
    }
    this.#payloadOfLink(buffer.word(at), at + 2);
  }

  #hardwareAddresses(): void {
    const { buffer, rules } = this;
    if (rules.mac === "zero") return buffer.fill(0, 12);
    if (rules.addresses === undefined) return;
    // The last bytes of an IPv6 multicast group stand in the hardware address, and those of its member in the group.
    if (buffer.word(0) === 0x3333 && buffer.byte(2) === 0xff) {
      buffer.setWord(2, 0xff00, []);
      buffer.setWord(4, 0, []);
    }
  }

  #payloadOfLink(type: number, at: number): void {
    if (type === 0x0800) this.ip4(at, [], 0);
    else if (type === 0x86dd) this.ip6(at, [], 0);
    else if (type === 0x0806 || type === 0x8035) this.#arp(at);
    else this.unknown(at);
  }

  #ip(at: number): void {
    const version = this.buffer.byte(at) >> 4;
    if (version === 4) this.ip4(at, [], 0);
    else if (version === 6) this.ip6(at, [], 0);
    else this.unknown(at);
  }

  #arp(at: number): void {
    const { buffer, rules } = this;
    const isIpv4 = buffer.word(at + 2) === 0x0800 && buffer.word(at + 4) === 0x0604;
    if (!isIpv4 || !buffer.has(at, ARP_SIZE_BYTES)) return this.unknown(at);
    if (rules.mac === "zero" && this.#seeing === undefined) {
      buffer.fill(at + 8, at + 14);
      buffer.fill(at + 18, at + 24);
    }
    this.address4(at + 14, []);
    this.address4(at + 24, []);
    this.#trailer(at + ARP_SIZE_BYTES);
  }

  /** `over`: checksums that cover this packet, when it stands inside another. */
  ip4(at: number, over: readonly Sum[], depth: number): void {
    const { buffer, rules } = this;
    const headerSize = (buffer.byte(at) & 15) * 4;
    const isHeader = buffer.byte(at) >> 4 === 4 && headerSize >= 20 && buffer.has(at, headerSize);
    if (!isHeader || depth > DEPTH_LIMIT) return this.unknown(at, over);
    const total = buffer.word(at + 2);
    if (over.length === 0) this.#trailer(at + Math.max(total, headerSize), total);
    const own: Sum = { at: at + 10, optional: false, over };
    if (rules.addresses !== undefined) buffer.fill(at + 20, at + headerSize, [own, ...over]);
    const fragment = buffer.word(at + 6) & 0x1fff;
    const protocol = buffer.byte(at + 9);
    const body = at + headerSize;
    const transport = fragment === 0 ? transportSum(protocol, body, over) : undefined;
    const pseudo = protocol === 1 || transport === undefined ? [] : [transport];
    for (const place of [at + 12, at + 16]) this.address4(place, [own, ...pseudo, ...over]);
    this.#transport({ protocol, at: body, sum: transport, over, depth, isFirst: fragment === 0 });
  }

  ip6(at: number, over: readonly Sum[], depth: number): void {
    const { buffer } = this;
    if (buffer.byte(at) >> 4 !== 6 || !buffer.has(at, 40) || depth > DEPTH_LIMIT)
      return this.unknown(at, over);
    const size = buffer.word(at + 4);
    if (over.length === 0) this.#trailer(at + 40 + size, size);
    const end = this.#extensions(at, over);
    const transport =
      end === undefined || !end.isFirst ? undefined : transportSum(end.protocol, end.at, over);
    const pseudo = transport === undefined || end?.protocol === 1 ? [] : [transport];
    for (const place of [at + 8, at + 24]) this.address6(place, [...pseudo, ...over]);
    if (end === undefined) return this.unknown(at + 40, over);
    this.#transport({ ...end, sum: transport, over, depth });
  }

  /** Past the extension headers; undefined when they do not end within the packet. */
  #extensions(
    start: number,
    over: readonly Sum[],
  ): { readonly protocol: number; readonly at: number; readonly isFirst: boolean } | undefined {
    const { buffer, rules } = this;
    let [protocol, at, isFirst] = [buffer.byte(start + 6), start + 40, true];
    while ([0, 43, 44, 51, 60].includes(protocol)) {
      const size =
        protocol === 44 ? 8 : protocol === 51 ? (buffer.byte(at + 1) + 2) * 4 : (buffer.byte(at + 1) + 1) * 8;
      if (!buffer.has(at, size)) return undefined;
      if (protocol === 44) isFirst = buffer.word(at + 2) >> 3 === 0;
      // Options and routes carry addresses: padding of the same size, and no segments.
      if (rules.addresses !== undefined && protocol === 43) {
        buffer.setWord(at + 2, buffer.byte(at + 2) << 8, over);
        buffer.fill(at + 4, at + size, over);
      }
      if (rules.addresses !== undefined && (protocol === 0 || protocol === 60)) {
        buffer.setWord(at + 2, 0x0100 | (size - 4), over);
        buffer.fill(at + 4, at + size, over);
      }
      protocol = buffer.byte(at);
      at += size;
    }
    return { protocol, at, isFirst };
  }

  #transport(part: TransportPart): void {
    const { buffer } = this;
    const { protocol, at, sum, over, depth, isFirst } = part;
    const sums = sum === undefined ? over : [sum];
    if (!isFirst) return this.payload(at, sums, 0);
    switch (protocol) {
      case 6: {
        const size = (buffer.byte(at + 12) >> 4) * 4;
        // A quote holds eight bytes of it: ports and sequence number.
        if (!buffer.has(at, 20)) return over.length > 0 ? undefined : this.unknown(at, sums);
        if (size < 20 || !buffer.has(at, size)) return this.unknown(at + 20, sums);
        this.#tcpOptions(at, size, sums);
        return this.payload(at + size, sums);
      }
      case 17:
        return buffer.has(at, 8) ? this.payload(at + 8, sums) : this.unknown(at, sums);
      case 1:
        return icmp4(this, at, sums, depth);
      case 58:
        return icmp6(this, at, sums, depth);
      case 4:
        return this.ip4(at, over, depth + 1);
      case 41:
        return this.ip6(at, over, depth + 1);
      default:
        return this.unknown(at, sums);
    }
  }

  /** Multipath TCP names further addresses (RFC 8684): such an option becomes blanks. */
  #tcpOptions(start: number, size: number, sums: readonly Sum[]): void {
    const { buffer, rules } = this;
    if (rules.addresses === undefined || this.#seeing !== undefined) return;
    for (let at = start + 20; at < start + size;) {
      const kind = buffer.byte(at);
      if (kind === 0) return;
      const width = kind === 1 ? 1 : Math.max(2, buffer.byte(at + 1));
      if (kind === 30)
        for (let i = at; i < Math.min(at + width, start + size); i++) {
          const even = i - ((i - start) % 2);
          const isHigh = even === i;
          const word = isHigh ? 0x0100 | buffer.byte(i + 1) : (buffer.byte(even) << 8) | 1;
          buffer.setWord(even, word, sums);
        }
      at += width;
    }
  }

  /** What an application carries. `keep` overrides the plan: a later fragment has no header to tell by. */
  payload(at: number, sums: readonly Sum[], keep?: number): void {
    const { payload } = this.rules;
    if (payload === "keep" || this.#seeing !== undefined) return;
    if (this.buffer.cut(at + (keep ?? payload))) this.buffer.forget(sums);
  }

  /** Bytes that this version cannot read. */
  unknown(at: number, sums: readonly Sum[] = []): void {
    if (!this.strict || this.#seeing !== undefined) return;
    if (this.buffer.cut(at)) this.buffer.forget(sums);
  }

  /** Padding behind a packet holds what lay in somebody's memory. A length of zero says nothing (offloading). */
  #trailer(end: number, stated = 1): void {
    if (this.strict && stated > 0 && this.#seeing === undefined) this.buffer.cut(end);
  }

  address4(at: number, sums: readonly Sum[]): void {
    const { buffer, rules } = this;
    if (!buffer.has(at, 4)) return this.unknown(at, sums);
    if (this.#seeing !== undefined) return this.#seeing(buffer.bytes.subarray(at, at + 4));
    if (rules.addresses === undefined) return;
    const mapped = rules.addresses.map4(buffer.bytes.readUInt32BE(at));
    buffer.setWord(at, mapped >>> 16, sums);
    buffer.setWord(at + 2, mapped & 0xffff, sums);
  }

  address6(at: number, sums: readonly Sum[]): void {
    const { buffer, rules } = this;
    if (!buffer.has(at, 16)) return this.unknown(at, sums);
    const address = buffer.bytes.subarray(at, at + 16);
    if (this.#seeing !== undefined) return this.#seeing(address);
    if (rules.addresses === undefined) return;
    if (address.subarray(0, 13).equals(SOLICITED_NODE)) {
      // ff02::1:ffXX:XXXX has the last bytes of the address that it asks for.
      buffer.setWord(at + 12, 0xff00, sums);
      buffer.setWord(at + 14, 0, sums);
      return;
    }
    buffer.setBytes(at, rules.addresses.map6(address), sums);
  }

  /** A hardware address inside a message. */
  hardware(at: number, size: number, sums: readonly Sum[]): void {
    if (this.rules.mac === "zero" && this.#seeing === undefined && this.buffer.has(at, size))
      this.buffer.fill(at, at + size, sums);
  }
}

const SOLICITED_NODE = Buffer.from("ff0200000000000000000001ff", "hex");

interface TransportPart {
  readonly protocol: number;
  readonly at: number;
  readonly sum: Sum | undefined;
  readonly over: readonly Sum[];
  readonly depth: number;
  readonly isFirst: boolean;
}

function transportSum(protocol: number, at: number, over: readonly Sum[]): Sum | undefined {
  if (protocol === 6) return { at: at + 16, optional: false, over };
  if (protocol === 17) return { at: at + 6, optional: true, over };
  if (protocol === 1 || protocol === 58) return { at: at + 2, optional: false, over };
  return undefined;
}
