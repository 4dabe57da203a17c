/**
 * The header of an age file (SPEC 2.5), read without any key: version line, recipient stanzas, MAC line.
 *
 * Guarantees: a header that parses has 1 to STANZA_LIMIT stanzas, all of them hybrid, in the one encoding the
 * format allows, and a payload whose size can occur. The first fault in byte order is the one named.
 * It deliberately says nothing about what needs a secret: whether a stanza opens, or whether the MAC holds.
 */
import { encodeRawBase64, parseRawBase64, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { STANZA_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { TAG_SIZE_BYTES, X_WING_ENC_SIZE_BYTES } from "./backend.ts";

export type SealHeaderCode = "seal-malformed" | "seal-recipient";

export interface Stanza {
  /** 1,120 bytes: the HPKE encapsulated key. */
  readonly enc: Uint8Array;
  /** 32 bytes: the sealed file key with its tag. */
  readonly body: Uint8Array;
}

export interface SealHeader {
  readonly stanzas: readonly Stanza[];
  /** Bytes 0 to here, `---` included, are what the MAC covers. */
  readonly macOffset: number;
  /** 32 bytes. */
  readonly mac: Uint8Array;
  /** Where the 16-byte payload nonce starts. */
  readonly payloadOffset: number;
  /** Bytes of plaintext: the payload's size gives it away. */
  readonly plaintextSize: number;
}

export const NONCE_SIZE_BYTES = 16;
export const CHUNK_SIZE_BYTES = 65_536;
export const STANZA_BODY_SIZE_BYTES = 32;

const VERSION_LINE = "age-encryption.org/v1\n";
const STANZA_TYPE = "mlkem768x25519";
const MAC_MARK = "---";
const MAC_SIZE_BYTES = 32;
const COLUMNS = 64;
const LINE_FEED = 0x0a;

const VERSION_BYTES = utf8(VERSION_LINE);
const STANZA_START = utf8("-> " + STANZA_TYPE + " ");
const MAC_BYTES = utf8(MAC_MARK);
const ALPHABET = utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
/** 1,494 and 43 columns of base64, each with its line feed. */
const STANZA_SIZE_BYTES = STANZA_START.length + 1494 + 1 + 43 + 1;
/** Space, 43 columns, line feed. */
export const MAC_LINE_SIZE_BYTES = 45;

const ARGUMENT_LINE = /^-> [!-~]+(?: [!-~]+)*$/;
const MAC_LINE = /^--- [A-Za-z0-9+/]{43}$/;

/** The header up to and including `---`. */
export function encodeHeader(stanzas: readonly Stanza[]): Uint8Array {
  const header = new Uint8Array(headerSize(stanzas.length));
  header.set(VERSION_BYTES);
  let offset = VERSION_BYTES.length;
  for (const { enc, body } of stanzas) {
    header.set(STANZA_START, offset);
    offset = writeRawBase64(enc, header, offset + STANZA_START.length);
    header[offset++] = LINE_FEED;
    offset = writeRawBase64(body, header, offset);
    header[offset++] = LINE_FEED;
  }
  header.set(MAC_BYTES, offset);
  return header;
}

/** Bytes of a header with so many stanzas, `---` included. */
export function headerSize(stanzas: number): number {
  return VERSION_BYTES.length + stanzas * STANZA_SIZE_BYTES + MAC_BYTES.length;
}

/** What follows `---`. */
export function encodeMacLine(mac: Uint8Array): Uint8Array {
  return utf8(" " + encodeRawBase64(mac) + "\n");
}

/** `totalSize`: bytes of the whole file, where `bytes` is only its beginning. */
export function parseHeader(
  bytes: Uint8Array,
  totalSize: number = bytes.length,
): SealHeader | Refusal<SealHeaderCode> {
  if (!startsWithVersion(bytes)) return malformed(0);
  const stanzas: Stanza[] = [];
  let offset = VERSION_BYTES.length;
  for (;;) {
    const line = readLine(bytes, offset);
    if (line === undefined) return malformed(offset);
    if (line.text.startsWith(MAC_MARK)) return parseEnd(totalSize, stanzas, offset, line);
    if (stanzas.length === STANZA_LIMIT) return refuse("seal-recipient", { offset });
    const stanza = parseStanza(bytes, offset, line);
    if (isRefusal(stanza)) return stanza;
    stanzas.push(stanza.stanza);
    offset = stanza.end;
  }
}

function startsWithVersion(bytes: Uint8Array): boolean {
  return VERSION_BYTES.every((byte, i) => bytes[i] === byte);
}

function malformed(offset: number): Refusal<"seal-malformed"> {
  return refuse("seal-malformed", { offset });
}

interface Line {
  readonly text: string;
  /** Offset of the byte after the line feed. */
  readonly end: number;
}

/** Undefined when no line feed follows, or when the line is not text. */
function readLine(bytes: Uint8Array, offset: number): Line | undefined {
  const end = bytes.indexOf(LINE_FEED, offset);
  if (end < 0) return undefined;
  const text = utf8ToText(bytes.subarray(offset, end));
  return text === undefined ? undefined : { text, end: end + 1 };
}

interface ReadStanza {
  readonly stanza: Stanza;
  readonly end: number;
}

/** Grammar of this stanza first, then the recipient rule. */
function parseStanza(bytes: Uint8Array, offset: number, first: Line): ReadStanza | Refusal<SealHeaderCode> {
  if (!ARGUMENT_LINE.test(first.text)) return malformed(offset);
  const rows: string[] = [];
  let end = first.end;
  for (;;) {
    const line = readLine(bytes, end);
    if (line === undefined || line.text.length > COLUMNS) return malformed(end);
    rows.push(line.text);
    end = line.end;
    if (line.text.length < COLUMNS) break;
  }
  const body = parseRawBase64(rows.join(""));
  if (isRefusal(body)) return malformed(first.end);
  const [type, encText, extra] = first.text.slice(3).split(" ", 3);
  if (type !== STANZA_TYPE || encText === undefined || extra !== undefined)
    return refuse("seal-recipient", { offset });
  const enc = parseRawBase64(encText);
  if (isRefusal(enc) || enc.length !== X_WING_ENC_SIZE_BYTES || body.length !== STANZA_BODY_SIZE_BYTES) {
    return refuse("seal-recipient", { offset });
  }
  return { stanza: { enc, body }, end };
}

function parseEnd(
  totalSize: number,
  stanzas: readonly Stanza[],
  offset: number,
  line: Line,
): SealHeader | Refusal<SealHeaderCode> {
  const mac = MAC_LINE.test(line.text) ? parseRawBase64(line.text.slice(4)) : undefined;
  if (stanzas.length === 0 || mac === undefined || isRefusal(mac) || mac.length !== MAC_SIZE_BYTES) {
    return malformed(offset);
  }
  const plaintextSize = payloadToPlaintextSize(totalSize - line.end);
  if (plaintextSize === undefined) return malformed(line.end);
  return { stanzas, macOffset: offset + MAC_MARK.length, mac, payloadOffset: line.end, plaintextSize };
}

/** Undefined for a size that no payload has: the last chunk is empty only when it is the only one. */
function payloadToPlaintextSize(size: number): number | undefined {
  const sealed = size - NONCE_SIZE_BYTES;
  const chunks = Math.max(1, Math.ceil(sealed / (CHUNK_SIZE_BYTES + TAG_SIZE_BYTES)));
  const plaintextSize = sealed - chunks * TAG_SIZE_BYTES;
  const smallest = (chunks - 1) * CHUNK_SIZE_BYTES + (chunks === 1 ? 0 : 1);
  return plaintextSize >= smallest ? plaintextSize : undefined;
}

/** Straight into the header: a stanza is 1,500 columns, and text on the way costs more than the MAC. */
function writeRawBase64(bytes: Uint8Array, target: Uint8Array, start: number): number {
  let offset = start;
  let group = 0;
  let bits = 0;
  for (const byte of bytes) {
    group = ((group << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6) target[offset++] = ALPHABET[(group >> (bits - 6)) & 63] ?? 0;
  }
  if (bits > 0) target[offset++] = ALPHABET[(group << (6 - bits)) & 63] ?? 0;
  return offset;
}
