/** The view depends on the sets of entries and receipts and on the instant alone (SPEC 9.1.1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { duty, overdueSet, reciprocity } from "#parley/casework/boards.ts";
import { createCasework, foldChannel } from "#parley/casework/casework.ts";
import type { ChannelView } from "#parley/casework/channel-view.ts";
import { lineQuality } from "#parley/casework/line-quality.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { A, B, CONFIG, NOON, newRecord, uuid, type TestRecord } from "./toy.ts";
import { entryKindOf } from "#parley/protocols/system/messages.ts";

const DAY = 86_400;
const TYPES = [
  "toy.open",
  "toy.open",
  "request.open",
  "dispute.open",
  "comms_check.open",
  "stopper.stop",
  "stopper.go",
  "stopper.end",
  "toy.ask",
  "toy.answer",
  "toy.verdict",
  "toy.withdraw",
  "ack",
  "ack",
  "precedence.lowered",
  "timer.extend",
  "sys.error",
  "sys.inquiry",
  "erase",
  "close",
  "toy.dance",
  "heartbeat",
] as const;

interface Step {
  readonly type: (typeof TYPES)[number];
  readonly party: string;
  readonly case: number;
  /** Which earlier message it is about; also, now and then, an id used again. */
  readonly about: number;
  readonly again: boolean;
  readonly delaySeconds: number;
  readonly learns: "nothing" | "all" | "all and receipts";
}

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.constantFrom(...TYPES),
  party: fc.constantFrom(A, B),
  case: fc.integer({ min: 1, max: 4 }),
  about: fc.integer({ min: 1, max: 12 }),
  again: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  delaySeconds: fc.integer({ min: 0, max: 2 * DAY }),
  learns: fc.constantFrom("nothing", "all", "all and receipts"),
});

function bodyOf({ type, about, party }: Step): JsonObject {
  const of = uuid(about);
  switch (type) {
    case "ack":
      return { of, understood: "yes", text_used: "original" };
    case "precedence.lowered":
      return { of, to: "routine", reason: "already-known" };
    case "timer.extend":
      return { timer: about % 2 === 0 ? "t_ack" : "t_triage", seconds: 3_600, reason: "X-TECH" };
    case "sys.error":
      return { code: "E-STATE", of };
    case "sys.inquiry":
      return { question: "send-again", of };
    case "erase":
      return { feed: party === A ? B : A, seq: about % 4, reason: "law" };
    case "close":
      return { reason: "ceased" };
    default:
      return {};
  }
}

function write(steps: readonly Step[]): TestRecord {
  const record = newRecord();
  steps.forEach((one, index) => {
    record.at(record.now() + one.delaySeconds);
    if (one.type === "heartbeat") record.entry(one.party, "heartbeat");
    else {
      record.say(one.party, one.type, {
        case: one.case,
        id: one.again ? one.about : index + 1,
        body: bodyOf(one),
        kind: entryKindOf(one.type),
        with: {
          ...(entryKindOf(one.type) === "message" ? {} : { from_role: "authority" }),
          refs: [
            { kind: "case", id: uuid(one.about % 4) },
            { kind: "message", id: uuid(one.about) },
          ],
        },
      });
    }
    if (one.learns === "all") record.sync(one.party);
    if (one.learns === "all and receipts") record.hold(one.party);
  });
  return record;
}

/** Everything a screen or a count could show, as text with members in order. */
function told(view: ChannelView): string {
  const shown = { view, board: duty(view, A), overdue: overdueSet(view), counts: reciprocity(view) };
  return JSON.stringify({ ...shown, line: lineQuality(view) }, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

test("any order of arrival, and any views in between, lead to the same view", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 30 }),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 0, max: 40 * DAY }),
      (steps, dice, later) => {
        const record = write(steps);
        const asOf = record.now() + later;
        const expected = told(foldChannel({ ...CONFIG, ...record, asOf }));
        const roll = (sides: number) => Number(dice.next().value) % sides;
        const arrivals = [
          ...record.entries.map((entry) => ({ entry })),
          ...record.receipts.map((receipt) => ({ receipt })),
        ];
        const casework = createCasework(CONFIG);
        while (arrivals.length > 0) {
          const [next] = arrivals.splice(roll(arrivals.length), 1);
          if (next === undefined) break;
          if ("entry" in next) casework.add(next.entry);
          else casework.receive(next.receipt);
          // A view must not name entries that are still on their way, so only whole ones are asked for.
          if (roll(4) === 0) casework.view(asOf - roll(50 * DAY));
        }
        assert.equal(told(casework.view(asOf)), expected);
        assert.equal(told(casework.view(asOf)), expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("a view that was kept is the view that would be made, as time goes on", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 0, max: 6 * DAY }), { minLength: 1, maxLength: 8 }),
      (steps, pauses) => {
        const record = write(steps);
        const casework = createCasework(CONFIG);
        for (const entry of record.entries) casework.add(entry);
        const receipts = [...record.receipts];
        let asOf = NOON;
        for (const pause of pauses) {
          asOf += pause;
          const receipt = receipts.shift();
          if (receipt !== undefined) casework.receive(receipt);
          const given = record.receipts.slice(0, record.receipts.length - receipts.length);
          const fresh = foldChannel({ ...CONFIG, entries: record.entries, receipts: given, asOf });
          assert.equal(told(casework.view(asOf)), told(fresh));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("entries that sort before folded ones fold their case again, and only that", () => {
  const record = newRecord();
  for (let one = 1; one <= 3; one++) {
    record.tell(A, "toy.open", { case: one });
    record.tell(B, "toy.verdict", { case: one });
  }
  const casework = createCasework(CONFIG);
  const [first, ...rest] = record.entries;
  for (const entry of rest) casework.add(entry);
  for (const receipt of record.receipts) casework.receive(receipt);
  const before = casework.view(NOON);
  assert.deepEqual(
    before.cases.map(({ id }) => id),
    [uuid(2), uuid(3)],
  );
  assert.ok(first !== undefined);
  casework.add(first);
  const after = casework.view(NOON);
  assert.deepEqual(
    after.cases.map(({ status }) => status),
    ["judged", "judged", "judged"],
  );
  assert.equal(after.cases[1], before.cases[0]);
});
