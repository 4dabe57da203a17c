/** A repeatable stream of bytes for vectors and tests: SHAKE256 of a name. Never for keys that protect anything. */
import { shake256 } from "@noble/hashes/sha3.js";
import { utf8 } from "#parley/codec/bytes.ts";

export function seededRandomBytes(name: string): (length: number) => Uint8Array {
  const stream = shake256.create({}).update(utf8(name));
  return (length) => stream.xof(length);
}
