/**
 * The primitives in portable TypeScript (@noble/*), for the browser verifier and seeded simulations.
 *
 * Guarantees: the interface of `backend.ts`; with a seeded `randomBytes` every output is a function of the
 * inputs, ML-DSA signatures and encapsulations included. Expanded keys are kept in a bounded cache.
 * It deliberately does not promise constant time: JavaScript cannot.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768, type KEMPrepared } from "@noble/post-quantum/ml-kem.js";
import { bytesEqual, concatBytes, encodeHex } from "#parley/codec/bytes.ts";
import {
  P256_KEY_SIZE_BYTES,
  TAG_SIZE_BYTES,
  X_WING_ENC_SIZE_BYTES,
  X_WING_KEY_SIZE_BYTES,
  X_WING_LABEL,
  type ChaCha20Poly1305,
  type CryptoBackend,
  type Ed25519,
  type MlDsa44,
  type P256,
  type XWing,
} from "./backend.ts";
import { createBoundedCache } from "./bounded-cache.ts";

/** Expanded keys kept; a prepared ML-KEM key holds about 10 kB. */
const KEYS_KEPT_LIMIT = 64;

const ML_KEM_KEY_SIZE_BYTES = 1184;
const ML_KEM_ENC_SIZE_BYTES = 1088;

export interface NobleOptions {
  /** The source of every random byte: the platform's generator, or a seeded one in a simulation. */
  readonly randomBytes: (length: number) => Uint8Array;
}

export function createNobleBackend(options: NobleOptions): CryptoBackend {
  return {
    name: "noble",
    sha256: (bytes) => sha256(bytes),
    hmacSha256: (key, bytes) => hmac(sha256, key, bytes),
    hkdfSha256: (ikm, salt, info, length) => hkdf(sha256, ikm, salt, info, length),
    ed25519: edwards,
    mlDsa44: createMlDsa44(),
    p256: nist,
    xWing: createXWing(options),
    chacha20poly1305: aead,
    randomBytes: options.randomBytes,
  };
}

const nist: P256 = {
  isKey(publicKey) {
    if (publicKey.length !== P256_KEY_SIZE_BYTES || publicKey[0] !== 0x04) return false;
    try {
      p256.Point.fromBytes(publicKey).assertValidity();
      return true;
    } catch {
      return false;
    }
  },
  verify(publicKey, message, signature) {
    return nist.isKey(publicKey) && p256.verify(signature, message, publicKey, { lowS: false });
  },
};

const edwards: Ed25519 = {
  publicKey: (seed) => ed25519.getPublicKey(seed),
  sign: (seed, message) => ed25519.sign(message, seed),
  verifyCofactorless,
};

const { Point } = ed25519;
type EdwardsPoint = InstanceType<typeof Point>;

/** SPEC 2.3.4. The library's own `verify` multiplies by the cofactor; this compares the encodings instead. */
function verifyCofactorless(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = decodePoint(publicKey);
  if (key === undefined || signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= Point.Fn.ORDER) return false;
  const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % Point.Fn.ORDER;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
  return bytesEqual(expected.toBytes(), r);
}

function decodePoint(bytes: Uint8Array): EdwardsPoint | undefined {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt("0x" + encodeHex(bytes.toReversed()));
}

function createMlDsa44(): MlDsa44 {
  const keys = createBoundedCache<ReturnType<typeof ml_dsa44.keygen>>(KEYS_KEPT_LIMIT);
  const fromSeed = (seed: Uint8Array): ReturnType<typeof ml_dsa44.keygen> =>
    keys.get(encodeHex(sha256(seed)), () => ml_dsa44.keygen(seed));
  return {
    publicKey: (seed) => fromSeed(seed).publicKey.slice(),
    sign: (seed, message) => ml_dsa44.sign(message, fromSeed(seed).secretKey, { extraEntropy: false }),
    verify: (publicKey, message, signature) => ml_dsa44.verify(signature, message, publicKey),
  };
}

interface XWingSecretKey {
  readonly mlKem: Uint8Array;
  readonly x25519: Uint8Array;
  readonly publicKey: Uint8Array;
}

