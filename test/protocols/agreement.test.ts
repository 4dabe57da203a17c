/** SPEC 8-5: the life of a channel, one row per message and status, every code, every crossing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant, SECONDS_PER_DAY, type Instant } from "#parley/codec/time.ts";
import {
  CARD_CATEGORIES,
  CARRY_SUMMARIES,
  CHANNEL_REASONS,
  CHANNEL_STATUSES,
  LANGUAGE_USES,
  SUSPEND_REASONS,
  SUSPENSION_SCOPES,
  TERMINATE_REASONS,
  WEEKDAYS,
} from "#parley/protocols/agreement/codes.ts";
import {
  agreement,
  carriedByAll,
  CROSSINGS,
  expiredCards,
  INITIAL,
  isSuspended,
  suspendedScopes,
} from "#parley/protocols/agreement/index.ts";
import type { Side } from "#parley/protocols/protocol.ts";
import {
  actOf,
  acts,
  after,
  checkConvergence,
  checkCrossings,
  cross,
  digest,
  FEEDS,
  isValid,
  judge,
  message,
  running,
  uuid,
  wholeState,
  type Line,
  checkTable,
  type StateTable,
} from "./conversation.ts";

const line = (side: Side, type: string, body: JsonObject): Line => ({ side, type, body });

const HEAD = { feed: digest("f"), size: 412, root: digest("r") };
const CARD: JsonObject = {
  office: "national-watch",
  layer: "technical",
  categories: ["technical"],
  languages: [
    { lang: "en", use: "work" },
    { lang: "ar", use: "ack-only" },
  ],
  hours: [{ days: ["mon", "tue"], from_minute: 0, to_minute: 1_440 }],
  phone: "+99900000001",
  fallback_order: 1,
  valid_from: "2026-11-22T00:00:00Z",
  valid_until: "2027-05-21T00:00:00Z",
};
const CARRY: JsonObject = {
  from_channel: digest("c"),
  cases: [{ case: uuid(40), protocol: "request", summary: "in-action", last_heads: [HEAD] }],
};
const BODIES = {
  suspend: { scopes: ["technical"], reason: "political-decision" },
  terminate: { reason: "withdrawal", notice_days: 14 },
} as const satisfies Record<string, JsonObject>;

const suspend = (side: Side, ...scopes: readonly string[]) =>
  line(side, "channel.suspend", scopes.length === 0 ? BODIES.suspend : { ...BODIES.suspend, scopes });
const resume = (side: Side, ...scopes: readonly string[]) =>
  line(side, "channel.resume", scopes.length === 0 ? {} : { scopes });
const terminate = (side: Side) => line(side, "channel.terminate", BODIES.terminate);
const carryOver = (side: Side) => line(side, "channel.carry_over", CARRY);
const card = (side: Side, body: JsonObject = CARD) => line(side, "directory.card", body);
const ack = line("respondent", "ack", { of: uuid(1), understood: "yes", text_used: "original" });

const histories = {
  active: [card("initiator")],
  suspended: [suspend("initiator")],
  terminating: [terminate("initiator")],
} as const satisfies Record<(typeof CHANNEL_STATUSES)[number], readonly Line[]>;

function linesOf(side: Side): Readonly<Record<string, Line>> {
  const lines = [{ ...ack, side }, suspend(side), resume(side), terminate(side), carryOver(side), card(side)];
  return Object.fromEntries(lines.map((row) => [row.type, row]));
}
const scene = { histories, initiator: linesOf("initiator"), respondent: linesOf("respondent") };

/** Status after the message, or the reason of its refusal, per status in the order of CHANNEL_STATUSES. */
const TABLE: StateTable = [
  [ack, ["active", "suspended", "terminating"]],
  [suspend("initiator"), ["suspended", "suspended", "terminating"]],
  [suspend("respondent"), ["suspended", "suspended", "terminating"]],
  [resume("initiator"), ["!not-suspended-by-you", "active", "!not-suspended-by-you"]],
  [
    resume("initiator", "formal"),
    ["!not-suspended-by-you", "!not-suspended-by-you", "!not-suspended-by-you"],
  ],
  [resume("respondent"), ["!not-suspended-by-you", "!not-suspended-by-you", "!not-suspended-by-you"]],
  [terminate("initiator"), ["terminating", "terminating", "!already-terminating"]],
  [terminate("respondent"), ["terminating", "terminating", "terminating"]],
  [carryOver("respondent"), ["active", "suspended", "terminating"]],
  [card("respondent"), ["active", "suspended", "terminating"]],
];

