/** The tree beside a second implementation, written after RFC 6962 2.1 as it stands there: recursion over leaves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { u32be } from "#parley/codec/bytes.ts";
import {
  appendLeaf,
  consistencyPath,
  EMPTY_FRONTIER,
  inclusionPath,
  leafHash,
  nodeHash,
  rootAt,
  rootFromInclusion,
  rootOf,
  rootsFromConsistency,
  subtreeReader,
  type Hash,
  type Subtree,
} from "#parley/ledger/tree.ts";
import { nodeBackend } from "../crypto/backends.ts";

const SIZE = 20;
const { sha256 } = nodeBackend;
const leaves = Array.from({ length: SIZE }, (_, i) => leafHash(sha256, u32be(i)));
const read = subtreeReader(sha256, (level, index) => (level === 0 ? leaves[index] : undefined));

function split(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}

function treeHash(given: readonly Hash[]): Hash {
  const [only] = given;
  if (only === undefined) return sha256(new Uint8Array(0));
  if (given.length === 1) return only;
  const k = split(given.length);
  return nodeHash(sha256, treeHash(given.slice(0, k)), treeHash(given.slice(k)));
}

function inclusion(m: number, given: readonly Hash[]): readonly Hash[] {
  if (given.length === 1) return [];
  const k = split(given.length);
  return m < k
    ? [...inclusion(m, given.slice(0, k)), treeHash(given.slice(k))]
    : [...inclusion(m - k, given.slice(k)), treeHash(given.slice(0, k))];
}

function consistency(m: number, given: readonly Hash[], whole: boolean): readonly Hash[] {
  if (m === given.length) return whole ? [] : [treeHash(given)];
  const k = split(given.length);
  return m <= k
    ? [...consistency(m, given.slice(0, k), whole), treeHash(given.slice(k))]
    : [...consistency(m - k, given.slice(k), false), treeHash(given.slice(0, k))];
}

function bent(hash: Hash): Hash {
  return hash.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
}

test("a leaf and a node cannot be taken for one another", () => {
  const [a, b] = [sha256(u32be(1)), sha256(u32be(2))];
  assert.deepEqual(leafHash(sha256, u32be(7)), sha256(Uint8Array.of(0, 0, 0, 0, 7)));
  assert.deepEqual(nodeHash(sha256, a, b), sha256(Uint8Array.of(1, ...a, ...b)));
});

test("appending gives the root of every size and each perfect subtree once", () => {
  let frontier = EMPTY_FRONTIER;
  const kept: Subtree[] = [];
  assert.deepEqual(rootOf(sha256, frontier), sha256(new Uint8Array(0)));
  assert.deepEqual(rootAt(sha256, read, 0), sha256(new Uint8Array(0)));
  for (let size = 1; size <= SIZE; size++) {
    const leaf = leaves[size - 1] ?? assert.fail();
    const before = frontier;
    const appended = appendLeaf(sha256, frontier, leaf);
    frontier = appended.frontier;
    kept.push(...appended.completed);
    assert.equal(before.size, size - 1);
    assert.equal(frontier.size, size);
    assert.deepEqual(rootOf(sha256, frontier), treeHash(leaves.slice(0, size)));
    assert.deepEqual(rootAt(sha256, read, size), treeHash(leaves.slice(0, size)));
    for (const { level, index, hash } of frontier.subtrees)
      assert.deepEqual(hash, treeHash(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)));
  }
  for (const { level, index, hash } of kept)
    assert.deepEqual(hash, treeHash(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)));
  assert.deepEqual(
    kept.map(({ level, index }) => `${level}/${index}`).sort(),
    ["1/0", "1/1", "1/2", "1/3", "1/4", "1/5", "1/6", "1/7", "1/8", "1/9", "2/0", "2/1", "2/2", "2/3", "2/4", "3/0", "3/1", "4/0"], // prettier-ignore
  );
});

test("a reader asks for a kept hash first, and a missing leaf is a fault of the store", () => {
  const asked: string[] = [];
  const reader = subtreeReader(sha256, (level, index) => {
    asked.push(`${level}/${index}`);
    return level === 1 ? leaves[index] : undefined;
  });
  assert.deepEqual(reader(2, 1), nodeHash(sha256, leaves[2] ?? assert.fail(), leaves[3] ?? assert.fail()));
  assert.deepEqual(asked, ["2/1", "1/2", "1/3"]);
  assert.throws(() => read(0, SIZE), { name: "RangeError", message: /lacks a leaf/ });
});

test("inclusion: the path of RFC 6962 for every leaf of every size, and no other leads to the root", () => {
  for (let size = 1; size <= SIZE; size++) {
    const tree = leaves.slice(0, size);
    const root = treeHash(tree);
    for (let index = 0; index < size; index++) {
      const leaf = leaves[index] ?? assert.fail();
      const path = inclusionPath(sha256, read, index, size);
      assert.deepEqual(path, inclusion(index, tree));
      assert.deepEqual(rootFromInclusion(sha256, leaf, index, size, path), root);
      assert.equal(rootFromInclusion(sha256, leaf, index, size, [...path, leaf]), undefined);
      if (path.length > 0)
        assert.equal(rootFromInclusion(sha256, leaf, index, size, path.slice(1)), undefined);
      for (let at = 0; at < path.length; at++) {
        const other = path.map((hash, i) => (i === at ? bent(hash) : hash));
        assert.notDeepEqual(rootFromInclusion(sha256, leaf, index, size, other), root);
      }
    }
    const leaf = leaves[0] ?? assert.fail();
    assert.equal(rootFromInclusion(sha256, leaf, size, size, []), undefined);
    assert.equal(rootFromInclusion(sha256, leaf, size + 1, size, inclusion(0, tree)), undefined);
  }
  assert.equal(rootFromInclusion(sha256, leaves[0] ?? assert.fail(), 0, 0, []), undefined);
});

test("consistency: the path of RFC 6962 for every pair of sizes, and both roots from it", () => {
  for (let newer = 1; newer <= SIZE; newer++)
    for (let older = 1; older <= newer; older++) {
      const tree = leaves.slice(0, newer);
      const [olderRoot, newerRoot] = [treeHash(leaves.slice(0, older)), treeHash(tree)];
      const path = consistencyPath(sha256, read, older, newer);
      assert.deepEqual(path, consistency(older, tree, true));
      const roots = rootsFromConsistency(sha256, older, newer, path, olderRoot);
      assert.deepEqual(roots, { older: olderRoot, newer: newerRoot });
      const longer = [...path, newerRoot];
      assert.equal(rootsFromConsistency(sha256, older, newer, longer, olderRoot), undefined);
      if (path.length > 0)
        assert.equal(rootsFromConsistency(sha256, older, newer, path.slice(0, -1), olderRoot), undefined);
      for (let at = 0; at < path.length; at++) {
        const other = path.map((hash, i) => (i === at ? bent(hash) : hash));
        assert.notDeepEqual(rootsFromConsistency(sha256, older, newer, other, olderRoot)?.newer, newerRoot);
      }
    }
});

test("consistency: sizes that no two heads have lead nowhere", () => {
  const root = leaves[0] ?? assert.fail();
  for (const [older, newer] of [
    [0, 0],
    [0, 1],
    [-1, 1],
    [2, 1],
    [3, 2],
  ] as const)
    assert.equal(rootsFromConsistency(sha256, older, newer, [], root), undefined);
  assert.equal(rootsFromConsistency(sha256, 3, 7, [], root), undefined);
});
