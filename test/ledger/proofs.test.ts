/** Files that prove: one entry under a head, and two heads that no history has. Form to the byte, then meaning. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64, encodeBase64url, u32be, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeCheckpoint, parseCheckpoint, signHead, type Head } from "#parley/ledger/checkpoint.ts";
import {
  encodeForkProof,
  forkPath,
  makeForkProof,
  parseForkProof,
  verifyForkProof,
} from "#parley/ledger/fork.ts";
import { encodeProof, parseProof, verifyInclusion } from "#parley/ledger/proof.ts";
import { inclusionPath, leafHash, rootAt, subtreeReader } from "#parley/ledger/tree.ts";
import { nodeBackend as backend } from "../crypto/backends.ts";
import { makeSecret, seedBytes } from "../kit/record.ts";

const { sha256 } = backend;
const id = (name: string): string => encodeBase64url(seedBytes(backend, "proofs", name));
const author = makeSecret(backend, "author");
const entries = Array.from({ length: 9 }, (_, i) => u32be(i));
const readerOf = (lines: readonly Uint8Array[]) =>
  subtreeReader(sha256, (level, i) => (level === 0 ? lines[i] && leafHash(sha256, lines[i]) : undefined));
const read = readerOf(entries);
const lying = readerOf(entries.map((_, i) => u32be(100 + i)));

function noteOf(size: number, change: Partial<Head> = {}): Uint8Array {
  const head = {
    channel: id("channel"),
    feed: id("feed"),
    size,
    root: rootAt(sha256, read, size),
    ...change,
  };
  return encodeCheckpoint(head, signHead(backend, author, head));
}

function headOf(size: number, change: Partial<Head> = {}) {
  const parsed = parseCheckpoint(noteOf(size, change));
  assert.ok(!isRefusal(parsed));
  return parsed;
}

const NOTE = noteOf(7);
const PATH = inclusionPath(sha256, read, 3, 7);
const PROOF = utf8ToText(encodeProof({ index: 3, path: PATH, checkpoint: NOTE })) ?? "";

test("a proof is its header, its index, its path and a checkpoint", () => {
  const lines = PATH.map(encodeBase64).join("\n");
  assert.equal(PROOF, `c2sp.org/tlog-proof@v1\nindex 3\n${lines}\n\n${utf8ToText(NOTE)}`);
  const proof = parseProof(utf8(PROOF));
  assert.ok(!isRefusal(proof));
  assert.deepEqual([proof.index, proof.path, proof.checkpoint.size], [3, PATH, 7]);
  const extra = parseProof(utf8(PROOF.replace("index", "extra AAAA\nindex")));
  assert.deepEqual(extra, proof);
  for (const [i, entry] of entries.entries())
    assert.equal(codeOf(verifyInclusion(sha256, proof, entry)), i === 3 ? "true" : "proof-mismatch");
  assert.equal(
    codeOf(verifyInclusion(sha256, { ...proof, path: PATH.slice(1) }, u32be(3))),
    "proof-mismatch",
  );
});

test("a proof of another form is refused by the layer that it breaks", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["", "proof-malformed"],
    ["x", "proof-malformed"],
    ["\n\n", "proof-malformed"],
    [`\n\n${utf8ToText(NOTE)}`, "proof-malformed"],
    ["c2sp.org/tlog-proof@v1\n\n", "proof-malformed"],
    [PROOF.replace("@v1", "@v2"), "proof-malformed"],
    [PROOF.replace("index 3", "index 03"), "proof-malformed"],
    [PROOF.replace("index 3", "index"), "proof-malformed"],
    [PROOF.replace("index 3", "x index 3"), "proof-malformed"],
    [PROOF.replace("index 3", "index 3 "), "proof-malformed"],
    [PROOF.replace("index 3", "index 12345678901234567"), "proof-malformed"],
    [PROOF.replace("index 3", "extra A\nextra A\nindex 3"), "proof-malformed"],
    [PROOF.replace("index 3", "extr A\nindex 3"), "proof-malformed"],
    [PROOF.replace("index 3", "index 3\nAAAA"), "proof-malformed"],
    [PROOF.replace("index 3", "index 7"), "proof-index"],
    [PROOF.replace("index 3", "index 10"), "proof-index"],
    [PROOF.replace("index 3", "index 1234567890123456"), "proof-index"],
    [PROOF.replace("\n\n", "\n\n\n"), "checkpoint-malformed"],
    [PROOF.slice(0, -1), "note-malformed"],
  ];
  for (const [text, code] of rows) assert.equal(codeOf(parseProof(utf8(text))), code, text.slice(0, 60));
  assert.equal(codeOf(parseProof(Uint8Array.of(0xff))), "proof-malformed");
  assert.ok(!isRefusal(parseProof(utf8(PROOF.replace("index 3", "index 6")))));
});

test("a proof has at most 64 hashes and the bytes for them", () => {
  const long = (count: number) =>
    codeOf(
      parseProof(
        encodeProof({
          index: 3,
          path: Array.from({ length: count }, () => new Uint8Array(32)),
          checkpoint: NOTE,
        }),
      ),
    );
  assert.equal(long(64), "[object Object]");
  assert.equal(long(65), "proof-malformed");
  // A note at its own limit still fits under a path of 64; one byte over both together is not read at all.
  const limit = 131_072 + 64 * 45 + 128;
  assert.equal(codeOf(parseProof(utf8(PROOF + "x".repeat(limit - utf8(PROOF).length)))), "note-too-large");
  assert.equal(
    codeOf(parseProof(utf8(PROOF + "x".repeat(limit - utf8(PROOF).length + 1)))),
    "proof-malformed",
  );
});

const LIE = headOf(5, { root: rootAt(sha256, lying, 5) });

test("a fork of every pair of sizes is proved, and one history never is", () => {
  for (const newer of [1, 3, 5, 8])
    for (let older = 1; older <= newer; older++) {
      const path = forkPath(sha256, read, older, newer);
      const lie = headOf(older, { root: rootAt(sha256, lying, older) });
      const keys = (size: number) => (size === older || size === newer ? [author.key] : []);
      for (const [head, expected] of [
        [lie, "true"],
        [headOf(older), "fork-unproved"],
      ] as const)
        for (const proof of [
          makeForkProof(head, headOf(newer), path),
          makeForkProof(headOf(newer), head, path),
        ]) {
          const parsed = parseForkProof(encodeForkProof(proof));
          assert.ok(!isRefusal(parsed));
          assert.deepEqual([parsed.older.size, parsed.newer.size, parsed.path], [older, newer, path]);
          assert.equal(codeOf(verifyForkProof(backend, parsed, keys)), expected, `${older} of ${newer}`);
        }
    }
  assert.deepEqual(forkPath(sha256, read, 4, 4), []);
  const same = makeForkProof(LIE, headOf(5), []);
  assert.equal(same.older, LIE);
});

test("a fork needs one feed, its author twice, and a path of the newer tree", () => {
  const path = forkPath(sha256, read, 5, 9);
  const keys = () => [author.key];
  const judge = (
    proof: Parameters<typeof verifyForkProof>[1],
    at: (size: number) => readonly (typeof author.key)[] = keys,
  ) => codeOf(verifyForkProof(backend, proof, at));
  assert.equal(judge({ older: LIE, newer: headOf(9), path }), "true");
  assert.equal(judge({ older: LIE, newer: headOf(9), path: path.slice(1) }), "fork-unproved");
  assert.equal(judge({ older: LIE, newer: headOf(9), path: [] }), "fork-unproved");
  assert.equal(judge({ older: LIE, newer: headOf(9, { root: sha256(u32be(1)) }), path }), "fork-unproved");
  assert.equal(judge({ older: LIE, newer: headOf(9, { channel: id("x") }), path }), "fork-unproved");
  assert.equal(judge({ older: LIE, newer: headOf(9, { feed: id("x") }), path }), "fork-unproved");
  assert.equal(judge({ older: LIE, newer: headOf(5, { channel: id("x") }), path: [] }), "fork-unproved");
  assert.equal(judge({ older: LIE, newer: headOf(5, { feed: id("x") }), path: [] }), "fork-unproved");
  for (const missing of [5, 9])
    assert.equal(
      judge({ older: LIE, newer: headOf(9), path }, (size) => (size === missing ? [] : keys())),
      "fork-unproved",
    );
});

test("a fork proof has its members alone", () => {
  const note = (bytes: Uint8Array): string => utf8ToText(bytes) ?? "";
  const whole: JsonObject = {
    newer: note(noteOf(9)),
    older: note(noteOf(5)),
    path: [id("a")],
    type: "fork",
    v: 1,
  };
  const { path: _path, ...without } = whole;
  const hashes = (count: number): readonly string[] => Array.from({ length: count }, () => id("a"));
  const rows: readonly (readonly [JsonObject, boolean])[] = [
    [whole, true],
    [{ ...whole, path: hashes(64) }, true],
    [{ ...whole, path: hashes(65) }, false],
    [without, false],
    [{ ...whole, z: 1 }, false],
    [{ ...whole, type: "spoon" }, false],
    [{ ...whole, v: 2 }, false],
    [{ ...whole, older: 1 }, false],
    [{ ...whole, newer: "" }, false],
    [{ ...whole, path: "" }, false],
    [{ ...whole, path: [1] }, false],
    [{ ...whole, path: [id("a").slice(1)] }, false],
    [{ ...whole, path: [`${"A".repeat(42)}B`] }, false],
  ];
  for (const [value, isRead] of rows) {
    const parsed = parseForkProof(encodeJson(value));
    assert.equal(isRefusal(parsed) ? parsed.code : "read", isRead ? "read" : "fork-malformed");
  }
  for (const text of ["1", "[]", "x", '""'])
    assert.equal(codeOf(parseForkProof(utf8(text))), "fork-malformed");
});

function codeOf(answer: unknown): string {
  return isRefusal(answer) ? answer.code : String(answer);
}
