/** Timers in instants (SPEC 9.4): start, due, pauses, extensions, and what a calendar cannot do to them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInstant, type Instant } from "#parley/codec/time.ts";
import { foldChannel } from "#parley/casework/casework.ts";
import { DEFAULT_CLOCKS, PAUSE_LIMIT_SECONDS } from "#parley/casework/terms.ts";
import type { TimerView } from "#parley/casework/timers.ts";
import { A, B, CONFIG, NOON, newRecord, uuid, type TestRecord } from "./toy.ts";

const HOUR = 3_600;
const DAY = 86_400;
const ack = { of: uuid(1), understood: "yes", text_used: "original" };

function at(text: string): Instant {
  const instant = parseInstant(text);
  assert.equal(typeof instant, "number");
  return Number(instant);
}

function viewOf(record: TestRecord, asOf: Instant) {
  const [one] = foldChannel({ ...CONFIG, ...record, asOf }).cases;
  assert.ok(one !== undefined);
  return one;
}

function timerOf(record: TestRecord, id: string, asOf: Instant): TimerView {
  const timer = viewOf(record, asOf).timers.find((one) => one.id === id);
  assert.ok(timer !== undefined);
  return timer;
}

/** Opened and acknowledged at noon at priority: t_ack 8 h, t_triage 72 h. */
function acknowledged(precedence = "priority"): TestRecord {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, with: { precedence } });
  record.tell(B, "ack", { id: 2, body: ack });
  return record;
}

test("noon is noon", () => {
  assert.equal(NOON, at("2026-11-22T12:00:00Z"));
});

test("a timer waits for the first receipt of its trigger, whatever the author claims", () => {
  const record = newRecord();
  record.say(A, "toy.open", { id: 1, at: NOON - 9 * DAY });
  assert.equal(timerOf(record, "t_ack", NOON).status, "waiting_receipt");
  assert.deepEqual(viewOf(record, NOON).whoseMove, ["respondent"]);
  record.hold(B, NOON + 5);
  const timer = timerOf(record, "t_ack", NOON + 6);
  assert.deepEqual([timer.status, timer.startedAt, timer.due], ["running", NOON + 5, NOON + 5 + 8 * HOUR]);
});

test("the second of the due time is still in time, the next is not", () => {
  const due = NOON + 8 * HOUR;
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  assert.equal(timerOf(record, "t_ack", due).status, "running");
  assert.equal(timerOf(record, "t_ack", due + 1).status, "overdue");
  for (const [held, status] of [
    [due, "met"],
    [due + 1, "late"],
  ] as const) {
    const answered = newRecord();
    answered.tell(A, "toy.open", { id: 1 });
    answered.say(B, "ack", { body: ack, at: NOON });
    answered.hold(A, held);
    assert.equal(timerOf(answered, "t_ack", NOON + 9 * DAY).status, status);
  }
});

test("an answer without a receipt counts by its author's word, and says so, until the receipt", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  record.say(B, "ack", { body: ack, at: NOON + 60 });
  const claimed = timerOf(record, "t_ack", NOON + 9 * DAY);
  assert.deepEqual([claimed.status, claimed.answerBasis, claimed.answeredAt], ["met", "claim", NOON + 60]);
  record.hold(A, NOON + 10 * DAY);
  const held = timerOf(record, "t_ack", NOON + 11 * DAY);
  assert.deepEqual([held.status, held.answerBasis], ["late", "receipt"]);
});

const CALENDAR = [
  ["the hour that daylight saving takes", "2027-03-28T00:30:00Z", "2027-03-28T08:30:00Z"],
  ["the hour that daylight saving gives", "2027-10-31T00:30:00Z", "2027-10-31T08:30:00Z"],
  ["a leap day", "2028-02-28T20:00:00Z", "2028-02-29T04:00:00Z"],
  ["a year's end", "2026-12-31T20:00:00Z", "2027-01-01T04:00:00Z"],
  ["a weekend", "2026-11-27T22:00:00Z", "2026-11-28T06:00:00Z"],
] as const;
for (const [what, from, due] of CALENDAR) {
  test(`eight hours over ${what} are eight hours`, () => {
    const record = newRecord();
    record.at(at(from));
    record.tell(A, "toy.open", { id: 1 });
    assert.equal(timerOf(record, "t_ack", at(from)).due, at(due));
  });
}

