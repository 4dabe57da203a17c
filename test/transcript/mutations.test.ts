/** Every lie about a record that we could think of, with the code and the place the verifier must name (SPEC 7.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { concatBytes, encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeCheckpoint, signHead } from "#parley/ledger/checkpoint.ts";
import { verifyForkProof } from "#parley/ledger/fork.ts";
import { leafHash } from "#parley/ledger/tree.ts";
import { signManifest, parseManifest } from "#parley/transcript/manifest.ts";
import {
  exportTranscript,
  feedOf,
  makeChannel,
  makeSecret,
  openChannel,
  recordAt,
  say,
} from "../kit/record.ts";
import {
  backend,
  a,
  b,
  channel,
  honest,
  verify,
  mutate,
  at,
  relined,
  reclaim,
  setLeaf,
  foreignHead,
} from "./changes.ts";

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
    make: () => mutate((r) => setLeaf(at(r, "leaves", 0), 4, new Uint8Array(32))),
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
    make: () =>
      mutate((r) => void (at(r, "opened", 5).bytes[0] = 0xff & ~(at(r, "opened", 5).bytes[0] ?? 0))),
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
        r[recordAt(r, "opened", 5)] = {
          type: "withheld",
          bytes: utf8('{"reason":"secret","type":"withheld","v":1}'),
        };
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
        at(r, "checkpoint", 1).bytes = encodeCheckpoint(
          head,
          signHead(backend, makeSecret(backend, "thief"), head),
        );
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
    make: () =>
      mutate((r) => reclaim(r, (claims) => ({ ...claims, exporter: encodeBase64url(new Uint8Array(32)) }))),
    code: "manifest-signature",
  },
  {
    lie: "the manifest claims an earlier end",
    make: () =>
      mutate((r) =>
        reclaim(r, (claims) => ({
          ...claims,
          ends: claims.ends.map((end) => ({ ...end, size: end.size - 1 })),
        })),
      ),
    code: "manifest-end",
    at: [0, 5],
  },
  {
    lie: "the manifest claims another root",
    make: () =>
      mutate((r) =>
        reclaim(r, (claims) => ({
          ...claims,
          ends: claims.ends.map((end) => ({ ...end, root: new Uint8Array(32) })),
        })),
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
    make: () =>
      mutate(
        (r) =>
          void (r[1] = { type: "genesis", bytes: channel.genesis.map((x, i) => (i === 400 ? x ^ 1 : x)) }),
      ),
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
    assert.deepEqual(
      report.feeds.map((f) => [f.shown, f.signed_to, f.proven_to, f.warnings.length]),
      [
        [6, 6, 6, 0],
        [4, 4, 4, 0],
      ],
    );
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
        assert.ok(
          report.faults.some((fault) => fault.code === code),
          JSON.stringify(report.faults),
        );
        continue;
      }
      const [party, index] = place;
      const bad = report.feeds[party]?.first_bad;
      assert.deepEqual(
        [bad?.code, bad?.index, bad?.certain],
        [code, index, until === undefined],
        JSON.stringify(bad),
      );
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
  assert.deepEqual(
    report.feeds.map(({ first_bad: bad }) => [bad?.code, bad?.index]),
    [
      ["entry-altered", 4],
      ["entry-altered", 2],
    ],
  );
});

test("forks come with a proof that stands by itself", () => {
  for (const size of [4, 6]) {
    const head = { ...foreignHead, size };
    const bytes = encodeCheckpoint(head, signHead(backend, a.node, head));
    const report = verify(
      mutate(
        (r) => void r.splice(recordAt(r, "checkpoint", size === 4 ? 1 : 2), 0, { type: "checkpoint", bytes }),
      ),
    );
    const [fork] = report.forks;
    assert.ok(fork);
    assert.equal(
      verifyForkProof(backend, fork.proof, () => a.chain.latest.nodeKeys),
      true,
    );
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
      assert.deepEqual(
        [report.feeds[0]?.first_bad?.code, report.feeds[0]?.first_bad?.index],
        ["entry-altered", index],
      );
    }
  }
});
