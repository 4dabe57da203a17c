/** The vectors of codec, ledger, party and transcript as a whole; `test/FOLDER/vectors.test.ts` runs each of them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { CODEC_CODES } from "#parley/codec/codes.ts";
import { LEDGER_CODES } from "#parley/ledger/codes.ts";
import { PARTY_CODES } from "#parley/party/codes.ts";
import { FOLDERS, recordVectors } from "../tools/make-vectors-transcript.ts";
import { expectationOf, vectorFiles, VECTORS } from "./kit/vectors.ts";

test("the vectors are what the script writes", () => {
  const written = recordVectors();
  const there = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, VECTORS)).map((name) => `${folder}/${name}`),
  );
  assert.deepEqual(there.toSorted(), [...written.keys()].sort());
  for (const [path, content] of written) {
    assert.ok(
      readFileSync(new URL(path, VECTORS)).equals(typeof content === "string" ? utf8(content) : content),
      path,
    );
  }
});

/** Codes that a vector cannot show: they need a store, a payload or a clock. Tests of `peer` and `node` do. */
const ELSEWHERE = new Set(["fork", "hash-mismatch", "party-expired"]);

test("every code of codec, ledger and party has a vector", () => {
  const expected = new Set(
    FOLDERS.flatMap((folder) => vectorFiles(folder).map((file) => expectationOf(folder, file))),
  );
  const codes = [CODEC_CODES, LEDGER_CODES, PARTY_CODES].flatMap((table) => Object.keys(table));
  assert.deepEqual(
    codes.filter((code) => !expected.has(code) && !ELSEWHERE.has(code)),
    [],
  );
});
