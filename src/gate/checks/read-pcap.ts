/**
 * Captures of packets (SPEC 14.6.7): pcap and pcapng. Cards, segments, inner addresses, names that were asked for,
 * and what was said in the clear.
 *
 * Fragments and streams are not put together: a word that two packets share is not seen.
 */
import type { Notes } from "./notes.ts";
import { embeddedIn, isInternal } from "./addresses.ts";
import { readText } from "./spellings.ts";
import { latin1, view, type FileReading } from "./unpacking.ts";

const PCAP_MAGICS: ReadonlySet<number> = new Set([0xa1b2_c3d4, 0xd4c3_b2a1, 0xa1b2_3c4d, 0x4d3c_b2a1]);
const ETHERNET = 1;
const RAW_IP: ReadonlySet<number> = new Set([12, 14, 101, 228, 229]);
/** Packets between two pauses. */
const PACKETS_AT_ONCE = 2_000;
const TEXT_AT_ONCE = 1_000_000;

export function isPcap(bytes: Uint8Array): "pcap" | "pcapng" | undefined {
  if (bytes.length < 24) return undefined;
  const magic = view(bytes).getUint32(0);
  if (magic === 0x0a0d_0d0a) return "pcapng";
  return PCAP_MAGICS.has(magic) ? "pcap" : undefined;
}

interface Packet {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly link: number;
}

interface Capture {
  readonly notes: Notes;
  readonly words: string[];
  readonly noteAddressText: (text: string, at: number) => void;
}

export function* readPcap(file: FileReading, kind: "pcap" | "pcapng"): Generator<void> {
  const { unpacking } = file;
  const notes = unpacking.notesOf(file.inner);
  const seen = new Set<string>();
  const capture: Capture = {
    notes,
    words: [],
    noteAddressText: (text, at) => {
      if (seen.has(text)) return;
      seen.add(text);
      notes.base = at;
      readText(` ${text} `, unpacking.rules, notes);
      notes.base = 0;
    },
  };
  let count = 0;
  let size = 0;
  const flush = (): void => {
    const text = capture.words.join("\n");
    capture.words.length = 0;
    readText(text, unpacking.rules, notes);
  };
  for (const packet of kind === "pcap" ? pcapPackets(file.bytes) : pcapngPackets(file.bytes, capture)) {
    const before = capture.words.length;
    readPacket(packet, capture);
    for (const word of capture.words.slice(before)) size += word.length;
    if (size > TEXT_AT_ONCE) {
      flush();
      size = 0;
    }
    if (++count % PACKETS_AT_ONCE === 0) yield;
  }
  flush();
}

function* pcapPackets(bytes: Uint8Array): Generator<Packet> {
  const data = view(bytes);
  const isLittle = bytes[0] === 0xd4 || bytes[0] === 0x4d;
  const link = data.getUint32(20, isLittle) & 0xffff;
  for (let at = 24; at + 16 <= bytes.length;) {
    const length = data.getUint32(at + 8, isLittle);
    yield { at, link, bytes: bytes.subarray(at + 16, Math.min(bytes.length, at + 16 + length)) };
    at += 16 + length;
  }
}

const SECTION = 0x0a0d_0d0a;
/** Options that say what captured: hardware, system, program; name, description and system of an interface. */
const HOST_OPTIONS: Readonly<Record<number, readonly number[]>> = { [SECTION]: [2, 3, 4], 1: [2, 3, 12, 15] };

function* pcapngPackets(bytes: Uint8Array, capture: Capture): Generator<Packet> {
  const data = view(bytes);
  const links: number[] = [];
  const isLittle = data.getUint32(8, true) === 0x1a2b_3c4d;
  for (let at = 0; at + 12 <= bytes.length;) {
    const kind = data.getUint32(at, isLittle);
    const length = data.getUint32(at + 4, isLittle);
    if (length < 12 || at + length > bytes.length) return;
    const body = bytes.subarray(at + 8, at + length - 4);
    if (kind === SECTION && body.length >= 16)
      readOptions(body.subarray(16), { kind, at, isLittle }, capture);
    else if (kind === 1 && body.length >= 8) {
      links.push(view(body).getUint16(0, isLittle));
      readOptions(body.subarray(8), { kind, at, isLittle }, capture);
    } else if (kind === 6 && body.length >= 20) {
      const captured = view(body).getUint32(12, isLittle);
      const link = links[view(body).getUint32(0, isLittle)] ?? ETHERNET;
      yield { at, link, bytes: body.subarray(20, Math.min(body.length, 20 + captured)) };
      readOptions(body.subarray(20 + Math.ceil(captured / 4) * 4), { kind, at, isLittle }, capture);
    } else if (kind === 3) yield { at, link: links[0] ?? ETHERNET, bytes: body.subarray(4) };
    else if (kind === 4) capture.words.push(...(latin1(body).match(/[ -~]{4,255}/g) ?? []));
    at += length;
  }
}

