/** Vectors of chapter 3: entries, heads, receipts, proofs, forks, admission. */
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import type { SignatureLine } from "#parley/codec/note.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeSecret } from "#parley/crypto/node-key.ts";
import { encodeCheckpoint, signHead, signReceipt, type Head } from "#parley/ledger/checkpoint.ts";
import { encodeEntry, type Entry } from "#parley/ledger/entry.ts";
import { encodeForkProof, forkPath, makeForkProof } from "#parley/ledger/fork.ts";
import { encodeProof } from "#parley/ledger/proof.ts";
import {
  appendLeaf,
  EMPTY_FRONTIER,
  inclusionPath,
  leafHash,
  rootOf,
  subtreeReader,
  type Hash,
  type SubtreeReader,
} from "#parley/ledger/tree.ts";
import { keyMembers, makeSecret, seedBytes } from "../../test/kit/record.ts";
import { redactionVectors } from "./redaction.ts";
import { bytesToInput, type Vector } from "./vector.ts";

interface Material {
  readonly backend: CryptoBackend;
  readonly author: NodeSecret;
  readonly peer: NodeSecret;
  readonly entries: readonly Uint8Array[];
  readonly reader: SubtreeReader;
  readonly head: (size: number, change?: Partial<Head>) => Head;
}

export function ledgerVectors(backend: CryptoBackend): readonly Vector[] {
  const material = makeMaterial(backend);
  return [
    ...entryVectors(material),
    ...headVectors(material),
    ...receiptVectors(material),
    ...proofVectors(material),
    ...forkVectors(material),
    ...admissionVectors(material),
    ...redactionVectors(backend),
  ];
}

function idOf(backend: CryptoBackend, name: string): string {
  return encodeBase64url(seedBytes(backend, "vector", name));
}

function entryOf(backend: CryptoBackend, seq: number): Entry {
  return {
    channel: idOf(backend, "channel"),
    commit: idOf(backend, `commit ${seq}`),
    ct: idOf(backend, `payload ${seq}`),
    ct_len: 3_707,
    feed: idOf(backend, "author"),
    kind: seq === 0 ? "genesis" : seq === 1 ? "party_update" : "message",
    seen: seq < 2 ? [] : [{ feed: idOf(backend, "peer"), root: idOf(backend, "peer root"), size: 2 }],
    seq,
    time: "2026-11-22T15:25:50Z",
    v: 1,
  };
}

function makeMaterial(backend: CryptoBackend): Material {
  const entries = [0, 1, 2, 3, 4].map((seq) => encodeEntry(entryOf(backend, seq)));
  const leaves = entries.map((entry) => leafHash(backend.sha256, entry));
  const reader = subtreeReader(backend.sha256, (level, index) => (level === 0 ? leaves[index] : undefined));
  const rootAt = (size: number): Hash => {
    let frontier = EMPTY_FRONTIER;
    for (const leaf of leaves.slice(0, size)) frontier = appendLeaf(backend.sha256, frontier, leaf).frontier;
    return rootOf(backend.sha256, frontier);
  };
  const head = (size: number, change: Partial<Head> = {}): Head => ({
    channel: idOf(backend, "channel"),
    feed: idOf(backend, "author"),
    size,
    root: rootAt(size),
    ...change,
  });
  const [author, peer] = [makeSecret(backend, "vector author"), makeSecret(backend, "vector peer")];
  return { backend, author, peer, entries, reader, head };
}

