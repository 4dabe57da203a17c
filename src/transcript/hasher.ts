/**
 * The three hashes of a verification on one buffer: leaf and node of the tree (SPEC 3.3.1) and the commitment to a
 * message (SPEC 2.1). They run once per entry, and joining their parts into fresh arrays costs as much as hashing.
 *
 * Guarantees the values of `leafHash`, `nodeHash` and `commitTo`; a test compares. Not reentrant, and need not be.
 */
import { utf8 } from "#parley/codec/bytes.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { commitTo } from "#parley/crypto/payload.ts";
import { leafHash, type Hash } from "#parley/ledger/tree.ts";

export interface Hasher {
  readonly leaf: (entry: Uint8Array) => Hash;
  readonly node: (left: Hash, right: Hash) => Hash;
  readonly commit: (salt: Uint8Array, message: Uint8Array) => Hash;
}

/** Longer input goes the ordinary way; almost every entry and message is far below. */
const BUFFER_SIZE_BYTES = 65_536;
const HASH_SIZE_BYTES = 32;
const COMMIT_DOMAIN = utf8("parley/commit/v1\n");

export function createHasher(backend: CryptoBackend): Hasher {
  const leafBuffer = new Uint8Array(BUFFER_SIZE_BYTES);
  const nodeBuffer = new Uint8Array(1 + 2 * HASH_SIZE_BYTES);
  nodeBuffer[0] = 1;
  const commitBuffer = new Uint8Array(BUFFER_SIZE_BYTES);
  commitBuffer.set(COMMIT_DOMAIN);
  return {
    leaf: (entry) => {
      const end = 1 + entry.length;
      if (end > BUFFER_SIZE_BYTES) return leafHash(backend.sha256, entry);
      leafBuffer.set(entry, 1);
      return backend.sha256(leafBuffer.subarray(0, end));
    },
    node: (left, right) => {
      nodeBuffer.set(left, 1);
      nodeBuffer.set(right, 1 + HASH_SIZE_BYTES);
      return backend.sha256(nodeBuffer);
    },
    commit: (salt, message) => {
      const start = COMMIT_DOMAIN.length + salt.length;
      const end = start + message.length;
      if (end > BUFFER_SIZE_BYTES) return commitTo(backend, salt, message);
      commitBuffer.set(salt, COMMIT_DOMAIN.length);
      commitBuffer.set(message, start);
      return backend.sha256(commitBuffer.subarray(0, end));
    },
  };
}
