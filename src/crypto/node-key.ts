/** The hybrid key pair of a node or a root (SPEC 2.2–2.4): Ed25519 and ML-DSA-44, always used together. */
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "./backend.ts";
import {
  admitEd25519Key,
  admitMlDsaKey,
  verifyEd25519,
  verifyMlDsa44,
  type AdmittedKey,
  type AdmittedMlDsaKey,
  type KeyCode,
} from "./signature.ts";

export interface NodeKey {
  readonly ed25519: AdmittedKey;
  readonly mlDsa44: AdmittedMlDsaKey;
}

export interface NodeSecret {
  readonly ed25519Seed: Uint8Array;
  readonly mlDsa44Seed: Uint8Array;
  readonly key: NodeKey;
}

export interface HybridSignature {
  readonly ed25519: Uint8Array;
  readonly mlDsa44: Uint8Array;
}

export function admitNodeKey(
  backend: CryptoBackend,
  ed25519: Uint8Array,
  mlDsa44: Uint8Array,
): NodeKey | Refusal<KeyCode> {
  const classic = admitEd25519Key(backend, ed25519);
  if (isRefusal(classic)) return classic;
  const quantum = admitMlDsaKey(mlDsa44);
  return isRefusal(quantum) ? quantum : { ed25519: classic, mlDsa44: quantum };
}

/** From 32-byte seeds; a seed whose public key is not admitted cannot occur and is a bug. */
export function makeNodeSecret(
  backend: CryptoBackend,
  ed25519Seed: Uint8Array,
  mlDsa44Seed: Uint8Array,
): NodeSecret {
  const key = admitNodeKey(
    backend,
    backend.ed25519.publicKey(ed25519Seed),
    backend.mlDsa44.publicKey(mlDsa44Seed),
  );
  if (isRefusal(key)) throw new Error(`an own key is not admitted: ${key.code}`);
  return { ed25519Seed, mlDsa44Seed, key };
}

export function signHybrid(backend: CryptoBackend, secret: NodeSecret, message: Uint8Array): HybridSignature {
  return {
    ed25519: backend.ed25519.sign(secret.ed25519Seed, message),
    mlDsa44: backend.mlDsa44.sign(secret.mlDsa44Seed, message),
  };
}

/** True only if both signatures stand. */
export function verifyHybrid(
  backend: CryptoBackend,
  key: NodeKey,
  message: Uint8Array,
  signature: HybridSignature,
): boolean {
  return (
    verifyEd25519(backend, key.ed25519, message, signature.ed25519) === true &&
    verifyMlDsa44(backend, key.mlDsa44, message, signature.mlDsa44) === true
  );
}
