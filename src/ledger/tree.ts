/**
 * The Merkle tree of one feed (SPEC 3.3): RFC 6962 hashing, inclusion and consistency proofs.
 *
 * Appending is O(1) amortised on a frontier of at most 53 hashes. Proofs ask a reader for the hashes of perfect
 * subtrees; where a store keeps only some of them, `subtreeHash` computes the rest from below.
 */
import { concatBytes } from "#parley/codec/bytes.ts";

export type Hash = Uint8Array;
export type Sha256 = (bytes: Uint8Array) => Hash;

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export function leafHash(sha256: Sha256, entry: Uint8Array): Hash {
  return sha256(concatBytes(LEAF, entry));
}

export function nodeHash(sha256: Sha256, left: Hash, right: Hash): Hash {
  return sha256(concatBytes(NODE, left, right));
}

/** A perfect subtree: leaves [index · 2^level, (index + 1) · 2^level). */
export interface Subtree {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/** The perfect subtrees that make up a tree of `size` leaves, largest first. */
export interface Frontier {
  readonly size: number;
  readonly subtrees: readonly Subtree[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, subtrees: [] };

/** The new frontier, and every perfect subtree of level ≥ 1 that this leaf completed (for a store to keep). */
export function appendLeaf(
  sha256: Sha256,
  frontier: Frontier,
  leaf: Hash,
): { readonly frontier: Frontier; readonly completed: readonly Subtree[] } {
  const subtrees = frontier.subtrees.slice();
  const completed: Subtree[] = [];
  let tip: Subtree = { level: 0, index: frontier.size, hash: leaf };
  for (let last = subtrees.at(-1); last !== undefined && last.level === tip.level; last = subtrees.at(-1)) {
    subtrees.pop();
    tip = { level: tip.level + 1, index: last.index / 2, hash: nodeHash(sha256, last.hash, tip.hash) };
    completed.push(tip);
  }
  subtrees.push(tip);
  return { frontier: { size: frontier.size + 1, subtrees }, completed };
}

/** Root of the tree; of the empty tree it is the hash of no bytes. */
export function rootOf(sha256: Sha256, frontier: Frontier): Hash {
  let root: Hash | undefined;
  for (let i = frontier.subtrees.length - 1; i >= 0; i--) {
    const hash = frontier.subtrees[i]?.hash;
    if (hash !== undefined) root = root === undefined ? hash : nodeHash(sha256, hash, root);
  }
  return root ?? sha256(new Uint8Array(0));
}

/** Hash of a perfect subtree. May be answered from a cache; asked for level 0 it must know the leaf. */
export type SubtreeReader = (level: number, index: number) => Hash;

/** A reader over kept hashes: what is missing is computed from the level below, down to the leaves. */
export function subtreeReader(
  sha256: Sha256,
  kept: (level: number, index: number) => Hash | undefined,
): SubtreeReader {
  const read: SubtreeReader = (level, index) => {
    const hash = kept(level, index);
    if (hash !== undefined) return hash;
    if (level === 0) throw new RangeError("the store lacks a leaf hash that the tree size promises");
    return nodeHash(sha256, read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
  };
  return read;
}

/** Hash of leaves [start, end) where start is a multiple of the largest power of two below the width. */
function rangeHash(sha256: Sha256, read: SubtreeReader, start: number, end: number): Hash {
  const width = end - start;
  const split = largestPowerBelow(width);
  if (width === 1 || split * 2 === width) return read(Math.log2(width), start / width);
  return nodeHash(sha256, read(Math.log2(split), start / split), rangeHash(sha256, read, start + split, end));
}

export function rootAt(sha256: Sha256, read: SubtreeReader, size: number): Hash {
  return size === 0 ? sha256(new Uint8Array(0)) : rangeHash(sha256, read, 0, size);
}

/** RFC 6962 2.1.1: at most ⌈log2 size⌉ hashes, leaf side first. */
export function inclusionPath(
  sha256: Sha256,
  read: SubtreeReader,
  index: number,
  size: number,
): readonly Hash[] {
  const path: Hash[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start);
    if (index < middle) {
      path.push(rangeHash(sha256, read, middle, end));
      end = middle;
    } else {
      path.push(rangeHash(sha256, read, start, middle));
      start = middle;
    }
  }
  return path.reverse();
}

/** The root that the path leads to, or undefined when its length does not fit index and size. */
export function rootFromInclusion(
  sha256: Sha256,
  leaf: Hash,
  index: number,
  size: number,
  path: readonly Hash[],
): Hash | undefined {
  if (index >= size) return undefined;
  let [position, last] = [index, size - 1];
  let root = leaf;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (position % 2 === 1 || position === last) {
      root = nodeHash(sha256, sibling, root);
      while (position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    } else {
      root = nodeHash(sha256, root, sibling);
    }
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}

/** RFC 6962 2.1.2, for 0 < older ≤ newer; empty when they are equal. */
export function consistencyPath(
  sha256: Sha256,
  read: SubtreeReader,
  older: number,
  newer: number,
): readonly Hash[] {
  if (older === newer) return [];
  const path: Hash[] = [];
  let [start, end, whole] = [0, newer, true];
  while (end !== older) {
    const middle = start + largestPowerBelow(end - start);
    if (older <= middle) {
      path.push(rangeHash(sha256, read, middle, end));
      end = middle;
    } else {
      path.push(rangeHash(sha256, read, start, middle));
      start = middle;
      whole = false;
    }
  }
  if (!whole) path.push(rangeHash(sha256, read, start, end));
  return path.reverse();
}

/**
 * Both roots that a consistency path stands for, or undefined when its length does not fit. The newer root pins
 * the whole newer tree, hence also its prefix: a path whose newer root is signed proves what the older root is.
 */
export function rootsFromConsistency(
  sha256: Sha256,
  older: number,
  newer: number,
  path: readonly Hash[],
  olderRoot: Hash,
): { readonly older: Hash; readonly newer: Hash } | undefined {
  if (older < 1 || older > newer) return undefined;
  if (older === newer) return path.length === 0 ? { older: olderRoot, newer: olderRoot } : undefined;
  let [position, last] = [older - 1, newer - 1];
  while (position % 2 === 1) [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  const seeded = position === 0 ? [olderRoot, ...path] : path;
  const [seed, ...rest] = seeded;
  if (seed === undefined) return undefined;
  let [first, second] = [seed, seed];
  for (const sibling of rest) {
    if (last === 0) return undefined;
    if (position % 2 === 1 || position === last) {
      first = nodeHash(sha256, sibling, first);
      second = nodeHash(sha256, sibling, second);
      while (position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    } else {
      second = nodeHash(sha256, second, sibling);
    }
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 ? { older: first, newer: second } : undefined;
}

function largestPowerBelow(width: number): number {
  let power = 1;
  while (power * 2 < width) power *= 2;
  return power;
}
