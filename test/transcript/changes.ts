/** One good record and the ways to change it: what the tests of the verifier share. */
import assert from "node:assert/strict";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { utf8 } from "#parley/codec/bytes.ts";
import { encodeNote, parseNote, type Note, type SignatureLine } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import type { Head } from "#parley/ledger/checkpoint.ts";
import { parseManifest, signManifest, type ManifestClaims } from "#parley/transcript/manifest.ts";
import type { TranscriptReport } from "#parley/transcript/report.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import {
  exportTranscript,
  makePair,
  recordAt,
  recordsOf,
  type KitPair,
  type Records,
} from "../kit/record.ts";

export const backend = createNodeBackend();
export const { a, b, channel } = makePair(backend);
export const trust = trustParties([a.id, b.id]);
export const honest = exportTranscript(channel, a);

export function verify(bytes: Uint8Array, signatures: "all" | "last" = "all"): TranscriptReport {
  return verifyTranscript(backend, bytes, trust, { signatures });
}

export function mutate(change: (records: Records) => void, bytes = honest): Uint8Array {
  const records = recordsOf(bytes);
  change(records);
  return encodeBundle(records);
}

export function at(records: Records, type: Records[number]["type"], nth: number, feed = 0): Records[number] {
  const record = records[recordAt(records, type, nth, feed)];
  assert.ok(record);
  return record;
}

export function noteOf(record: Records[number]): Note {
  const note = parseNote(record.bytes);
  assert.ok(!isRefusal(note));
  return note;
}

export function relined(
  record: Records[number],
  change: (lines: readonly SignatureLine[]) => readonly SignatureLine[],
) {
  const note = noteOf(record);
  record.bytes = encodeNote({ text: note.text, lines: change(note.lines) });
}

export function reclaim(records: Records, change: (claims: ManifestClaims) => ManifestClaims): void {
  const [manifest] = records;
  assert.ok(manifest);
  const claims = parseManifest(manifest.bytes);
  assert.ok(!isRefusal(claims));
  manifest.bytes = signManifest(backend, a.node, change(claims));
}

export function setLeaf(record: Records[number], index: number, leaf: Uint8Array): void {
  record.bytes.set(leaf, 44 + index * 32);
}

/** The head of the whole feed of `a`, with another root. */
export const foreignHead: Head = {
  channel: channel.id,
  feed: a.id,
  size: 6,
  root: backend.sha256(utf8("another history")),
};

export function verifyPair(made: KitPair): TranscriptReport {
  return verifyTranscript(
    backend,
    exportTranscript(made.channel, made.b),
    trustParties([made.a.id, made.b.id]),
  );
}
