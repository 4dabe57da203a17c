/** Every vector of `vectors/ledger/`, by both backends. */
import assert from "node:assert/strict";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { admitBatch, extendFeed, type FeedState, type HeldHeads } from "#parley/ledger/admission.ts";
import { parseCheckpoint, verifyAuthor, verifyReceipt } from "#parley/ledger/checkpoint.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import { parseForkProof, verifyForkProof } from "#parley/ledger/fork.ts";
import { parseProof, verifyInclusion } from "#parley/ledger/proof.ts";
import { parseRedactionMap, parseRevealedPiece, verifyRevealedPiece } from "#parley/ledger/redaction-map.ts";
import { EMPTY_FRONTIER } from "#parley/ledger/tree.ts";
import { BACKENDS } from "../crypto/backends.ts";
import { bytesOf, checked, Common, Input, Keys, keysOf, plain, testVectors } from "../kit/vectors.ts";

const headShape = Compile(Type.Object({ ...Common, input: Input, keys: Keys }));
const receiptShape = Compile(Type.Object({ ...Common, input: Input, keys: Keys, by: Type.String() }));
const proofShape = Compile(Type.Object({ ...Common, input: Input, entry: Input }));
const revealShape = Compile(Type.Object({ ...Common, input: Input, map: Input }));
const admissionShape = Compile(
  Type.Object({
    ...Common,
    held: Type.Array(Input),
    heads: Type.Array(Type.Object({ feed: Type.String(), root: Type.String(), size: Type.Integer() })),
    entries: Type.Array(Input),
    checkpoint: Input,
    keys: Keys,
  }),
);

testVectors("ledger", BACKENDS, {
  entry: plain((bytes) => parseEntry(bytes)),
  head: (backend, vector) => {
    const { input, keys } = checked(headShape, vector);
    const checkpoint = parseCheckpoint(bytesOf(input));
    return isRefusal(checkpoint) ? checkpoint : verifyAuthor(backend, checkpoint, keysOf(backend, keys));
  },
  receipt: (backend, vector) => {
    const { input, keys, by } = checked(receiptShape, vector);
    const checkpoint = parseCheckpoint(bytesOf(input));
    return isRefusal(checkpoint) ? checkpoint : verifyReceipt(backend, checkpoint, by, keysOf(backend, keys));
  },
  proof: (backend, vector) => {
    const { input, entry } = checked(proofShape, vector);
    const proof = parseProof(bytesOf(input));
    return isRefusal(proof) ? proof : verifyInclusion(backend.sha256, proof, bytesOf(entry));
  },
  fork: (backend, vector) => {
    const { input, keys } = checked(headShape, vector);
    const proof = parseForkProof(bytesOf(input));
    return isRefusal(proof) ? proof : verifyForkProof(backend, proof, () => keysOf(backend, keys));
  },
  admission: runAdmission,
  "redaction-map": plain((bytes) => parseRedactionMap(bytes)),
  "redaction-piece": (backend, vector) => {
    const { input, map: mapInput } = checked(revealShape, vector);
    const map = parseRedactionMap(bytesOf(mapInput));
    assert.ok(!isRefusal(map));
    const piece = parseRevealedPiece(bytesOf(input));
    return isRefusal(piece) ? piece : verifyRevealedPiece(backend, map, piece);
  },
});

function runAdmission(backend: CryptoBackend, vector: unknown): unknown {
  const { held, heads, entries, checkpoint: note, keys } = checked(admissionShape, vector);
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
