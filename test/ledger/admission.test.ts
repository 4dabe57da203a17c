/** Admission of a batch: what is answered, what each refusal says, and the depth that an entry gets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import {
  admitBatch,
  extendFeed,
  verifyPayload,
  type FeedState,
  type HeldHeads,
} from "#parley/ledger/admission.ts";
import { encodeCheckpoint, parseCheckpoint, signHead } from "#parley/ledger/checkpoint.ts";
import { encodeEntry, type Entry } from "#parley/ledger/entry.ts";
import { appendLeaf, EMPTY_FRONTIER, leafHash, rootOf } from "#parley/ledger/tree.ts";
import { nodeBackend as backend } from "../crypto/backends.ts";
import { makeSecret, seedBytes } from "../kit/record.ts";

const id = (name: string): string => encodeBase64url(seedBytes(backend, "admission", name));
const author = makeSecret(backend, "author");
const [P, Q] = ["p", "q"].map(id).sort();
assert.ok(P !== undefined && Q !== undefined);
const HELD: HeldHeads = {
  rootAt: (feed, size) => (size <= 9 ? id(`${feed} ${size}`) : undefined),
  depthAt: (feed, size) => (feed === P ? 10 * size : size),
};
const seen = (feed: string, size: number) => ({ feed, root: id(`${feed} ${size}`), size });
const START: FeedState = {
  channel: id("channel"),
  feed: id("author"),
  frontier: EMPTY_FRONTIER,
  seen: [],
  depth: 0,
};

function entryOf(seq: number, change: Partial<Entry> = {}): Entry {
  return {
    channel: START.channel,
    commit: id(`commit ${seq}`),
    ct: id(`payload ${seq}`),
    ct_len: 100,
    feed: START.feed,
    kind: seq === 0 ? "genesis" : seq === 1 ? "party_update" : "message",
    seen: [],
    seq,
    time: "2026-11-22T15:25:50Z",
    v: 1,
    ...change,
  };
}

function extended(entries: readonly Entry[], from: FeedState = START) {
  const answer = extendFeed(backend, from, entries.map(encodeEntry), HELD);
  assert.ok(!isRefusal(answer));
  return answer;
}

const FIRST = extended([entryOf(0), entryOf(1), entryOf(2, { seen: [seen(P, 2), seen(Q, 3)] })]);

function headOf(entries: readonly Entry[], size = entries.length) {
  let frontier = EMPTY_FRONTIER;
  for (const entry of entries)
    frontier = appendLeaf(backend.sha256, frontier, leafHash(backend.sha256, encodeEntry(entry))).frontier;
  const head = { channel: START.channel, feed: START.feed, size, root: rootOf(backend.sha256, frontier) };
  const parsed = parseCheckpoint(encodeCheckpoint(head, signHead(backend, author, head)));
  assert.ok(!isRefusal(parsed));
  return parsed;
}

test("entries come back as they were sent, with leaf, depth and every completed subtree", () => {
  const entries = [
    entryOf(0),
    entryOf(1),
    entryOf(2, { seen: [seen(P, 2), seen(Q, 3)] }),
    entryOf(3, { seen: [seen(P, 2), seen(Q, 9)] }),
  ];
  const lines = entries.map(encodeEntry);
  const batch = { entries: lines, checkpoint: headOf(entries), keys: [author.key] };
  const admitted = admitBatch(backend, START, batch, HELD);
  assert.ok(!isRefusal(admitted));
  assert.deepEqual(admitted.root, batch.checkpoint.root);
  assert.deepEqual(
    admitted.entries,
    entries.map((entry, i) => ({
      bytes: lines[i],
      entry,
      leaf: leafHash(backend.sha256, encodeEntry(entry)),
      depth: [1, 2, 21, 22][i],
    })),
  );
  assert.deepEqual(
    admitted.subtrees.map(({ level, index }) => [level, index]),
    [
      [1, 0],
      [1, 1],
      [2, 0],
    ],
  );
  assert.equal(admitted.state.depth, 22);
  assert.deepEqual(admitted.state.seen, entries[3]?.seen);
  assert.equal(admitted.state.frontier.size, 4);
  const rest = { ...batch, entries: lines.slice(3) };
  const later = admitBatch(backend, FIRST.state, rest, HELD);
  assert.ok(!isRefusal(later));
  assert.deepEqual(later.state, admitted.state);
});

test("each refusal names the place", () => {
  const rows: readonly (readonly [Entry, string, object])[] = [
    [entryOf(3, { channel: id("other"), seen: FIRST.state.seen }), "entry-channel", { seq: 3 }],
    [entryOf(3, { feed: id("other"), seen: FIRST.state.seen }), "entry-feed", { seq: 3 }],
    [entryOf(4, { seen: FIRST.state.seen }), "out-of-order", { have: 3, got: 4 }],
    [entryOf(2, { seen: FIRST.state.seen }), "out-of-order", { have: 3, got: 2 }],
    [entryOf(3), "seen-backwards", { seq: 3 }],
    [entryOf(3, { seen: [seen(P, 2)] }), "seen-backwards", { seq: 3 }],
    [entryOf(3, { seen: [seen(P, 1), seen(Q, 3)] }), "seen-backwards", { seq: 3 }],
    [entryOf(3, { seen: [seen(P, 5), seen(Q, 2)] }), "seen-backwards", { seq: 3 }],
    [entryOf(3, { seen: [seen(P, 2), seen(Q, 10)] }), "seen-unknown", { seq: 3, size: 10 }],
    [
      entryOf(3, { seen: [seen(P, 2), { ...seen(Q, 4), root: id("x") }] }),
      "seen-mismatch",
      { seq: 3, size: 4 },
    ],
  ];
  for (const [entry, code, facts] of rows) {
    const answer = extendFeed(backend, FIRST.state, [encodeEntry(entry)], HELD);
    assert.ok(isRefusal(answer), code);
    assert.deepEqual([answer.code, answer.facts], [code, facts]);
  }
  const line = extendFeed(backend, FIRST.state, [utf8("x")], HELD);
  assert.ok(isRefusal(line));
  assert.deepEqual([line.code, line.facts], ["json-syntax", { offset: 0, seq: 3 }]);
});

test("a batch stands under its head alone", () => {
  const entries = [entryOf(0), entryOf(1), entryOf(2)];
  const lines = entries.map(encodeEntry);
  const judge = (batch: object) => {
    const answer = admitBatch(
      backend,
      START,
      { entries: lines, checkpoint: headOf(entries), keys: [author.key], ...batch },
      HELD,
    );
    return isRefusal(answer) ? [answer.code, answer.facts] : "admitted";
  };
  assert.equal(judge({}), "admitted");
  assert.deepEqual(judge({ keys: [makeSecret(backend, "other").key] }), ["unknown-key", {}]);
  assert.deepEqual(judge({ entries: lines.slice(0, 2) }), ["out-of-order", { have: 0, got: 2, size: 3 }]);
  assert.deepEqual(judge({ checkpoint: headOf(entries.slice(0, 2)) }), [
    "out-of-order",
    { have: 0, got: 3, size: 2 },
  ]);
  assert.deepEqual(judge({ checkpoint: headOf(entries.toReversed()) }), ["root-mismatch", { size: 3 }]);
  assert.deepEqual(judge({ entries: [...lines, utf8("{}")] }), ["entry-schema", { member: "", seq: 3 }]);
  const bytes = new Uint8Array(0);
  assert.deepEqual(judge({ entries: Array.from({ length: 257 }, () => bytes) }), [
    "too-many",
    { limit: 256 },
  ]);
  assert.deepEqual(judge({ entries: Array.from({ length: 256 }, () => bytes) }), [
    "json-syntax",
    { offset: 0, seq: 0 },
  ]);
});

test("a payload is what its entry says", () => {
  const payload = utf8("sealed");
  const ct = encodeBase64url(backend.sha256(payload));
  assert.equal(verifyPayload(backend, entryOf(7, { ct, ct_len: 6 }), payload), true);
  for (const change of [{ ct, ct_len: 7 }, { ct_len: 6 }, {}]) {
    const answer = verifyPayload(backend, entryOf(7, change), payload);
    assert.ok(isRefusal(answer));
    assert.deepEqual([answer.code, answer.facts], ["hash-mismatch", { seq: 7 }]);
  }
});
