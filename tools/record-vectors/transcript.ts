/**
 * Vectors of chapter 7: one good transcript with its trust file, and what becomes of it after one edit.
 *
 * A bad transcript is `good.parley` with `edits` applied from the last to the first: at byte `at`, `remove` bytes
 * go and `insert` (hexadecimal) comes. Each names the fault, its feed (in the order of the file) and its index.
 */
import { encodeBundle } from "#parley/codec/bundle.ts";
import { concatBytes, encodeHex, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { encodeNote, parseNote, type SignatureLine } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { encodeCheckpoint, signHead } from "#parley/ledger/checkpoint.ts";
import { leafHash } from "#parley/ledger/tree.ts";
import { encodeTrust, trustParties } from "#parley/transcript/trust.ts";
import {
  exportTranscript,
  feedOf,
  makePair,
  makeSecret,
  recordAt,
  receipt,
  recordsOf,
  say,
  type KitPair,
  type Records,
} from "../../test/kit/record.ts";
import type { Vector, VectorFiles } from "./vector.ts";

interface Row {
  readonly name: string;
  readonly expect: string;
  readonly make: (records: Records, pair: KitPair) => Records | void;
  readonly at?: readonly [feed: number, index: number, until?: number];
  /** For what is no failure. */
  readonly verdict?: "complete" | "incomplete";
  readonly trust?: string;
}

export function transcriptVectors(backend: CryptoBackend): {
  readonly files: VectorFiles;
  readonly vectors: readonly Vector[];
} {
  const pair = makePair(backend, "vector", { roots: 1 });
  const good = exportTranscript(pair.channel, pair.a);
  const trust = encodeTrust(trustParties([pair.a.id, pair.b.id], [pair.channel.id]));
  const vectors = rowsFor(backend).map((row): Vector => {
    const records = recordsOf(good);
    const bytes = encodeBundle(row.make(records, pair) ?? records);
    return vectorOf(row, good, bytes, row.trust === "one" ? encodeTrust(trustParties([pair.a.id])) : trust);
  });
  const files = new Map<string, string | Uint8Array>([
    ["transcript/good.parley", good],
    ["transcript/good.trust", trust],
  ]);
  return { files, vectors };
}

function vectorOf(row: Row, good: Uint8Array, bytes: Uint8Array, trust: string): Vector {
  const { name, expect, at, verdict = expect === "accept" ? "complete" : "failed" } = row;
  const [feed, index, until] = at ?? [];
  const place: JsonObject = {
    ...(feed === undefined ? {} : { feed }),
    ...(index === undefined ? {} : { index }),
    ...(until === undefined ? {} : { until }),
  };
  const input = { base: "good.parley", edits: editBetween(good, bytes), trust, verdict, ...place };
  return { folder: "transcript", name, kind: "transcript", expect, clause: "7.4.2", input };
}

/** The stretch between the common beginning and the common end. */
function editBetween(good: Uint8Array, bytes: Uint8Array): readonly JsonObject[] {
  let start = 0;
  while (start < good.length && start < bytes.length && good[start] === bytes[start]) start++;
  if (start === good.length && start === bytes.length) return [];
  let [end, newEnd] = [good.length, bytes.length];
  while (end > start && newEnd > start && good[end - 1] === bytes[newEnd - 1])
    [end, newEnd] = [end - 1, newEnd - 1];
  return [{ at: start, insert: encodeHex(bytes.subarray(start, newEnd)), remove: end - start }];
}

function rowsFor(backend: CryptoBackend): readonly Row[] {
  return [...entryRows(backend), ...headRows(backend), ...updateRows(backend), ...fileRows];
}

function entryRows(backend: CryptoBackend): readonly Row[] {
  return [
    { name: "good", expect: "accept", make: () => {} },
    { name: "trust-lacks-a-party", expect: "trust-party", trust: "one", make: () => {} },
    {
      name: "entry-altered",
      expect: "entry-altered",
      at: [0, 3],
      make: (r) => flip(r, recordAt(r, "entry", 3), 200),
    },
    {
      name: "entry-altered-with-leaf",
      expect: "root-mismatch",
      at: [0, 2, 5],
      make: (r) => alterWithLeaf(backend, r),
    },
    {
      name: "entry-taken-out",
      expect: "out-of-order",
      at: [0, 3],
      make: (r) => cut(r, recordAt(r, "entry", 3), 2),
    },
    { name: "entries-swapped", expect: "out-of-order", at: [0, 2], make: swap },
    {
      name: "opening-taken-out",
      expect: "transcript-malformed",
      at: [0, 4],
      make: (r) => cut(r, recordAt(r, "opened", 4), 1),
    },
    {
      name: "leaf-altered",
      expect: "leaves-mismatch",
      at: [0, 4],
      make: (r) => flip(r, recordAt(r, "leaves", 0), 44 + 4 * 32),
    },
    {
      name: "message-altered",
      expect: "commit-mismatch",
      at: [1, 2],
      make: (r) => flip(r, recordAt(r, "opened", 2, 1), 36),
    },
  ];
}

function headRows(backend: CryptoBackend): readonly Row[] {
  const thief = makeSecret(backend, "thief");
  return [
    {
      name: "head-taken-out",
      expect: "unsigned-tail",
      at: [0, 5],
      make: (r) => cut(r, recordAt(r, "checkpoint", 2), 1),
    },
    {
      name: "last-entry-taken-out",
      expect: "truncated",
      at: [0, 5],
      make: (r) => cut(r, recordAt(r, "entry", 5), 2),
    },
    {
      name: "cut-and-manifest-signed-again",
      expect: "truncated",
      at: [0, 2],
      make: (_r, { channel, a }) => recordsOf(exportTranscript(channel, a, { sizes: new Map([[a.id, 2]]) })),
    },
    {
      name: "head-ed25519-stripped",
      expect: "signature-missing",
      at: [0, 2],
      make: (r) => relined(r, 1, (lines) => lines.slice(1)),
    },
    {
      name: "head-ml-dsa-stripped",
      expect: "signature-missing",
      at: [0, 5],
      make: (r) => relined(r, 2, (lines) => lines.toSpliced(1, 1)),
    },
    {
      name: "head-by-other-key",
      expect: "unknown-key",
      at: [0, 2],
      make: (r, { channel, a }) => {
        const head = feedOf(channel, a.id).heads[1]?.head;
        if (head !== undefined)
          setBytes(r, recordAt(r, "checkpoint", 1), encodeCheckpoint(head, signHead(backend, thief, head)));
      },
    },
    {
      name: "fork",
      expect: "fork",
      at: [0, 5],
      make: (r, { channel, a }) => {
        const head = {
          channel: channel.id,
          feed: a.id,
          size: 6,
          root: backend.sha256(utf8("another history")),
        };
        r.splice(recordAt(r, "checkpoint", 2), 0, {
          type: "checkpoint",
          bytes: encodeCheckpoint(head, signHead(backend, a.node, head)),
        });
      },
    },
  ];
}

function updateRows(backend: CryptoBackend): readonly Row[] {
  return [
    {
      name: "update-that-says-nothing",
      expect: "update-void",
      verdict: "complete",
      make: () => {
        const { channel, a, b } = makePair(backend, "vector", { roots: 1 });
        say(channel, a, [{ chain: "AAAA", type: "party_update", v: 1 }], { kind: "party_update" });
        receipt(channel, b, a);
        return recordsOf(exportTranscript(channel, a));
      },
    },
  ];
}

const fileRows: readonly Row[] = [
  {
    name: "receipt-stripped",
    expect: "receipt-missing",
    verdict: "incomplete",
    make: (r) => relined(r, 2, (lines) => lines.slice(0, 2)),
  },
  {
    name: "receipt-half",
    expect: "receipt-missing",
    verdict: "incomplete",
    make: (r) => relined(r, 2, (lines) => lines.slice(0, 3)),
  },
  {
    name: "manifest-altered",
    expect: "manifest-signature",
    make: (r) => setBytes(r, 0, utf8((utf8ToText(r[0]?.bytes ?? utf8("")) ?? "").replace("T15:", "T14:"))),
  },
  { name: "genesis-altered", expect: "genesis-hash", make: (r) => flip(r, 1, 400) },
  {
    name: "chains-swapped",
    expect: "party-id",
    make: (r) => [...r.slice(0, 2), ...r.slice(4, 6), ...r.slice(2, 4), ...r.slice(6)],
  },
  {
    name: "feed-taken-out",
    expect: "transcript-malformed",
    make: (r) => r.slice(0, recordAt(r, "leaves", 0, 1)),
  },
];

function setBytes(records: Records, index: number, bytes: Uint8Array): void {
  const record = records[index];
  if (record === undefined) throw new Error("no such record");
  record.bytes = bytes;
}

function flip(records: Records, index: number, offset: number): void {
  const bytes = records[index]?.bytes ?? new Uint8Array(0);
  setBytes(
    records,
    index,
    bytes.map((byte, i) => (i === offset ? byte ^ 1 : byte)),
  );
}

function cut(records: Records, index: number, count: number): void {
  records.splice(index, count);
}

function swap(records: Records): void {
  const at = recordAt(records, "entry", 2);
  records.splice(at, 4, ...records.slice(at + 2, at + 4), ...records.slice(at, at + 2));
}

function relined(
  records: Records,
  nth: number,
  change: (lines: readonly SignatureLine[]) => readonly SignatureLine[],
): void {
  const index = recordAt(records, "checkpoint", nth);
  const note = parseNote(records[index]?.bytes ?? new Uint8Array(0));
  if (isRefusal(note)) throw new Error("the kit made a bad note");
  setBytes(records, index, encodeNote({ text: note.text, lines: change(note.lines) }));
}

function alterWithLeaf(backend: CryptoBackend, records: Records): void {
  const [entryAt, leavesAt] = [recordAt(records, "entry", 3), recordAt(records, "leaves", 0)];
  const text = utf8ToText(records[entryAt]?.bytes ?? new Uint8Array(0)) ?? "";
  const altered = utf8(text.replace(/"ct_len":\d+/, '"ct_len":9'));
  setBytes(records, entryAt, altered);
  const leaves = records[leavesAt]?.bytes ?? new Uint8Array(0);
  const offset = 44 + 3 * 32;
  setBytes(
    records,
    leavesAt,
    concatBytes(leaves.subarray(0, offset), leafHash(backend.sha256, altered), leaves.subarray(offset + 32)),
  );
}
