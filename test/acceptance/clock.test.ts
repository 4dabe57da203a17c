/** Scenario 21: timers over nights when clocks change, leap days, weekends and clocks that are wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeInstant, parseInstant, type Instant } from "#parley/codec/time.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { ackBody, noticeBody, requestBody } from "../kit/materials.ts";
import { liveChannel, mustInstant, START, type Resident } from "../kit/world.ts";
import { ask } from "./api.ts";
import {
  caseSeen,
  DAY,
  entrySeen,
  openRequest,
  overdue,
  seen,
  sitDown,
  tell,
  timerSeen,
  type Table,
} from "./table.ts";

const TERM = { from: "2026-11-22T02:10:00Z", until: "2028-11-22T02:10:00Z" };

/** Opened at this instant; due `seconds` later, and overdue a second after that. */
async function opens(
  table: Table,
  at: Instant,
  precedence: string,
): Promise<{ readonly case: string; readonly due: Instant }> {
  table.world.now = at;
  await table.world.settle();
  const body = requestBody({ sufficient: true });
  const request = await tell(table, table.a, { type: "request.open", body, envelope: { precedence } });
  const { due, startedAt } = await timerSeen(table, request.case, "t_ack");
  assert(due !== undefined);
  assert.equal(startedAt, at);
  return { case: request.case, due };
}

async function turnsAt(
  table: Table,
  opened: { readonly case: string; readonly due: Instant },
): Promise<void> {
  table.world.now = opened.due;
  assert.equal(
    (await timerSeen(table, opened.case, "t_ack")).status,
    "running",
    "its last second is in time",
  );
  table.world.now += 1;
  assert.equal((await timerSeen(table, opened.case, "t_ack")).status, "overdue");
  assert((await overdue(table)).some((one) => one.case === opened.case));
}

for (const [what, at, precedence, due] of [
  ["the night when Europe's clocks go forward", "2027-03-27T20:00:00Z", "routine", "2027-03-28T20:00:00Z"],
  ["the hour that Europe lives twice", "2027-10-31T00:30:00Z", "immediate", "2027-10-31T01:30:00Z"],
  [
    "the night when North America's clocks go back",
    "2027-11-07T00:00:00Z",
    "priority",
    "2027-11-07T08:00:00Z",
  ],
  ["a leap day", "2028-02-28T12:00:00Z", "routine", "2028-02-29T12:00:00Z"],
  ["the end of a leap day", "2028-02-29T23:50:00Z", "flash", "2028-03-01T00:05:00Z"],
  ["a year's end", "2027-12-31T20:00:00Z", "priority", "2028-01-01T04:00:00Z"],
  ["a Friday evening: the weekend is not off", "2027-01-08T20:00:00Z", "routine", "2027-01-09T20:00:00Z"],
  ["a weekend's Sunday", "2027-01-09T23:00:00Z", "priority", "2027-01-10T07:00:00Z"],
] as const) {
  test(`scenario 21: a timer over ${what} has its length in seconds`, async () => {
    const table = await sitDown({ term: TERM });
    const opened = await opens(table, mustInstant(at), precedence);
    assert.equal(encodeInstant(opened.due), due);
    await turnsAt(table, opened);
  });
}

test("scenario 21: a term may end on a weekend or a leap day, to the second", async () => {
  for (const until of ["2028-02-29T00:00:00Z", "2027-08-15T12:00:00Z"]) {
    const table = await sitDown({ term: { from: TERM.from, until } });
    const end = mustInstant(until);
    assert.deepEqual([seen(table, end - 1).term.status, seen(table, end).term.status], ["expiring", "ended"]);
    assert.equal(seen(table, end - 14 * DAY - 1).term.status, "in_force");
  }
  assert(isRefusal(parseInstant("2027-02-29T00:00:00Z")), "a day that does not exist is no end");
});

/** The same node on the same store, whose clock is wrong by so much. */
async function setClock(table: Table, resident: Resident, skewSeconds: number): Promise<void> {
  const { world } = table;
  resident.node = await ParleyNode.open({
    ...resident.node.core.ports,
    clock: () => world.now + skewSeconds,
  });
  await world.settle();
}

