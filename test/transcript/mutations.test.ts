/** Every lie about a record that we could think of, with the code and the place the verifier must name (SPEC 7.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { concatBytes, encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { encodeNote, parseNote, type Note, type SignatureLine } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { encodeCheckpoint, signHead, signReceipt, type Head } from "#parley/ledger/checkpoint.ts";
import { encodeEntry } from "#parley/ledger/entry.ts";
import { verifyForkProof } from "#parley/ledger/fork.ts";
import { leafHash } from "#parley/ledger/tree.ts";
import { signManifest, parseManifest, type ManifestClaims } from "#parley/transcript/manifest.ts";
import type { TranscriptReport } from "#parley/transcript/report.ts";
import { trustParties, parseTrust, encodeTrust } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import {
  exportTranscript,
  feedOf,
  makeChannel,
  makePair,
  makeParty,
  makeSecret,
  openChannel,
  receipt,
  recordAt,
  recordsOf,
  renewParty,
  say,
  sayUpdate,
  type KitPair,
  type Records,
} from "../kit/record.ts";

const backend = createNodeBackend();
const pair = makePair(backend);
const { a, b, channel } = pair;
const trust = trustParties([a.id, b.id]);
const honest = exportTranscript(channel, a);

function verify(bytes: Uint8Array, signatures: "all" | "last" = "all"): TranscriptReport {
  return verifyTranscript(backend, bytes, trust, { signatures });
}

function mutate(change: (records: Records) => void, bytes = honest): Uint8Array {
  const records = recordsOf(bytes);
  change(records);
  return encodeBundle(records);
}

function at(records: Records, type: Records[number]["type"], nth: number, feed = 0): Records[number] {
  const record = records[recordAt(records, type, nth, feed)];
  assert.ok(record);
  return record;
}

function noteOf(record: Records[number]): Note {
  const note = parseNote(record.bytes);
  assert.ok(!isRefusal(note));
  return note;
}

function relined(record: Records[number], change: (lines: readonly SignatureLine[]) => readonly SignatureLine[]) {
  const note = noteOf(record);
  record.bytes = encodeNote({ text: note.text, lines: change(note.lines) });
}

function reclaim(records: Records, change: (claims: ManifestClaims) => ManifestClaims): void {
  const [manifest] = records;
  assert.ok(manifest);
  const claims = parseManifest(manifest.bytes);
  assert.ok(!isRefusal(claims));
  manifest.bytes = signManifest(backend, a.node, change(claims));
}

function setLeaf(record: Records[number], index: number, leaf: Uint8Array): void {
  record.bytes.set(leaf, 44 + index * 32);
}

/** The head of the whole feed of `a`, with another root. */
const foreignHead: Head = { channel: channel.id, feed: a.id, size: 6, root: backend.sha256(utf8("another history")) };

interface Row {
  readonly lie: string;
  readonly make: () => Uint8Array;
  readonly code: string;
  /** Party 0 or 1, index of the first bad entry; absent for faults of the file. */
  readonly at?: readonly [feed: number, index: number];
  readonly until?: number;
}

