/** Bytes to and from text forms. Decoders accept the canonical form alone (SPEC 1.3). */
import { refuse, type Refusal } from "./refusal.ts";

export type Base64Code = "base64-invalid";

const encoder = new TextEncoder();
const fatalDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Undefined when the bytes are not UTF-8 (encoded surrogates included). A BOM stays in the text. */
export function utf8ToText(bytes: Uint8Array): string | undefined {
  try {
    return fatalDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Not constant-time: for public values only. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function u32be(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function u64be(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function reverse(alphabet: string): Int8Array {
  const table = new Int8Array(128).fill(-1);
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i;
  return table;
}

const TO_STANDARD = encoder.encode(STANDARD);
const TO_URL_SAFE = encoder.encode(URL_SAFE);
const FROM_STANDARD = reverse(STANDARD);
const FROM_URL_SAFE = reverse(URL_SAFE);

/** One flat string: put together character by character it would stay a rope, of seven times the memory. */
function encode(bytes: Uint8Array, alphabet: Uint8Array): string {
  const rest = bytes.length % 3;
  const whole = bytes.length - rest;
  const codes = new Uint8Array((whole / 3) * 4 + (rest === 0 ? 0 : rest + 1));
  let at = 0;
  for (let i = 0; i < whole; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[at++] = alphabet[group >> 18] ?? 0;
    codes[at++] = alphabet[(group >> 12) & 63] ?? 0;
    codes[at++] = alphabet[(group >> 6) & 63] ?? 0;
    codes[at++] = alphabet[group & 63] ?? 0;
  }
  if (rest > 0) {
    const group = ((bytes[whole] ?? 0) << 16) | ((bytes[whole + 1] ?? 0) << 8);
    codes[at++] = alphabet[group >> 18] ?? 0;
    codes[at++] = alphabet[(group >> 12) & 63] ?? 0;
    if (rest === 2) codes[at] = alphabet[(group >> 6) & 63] ?? 0;
  }
  return fatalDecoder.decode(codes);
}

/** Unpadded text to bytes; undefined for a foreign character, an impossible length or set spare bits. */
function decode(text: string, table: Int8Array): Uint8Array | undefined {
  const rest = text.length % 4;
  if (rest === 1) return undefined;
  const whole = text.length - rest;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let offset = 0;
  for (let i = 0; i < whole; i += 4) {
    const group =
      (at(table, text, i) << 18) |
      (at(table, text, i + 1) << 12) |
      (at(table, text, i + 2) << 6) |
      at(table, text, i + 3);
    if (group < 0) return undefined;
    bytes[offset++] = group >> 16;
    bytes[offset++] = (group >> 8) & 255;
    bytes[offset++] = group & 255;
  }
  if (rest === 0) return bytes;
  const third = rest === 3 ? at(table, text, whole + 2) << 6 : 0;
  const group = (at(table, text, whole) << 18) | (at(table, text, whole + 1) << 12) | third;
  if (group < 0 || (group & (rest === 3 ? 0xff : 0xffff)) !== 0) return undefined;
  bytes[offset++] = group >> 16;
  if (rest === 3) bytes[offset] = (group >> 8) & 255;
  return bytes;
}

/** The value of a character, or −1: negative in every place of a group. */
function at(table: Int8Array, text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 128 ? (table[code] ?? -1) : -1;
}

/** SPEC 1.3: base64url without padding: hashes, keys and salts inside JSON. */
export function encodeBase64url(bytes: Uint8Array): string {
  return encode(bytes, TO_URL_SAFE);
}

/** SPEC 1.3. `size` is the exact number of bytes wanted; any other length is refused. */
export function parseBase64url(text: string, size?: number): Uint8Array | Refusal<Base64Code> {
  const bytes = decode(text, FROM_URL_SAFE);
  if (bytes === undefined || (size !== undefined && bytes.length !== size)) return refuse("base64-invalid");
  return bytes;
}

/** SPEC 1.3: standard base64 with padding: note lines and proofs (C2SP formats). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, TO_STANDARD);
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

export function parseBase64(text: string, size?: number): Uint8Array | Refusal<Base64Code> {
  if (text.length % 4 !== 0) return refuse("base64-invalid");
  const body = text.replace(/={1,2}$/, "");
  const bytes = decode(body, FROM_STANDARD);
  if (bytes === undefined || (size !== undefined && bytes.length !== size)) return refuse("base64-invalid");
  return text.length - body.length === (4 - (body.length % 4)) % 4 ? bytes : refuse("base64-invalid");
}

/** Standard base64 without padding, as inside age headers. */
export function encodeRawBase64(bytes: Uint8Array): string {
  return encode(bytes, TO_STANDARD);
}

export function parseRawBase64(text: string): Uint8Array | Refusal<Base64Code> {
  return decode(text, FROM_STANDARD) ?? refuse("base64-invalid");
}

export function encodeHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Lower- or upper-case hex; undefined for anything else. */
export function hexToBytes(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
