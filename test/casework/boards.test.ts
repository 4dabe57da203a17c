/** Boards and the state of the channel (SPEC 9.7, 9.8). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { duty, overdueSet, quarterOf, reciprocity } from "#parley/casework/boards.ts";
import { foldChannel } from "#parley/casework/casework.ts";
import { lineQuality } from "#parley/casework/line-quality.ts";
import type { CaseState, Protocol } from "#parley/protocols/protocol.ts";
import { A, B, CONFIG, NOON, PROTOCOLS, newRecord, toyProtocol, uuid, type TestRecord } from "./toy.ts";

const HOUR = 3_600;
const DAY = 86_400;
const ack = (id: number) => ({ of: uuid(id), understood: "yes", text_used: "original" });

function fold(record: TestRecord, asOf = record.now()) {
  return foldChannel({ ...CONFIG, ...record, asOf });
}

test("each side owes what its timers say, the least time left first, errors last", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, case: 1 });
  record.tell(A, "toy.open", { id: 2, case: 2, with: { precedence: "flash" } });
  record.tell(B, "toy.open", { id: 3, case: 3 });
  const bad = record.tell(A, "toy.answer", { case: 4 });
  const { youOwe, theyOwe } = duty(fold(record, NOON + HOUR), B);
  assert.deepEqual(
    youOwe.map((one) => (one.kind === "timer" ? [one.case, one.timer, one.leftSeconds, one.status] : one)),
    [
      [uuid(2), "t_ack", -45 * 60, "overdue"],
      [uuid(1), "t_ack", 7 * HOUR, "running"],
      { kind: "error", entry: { feed: A, seq: bad.seq }, code: "E-UNEXPECTED" },
    ],
  );
  assert.deepEqual(
    theyOwe.map((one) => one.kind === "timer" && one.case),
    [uuid(3)],
  );
  assert.deepEqual(duty(fold(record, NOON + HOUR), A), { youOwe: theyOwe, theyOwe: youOwe });
});

test("a void entry inside a case is owed with its case", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, case: 1 });
  record.tell(A, "toy.verdict", { case: 1 });
  assert.deepEqual(
    duty(fold(record), B).youOwe.map((one) => [one.kind, one.case]),
    [
      ["timer", uuid(1)],
      ["error", uuid(1)],
    ],
  );
});

test("overdue stays overdue after the clock had its effect, but is owed no more", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, case: 1 });
  record.tell(B, "ack", { case: 1, body: ack(1) });
  const view = fold(record, NOON + 99 * DAY);
  assert.deepEqual(
    overdueSet(view).map(({ timer, owing }) => [timer, owing]),
    [
      ["reminder", A],
      ["t_triage", B],
    ],
  );
  assert.deepEqual(duty(view, B).youOwe, []);
});

test("the counts: opened, acknowledged in time, answered, acted, effective or not, by quarter and side", () => {
  const record = newRecord();
  play(record, A, B, { first: 1, seen: "effect", ackDelay: 0 });
  play(record, A, B, { first: 10, seen: "none", ackDelay: 9 * HOUR });
  play(record, B, A, { first: 20, seen: "effect", ackDelay: 0 });
  play(record, A, B, { first: 30, seen: "effect", ackDelay: 0, nature: "exercise" });
  record.at(NOON + 60 * DAY);
  record.tell(A, "request.open", { case: 40, id: 40 });
  record.tell(A, "toy.open", { case: 50, id: 50 });
  const none = {
    acknowledged: 0,
    acknowledged_in_time: 0,
    answered: 0,
    acted: 0,
    effective: 0,
    not_effective: 0,
  };
  const all = {
    acknowledged: 1,
    acknowledged_in_time: 1,
    answered: 1,
    acted: 1,
    effective: 1,
    not_effective: 0,
  };
  const request = { protocol: "request", nature: "real", quarter: "2026-Q4" };
  const rows = reciprocity(fold(record));
  assert.deepEqual(rows, [
    { ...request, ...all, party: A, nature: "exercise", opened: 1 },
    {
      ...request,
      party: A,
      opened: 2,
      acknowledged: 2,
      acknowledged_in_time: 1,
      answered: 2,
      acted: 2,
      effective: 1,
      not_effective: 1,
    },
    { ...request, ...all, party: B, opened: 1 },
    { ...request, ...none, party: A, quarter: "2027-Q1", opened: 1 },
  ]);
  assert.deepEqual(reciprocity(fold(record), "2027-Q1"), rows.slice(3));
});

interface Play {
  readonly first: number;
  readonly seen: "effect" | "none";
  readonly ackDelay: number;
  readonly nature?: string;
}

function play(
  record: TestRecord,
  from: string,
  to: string,
  { first, seen, ackDelay, nature = "real" }: Play,
): void {
  const common = { case: first, with: { nature } };
  const start = record.now();
  record.tell(from, "request.open", { ...common, id: first });
  record.at(start + ackDelay);
  record.tell(to, "ack", { ...common, body: ack(first) });
  record.tell(to, "request.verdict", common);
  record.tell(to, "request.done", { ...common, body: { seen } });
}

test("quarters are those of the UTC calendar", () => {
  const dates = {
    "2026-12-31T23:59:59Z": "2026-Q4",
    "2027-01-01T00:00:00Z": "2027-Q1",
    "2027-07-01T00:00:00Z": "2027-Q3",
  };
  for (const [text, quarter] of Object.entries(dates))
    assert.equal(quarterOf(Date.parse(text) / 1000), quarter);
});

test("the flash budget counts real openings apart from life safety, by month and side", () => {
  const record = newRecord();
  const flash = { precedence: "flash" };
  record.tell(A, "toy.open", { case: 1, id: 1, with: flash });
  record.tell(A, "toy.open", { case: 2, id: 2, with: flash, body: { life_safety: true } });
  record.tell(A, "toy.open", { case: 3, id: 3, with: { ...flash, nature: "exercise" } });
  record.tell(B, "toy.verdict", { case: 1, with: flash });
  record.at(NOON + 9 * DAY);
  record.tell(A, "toy.open", { case: 4, id: 4, with: flash });
  record.tell(B, "toy.open", { case: 5, id: 5, with: flash });
  record.tell(B, "toy.open", { case: 6, id: 6, with: flash });
  assert.deepEqual(fold(record).flash, [
    { party: A, month: "2026-11", used: 1, budget: 5 },
    { party: A, month: "2026-12", used: 1, budget: 5 },
    { party: B, month: "2026-12", used: 2, budget: 5 },
  ]);
});

test("two heartbeat periods without anything new are silence", () => {
  const record = newRecord();
  record.entry(B, "heartbeat");
  record.hold(A);
  const silent = (asOf: number) => fold(record, asOf).parties.find(({ party }) => party === B)?.silentSince;
  assert.equal(silent(NOON + 2 * DAY), undefined);
  assert.equal(silent(NOON + 2 * DAY + 1), NOON);
  const never = fold(newRecord(), NOON).parties.map(({ silentSince }) => silentSince);
  assert.deepEqual(never, [NOON - 30 * DAY, NOON - 30 * DAY]);
});

function heartbeats(record: TestRecord, count: number, missed: number): void {
  for (let i = 0; i < count; i++) {
    record.at(NOON + i * HOUR);
    record.entry(B, "heartbeat");
    record.hold(A, record.now() + (i < missed ? 15 * 60 + 1 : 15 * 60));
  }
}

test("the line is good from 95 % of heartbeats on, degraded below", () => {
  for (const [missed, status] of [
    [1, "good"],
    [2, "degraded"],
  ] as const) {
    const record = newRecord();
    heartbeats(record, 20, missed);
    const quality = lineQuality(fold(record, record.now() + 60));
    assert.deepEqual(
      [quality.status, quality.heartbeats],
      [status, { sent: 20, receiptedInTime: 20 - missed }],
    );
  }
  assert.equal(lineQuality(fold(newRecord(), NOON)).status, "unknown");
});

test("a heartbeat still within its time, and one of another day, are not counted", () => {
  const record = newRecord();
  record.entry(B, "heartbeat", { at: NOON - DAY });
  record.entry(B, "heartbeat", { at: NOON - 15 * 60 });
  assert.deepEqual(lineQuality(fold(record, NOON)).heartbeats, { sent: 0, receiptedInTime: 0 });
});

/** The toy under the name and with the kind that daily checks have. */
const daily: Protocol<CaseState & { readonly kind: string }> = {
  ...toyProtocol("comms_check", "comms_check"),
  open: (act) => ({ ...toyProtocol("comms_check").open(act), kind: "K1" }),
  decide: () => ({ kind: "accepted" }),
  evolve: (state, act) => ({ ...toyProtocol("comms_check").evolve(state, act), kind: state.kind }),
};