const rows: readonly Row[] = [
  {
    lie: "an entry is altered in one byte",
    make: () => mutate((r) => void (at(r, "entry", 3).bytes[200] = 0x41)),
    code: "entry-altered",
    at: [0, 3],
  },
  {
    lie: "an entry of another feed stands in its place",
    make: () => mutate((r) => void (at(r, "entry", 3).bytes = at(r, "entry", 3, 1).bytes)),
    code: "entry-altered",
    at: [0, 3],
  },
  {
    lie: "an entry of another channel stands in its place",
    make: () => {
      const other = makeChannel(backend, [a, b], { seed: "other" });
      openChannel(other);
      say(other, a, [{ n: 2 }]);
      const foreign = feedOf(other, a.id).slots[2];
      assert.ok(foreign);
      return mutate((r) => void (at(r, "entry", 2).bytes = foreign.entry));
    },
    code: "entry-altered",
    at: [0, 2],
  },
  {
    lie: "an entry and its opening are taken out",
    make: () => mutate((r) => void r.splice(recordAt(r, "entry", 3), 2)),
    code: "out-of-order",
    at: [0, 3],
  },
  {
    lie: "an entry is taken out and its opening left",
    make: () => mutate((r) => void r.splice(recordAt(r, "entry", 3), 1)),
    code: "transcript-malformed",
    at: [0, 3],
  },
  {
    lie: "an opening is taken out",
    make: () => mutate((r) => void r.splice(recordAt(r, "opened", 4), 1)),
    code: "transcript-malformed",
    at: [0, 4],
  },
  {
    lie: "two entries change places",
    make: () =>
      mutate((r) => {
        const [x, y] = [recordAt(r, "entry", 2), recordAt(r, "entry", 3)];
        r.splice(x, 4, ...r.slice(y, y + 2), ...r.slice(x, x + 2));
      }),
    code: "out-of-order",
    at: [0, 2],
  },
  {
    lie: "an entry stands twice",
    make: () =>
      mutate((r) => {
        const x = recordAt(r, "entry", 4);
        r.splice(x, 0, ...r.slice(x, x + 2));
      }),
    code: "out-of-order",
    at: [0, 5],
  },
  {
    lie: "an entry is altered and its listed hash with it: only a range can be named",
    make: () =>
      mutate((r) => {
        const entry = at(r, "entry", 3);
        entry.bytes = utf8((utf8ToText(entry.bytes) ?? "").replace(/"ct_len":\d+/, '"ct_len":9'));
        setLeaf(at(r, "leaves", 0), 3, leafHash(backend.sha256, entry.bytes));
      }),
    code: "root-mismatch",
    at: [0, 2],
    until: 5,
  },
  {
    lie: "the list of leaves is altered",
    make: () => mutate((r) => void setLeaf(at(r, "leaves", 0), 4, new Uint8Array(32))),
    code: "leaves-mismatch",
    at: [0, 4],
  },
  {
    lie: "the list of leaves is cut",
    make: () => mutate((r) => void (at(r, "leaves", 0).bytes = at(r, "leaves", 0).bytes.slice(0, -32))),
    code: "leaves-mismatch",
    at: [0, 5],
  },
  {
    lie: "the list of leaves is of another feed",
    make: () =>
      mutate((r) => {
        const record = at(r, "leaves", 0);
        record.bytes = concatBytes(utf8(`${b.id}\n`), record.bytes.subarray(44));
      }),
    code: "transcript-malformed",
    at: [0, 0],
  },
  {
    lie: "a message is altered",
    make: () =>
      mutate((r) => {
        const opened = at(r, "opened", 2, 1);
        opened.bytes = concatBytes(opened.bytes.subarray(0, 32), utf8('{"n":9}'));
      }),
    code: "commit-mismatch",
    at: [1, 2],
  },
  {
    lie: "a salt is altered",
    make: () => mutate((r) => void (at(r, "opened", 5).bytes[0] = 0xff & ~(at(r, "opened", 5).bytes[0] ?? 0))),
    code: "commit-mismatch",
    at: [0, 5],
  },
  {
    lie: "an opening is too short to hold a salt",
    make: () => mutate((r) => void (at(r, "opened", 5).bytes = new Uint8Array(31))),
    code: "transcript-malformed",
    at: [0, 5],
  },
  {
    lie: "a reason for withholding that nobody defined",
    make: () =>
      mutate((r) => {
        r[recordAt(r, "opened", 5)] = { type: "withheld", bytes: utf8('{"reason":"secret","type":"withheld","v":1}') };
      }),
    code: "transcript-malformed",
    at: [0, 5],
  },
  {
    lie: "the last head is taken out",
    make: () => mutate((r) => void r.splice(recordAt(r, "checkpoint", 2), 1)),
    code: "unsigned-tail",
    at: [0, 5],
  },
  {
    lie: "the last entry is taken out, its head left",
    make: () => mutate((r) => void r.splice(recordAt(r, "entry", 5), 2)),
    code: "truncated",
    at: [0, 5],
  },
  {
    lie: "the last entry and its head are taken out, the manifest left",
    make: () =>
      mutate((r) => {
        r.splice(recordAt(r, "checkpoint", 2), 1);
        r.splice(recordAt(r, "entry", 5), 2);
        at(r, "leaves", 0).bytes = at(r, "leaves", 0).bytes.slice(0, -32);
      }),
    code: "truncated",
    at: [0, 5],
  },
  {
    lie: "entries that the other feed has seen are cut, and the manifest signed again",
    make: () => exportTranscript(channel, a, { sizes: new Map([[a.id, 2]]) }),
    code: "truncated",
    at: [0, 2],
  },
  {
    lie: "a head is signed by another key",
    make: () =>
      mutate((r) => {
        const head = feedOf(channel, a.id).heads[1]?.head;
        assert.ok(head);
        at(r, "checkpoint", 1).bytes = encodeCheckpoint(head, signHead(backend, makeSecret(backend, "thief"), head));
      }),
    code: "unknown-key",
    at: [0, 2],
  },
  {
    lie: "a head has no Ed25519 line of its author",
    make: () => mutate((r) => relined(at(r, "checkpoint", 1), (lines) => lines.slice(1))),
    code: "signature-missing",
    at: [0, 2],
  },
  {
    lie: "a head has no ML-DSA line of its author",
    make: () => mutate((r) => relined(at(r, "checkpoint", 2), (lines) => lines.toSpliced(1, 1))),
    code: "signature-missing",
    at: [0, 5],
  },
  {
    lie: "a head's signature is altered",
    make: () =>
      mutate((r) =>
        relined(at(r, "checkpoint", 1), ([first, ...rest]) => {
          assert.ok(first);
          return [{ ...first, signature: first.signature.map((x, i) => (i === 40 ? x ^ 1 : x)) }, ...rest];
        }),
      ),
    code: "signature-bad",
    at: [0, 2],
  },
  {
    lie: "a head of the other feed stands in its place",
    make: () => mutate((r) => void (at(r, "checkpoint", 1).bytes = at(r, "checkpoint", 1, 1).bytes)),
    code: "checkpoint-origin",
    at: [0, 2],
  },
  {
    lie: "heads stand in the wrong order",
    make: () =>
      mutate((r) => {
        const x = recordAt(r, "checkpoint", 1);
        r.splice(x, 2, ...r.slice(x, x + 2).reverse());
      }),
    code: "transcript-malformed",
    at: [0, 6],
  },
  {
    lie: "the author signed another root for the same size",
    make: () =>
      mutate((r) => {
        const bytes = encodeCheckpoint(foreignHead, signHead(backend, a.node, foreignHead));
        r.splice(recordAt(r, "checkpoint", 2), 0, { type: "checkpoint", bytes });
      }),
    code: "fork",
    at: [0, 5],
  },
  {
    lie: "the author signed another root for a smaller size",
    make: () =>
      mutate((r) => {
        const head = { ...foreignHead, size: 4 };
        r.splice(recordAt(r, "checkpoint", 1), 0, {
          type: "checkpoint",
          bytes: encodeCheckpoint(head, signHead(backend, a.node, head)),
        });
      }),
    code: "fork",
    at: [0, 2],
  },
  {
    lie: "the manifest is signed by nobody of the channel",
    make: () =>
      mutate((r) => {
        const [manifest] = r;
        assert.ok(manifest);
        const claims = parseManifest(manifest.bytes);
        assert.ok(!isRefusal(claims));
        manifest.bytes = signManifest(backend, makeSecret(backend, "thief"), claims);
      }),
    code: "manifest-signature",
  },
  {
    lie: "the manifest is by a stranger",
    make: () => mutate((r) => reclaim(r, (claims) => ({ ...claims, exporter: encodeBase64url(new Uint8Array(32)) }))),
    code: "manifest-signature",
  },
  {
    lie: "the manifest claims an earlier end",
    make: () =>
      mutate((r) => reclaim(r, (claims) => ({ ...claims, ends: claims.ends.map((end) => ({ ...end, size: end.size - 1 })) }))),
    code: "manifest-end",
    at: [0, 5],
  },
  {
    lie: "the manifest claims another root",
    make: () =>
      mutate((r) =>
        reclaim(r, (claims) => ({ ...claims, ends: claims.ends.map((end) => ({ ...end, root: new Uint8Array(32) })) })),
      ),
    code: "manifest-end",
    at: [0, 6],
  },
  {
    lie: "the manifest leaves a feed out",
    make: () => mutate((r) => reclaim(r, (claims) => ({ ...claims, ends: claims.ends.slice(1) }))),
    code: "transcript-malformed",
  },
  {
    lie: "the genesis is altered",
    make: () => mutate((r) => void (r[1] = { type: "genesis", bytes: channel.genesis.map((x, i) => (i === 400 ? x ^ 1 : x)) })),
    code: "genesis-hash",
  },
  {
    lie: "a party's chain is missing",
    make: () => mutate((r) => void r.splice(2, 2)),
    code: "transcript-malformed",
  },
  {
    lie: "the chains change places",
    make: () => mutate((r) => void r.splice(2, 4, ...r.slice(4, 6), ...r.slice(2, 4))),
    code: "party-id",
  },
  {
    lie: "a feed is missing",
    make: () => mutate((r) => void r.splice(recordAt(r, "leaves", 0, 1))),
    code: "transcript-malformed",
  },
  {
    lie: "a record stands where none may",
    make: () => mutate((r) => void r.push({ type: "reply", bytes: utf8("{}") })),
    code: "transcript-malformed",
  },
  { lie: "the file is empty", make: () => new Uint8Array(0), code: "bundle-magic" },
  { lie: "the file has no records", make: () => encodeBundle([]), code: "transcript-malformed" },
  { lie: "a byte is added", make: () => concatBytes(honest, utf8("x")), code: "bundle-truncated" },
];

