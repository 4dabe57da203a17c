/**
 * A file of any kind (SPEC 14.6): its kind is told from its bytes, never from its name or its declared media type.
 *
 * A file that is two kinds at once is read as both and is a hit. What no reader here knows is read for readable
 * runs and is a hit too: the gate says what it could not see.
 */
import { countLines } from "./notes.ts";
import { readText } from "./spellings.ts";
import { readGifOrTiff, readJpeg, readPng, readWebp } from "./read-image.ts";
import { isMail, readMail } from "./read-mail.ts";
import { readOffice, stripTags } from "./read-office.ts";
import { isPcap, readPcap } from "./read-pcap.ts";
import { readPdf } from "./read-pdf.ts";
import { readZip, zipEnd, zipMembers } from "./read-zip.ts";
import { innerOf, latin1, NESTING_LIMIT, type FileReading, type Unpacking } from "./unpacking.ts";

/** Characters read between two pauses: tens of milliseconds of work. */
const SLICE = 1024 * 1024;

type Kind =
  | "office"
  | "zip"
  | "gzip"
  | "tar"
  | "pdf"
  | "png"
  | "jpeg"
  | "webp"
  | "gif"
  | "tiff"
  | "pcap"
  | "pcapng"
  | "closed";

/** Reads a whole file into notes of `unpacking`, pausing between slices and parts. */
export function* readContent(
  bytes: Uint8Array,
  unpacking: Unpacking,
  inner = "",
  nesting = 0,
): Generator<void> {
  const notes = unpacking.notesOf(inner);
  if (nesting > NESTING_LIMIT) {
    notes.add("too-large", 0, 0);
    return;
  }
  const readInner = (part: Uint8Array, name: string, depth: number): Generator<void> =>
    readContent(part, unpacking, name, depth);
  const file: FileReading = { bytes, inner, nesting, unpacking, readInner };
  const kinds = kindsOf(bytes);
  if (kinds.length > 1) notes.add("polyglot", 0, 0);
  for (const kind of kinds) yield* readKind(file, kind);
  if (kinds.length === 0) yield* readPlain(file);
}

/** Packed or encrypted in a way that is not read here: 7z, rar, xz, zstd, bzip2, OLE, LUKS, age, OpenPGP. */
const CLOSED = [
  "7z\xbc\xaf",
  "Rar!",
  "\xfd7zXZ",
  "(\xb5/\xfd",
  "BZh",
  "\xd0\xcf\x11\xe0",
  "LUKS",
  "age-encryption.org",
  "\x85\x01",
  "\x85\x02",
];

function kindsOf(bytes: Uint8Array): readonly Kind[] {
  const head = latin1(bytes, 0, 1_024);
  const kinds: Kind[] = [];
  const begins: readonly (readonly [string, Kind])[] = [
    ["\x1f\x8b\x08", "gzip"],
    ["\x89PNG\r\n", "png"],
    ["\xff\xd8\xff", "jpeg"],
    ["GIF8", "gif"],
    ["II*\0", "tiff"],
    ["MM\0*", "tiff"],
  ];
  for (const [magic, kind] of begins) if (head.startsWith(magic)) kinds.push(kind);
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") kinds.push("webp");
  if (head.slice(257, 262) === "ustar") kinds.push("tar");
  const packets = isPcap(bytes);
  if (packets !== undefined) kinds.push(packets);
  if (head.includes("%PDF-")) kinds.push("pdf");
  if (head.startsWith("PK\u0003\u0004") || zipEnd(bytes) !== -1)
    kinds.push(isOffice(bytes) ? "office" : "zip");
  if (kinds.length === 0 && CLOSED.some((magic) => head.startsWith(magic))) kinds.push("closed");
  return kinds;
}

function isOffice(bytes: Uint8Array): boolean {
  return zipMembers(bytes).some(
    ({ name }) => name === "[Content_Types].xml" || name === "mimetype" || name === "content.xml",
  );
}

function* readKind(file: FileReading, kind: Kind): Generator<void> {
  switch (kind) {
    case "office":
      return yield* readOffice(file);
    case "zip":
      return yield* readZip(file, (_, bytes, inner) => file.readInner(bytes, inner, file.nesting + 1));
    case "gzip":
      return yield* readGzip(file);
    case "tar":
      return yield* readTar(file);
    case "pdf":
      return yield* readPdf(file);
    case "pcap":
    case "pcapng":
      return yield* readPcap(file, kind);
    case "png":
      return readPng(file);
    case "jpeg":
      return readJpeg(file);
    case "webp":
      return readWebp(file);
    case "gif":
    case "tiff":
      return readGifOrTiff(file, kind);
    case "closed":
      return readOpaque(file);
  }
}

