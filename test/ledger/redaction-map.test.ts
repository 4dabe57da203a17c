/** Maps of redacted copies: counts and lists to the unit, and what opens them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { commitTo } from "#parley/crypto/payload.ts";
import {
  parseRedactionMap,
  parseRevealedPiece,
  pieceLeaf,
  PLACES_LIMIT,
  REDACTION_ACTS,
  REDACTION_FORMATS,
  verifyCopy,
  verifyRevealedOriginal,
  verifyRevealedPiece,
  type RedactionMap,
} from "#parley/ledger/redaction-map.ts";
import { leafHash, nodeHash } from "#parley/ledger/tree.ts";
import { nodeBackend as backend } from "../crypto/backends.ts";

const SALT = new Uint8Array(32).fill(7);
const COPY = utf8("a copy");
const IDENTITY = { digest: encodeBase64url(backend.sha256(utf8("the original"))), size_bytes: 12 };
const PIECE = { at: "/lines/2", how: "masked" as const, value: utf8("ada") };
const NEIGHBOUR = backend.sha256(utf8("neighbour"));
const LEAF = pieceLeaf(backend, SALT, PIECE);

const MAP: RedactionMap = {
  copy: { digest: encodeBase64url(backend.sha256(COPY)), size_bytes: COPY.length },
  format: "log",
  left_out: [{ count: 2, how: "masked" }],
  original: { commit: encodeBase64url(commitTo(backend, SALT, encodeJson(IDENTITY))) },
  pieces: { count: 2, root: encodeBase64url(nodeHash(backend.sha256, LEAF, NEIGHBOUR)) },
  places: [
    { at: "/lines/2", how: "masked" },
    { at: "/lines/3", how: "masked" },
  ],
  type: "redaction",
  v: 1,
};
const REVEALED = {
  at: PIECE.at,
  how: PIECE.how,
  index: 0,
  path: [encodeBase64url(NEIGHBOUR)],
  salt: encodeBase64url(SALT),
  type: "redaction.piece",
  v: 1,
  value: encodeBase64url(PIECE.value),
} as const;

function readsMap(change: JsonObject): boolean {
  const read = parseRedactionMap(encodeJson({ ...MAP, ...change }));
  if (isRefusal(read)) assert.equal(read.code, "redaction-map-malformed");
  else assert.deepEqual(read, { ...MAP, ...change });
  return !isRefusal(read);
}

function readsPiece(change: JsonObject): boolean {
  const read = parseRevealedPiece(encodeJson({ ...REVEALED, ...change }));
  if (isRefusal(read)) assert.equal(read.code, "redaction-map-malformed");
  return !isRefusal(read);
}

/** A map with this many pieces, masked and dropped, and this many places. */
function counted(masked: number, dropped: number, listed: number): JsonObject {
  return {
    left_out: [
      { count: dropped, how: "dropped" },
      { count: masked, how: "masked" },
    ],
    pieces: { ...MAP.pieces, count: masked + dropped },
    places: Array.from({ length: listed }, () => ({ at: "x", how: "masked" })),
  };
}

test("a map is read when its counts add up and every place is there, up to the limit", () => {
  assert.ok(readsMap({}));
  assert.ok(readsMap(counted(0, 0, 0)));
  assert.ok(readsMap(counted(2, 3, 5)));
  for (const listed of [0, 4, 6]) assert.ok(!readsMap(counted(2, 3, listed)));
  assert.ok(readsMap(counted(PLACES_LIMIT, 0, PLACES_LIMIT)));
  assert.ok(readsMap(counted(PLACES_LIMIT, 5, PLACES_LIMIT)));
  assert.ok(!readsMap(counted(PLACES_LIMIT, 5, PLACES_LIMIT + 5)));
  assert.ok(!readsMap({ ...counted(2, 3, 5), pieces: { ...MAP.pieces, count: 4 } }));
});

