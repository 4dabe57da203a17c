/**
 * Roots of one feed at every size that a head, a manifest or another feed names (SPEC 7.3.3, 7.3.4).
 *
 * Two trees: over the entries shown, and over the hashes listed in the `leaves` record where they differ. Each is
 * grown once; the tree that leads to a signed root is the one that the author signed.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { subtreeReader, type Hash, type Sha256, type SubtreeReader } from "#parley/ledger/tree.ts";
import type { FeedWork, Roots } from "./feed-work.ts";
import { createHasher, type Hasher } from "./hasher.ts";
import { HASH_SIZE_BYTES } from "./sections.ts";

/** Fills `rootsShown`, and `rootsListed` where leaves differ. */
export function growTrees(backend: CryptoBackend, work: FeedWork): void {
  growTree(backend, work.leaves.length, (i) => work.leaves[i], work.wanted, work.rootsShown);
  if (work.firstDifference === undefined) return;
  const { listed } = work.section;
  growTree(
    backend,
    listed.length / HASH_SIZE_BYTES,
    (i) => listedLeaf(work, i),
    work.wanted,
    work.rootsListed,
  );
}

/** Over the tree that the author signed, for the path of a fork proof. */
export function authenticReader(sha256: Sha256, work: FeedWork): SubtreeReader {
  const shown = work.authenticRoots === work.rootsShown;
  return subtreeReader(sha256, (level, index) => {
    if (level > 0) return undefined;
    return shown ? work.leaves[index] : listedLeaf(work, index);
  });
}

function listedLeaf(work: FeedWork, index: number): Hash | undefined {
  const leaf = work.section.listed.subarray(index * HASH_SIZE_BYTES, (index + 1) * HASH_SIZE_BYTES);
  return leaf.length === HASH_SIZE_BYTES ? leaf : undefined;
}

/** RFC 6962 on a stack of perfect subtrees: one entry in `stack` for each set bit of the size. */
function growTree(
  backend: CryptoBackend,
  size: number,
  leafAt: (index: number) => Hash | undefined,
  wanted: ReadonlySet<number>,
  roots: Roots,
): void {
  const nodeHash = createHasher(backend).node;
  const stack: Hash[] = [];
  if (wanted.has(0)) roots.set(0, encodeBase64url(backend.sha256(new Uint8Array(0))));
  for (let i = 0; i < size; i++) {
    let node = leafAt(i);
    if (node === undefined) return;
    // Each trailing one bit of the old size is a subtree that this leaf completes.
    for (let bits = i; bits % 2 === 1; bits = (bits - 1) / 2) {
      const left = stack.pop();
      if (left !== undefined) node = nodeHash(left, node);
    }
    stack.push(node);
    if (wanted.has(i + 1)) roots.set(i + 1, encodeBase64url(rootOfStack(nodeHash, stack)));
  }
}

function rootOfStack(nodeHash: Hasher["node"], stack: readonly Hash[]): Hash {
  let root = stack.at(-1) ?? new Uint8Array(0);
  for (let i = stack.length - 2; i >= 0; i--) root = nodeHash(stack[i] ?? root, root);
  return root;
}