test("an honest record is complete, without warning", () => {
  for (const signatures of ["all", "last"] as const) {
    const report = verify(honest, signatures);
    assert.deepEqual([report.verdict, report.reasons, report.warnings], ["complete", [], []]);
    assert.deepEqual(report.feeds.map((f) => [f.shown, f.signed_to, f.proven_to, f.warnings.length]), [[6, 6, 6, 0], [4, 4, 4, 0]]);
    assert.equal(report.signatures_checked, signatures);
    assert.equal(report.entries.length, 10);
  }
});

for (const { lie, make, code, at: place, until } of rows) {
  test(`${lie}: ${code}`, () => {
    const bytes = make();
    for (const signatures of ["all", "last"] as const) {
      const report = verify(bytes, signatures);
      // With the last head alone a lie about an older head that contradicts no entry stays unread.
      if (signatures === "last" && report.verdict === "complete") {
        assert.match(code, /^(signature|unknown-key)/);
        continue;
      }
      assert.equal(report.verdict, "failed");
      if (place === undefined) {
        assert.ok(report.faults.some((fault) => fault.code === code), JSON.stringify(report.faults));
        continue;
      }
      const [party, index] = place;
      const bad = report.feeds[party]?.first_bad;
      assert.deepEqual([bad?.code, bad?.index, bad?.certain], [code, index, until === undefined], JSON.stringify(bad));
      assert.equal(bad?.until, until);
      assert.ok(bad?.clause);
    }
  });
}

