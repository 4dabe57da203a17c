/**
 * Pictures (SPEC 14.6.5): JPEG, PNG, WebP, GIF, TIFF. Their metadata, their comments, and what was put behind
 * their end. The picture itself is not looked at: what stands written in it is for people to see.
 */
import { readExif } from "./read-exif.ts";
import { noteAuthors, stripTags } from "./read-office.ts";
import { readText } from "./spellings.ts";
import { latin1, view, type FileReading } from "./unpacking.ts";

/** Bytes behind the end of a picture that are padding and no content. */
const PADDING_BYTES = 16;

export function readJpeg(file: FileReading): void {
  const { bytes } = file;
  const data = view(bytes);
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) break;
    const length = data.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, Math.min(bytes.length, at + 2 + length));
    if (marker === 0xe1) readSegment(file, segment);
    else if (marker === 0xfe || marker === 0xed) readWords(file, latin1(segment));
    at += 2 + Math.max(2, length);
  }
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf(
    Buffer.from([0xff, 0xd9]),
  );
  if (end !== -1) readBehind(file, end + 2);
}

/** Exif or XMP of an APP1 segment. */
function readSegment(file: FileReading, segment: Uint8Array): void {
  const notes = file.unpacking.notesOf(file.inner);
  if (latin1(segment, 0, 6) === "Exif\0\0") readWords(file, readExif(segment.subarray(6), notes));
  else readXmp(file, Buffer.from(segment).toString("utf8"));
}

export function readPng(file: FileReading): void {
  const { bytes, unpacking } = file;
  const data = view(bytes);
  const notes = unpacking.notesOf(file.inner);
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = data.getUint32(at);
    const kind = latin1(bytes, at + 4, at + 8);
    const content = bytes.subarray(at + 8, Math.min(bytes.length, at + 8 + length));
    if (kind === "eXIf") readWords(file, readExif(content, notes));
    else if (kind === "tEXt" || kind === "iTXt" || kind === "zTXt") readPngText(file, content, at);
    at += 12 + length;
    if (kind === "IEND") break;
  }
  readBehind(file, Math.min(at, bytes.length));
}

/** Keyword, NUL, text; of `zTXt` and of some `iTXt` the text is packed. */
function readPngText(file: FileReading, content: Uint8Array, at: number): void {
  const { unpacking } = file;
  const split = content.indexOf(0);
  const keyword = latin1(content, 0, Math.max(0, split));
  const notes = unpacking.notesOf(file.inner);
  const packed = content.findIndex((byte, i) => i > split && byte === 0x78);
  const unpacked = packed === -1 ? "unreadable" : unpacking.inflate(content.subarray(packed), "zlib");
  const text = Buffer.from(content.subarray(split + 1))
    .toString("utf8")
    .replaceAll("\0", " ");
  if (/^(?:author|creator|artist)$/i.test(keyword) && text.trim() !== "") notes.add("author", at, 8);
  if (unpacked === "too-large") notes.add("too-large", at, 8);
  for (const one of typeof unpacked === "string" ? [text] : [text, Buffer.from(unpacked).toString("utf8")])
    if (one.includes("<x:xmpmeta") || one.includes("<rdf:RDF")) readXmp(file, one);
    else readWords(file, one);
}

export function readWebp(file: FileReading): void {
  const { bytes } = file;
  const data = view(bytes);
  const notes = file.unpacking.notesOf(file.inner);
  const end = Math.min(bytes.length, data.getUint32(4, true) + 8);
  for (let at = 12; at + 8 <= end;) {
    const kind = latin1(bytes, at, at + 4);
    const length = data.getUint32(at + 4, true);
    const content = bytes.subarray(at + 8, Math.min(end, at + 8 + length));
    if (kind === "EXIF") {
      const skip = latin1(content, 0, 6) === "Exif\0\0" ? 6 : 0;
      readWords(file, readExif(content.subarray(skip), notes));
    } else if (kind === "XMP ") readXmp(file, Buffer.from(content).toString("utf8"));
    at += 8 + length + (length % 2);
  }
  readBehind(file, end);
}

/** GIF: comments stand in the clear; TIFF: the whole file is one Exif structure. */
export function readGifOrTiff(file: FileReading, kind: "gif" | "tiff"): void {
  if (kind === "tiff") readWords(file, readExif(file.bytes, file.unpacking.notesOf(file.inner)));
  else for (const run of latin1(file.bytes).match(/[ -~]{8,4096}/g) ?? []) readWords(file, run);
}

const POSITION = /GPSLatitude|GPSLongitude|Iptc4xmpCore:Location/;
const DEVICE = /SerialNumber|tiff:Model|tiff:Make|LensModel/;

export function readXmp(file: FileReading, xml: string): void {
  const notes = file.unpacking.notesOf(file.inner);
  if (POSITION.test(xml)) notes.add("position", 0, 0);
  if (DEVICE.test(xml)) notes.add("device", 0, 0);
  noteAuthors(xml, notes, file.unpacking.rules.publicTexts);
  readWords(file, stripTags(xml, "\n"));
}

function readWords(file: FileReading, text: string): void {
  if (text !== "") readText(text, file.unpacking.rules, file.unpacking.notesOf(file.inner));
}

/** A picture that goes on after its end carries something that no viewer shows. */
function readBehind(file: FileReading, end: number): void {
  const behind = file.bytes.subarray(end);
  if (behind.length <= PADDING_BYTES || behind.every((byte) => byte === 0)) return;
  file.unpacking.notesOf(file.inner).add("hidden-content", end, behind.length);
  for (const run of latin1(behind).match(/[\t -~]{6,}/g) ?? []) readWords(file, run);
}
