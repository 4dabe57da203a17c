/** The tip of a feed as two columns: frontier hashes in a row, and the `seen` heads as JSON. */
import { concatBytes } from "#parley/codec/bytes.ts";
import type { Seen } from "#parley/ledger/entry.ts";
import type { Frontier, Subtree } from "#parley/ledger/tree.ts";
import { StoreFault } from "./store.ts";

const HASH_BYTES = 32;

/** Level and index of each subtree follow from the size, so only the hashes are kept, largest subtree first. */
export function encodeFrontier(frontier: Frontier): Uint8Array {
  return concatBytes(...frontier.subtrees.map((subtree) => subtree.hash));
}

export function parseFrontier(size: number, hashes: Uint8Array): Frontier {
  const subtrees: Subtree[] = [];
  let start = 0;
  for (const level of levelsOf(size)) {
    const offset = subtrees.length * HASH_BYTES;
    subtrees.push({ level, index: start / 2 ** level, hash: hashes.slice(offset, offset + HASH_BYTES) });
    start += 2 ** level;
  }
  if (hashes.length !== subtrees.length * HASH_BYTES) throw new StoreFault("corrupt");
  return { size, subtrees };
}

/** True when the subtrees are those of a tree of that size, with whole hashes: what `parseFrontier` gives back. */
export function isWholeFrontier(frontier: Frontier): boolean {
  const levels = levelsOf(frontier.size);
  if (levels.length !== frontier.subtrees.length) return false;
  return frontier.subtrees.every(({ level, hash }, i) => level === levels[i] && hash.length === HASH_BYTES);
}

export function encodeSeen(seen: readonly Seen[]): string {
  return JSON.stringify(seen.map(({ feed, root, size }) => [feed, root, size]));
}

export function parseSeen(text: string): readonly Seen[] {
  return parseArray(text).map((head) => {
    const [feed, root, size] = arrayOf(head);
    if (typeof feed !== "string" || typeof root !== "string" || typeof size !== "number") {
      throw new StoreFault("corrupt");
    }
    return { feed, root, size };
  });
}

/** Set bits of `size`, highest first: the levels of the frontier. */
function levelsOf(size: number): readonly number[] {
  const levels: number[] = [];
  for (let rest = size; rest > 0; rest -= 2 ** (levels.at(-1) ?? 0)) {
    let level = 0;
    while (2 ** (level + 1) <= rest) level += 1;
    levels.push(level);
  }
  return levels;
}

function parseArray(text: string): readonly unknown[] {
  try {
    return arrayOf(JSON.parse(text));
  } catch (cause) {
    throw new StoreFault("corrupt", { cause });
  }
}

function arrayOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new StoreFault("corrupt");
  return value;
}
