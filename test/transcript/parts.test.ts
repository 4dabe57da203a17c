/** Trust files, manifests, one opened message, the story and the catalogue (SPEC 7.1, 7.2, 7.4.4, 7.5). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { commitTo } from "#parley/crypto/payload.ts";
import { encodeCheckpoint } from "#parley/ledger/checkpoint.ts";
import { inclusionPath, leafHash, nodeHash, subtreeReader } from "#parley/ledger/tree.ts";
import { CATALOGUE, catalogued, lookUpCode } from "#parley/transcript/catalogue.ts";
import { TRANSCRIPT_CODES } from "#parley/transcript/codes.ts";
import { createHasher } from "#parley/transcript/hasher.ts";
import { parseManifest, signManifest } from "#parley/transcript/manifest.ts";
import { encodeOneMessage, verifyOneMessage } from "#parley/transcript/open-one.ts";
import { tellStory } from "#parley/transcript/story.ts";
import { encodeTrust, parseTrust, trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import {
  exportTranscript,
  feedOf,
  makeChannel,
  makePair,
  receipt,
  recordsOf,
  say,
  seedBytes,
  type KitPair,
} from "../kit/record.ts";
import { CASE, message, uuid } from "../protocols/conversation.ts";
import { OPEN_BODY, OPEN_ID } from "../protocols/notice-lines.ts";

const backend = createNodeBackend();
const pair = makePair(backend);
const { a, b, channel } = pair;
const trust = trustParties([a.id, b.id]);

test("a trust file is read, and written again without its comments", () => {
  const text = [
    "parley-trust/1",
    "# who",
    `party ${a.id}`,
    "",
    `party ${b.id}   `,
    `channel ${channel.id}`,
    "witness w1 w1.example+0a0b0c0d+AAAA https://w1.example/",
    "witness w2 w2.example+0a0b0c0d+BBBB",
    "group both all w1 w2",
    "group some any both",
    "group two 2 w1 w2",
    "quorum some",
    "",
  ].join("\n");
  const parsed = parseTrust(text);
  assert.ok(!isRefusal(parsed));
  assert.deepEqual(
    parsed.groups.map(({ threshold }) => threshold),
    [2, 1, 2],
  );
  assert.equal(parsed.quorum, "some");
  assert.deepEqual(parseTrust(encodeTrust(parsed)), parsed);
  assert.deepEqual(parseTrust(encodeTrust(trust)), trust);
});

test("trust files that are refused, with the line", () => {
  const start = `parley-trust/1\nparty ${a.id}\n`;
  const witness = "witness w w.example+0a0b0c0d+AAAA\n";
  const rows: readonly [text: string, line: number][] = [
    ["", 1],
    [`party ${a.id}\n`, 1],
    ["parley-trust/2\n", 1],
    ["parley-trust/1\n", 2],
    [`${start}party ${a.id}\n`, 3],
    [`${start}party short\n`, 3],
    [`${start}party ${b.id} extra\n`, 3],
    [`${start}chanel ${b.id}\n`, 3],
    [`${start}witness w\n`, 3],
    [`${start}witness w not-a-key\n`, 3],
    [`${start}witness none w.example+0a0b0c0d+AAAA\n`, 3],
    [`${start}${witness}${witness}`, 4],
    [`${start}group g 1\n`, 3],
    [`${start}group g 1 w\n`, 3],
    [`${start}${witness}group g 2 w\n`, 4],
    [`${start}${witness}group g 0 w\n`, 4],
    [`${start}${witness}group g any w w\n`, 4],
    [`${start}${witness}group g any none\n`, 4],
    [`${start}quorum w\n`, 3],
    [`${start}quorum none\nquorum none\n`, 4],
  ];
  for (const [text, line] of rows) {
    const refusal = parseTrust(text);
    assert.ok(isRefusal(refusal), text);
    assert.deepEqual([refusal.code, refusal.facts], ["trust-malformed", { line }], text);
  }
  assert.ok(isRefusal(parseTrust("x".repeat(1_048_577))));
});

test("a manifest is read back as it was signed", () => {
  const claims = {
    channel: channel.id,
    exporter: a.id,
    exportedAt: 1_795_359_615,
    ends: [
      { feed: a.id, size: 0, root: backend.sha256(new Uint8Array(0)) },
      { feed: b.id, size: 2 ** 53 - 1, root: new Uint8Array(32) },
    ],
  };
  const manifest = parseManifest(signManifest(backend, a.node, claims));
  assert.ok(!isRefusal(manifest));
  const { note, ...read } = manifest;
  assert.deepEqual(read, claims);
  assert.equal(note.lines.length, 2);
});

test("manifests that are refused", () => {
  const signature = "\n— x AAAAAAA=\n";
  const end = `${a.id} 1 ${"A".repeat(43)}=\n`;
  const head = `parley-transcript/1\n${channel.id}\n${a.id}\n2026-11-22T15:00:00Z\n`;
  const rows = [
    head.replace("/1", "/2") + end,
    head.replace("Z", "") + end,
    head.replace(a.id, "nobody") + end,
    head + end + end,
    head + end.replace(" 1 ", " 01 "),
    head + end.replace(" 1 ", " 9999999999999999 "),
    head + end.replace("A=", "B="),
    `${head}\n${end}`,
  ];
  for (const text of rows) {
    const refusal = parseManifest(utf8(text + signature));
    assert.ok(isRefusal(refusal), text);
    assert.equal(refusal.code, "transcript-malformed");
  }
  assert.ok(!isRefusal(parseManifest(utf8(head + end + signature))));
});

function oneMessage(seq: number, made: KitPair = pair) {
  const feed = feedOf(made.channel, made.a.id);
  const slot = feed.slots[seq];
  const last = feed.heads.at(-1);
  assert.ok(slot?.opening.kind === "opened" && last);
  const reader = subtreeReader(backend.sha256, (level, index) =>
    level === 0 ? feed.leaves[index] : undefined,
  );
  return {
    entry: slot.entry,
    path: inclusionPath(backend.sha256, reader, seq, last.head.size),
    checkpoint: encodeCheckpoint(last.head, last.lines.slice(0, 2)),
    salt: slot.opening.salt,
    message: slot.opening.message,
    signed: feed.party.signed,
    genesis: made.channel.genesis,
    seq,
  };
}

test("one message stands by itself", () => {
  for (let seq = 0; seq < 6; seq++) {
    const one = oneMessage(seq);
    const said = verifyOneMessage(backend, encodeOneMessage(one), trust);
    assert.ok(!isRefusal(said));
    assert.deepEqual([said.party, said.seq, said.size, said.message], [a.id, seq, 6, one.message]);
  }
});

test("one message with something wrong", () => {
  const one = oneMessage(3);
  const other = oneMessage(4);
  const foreign = makeChannel(backend, [a, b], { seed: "elsewhere" });
  const strangers = makePair(backend, "strangers");
  const rows: readonly [code: string, bytes: Uint8Array][] = [
    ["proof-mismatch", encodeOneMessage({ ...one, path: other.path })],
    ["proof-malformed", encodeOneMessage({ ...one, seq: 4, path: other.path })],
    ["commit-mismatch", encodeOneMessage({ ...one, message: other.message })],
    ["entry-channel", encodeOneMessage({ ...one, genesis: foreign.genesis })],
    ["entry-feed", encodeOneMessage({ ...one, signed: b.signed })],
    ["trust-party", encodeOneMessage(oneMessage(3, strangers))],
    ["checkpoint-origin", encodeOneMessage({ ...one, checkpoint: oneMessage(3, strangers).checkpoint })],
    [
      "party-chain",
      encodeOneMessage({
        ...one,
        signed: [...one.signed, ...b.signed].slice(0, 1).map((s) => ({ ...s, signatures: utf8("{}") })),
      }),
    ],
  ];
  for (const [code, bytes] of rows) {
    const refusal = verifyOneMessage(backend, bytes, trust);
    assert.ok(isRefusal(refusal), code);
    assert.equal(refusal.code, code === "party-chain" ? "party-signatures" : code);
  }
  const listed = trustParties([a.id, b.id], [a.id]);
  const refusal = verifyOneMessage(backend, encodeOneMessage(one), listed);
  assert.equal(isRefusal(refusal) && refusal.code, "trust-channel");
});

test("one message: no changed byte goes unsaid", () => {
  const bytes = encodeOneMessage(oneMessage(3));
  const unread: number[] = [];
  for (let offset = 0; offset < bytes.length; offset += 97) {
    const changed = bytes.map((byte, i) => (i === offset ? byte ^ 2 : byte));
    if (!isRefusal(verifyOneMessage(backend, changed, trust))) unread.push(offset);
  }
  assert.deepEqual(unread, []);
  const records = recordsOf(bytes);
  for (let i = 0; i < records.length; i++) {
    assert.ok(
      isRefusal(verifyOneMessage(backend, encodeBundle(records.toSpliced(i, 1)), trust)),
      `record ${i}`,
    );
  }
});

test("the story has a line for each entry, in order, as data", () => {
  const told = makePair(backend, "story");
  say(told.channel, told.a, [{ type: "no.such.message" }, utf8("not json")]);
  say(told.channel, told.a, [{ type: "heartbeat", v: 1 }], { kind: "heartbeat" });
  receipt(told.channel, told.b, told.a);
  const bytes = exportTranscript(told.channel, told.b, {
    withhold: new Map([[`${told.a.id} 5`, "withheld"]]),
  });
  const report = verifyTranscript(backend, bytes, trustParties([told.a.id, told.b.id]));
  const { lines, channel: view } = tellStory(backend, report);
  assert.equal(lines.length, report.entries.length);
  assert.equal(view?.asOf, report.exported_at);
  const own = lines.filter(({ feed }) => feed === told.a.id);
  assert.deepEqual(
    own.map(({ outcome, code, phrase }) => [outcome, code, phrase.key]),
    [
      ["accepted", undefined, "entry.genesis"],
      ["accepted", undefined, "entry.party_update"],
      ["void", "E-UNEXPECTED", "story.void"],
      ["void", "E-UNEXPECTED", "story.void"],
      ["void", "E-UNEXPECTED", "story.void"],
      ["opaque", "withheld", "story.opaque"],
      ["void", "E-UNEXPECTED", "story.void"],
      ["void", "E-UNEXPECTED", "story.void"],
      ["accepted", undefined, "entry.heartbeat"],
    ],
  );
  assert.ok(own.every(({ held_at: held, bracket }) => held !== undefined && held === bracket.before));
});

test("the story folds real messages with the protocols that both parties run", () => {
  const told = makePair(backend, "notice");
  const { channel: record, a: from, b: to } = told;
  say(record, from, [message("notice.open", OPEN_BODY, { id: OPEN_ID })]);
  receipt(record, to, from);
  const understood = { of: OPEN_ID, understood: "yes", text_used: "original" };
  say(record, to, [message("ack", understood, { id: uuid(2), from_role: "watch" })]);
  receipt(record, from, to);
  const report = verifyTranscript(backend, exportTranscript(record, to), trustParties([from.id, to.id]));
  const { lines, channel: view } = tellStory(backend, report);
  const handle = (party: string) => report.parties.find(({ party: id }) => id === party)?.handle;
  assert.deepEqual(
    lines.slice(-2).map(({ feed, type, case: named, outcome, phrase: { key, args } }) => {
      const { party, seq, type: told, serial } = args;
      return [feed, type, named, outcome, { key, args: { party, seq, type: told, serial } }];
    }),
    [
      [from.id, "notice.open", CASE, "accepted", phraseOf("notice.open", handle(from.id), 6)],
      [to.id, "ack", CASE, "accepted", phraseOf("ack", handle(to.id), 4)],
    ],
  );
  assert.deepEqual(
    view?.cases.map(({ id, protocol, status }) => [id, protocol, status]),
    [[CASE, "notice", "acknowledged"]],
  );
});

function phraseOf(type: string, party: string | undefined, seq: number) {
  return { key: `message.${type}`, args: { party, seq, type, serial: 1 } };
}

test("nothing established is a story without lines", () => {
  const report = verifyTranscript(backend, new Uint8Array(0), trust);
  assert.deepEqual(tellStory(backend, report), { lines: [] });
});

test("a house feed verifies, and is never complete by its owner's word", () => {
  const genesis = utf8(
    `{"nonce":"${encodeBase64url(new Uint8Array(32))}","party":"${a.id}","type":"house","v":1}`,
  );
  const house = makeChannel(backend, [a], { genesis });
  say(house, a, [genesis], { kind: "genesis", checkpoint: false });
  say(house, a, [{ chain: "", type: "party_update", v: 1 }], { kind: "party_update", checkpoint: false });
  const report = verifyTranscript(backend, exportTranscript(house, a), trust);
  assert.deepEqual(report.feeds[0]?.first_bad?.code, "unsigned-tail");
});

test("the catalogue names layer and clause of every code", () => {
  for (const [code, entry] of CATALOGUE) {
    assert.equal(code, entry.code);
    assert.match(entry.clause, /^[0-9]+(-[0-9]+)?(\.[0-9]+)+$/);
  }
  assert.deepEqual(lookUpCode("root-mismatch"), { code: "root-mismatch", layer: "feed", clause: "3.8.8" });
  assert.equal(lookUpCode("no-such-code"), undefined);
  assert.throws(() => catalogued("no-such-code"));
  for (const code of Object.keys(TRANSCRIPT_CODES)) assert.ok(CATALOGUE.has(code));
});

test("the hasher computes what ledger and crypto define, on either side of its buffer", () => {
  const hasher = createHasher(backend);
  const salt = seedBytes(backend, "salt");
  for (const length of [0, 1, 500, 65_486, 65_487, 65_535, 65_536, 70_000]) {
    const bytes = new Uint8Array(length).fill(length);
    assert.deepEqual(hasher.leaf(bytes), leafHash(backend.sha256, bytes));
    assert.deepEqual(hasher.commit(salt, bytes), commitTo(backend, salt, bytes));
  }
  const [left, right] = [seedBytes(backend, "left"), seedBytes(backend, "right")];
  assert.deepEqual(hasher.node(left, right), nodeHash(backend.sha256, left, right));
});
