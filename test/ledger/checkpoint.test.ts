/** Heads, receipts and other signed texts: what each line must be, bit by bit, and what is read from it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, encodeBase64, encodeBase64url, u64be, utf8 } from "#parley/codec/bytes.ts";
import { encodeNote, parseNote, type SignatureLine } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { LAST_INSTANT } from "#parley/codec/time.ts";
import {
  encodeCheckpoint,
  establishReceipt,
  headToText,
  keyIdOf,
  originOf,
  parseCheckpoint,
  receiptLinesOf,
  signHead,
  signReceipt,
  signText,
  verifyAuthor,
  verifyReceipt,
  verifyText,
  type Head,
} from "#parley/ledger/checkpoint.ts";
import { nodeBackend as backend } from "../crypto/backends.ts";
import { makeSecret, seedBytes } from "../kit/record.ts";

const id = (name: string): string => encodeBase64url(seedBytes(backend, "checkpoint", name));
const HEAD: Head = { channel: id("channel"), feed: id("author"), size: 5, root: seedBytes(backend, "root") };
const BY = id("peer");
const AT = 1_795_361_150;
const [author, peer, third] = ["author", "peer", "third"].map((name) => makeSecret(backend, name));
assert.ok(author !== undefined && peer !== undefined && third !== undefined);
const AUTHORS = signHead(backend, author, HEAD);
const RECEIPT = signReceipt(backend, peer, { head: HEAD, by: BY, at: AT });

function checkpointOf(lines: readonly SignatureLine[], head: Head = HEAD) {
  const parsed = parseCheckpoint(encodeCheckpoint(head, lines));
  assert.ok(!isRefusal(parsed));
  return parsed;
}

const authorship = (lines: readonly SignatureLine[], keys = [author.key]) =>
  codeOf(verifyAuthor(backend, checkpointOf(lines), keys));
const receipt = (lines: readonly SignatureLine[], keys = [peer.key]) =>
  codeOf(verifyReceipt(backend, checkpointOf(lines), BY, keys));

/** The lines with one of them changed. */
function changed(lines: readonly SignatureLine[], at: number, change: (bytes: Uint8Array) => Uint8Array) {
  return lines.map((line, i) => (i === at ? { ...line, signature: change(line.signature) } : line));
}

test("a head is origin, size and root, and nothing else", () => {
  const root = encodeBase64(HEAD.root);
  assert.equal(originOf(HEAD), `parley1/${HEAD.channel}/${HEAD.feed}`);
  assert.equal(headToText(HEAD), `${originOf(HEAD)}\n5\n${root}\n`);
  const { note, ...head } = checkpointOf(AUTHORS);
  assert.deepEqual(head, HEAD);
  assert.equal(note.lines.length, 2);
  const text = headToText(HEAD);
  const bad = [
    text.replace("\n5\n", "\n0\n"),
    text.replace("\n5\n", "\n-5\n"),
    text.replace("\n5\n", "\n5 \n"),
    text.replace("\n5\n", "\n05\n"),
    text.replace("\n5\n", "\n12345678901234567\n"),
    text.replace("\n5\n", "\n9007199254740992\n"),
    ` ${text}`,
    `x\n${text}`,
    `${text}x\n`,
    text.replace("parley1", "parley2"),
    text.replace(HEAD.channel, HEAD.channel.slice(1)),
    text.replace(HEAD.channel, `${HEAD.channel}A`),
    text.replace(HEAD.feed, HEAD.feed.slice(1)),
    text.replace(HEAD.feed, `${HEAD.feed}A`),
    text.replace(HEAD.feed, `+${HEAD.feed.slice(1)}`),
    text.replace(HEAD.channel, `+${HEAD.channel.slice(1)}`),
    text.replace(root, root.slice(4)),
    text.replace(root, `${"A".repeat(42)}B=`),
  ];
  for (const one of bad)
    assert.equal(
      codeOf(parseCheckpoint(encodeNote({ text: one, lines: AUTHORS }))),
      "checkpoint-malformed",
      one,
    );
  for (const size of [1, 10, 90, 9_007_199_254_740_991])
    assert.equal(checkpointOf(AUTHORS, { ...HEAD, size }).size, size);
  assert.equal(codeOf(parseCheckpoint(utf8("x"))), "note-malformed");
});

test("a key id is four bytes over name, type and key", () => {
  const key = Uint8Array.of(1, 2);
  const whole = backend.sha256(concatBytes(utf8("name\n"), Uint8Array.of(6), key));
  assert.deepEqual(keyIdOf(backend.sha256, "name", 6, key), whole.slice(0, 4));
  assert.deepEqual(
    AUTHORS.map((line) => line.keyId),
    [
      keyIdOf(backend.sha256, HEAD.feed, 1, author.key.ed25519),
      keyIdOf(backend.sha256, HEAD.feed, 6, author.key.mlDsa44),
    ],
  );
  assert.deepEqual(
    RECEIPT.map((line) => line.keyId),
    [keyIdOf(backend.sha256, BY, 4, peer.key.ed25519), keyIdOf(backend.sha256, BY, 6, peer.key.mlDsa44)],
  );
  assert.deepEqual(
    [...AUTHORS, ...RECEIPT].map((line) => line.signature.length),
    [64, 2_428, 72, 2_428],
  );
});

