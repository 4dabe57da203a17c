/** Every vector of `vectors/{codec,ledger,party,transcript}/`, by both backends where signatures are checked. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { EXCHANGE_LIMITS, parseBundle } from "#parley/codec/bundle.ts";
import { concatBytes, hexToBytes, parseBase64, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { parseJson } from "#parley/codec/json.ts";
import { parseNote } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { admitNodeKey, type NodeKey } from "#parley/crypto/node-key.ts";
import { admitBatch, extendFeed, type FeedState, type HeldHeads } from "#parley/ledger/admission.ts";
import { parseCheckpoint, verifyAuthor, verifyReceipt } from "#parley/ledger/checkpoint.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import { parseForkProof, verifyForkProof } from "#parley/ledger/fork.ts";
import { parseProof, verifyInclusion } from "#parley/ledger/proof.ts";
import { EMPTY_FRONTIER } from "#parley/ledger/tree.ts";
import { collectChains, verifyPartyChain } from "#parley/party/chain.ts";
import { isPairingText, partyToDigits, partyToWords } from "#parley/party/pairing.ts";
import { CODEC_CODES } from "#parley/codec/codes.ts";
import { LEDGER_CODES } from "#parley/ledger/codes.ts";
import { PARTY_CODES } from "#parley/party/codes.ts";
import { lookUpCode } from "#parley/transcript/catalogue.ts";
import { parseTrust } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { FOLDERS, recordVectors } from "../tools/make-vectors-transcript.ts";

const ROOT = new URL("../vectors/", import.meta.url);

const Input = Type.Union([
  Type.Object({ text: Type.String() }, { additionalProperties: false }),
  Type.Object({ hex: Type.String() }, { additionalProperties: false }),
  Type.Object(
    { before: Type.String(), repeat: Type.String(), times: Type.Integer(), after: Type.String() },
    { additionalProperties: false },
  ),
]);
const Keys = Type.Array(Type.Object({ ed25519: Type.String(), ml_dsa_44: Type.String() }));
const Common = {
  name: Type.String(),
  clause: Type.String(),
  layer: Type.String(),
  expect: Type.String(),
  kind: Type.String(),
};
const schemas = {
  common: Compile(Type.Object(Common)),
  plain: Compile(Type.Object({ ...Common, input: Input })),
  head: Compile(Type.Object({ ...Common, input: Input, keys: Keys })),
  receipt: Compile(Type.Object({ ...Common, input: Input, keys: Keys, by: Type.String() })),
  proof: Compile(Type.Object({ ...Common, input: Input, entry: Input })),
  admission: Compile(
    Type.Object({
      ...Common,
      held: Type.Array(Input),
      heads: Type.Array(Type.Object({ feed: Type.String(), root: Type.String(), size: Type.Integer() })),
      entries: Type.Array(Input),
      checkpoint: Input,
      keys: Keys,
    }),
  ),
  pairing: Compile(
    Type.Object({ ...Common, party: Type.String(), digits: Type.String(), words: Type.String() }),
  ),
  transcript: Compile(
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
  ),
};

type Runner = (backend: CryptoBackend, vector: unknown) => unknown;

const noble = createNobleBackend({
  randomBytes: () => {
    throw new Error("a verification draws no randomness");
  },
});
const BACKENDS = [createNodeBackend(), noble];

function bytesOf(input: Static<typeof Input>): Uint8Array {
  if ("text" in input) return utf8(input.text);
  if ("hex" in input) return hexToBytes(input.hex) ?? assert.fail("a vector has bad hexadecimal");
  return utf8(input.before + input.repeat.repeat(input.times) + input.after);
}

function textOf(input: Static<typeof Input>): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(input));
}

function keysOf(backend: CryptoBackend, listed: Static<typeof Keys>): readonly NodeKey[] {
  return listed.map(({ ed25519, ml_dsa_44: mlDsa44 }) => {
    const [classic, quantum] = [parseBase64url(ed25519), parseBase64url(mlDsa44)];
    assert.ok(!isRefusal(classic) && !isRefusal(quantum));
    const key = admitNodeKey(backend, classic, quantum);
    assert.ok(!isRefusal(key));
    return key;
  });
}

function checked<T>(schema: { Check: (value: unknown) => value is T }, vector: unknown): T {
  assert.ok(schema.Check(vector), "a vector has its kind's members");
  return vector;
}

function plain(run: (bytes: Uint8Array, text: () => string, name: string) => unknown): Runner {
  return (_backend, vector) => {
    const { input, name } = checked(schemas.plain, vector);
    return run(bytesOf(input), () => textOf(input), name);
  };
}

const RUNNERS: Readonly<Record<string, Runner>> = {
  json: plain((bytes) => parseJson(bytes)),
  base64: plain((_bytes, text, name) =>
    name.startsWith("base64-url") ? parseBase64url(text()) : parseBase64(text()),
  ),
  time: plain((_bytes, text) => parseInstant(text())),
  bundle: plain((bytes) => parseBundle(bytes, EXCHANGE_LIMITS)),
  note: plain((bytes) => parseNote(bytes)),
  entry: plain((bytes) => parseEntry(bytes)),
  head: (backend, vector) => {
    const { input, keys } = checked(schemas.head, vector);
    const checkpoint = parseCheckpoint(bytesOf(input));
    return isRefusal(checkpoint) ? checkpoint : verifyAuthor(backend, checkpoint, keysOf(backend, keys));
  },
  receipt: (backend, vector) => {
    const { input, keys, by } = checked(schemas.receipt, vector);
    const checkpoint = parseCheckpoint(bytesOf(input));
    return isRefusal(checkpoint) ? checkpoint : verifyReceipt(backend, checkpoint, by, keysOf(backend, keys));
  },
  proof: (backend, vector) => {
    const { input, entry } = checked(schemas.proof, vector);
    const proof = parseProof(bytesOf(input));
    return isRefusal(proof) ? proof : verifyInclusion(backend.sha256, proof, bytesOf(entry));
  },
  fork: (backend, vector) => {
    const { input, keys } = checked(schemas.head, vector);
    const proof = parseForkProof(bytesOf(input));
    return isRefusal(proof) ? proof : verifyForkProof(backend, proof, () => keysOf(backend, keys));
  },
  admission: runAdmission,
  party: (backend, vector) => {
    const records = parseBundle(bytesOf(checked(schemas.plain, vector).input));
    assert.ok(!isRefusal(records));
    return verifyPartyChain(backend, collectChains(records).flat());
  },
  pairing: (_backend, vector) => {
    const { party, digits, words } = checked(schemas.pairing, vector);
    assert.deepEqual([partyToDigits(party), partyToWords(party)], [digits, words]);
    return isPairingText(party, digits) && isPairingText(party, words.toUpperCase());
  },
};

function runAdmission(backend: CryptoBackend, vector: unknown): unknown {
  const { held, heads, entries, checkpoint: note, keys } = checked(schemas.admission, vector);
  const checkpoint = parseCheckpoint(bytesOf(note));
  assert.ok(!isRefusal(checkpoint));
  const known: HeldHeads = {
    rootAt: (feed, size) => heads.find((head) => head.feed === feed && head.size === size)?.root,
    depthAt: () => 1,
  };
  const { channel, feed } = checkpoint;
  const nothing: FeedState = { channel, feed, frontier: EMPTY_FRONTIER, seen: [], depth: 0 };
  const start = extendFeed(backend, nothing, held.map(bytesOf), known);
  assert.ok(!isRefusal(start));
  return admitBatch(
    backend,
    start.state,
    { entries: entries.map(bytesOf), checkpoint, keys: keysOf(backend, keys) },
    known,
  );
}

function runTranscript(backend: CryptoBackend, value: unknown): void {
  const vector = checked(schemas.transcript, value);
  let bytes: Uint8Array = readFileSync(new URL(`transcript/${vector.base}`, ROOT));
  for (const { at, remove, insert } of vector.edits.toReversed()) {
    bytes = concatBytes(bytes.subarray(0, at), hexToBytes(insert) ?? utf8(""), bytes.subarray(at + remove));
  }
  const trust = parseTrust(vector.trust);
  assert.ok(!isRefusal(trust));
  const report = verifyTranscript(backend, bytes, trust);
  assert.equal(report.verdict, vector.verdict);
  if (vector.expect === "accept") return;
  const warnings = report.feeds.flatMap((feed) => feed.warnings);
  const named = report.verdict === "complete" ? warnings : report.reasons;
  assert.ok(named.some(({ code }) => code === vector.expect));
  if (vector.feed === undefined) return;
  const bad = report.feeds[vector.feed]?.first_bad;
  assert.deepEqual([bad?.code, bad?.index, bad?.until], [vector.expect, vector.index, vector.until]);
}

test("the vectors are what the script writes", () => {
  const written = recordVectors();
  const there = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, ROOT)).map((name) => `${folder}/${name}`),
  );
  assert.deepEqual(there.toSorted(), [...written.keys()].sort());
  for (const [path, content] of written) {
    assert.ok(
      readFileSync(new URL(path, ROOT)).equals(typeof content === "string" ? utf8(content) : content),
      path,
    );
  }
});

const expected = new Set<string>();

for (const folder of FOLDERS) {
  describe(`vectors/${folder}`, () => {
    for (const file of readdirSync(new URL(`${folder}/`, ROOT)).filter((name) => name.endsWith(".json"))) {
      test(file, () => {
        const vector: unknown = JSON.parse(readFileSync(new URL(`${folder}/${file}`, ROOT), "utf8"));
        const { kind, expect, layer, clause } = checked(schemas.common, vector);
        if (expect !== "accept") assert.deepEqual(lookUpCode(expect), { code: expect, layer, clause });
        expected.add(expect);
        // Codec has no cryptography: one backend is both.
        for (const backend of folder === "codec" ? BACKENDS.slice(0, 1) : BACKENDS) {
          if (kind === "transcript") runTranscript(backend, vector);
          else {
            const run = RUNNERS[kind];
            assert.ok(run, `no runner for ${kind}`);
            const answer = run(backend, vector);
            assert.equal(
              isRefusal(answer) ? answer.code : answer === false ? "false" : "accept",
              expect,
              backend.name,
            );
          }
        }
      });
    }
  });
}

/** Codes that a vector cannot show: they need a store, a payload or a clock. Tests of `peer` and `node` do. */
const ELSEWHERE = new Set(["fork", "hash-mismatch", "party-expired"]);

test("every code of codec, ledger and party has a vector", () => {
  const codes = [CODEC_CODES, LEDGER_CODES, PARTY_CODES].flatMap((table) => Object.keys(table));
  assert.deepEqual(
    codes.filter((code) => !expected.has(code) && !ELSEWHERE.has(code)),
    [],
  );
});