test("a map has the members, codes and lengths of its clause alone", () => {
  const hash = MAP.pieces.root;
  const bad: readonly JsonObject[] = [
    { v: 2 },
    { type: "redactions" },
    { format: "zip" },
    { more: 1 },
    { copy: { ...MAP.copy, name: "x" } },
    { copy: { digest: hash.slice(1), size_bytes: 1 } },
    { copy: { digest: `${hash}A`, size_bytes: 1 } },
    { copy: { digest: `+${hash.slice(1)}`, size_bytes: 1 } },
    { copy: { digest: hash, size_bytes: -1 } },
    { original: { commit: hash, salt: hash } },
    { pieces: { count: 2, root: hash, seed: hash } },
    { left_out: [{ count: 2, how: "masked", why: "x" }] },
    { left_out: [{ count: 2, how: "eaten" }] },
    { left_out: [2, 0, 0, 0, 0, 0, 0].map((count) => ({ count, how: "masked" })) },
    { places: [...MAP.places.slice(1), { at: "x", how: "masked", value: "x" }] },
    { places: [...MAP.places.slice(1), { at: "x", how: "eaten" }] },
    { places: [...MAP.places.slice(1), { at: "x".repeat(257), how: "masked" }] },
  ];
  for (const change of bad) assert.ok(!readsMap(change), JSON.stringify(change).slice(0, 80));
  assert.ok(readsMap({ places: [...MAP.places.slice(1), { at: "x".repeat(256), how: "masked" }] }));
  assert.ok(readsMap({ left_out: [2, 0, 0, 0, 0, 0].map((count) => ({ count, how: "masked" })) }));
  for (const format of ["json", "stix", "csv", "log", "mail", "capture", "pdf", "image"])
    assert.ok(readsMap({ format }));
  for (const how of ["dropped", "masked", "changed", "cut", "covered", "stripped"])
    assert.ok(readsMap({ left_out: [{ count: 2, how }] }));
  assert.deepEqual([REDACTION_FORMATS.length, REDACTION_ACTS.length], [8, 6]);
});

test("a piece has the members and lengths of its clause alone", () => {
  const hash = REVEALED.salt;
  assert.ok(readsPiece({}));
  assert.ok(readsPiece({ value: "", path: [], at: "" }));
  assert.ok(readsPiece({ at: "x".repeat(65_536), path: Array.from({ length: 64 }, () => hash) }));
  const bad: readonly JsonObject[] = [
    { v: 2 },
    { type: "redaction" },
    { more: 1 },
    { index: -1 },
    { index: "0" },
    { salt: hash.slice(1) },
    { how: "eaten" },
    { value: "a b" },
    { value: "ab=" },
    { value: "=ab" },
    { at: "x".repeat(65_537) },
    { path: [hash.slice(1)] },
    { path: Array.from({ length: 65 }, () => hash) },
  ];
  for (const change of bad) assert.ok(!readsPiece(change), JSON.stringify(change).slice(0, 80));
  assert.ok(isRefusal(parseRevealedPiece(utf8(" "))));
});

test("the leaf of a piece commits to act, place and value", () => {
  assert.deepEqual(LEAF, leafHash(backend.sha256, commitTo(backend, SALT, utf8("masked /lines/2\nada"))));
});

test("a piece is judged by its path alone", () => {
  const judge = (change: object): string => {
    const read = parseRevealedPiece(encodeJson({ ...REVEALED, ...change }));
    assert.ok(!isRefusal(read));
    const judged = verifyRevealedPiece(backend, MAP, read);
    if (isRefusal(judged) && judged.code === "reveal-mismatch")
      assert.deepEqual(judged.facts, { index: read.index });
    return isRefusal(judged) ? judged.code : Buffer.from(judged).toString();
  };
  assert.equal(judge({}), "ada");
  const spare = `${"A".repeat(42)}B`;
  for (const change of [
    { salt: spare },
    { value: "B" },
    { path: [spare] },
    { path: [...REVEALED.path, spare] },
  ])
    assert.equal(judge(change), "redaction-map-malformed");
  const others = [
    { index: 1 },
    { index: 2 },
    { at: "/lines/3" },
    { how: "cut" },
    { value: "" },
    { path: [] },
    { path: [...REVEALED.path, ...REVEALED.path] },
    { salt: "A".repeat(43) },
  ];
  for (const change of others) assert.equal(judge(change), "reveal-mismatch");
});

test("the original and the copy are these files and no other", () => {
  const salt = encodeBase64url(SALT);
  const opening = { salt, value: { ...IDENTITY, more: "passed over" } };
  assert.equal(verifyRevealedOriginal(backend, MAP, opening), true);
  for (const value of [
    { ...IDENTITY, size_bytes: 13 },
    { ...IDENTITY, digest: salt },
  ])
    assert.equal(codeOf(verifyRevealedOriginal(backend, MAP, { salt, value })), "reveal-mismatch");
  assert.equal(verifyCopy(backend, MAP, COPY), true);
  const copies = [MAP.copy, { ...MAP.copy, size_bytes: 7 }, { ...MAP.copy, digest: `${"A".repeat(42)}B` }];
  assert.equal(codeOf(verifyCopy(backend, MAP, utf8("b copy"))), "reveal-mismatch");
  for (const copy of copies.slice(1))
    assert.equal(codeOf(verifyCopy(backend, { ...MAP, copy }, COPY)), "reveal-mismatch");
});

function codeOf(answer: unknown): string | undefined {
  return isRefusal(answer) ? answer.code : undefined;
}