test("skew of the author's clock moves no due time", () => {
  for (const skew of [-365 * DAY, 365 * DAY]) {
    const record = newRecord();
    record.say(A, "toy.open", { id: 1, at: NOON + skew });
    record.hold(B, NOON);
    assert.equal(timerOf(record, "t_ack", NOON).due, NOON + 8 * HOUR);
  }
});

test("a receipt of a smaller size that comes later in the file still counts", () => {
  const record = acknowledged();
  record.receipts.reverse();
  assert.equal(timerOf(record, "t_triage", NOON).startedAt, NOON);
});

test("a question stops the clock and its answer starts it again", () => {
  const record = acknowledged();
  record.at(NOON + 10 * HOUR);
  record.tell(B, "toy.ask");
  assert.equal(timerOf(record, "t_triage", NOON + 20 * HOUR).status, "paused");
  assert.deepEqual(viewOf(record, NOON + 20 * HOUR).whoseMove, ["initiator"]);
  record.at(NOON + 30 * HOUR);
  record.tell(A, "toy.answer");
  const timer = timerOf(record, "t_triage", NOON + 40 * HOUR);
  assert.deepEqual([timer.status, timer.due, timer.pausedSeconds], ["running", NOON + 92 * HOUR, 20 * HOUR]);
  assert.equal(viewOf(record, NOON + 40 * HOUR).clarificationSeconds, 20 * HOUR);
});

test("a timer cannot expire while it is paused", () => {
  const record = acknowledged();
  record.at(NOON + 71 * HOUR);
  record.tell(B, "toy.ask");
  assert.equal(timerOf(record, "t_triage", NOON + 9 * DAY).status, "paused");
});

test("a question after expiry does not bring the timer back", () => {
  const record = acknowledged();
  record.at(NOON + 72 * HOUR);
  record.tell(B, "toy.ask");
  const timer = timerOf(record, "t_triage", NOON + 73 * HOUR);
  assert.deepEqual([timer.status, timer.due], ["overdue", NOON + 72 * HOUR]);
});

test("all questions of a case together stop the clocks for ten days", () => {
  const record = acknowledged();
  record.at(NOON + HOUR);
  record.tell(B, "toy.ask");
  record.at(NOON + HOUR + 9 * DAY);
  record.tell(A, "toy.answer");
  record.at(NOON + 2 * HOUR + 9 * DAY);
  record.tell(B, "toy.ask");
  const end = NOON + 72 * HOUR + PAUSE_LIMIT_SECONDS;
  const timer = timerOf(record, "t_triage", end);
  assert.deepEqual([timer.due, timer.pausedSeconds, timer.status], [end, PAUSE_LIMIT_SECONDS, "running"]);
  assert.equal(timerOf(record, "t_triage", end + 1).status, "overdue");
});

test("a pause leaves the acknowledgement's clock alone", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  record.tell(B, "toy.ask");
  assert.equal(timerOf(record, "t_ack", NOON + 8 * HOUR + 1).status, "overdue");
});

test("an extension adds up to as much again, once, before expiry", () => {
  const record = acknowledged();
  const body = { timer: "t_triage", seconds: 72 * HOUR, reason: "X-VOLUME" };
  record.say(B, "timer.extend", { body });
  record.hold(A, NOON + 72 * HOUR);
  const timer = timerOf(record, "t_triage", NOON + 144 * HOUR);
  assert.deepEqual([timer.due, timer.extendedSeconds], [NOON + 144 * HOUR, 72 * HOUR]);
});

