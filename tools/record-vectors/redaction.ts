/** Vectors of chapter 13: the map of a redacted copy, and pieces revealed later. */
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, jsonToText, type JsonObject } from "#parley/codec/json.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { pieceLeaf, type RedactionAct } from "#parley/ledger/redaction-map.ts";
import { appendLeaf, EMPTY_FRONTIER, inclusionPath, rootOf, subtreeReader } from "#parley/ledger/tree.ts";
import { seedBytes } from "../../test/kit/record.ts";
import { bytesToInput, type Vector } from "./vector.ts";

/** Left out of the file of these vectors, in order. */
const PIECES: readonly (readonly [at: string, how: RedactionAct, value: string])[] = [
  ["/lines/1/bytes/9-12", "masked", "ada"],
  ["/lines/2", "dropped", "user=bo from=192.0.2.7"],
  ["/lines/4/bytes/0-2", "masked", "eva"],
];

export function redactionVectors(backend: CryptoBackend): readonly Vector[] {
  const { map, piece } = makeMaterial(backend);
  return [...mapVectors(map), ...pieceVectors(map, piece)];
}

function makeMaterial(backend: CryptoBackend): { readonly map: JsonObject; readonly piece: JsonObject } {
  const hashOf = (name: string): string => encodeBase64url(seedBytes(backend, "redaction", name));
  const leaves = PIECES.map(([at, how, value], i) =>
    pieceLeaf(backend, seedBytes(backend, "redaction salt", String(i)), { at, how, value: utf8(value) }),
  );
  let frontier = EMPTY_FRONTIER;
  for (const leaf of leaves) frontier = appendLeaf(backend.sha256, frontier, leaf).frontier;
  const reader = subtreeReader(backend.sha256, (level, index) => (level === 0 ? leaves[index] : undefined));
  const [, second = ["", "dropped", ""] as const] = PIECES;
  const map = {
    copy: { digest: hashOf("copy"), size_bytes: 120 },
    format: "log",
    left_out: [
      { count: 1, how: "dropped" },
      { count: 2, how: "masked" },
    ],
    original: { commit: hashOf("original") },
    pieces: { count: PIECES.length, root: encodeBase64url(rootOf(backend.sha256, frontier)) },
    places: PIECES.map(([at, how]) => ({ at, how })),
    type: "redaction",
    v: 1,
  };
  const piece = {
    at: second[0],
    how: second[1],
    index: 1,
    path: inclusionPath(backend.sha256, reader, 1, PIECES.length).map(encodeBase64url),
    salt: encodeBase64url(seedBytes(backend, "redaction salt", "1")),
    type: "redaction.piece",
    v: 1,
    value: encodeBase64url(utf8(second[2])),
  };
  return { map, piece };
}

function mapVectors(map: JsonObject): readonly Vector[] {
  const { copy: _copy, ...without } = map;
  const rows: readonly [name: string, expect: string, bytes: Uint8Array][] = [
    ["good", "accept", encodeJson(map)],
    ["space", "redaction-map-malformed", utf8(`${jsonToText(map)} `)],
    ["missing-member", "redaction-map-malformed", encodeJson(without)],
    ["extra-member", "redaction-map-malformed", encodeJson({ ...map, z: 1 })],
    ["unknown-format", "redaction-map-malformed", encodeJson({ ...map, format: "zip" })],
    [
      "count-differs",
      "redaction-map-malformed",
      encodeJson({ ...map, left_out: [{ count: 2, how: "masked" }] }),
    ],
    ["places-cut", "redaction-map-malformed", encodeJson({ ...map, places: [] })],
  ];
  return rows.map(([name, expect, bytes]) => ({
    folder: "ledger",
    name: `redaction-map-${name}`,
    kind: "redaction-map",
    expect,
    clause: "13.2",
    input: { input: bytesToInput(bytes) },
  }));
}

function pieceVectors(map: JsonObject, piece: JsonObject): readonly Vector[] {
  const rows: readonly [name: string, expect: string, piece: JsonObject][] = [
    ["good", "accept", piece],
    ["extra-member", "redaction-map-malformed", { ...piece, z: 1 }],
    ["salt-spare-bits", "redaction-map-malformed", { ...piece, salt: `${"A".repeat(42)}B` }],
    ["other-value", "reveal-mismatch", { ...piece, value: encodeBase64url(utf8("somebody")) }],
    ["other-place", "reveal-mismatch", { ...piece, at: "/lines/3" }],
    ["other-act", "reveal-mismatch", { ...piece, how: "cut" }],
    ["other-index", "reveal-mismatch", { ...piece, index: 0 }],
    ["index-beyond", "reveal-mismatch", { ...piece, index: PIECES.length }],
    ["path-empty", "reveal-mismatch", { ...piece, path: [] }],
  ];
  return rows.map(([name, expect, changed]) => ({
    folder: "ledger",
    name: `redaction-piece-${name}`,
    kind: "redaction-piece",
    expect,
    clause: "13.3",
    input: { input: bytesToInput(encodeJson(changed)), map: bytesToInput(encodeJson(map)) },
  }));
}
