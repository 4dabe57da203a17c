/**
 * The primitives on node:crypto (OpenSSL), for nodes and the command line. Needs Node 24.7 or later.
 *
 * Guarantees: the interface of `backend.ts`; imported keys are kept in a bounded cache under the SHA-256 of
 * their bytes, so that a key costs its import once. ML-DSA signing is hedged by OpenSSL.
 * This is the only file of the core that imports from node:. It deliberately checks no rule (see `signature.ts`).
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  hash,
  randomFillSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { Buffer } from "node:buffer";
import { concatBytes } from "#parley/codec/bytes.ts";
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

/** Imported keys kept: parties, epochs and archive keys of a busy node are some dozens. A few kB each. */
const KEYS_KEPT_LIMIT = 256;

const ML_KEM_KEY_SIZE_BYTES = 1184;
const ML_KEM_ENC_SIZE_BYTES = 1088;
const HMAC_BLOCK_SIZE_BYTES = 64;

type Scheme = "ed25519" | "ml-dsa-44";

export function createNodeBackend(): CryptoBackend {
  return {
    name: "node",
    sha256: (bytes) => view(hash("sha256", bytes, "buffer")),
    hmacSha256,
    hkdfSha256,
    ed25519: createEd25519(),
    mlDsa44: createMlDsa44(),
    p256: createP256(),
    xWing: createXWing(),
    chacha20poly1305,
    randomBytes,
  };
}

function createEd25519(): Ed25519 {
  const keys = createKeys("ed25519");
  return {
    publicKey: keys.publicKey,
    sign: (seed, message) => view(sign(null, message, keys.fromSeed(seed))),
    verifyCofactorless: (publicKey, message, signature) => keys.verify(publicKey, message, signature),
  };
}

function createMlDsa44(): MlDsa44 {
  const keys = createKeys("ml-dsa-44");
  return {
    publicKey: keys.publicKey,
    sign: (seed, message) => view(sign(null, message, keys.fromSeed(seed))),
    signAsync: (seed, message) =>
      new Promise((resolve, reject) => {
        sign(null, message, keys.fromSeed(seed), (error, signature) => {
          if (error === null) resolve(view(signature));
          else reject(error);
        });
      }),
    verify: (publicKey, message, signature) => keys.verify(publicKey, message, signature),
  };
}

function createP256(): P256 {
  const publicKeys = createBoundedCache<KeyObject | undefined>(KEYS_KEPT_LIMIT);
  const imported = (bytes: Uint8Array): KeyObject | undefined =>
    bytes.length === P256_KEY_SIZE_BYTES && bytes[0] === 0x04
      ? publicKeys.get(idOf(bytes), () => importP256Key(bytes))
      : undefined;
  return {
    isKey: (publicKey) => imported(publicKey) !== undefined,
    verify(publicKey, message, signature) {
      const key = imported(publicKey);
      return key !== undefined && verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
    },
  };
}

/** Undefined when the coordinates are not reduced or are no point: OpenSSL says so when it imports them. */
function importP256Key(bytes: Uint8Array): KeyObject | undefined {
  const coordinate = (from: number): string => buffer(bytes.subarray(from, from + 32)).toString("base64url");
  try {
    const key = { kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33) };
    return createPublicKey({ format: "jwk", key });
  } catch {
    return undefined;
  }
}