function entryVectors({ backend }: Material): readonly Vector[] {
  const entry = entryOf(backend, 2);
  const [seen] = entry.seen;
  if (seen === undefined) throw new Error("the entry of the vectors has seen something");
  const json = { ...entry } as unknown as JsonObject;
  const { v: _v, ...without } = json;
  const many = Array.from({ length: 65 }, (_, i) => ({
    feed: encodeBase64url(new Uint8Array(32).fill(i)),
    root: seen.root,
    size: 1,
  }));
  const rows: readonly [name: string, expect: string, bytes: Uint8Array][] = [
    ["good", "accept", encodeEntry(entry)],
    ["good-genesis", "accept", encodeEntry(entryOf(backend, 0))],
    ["good-64-seen", "accept", encodeJson({ ...json, seen: many.slice(0, 64) })],
    ["too-large", "entry-too-large", encodeJson({ ...json, ct: "x".repeat(16_384) })],
    ["space", "json-whitespace", utf8(` ${new TextDecoder().decode(encodeEntry(entry))}`)],
    ["missing-member", "entry-schema", encodeJson(without)],
    ["extra-member", "entry-schema", encodeJson({ ...json, z: 1 })],
    ["version-2", "entry-schema", encodeJson({ ...json, v: 2 })],
    ["hash-spare-bits", "entry-schema", encodeJson({ ...json, ct: `${entry.ct.slice(0, 42)}B` })],
    ["payload-too-long", "entry-schema", encodeJson({ ...json, ct_len: 1_310_721 })],
    ["negative-seq", "entry-schema", encodeJson({ ...json, seq: -1 })],
    ["unknown-kind", "entry-schema", encodeJson({ ...json, kind: "note" })],
    ["time-with-offset", "entry-schema", encodeJson({ ...json, time: "2026-11-22T15:25:50+00:00" })],
    ["seen-65", "entry-seen", encodeJson({ ...json, seen: many })],
    ["seen-order", "entry-seen", encodeJson({ ...json, seen: many.slice(0, 2).reverse() })],
    ["seen-twice", "entry-seen", encodeJson({ ...json, seen: [{ ...seen }, { ...seen }] })],
    ["seen-own-feed", "entry-seen", encodeJson({ ...json, seen: [{ ...seen, feed: entry.feed }] })],
    ["seen-size-0", "entry-seen", encodeJson({ ...json, seen: [{ ...seen, size: 0 }] })],
    ["genesis-at-2", "entry-kind", encodeJson({ ...json, kind: "genesis" })],
    ["message-at-0", "entry-kind", encodeJson({ ...json, seq: 0 })],
    ["message-at-1", "entry-kind", encodeJson({ ...json, seq: 1 })],
  ];
  return rows.map(([name, expect, bytes]) => ({
    folder: "ledger",
    name: `entry-${name}`,
    kind: "entry",
    expect,
    clause: "3.1",
    input: { input: bytesToInput(bytes) },
  }));
}

function headVectors({ backend, author, peer, head }: Material): readonly Vector[] {
  const good = head(5);
  const lines = signHead(backend, author, good);
  const encoded = new TextDecoder().decode(encodeCheckpoint(good, lines));
  const size = "\n5\n";
  const rows: readonly [name: string, expect: string, note: Uint8Array][] = [
    ["good", "accept", utf8(encoded)],
    ["good-with-stranger", "accept", encodeCheckpoint(good, [strangerLine(), ...lines])],
    ["size-0", "checkpoint-malformed", utf8(encoded.replace(size, "\n0\n"))],
    ["leading-zero", "checkpoint-malformed", utf8(encoded.replace(size, "\n05\n"))],
    ["size-above-2-53", "checkpoint-malformed", utf8(encoded.replace(size, "\n9007199254740992\n"))],
    ["extension-line", "checkpoint-malformed", utf8(encoded.replace("\n\n", "\nextension\n\n"))],
    ["other-origin", "checkpoint-malformed", utf8(encoded.replace("parley1/", "parley2/"))],
    ["no-lines-of-author", "signature-missing", encodeCheckpoint(good, [strangerLine()])],
    ["no-ml-dsa", "signature-missing", encodeCheckpoint(good, lines.slice(0, 1))],
    ["no-ed25519", "signature-missing", encodeCheckpoint(good, lines.slice(1))],
    ["other-key", "unknown-key", encodeCheckpoint(good, signHead(backend, peer, good))],
    ["other-root", "signature-bad", encodeCheckpoint({ ...good, root: new Uint8Array(32) }, lines)],
    ["other-size", "signature-bad", utf8(encoded.replace(size, "\n6\n"))],
    [
      "ed25519-of-other-head",
      "signature-bad",
      encodeCheckpoint(good, mixed(signHead(backend, author, head(4)), lines)),
    ],
    [
      "ml-dsa-of-other-head",
      "signature-bad",
      encodeCheckpoint(good, mixed(lines, signHead(backend, author, head(4)))),
    ],
    [
      "ml-dsa-with-time",
      "signature-bad",
      encodeCheckpoint(good, mixed(lines, receiptOf(backend, author, good, good.feed, 7))),
    ],
  ];
  return rows.map(([name, expect, note]) => ({
    folder: "ledger",
    name: `head-${name}`,
    kind: "head",
    expect,
    clause: "3.4",
    input: { input: bytesToInput(note), keys: [keysOf(author)] },
  }));
}

