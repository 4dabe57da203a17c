/**
 * ZIP (SPEC 14.6.3), from the central directory and, for members that it leaves out, from local headers.
 *
 * What is encrypted, packed by another method or larger than the budget is a hit and not a pass.
 */
import { readText } from "./spellings.ts";
import { innerOf, latin1, view, type FileReading } from "./unpacking.ts";

const END = 0x0605_4b50;
const CENTRAL = 0x0201_4b50;
const LOCAL = 0x0403_4b50;
/** A comment may follow the end record. */
const END_SEARCH_BYTES = 65_557;

interface Member {
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly size: number;
  /** Of the local header. */
  readonly at: number;
}

/** Where the end record stands; -1 when there is none. */
export function zipEnd(bytes: Uint8Array): number {
  const data = view(bytes);
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - END_SEARCH_BYTES); at--)
    if (bytes[at] === 0x50 && data.getUint32(at, true) === END) return at;
  return -1;
}

/** Names of the members, for who tells one kind of ZIP from another. */
export function zipMembers(bytes: Uint8Array): readonly Member[] {
  const end = zipEnd(bytes);
  const listed = end === -1 ? [] : centralMembers(bytes, end);
  const known = new Set(listed.map(({ at }) => at));
  return [...listed, ...localMembers(bytes).filter(({ at }) => !known.has(at))];
}

export type OnMember = (name: string, bytes: Uint8Array, inner: string) => Generator<void>;

export function* readZip(file: FileReading, onMember: OnMember): Generator<void> {
  const { bytes, unpacking } = file;
  const notes = unpacking.notesOf(file.inner);
  for (const [index, member] of zipMembers(bytes).entries()) {
    if (!unpacking.takePart()) {
      notes.add("too-large", member.at, 4);
      return;
    }
    readText(member.name, unpacking.rules, notes);
    const packed = packedBytes(bytes, member);
    if (packed === undefined || member.isEncrypted || (member.method !== 0 && member.method !== 8)) {
      notes.add("unreadable", member.at, 4);
      continue;
    }
    const unpacked = member.method === 0 ? packed : unpacking.inflate(packed, "raw");
    if (typeof unpacked === "string") notes.add(unpacked, member.at, 4);
    else yield* onMember(member.name, unpacked, innerOf(file, index + 1));
    yield;
  }
}

function centralMembers(bytes: Uint8Array, end: number): readonly Member[] {
  const data = view(bytes);
  const members: Member[] = [];
  const count = data.getUint16(end + 10, true);
  // Archives that something was put in front of state offsets that are too small by its length.
  const stated = data.getUint32(end + 16, true);
  const shift = Math.max(0, end - data.getUint32(end + 12, true) - stated);
  let at = stated + shift;
  for (let i = 0; i < count && at + 46 <= bytes.length && data.getUint32(at, true) === CENTRAL; i++) {
    const nameLength = data.getUint16(at + 28, true);
    members.push({
      name: latin1(bytes, at + 46, at + 46 + nameLength),
      isEncrypted: (data.getUint16(at + 8, true) & 1) === 1,
      method: data.getUint16(at + 10, true),
      size: data.getUint32(at + 20, true),
      at: data.getUint32(at + 42, true) + shift,
    });
    at += 46 + nameLength + data.getUint16(at + 30, true) + data.getUint16(at + 32, true);
  }
  return members;
}

function localMembers(bytes: Uint8Array): readonly Member[] {
  const data = view(bytes);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const members: Member[] = [];
  for (let at = buffer.indexOf("PK\u0003\u0004", 0, "latin1"); at !== -1 && at + 30 <= bytes.length;) {
    const size = data.getUint32(at + 18, true);
    const flags = data.getUint16(at + 6, true);
    const nameLength = data.getUint16(at + 26, true);
    members.push({
      name: latin1(bytes, at + 30, at + 30 + nameLength),
      isEncrypted: (flags & 1) === 1,
      method: data.getUint16(at + 8, true),
      // Streamed members state their size behind the data: the inflater stops by itself.
      size: size === 0 ? bytes.length - at : size,
      at,
    });
    at = buffer.indexOf(
      "PK\u0003\u0004",
      at + 30 + (size === 0 ? 0 : Math.min(size, bytes.length)),
      "latin1",
    );
  }
  return members;
}

function packedBytes(bytes: Uint8Array, { at, size }: Member): Uint8Array | undefined {
  const data = view(bytes);
  if (at + 30 > bytes.length || data.getUint32(at, true) !== LOCAL) return undefined;
  const start = at + 30 + data.getUint16(at + 26, true) + data.getUint16(at + 28, true);
  return start > bytes.length ? undefined : bytes.subarray(start, Math.min(bytes.length, start + size));
}
