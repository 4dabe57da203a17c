/** Every vector of `vectors/transcript/`, by both backends: a transcript, bytes changed in it, and what is said of it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { concatBytes, hexToBytes, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal, refuse } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { parseTrust } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { BACKENDS } from "../crypto/backends.ts";
import { checked, Common, testVectors, VECTORS } from "../kit/vectors.ts";

const shape = Compile(
  Type.Object({
    ...Common,
    base: Type.String(),
    edits: Type.Array(Type.Object({ at: Type.Integer(), remove: Type.Integer(), insert: Type.String() })),
    trust: Type.String(),
    verdict: Type.String(),
    feed: Type.Optional(Type.Integer()),
    index: Type.Optional(Type.Integer()),
    until: Type.Optional(Type.Integer()),
  }),
);

testVectors("transcript", BACKENDS, { transcript: runTranscript });

function runTranscript(backend: CryptoBackend, value: unknown): unknown {
  const vector = checked(shape, value);
  let bytes: Uint8Array = readFileSync(new URL(`transcript/${vector.base}`, VECTORS));
  for (const { at, remove, insert } of vector.edits.toReversed()) {
    bytes = concatBytes(bytes.subarray(0, at), hexToBytes(insert) ?? utf8(""), bytes.subarray(at + remove));
  }
  const trust = parseTrust(vector.trust);
  assert.ok(!isRefusal(trust));
  const report = verifyTranscript(backend, bytes, trust);
  assert.equal(report.verdict, vector.verdict);
  if (vector.expect === "accept") return true;
  const warnings = report.feeds.flatMap((feed) => feed.warnings);
  const named = report.verdict === "complete" ? warnings : report.reasons;
  const found = named.find(({ code }) => code === vector.expect);
  if (vector.feed !== undefined) {
    const bad = report.feeds[vector.feed]?.first_bad;
    assert.deepEqual([bad?.code, bad?.index, bad?.until], [vector.expect, vector.index, vector.until]);
  }
  return found === undefined ? true : refuse(found.code);
}