function createXWing(options: NobleOptions): XWing {
  const secretKeys = createBoundedCache<XWingSecretKey>(KEYS_KEPT_LIMIT);
  const publicKeys = createBoundedCache<KEMPrepared>(KEYS_KEPT_LIMIT);
  const fromSeed = (seed: Uint8Array): XWingSecretKey =>
    secretKeys.get(encodeHex(sha256(seed)), () => expandSeed(seed));
  const prepare = (publicKey: Uint8Array): KEMPrepared =>
    publicKeys.get(encodeHex(sha256(publicKey)), () => ml_kem768.prepare(publicKey.slice()));
  return {
    publicKey: (seed) => fromSeed(seed).publicKey.slice(),
    encapsulate(publicKey) {
      if (publicKey.length !== X_WING_KEY_SIZE_BYTES)
        throw new RangeError("an X-Wing public key has 1,216 bytes");
      const x25519Key = publicKey.subarray(ML_KEM_KEY_SIZE_BYTES);
      const randomness = options.randomBytes(64);
      const ephemeral = randomness.subarray(32);
      const { sharedSecret, cipherText } = prepare(publicKey.subarray(0, ML_KEM_KEY_SIZE_BYTES)).encapsulate(
        randomness.subarray(0, 32),
      );
      const x25519Enc = x25519.getPublicKey(ephemeral);
      const x25519Secret = x25519.getSharedSecret(ephemeral, x25519Key);
      return {
        sharedSecret: combine(sharedSecret, x25519Secret, x25519Enc, x25519Key),
        enc: concatBytes(cipherText, x25519Enc),
      };
    },
    decapsulate(seed, enc) {
      if (enc.length !== X_WING_ENC_SIZE_BYTES) throw new RangeError("an X-Wing ciphertext has 1,120 bytes");
      const key = fromSeed(seed);
      const x25519Enc = enc.subarray(ML_KEM_ENC_SIZE_BYTES);
      const x25519Secret = x25519SharedSecret(key.x25519, x25519Enc);
      if (x25519Secret === undefined) return undefined;
      const prepared = prepare(key.publicKey.subarray(0, ML_KEM_KEY_SIZE_BYTES));
      const mlKemSecret = prepared.decapsulate(enc.subarray(0, ML_KEM_ENC_SIZE_BYTES), key.mlKem);
      return combine(mlKemSecret, x25519Secret, x25519Enc, key.publicKey.subarray(ML_KEM_KEY_SIZE_BYTES));
    },
  };
}

/** The seed becomes d ‖ z of ML-KEM and the X25519 scalar: SHAKE256, 96 bytes. */
function expandSeed(seed: Uint8Array): XWingSecretKey {
  if (seed.length !== 32) throw new RangeError("an X-Wing seed has 32 bytes");
  const expanded = shake256(seed, { dkLen: 96 });
  const mlKem = ml_kem768.keygen(expanded.subarray(0, 64));
  const scalar = expanded.slice(64);
  const publicKey = concatBytes(mlKem.publicKey, x25519.getPublicKey(scalar));
  return { mlKem: mlKem.secretKey, x25519: scalar, publicKey };
}

/** Undefined for a point of small order: the library refuses to return the all-zero secret. */
function x25519SharedSecret(scalar: Uint8Array, point: Uint8Array): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(scalar, point);
  } catch {
    return undefined;
  }
}

function combine(
  mlKemSecret: Uint8Array,
  x25519Secret: Uint8Array,
  x25519Enc: Uint8Array,
  x25519PublicKey: Uint8Array,
): Uint8Array {
  return sha3_256(concatBytes(mlKemSecret, x25519Secret, x25519Enc, x25519PublicKey, X_WING_LABEL));
}

const aead: ChaCha20Poly1305 = {
  seal: (key, nonce, plaintext) => chacha20poly1305(key, nonce).encrypt(plaintext),
  createSealer: (key) => (nonce, plaintext, target) => {
    if (target.length !== plaintext.length + TAG_SIZE_BYTES) throw new RangeError("a sealed piece has a tag");
    target.set(chacha20poly1305(key, nonce).encrypt(plaintext));
  },
  open(key, nonce, ciphertext) {
    try {
      return chacha20poly1305(key, nonce).decrypt(ciphertext);
    } catch {
      return undefined;
    }
  },
};
