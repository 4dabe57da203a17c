/**
 * The signature rule (SPEC 2.2 to 2.4): which keys are admitted, once per key, and which signatures hold.
 *
 * Guarantees: the answer depends on this rule and not on the runtime, for every input; an admitted key is a
 * copy, so later changes of the caller's bytes do not reach it. Lengths and block lists are checked before any
 * curve arithmetic.
 * It deliberately does not ask whose key it is, for which position it is valid, or for proof of possession:
 * `party/` does.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { encodeHex } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import {
  ED25519_KEY_SIZE_BYTES,
  ED25519_SIGNATURE_SIZE_BYTES,
  ML_DSA_44_KEY_SIZE_BYTES,
  ML_DSA_44_SIGNATURE_SIZE_BYTES,
  type CryptoBackend,
} from "./backend.ts";
import { createBoundedCache, type BoundedCache } from "./bounded-cache.ts";

declare const ADMITTED: unique symbol;
declare const ADMITTED_ML_DSA: unique symbol;

/** 32 bytes that passed SPEC 2.2. Only `admitEd25519Key` makes one. */
export type AdmittedKey = Uint8Array & { readonly [ADMITTED]: true };
/** 1,312 bytes that passed SPEC 2.4. Only `admitMlDsaKey` makes one. */
export type AdmittedMlDsaKey = Uint8Array & { readonly [ADMITTED_ML_DSA]: true };

export type KeyCode = "key-length" | "key-not-canonical" | "key-small-order" | "key-torsion";
export type SignatureCode =
  "signature-length" | "signature-s-range" | "signature-small-order-r" | "signature-bad";

/** Verdicts on keys kept per backend; a torsion test costs about a millisecond. */
const VERDICTS_KEPT_LIMIT = 1024;

/** SPEC 2.2: the eight points of small order in all their 14 encodings. */
const SMALL_ORDER_ENCODINGS: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]);

/** The first bytes of those encodings: most signatures leave the test after one comparison. */
const SMALL_ORDER_FIRST_BYTES: ReadonlySet<number> = new Set([0x00, 0x01, 0x26, 0xc7, 0xec, 0xed, 0xee]);

/** L = 2^252 + 27742317777372353535851937790883648493, as 32 bytes, least significant first. */
const GROUP_ORDER = Uint8Array.of(
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
); // prettier-ignore

type Verdict = AdmittedKey | Refusal<KeyCode>;

const verdictsByBackend = new WeakMap<CryptoBackend, BoundedCache<Verdict>>();

/** SPEC 2.2. Called where a key first appears (a party document, a trust file); the verdict is kept. */
export function admitEd25519Key(backend: CryptoBackend, key: Uint8Array): AdmittedKey | Refusal<KeyCode> {
  if (key.length !== ED25519_KEY_SIZE_BYTES) return refuse("key-length", { length: key.length });
  let verdicts = verdictsByBackend.get(backend);
  if (verdicts === undefined) {
    verdicts = createBoundedCache<Verdict>(VERDICTS_KEPT_LIMIT);
    verdictsByBackend.set(backend, verdicts);
  }
  return verdicts.get(encodeHex(key), () => judgeKey(key));
}

/**
 * SPEC 2.3: true, or the first rule the signature breaks. `message` is what was signed, byte for byte.
 */
export function verifyEd25519(
  backend: CryptoBackend,
  key: AdmittedKey,
  message: Uint8Array,
  signature: Uint8Array,
): true | Refusal<SignatureCode> {
  if (signature.length !== ED25519_SIGNATURE_SIZE_BYTES) {
    return refuse("signature-length", { length: signature.length });
  }
  if (!isBelowGroupOrder(signature.subarray(32))) return refuse("signature-s-range");
  if (isSmallOrder(signature.subarray(0, 32))) return refuse("signature-small-order-r");
  return backend.ed25519.verifyCofactorless(key, message, signature) || refuse("signature-bad");
}

/** SPEC 2.4. Every string of this length decodes to an ML-DSA-44 key, so the length is the whole test. */
export function admitMlDsaKey(key: Uint8Array): AdmittedMlDsaKey | Refusal<"key-length"> {
  if (key.length !== ML_DSA_44_KEY_SIZE_BYTES) return refuse("key-length", { length: key.length });
  return key.slice() as AdmittedMlDsaKey;
}

/** SPEC 2.4: FIPS 204 `ML-DSA.Verify` with an empty context. */
export function verifyMlDsa44(
  backend: CryptoBackend,
  key: AdmittedMlDsaKey,
  message: Uint8Array,
  signature: Uint8Array,
): true | Refusal<"signature-length" | "signature-bad"> {
  if (signature.length !== ML_DSA_44_SIGNATURE_SIZE_BYTES) {
    return refuse("signature-length", { length: signature.length });
  }
  return backend.mlDsa44.verify(key, message, signature) || refuse("signature-bad");
}

/** Key admission and verification in one: for a signature whose key comes with it (`parley inspect signatures`). */
export function judgeEd25519Signature(
  backend: CryptoBackend,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): true | Refusal<KeyCode | SignatureCode> {
  const key = admitEd25519Key(backend, publicKey);
  return isRefusal(key) ? key : verifyEd25519(backend, key, message, signature);
}

function judgeKey(key: Uint8Array): Verdict {
  if (isSmallOrder(key)) return refuse("key-small-order");
  const point = decodeCanonical(key);
  if (point === undefined) return refuse("key-not-canonical");
  return point.isTorsionFree() ? (key.slice() as AdmittedKey) : refuse("key-torsion");
}

function decodeCanonical(bytes: Uint8Array): InstanceType<typeof ed25519.Point> | undefined {
  try {
    return ed25519.Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

function isSmallOrder(encoding: Uint8Array): boolean {
  return SMALL_ORDER_FIRST_BYTES.has(encoding[0] ?? 0) && SMALL_ORDER_ENCODINGS.has(encodeHex(encoding));
}

function isBelowGroupOrder(scalar: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (scalar[i] ?? 0) - (GROUP_ORDER[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
