/**
 * HPKE base mode (RFC 9180) for one suite: KEM X-Wing 0x647a, HKDF-SHA256 0x0001, ChaCha20Poly1305 0x0003.
 *
 * Guarantees: the key and nonce of the first message of a context, which is the only one used.
 * The X-Wing shared secret enters the key schedule as it is: X-Wing has no extract-and-expand of its own.
 * It deliberately offers no other mode, no exporter and no second message.
 */
import { concatBytes, hexToBytes, utf8 } from "#parley/codec/bytes.ts";
import type { CryptoBackend } from "./backend.ts";

export interface HpkeKeys {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes, sequence number 0. */
  readonly nonce: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const BASE_MODE = Uint8Array.of(0);
const LABEL_PREFIX = concatBytes(utf8("HPKE-v1HPKE"), hexToBytes("647a00010003") ?? EMPTY);

const SECRET_INPUT = concatBytes(LABEL_PREFIX, utf8("secret"));

/** What the key schedule expands: fixed for one `info`, so a caller makes it once. */
export interface HpkeContext {
  readonly keyInfo: Uint8Array;
  readonly nonceInfo: Uint8Array;
}

/** RFC 9180, 5.1: mode ‖ psk_id_hash ‖ info_hash, 65 bytes that depend on `info` alone. */
export function hpkeContextBytes(backend: CryptoBackend, info: Uint8Array): Uint8Array {
  const pskIdHash = backend.hmacSha256(EMPTY, concatBytes(LABEL_PREFIX, utf8("psk_id_hash")));
  const infoHash = backend.hmacSha256(EMPTY, concatBytes(LABEL_PREFIX, utf8("info_hash"), info));
  return concatBytes(BASE_MODE, pskIdHash, infoHash);
}

export function hpkeContext(contextBytes: Uint8Array): HpkeContext {
  return {
    keyInfo: expandInput("key", contextBytes, 32),
    nonceInfo: expandInput("base_nonce", contextBytes, 12),
  };
}

/** SPEC 2.5: shared secret and context to the key and nonce of one message. */
export function hpkeKeys(backend: CryptoBackend, sharedSecret: Uint8Array, context: HpkeContext): HpkeKeys {
  const secret = backend.hmacSha256(sharedSecret, SECRET_INPUT);
  return {
    key: backend.hmacSha256(secret, context.keyInfo),
    nonce: backend.hmacSha256(secret, context.nonceInfo).subarray(0, 12),
  };
}

/** LabeledExpand's HKDF-Expand input; at most 32 bytes come out, so there is one block, number 1. */
function expandInput(label: string, contextBytes: Uint8Array, length: number): Uint8Array {
  return concatBytes(Uint8Array.of(0, length), LABEL_PREFIX, utf8(label), contextBytes, Uint8Array.of(1));
}
