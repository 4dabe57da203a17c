/**
 * Runs a pure tree function over hashes that lie in the store, reading only what it asks for.
 *
 * The store keeps leaves and the perfect subtrees of every eighth level, so one wanted subtree costs at most 128
 * reads and a proof in a tree of a million entries a few hundred, whatever the size of the feed.
 */
import { nodeHash, type Hash, type Sha256, type SubtreeReader } from "#parley/ledger/tree.ts";
import type { FeedKey, Store } from "#parley/store/store.ts";

class Missing extends Error {
  readonly level: number;
  readonly index: number;

  constructor(level: number, index: number) {
    super("a subtree hash is not read yet");
    this.level = level;
    this.index = index;
  }
}

/** `query` may run several times; it must be pure. Throws `RangeError` for leaves the feed does not have. */
export async function queryTree<T>(
  store: Store,
  sha256: Sha256,
  key: FeedKey,
  query: (read: SubtreeReader) => T,
): Promise<T> {
  const known = new Map<string, Hash>();
  const read: SubtreeReader = (level, index) => {
    const hash = known.get(`${level}/${index}`);
    if (hash === undefined) throw new Missing(level, index);
    return hash;
  };
  for (;;) {
    try {
      return query(read);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      known.set(`${error.level}/${error.index}`, await subtreeHash(store, sha256, key, error));
    }
  }
}

async function subtreeHash(
  store: Store,
  sha256: Sha256,
  key: FeedKey,
  { level, index }: { readonly level: number; readonly index: number },
): Promise<Hash> {
  const kept = await store.subtree(key, level, index);
  if (kept !== undefined) return kept;
  if (level === 0) throw new RangeError("the feed has no such leaf");
  const left = await subtreeHash(store, sha256, key, { level: level - 1, index: 2 * index });
  const right = await subtreeHash(store, sha256, key, { level: level - 1, index: 2 * index + 1 });
  return nodeHash(sha256, left, right);
}