test("an author signs with both algorithms and no time", () => {
  assert.equal(authorship(AUTHORS), "true");
  assert.equal(authorship(AUTHORS, [third.key, author.key]), "true");
  assert.equal(authorship([...RECEIPT, ...AUTHORS.toReversed()]), "true");
  assert.equal(authorship(RECEIPT), "signature-missing");
  assert.equal(authorship(AUTHORS.slice(0, 1)), "signature-missing");
  assert.equal(authorship(AUTHORS.slice(1)), "signature-missing");
  assert.equal(authorship(AUTHORS.slice(1), [author.key, third.key]), "signature-missing");
  assert.equal(authorship(AUTHORS, [third.key]), "unknown-key");
  assert.equal(authorship(AUTHORS, []), "unknown-key");
  const renamed = AUTHORS.map((line) => ({ ...line, name: BY }));
  assert.equal(authorship(renamed), "signature-missing");
  const timed = (at: number) => changed(AUTHORS, 1, (bytes) => concatBytes(u64be(at), bytes.subarray(8)));
  for (const lines of [
    timed(1),
    timed(AT),
    changed(AUTHORS, 0, flipLast),
    changed(AUTHORS, 1, flipLast),
    changed(AUTHORS, 0, (bytes) => bytes.subarray(1)),
    changed(AUTHORS, 1, (bytes) => bytes.subarray(0, 2_427)),
    changed(AUTHORS, 1, (bytes) => concatBytes(bytes, Uint8Array.of(0))),
    changed(AUTHORS, 1, () => new Uint8Array(1)),
  ])
    assert.equal(authorship(lines), "signature-bad");
});

test("a head is signed whole: channel, feed, size and root", () => {
  for (const change of [{ channel: BY }, { size: 6 }, { root: seedBytes(backend, "other") }]) {
    const head = { ...HEAD, ...change };
    for (const at of [0, 1]) {
      const own: readonly SignatureLine[] = signHead(backend, author, head).map((line, i) =>
        i === at ? (AUTHORS[i] ?? line) : line,
      );
      assert.equal(codeOf(verifyAuthor(backend, checkpointOf(own, head), [author.key])), "signature-bad");
    }
    for (const at of [0, 1]) {
      const both = signReceipt(backend, peer, { head, by: BY, at: AT });
      const own: readonly SignatureLine[] = both.map((line, i) => (i === at ? (RECEIPT[i] ?? line) : line));
      assert.equal(codeOf(verifyReceipt(backend, checkpointOf(own, head), BY, [peer.key])), "signature-bad");
    }
  }
});

test("a receipt has one time above zero in both lines", () => {
  const established = establishReceipt(backend, checkpointOf([...AUTHORS, ...RECEIPT]), BY, [
    third.key,
    peer.key,
  ]);
  assert.ok(!isRefusal(established));
  assert.equal(established.at, AT);
  assert.deepEqual(established.lines, RECEIPT);
  assert.equal(receipt(RECEIPT), String(AT));
  const timed = (at: number) => signReceipt(backend, peer, { head: HEAD, by: BY, at });
  assert.equal(receipt(timed(1)), "1");
  assert.equal(receipt(timed(LAST_INSTANT)), String(LAST_INSTANT));
  for (const at of [0, LAST_INSTANT + 1]) assert.equal(receipt(timed(at)), "receipt-time");
  assert.equal(receipt([...timed(AT).slice(0, 1), ...timed(AT + 1).slice(1)]), "receipt-time");
  const over = (lines: readonly SignatureLine[], i: number) =>
    changed(lines, i, (bytes) => concatBytes(new Uint8Array(8).fill(255), bytes.subarray(8)));
  assert.equal(receipt(over(over(RECEIPT, 0), 1)), "receipt-time");
});

test("a receipt is by its name, with both lines of one key", () => {
  assert.equal(receipt(RECEIPT.slice(0, 1)), "signature-missing");
  assert.equal(receipt(RECEIPT.slice(1)), "signature-missing");
  assert.equal(receipt(AUTHORS), "signature-missing");
  assert.equal(receipt(RECEIPT, [third.key]), "unknown-key");
  for (const lines of [
    changed(RECEIPT, 0, flipLast),
    changed(RECEIPT, 1, flipLast),
    changed(RECEIPT, 0, (bytes) => bytes.subarray(0, 71)),
    changed(RECEIPT, 1, (bytes) => bytes.subarray(0, 2_427)),
    changed(RECEIPT, 0, (bytes) => concatBytes(bytes, Uint8Array.of(0))),
    changed(RECEIPT, 0, () => new Uint8Array(1)),
    changed(RECEIPT, 1, () => new Uint8Array(1)),
  ])
    assert.equal(receipt(lines), "signature-bad");
  assert.deepEqual(receiptLinesOf([...AUTHORS, ...RECEIPT], BY), RECEIPT);
});

test("another text is signed under its first line", () => {
  const text = "parley-list1/x\nmore\n";
  const bytes = signText(backend, author, "list", text);
  const note = parseNote(bytes);
  assert.ok(!isRefusal(note));
  assert.equal(note.text, text);
  const judge = (given: typeof note, name = "list", keys = [author.key]) =>
    codeOf(verifyText(backend, given, name, keys));
  assert.equal(judge(note), "true");
  assert.equal(judge(note, "other"), "signature-missing");
  assert.equal(judge(note, "list", [peer.key]), "unknown-key");
  const other = parseNote(signText(backend, author, "list", "parley-list1/y\nmore\n"));
  assert.ok(!isRefusal(other));
  const [[classic, quantum], [otherClassic, otherQuantum]] = [note.lines, other.lines];
  assert.ok(classic !== undefined && quantum !== undefined);
  assert.ok(otherClassic !== undefined && otherQuantum !== undefined);
  assert.equal(judge({ text, lines: [classic, otherQuantum] }), "signature-bad");
  assert.equal(judge({ text, lines: [otherClassic, quantum] }), "signature-bad");
  assert.equal(judge({ text: `${text}more\n`, lines: note.lines }), "signature-bad");
});

function flipLast(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
}

function codeOf(answer: unknown): string {
  return isRefusal(answer) ? answer.code : String(answer);
}