test("8-5.4: every message in every status", () => {
  checkTable(agreement, { statuses: CHANNEL_STATUSES, histories, table: TABLE });
});

test("8-5.4: every message type has a row, and every reason is given by some act", () => {
  assert.deepEqual(
    new Set(TABLE.map(([row]) => row.type)),
    new Set(["ack", ...Object.keys(agreement.messages)]),
  );
  const given = new Set(TABLE.flatMap(([, results]) => results).filter((result) => result.startsWith("!")));
  const others: readonly (readonly [string, string, Line])[] = [
    ["E-UNEXPECTED", "unknown-type", line("initiator", "channel.delete", {})],
    ["E-UNEXPECTED", "unknown-type", line("initiator", "hasOwnProperty", {})],
    ["E-SCHEMA", "card-dates", card("initiator", { ...CARD, valid_until: "2026-02-30T00:00:00Z" })],
    ["E-SCHEMA", "card-dates", card("initiator", { ...CARD, valid_until: "2026-11-22T00:00:00Z" })],
    ["E-SCHEMA", "card-dates", card("initiator", { ...CARD, valid_from: "2026-13-01T00:00:00Z" })],
    ["E-SCHEMA", "card-too-long", card("initiator", { ...CARD, valid_until: "2027-05-21T00:00:01Z" })],
  ];
  for (const [code, reason, row] of others) {
    assert.deepEqual(judge(agreement, histories.active, row), { kind: "void", code, reason });
    given.add(`!${reason}`);
  }
  assert.deepEqual(given, new Set(CHANNEL_REASONS.map((reason) => `!${reason}`)));
});

test("8-5.1: one case per channel, which any message may open", () => {
  assert.deepEqual(agreement.opens, Object.keys(agreement.messages));
  for (const row of Object.values(scene.initiator)) {
    const [act] = acts([row]);
    assert.ok(act);
    const fits = agreement.decide(INITIAL, act).kind === "accepted";
    assert.deepEqual(agreement.open(act), fits ? agreement.evolve(INITIAL, act) : INITIAL, row.type);
  }
  assert.equal(
    after(agreement, [resume("initiator")]).status,
    "active",
    "nothing to resume, nothing changed",
  );
});

test("8-5.5 (scenario 22): a suspension covers its scopes and nothing else", () => {
  const state = after(agreement, [
    suspend("initiator", "technical", "dialogue"),
    suspend("respondent", "technical", "formal"),
  ]);
  assert.deepEqual(suspendedScopes(state), ["technical", "formal", "dialogue"]);
  for (const scope of SUSPENSION_SCOPES) {
    assert.equal(isSuspended(state, scope), ["technical", "formal", "dialogue"].includes(scope), scope);
  }
  assert.ok(!isSuspended(state, "comms_check"));
  assert.ok(!SUSPENSION_SCOPES.some((scope) => String(scope) === "comms_check"));
});

test("8-5.5: each side lifts its own suspension, and the entry that lifted it stays", () => {
  const history = [suspend("initiator", "technical", "formal"), suspend("respondent", "technical")];
  const half = after(agreement, [...history, resume("initiator", "technical")]);
  assert.deepEqual(suspendedScopes(half), ["technical", "formal"], "the other side's suspension still holds");
  const state = after(agreement, [...history, resume("initiator"), resume("respondent")]);
  assert.deepEqual([state.status, suspendedScopes(state)], ["active", []]);
  assert.deepEqual(
    state.suspensions.map(({ scopes, from, until }) => [scopes, from.seq, until?.seq]),
    [
      [["technical"], 1, 3],
      [["formal"], 1, 3],
      [["technical"], 2, 4],
    ],
  );
  const again = after(agreement, [...history, resume("initiator"), suspend("initiator", "formal")]);
  assert.deepEqual(again.suspensions.at(-1)?.from, { feed: FEEDS.initiator, seq: 4 });
});

test("8-5.5: a scope suspended twice by one side keeps its first entry", () => {
  const state = after(agreement, [suspend("initiator", "formal"), suspend("initiator", "formal", "watch")]);
  assert.deepEqual(
    state.suspensions.map(({ from }) => from.seq),
    [1, 2],
  );
});

