/** Order, concurrency, system messages and suspensions in a case (SPEC 9.1, 9.3, 9.5, 9.6). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { channelCaseId } from "#parley/casework/channel-case.ts";
import { createCasework, foldChannel } from "#parley/casework/casework.ts";
import type { EntryView } from "#parley/casework/entry-view.ts";
import type { OpenedEntry } from "#parley/casework/opened-entry.ts";
import {
  A,
  B,
  CONFIG,
  NOON,
  TERMS,
  messageOf,
  newRecord,
  refOf,
  toyProtocol,
  uuid,
  type TestRecord,
} from "./toy.ts";

const DAY = 86_400;
const ack = (id: number) => ({ of: uuid(id), understood: "yes", text_used: "original" });
const life = { body: { life_safety: true }, with: { precedence: "flash" } };

function fold(record: TestRecord, asOf = record.now()) {
  return foldChannel({ ...CONFIG, ...record, asOf });
}
function entryOf(record: TestRecord, entry: OpenedEntry, asOf = record.now()): EntryView {
  const view = fold(record, asOf);
  const found = [...view.loose, ...view.cases.flatMap(({ entries }) => entries)].find(
    ({ ref }) => ref.feed === entry.feed && ref.seq === entry.seq,
  );
  assert.ok(found !== undefined);
  return found;
}
const kindOf = (record: TestRecord, entry: OpenedEntry) => entryOf(record, entry).outcome.kind;

test("crossing messages: the same result whichever sorts first, both marked concurrent", () => {
  for (const leaf of ["!", "~"]) {
    const record = newRecord();
    record.tell(A, "toy.open", { id: 1 });
    record.sync(A);
    const withdraw = record.say(A, "toy.withdraw", { leaf });
    const verdict = record.say(B, "toy.verdict", { leaf: "a" });
    const [one] = fold(record).cases;
    assert.equal(one?.status, "withdrawn");
    assert.deepEqual(entryOf(record, verdict).concurrentWith, [refOf(withdraw)]);
    assert.deepEqual(entryOf(record, withdraw).concurrentWith, [refOf(verdict)]);
    const expected = leaf === "!" ? { kind: "crossed", with: refOf(withdraw) } : { kind: "accepted" };
    assert.deepEqual(entryOf(record, verdict).outcome, expected);
  }
});

test("what an author had seen is not concurrent, and a late message after an end is void", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  record.tell(A, "toy.withdraw");
  const verdict = record.tell(B, "toy.verdict");
  assert.deepEqual(entryOf(record, verdict).outcome, { kind: "void", code: "E-STATE", reason: "ended" });
  assert.equal(entryOf(record, verdict).concurrentCount, 0);
});

test("a claimed time orders nothing", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, at: NOON + 9 * DAY });
  record.tell(A, "toy.withdraw", { at: NOON - 9 * DAY });
  assert.equal(fold(record).cases[0]?.status, "withdrawn");
});

test("many concurrent entries are counted, and sixteen are shown", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  for (let i = 0; i < 40; i++) record.say(A, "toy.answer");
  const ask = record.say(B, "toy.ask");
  const { concurrentCount, concurrentWith } = entryOf(record, ask);
  assert.deepEqual([concurrentCount, concurrentWith.length], [40, 16]);
});

test("the five steps of delivery", () => {
  const record = newRecord();
  const open = record.say(A, "toy.open", { id: 1 });
  const stage = (asOf = NOON) => entryOf(record, open, asOf).delivery.stage;
  assert.equal(stage(NOON + 300), "said");
  assert.equal(stage(NOON + 301), "no_receipt");
  record.hold(B, NOON + 400);
  assert.equal(stage(NOON + 400), "receipted");
  const acked = record.tell(B, "ack", { body: ack(1) });
  assert.equal(stage(), "acknowledged");
  const verdict = record.tell(B, "toy.verdict", { with: { refs: [{ kind: "message", id: uuid(1) }] } });
  assert.deepEqual(entryOf(record, open).delivery, {
    stage: "answered",
    receiptedAt: NOON + 400,
    acknowledgedBy: refOf(acked),
    answeredBy: refOf(verdict),
  });
});

test("what stops a timer answers its trigger", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  record.tell(B, "ack", { body: ack(1) });
  const ask = record.tell(B, "toy.ask");
  const answer = record.tell(A, "toy.answer");
  assert.deepEqual(entryOf(record, ask).delivery.answeredBy, refOf(answer));
});

test("a void entry wants an error from its receiver, until there is one", () => {
  const record = newRecord();
  const bad = record.tell(A, "toy.answer", { id: 7 });
  assert.equal(entryOf(record, bad).needsError, B);
  const error = record.tell(B, "sys.error", { case: 9, body: { code: "E-UNEXPECTED", of: uuid(7) } });
  assert.equal(entryOf(record, bad).needsError, undefined);
  assert.deepEqual(fold(record).unpairedErrors, [refOf(error)]);
  record.tell(B, "sys.inquiry", { case: 9, body: { question: "which-case", of: uuid(7) } });
  assert.deepEqual(fold(record).unpairedErrors, []);
  assert.deepEqual(fold(record).unfoundedErrors, []);
});

test("an error can name a message whose schema is wrong, and one without an id by its entry", () => {
  const record = newRecord();
  const malformed = record.tell(A, "toy.open", { id: 7, body: { note: 7 } });
  const nameless = record.raw(A, { hello: "there" });
  record.hold(B);
  record.tell(B, "sys.error", { case: 9, body: { code: "E-SCHEMA", of: uuid(7) } });
  record.tell(B, "sys.error", { case: 9, body: { code: "E-UNEXPECTED", entry: { ...refOf(nameless) } } });
  assert.equal(entryOf(record, malformed).needsError, undefined);
  assert.equal(entryOf(record, nameless).needsError, undefined);
});

test("an error about an accepted entry is shown as a disagreement, and one's own error clears nothing", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  const error = record.tell(B, "sys.error", { body: { code: "E-STATE", of: uuid(1) } });
  const bad = record.tell(A, "toy.verdict", { id: 2 });
  const own = record.tell(A, "sys.error", { body: { code: "E-STATE", of: uuid(2) } });
  assert.deepEqual(fold(record).unfoundedErrors, [refOf(error), refOf(own)]);
  assert.equal(entryOf(record, bad).needsError, B);
  assert.equal(entryOf(record, error).needsError, undefined);
});

test("a reveal shows a withheld value that the first message committed to", async () => {
  const { digest } = CONFIG;
  const salt = new Uint8Array(32).fill(1);
  const bytes = Buffer.concat([Buffer.from("parley/commit/v1\n"), salt, Buffer.from('["192.0.2.1"]')]);
  const commit = Buffer.from(digest(bytes)).toString("base64url");
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, with: { withheld: [{ path: "/body/x", commit }] } });
  const body = {
    of: uuid(1),
    path: "/body/x",
    salt: Buffer.from(salt).toString("base64url"),
    value: ["192.0.2.1"],
  };
  const reveal = record.tell(A, "reveal", { body, with: { from_role: "releaser" } });
  assert.deepEqual(fold(record).cases[0]?.reveals, [
    { ref: refOf(reveal), of: uuid(1), path: "/body/x", value: ["192.0.2.1"] },
  ]);
});

test("an erasure marks the entry and leaves its place", () => {
  const record = newRecord();
  const open = record.tell(A, "toy.open", { id: 1 });
  const body = { ...refOf(open), reason: "retention" };
  const erase = record.tell(B, "erase", { kind: "erase", body, with: { from_role: "authority" } });
  assert.deepEqual(entryOf(record, open).erasedBy, [refOf(erase)]);
});

test("who erased owes no error about what it held then; what comes after is judged as ever", () => {
  const record = newRecord();
  const open = record.tell(A, "toy.open", { id: 1 });
  const early = record.tell(A, "toy.dance", { case: 1 });
  record.sync(B);
  const body = { ...refOf(open), reason: "law" };
  record.tell(B, "erase", { kind: "erase", body, with: { from_role: "authority" } });
  record.sync(A);
  const late = record.tell(A, "toy.dance", { case: 1 });
  assert.equal(entryOf(record, early).needsError, undefined);
  assert.equal(entryOf(record, late).needsError, B);
});

test("a closed feed: what it said stands, what it says is void, and it owes no error", () => {
  const record = newRecord();
  const open = record.tell(A, "toy.open", { id: 1 });
  record.sync(B);
  const close = { kind: "close", body: { reason: "term-ended" }, with: { from_role: "principal" } } as const;
  assert.equal(kindOf(record, record.tell(A, "close", close)), "accepted");
  const after = record.tell(A, "toy.open", { id: 2, case: 2 });
  const again = record.tell(A, "close", close);
  assert.equal(kindOf(record, open), "accepted");
  for (const one of [after, again]) assert.equal(entryOf(record, one).needsError, B);
  assert.equal(entryOf(record, record.tell(B, "toy.dance")).needsError, undefined);
  assert.equal(kindOf(record, record.tell(B, "ack", { body: ack(1) })), "accepted", "the other side goes on");
});

test("the evaluation of a pack reaches the protocol, from the agreement's profile", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, body: { pack: 1 } });
  const state = fold(record).cases[0]?.state;
  assert.ok(state !== undefined && "evaluated" in state);
  assert.deepEqual(state.evaluated, { profile: TERMS.profile, about: uuid(1) });
});

test("a suspension binds who knew of it; life safety, checks and acknowledgements go on", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  record.tell(A, "toy.open", { id: 2, case: 2, ...life });
  record.tell(B, "stopper.stop", { case: 9 });
  record.sync(A);
  const bound = record.tell(A, "toy.open", { case: 3 });
  assert.equal(kindOf(record, bound), "void");
  assert.equal(kindOf(record, record.tell(B, "ack", { body: ack(1) })), "accepted");
  assert.equal(kindOf(record, record.tell(A, "toy.open", { case: 4, ...life })), "accepted");
  assert.equal(kindOf(record, record.tell(B, "toy.verdict", { case: 2 })), "accepted");
  assert.equal(kindOf(record, record.tell(A, "comms_check.open", { case: 5 })), "accepted");
  record.tell(B, "stopper.go", { case: 9 });
  assert.equal(kindOf(record, record.tell(A, "toy.open", { case: 6 })), "accepted");
});

test("what crosses a suspension stands", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  record.say(B, "stopper.stop", { case: 9 });
  const crossing = record.say(A, "toy.withdraw");
  assert.equal(kindOf(record, crossing), "accepted");
});

test("a termination binds after its notice, by receipt and not by claim", () => {
  const record = newRecord();
  record.tell(B, "stopper.end", { case: 9 });
  const opening = record.say(A, "toy.open", { ...life, at: NOON });
  assert.equal(kindOf(record, opening), "accepted");
  record.hold(B, NOON + 14 * DAY);
  assert.equal(kindOf(record, opening), "accepted");
  const late = record.say(A, "toy.open", { case: 3, ...life, at: NOON });
  record.hold(B, NOON + 14 * DAY + 1);
  assert.deepEqual(entryOf(record, late).outcome, { kind: "void", code: "E-SCOPE", reason: "terminated" });
});

test("a request claimed before the end of the term but held after it is refused; others may be opened", () => {
  const record = newRecord();
  const { until } = TERMS.term;
  const request = record.say(A, "request.open", { at: until - 60 });
  assert.equal(entryOf(record, request, until - 1).outcome.kind, "accepted");
  assert.equal(entryOf(record, request, until).outcome.kind, "void");
  record.hold(B, until - 1);
  assert.equal(entryOf(record, request, until + 99).outcome.kind, "accepted");
  record.at(until + 1);
  assert.equal(kindOf(record, record.tell(A, "toy.open", { case: 3 })), "accepted");
  assert.deepEqual(
    [until - 14 * DAY - 1, until - 14 * DAY, until - 1, until].map((asOf) => fold(record, asOf).term.status),
    ["in_force", "expiring", "expiring", "ended"],
  );
});

test("a side that hides what it has seen cannot take over a case or an id of long ago", () => {
  const record = newRecord();
  record.tell(A, "stopper.stop", { case: 8 });
  record.tell(A, "stopper.go", { case: 8 });
  const open = record.tell(A, "toy.open", { id: 1 });
  // B holds all of it, and writes as if it knew nothing: depth 1 sorts before everything.
  const thief: OpenedEntry = {
    feed: B,
    seq: 0,
    leaf: "!",
    depth: 1,
    seen: [{ feed: A, size: 0 }],
    claimedAt: NOON - DAY,
    kind: "message",
    message: messageOf("toy.open", { id: 1 }),
  };
  const receipts = [...record.receipts, { feed: B, size: 1, by: A, at: NOON + DAY }];
  const view = foldChannel({ ...CONFIG, entries: [...record.entries, thief], receipts, asOf: NOON + DAY });
  const one = view.cases.find(({ id }) => id === uuid(0xca5e));
  assert.deepEqual([one?.initiator, one?.openedBy], [A, refOf(open)]);
  assert.deepEqual(
    one?.entries.map(({ outcome }) => outcome),
    [{ kind: "void", code: "E-UNEXPECTED", reason: "case-taken" }, { kind: "accepted" }],
  );
});

test("a dispute that names a case stands with it, and one that names a lowering contests it", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  record.tell(B, "ack", { body: ack(1) });
  record.tell(B, "precedence.lowered", {
    id: 3,
    body: { of: uuid(1), to: "routine", reason: "already-known" },
  });
  assert.equal(fold(record).cases[0]?.precedenceContested, false);
  const refs = [
    { kind: "case", id: uuid(0xca5e) },
    { kind: "message", id: uuid(3) },
  ];
  record.tell(A, "dispute.open", { case: 5, with: { refs } });
  const [one] = fold(record).cases;
  assert.deepEqual([one?.disputes, one?.precedenceContested], [[uuid(5)], true]);
});

test("the same entry twice is one; another at its place is a bug of the caller", () => {
  const record = newRecord();
  const open = record.tell(A, "toy.open", { id: 1 });
  const casework = createCasework(CONFIG);
  casework.add(open);
  casework.add({ ...open });
  assert.equal(casework.view(NOON).cases[0]?.entries.length, 1);
  assert.throws(() => casework.add({ ...open, leaf: "other" }));
});

test("judging an entry tells its fate and changes nothing", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  const casework = createCasework(CONFIG);
  for (const entry of record.entries) casework.add(entry);
  const before = JSON.stringify(casework.view(NOON));
  const next = record.say(A, "toy.verdict");
  assert.deepEqual(casework.judge(next, NOON), { kind: "void", code: "E-UNEXPECTED", reason: "wrong-side" });
  assert.equal(casework.judge(record.say(A, "toy.withdraw"), NOON).kind, "accepted");
  assert.equal(casework.judge(record.say(A, "toy.answer", { id: 1 }), NOON).kind, "void");
  assert.equal(JSON.stringify(casework.view(NOON)), before);
});

test("one case is asked for by its id, and an entry with a fault is judged by it", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  const casework = createCasework(CONFIG);
  for (const entry of record.entries) casework.add(entry);
  for (const receipt of record.receipts) casework.receive(receipt);
  assert.deepEqual(casework.caseView(uuid(0xca5e), NOON), fold(record).cases[0]);
  assert.equal(casework.caseView(uuid(1), NOON), undefined);
  assert.equal(casework.judge(record.say(B, "toy.dance"), NOON).kind, "void");
});

test("an entry that names no feed has seen nothing, and a house feed is its own counterpart", () => {
  const terms = { ...TERMS, parties: [A] };
  const entry = (seq: number, type: string): OpenedEntry => ({
    feed: A,
    seq,
    leaf: String(seq),
    depth: seq + 1,
    seen: [],
    claimedAt: NOON,
    kind: "message",
    message: messageOf(type, { id: seq + 1 }),
  });
  const entries = [entry(0, "toy.open"), entry(1, "toy.withdraw"), { ...entry(0, "toy.ask"), feed: B }];
  const [one] = foldChannel({ ...CONFIG, terms, entries, receipts: [], asOf: NOON }).cases;
  assert.deepEqual([one?.status, one?.initiator, one?.respondent], ["withdrawn", A, A]);
});

test("two protocols with one message type are a bug of the registry", () => {
  assert.throws(() => createCasework({ ...CONFIG, protocols: [toyProtocol("toy"), toyProtocol("toy")] }));
});

test("the channel's own case has one id on both sides", () => {
  assert.equal(channelCaseId("_".repeat(42) + "8"), "ffffffff-ffff-7fff-bfff-ffffffffffff");
  assert.throws(() => channelCaseId("short"));
});