function receiptVectors({ backend, author, peer, head }: Material): readonly Vector[] {
  const good = head(5);
  const by = idOf(backend, "peer");
  const own = signHead(backend, author, good);
  const lines = receiptOf(backend, peer, good, by, 1_795_359_000);
  const other = receiptOf(backend, peer, good, by, 1_795_359_001);
  const rows: readonly [name: string, expect: string, lines: readonly SignatureLine[]][] = [
    ["good", "accept", lines],
    ["good-first-of-two", "accept", [...lines, ...other]],
    ["none", "signature-missing", []],
    ["no-ml-dsa", "signature-missing", lines.slice(0, 1)],
    ["no-ed25519", "signature-missing", lines.slice(1)],
    ["other-key", "unknown-key", receiptOf(backend, author, good, by, 1_795_359_000)],
    ["time-0", "receipt-time", receiptOf(backend, peer, good, by, 0)],
    ["two-times", "receipt-time", mixed(lines, other)],
    ["of-smaller-size", "signature-bad", receiptOf(backend, peer, head(4), by, 1_795_359_000)],
    [
      "of-other-channel",
      "signature-bad",
      receiptOf(backend, peer, head(5, { channel: idOf(backend, "elsewhere") }), by, 9),
    ],
  ];
  return rows.map(([name, expect, receipt]) => ({
    folder: "ledger",
    name: `receipt-${name}`,
    kind: "receipt",
    expect,
    clause: "3.5",
    input: { input: bytesToInput(encodeCheckpoint(good, [...own, ...receipt])), by, keys: [keysOf(peer)] },
  }));
}

function proofVectors({ backend, author, entries, reader, head }: Material): readonly Vector[] {
  const checkpoint = encodeCheckpoint(head(5), signHead(backend, author, head(5)));
  const path = inclusionPath(backend.sha256, reader, 3, 5);
  const good = new TextDecoder().decode(encodeProof({ index: 3, path, checkpoint }));
  const rows: readonly [name: string, expect: string, proof: string, entry: number][] = [
    ["good", "accept", good, 3],
    ["good-extra", "accept", good.replace("index", "extra AAAA\nindex"), 3],
    ["other-header", "proof-malformed", good.replace("@v1", "@v2"), 3],
    ["index-leading-zero", "proof-malformed", good.replace("index 3", "index 03"), 3],
    ["hash-short", "proof-malformed", good.replace(/index 3\n.{8}/, "index 3\n"), 3],
    ["index-at-size", "proof-index", good.replace("index 3", "index 5"), 3],
    ["other-index", "proof-mismatch", good.replace("index 3", "index 2"), 3],
    ["other-entry", "proof-mismatch", good, 2],
    [
      "path-shorter",
      "proof-mismatch",
      new TextDecoder().decode(encodeProof({ index: 3, path: path.slice(1), checkpoint })),
      3,
    ],
  ];
  return rows.map(([name, expect, proof, entry]) => ({
    folder: "ledger",
    name: `proof-${name}`,
    kind: "proof",
    expect,
    clause: "3.6",
    input: { input: bytesToInput(utf8(proof)), entry: bytesToInput(entries[entry] ?? new Uint8Array(0)) },
  }));
}

