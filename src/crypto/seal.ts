/**
 * Sealing and opening (SPEC 2.5): age v1 files with hybrid post-quantum recipients and no others.
 *
 * Guarantees: the age tools open what `seal` makes. Whatever depends on a secret (no stanza of mine, header MAC,
 * a chunk's tag) has one refusal, `cannot-open`, so that an answer tells an attacker nothing more. No plaintext
 * leaves `open` before the last chunk is verified.
 * It deliberately knows no passphrase, no X25519-only recipient and no armor: the caller bounds the size, and what
 * does not fit in memory goes through `seal-stream.ts`. It does not say who sealed: the signed entry does.
 */
import { concatBytes, hexToBytes, utf8 } from "#parley/codec/bytes.ts";
import { STANZA_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { TAG_SIZE_BYTES, type CryptoBackend } from "./backend.ts";
import { hpkeContext, hpkeKeys } from "./hpke.ts";
import {
  CHUNK_SIZE_BYTES,
  encodeHeader,
  encodeMacLine,
  headerSize,
  MAC_LINE_SIZE_BYTES,
  NONCE_SIZE_BYTES,
  parseHeader,
  type SealHeader,
  type SealHeaderCode,
  type Stanza,
} from "./seal-header.ts";

export type SealCode = SealHeaderCode | "cannot-open";

export interface SealShape {
  readonly stanzas: number;
  /** Where the 16-byte payload nonce starts, bytes from the start of the file. */
  readonly payloadOffset: number;
  readonly plaintextSize: number;
}

/** HPKE `info` of the stanza: the context below is made of it (a test derives it again). */
export const STANZA_INFO = "age-encryption.org/mlkem768x25519";

/** SPEC 2.5: `hpkeContextBytes` of STANZA_INFO, constant for the format. */
export const STANZA_CONTEXT_BYTES: Uint8Array =
  hexToBytes(
    "00" +
      "36b5ff5587a0300fc5557347ee599066af3ed897745f8ca8ca19b45f13abd977" +
      "99ab4cae8dd1108e0fe72c898240bc16f13236e8121d920a6bd8d5b678320a81",
  ) ?? new Uint8Array(0);

const STANZA_CONTEXT = hpkeContext(STANZA_CONTEXT_BYTES);
const EMPTY = new Uint8Array(0);
const FILE_KEY_SIZE_BYTES = 16;
const HEADER_INFO = utf8("header");
const PAYLOAD_INFO = utf8("payload");

/**
 * SPEC 2.5: one age file that each recipient opens alone. Recipients are raw keys that `parseRecipientKey`
 * let through, 1 to STANZA_LIMIT of them; anything else is a bug and throws. Fresh randomness for every call.
 */
export function seal(
  backend: CryptoBackend,
  recipients: readonly Uint8Array[],
  plaintext: Uint8Array,
): Uint8Array {
  const { head, payloadKey: key } = beginSeal(backend, recipients);
  return concatBytes(head, ...sealPayload(backend, key, plaintext));
}

/** What a file begins with, and the key of its chunks (SPEC 2.5.8): for whoever seals chunk by chunk. */
export interface SealBeginning {
  /** Header, MAC line and payload nonce. */
  readonly head: Uint8Array;
  readonly payloadKey: Uint8Array;
}

/** SPEC 2.5: as `seal`, up to the first chunk. */
export function beginSeal(backend: CryptoBackend, recipients: readonly Uint8Array[]): SealBeginning {
  if (recipients.length === 0 || recipients.length > STANZA_LIMIT) {
    throw new RangeError("a seal has between one recipient and the stanza limit");
  }
  const fileKey = backend.randomBytes(FILE_KEY_SIZE_BYTES);
  const header = encodeHeader(recipients.map((recipient) => wrapFileKey(backend, recipient, fileKey)));
  const mac = headerMac(backend, fileKey, header);
  const nonce = backend.randomBytes(NONCE_SIZE_BYTES);
  const head = concatBytes(header, encodeMacLine(mac), nonce);
  return { head, payloadKey: payloadKey(backend, fileKey, nonce) };
}

/** SPEC 2.5.9: the key of the chunks for the holder of a seed. `head` has at least the header and the nonce. */
export function beginOpen(
  backend: CryptoBackend,
  seed: Uint8Array,
  header: SealHeader,
  head: Uint8Array,
): Uint8Array | Refusal<"cannot-open"> {
  const fileKey = unwrapFileKey(backend, seed, header.stanzas);
  if (fileKey === undefined) return refuse("cannot-open");
  const mac = headerMac(backend, fileKey, head.subarray(0, header.macOffset));
  if (!secretsEqual(mac, header.mac)) return refuse("cannot-open");
  const nonce = head.subarray(header.payloadOffset, header.payloadOffset + NONCE_SIZE_BYTES);
  return payloadKey(backend, fileKey, nonce);
}

/** SPEC 2.5: what can be said of a file without a key; a node without the key checks delivery with it. */
export function inspectSeal(ageFile: Uint8Array): SealShape | Refusal<SealHeaderCode> {
  const header = parseHeader(ageFile);
  if (isRefusal(header)) return header;
  const { stanzas, payloadOffset, plaintextSize } = header;
  return { stanzas: stanzas.length, payloadOffset, plaintextSize };
}

/** SPEC 2.5: the plaintext for the holder of a 32-byte identity seed. */
export function open(
  backend: CryptoBackend,
  seed: Uint8Array,
  ageFile: Uint8Array,
): Uint8Array | Refusal<SealCode> {
  const header = parseHeader(ageFile);
  if (isRefusal(header)) return header;
  const key = beginOpen(backend, seed, header, ageFile);
  if (isRefusal(key)) return key;
  return openPayload(backend, key, ageFile, header) ?? refuse("cannot-open");
}

/** SPEC 2.5: bytes of the age file for a plaintext of so many bytes and so many recipients; exact. */
export function sealedSize(plaintextSize: number, recipients: number): number {
  const chunks = Math.max(1, Math.ceil(plaintextSize / CHUNK_SIZE_BYTES));
  const payload = NONCE_SIZE_BYTES + plaintextSize + chunks * TAG_SIZE_BYTES;
  return headerSize(recipients) + MAC_LINE_SIZE_BYTES + payload;
}

function wrapFileKey(backend: CryptoBackend, recipient: Uint8Array, fileKey: Uint8Array): Stanza {
  const { sharedSecret, enc } = backend.xWing.encapsulate(recipient);
  const { key, nonce } = hpkeKeys(backend, sharedSecret, STANZA_CONTEXT);
  return { enc, body: backend.chacha20poly1305.seal(key, nonce, fileKey) };
}

/** The first stanza that opens. Its body has exactly 32 bytes, so it cannot open under two keys by design. */
function unwrapFileKey(
  backend: CryptoBackend,
  seed: Uint8Array,
  stanzas: readonly Stanza[],
): Uint8Array | undefined {
  for (const { enc, body } of stanzas) {
    const sharedSecret = backend.xWing.decapsulate(seed, enc);
    if (sharedSecret === undefined) continue;
    const { key, nonce } = hpkeKeys(backend, sharedSecret, STANZA_CONTEXT);
    const fileKey = backend.chacha20poly1305.open(key, nonce, body);
    if (fileKey !== undefined) return fileKey;
  }
  return undefined;
}

function headerMac(backend: CryptoBackend, fileKey: Uint8Array, header: Uint8Array): Uint8Array {
  return backend.hmacSha256(backend.hkdfSha256(fileKey, EMPTY, HEADER_INFO, 32), header);
}

function payloadKey(backend: CryptoBackend, fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return backend.hkdfSha256(fileKey, nonce, PAYLOAD_INFO, 32);
}

function sealPayload(backend: CryptoBackend, key: Uint8Array, plaintext: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let offset = 0, counter = 0; counter === 0 || offset < plaintext.length; counter++) {
    const end = Math.min(offset + CHUNK_SIZE_BYTES, plaintext.length);
    const chunkNonce = nonceOf(counter, end === plaintext.length);
    parts.push(backend.chacha20poly1305.seal(key, chunkNonce, plaintext.subarray(offset, end)));
    offset = end;
  }
  return parts;
}

/** Undefined when any chunk's tag fails. The header has checked that the sizes are possible. */
function openPayload(
  backend: CryptoBackend,
  key: Uint8Array,
  ageFile: Uint8Array,
  header: SealHeader,
): Uint8Array | undefined {
  const start = header.payloadOffset + NONCE_SIZE_BYTES;
  const plaintext = new Uint8Array(header.plaintextSize);
  let written = 0;
  for (let offset = start, counter = 0; offset < ageFile.length; counter++) {
    const end = Math.min(offset + CHUNK_SIZE_BYTES + TAG_SIZE_BYTES, ageFile.length);
    const chunkNonce = nonceOf(counter, end === ageFile.length);
    const chunk = backend.chacha20poly1305.open(key, chunkNonce, ageFile.subarray(offset, end));
    if (chunk === undefined) return undefined;
    plaintext.set(chunk, written);
    written += chunk.length;
    offset = end;
  }
  return plaintext;
}

/** 11-byte big-endian counter, of which four bytes suffice here (256 TiB), and 1 on the last chunk alone. */
export function nonceOf(counter: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, counter);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Time does not depend on where the two differ. */
function secretsEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
