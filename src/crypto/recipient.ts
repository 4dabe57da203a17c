/**
 * Sealing keys (SPEC 2.5): the 1,216 bytes of a hybrid recipient, the 32-byte seed of its identity, and the text
 * forms that the age tools read and write: `age1pq1…` and `AGE-SECRET-KEY-PQ-1…`.
 *
 * Guarantees: a key that `parseRecipientKey` returns can be sealed to by both backends. One key has one text.
 * It deliberately knows no other recipient type.
 */
import { bech32 } from "@scure/base";
import { encodeHex } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { SEED_SIZE_BYTES, X_WING_KEY_SIZE_BYTES } from "./backend.ts";

export type RecipientCode = "recipient-invalid";

const RECIPIENT_PREFIX = "age1pq";
const IDENTITY_PREFIX = "AGE-SECRET-KEY-PQ-";

/** Longer texts are not decoded: 1,216 bytes make 1,959 characters. */
const TEXT_SIZE_LIMIT = 2048;

const ML_KEM_VECTOR_SIZE_BYTES = 1152;
const ML_KEM_MODULUS = 3329;
const X25519_OFFSET = 1184;

/** SPEC 2.5: X25519 public keys whose shared secret is always zero, in canonical form. */
const SMALL_ORDER_POINTS: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** SPEC 2.5: the length, ML-KEM's modulus check, and a canonical X25519 point of large order. */
export function parseRecipientKey(bytes: Uint8Array): Uint8Array | Refusal<RecipientCode> {
  if (bytes.length !== X_WING_KEY_SIZE_BYTES) return refuse("recipient-invalid", { length: bytes.length });
  const point = bytes.subarray(X25519_OFFSET);
  const sound =
    isReduced(bytes.subarray(0, ML_KEM_VECTOR_SIZE_BYTES)) &&
    isCanonicalPoint(point) &&
    !SMALL_ORDER_POINTS.has(encodeHex(point));
  return sound ? bytes.slice() : refuse("recipient-invalid");
}

export function encodeRecipient(key: Uint8Array): string {
  return bech32.encode(RECIPIENT_PREFIX, bech32.toWords(key), false);
}

/** SPEC 2.5: `age1pq1…` in lower case to a key that can be sealed to. */
export function parseRecipient(text: string): Uint8Array | Refusal<RecipientCode> {
  const key = decodeText(text, RECIPIENT_PREFIX, X_WING_KEY_SIZE_BYTES);
  return isRefusal(key) ? key : parseRecipientKey(key);
}

export function encodeIdentity(seed: Uint8Array): string {
  return bech32.encode(IDENTITY_PREFIX.toLowerCase(), bech32.toWords(seed), false).toUpperCase();
}

/** SPEC 2.5: `AGE-SECRET-KEY-PQ-1…` in upper case to its 32-byte seed. */
export function parseIdentity(text: string): Uint8Array | Refusal<RecipientCode> {
  return decodeText(text, IDENTITY_PREFIX, SEED_SIZE_BYTES);
}

function decodeText(text: string, prefix: string, size: number): Uint8Array | Refusal<RecipientCode> {
  if (text.length > TEXT_SIZE_LIMIT || !text.startsWith(prefix + "1")) return refuse("recipient-invalid");
  const decoded = bech32.decodeUnsafe(text, false);
  const bytes = decoded === undefined ? undefined : (bech32.fromWordsUnsafe(decoded.words) ?? undefined);
  if (decoded?.prefix !== prefix.toLowerCase() || bytes?.length !== size) return refuse("recipient-invalid");
  return Uint8Array.from(bytes);
}

/** FIPS 203, 7.2: every 12-bit coefficient is below q. */
function isReduced(vector: Uint8Array): boolean {
  for (let i = 0; i < vector.length; i += 3) {
    const middle = vector[i + 1] ?? 0;
    const even = (vector[i] ?? 0) | ((middle & 15) << 8);
    const odd = (middle >> 4) | ((vector[i + 2] ?? 0) << 4);
    if (even >= ML_KEM_MODULUS || odd >= ML_KEM_MODULUS) return false;
  }
  return true;
}

/** Below p = 2^255 − 19, least significant byte first. */
function isCanonicalPoint(point: Uint8Array): boolean {
  const top = point[31] ?? 0;
  if (top !== 0x7f) return top < 0x7f;
  return (point[0] ?? 0) < 0xed || !point.subarray(1, 31).every((byte) => byte === 0xff);
}