function forkVectors({ backend, author, peer, reader, head }: Material): readonly Vector[] {
  const signed = (of: Head, secret = author) => ({
    ...of,
    note: { text: textOf(of), lines: signHead(backend, secret, of) },
  });
  const lie = (size: number) => signed(head(size, { root: seedBytes(backend, "another history") }));
  const path = (older: number) => forkPath(backend.sha256, reader, older, 5);
  const rows: readonly [name: string, expect: string, bytes: Uint8Array][] = [
    ["same-size", "accept", encodeForkProof(makeForkProof(signed(head(5)), lie(5), []))],
    ["smaller-size", "accept", encodeForkProof(makeForkProof(lie(3), signed(head(5)), path(3)))],
    ["smaller-power-of-two", "accept", encodeForkProof(makeForkProof(lie(4), signed(head(5)), path(4)))],
    [
      "one-history",
      "fork-unproved",
      encodeForkProof(makeForkProof(signed(head(3)), signed(head(5)), path(3))),
    ],
    [
      "same-head-twice",
      "fork-unproved",
      encodeForkProof(makeForkProof(signed(head(5)), signed(head(5)), [])),
    ],
    ["wrong-path", "fork-unproved", encodeForkProof(makeForkProof(lie(3), signed(head(5)), path(4)))],
    [
      "not-by-author",
      "fork-unproved",
      encodeForkProof(makeForkProof(signed(head(5)), signed(lie(5), peer), [])),
    ],
    [
      "two-channels",
      "fork-unproved",
      encodeForkProof(
        makeForkProof(signed(head(5)), signed(head(5, { channel: idOf(backend, "elsewhere") })), []),
      ),
    ],
    [
      "sizes-reversed",
      "fork-unproved",
      encodeForkProof({ older: signed(head(5)), newer: lie(3), path: path(3) }),
    ],
    ["no-json", "fork-malformed", utf8("fork")],
    [
      "extra-member",
      "fork-malformed",
      encodeJson({ newer: "", older: "", path: [], type: "fork", v: 1, z: 1 }),
    ],
    [
      "path-of-65",
      "fork-malformed",
      encodeForkProof(
        makeForkProof(
          signed(head(5)),
          lie(5),
          Array.from({ length: 65 }, () => new Uint8Array(32)),
        ),
      ),
    ],
  ];
  return rows.map(([name, expect, bytes]) => ({
    folder: "ledger",
    name: `fork-${name}`,
    kind: "fork",
    expect,
    clause: "3.7",
    input: { input: bytesToInput(bytes), keys: [keysOf(author)] },
  }));
}

/** A batch after the two first entries, with what the receiver holds of the other feed. */
function admissionVectors(material: Material): readonly Vector[] {
  const { backend, author, entries } = material;
  const third = entryOf(backend, 2);
  const changed = (change: Partial<Entry>) => [encodeEntry({ ...third, ...change })];
  const peer = idOf(backend, "peer");
  const rows: readonly [name: string, expect: string, batch: readonly Uint8Array[], size?: number][] = [
    ["good", "accept", entries.slice(2)],
    ["gap", "out-of-order", entries.slice(3)],
    ["short-of-head", "out-of-order", entries.slice(2, 4), 5],
    ["other-channel", "entry-channel", changed({ channel: idOf(backend, "elsewhere") })],
    ["other-feed", "entry-feed", changed({ feed: idOf(backend, "third"), seen: [] })],
    [
      "seen-unknown",
      "seen-unknown",
      changed({ seen: [{ feed: peer, root: idOf(backend, "peer root"), size: 3 }] }),
    ],
    [
      "seen-mismatch",
      "seen-mismatch",
      changed({ seen: [{ feed: peer, root: idOf(backend, "lie"), size: 2 }] }),
    ],
    ["seen-backwards", "seen-backwards", [...changed({}), encodeEntry({ ...entryOf(backend, 3), seen: [] })]],
    ["other-root", "root-mismatch", changed({ ct_len: 1 }), 3],
  ];
  return rows.map(([name, expect, batch, size]) => {
    const honest = material.head(size ?? 5);
    return {
      folder: "ledger",
      name: `admission-${name}`,
      kind: "admission",
      expect,
      clause: "3.8",
      input: {
        held: entries.slice(0, 2).map(bytesToInput),
        heads: [{ feed: peer, root: idOf(backend, "peer root"), size: 2 }],
        entries: batch.map(bytesToInput),
        checkpoint: bytesToInput(encodeCheckpoint(honest, signHead(backend, author, honest))),
        keys: [keysOf(author)],
      },
    };
  });
}

function textOf(head: Head): string {
  return new TextDecoder().decode(encodeCheckpoint(head, [strangerLine()])).split("\n\n")[0] + "\n";
}

function mixed(
  classic: readonly SignatureLine[],
  quantum: readonly SignatureLine[],
): readonly SignatureLine[] {
  return [...classic.slice(0, 1), ...quantum.slice(1, 2)];
}

function receiptOf(backend: CryptoBackend, secret: NodeSecret, head: Head, by: string, at: number) {
  return signReceipt(backend, secret, { head, by, at });
}

function strangerLine(): SignatureLine {
  return { name: "witness.example", keyId: new Uint8Array(4), signature: new Uint8Array(72) };
}

function keysOf({ key }: NodeSecret): JsonObject {
  return keyMembers(key);
}