test("an extension held after expiry is void, and becomes so by the receipt", () => {
  const record = acknowledged();
  const body = { timer: "t_triage", seconds: HOUR, reason: "X-TECH" };
  record.say(B, "timer.extend", { body, at: NOON + 71 * HOUR });
  assert.equal(timerOf(record, "t_triage", NOON + 73 * HOUR).extendedSeconds, HOUR);
  record.hold(A, NOON + 73 * HOUR);
  assert.equal(timerOf(record, "t_triage", NOON + 73 * HOUR).extendedSeconds, 0);
  const { outcome, needsError } = viewOf(record, NOON + 73 * HOUR).entries.at(-1) ?? {};
  assert.deepEqual(outcome, { kind: "void", code: "E-STATE", reason: "extension-too-late" });
  assert.equal(needsError, A);
});

test("an extension in a pause is in time", () => {
  const record = acknowledged();
  record.at(NOON + HOUR);
  record.tell(B, "toy.ask");
  record.at(NOON + 9 * DAY);
  record.tell(B, "timer.extend", { body: { timer: "t_triage", seconds: HOUR, reason: "X-LEGAL" } });
  assert.equal(timerOf(record, "t_triage", NOON + 9 * DAY).extendedSeconds, HOUR);
});

test("lowering changes the clocks of questions that knew of it, and no others", () => {
  const record = acknowledged("immediate");
  record.tell(B, "precedence.lowered", { body: { of: uuid(1), to: "routine", reason: "limited-effect" } });
  record.tell(B, "toy.ask");
  const view = viewOf(record, NOON);
  assert.deepEqual([view.precedence, view.statedPrecedence], ["routine", "immediate"]);
  assert.equal(timerOf(record, "t_triage", NOON).due, NOON + DEFAULT_CLOCKS.t_triage.immediate);
  assert.equal(timerOf(record, "t_clarify", NOON).due, NOON + DEFAULT_CLOCKS.t_clarify.routine);
});

test("a suspension stops the clocks of what it covers, but not those of flash", () => {
  for (const precedence of ["priority", "flash"]) {
    const record = acknowledged(precedence);
    record.at(NOON + HOUR);
    record.tell(A, "stopper.stop", { case: 2 });
    const expected = precedence === "flash" ? "overdue" : "paused";
    assert.equal(timerOf(record, "t_triage", NOON + 20 * DAY).status, expected);
    record.at(NOON + 21 * DAY);
    record.tell(A, "stopper.go", { case: 2 });
    const stopped = precedence === "flash" ? 0 : 21 * DAY - HOUR;
    assert.equal(timerOf(record, "t_triage", NOON + 22 * DAY).pausedSeconds, stopped);
  }
});

test("what the clock does by itself is shown and never written", () => {
  const record = acknowledged();
  const lapse = NOON + 72 * HOUR + 14 * DAY;
  assert.deepEqual(
    [viewOf(record, lapse).status, viewOf(record, lapse).overdue],
    ["acknowledged", ["t_triage", "reminder"]],
  );
  const lapsed = viewOf(record, lapse + 1);
  assert.deepEqual([lapsed.status, lapsed.statusBy, lapsed.whoseMove], ["lapsed", "clock", []]);
  record.at(lapse + DAY);
  record.tell(B, "toy.verdict");
  const answered = viewOf(record, lapse + DAY);
  assert.deepEqual([answered.status, answered.statusBy], ["judged", "messages"]);
  assert.equal(answered.timers.find(({ id }) => id === "t_triage")?.status, "late");
});

test("an ended case cancels its clocks", () => {
  const record = acknowledged();
  record.tell(A, "toy.withdraw");
  const view = viewOf(record, NOON + 99 * DAY);
  assert.deepEqual([view.status, view.overdue, view.whoseMove], ["withdrawn", [], []]);
  assert.equal(timerOf(record, "t_triage", NOON + 99 * DAY).status, "cancelled");
});
