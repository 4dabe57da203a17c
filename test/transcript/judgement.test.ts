/** Receipts, keys, claims of time and trust: where a record without a lie, or an author's own lie, leads to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import type { SignatureLine } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeCheckpoint, signHead, signReceipt, type Head } from "#parley/ledger/checkpoint.ts";
import { encodeEntry } from "#parley/ledger/entry.ts";
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
  recordsOf,
  renewParty,
  say,
  sayUpdate,
  type KitPair,
  type Records,
} from "../kit/record.ts";
import {
  backend,
  a,
  b,
  channel,
  trust,
  honest,
  verify,
  mutate,
  at,
  noteOf,
  relined,
  foreignHead,
  verifyPair,
} from "./changes.ts";

test("receipts: what does not verify is a warning and is not counted", () => {
  const receiptsOf = (lines: readonly SignatureLine[]) => lines.filter(({ name }) => name === b.id);
  const cases: readonly [
    string,
    string,
    (lines: readonly SignatureLine[], r: Records) => readonly SignatureLine[],
  ][] = [
    ["one line of two", "signature-missing", (lines) => lines.slice(0, 3)],
    ["the other line of two", "signature-missing", (lines) => lines.toSpliced(2, 1)],
    [
      "of another size",
      "signature-bad",
      (lines, r) => [...lines.slice(0, 2), ...receiptsOf(noteOf(at(r, "checkpoint", 1)).lines)],
    ],
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
      (lines) => [
        ...lines.slice(0, 2),
        ...signReceipt(backend, makeSecret(backend, "thief"), { head: tip(), by: b.id, at: 5 }),
      ],
    ],
    [
      "behind the year 9999",
      "receipt-time",
      (lines) => [
        ...lines.slice(0, 2),
        ...signReceipt(backend, b.node, { head: tip(), by: b.id, at: 2 ** 52 }),
      ],
    ],
    [
      "at no time",
      "receipt-time",
      (lines) => [...lines.slice(0, 2), ...signReceipt(backend, b.node, { head: tip(), by: b.id, at: 0 })],
    ],
  ];
  for (const [name, code, change] of cases) {
    const report = verify(mutate((r) => relined(at(r, "checkpoint", 2), (lines) => change(lines, r))));
    assert.equal(report.verdict, "incomplete", name);
    assert.deepEqual(
      report.reasons.map((reason) => [reason.code, reason.facts["size"]]),
      [["receipt-missing", 5]],
      name,
    );
    assert.deepEqual(
      report.feeds[0]?.warnings.map((warning) => warning.code),
      [code],
      name,
    );
  }
});

test("a receipt that is gone leaves the record incomplete", () => {
  const report = verify(mutate((r) => relined(at(r, "checkpoint", 2), (lines) => lines.slice(0, 2))));
  assert.deepEqual(
    [report.verdict, report.reasons.map(({ code }) => code)],
    ["incomplete", ["receipt-missing"]],
  );
});

test("a line that nobody expects is a warning", () => {
  const stranger: SignatureLine = {
    name: "witness.example",
    keyId: new Uint8Array(4),
    signature: new Uint8Array(72),
  };
  const doubled = (lines: readonly SignatureLine[]) => [...lines, ...lines.slice(2, 3)];
  for (const change of [(lines: readonly SignatureLine[]) => [...lines, stranger], doubled]) {
    const report = verify(mutate((r) => relined(at(r, "checkpoint", 2), change)));
    assert.equal(report.verdict, "complete");
    assert.deepEqual(
      report.feeds[0]?.warnings.map(({ code, facts }) => [code, facts]),
      [["line-unrecognised", { size: 6, lines: 1 }]],
    );
  }
  const [manifest] = recordsOf(honest);
  assert.ok(manifest);
  const report = verify(mutate((r) => r[0] && relined(r[0], (lines) => [...lines, stranger])));
  assert.deepEqual(
    [report.verdict, report.warnings.map(({ code }) => code)],
    ["complete", ["line-unrecognised"]],
  );
});

test("a root signature that is not needed and does not verify is a warning", () => {
  const report = verify(
    mutate((r) => {
      const record = r[3];
      assert.ok(record);
      const value = JSON.parse(utf8ToText(record.bytes) ?? "") as {
        signatures: { ed25519: string; key: string }[];
      };
      const [first] = value.signatures;
      assert.ok(first);
      const extra = { ...first, key: encodeBase64url(makeSecret(backend, "extra").key.ed25519) };
      record.bytes = utf8(JSON.stringify({ ...value, signatures: [...value.signatures, extra] }));
    }),
  );
  assert.deepEqual(
    [report.verdict, report.warnings.map(({ code }) => code)],
    ["complete", ["root-signature-unused"]],
  );
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
  assert.deepEqual(
    warned.map(({ feed, seq }) => [feed, seq]),
    [
      [late.a.id, 6],
      [late.b.id, 4],
    ],
  );
});

test("a receipt from a clock that ran ahead crosses the bracket of what its giver says next", () => {
  const ahead = makePair(backend, "ahead");
  say(ahead.channel, ahead.a, [{ n: 6 }]);
  receipt(ahead.channel, ahead.b, ahead.a, { at: ahead.channel.now + 86_400 });
  say(ahead.channel, ahead.b, [{ n: 4 }]);
  receipt(ahead.channel, ahead.a, ahead.b);
  const report = verifyPair(ahead);
  assert.equal(report.verdict, "complete");
  assert.deepEqual(
    report.entries
      .filter(({ warnings }) => warnings.length > 0)
      .map(({ feed, warnings }) => [feed, warnings]),
    [[ahead.b.id, ["bracket-crossed"]]],
  );
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
  const bytes = exportTranscript(turned.channel, turned.b, {
    withhold: new Map([[`${renewed.id} 6`, "withheld"]]),
  });
  const report = verifyTranscript(backend, bytes, trustParties([turned.a.id, turned.b.id]));
  assert.equal(report.verdict, "complete");
  assert.deepEqual(
    report.feeds[0]?.warnings.map(({ code, index }) => [code, index]),
    [["update-withheld", 6]],
  );
});

test("openings of the first two entries are what SPEC 3.1.5 says", () => {
  const liars = makePair(backend, "liars");
  const wrong = makeChannel(backend, [liars.a, liars.b], { seed: "liars" });
  say(wrong, liars.a, [{ not: "the genesis" }], { kind: "genesis", checkpoint: false });
  sayUpdate(wrong, liars.a);
  say(wrong, liars.b, [wrong.genesis], { kind: "genesis", checkpoint: false });
  say(wrong, liars.b, [{ chain: "AAAA", type: "party_update", v: 1 }], { kind: "party_update" });
  const report = verifyPair({ ...liars, channel: wrong });
  assert.deepEqual(
    report.feeds.map(({ first_bad: bad }) => [bad?.code, bad?.index]),
    [
      ["opening-mismatch", 0],
      ["opening-mismatch", 1],
    ],
  );
});

test("what the author itself signed wrongly keeps the code of its clause", () => {
  const rowsOfAuthor: readonly [string, (liar: KitPair) => void][] = [
    ["entry-channel", ({ channel: c, a: x }) => say(c, x, [{}], { entry: { channel: b.id } })],
    [
      "entry-feed",
      ({ channel: c, a: x }) => say(c, x, [{}], { entry: { feed: encodeBase64url(new Uint8Array(32)) } }),
    ],
    ["out-of-order", ({ channel: c, a: x }) => say(c, x, [{}], { entry: { seq: 9 } })],
    ["seen-backwards", ({ channel: c, a: x }) => say(c, x, [{}], { entry: { seen: [] } })],
    ["entry-kind", ({ channel: c, a: x }) => say(c, x, [{}], { kind: "genesis" })],
    [
      "seen-unknown",
      ({ channel: c, a: x, b: y }) => say(c, x, [{}], { entry: { seen: withStranger(c, y.id) } }),
    ],
    [
      "seen-mismatch",
      ({ channel: c, a: x, b: y }) =>
        say(c, x, [{}], { entry: { seen: [{ feed: y.id, root: x.id, size: 4 }] } }),
    ],
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
  assert.deepEqual(
    report(`parley-trust/1\nparty ${a.id}\n`).faults.map(({ code, facts }) => [code, facts]),
    [["trust-party", { party: 1 }]],
  );
  const both = encodeTrust(trust);
  assert.equal(report(both).verdict, "complete");
  assert.equal(report(`${both}channel ${channel.id}\n`).verdict, "complete");
  assert.deepEqual(
    report(`${both}channel ${a.id}\n`).faults.map(({ code }) => code),
    ["trust-channel"],
  );
  const witnessed = report(`${both}witness w w.example+0a0b0c0d+AAAA\nquorum w\n`);
  assert.deepEqual(
    [witnessed.verdict, witnessed.reasons.map(({ code }) => code)],
    ["incomplete", ["quorum-unchecked"]],
  );
});

test("a genesis that names another version of a party", () => {
  const newer = renewParty(backend, a);
  const agreed = makeChannel(backend, [newer, b], { seed: "version" });
  openChannel(agreed);
  const bytes = exportTranscript(agreed, b);
  assert.equal(verify(bytes).verdict, "complete");
  const cut = mutate((r) => void r.splice(4, 2), bytes);
  assert.deepEqual(
    verify(cut).faults.map(({ code }) => code),
    ["party-version"],
  );
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
  assert.deepEqual(
    report.reasons.map(({ code, facts }) => [code, facts]),
    [["receipt-missing", { by: b.id, shown: 3, size: 2 }]],
  );
});

function tip(): Head {
  const head = feedOf(channel, a.id).heads.at(-1)?.head;
  assert.ok(head);
  return head;
}

function withStranger(made: KitPair["channel"], other: string) {
  const head = feedOf(made, other).heads.at(-1)?.head;
  assert.ok(head);
  const stranger = encodeBase64url(new Uint8Array(32).fill(255));
  const seen = [
    { feed: other, root: encodeBase64url(head.root), size: head.size },
    { feed: stranger, root: other, size: 1 },
  ];
  return seen.sort((x, y) => (x.feed < y.feed ? -1 : 1));
}

test("the kit's own entries are canonical", () => {
  for (const { entries, slots } of channel.feeds.values()) {
    for (const [i, entry] of entries.entries()) assert.deepEqual(encodeEntry(entry), slots[i]?.entry);
  }
});