test("8-5.4 (scenario 13): a withdrawal has its notice and stops everything at its end", () => {
  const state = after(agreement, [
    card("respondent"),
    line("respondent", "channel.terminate", { reason: "withdrawal", notice_days: 30 }),
  ]);
  assert.deepEqual(state.timers, [
    {
      id: "t_terminate:respondent",
      name: { fixedSeconds: 30 * SECONDS_PER_DAY },
      owing: "initiator",
      trigger: { feed: FEEDS.respondent, seq: 2 },
      onExpiry: { status: "terminated", graceSeconds: 0 },
    },
  ]);
  assert.deepEqual(state.suspensions, [
    {
      by: FEEDS.respondent,
      scopes: [],
      from: { feed: FEEDS.respondent, seq: 2 },
      total: true,
      noticeSeconds: 30 * SECONDS_PER_DAY,
    },
  ]);
  assert.ok(state.open);
  const both = after(agreement, [terminate("initiator"), terminate("respondent")]);
  assert.deepEqual(running(both), ["t_terminate:initiator", "t_terminate:respondent"]);
});

test("8-5.7 (scenario 13): a case is carried over when both sides carry it from the same channel", () => {
  const parties = Object.values(FEEDS);
  const other = line("respondent", "channel.carry_over", { ...CARRY, from_channel: digest("d") });
  assert.deepEqual(carriedByAll(after(agreement, [carryOver("initiator")]), parties), []);
  assert.deepEqual(
    carriedByAll(after(agreement, [carryOver("initiator"), carryOver("initiator")]), parties),
    [],
  );
  assert.deepEqual(carriedByAll(after(agreement, [carryOver("initiator"), other]), parties), []);
  const state = after(agreement, [carryOver("initiator"), carryOver("respondent")]);
  assert.deepEqual(carriedByAll(state, parties), [uuid(40)]);
  assert.deepEqual(state.carried[0], {
    by: FEEDS.initiator,
    ref: { feed: FEEDS.initiator, seq: 1 },
    fromChannel: digest("c"),
    case: uuid(40),
    protocol: "request",
    summary: "in-action",
  });
});

test("8-5.2.5: the newest card of an office counts, and an expired one is named", () => {
  const later = { ...CARD, valid_from: "2027-05-01T00:00:00Z", valid_until: "2027-10-01T00:00:00Z" };
  const formal = { ...CARD, layer: "formal" };
  const state = after(agreement, [
    card("initiator"),
    card("respondent"),
    card("initiator", formal),
    card("initiator", later),
  ]);
  assert.deepEqual(
    state.cards.map(({ ref }) => ref.seq),
    [2, 3, 4],
  );
  const until = instant("2027-05-21T00:00:00Z");
  assert.deepEqual(expiredCards(state, until - 1), []);
  assert.deepEqual(
    expiredCards(state, until).map(({ ref }) => ref.seq),
    [2, 3],
  );
});

test("8-5.6: the crossing table holds in both orders", () => checkCrossings(agreement, scene, CROSSINGS));

test("8-5.6: every pair converges, and no crossing has a loser", () => {
  assert.ok(checkConvergence(agreement, scene, CROSSINGS) > 60);
  for (const row of CROSSINGS) {
    const mine = scene.initiator[row.initiator];
    const theirs = scene.respondent[row.respondent];
    const history = row.from === "suspended" ? histories.suspended : histories.active;
    assert.ok(mine && theirs);
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { state, outcomes } = cross(agreement, history, [mine, theirs], order);
      assert.ok(outcomes.every(({ kind }) => kind === "accepted"));
      assert.ok(state.open);
    }
  }
});

test("8-5.4: a type of another protocol has no effect", () => {
  const state = after(agreement, histories.suspended);
  const foreign = actOf({ side: "initiator", type: "request.open", body: {} }, 50);
  assert.equal(agreement.decide(state, foreign).kind, "void");
  assert.equal(agreement.evolve(state, foreign), state);
});

test("8-5.4: any sequence is judged, mutates nothing and keeps the status true", () => {
  const lines = [
    ...Object.values(scene.initiator),
    ...Object.values(scene.respondent),
    suspend("respondent", "watch"),
    resume("respondent", "watch"),
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 12 }), (choices) => {
      let state = wholeState(INITIAL);
      for (const [i, row] of choices.entries()) {
        const act = actOf(row, i + 1);
        if (agreement.decide(state, act).kind === "accepted")
          state = wholeState(agreement.evolve(state, act));
      }
      const leaving = state.suspensions.some(({ total }) => total === true);
      const expected = leaving ? "terminating" : suspendedScopes(state).length > 0 ? "suspended" : "active";
      assert.equal(state.status, expected);
    }),
    { numRuns: 300 },
  );
});

// Schemas of messages

