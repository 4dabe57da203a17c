/** One stream of chance per seed: the same seed gives the same run on every machine. */
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { seededRandomBytes } from "../../tools/seeded-random.ts";

export interface Chance {
  /** 0 ≤ n < limit. */
  readonly below: (limit: number) => number;
  readonly happens: (permille: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T | undefined;
  readonly bytes: (length: number) => Uint8Array;
}

export function chanceOf(name: string): Chance {
  const bytes = seededRandomBytes(name);
  const below = (limit: number): number => {
    const raw = bytes(4);
    return new DataView(raw.buffer, raw.byteOffset).getUint32(0) % limit;
  };
  return {
    below,
    happens: (permille) => below(1000) < permille,
    pick: (items) => items[below(Math.max(items.length, 1))],
    bytes,
  };
}

export function portableBackend(chance: Chance): CryptoBackend {
  return createNobleBackend({ randomBytes: chance.bytes });
}

/**
 * Native speed where the bytes do not matter, seeded where they reach a leaf hash: sealing decides `ct`, and `ct`
 * decides how ties are ordered. ML-DSA signatures on heads differ from run to run and touch no state; those inside
 * party documents do, so parties are made with `portableBackend`.
 */
export function seededBackend(chance: Chance): CryptoBackend {
  const node = createNodeBackend();
  const noble = createNobleBackend({ randomBytes: chance.bytes });
  return {
    ...node,
    name: "seeded",
    randomBytes: chance.bytes,
    xWing: { ...node.xWing, encapsulate: (publicKey) => noble.xWing.encapsulate(publicKey) },
  };
}