test("two daily checks missed degrade the line, three bring it down", () => {
  const protocols = [...PROTOCOLS.filter(({ name }) => name !== "comms_check"), daily];
  for (const [missed, status] of [
    [0, "good"],
    [1, "unknown"],
    [2, "degraded"],
    [3, "down"],
  ] as const) {
    const record = newRecord();
    for (let i = 1; i <= 4; i++) {
      record.at(NOON + i * DAY);
      record.tell(A, "comms_check.open", { case: i, id: i });
      if (i > missed) record.tell(B, "ack", { case: i, body: ack(i) });
    }
    const view = foldChannel({ ...CONFIG, protocols, ...record, asOf: NOON + 5 * DAY });
    const quality = lineQuality(view);
    assert.deepEqual([quality.status, quality.checks], [status, { done: 4 - missed, missed }]);
  }
});

test("an hour without a receipt brings the line down while something waits for one", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1 });
  assert.equal(lineQuality(fold(record, NOON + 9 * HOUR)).noReceiptSince, undefined);
  record.say(A, "toy.answer");
  assert.equal(lineQuality(fold(record, NOON + HOUR)).noReceiptSince, undefined);
  const quality = lineQuality(fold(record, NOON + HOUR + 1));
  assert.deepEqual([quality.status, quality.noReceiptSince], ["down", NOON]);
});
