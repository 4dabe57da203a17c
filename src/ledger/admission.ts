/**
 * Admission (SPEC 3.8): from bytes that somebody sent to entries that a node holds.
 *
 * `admitBatch` is the only maker of `AdmittedEntry`. It refuses only for bytes, hash, signature, key, order, fork
 * or limit; what a sealed message says is never a reason (SPEC 3.8.1). It is pure: the caller stores what it
 * returns in one transaction, or nothing.
 */
import { bytesEqual, encodeBase64url } from "#parley/codec/bytes.ts";
import { BUNDLE_ENTRIES_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeKey } from "#parley/crypto/node-key.ts";
import { verifyAuthor, type Checkpoint, type CheckpointCode } from "./checkpoint.ts";
import { parseEntry, type Entry, type EntryCode, type Seen } from "./entry.ts";
import { appendLeaf, leafHash, rootOf, type Frontier, type Hash, type Subtree } from "./tree.ts";

/** What a node knows of a feed before a batch. */
export interface FeedState {
  readonly channel: string;
  readonly feed: string;
  readonly frontier: Frontier;
  /** Of the last entry; empty before the first. */
  readonly seen: readonly Seen[];
  /** Lamport depth of the last entry; 0 before the first (SPEC 9.2). */
  readonly depth: number;
}

export interface AdmittedEntry {
  readonly bytes: Uint8Array;
  readonly entry: Entry;
  readonly leaf: Hash;
  readonly depth: number;
}

export interface AdmittedBatch {
  readonly state: FeedState;
  readonly entries: readonly AdmittedEntry[];
  readonly subtrees: readonly Subtree[];
  readonly root: Hash;
}

export type AdmissionCode =
  | CheckpointCode
  | EntryCode
  | "too-many"
  | "out-of-order"
  | "entry-channel"
  | "entry-feed"
  | "seen-unknown"
  | "seen-mismatch"
  | "seen-backwards"
  | "hash-mismatch"
  | "root-mismatch";

/** What admission asks about the other feeds of the channel. */
export interface HeldHeads {
  /** Root of a head of `feed` that this node holds with its author's signature; undefined when it holds none. */
  readonly rootAt: (feed: string, size: number) => string | undefined;
  /** Depth of the last entry below `size`. */
  readonly depthAt: (feed: string, size: number) => number;
}

/**
 * Entries that continue `state` up to exactly `checkpoint.size`, under the author's signature.
 * `facts.seq` names the first entry at fault; `out-of-order` says in `facts.have` where to resume.
 */
export function admitBatch(
  backend: CryptoBackend,
  state: FeedState,
  batch: {
    readonly entries: readonly Uint8Array[];
    readonly checkpoint: Checkpoint;
    readonly keys: readonly NodeKey[];
  },
  held: HeldHeads,
): AdmittedBatch | Refusal<AdmissionCode> {
  const { entries: lines, checkpoint, keys } = batch;
  if (lines.length > BUNDLE_ENTRIES_LIMIT) return refuse("too-many", { limit: BUNDLE_ENTRIES_LIMIT });
  const signed = verifyAuthor(backend, checkpoint, keys);
  if (signed !== true) return signed;
  const extended = extendFeed(backend, state, lines, held);
  if (isRefusal(extended)) return extended;
  if (extended.state.frontier.size !== checkpoint.size) {
    return refuse("out-of-order", {
      have: state.frontier.size,
      got: extended.state.frontier.size,
      size: checkpoint.size,
    });
  }
  return bytesEqual(extended.root, checkpoint.root)
    ? extended
    : refuse("root-mismatch", { size: checkpoint.size });
}

/** The same walk without a signature: for the author's own entries and for the verifier, which judges heads apart. */
export function extendFeed(
  backend: CryptoBackend,
  state: FeedState,
  lines: readonly Uint8Array[],
  held: HeldHeads,
): AdmittedBatch | Refusal<AdmissionCode> {
  const entries: AdmittedEntry[] = [];
  const subtrees: Subtree[] = [];
  let tip = state;
  for (const bytes of lines) {
    const entry = parseEntry(bytes);
    if (isRefusal(entry)) return refuse(entry.code, { ...entry.facts, seq: tip.frontier.size });
    const fault = contextFault(tip, entry, held);
    if (fault !== undefined) return fault;
    const leaf = leafHash(backend.sha256, bytes);
    const appended = appendLeaf(backend.sha256, tip.frontier, leaf);
    const depth =
      1 + entry.seen.reduce((most, { feed, size }) => Math.max(most, held.depthAt(feed, size)), tip.depth);
    entries.push({ bytes, entry, leaf, depth });
    for (const subtree of appended.completed) subtrees.push(subtree);
    tip = { ...tip, frontier: appended.frontier, seen: entry.seen, depth };
  }
  return { state: tip, entries, subtrees, root: rootOf(backend.sha256, tip.frontier) };
}

/** SPEC 3.8.4: a payload is what the entry says, byte for byte. */
export function verifyPayload(
  backend: CryptoBackend,
  entry: Entry,
  payload: Uint8Array,
): true | Refusal<"hash-mismatch"> {
  const matches = payload.length === entry.ct_len && encodeBase64url(backend.sha256(payload)) === entry.ct;
  return matches ? true : refuse("hash-mismatch", { seq: entry.seq });
}

function contextFault(tip: FeedState, entry: Entry, held: HeldHeads): Refusal<AdmissionCode> | undefined {
  const seq = tip.frontier.size;
  if (entry.channel !== tip.channel) return refuse("entry-channel", { seq });
  if (entry.feed !== tip.feed) return refuse("entry-feed", { seq });
  if (entry.seq !== seq) return refuse("out-of-order", { have: seq, got: entry.seq });
  for (const before of tip.seen) {
    const now = entry.seen.find((seen) => seen.feed === before.feed);
    if (now === undefined || now.size < before.size) return refuse("seen-backwards", { seq });
  }
  for (const { feed, root, size } of entry.seen) {
    const known = held.rootAt(feed, size);
    if (known === undefined) return refuse("seen-unknown", { seq, size });
    if (known !== root) return refuse("seen-mismatch", { seq, size });
  }
  return undefined;
}