test("a fault of one feed is no fault of the other", () => {
  const report = verify(mutate((r) => void (at(r, "entry", 3).bytes[200] = 0x41)));
  assert.equal(report.feeds[1]?.first_bad, undefined);
  assert.equal(report.feeds[1]?.proven_to, 4);
  assert.equal(report.feeds[0]?.proven_to, 3);
  assert.equal(report.entries.length, 7);
});

test("each feed has its own first bad index", () => {
  const report = verify(
    mutate((r) => {
      at(r, "entry", 4).bytes[200] = 0x41;
      at(r, "entry", 2, 1).bytes[200] = 0x41;
    }),
  );
  assert.deepEqual(report.feeds.map(({ first_bad: bad }) => [bad?.code, bad?.index]), [["entry-altered", 4], ["entry-altered", 2]]);
});

test("forks come with a proof that stands by itself", () => {
  for (const size of [4, 6]) {
    const head = { ...foreignHead, size };
    const bytes = encodeCheckpoint(head, signHead(backend, a.node, head));
    const report = verify(
      mutate((r) => void r.splice(recordAt(r, "checkpoint", size === 4 ? 1 : 2), 0, { type: "checkpoint", bytes })),
    );
    const [fork] = report.forks;
    assert.ok(fork);
    assert.equal(verifyForkProof(backend, fork.proof, () => a.chain.latest.nodeKeys), true);
  }
});