function readOptions(
  bytes: Uint8Array,
  { kind, at, isLittle }: { readonly kind: number; readonly at: number; readonly isLittle: boolean },
  { notes, words }: Capture,
): void {
  const data = view(bytes);
  for (let i = 0; i + 4 <= bytes.length;) {
    const code = data.getUint16(i, isLittle);
    const length = data.getUint16(i + 2, isLittle);
    if (code === 0) return;
    const text = latin1(bytes, i + 4, Math.min(bytes.length, i + 4 + length));
    if (HOST_OPTIONS[kind]?.includes(code) === true && text.trim() !== "") notes.add("capture-host", at, 4);
    if (code === 1 || HOST_OPTIONS[kind]?.includes(code) === true) words.push(text);
    i += 4 + Math.ceil(length / 4) * 4;
  }
}

/** Ethernet with its tags, or bare IP. */
function readPacket({ at, bytes, link }: Packet, capture: Capture): void {
  if (RAW_IP.has(link)) return readIp(bytes, at, capture);
  if (link === 113) return readIp(bytes.subarray(16), at, capture);
  if (link === 0) return readIp(bytes.subarray(4), at, capture);
  if (link !== ETHERNET || bytes.length < 14) return readWords(bytes, capture);
  for (const from of [0, 6]) {
    const card = Buffer.from(bytes.subarray(from, from + 6)).toString("hex");
    if (!/^(?:00005e0053..|000000000000|f{12}|.[13579bdf]..........)$/.test(card))
      capture.notes.add("mac-address", at, 6);
  }
  let offset = 12;
  const data = view(bytes);
  let kind = data.getUint16(offset);
  while ((kind === 0x8100 || kind === 0x88a8 || kind === 0x9100) && offset + 6 <= bytes.length) {
    if ((data.getUint16(offset + 2) & 0xfff) > 0) capture.notes.add("vlan", at, 4);
    offset += 4;
    kind = data.getUint16(offset);
  }
  const content = bytes.subarray(offset + 2);
  if (kind === 0x0800 || kind === 0x86dd) readIp(content, at, capture);
  else if (kind === 0x0806 && content.length >= 28) {
    for (const from of [14, 24]) capture.noteAddressText([...content.subarray(from, from + 4)].join("."), at);
  } else readWords(content, capture);
}

function readIp(bytes: Uint8Array, at: number, capture: Capture): void {
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4 && bytes.length >= 20) {
    for (const from of [12, 16]) capture.noteAddressText([...bytes.subarray(from, from + 4)].join("."), at);
    const header = ((bytes[0] ?? 0) & 15) * 4;
    readTransport(bytes.subarray(header), bytes[9] ?? 0, capture, at);
  } else if (version === 6 && bytes.length >= 40) {
    for (const from of [8, 24]) noteIpv6(bytes.subarray(from, from + 16), at, capture);
    readTransport(bytes.subarray(40), bytes[6] ?? 0, capture, at);
  }
}

/** A link-local address belongs to every interface; it is a hit because it is made of the card's number. */
function noteIpv6(bytes: Uint8Array, at: number, capture: Capture): void {
  const value = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  if (value === 0n) return;
  const groups = Array.from({ length: 8 }, (_, i) =>
    view(bytes)
      .getUint16(i * 2)
      .toString(16),
  );
  if (embeddedIn(value).some(isInternal)) capture.notes.add("internal-address", at, 16);
  capture.noteAddressText(groups.join(":"), at);
}

const TCP = 6;
const UDP = 17;

function readTransport(bytes: Uint8Array, protocol: number, capture: Capture, at: number): void {
  if (protocol === TCP && bytes.length >= 20) readWords(bytes.subarray(((bytes[12] ?? 0) >> 4) * 4), capture);
  else if (protocol === UDP && bytes.length >= 8) {
    const data = view(bytes);
    const ports = [data.getUint16(0), data.getUint16(2)];
    const isNames = ports.some((port) => port === 53 || port === 5353 || port === 5355 || port === 137);
    const content = bytes.subarray(8);
    if (isNames) for (const name of dnsNames(content)) capture.words.push(name);
    readWords(content, capture);
  } else if (protocol === 41 || protocol === 4) readIp(bytes, at, capture);
  else if (protocol === 47) readWords(bytes, capture);
}

/** Names that stand uncompressed: those of the questions and of the first use in answers. */
function dnsNames(bytes: Uint8Array): readonly string[] {
  const names: string[] = [];
  for (let at = 12; at < bytes.length && names.length < 64;) {
    const labels: string[] = [];
    let next = at;
    for (
      let length = bytes[next] ?? 0;
      length > 0 && length < 64 && next + length < bytes.length;
      length = bytes[next] ?? 0
    ) {
      const label = latin1(bytes, next + 1, next + 1 + length);
      if (!/^[A-Za-z0-9_-]+$/.test(label)) break;
      labels.push(label);
      next += 1 + length;
    }
    if (labels.length > 0) names.push(labels.join("."));
    at = next === at ? at + 1 : next + 1;
  }
  return names;
}

/** Runs of readable characters: requests, replies, banners, names of hosts in leases. */
function readWords(bytes: Uint8Array, { words }: Capture): void {
  if (bytes.length < 6) return;
  for (const run of latin1(bytes).match(/[\t\r\n -~]{6,}/g) ?? []) words.push(run);
}