interface Keys {
  fromSeed(seed: Uint8Array): KeyObject;
  publicKey(seed: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

function createKeys(scheme: Scheme): Keys {
  const secretKeys = createBoundedCache<KeyObject>(KEYS_KEPT_LIMIT);
  const publicKeys = createBoundedCache<KeyObject>(KEYS_KEPT_LIMIT);
  const format = scheme === "ed25519" ? "raw-private" : "raw-seed";
  const fromSeed = (seed: Uint8Array): KeyObject =>
    secretKeys.get(idOf(seed), () =>
      createPrivateKey({ format, asymmetricKeyType: scheme, key: buffer(seed) }),
    );
  return {
    fromSeed,
    publicKey: (seed) => view(createPublicKey(fromSeed(seed)).export({ format: "raw-public" })),
    verify(publicKey, message, signature) {
      const key = publicKeys.get(idOf(publicKey), () => importPublicKey(scheme, publicKey));
      return verify(null, message, key, signature);
    },
  };
}

/** Any 32 or 1,312 bytes import; bytes that are no point fail at verification. Another length throws. */
function importPublicKey(scheme: Scheme, bytes: Uint8Array): KeyObject {
  return createPublicKey({ format: "raw-public", asymmetricKeyType: scheme, key: buffer(bytes) });
}

interface XWingPublicKey {
  readonly mlKem: KeyObject;
  readonly x25519: KeyObject;
  readonly x25519Bytes: Uint8Array;
}

interface XWingSecretKey {
  readonly mlKem: KeyObject;
  readonly x25519: KeyObject;
  readonly publicKey: Uint8Array;
}

function createXWing(): XWing {
  const secretKeys = createBoundedCache<XWingSecretKey>(KEYS_KEPT_LIMIT);
  const publicKeys = createBoundedCache<XWingPublicKey>(KEYS_KEPT_LIMIT);
  const fromSeed = (seed: Uint8Array): XWingSecretKey => secretKeys.get(idOf(seed), () => expandSeed(seed));
  return {
    publicKey: (seed) => fromSeed(seed).publicKey.slice(),
    encapsulate(publicKey) {
      const key = publicKeys.get(idOf(publicKey), () => importXWingKey(publicKey));
      const ephemeral = generateKeyPairSync("x25519"); // half the price of importing 32 random bytes
      const x25519Enc = view(ephemeral.publicKey.export({ format: "raw-public" }));
      const x25519Secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: key.x25519 });
      const { sharedKey, ciphertext } = encapsulate(key.mlKem);
      const sharedSecret = combine(sharedKey, x25519Secret, x25519Enc, key.x25519Bytes);
      return { sharedSecret, enc: concatBytes(ciphertext, x25519Enc) };
    },
    decapsulate(seed, enc) {
      if (enc.length !== X_WING_ENC_SIZE_BYTES) throw new RangeError("an X-Wing ciphertext has 1,120 bytes");
      const key = fromSeed(seed);
      const x25519Enc = enc.subarray(ML_KEM_ENC_SIZE_BYTES);
      const x25519Secret = x25519SharedSecret(key.x25519, x25519Enc);
      if (x25519Secret === undefined) return undefined;
      const mlKemSecret = decapsulate(key.mlKem, enc.subarray(0, ML_KEM_ENC_SIZE_BYTES));
      return combine(mlKemSecret, x25519Secret, x25519Enc, key.publicKey.subarray(ML_KEM_KEY_SIZE_BYTES));
    },
  };
}

/** The seed becomes d ‖ z of ML-KEM and the X25519 scalar: SHAKE256, 96 bytes. */
function expandSeed(seed: Uint8Array): XWingSecretKey {
  if (seed.length !== 32) throw new RangeError("an X-Wing seed has 32 bytes");
  const expanded = hash("shake256", seed, { outputEncoding: "buffer", outputLength: 96 });
  const mlKem = createPrivateKey({
    format: "raw-seed",
    asymmetricKeyType: "ml-kem-768",
    key: expanded.subarray(0, 64),
  });
  const x25519 = x25519Key(expanded.subarray(64));
  const publicKey = concatBytes(
    createPublicKey(mlKem).export({ format: "raw-public" }),
    createPublicKey(x25519).export({ format: "raw-public" }),
  );
  return { mlKem, x25519, publicKey };
}

function importXWingKey(bytes: Uint8Array): XWingPublicKey {
  if (bytes.length !== X_WING_KEY_SIZE_BYTES) throw new RangeError("an X-Wing public key has 1,216 bytes");
  const key = bytes.slice(0, ML_KEM_KEY_SIZE_BYTES);
  const x25519Bytes = bytes.slice(ML_KEM_KEY_SIZE_BYTES);
  return {
    mlKem: createPublicKey({ format: "raw-public", asymmetricKeyType: "ml-kem-768", key: buffer(key) }),
    x25519: createPublicKey({ format: "raw-public", asymmetricKeyType: "x25519", key: buffer(x25519Bytes) }),
    x25519Bytes,
  };
}

function x25519Key(scalar: Uint8Array): KeyObject {
  return createPrivateKey({ format: "raw-private", asymmetricKeyType: "x25519", key: buffer(scalar) });
}