test("an entry changed in any byte names exactly that place", () => {
  for (let index = 0; index < 6; index++) {
    for (const part of [0, 0.3, 0.7, 0.999]) {
      const report = verify(
        mutate((r) => {
          const { bytes } = at(r, "entry", index);
          const offset = Math.floor(bytes.length * part);
          bytes[offset] = (bytes[offset] ?? 0) ^ 1;
        }),
      );
      assert.deepEqual([report.feeds[0]?.first_bad?.code, report.feeds[0]?.first_bad?.index], ["entry-altered", index]);
    }
  }
});

test("receipts: what does not verify is a warning and is not counted", () => {
  const receiptsOf = (lines: readonly SignatureLine[]) => lines.filter(({ name }) => name === b.id);
  const cases: readonly [string, string, (lines: readonly SignatureLine[], r: Records) => readonly SignatureLine[]][] = [
    ["one line of two", "signature-missing", (lines) => lines.slice(0, 3)],
    ["the other line of two", "signature-missing", (lines) => lines.toSpliced(2, 1)],
    ["of another size", "signature-bad", (lines, r) => [...lines.slice(0, 2), ...receiptsOf(noteOf(at(r, "checkpoint", 1)).lines)]],
    [
      "of another channel",
      "signature-bad",
      (lines) => {
        const head = { ...foreignHead, channel: encodeBase64url(new Uint8Array(32)) };
        return [...lines.slice(0, 2), ...signReceipt(backend, b.node, { head, by: b.id, at: 5 })];
      },
    ],
    [
      "by another key",
      "unknown-key",
      (lines) => [...lines.slice(0, 2), ...signReceipt(backend, makeSecret(backend, "thief"), { head: tip(), by: b.id, at: 5 })],
    ],
    [
      "behind the year 9999",
      "receipt-time",
      (lines) => [...lines.slice(0, 2), ...signReceipt(backend, b.node, { head: tip(), by: b.id, at: 2 ** 52 })],
    ],
    ["at no time", "receipt-time", (lines) => [...lines.slice(0, 2), ...signReceipt(backend, b.node, { head: tip(), by: b.id, at: 0 })]],
  ];
  for (const [name, code, change] of cases) {
    const report = verify(mutate((r) => relined(at(r, "checkpoint", 2), (lines) => change(lines, r))));
    assert.equal(report.verdict, "incomplete", name);
    assert.deepEqual(report.reasons.map((reason) => [reason.code, reason.facts["size"]]), [["receipt-missing", 5]], name);
    assert.deepEqual(report.feeds[0]?.warnings.map((warning) => warning.code), [code], name);
  }
});

