/**
 * The primitives everything cryptographic in Parley is made of (SPEC 2), as one interface with two
 * implementations: `backend-node.ts` on the runtime's OpenSSL and `backend-noble.ts` in portable TypeScript.
 *
 * Guarantees: both implementations answer the same bytes and the same yes or no for the inputs that
 * `signature.ts`, `seal.ts` and `recipient.ts` let through. Everything is synchronous.
 * It deliberately holds no rule: lengths, canonical forms and small orders are decided by those files, so that
 * the rule and not the runtime decides. Inputs of a wrong length are bugs of the caller and throw.
 */

export interface CryptoBackend {
  readonly name: string;
  /** 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** RFC 2104, 32 bytes. */
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** RFC 5869, extract then expand; `length` bytes. An empty salt is allowed. */
  hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  readonly ed25519: Ed25519;
  readonly mlDsa44: MlDsa44;
  readonly p256: P256;
  readonly xWing: XWing;
  readonly chacha20poly1305: ChaCha20Poly1305;
  /** From the system's generator, or from a seed in a simulation. */
  randomBytes(length: number): Uint8Array;
}

/** RFC 8032, PureEdDSA. */
export interface Ed25519 {
  /** 32-byte seed to 32-byte public key. */
  publicKey(seed: Uint8Array): Uint8Array;
  /** 64 bytes, deterministic. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** S < L, and the encoding of S·B − k·A equals the first 32 bytes of the signature. SPEC 2.3 adds the rest. */
  verifyCofactorless(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** ECDSA on NIST P-256 with SHA-256 (FIPS 186-5): verification alone, for what authenticators sign (SPEC 17.2). */
export interface P256 {
  /** Whether 65 bytes are an uncompressed point of the curve. False for any other length or form. */
  isKey(publicKey: Uint8Array): boolean;
  /** `signature` is r ‖ s, 32 bytes each, both from 1 to n − 1 (`party/assertion.ts` sees to it). */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** FIPS 204, external interface, pure, empty context. */
export interface MlDsa44 {
  /** 32-byte seed (xi) to 1,312-byte public key. */
  publicKey(seed: Uint8Array): Uint8Array;
  /** 2,420 bytes. Hedged or deterministic: both verify alike, so callers keep the bytes they made. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** The same off the main thread, where the runtime can, so that it runs beside an fsync. */
  signAsync?(seed: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** draft-connolly-cfrg-xwing-kem: ML-KEM-768 and X25519 under one SHA3-256 combiner. */
export interface XWing {
  /** 32-byte seed to 1,216-byte public key. */
  publicKey(seed: Uint8Array): Uint8Array;
  /** Throws for a key that `parseRecipientKey` refuses. */
  encapsulate(publicKey: Uint8Array): Encapsulation;
  /** 32 bytes; undefined when the X25519 half of `enc` is of small order (its secret would be all zero). */
  decapsulate(seed: Uint8Array, enc: Uint8Array): Uint8Array | undefined;
}

export interface Encapsulation {
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array;
  /** 1,120 bytes. */
  readonly enc: Uint8Array;
}

/** Seals into memory of exactly 16 bytes more than the plaintext, which it must not overlap. */
export type SealPiece = (nonce: Uint8Array, plaintext: Uint8Array, target: Uint8Array) => void;

/** RFC 8439 with empty associated data; the 16-byte tag follows the ciphertext. */
export interface ChaCha20Poly1305 {
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** For many pieces under one key, which is imported once. */
  createSealer(key: Uint8Array): SealPiece;
  /** Undefined when the tag does not match. */
  open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

export const ED25519_SIGNATURE_SIZE_BYTES = 64;
export const ED25519_KEY_SIZE_BYTES = 32;
export const P256_KEY_SIZE_BYTES = 65;
export const ML_DSA_44_KEY_SIZE_BYTES = 1312;
export const ML_DSA_44_SIGNATURE_SIZE_BYTES = 2420;
export const X_WING_KEY_SIZE_BYTES = 1216;
export const X_WING_ENC_SIZE_BYTES = 1120;
export const SEED_SIZE_BYTES = 32;
export const TAG_SIZE_BYTES = 16;

/** SPEC 2.5: the last six bytes of the X-Wing combiner's input, `\.//^\`. */
export const X_WING_LABEL: Uint8Array = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);
