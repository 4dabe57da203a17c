/**
 * Fork proofs (SPEC 3.7): two heads of one feed, both signed by its author, that no single history can have.
 *
 * Equal sizes need only the two notes. Different sizes need the consistency path of the newer tree: its newer root
 * is the signed one, so the older root it yields is that tree's true prefix, and it is not the one signed.
 */
import { bytesEqual, encodeBase64url, parseBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { encodeJson, isJsonObject, parseJson, type Json } from "#parley/codec/json.ts";
import { NOTE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { encodeNote } from "#parley/codec/note.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeKey } from "#parley/crypto/node-key.ts";
import { parseCheckpoint, verifyAuthor, type Checkpoint } from "./checkpoint.ts";
import {
  consistencyPath,
  rootAt,
  rootsFromConsistency,
  type Hash,
  type Sha256,
  type SubtreeReader,
} from "./tree.ts";

export interface ForkProof {
  readonly older: Checkpoint;
  readonly newer: Checkpoint;
  /** Empty for equal sizes. */
  readonly path: readonly Hash[];
}

export type ForkCode = "fork-malformed" | "fork-unproved";

const PATH_LIMIT = 64;

/** Two notes in either order and, for different sizes, the consistency path of the larger tree. */
export function makeForkProof(a: Checkpoint, b: Checkpoint, path: readonly Hash[]): ForkProof {
  return a.size <= b.size ? { older: a, newer: b, path } : { older: b, newer: a, path };
}

/** The path for heads of different sizes, from a reader of the newer tree. */
export function forkPath(sha256: Sha256, read: SubtreeReader, older: number, newer: number): readonly Hash[] {
  const path = consistencyPath(sha256, read, older, newer);
  return isPowerOfTwo(older) && older !== newer ? [rootAt(sha256, read, older), ...path] : path;
}

export function encodeForkProof(proof: ForkProof): Uint8Array {
  const note = (checkpoint: Checkpoint): string => utf8ToText(encodeNote(checkpoint.note)) ?? "";
  return encodeJson({
    newer: note(proof.newer),
    older: note(proof.older),
    path: proof.path.map(encodeBase64url),
    type: "fork",
    v: 1,
  });
}

export function parseForkProof(bytes: Uint8Array): ForkProof | Refusal<ForkCode> {
  const value = parseJson(bytes, { sizeLimitBytes: 2 * NOTE_SIZE_LIMIT_BYTES + PATH_LIMIT * 64 });
  if (isRefusal(value) || !isJsonObject(value)) return refuse("fork-malformed");
  if (
    Object.keys(value).join() !== "newer,older,path,type,v" ||
    value["type"] !== "fork" ||
    value["v"] !== 1
  ) {
    return refuse("fork-malformed");
  }
  const older = parseNoteMember(value["older"]);
  const newer = parseNoteMember(value["newer"]);
  const path = parsePath(value["path"]);
  if (older === undefined || newer === undefined || path === undefined) return refuse("fork-malformed");
  return { older, newer, path };
}

/** Establishes the fork: same origin, both author-signed, and inconsistent. `keys` are the author's, by size. */
export function verifyForkProof(
  backend: CryptoBackend,
  proof: ForkProof,
  keysAt: (size: number) => readonly NodeKey[],
): true | Refusal<ForkCode> {
  const { older, newer } = proof;
  if (older.channel !== newer.channel || older.feed !== newer.feed) return refuse("fork-unproved");
  for (const head of [older, newer]) {
    if (verifyAuthor(backend, head, keysAt(head.size)) !== true) return refuse("fork-unproved");
  }
  if (older.size === newer.size) return bytesEqual(older.root, newer.root) ? refuse("fork-unproved") : true;
  return isInconsistent(backend, proof) ? true : refuse("fork-unproved");
}

/** With a power-of-two older size a plain path would leave the older root out, so the true prefix root leads it. */
function isInconsistent(backend: CryptoBackend, { older, newer, path }: ForkProof): boolean {
  const leads = isPowerOfTwo(older.size);
  const [prefix = older.root, ...rest] = path;
  const real = leads
    ? rootsFromConsistency(backend.sha256, older.size, newer.size, rest, prefix)
    : rootsFromConsistency(backend.sha256, older.size, newer.size, path, older.root);
  return real !== undefined && bytesEqual(real.newer, newer.root) && !bytesEqual(real.older, older.root);
}

function isPowerOfTwo(size: number): boolean {
  return Number.isInteger(Math.log2(size));
}

function parseNoteMember(value: Json | undefined): Checkpoint | undefined {
  if (typeof value !== "string") return undefined;
  const checkpoint = parseCheckpoint(utf8(value));
  return isRefusal(checkpoint) ? undefined : checkpoint;
}

function parsePath(value: Json | undefined): readonly Hash[] | undefined {
  if (!Array.isArray(value) || value.length > PATH_LIMIT) return undefined;
  const path: Hash[] = [];
  for (const text of value as readonly Json[]) {
    const hash = typeof text === "string" ? parseBase64url(text, 32) : undefined;
    if (hash === undefined || isRefusal(hash)) return undefined;
    path.push(hash);
  }
  return path;
}