test("a receipt that is gone leaves the record incomplete", () => {
  const report = verify(mutate((r) => relined(at(r, "checkpoint", 2), (lines) => lines.slice(0, 2))));
  assert.deepEqual([report.verdict, report.reasons.map(({ code }) => code)], ["incomplete", ["receipt-missing"]]);
});

test("a line that nobody expects is a warning", () => {
  const stranger: SignatureLine = { name: "witness.example", keyId: new Uint8Array(4), signature: new Uint8Array(72) };
  const doubled = (lines: readonly SignatureLine[]) => [...lines, ...lines.slice(2, 3)];
  for (const change of [(lines: readonly SignatureLine[]) => [...lines, stranger], doubled]) {
    const report = verify(mutate((r) => relined(at(r, "checkpoint", 2), change)));
    assert.equal(report.verdict, "complete");
    assert.deepEqual(report.feeds[0]?.warnings.map(({ code, facts }) => [code, facts]), [["line-unrecognised", { size: 6, lines: 1 }]]);
  }
  const [manifest] = recordsOf(honest);
  assert.ok(manifest);
  const report = verify(mutate((r) => r[0] && relined(r[0], (lines) => [...lines, stranger])));
  assert.deepEqual([report.verdict, report.warnings.map(({ code }) => code)], ["complete", ["line-unrecognised"]]);
});

test("a root signature that is not needed and does not verify is a warning", () => {
  const report = verify(
    mutate((r) => {
      const record = r[3];
      assert.ok(record);
      const value = JSON.parse(utf8ToText(record.bytes) ?? "") as { signatures: { ed25519: string; key: string }[] };
      const [first] = value.signatures;
      assert.ok(first);
      const extra = { ...first, key: encodeBase64url(makeSecret(backend, "extra").key.ed25519) };
      record.bytes = utf8(JSON.stringify({ ...value, signatures: [...value.signatures, extra] }));
    }),
  );
  assert.deepEqual([report.verdict, report.warnings.map(({ code }) => code)], ["complete", ["root-signature-unused"]]);
});

test("a claim of time outside the bracket is a warning at the entry, never a fault", () => {
  const late = makePair(backend, "late");
  say(late.channel, late.a, [{ n: 6 }], { time: late.channel.now - 86_400 });
  receipt(late.channel, late.b, late.a);
  say(late.channel, late.b, [{ n: 4 }], { time: late.channel.now + 86_400 });
  receipt(late.channel, late.a, late.b);
  const report = verifyPair(late);
  assert.equal(report.verdict, "complete");
  const warned = report.entries.filter(({ warnings }) => warnings.includes("time-outside"));
  assert.deepEqual(warned.map(({ feed, seq }) => [feed, seq]), [[late.a.id, 6], [late.b.id, 4]]);
});

test("a receipt from a clock that ran ahead crosses the bracket of what its giver says next", () => {
  const ahead = makePair(backend, "ahead");
  say(ahead.channel, ahead.a, [{ n: 6 }]);
  receipt(ahead.channel, ahead.b, ahead.a, { at: ahead.channel.now + 86_400 });
  say(ahead.channel, ahead.b, [{ n: 4 }]);
  receipt(ahead.channel, ahead.a, ahead.b);
  const report = verifyPair(ahead);
  assert.equal(report.verdict, "complete");
  assert.deepEqual(report.entries.filter(({ warnings }) => warnings.length > 0).map(({ feed, warnings }) => [feed, warnings]), [
    [ahead.b.id, ["bracket-crossed"]],
  ]);
});

