/**
 * The plaintext of a sealed message and its commitment (SPEC 2.1 and 2.6):
 * salt(32) ‖ u32be(length) ‖ message ‖ zeros up to the Padmé size of the whole.
 *
 * Guarantees: one (salt, message) has one plaintext, and `parsePlaintext` accepts no other, so padding carries
 * no hidden bytes. The size of a payload tells a message's length to within 12 %, less for longer ones.
 * It deliberately does not draw the salt, and does not look into the message.
 */
import { concatBytes, encodeBase64url, parseBase64url, u32be, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, type Json } from "#parley/codec/json.ts";
import { MESSAGE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "./backend.ts";

export type PlaintextCode = "plaintext-malformed";

export interface Plaintext {
  /** 32 bytes. */
  readonly salt: Uint8Array;
  readonly message: Uint8Array;
}

export const SALT_SIZE_BYTES = 32;

/** All that a commitment needs of a backend: a fold has no more. */
export type Digesting = Pick<CryptoBackend, "sha256">;

const COMMIT_DOMAIN = utf8("parley/commit/v1\n");
const PREFIX_SIZE_BYTES = SALT_SIZE_BYTES + 4;

/** SPEC 2.1: hiding while the salt is secret, binding for ever. 32 bytes. */
export function commitTo(backend: Digesting, salt: Uint8Array, message: Uint8Array): Uint8Array {
  if (salt.length !== SALT_SIZE_BYTES) throw new RangeError("a salt has 32 bytes");
  return backend.sha256(concatBytes(COMMIT_DOMAIN, salt, message));
}

/** SPEC 9.5.6: the commitment to a value, over its strict JSON. Base64url. */
export function commitToValue(backend: Digesting, salt: Uint8Array, value: Json): string {
  return encodeBase64url(commitTo(backend, salt, encodeJson(value)));
}

/** SPEC 9.5.6: whether salt and value are what was committed to. A salt that is none opens nothing. */
export function opensCommitment(
  backend: Digesting,
  commit: string,
  opening: { readonly salt: string; readonly value: Json },
): boolean {
  const salt = parseBase64url(opening.salt, SALT_SIZE_BYTES);
  return !isRefusal(salt) && commitToValue(backend, salt, opening.value) === commit;
}

/** SPEC 2.6. */
export function encodePlaintext(salt: Uint8Array, message: Uint8Array): Uint8Array {
  if (salt.length !== SALT_SIZE_BYTES) throw new RangeError("a salt has 32 bytes");
  if (message.length > MESSAGE_SIZE_LIMIT_BYTES) throw new RangeError("a message has at most 1 MiB");
  const bytes = new Uint8Array(padmeSize(PREFIX_SIZE_BYTES + message.length));
  bytes.set(salt);
  bytes.set(u32be(message.length), SALT_SIZE_BYTES);
  bytes.set(message, PREFIX_SIZE_BYTES);
  return bytes;
}

/** SPEC 2.6: the length is within bounds, every padding byte is zero and the size is exactly the Padmé size. */
export function parsePlaintext(bytes: Uint8Array): Plaintext | Refusal<PlaintextCode> {
  if (bytes.length < PREFIX_SIZE_BYTES) return refuse("plaintext-malformed", { size: bytes.length });
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(SALT_SIZE_BYTES);
  const end = PREFIX_SIZE_BYTES + length;
  if (length > MESSAGE_SIZE_LIMIT_BYTES || padmeSize(end) !== bytes.length) {
    return refuse("plaintext-malformed", { size: bytes.length });
  }
  for (let i = end; i < bytes.length; i++) {
    if (bytes[i] !== 0) return refuse("plaintext-malformed", { size: bytes.length });
  }
  return { salt: bytes.slice(0, SALT_SIZE_BYTES), message: bytes.slice(PREFIX_SIZE_BYTES, end) };
}

/**
 * SPEC 2.6: the smallest number ≥ `size` whose mantissa is no longer than its exponent (Padmé, PURBs 2019).
 * Bytes to bytes; sizes below 2 stay as they are.
 */
export function padmeSize(size: number): number {
  if (size < 2) return size;
  const exponent = floorLog2(size);
  const unit = 2 ** (exponent - floorLog2(exponent) - 1);
  return Math.ceil(size / unit) * unit;
}

function floorLog2(value: number): number {
  return value.toString(2).length - 1;
}
