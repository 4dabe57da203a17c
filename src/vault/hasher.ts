/**
 * SHA-256 over a stream, as a port: inline, or on a thread of its own (`threaded-hasher.ts`) where files are large.
 *
 * `update` resolves when the bytes were taken, so that hashing slows whoever brings them and memory stays bounded.
 */
import { createHash } from "node:crypto";

export interface Hasher {
  readonly update: (bytes: Uint8Array) => Promise<void>;
  /** Base64url. Ends the hasher. */
  readonly digest: () => Promise<string>;
}

export interface HasherSource {
  readonly create: () => Hasher;
}

export const INLINE_HASHERS: HasherSource = {
  create: () => {
    const hash = createHash("sha256");
    return {
      update: async (bytes) => {
        hash.update(bytes);
      },
      digest: async () => hash.digest("base64url"),
    };
  },
};