for (const skewSeconds of [-30, 30]) {
  test(`scenario 21: clocks ${skewSeconds} s apart, as declared: nothing is disordered and both see one state`, async () => {
    const table = await sitDown();
    const { world, a, b } = table;
    await setClock(table, b, skewSeconds);
    const envelope = { clock: { max_error_ms: 30_000, source: "ntp" }, precedence: "flash" };
    const opened = world.now;
    const request = await tell(table, a, {
      type: "request.open",
      body: requestBody({ sufficient: true }),
      envelope,
    });
    world.now += 14 * 60;
    const ack = await tell(table, b, { type: "ack", case: request.case, body: ackBody(request.id) });
    const { cases } = seen(table);
    const [kase] = cases;
    const timer = kase?.timers.find(({ id }) => id === "t_ack");
    // B's receipt starts it and A's ends it: the answer is judged by both clocks, and by the same on both nodes.
    assert.deepEqual(
      [timer?.status, timer?.startedAt, timer?.answeredAt, timer?.answerBasis],
      ["met", opened + skewSeconds, opened + 14 * 60, "receipt"],
    );
    assert.deepEqual(
      kase?.entries.map(({ type, outcome }) => [type, outcome.kind]),
      [
        ["request.open", "accepted"],
        ["ack", "accepted"],
      ],
    );
    const view = liveChannel(b, table.channel).casework?.caseView(ack.case, world.now);
    assert.equal(
      view?.entries[1]?.claimedAt,
      opened + 14 * 60 + skewSeconds,
      "the author's word is shown as it was given",
    );
  });
}

test("scenario 21: a clock that jumps is reported in the house feed and reorders nothing", async () => {
  const from = encodeInstant(START - 7 * DAY);
  const table = await sitDown({ term: { from, until: encodeInstant(START + 300 * DAY) } });
  const { world, a, b } = table;
  const first = await openRequest(table);
  const before = world.now;
  assert.deepEqual(await alarms(a), []);
  // Meridia's clock alone falls back by a day: what it says next is still next.
  let skew = 0;
  a.node = await ParleyNode.open({ ...a.node.core.ports, clock: () => world.now + skew });
  await world.settle();
  skew = -DAY;
  await world.settle();
  const second = await tell(table, a, { type: "notice.open", body: noticeBody() });
  skew = DAY;
  await world.settle();
  const third = await tell(table, a, {
    type: "request.withdraw",
    case: first.case,
    body: { reason: "resolved-itself" },
  });
  assert.deepEqual(
    await alarms(a),
    [
      [before, before - DAY],
      [before - DAY, before + DAY],
    ].map((jump) => jump.map(encodeInstant)),
    "the jump and the way back",
  );
  assert.deepEqual(await alarms(b), [], "the other side's clock did not jump");
  assert.deepEqual(
    seen(table).cases.map(({ id }) => id),
    [first.case, second.case],
    "in the order in which it was said",
  );
  const [open, ack, withdrawal] = (await caseSeen(table, first.case)).entries;
  assert.deepEqual([open?.id, ack?.type, withdrawal?.id], [first.id, "ack", third.id]);
  assert.equal((await caseSeen(table, first.case)).status, "withdrawn");
  const claims = [await entrySeen(table, second.id), await entrySeen(table, third.id)].map(
    ({ claimedAt }) => claimedAt,
  );
  assert.deepEqual(claims, [before - DAY, before + DAY], "claims are kept as they were made");
});

async function alarms(side: Resident): Promise<readonly (readonly unknown[])[]> {
  const { records } = await ask<{ records: readonly { record: AlarmRecord }[] }>(side, "auditor", {
    path: "/house?limit=200",
  });
  return records
    .filter(({ record }) => record.type === "house.alarm" && record.alarm === "clock")
    .map(({ record }) => [record.facts?.["before"], record.facts?.["now"]]);
}

interface AlarmRecord {
  readonly type: string;
  readonly alarm?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}