test("keys change with a party_update, at its position", () => {
  const turned = makePair(backend, "turned");
  const renewed = renewParty(backend, turned.a);
  sayUpdate(turned.channel, renewed);
  receipt(turned.channel, turned.b, renewed);
  // The head that brings the update covers it, so the new keys sign it.
  assert.deepEqual(verifyPair(turned).reasons, []);
  say(turned.channel, renewed, [{ n: 7 }]);
  receipt(turned.channel, turned.b, renewed);
  assert.equal(verifyPair(turned).verdict, "complete");
  const bytes = exportTranscript(turned.channel, turned.b);
  const stale = mutate((r) => {
    const head = feedOf(turned.channel, turned.a.id).heads.at(-1)?.head;
    assert.ok(head);
    at(r, "checkpoint", 4).bytes = encodeCheckpoint(head, signHead(backend, turned.a.node, head));
  }, bytes);
  const report = verifyTranscript(backend, stale, trustParties([turned.a.id, turned.b.id]));
  assert.deepEqual([report.feeds[0]?.first_bad?.code, report.feeds[0]?.first_bad?.index], ["unknown-key", 7]);
});

test("a withheld party_update leaves its keys possible, with a warning", () => {
  const turned = makePair(backend, "hidden update");
  const renewed = renewParty(backend, turned.a);
  sayUpdate(turned.channel, renewed);
  receipt(turned.channel, turned.b, renewed);
  const bytes = exportTranscript(turned.channel, turned.b, { withhold: new Map([[`${renewed.id} 6`, "withheld"]]) });
  const report = verifyTranscript(backend, bytes, trustParties([turned.a.id, turned.b.id]));
  assert.equal(report.verdict, "complete");
  assert.deepEqual(report.feeds[0]?.warnings.map(({ code, index }) => [code, index]), [["update-withheld", 6]]);
});

test("openings of the first two entries are what SPEC 3.1.5 says", () => {
  const liars = makePair(backend, "liars");
  const wrong = makeChannel(backend, [liars.a, liars.b], { seed: "liars" });
  say(wrong, liars.a, [{ not: "the genesis" }], { kind: "genesis", checkpoint: false });
  sayUpdate(wrong, liars.a);
  say(wrong, liars.b, [wrong.genesis], { kind: "genesis", checkpoint: false });
  say(wrong, liars.b, [{ chain: "AAAA", type: "party_update", v: 1 }], { kind: "party_update" });
  const report = verifyPair({ ...liars, channel: wrong });
  assert.deepEqual(report.feeds.map(({ first_bad: bad }) => [bad?.code, bad?.index]), [["opening-mismatch", 0], ["opening-mismatch", 1]]);
});

test("what the author itself signed wrongly keeps the code of its clause", () => {
  const rowsOfAuthor: readonly [string, (liar: KitPair) => void][] = [
    ["entry-channel", ({ channel: c, a: x }) => say(c, x, [{}], { entry: { channel: b.id } })],
    ["entry-feed", ({ channel: c, a: x }) => say(c, x, [{}], { entry: { feed: encodeBase64url(new Uint8Array(32)) } })],
    ["out-of-order", ({ channel: c, a: x }) => say(c, x, [{}], { entry: { seq: 9 } })],
    ["seen-backwards", ({ channel: c, a: x }) => say(c, x, [{}], { entry: { seen: [] } })],
    ["entry-kind", ({ channel: c, a: x }) => say(c, x, [{}], { kind: "genesis" })],
    ["seen-unknown", ({ channel: c, a: x, b: y }) => say(c, x, [{}], { entry: { seen: withStranger(c, y.id) } })],
    ["seen-mismatch", ({ channel: c, a: x, b: y }) => say(c, x, [{}], { entry: { seen: [{ feed: y.id, root: x.id, size: 4 }] } })],
  ];
  for (const [code, tell] of rowsOfAuthor) {
    const liar = makePair(backend, "author");
    tell(liar);
    const bad = verifyPair(liar).feeds[0]?.first_bad;
    assert.deepEqual([bad?.code, bad?.index, bad?.certain], [code, 6, true]);
  }
});