/** Undefined for a point of small order: OpenSSL refuses to derive the all-zero secret. */
function x25519SharedSecret(privateKey: KeyObject, point: Uint8Array): Uint8Array | undefined {
  const publicKey = createPublicKey({
    format: "raw-public",
    asymmetricKeyType: "x25519",
    key: buffer(point),
  });
  try {
    return diffieHellman({ privateKey, publicKey });
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
  const input = concatBytes(mlKemSecret, x25519Secret, x25519Enc, x25519PublicKey, X_WING_LABEL);
  return view(hash("sha3-256", input, "buffer"));
}

const chacha20poly1305: ChaCha20Poly1305 = {
  seal(key, nonce, plaintext) {
    const cipher = createCipheriv("chacha20-poly1305", secretKey(key), nonce, {
      authTagLength: TAG_SIZE_BYTES,
    });
    const body = cipher.update(plaintext);
    cipher.final();
    return concatBytes(body, cipher.getAuthTag());
  },
  createSealer(key) {
    const imported = secretKey(key);
    return (nonce, plaintext, target) => {
      if (target.length !== plaintext.length + TAG_SIZE_BYTES)
        throw new RangeError("a sealed piece has a tag");
      const cipher = createCipheriv("chacha20-poly1305", imported, nonce, { authTagLength: TAG_SIZE_BYTES });
      target.set(cipher.update(plaintext));
      cipher.final();
      target.set(cipher.getAuthTag(), plaintext.length);
    };
  },
  open(key, nonce, ciphertext) {
    if (ciphertext.length < TAG_SIZE_BYTES) return undefined;
    const end = ciphertext.length - TAG_SIZE_BYTES;
    const cipher = createDecipheriv("chacha20-poly1305", secretKey(key), nonce, {
      authTagLength: TAG_SIZE_BYTES,
    });
    cipher.setAuthTag(ciphertext.subarray(end));
    const plaintext = cipher.update(ciphertext.subarray(0, end));
    try {
      cipher.final();
    } catch {
      return undefined;
    }
    return view(plaintext);
  },
};

/** Handed over as bytes, the same key costs twice as much: the runtime throws and catches inside to tell its kind. */
function secretKey(key: Uint8Array): KeyObject {
  return createSecretKey(buffer(key));
}

const HMAC_SCRATCH_SIZE_BYTES = 1024;
const scratchInner = new Uint8Array(HMAC_SCRATCH_SIZE_BYTES);
const scratchOuter = new Uint8Array(HMAC_BLOCK_SIZE_BYTES + 32);

/** Two one-shot hashes over reused memory: several times faster than an Hmac object for short inputs. */
function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const block = key.length > HMAC_BLOCK_SIZE_BYTES ? hash("sha256", key, "buffer") : key;
  const size = HMAC_BLOCK_SIZE_BYTES + bytes.length;
  const inner = size > HMAC_SCRATCH_SIZE_BYTES ? new Uint8Array(size) : scratchInner;
  for (let i = 0; i < HMAC_BLOCK_SIZE_BYTES; i++) {
    const byte = block[i] ?? 0;
    inner[i] = byte ^ 0x36;
    scratchOuter[i] = byte ^ 0x5c;
  }
  inner.set(bytes, HMAC_BLOCK_SIZE_BYTES);
  scratchOuter.set(hash("sha256", inner.subarray(0, size), "buffer"), HMAC_BLOCK_SIZE_BYTES);
  return view(hash("sha256", scratchOuter, "buffer"));
}

function hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 255 * 32) throw new RangeError("HKDF-SHA-256 gives at most 8,160 bytes");
  const prk = hmacSha256(salt, ikm);
  const output = new Uint8Array(length);
  let block = new Uint8Array(0);
  for (let offset = 0, counter = 1; offset < length; offset += 32, counter++) {
    block = new Uint8Array(hmacSha256(prk, concatBytes(block, info, Uint8Array.of(counter))));
    output.set(block.subarray(0, Math.min(32, length - offset)), offset);
  }
  return output;
}

function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length));
}

/** A key is found by its hash, so that no secret becomes a string that lives on in the heap. */
function idOf(key: Uint8Array): string {
  return hash("sha256", key, "base64");
}

/** The typings ask for a Buffer where any byte view serves; nothing is copied. */
function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A Buffer is a Uint8Array with another `slice`; callers get the plain one. */
function view(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
