/**
 * Signature lines that take part in no verdict (SPEC 7.3.9).
 *
 * C2SP says to ignore a line whose key nobody expects. A verifier of a record ignores it too, and says so: a byte
 * of the file that nothing depends on would otherwise be a place to write in.
 */
import { bytesEqual } from "#parley/codec/bytes.ts";
import type { SignatureLine } from "#parley/codec/note.ts";
import type { NodeKey } from "#parley/crypto/node-key.ts";
import { keyIdOf } from "#parley/ledger/checkpoint.ts";
import type { Sha256 } from "#parley/ledger/tree.ts";

const AUTHOR_TYPE = 1;
const RECEIPT_TYPE = 4;
const MLDSA44_TYPE = 6;

interface PairIds {
  readonly classic: Uint8Array;
  readonly quantum: Uint8Array;
}

export interface Signer {
  readonly name: string;
  readonly as: "author" | "receiver";
  /** In the order in which they are tried. */
  readonly keys: readonly NodeKey[];
}

/** Key ids by name, role and key: they are the same on every head. */
export type LineCounter = (lines: readonly SignatureLine[], signers: readonly Signer[]) => number;

/**
 * How many lines neither verification reads. A signer whose lines make no pair is judged elsewhere (a missing or
 * foreign signature), so its lines are not counted here.
 */
export function createLineCounter(sha256: Sha256): LineCounter {
  const cache = new Map<string, Map<NodeKey, PairIds>>();
  const idsOf = (signer: Signer, key: NodeKey): PairIds => {
    const slot = `${signer.as} ${signer.name}`;
    let byKey = cache.get(slot);
    if (byKey === undefined) cache.set(slot, (byKey = new Map<NodeKey, PairIds>()));
    let ids = byKey.get(key);
    if (ids === undefined) byKey.set(key, (ids = makeIds(sha256, signer, key)));
    return ids;
  };
  return (lines, signers) => {
    let read = 0;
    for (const signer of signers) {
      const own = lines.filter(({ name }) => name === signer.name);
      const paired = signer.keys.some((key) => hasPair(own, idsOf(signer, key)));
      read += paired ? 2 : own.length;
    }
    return lines.length - read;
  };
}

function makeIds(sha256: Sha256, { name, as }: Signer, key: NodeKey): PairIds {
  const type = as === "author" ? AUTHOR_TYPE : RECEIPT_TYPE;
  return {
    classic: keyIdOf(sha256, name, type, key.ed25519),
    quantum: keyIdOf(sha256, name, MLDSA44_TYPE, key.mlDsa44),
  };
}

function hasPair(lines: readonly SignatureLine[], { classic, quantum }: PairIds): boolean {
  return (
    lines.some(({ keyId }) => bytesEqual(keyId, classic)) &&
    lines.some(({ keyId }) => bytesEqual(keyId, quantum))
  );
}