test("a `seen` above the entries shown proves that the other feed was cut", () => {
  const liar = makePair(backend, "cut");
  say(liar.channel, liar.a, [{}], { entry: { seen: [{ feed: liar.b.id, root: liar.a.id, size: 9 }] } });
  const bad = verifyPair(liar).feeds[1]?.first_bad;
  assert.deepEqual([bad?.code, bad?.index], ["truncated", 4]);
});

test("trust decides whose signatures count", () => {
  const report = (text: string) => {
    const parsed = parseTrust(text);
    assert.ok(!isRefusal(parsed));
    return verifyTranscript(backend, honest, parsed);
  };
  assert.deepEqual(report(`parley-trust/1\nparty ${a.id}\n`).faults.map(({ code, facts }) => [code, facts]), [["trust-party", { party: 1 }]]);
  const both = encodeTrust(trust);
  assert.equal(report(both).verdict, "complete");
  assert.equal(report(`${both}channel ${channel.id}\n`).verdict, "complete");
  assert.deepEqual(report(`${both}channel ${a.id}\n`).faults.map(({ code }) => code), ["trust-channel"]);
  const witnessed = report(`${both}witness w w.example+0a0b0c0d+AAAA\nquorum w\n`);
  assert.deepEqual([witnessed.verdict, witnessed.reasons.map(({ code }) => code)], ["incomplete", ["quorum-unchecked"]]);
});

test("a genesis that names another version of a party", () => {
  const newer = renewParty(backend, a);
  const agreed = makeChannel(backend, [newer, b], { seed: "version" });
  openChannel(agreed);
  const bytes = exportTranscript(agreed, b);
  assert.equal(verify(bytes).verdict, "complete");
  const cut = mutate((r) => void r.splice(4, 2), bytes);
  assert.deepEqual(verify(cut).faults.map(({ code }) => code), ["party-version"]);
});

test("a channel in which one party has said nothing", () => {
  const quiet = makeChannel(backend, [a, b], { seed: "quiet" });
  say(quiet, a, [quiet.genesis], { kind: "genesis", checkpoint: false });
  sayUpdate(quiet, a);
  receipt(quiet, b, a);
  const report = verify(exportTranscript(quiet, a));
  assert.deepEqual([report.verdict, report.reasons.map(({ code }) => code)], ["incomplete", ["feed-empty"]]);
});

test("three parties", () => {
  const c = makeParty(backend, "third", { handle: "TARIM" });
  const wide = makeChannel(backend, [a, b, c], { seed: "wide" });
  openChannel(wide);
  say(wide, c, [{ n: 1 }]);
  receipt(wide, a, c);
  const all = trustParties([a.id, b.id, c.id]);
  const report = verifyTranscript(backend, exportTranscript(wide, c), all);
  assert.deepEqual(report.reasons.map(({ code, facts }) => [code, facts]), [["receipt-missing", { by: b.id, shown: 3, size: 2 }]]);
});

function tip(): Head {
  const head = feedOf(channel, a.id).heads.at(-1)?.head;
  assert.ok(head);
  return head;
}

function verifyPair(made: KitPair): TranscriptReport {
  return verifyTranscript(backend, exportTranscript(made.channel, made.b), trustParties([made.a.id, made.b.id]));
}

function withStranger(made: KitPair["channel"], other: string) {
  const head = feedOf(made, other).heads.at(-1)?.head;
  assert.ok(head);
  return [
    { feed: other, root: encodeBase64url(head.root), size: head.size },
    { feed: encodeBase64url(new Uint8Array(32).fill(255)), root: other, size: 1 },
  ];
}

test("the kit's own entries are canonical", () => {
  for (const { entries, slots } of channel.feeds.values()) {
    for (const [i, entry] of entries.entries()) assert.deepEqual(encodeEntry(entry), slots[i]?.entry);
  }
});