function* readGzip(file: FileReading): Generator<void> {
  const notes = file.unpacking.notesOf(file.inner);
  const unpacked = file.unpacking.inflate(file.bytes, "gzip");
  if (typeof unpacked === "string") notes.add(unpacked, 0, 2);
  else yield* file.readInner(unpacked, innerOf(file, 1), file.nesting + 1);
}

/** Names, and the user who packed it, stand in every header of 512 bytes. */
function* readTar(file: FileReading): Generator<void> {
  const { bytes, unpacking } = file;
  const notes = unpacking.notesOf(file.inner);
  let number = 0;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    if (!unpacking.takePart()) {
      notes.add("too-large", at, 0);
      return;
    }
    const field = (from: number, length: number): string =>
      latin1(bytes, at + from, at + from + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(field(124, 12).trim() || "0", 8);
    const users = [field(265, 32), field(297, 32)].filter(
      (name) => name !== "" && name !== "wheel" && name !== "staff",
    );
    if (users.some((name) => !unpacking.rules.commonUsers.has(name.toLowerCase())))
      notes.add("author", at, 512);
    readText(field(0, 100), unpacking.rules, notes);
    if (!Number.isSafeInteger(size) || size < 0) {
      notes.add("unreadable", at, 512);
      return;
    }
    if (size > 0)
      yield* file.readInner(
        bytes.subarray(at + 512, at + 512 + size),
        innerOf(file, ++number),
        file.nesting + 1,
      );
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

function* readPlain(file: FileReading): Generator<void> {
  const text = textOf(file.bytes);
  if (text === undefined) return readOpaque(file);
  if (isMail(text.slice(0, 16_384))) return yield* readMail(file);
  const notes = file.unpacking.notesOf(file.inner);
  let linesBefore = 0;
  for (let at = 0; at < text.length;) {
    const cut = text.indexOf("\n", at + SLICE);
    const end = cut === -1 || cut > at + 2 * SLICE ? Math.min(text.length, at + 2 * SLICE) : cut + 1;
    notes.base = at;
    const slice = text.slice(at, end);
    notes.slice = { text: slice, linesBefore };
    readText(slice, file.unpacking.rules, notes);
    if (isMarkup(slice)) readText(stripTags(slice, ""), file.unpacking.rules, notes);
    notes.base = 0;
    notes.slice = undefined;
    linesBefore += countLines(slice, slice.length);
    at = end;
    yield;
  }
}

function isMarkup(text: string): boolean {
  return /^\s*<(?:!doctype|html|\?xml|svg)/i.test(text);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** UTF-8, or UTF-16 by its mark or by every second byte being nothing; undefined for what is no text. */
export function textOf(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = buffer.subarray(0, 4_096);
  if (head[0] === 0xff && head[1] === 0xfe) return buffer.subarray(2).toString("utf16le");
  if (head[0] === 0xfe && head[1] === 0xff && bytes.length % 2 === 0)
    return Buffer.from(buffer.subarray(2)).swap16().toString("utf16le");
  const zeros = head.reduce((sum, byte, i) => sum + (byte === 0 && i % 2 === 1 ? 1 : 0), 0);
  if (zeros > head.length * 0.4) return buffer.toString("utf16le");
  if (head.includes(0)) return undefined;
  const controls = head.reduce((sum, byte) => sum + (byte < 9 || (byte > 13 && byte < 27) ? 1 : 0), 0);
  if (controls > head.length * 0.02) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    // Older logs are in one-byte codes: every byte is some letter of one.
    return head.filter((byte) => byte > 127).length < head.length * 0.3
      ? buffer.toString("latin1")
      : undefined;
  }
}

/** Readable runs, of one byte a character and of two. */
function readOpaque(file: FileReading): void {
  const { bytes, unpacking } = file;
  const notes = unpacking.notesOf(file.inner);
  notes.add("unreadable", 0, 0);
  const narrow = latin1(bytes, 0, SLICE * 8).match(/[\t -~]{8,}/g) ?? [];
  const wide = (latin1(bytes, 0, SLICE * 8).match(/(?:[ -~]\0){8,}/g) ?? []).map((run) =>
    run.replaceAll("\0", ""),
  );
  readText([...narrow, ...wide].join("\n"), unpacking.rules, notes);
}