const valid = (type: string, body: JsonObject) =>
  isValid(agreement, message(type, body, { from_role: "principal" }));

test("8-5.2: every line of these tests could arrive", () => {
  for (const { type, body } of Object.values(scene.initiator))
    if (type !== "ack") assert.ok(valid(type, body), type);
});

test("8-5.3: every code is valid where it belongs and no other word is", () => {
  for (const scope of SUSPENSION_SCOPES)
    assert.ok(valid("channel.suspend", { ...BODIES.suspend, scopes: [scope] }));
  for (const reason of SUSPEND_REASONS) assert.ok(valid("channel.suspend", { ...BODIES.suspend, reason }));
  for (const reason of TERMINATE_REASONS)
    assert.ok(valid("channel.terminate", { ...BODIES.terminate, reason }));
  for (const summary of CARRY_SUMMARIES) {
    assert.ok(
      valid("channel.carry_over", {
        ...CARRY,
        cases: [{ case: uuid(1), protocol: "notice", summary, last_heads: [HEAD] }],
      }),
    );
  }
  assert.ok(valid("directory.card", { ...CARD, categories: [...CARD_CATEGORIES] }));
  for (const use of LANGUAGE_USES)
    assert.ok(valid("directory.card", { ...CARD, languages: [{ lang: "ru", use }] }));
  for (const day of WEEKDAYS)
    assert.ok(
      valid("directory.card", { ...CARD, hours: [{ days: [day], from_minute: 480, to_minute: 960 }] }),
    );
  const bad: readonly (readonly [string, JsonObject])[] = [
    ["channel.suspend", { ...BODIES.suspend, scopes: [] }],
    ["channel.suspend", { ...BODIES.suspend, scopes: ["comms_check"] }],
    ["channel.suspend", { ...BODIES.suspend, scopes: ["formal", "formal"] }],
    ["channel.suspend", { ...BODIES.suspend, reason: "anger" }],
    ["channel.resume", { scopes: [] }],
    ["channel.resume", { scopes: ["all"] }],
    ["channel.terminate", { ...BODIES.terminate, notice_days: 13 }],
    ["channel.terminate", { ...BODIES.terminate, notice_days: 366 }],
    ["channel.terminate", { ...BODIES.terminate, reason: "" }],
    ["channel.carry_over", { ...CARRY, cases: [] }],
    ["channel.carry_over", { ...CARRY, from_channel: "old" }],
    [
      "channel.carry_over",
      { ...CARRY, cases: [{ case: uuid(1), protocol: "notice", summary: "fine", last_heads: [HEAD] }] },
    ],
    [
      "channel.carry_over",
      { ...CARRY, cases: [{ case: uuid(1), protocol: "notice", summary: "other", last_heads: [] }] },
    ],
    ["directory.card", { ...CARD, office: "Given Family" }],
    ["directory.card", { ...CARD, layer: "watch" }],
    ["directory.card", { ...CARD, categories: ["private"] }],
    ["directory.card", { ...CARD, languages: [] }],
    ["directory.card", { ...CARD, hours: [{ days: ["mon"], from_minute: 0, to_minute: 1_441 }] }],
    ["directory.card", { ...CARD, phone: "call me" }],
    ["directory.card", { ...CARD, fallback_order: 0 }],
    ["directory.card", { ...CARD, valid_until: "2027-05-21" }],
  ];
  for (const [type, body] of bad) assert.ok(!valid(type, body), `${type} ${JSON.stringify(body)}`);
});

test("8-5.2: every message is closed and has all its members", () => {
  for (const { type, body } of Object.values(scene.initiator)) {
    if (type === "ack") continue;
    assert.ok(!valid(type, { ...body, note: "x" }), type);
    for (const member of Object.keys(body)) {
      const { [member]: _left, ...rest } = body;
      assert.ok(!valid(type, rest), `${type} without ${member}`);
    }
  }
});

test("8-5.2: a principal alone suspends, resumes and withdraws; nothing here can be suspended", () => {
  for (const [type, rule] of Object.entries(agreement.messages)) {
    assert.equal(rule.scope, undefined, type);
    assert.equal(rule.sender, "either");
    const principal = ["channel.suspend", "channel.resume", "channel.terminate"].includes(type);
    assert.equal(rule.release.persons, principal ? 1 : 2, type);
    if (principal) assert.deepEqual([rule.roles, rule.release.roles], [["principal"], ["principal"]]);
  }
});

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  return isRefusal(parsed) ? assert.fail(text) : parsed;
}
