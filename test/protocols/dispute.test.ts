/** SPEC 8-3: the dispute protocol, one row per message and status, every code, every crossing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "#parley/codec/json.ts";
import {
  DISPUTE_GROUNDS,
  DISPUTE_REASONS,
  DISPUTE_STATUSES,
  ESCALATION_LEVELS,
  POINT_KINDS,
  READER_ACTIONS,
  SETTLE_ACTIONS,
  SETTLE_CODES,
} from "#parley/protocols/dispute/codes.ts";
import { CROSSINGS, dispute, settlementOf } from "#parley/protocols/dispute/index.ts";
import { STATEMENT_LENGTH_LIMIT } from "#parley/protocols/dispute/messages.ts";
import type { Side } from "#parley/protocols/protocol.ts";
import {
  actOf,
  acts,
  after,
  checkConvergence,
  checkCrossings,
  cross,
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

const STATEMENT = { lang: "en", text: "Our log shows 203.0.113.9 as a relay." };
const RAISE_BODY: JsonObject = {
  target: uuid(500),
  ground: "facts",
  point: { kind: "fact", ref: "origin in our territory" },
  statement: STATEMENT,
};
const P_I = uuid(801);
const P_R = uuid(802);
const N_I = uuid(811);
const N_R = uuid(812);

function line(side: Side, type: string, body: JsonObject, id?: string): Line {
  return { side, type, body, ...(id === undefined ? {} : { id }) };
}
const raise = line("initiator", "dispute.raise", RAISE_BODY);
const answer = line("respondent", "dispute.answer", { statement: STATEMENT });
const escalate = (side: Side, to: string) => line(side, "dispute.escalate", { to });
const propose = (side: Side, id: string, code = "clarified") =>
  line(side, "dispute.settle", { action: "propose", code }, id);
const accept = (side: Side, proposal: string) => line(side, "dispute.settle", { action: "accept", proposal });
const record = (side: Side) => line(side, "dispute.record", { statement: STATEMENT });
const readerBody = { action: "propose", reader: "CERT Oriel", exhibits: [uuid(1)] };
const proposeReader = (side: Side, id: string) => line(side, "dispute.neutral_reader", readerBody, id);
const answerReader = (side: Side, action: string, proposal: string) =>
  line(side, "dispute.neutral_reader", { action, proposal });
const ack = line("respondent", "ack", { of: uuid(1), understood: "yes", text_used: "original" });

/** Both sides have proposed a settlement and a reader, so that every answer to one fits. */
const proposals = [
  propose("initiator", P_I),
  propose("respondent", P_R, "point-stands"),
  proposeReader("initiator", N_I),
  proposeReader("respondent", N_R),
];
const begun = [raise, ...proposals];
const histories = {
  raised: begun,
  answered: [...begun, answer],
  "conciliation-l2": [...begun, answer, escalate("initiator", "L2")],
  "conciliation-l3": [...begun, answer, escalate("initiator", "L2"), escalate("respondent", "L3")],
  settled: [...begun, answer, accept("initiator", P_R)],
  "recorded-disagreement": [...begun, answer, record("initiator"), record("respondent")],
} as const satisfies Record<(typeof DISPUTE_STATUSES)[number], readonly Line[]>;

function linesOf(side: Side): Readonly<Record<string, Line>> {
  const [own, theirs] = side === "initiator" ? [P_I, P_R] : [P_R, P_I];
  assert.ok(own !== theirs);
  return {
    ack: { ...ack, side },
    "dispute.escalate L2": escalate(side, "L2"),
    "dispute.escalate L3": escalate(side, "L3"),
    "dispute.settle propose": propose(side, uuid(side === "initiator" ? 821 : 822)),
    "dispute.settle accept": accept(side, theirs),
    "dispute.neutral_reader propose": proposeReader(side, uuid(side === "initiator" ? 831 : 832)),
    "dispute.neutral_reader accept": answerReader(side, "accept", side === "initiator" ? N_R : N_I),
    "dispute.neutral_reader decline": answerReader(side, "decline", side === "initiator" ? N_R : N_I),
    "dispute.record": record(side),
  };
}
const scene = {
  histories,
  initiator: linesOf("initiator"),
  respondent: { ...linesOf("respondent"), "dispute.answer": answer },
};

const L2 = "conciliation-l2";
const L3 = "conciliation-l3";
const ENDED = ["!ended", "!ended"] as const;
/** Status after the message, or the reason of its refusal, per status in the order of DISPUTE_STATUSES. */
const TABLE: StateTable = [
  [ack, ["raised", "answered", L2, L3, "settled", "recorded-disagreement"]],
  [raise, DISPUTE_STATUSES.map(() => "!already-raised")],
  [answer, ["answered", "!already-answered", "!already-answered", "!already-answered", ...ENDED]],
  [escalate("initiator", "L2"), [L2, L2, "!not-next-level", "!not-next-level", ...ENDED]],
  [escalate("respondent", "L2"), [L2, L2, "!not-next-level", "!not-next-level", ...ENDED]],
  [escalate("respondent", "L3"), ["!not-next-level", "!not-next-level", L3, "!not-next-level", ...ENDED]],
  [propose("respondent", uuid(850)), ["raised", "answered", L2, L3, ...ENDED]],
  [accept("initiator", P_R), ["settled", "settled", "settled", "settled", ...ENDED]],
  [accept("respondent", P_I), ["settled", "settled", "settled", "settled", ...ENDED]],
  [proposeReader("initiator", uuid(851)), ["raised", "answered", L2, L3, ...ENDED]],
  [answerReader("respondent", "accept", N_I), ["raised", "answered", L2, L3, ...ENDED]],
  [answerReader("initiator", "decline", N_R), ["raised", "answered", L2, L3, ...ENDED]],
  [record("initiator"), ["raised", "answered", L2, L3, ...ENDED]],
  [record("respondent"), ["raised", "answered", L2, L3, ...ENDED]],
];

test("8-3.4: every message in every status", () => {
  checkTable(dispute, { statuses: DISPUTE_STATUSES, histories, table: TABLE });
});

test("8-3.4: every message type has a row, and every reason is given by some act", () => {
  assert.deepEqual(
    new Set(TABLE.map(([row]) => row.type)),
    new Set(["ack", ...Object.keys(dispute.messages)]),
  );
  const given = new Set(TABLE.flatMap(([, results]) => results).filter((result) => result.startsWith("!")));
  const replaced = propose("respondent", uuid(860));
  const others: readonly (readonly [string, readonly Line[], Line])[] = [
    ["unknown-type", [], line("initiator", "dispute.delete", {})],
    ["unknown-type", [], line("initiator", "toString", {})],
    ["wrong-side", [], { ...answer, side: "initiator" }],
    ["already-recorded", [record("initiator")], record("initiator")],
    ["unknown-proposal", [], accept("initiator", uuid(77))],
    ["unknown-proposal", [], answerReader("initiator", "accept", uuid(77))],
    ["own-proposal", [], accept("initiator", P_I)],
    ["own-proposal", [], answerReader("initiator", "decline", N_I)],
    ["replaced-proposal", [replaced], accept("initiator", P_R)],
    [
      "already-decided",
      [answerReader("initiator", "decline", N_R)],
      answerReader("initiator", "accept", N_R),
    ],
  ];
  for (const [reason, more, row] of others) {
    const outcome = judge(dispute, [...histories.answered, ...more], row);
    assert.ok(outcome.kind === "void" && outcome.reason === reason, `${reason}: ${JSON.stringify(outcome)}`);
    given.add(`!${reason}`);
  }
  assert.deepEqual(given, new Set(DISPUTE_REASONS.map((reason) => `!${reason}`)));
});

test("8-3.4 (scenario 7): one disputed point, two statements, both kept for good", () => {
  const state = after(dispute, [raise, answer, record("respondent"), record("initiator")]);
  assert.equal(state.status, "recorded-disagreement");
  assert.equal(state.target, uuid(500));
  assert.equal(state.ground, "facts");
  assert.deepEqual(state.point, { kind: "fact", ref: "origin in our territory" });
  assert.deepEqual(
    state.statements.map(({ kind, side, ref }) => [kind, side, ref.seq]),
    [
      ["raise", "initiator", 1],
      ["answer", "respondent", 2],
      ["final", "respondent", 3],
      ["final", "initiator", 4],
    ],
  );
});

test("8-3.4: one final statement is not yet a recorded disagreement", () => {
  const state = after(dispute, [raise, record("initiator")]);
  assert.equal(state.status, "raised");
  assert.ok(state.open);
  assert.equal(after(dispute, [raise, record("initiator"), answer, record("respondent")]).open, false);
});

test("8-3.5: each level has its clock, owed by the side addressed", () => {
  const l1 = after(dispute, [raise]);
  assert.deepEqual(running(l1), ["t_ack", "t_answer"]);
  const states = [
    after(dispute, [raise, answer]),
    after(dispute, [raise, answer, escalate("respondent", "L2")]),
    after(dispute, [raise, answer, escalate("respondent", "L2"), escalate("respondent", "L3")]),
  ];
  assert.deepEqual(
    states.map((state) => state.timers.at(-1)),
    [
      {
        id: "t_level:1",
        name: { fixedSeconds: 86_400 },
        owing: "initiator",
        trigger: { feed: FEEDS.respondent, seq: 2 },
      },
      {
        id: "t_level:2",
        name: { fixedSeconds: 259_200 },
        owing: "initiator",
        trigger: { feed: FEEDS.respondent, seq: 3 },
      },
      {
        id: "t_level:3",
        name: { fixedSeconds: 604_800 },
        owing: "initiator",
        trigger: { feed: FEEDS.respondent, seq: 4 },
      },
    ],
  );
  assert.deepEqual(
    states.map(({ level }) => level),
    [1, 2, 3],
  );
  assert.deepEqual(states.map(running), [["t_level:1"], ["t_level:2"], ["t_level:3"]]);
});

test("8-3.5: the owing side's move answers its level clock, the other side's does not", () => {
  const history = [raise, answer, escalate("respondent", "L2")];
  const moves = (side: Side) => [propose(side, uuid(870)), record(side), proposeReader(side, uuid(871))];
  for (const move of moves("initiator"))
    assert.deepEqual(running(after(dispute, [...history, move])), [], move.type);
  for (const move of moves("respondent"))
    assert.deepEqual(running(after(dispute, [...history, move])), ["t_level:2"]);
});

test("8-3.4: an acknowledgement is counted once, and an answer acknowledges by itself", () => {
  const state = after(dispute, [raise, ack, ack, answer]);
  assert.deepEqual(state.marks, {
    acknowledged: { feed: FEEDS.respondent, seq: 2 },
    answered: { feed: FEEDS.respondent, seq: 4 },
  });
  assert.deepEqual(running(after(dispute, [raise, ack])), ["t_answer"]);
  assert.deepEqual(running(after(dispute, [raise, answer])), ["t_level:1"]);
  assert.equal(after(dispute, [raise, { ...ack, side: "initiator" }]).marks.acknowledged, undefined);
});

test("8-3.4: silence of the other side does not keep a dispute at level 1, and a late answer still counts", () => {
  const state = after(dispute, [raise, escalate("initiator", "L2"), escalate("initiator", "L3"), answer]);
  assert.equal(state.status, L3);
  assert.equal(state.statements.length, 2);
  assert.deepEqual(running(state), [], "the answer met t_answer and moved the level clock");
});

test("8-3.4: a neutral reader is agreed by the other side and changes no status", () => {
  const state = after(dispute, [
    ...begun,
    answerReader("respondent", "accept", N_I),
    answerReader("initiator", "decline", N_R),
  ]);
  assert.deepEqual(
    state.readers.map(({ id, answer: given }) => [id, given?.action]),
    [
      [N_I, "accept"],
      [N_R, "decline"],
    ],
  );
  assert.equal(state.status, "raised");
});

test("8-3.6: the crossing table holds in both orders", () => checkCrossings(dispute, scene, CROSSINGS));

test("8-3.6: every pair converges, and the table states every pair that loses an act", () => {
  assert.ok(checkConvergence(dispute, scene, CROSSINGS) > 200);
});

const BOTH_ORDERS = [
  [0, 1],
  [1, 0],
] as const;

test("8-3.6.3: when two acceptances cross, the initiator's proposal stands", () => {
  for (const order of BOTH_ORDERS) {
    const pair = [accept("initiator", P_R), accept("respondent", P_I)] as const;
    const { state, outcomes } = cross(dispute, histories.answered, pair, order);
    assert.ok(outcomes.every(({ kind }) => kind === "accepted"));
    assert.equal(settlementOf(state)?.proposal, P_I);
    assert.equal(settlementOf(state)?.code, "clarified");
  }
  assert.equal(settlementOf(after(dispute, histories.settled))?.proposal, P_R);
  assert.equal(settlementOf(after(dispute, histories.answered)), undefined);
});

test("8-3.6.2: an old proposal can be accepted by whoever had not seen its replacement", () => {
  for (const order of BOTH_ORDERS) {
    const pair = [propose("initiator", uuid(880), "overtaken"), accept("respondent", P_I)] as const;
    const { state } = cross(dispute, histories.answered, pair, order);
    assert.equal(settlementOf(state)?.proposal, P_I, order.join());
  }
});

test("8-3.6.1: agreement beats a disagreement written at the same time, and the statement is kept", () => {
  const history = [...histories.answered, record("initiator")];
  for (const order of BOTH_ORDERS) {
    const { state } = cross(dispute, history, [accept("initiator", P_R), record("respondent")], order);
    assert.equal(state.status, "settled", order.join());
    assert.equal(state.statements.filter(({ kind }) => kind === "final").length, 2);
  }
});

test("8-3.6.1: an answer that crosses a settlement is kept", () => {
  for (const order of BOTH_ORDERS) {
    const { state } = cross(dispute, histories.raised, [accept("initiator", P_R), answer], order);
    assert.equal(state.status, "settled");
    assert.equal(state.marks.answered?.feed, FEEDS.respondent);
    assert.deepEqual(running(state), []);
  }
});

test("8-3.6: a level asked for without knowing the present one", () => {
  const history = histories.answered;
  for (const order of BOTH_ORDERS) {
    const { state, outcomes } = cross(
      dispute,
      history,
      [escalate("initiator", "L2"), escalate("respondent", "L3")],
      order,
    );
    assert.equal(state.status, L2);
    assert.deepEqual(outcomes[order.indexOf(1)], { kind: "void", code: "E-STATE", reason: "not-next-level" });
  }
});

test("8-3.4: a type of another protocol has no effect", () => {
  const state = after(dispute, histories.answered);
  const foreign = actOf({ side: "initiator", type: "request.open", body: {} }, 50);
  assert.equal(dispute.decide(state, foreign).kind, "void");
  assert.equal(dispute.evolve(state, foreign), state);
});

test("8-3.4: any sequence is judged, mutates nothing and keeps every statement", () => {
  const lines = [...Object.values(scene.initiator), ...Object.values(scene.respondent), raise];
  const choice = fc.array(fc.record({ line: fc.constantFrom(...lines), blind: fc.boolean() }), {
    maxLength: 14,
  });
  fc.assert(
    fc.property(choice, (choices) => {
      let state = after(dispute, begun);
      const refs = acts(begun).map(({ ref }) => ref);
      for (const [i, { line: row, blind }] of choices.entries()) {
        const unseen = blind ? refs.filter(({ feed }) => feed !== FEEDS[row.side]) : [];
        const act = actOf({ ...row, id: row.id ?? uuid(2_000 + i) }, begun.length + 1 + i, unseen);
        refs.push(act.ref);
        if (dispute.decide(state, act).kind !== "accepted") continue;
        const next = wholeState(dispute.evolve(state, act));
        assert.deepEqual(next.statements.slice(0, state.statements.length), state.statements);
        assert.ok(next.statements.length <= 4, "one statement each at the start, one each at the end");
        state = next;
      }
    }),
    { numRuns: 300 },
  );
});

// Schemas

const valid = (type: string, body: JsonObject, more: JsonObject = {}) =>
  isValid(dispute, message(type, body, more));

test("8-3.2: every line of these tests could arrive", () => {
  const lines = [...Object.values(scene.initiator), ...Object.values(scene.respondent), raise, ...proposals];
  for (const { type, body } of lines)
    if (type !== "ack") assert.ok(valid(type, body), `${type} ${JSON.stringify(body)}`);
});

test("8-3.3: every code is valid where it belongs and no other word is", () => {
  for (const ground of DISPUTE_GROUNDS) assert.ok(valid("dispute.raise", { ...RAISE_BODY, ground }));
  for (const kind of POINT_KINDS)
    assert.ok(valid("dispute.raise", { ...RAISE_BODY, point: { kind, ref: "A05" } }));
  for (const to of ESCALATION_LEVELS) assert.ok(valid("dispute.escalate", { to }));
  for (const code of SETTLE_CODES) assert.ok(valid("dispute.settle", { action: "propose", code }));
  assert.deepEqual([SETTLE_ACTIONS.length, READER_ACTIONS.length], [2, 3]);
  const bad: readonly (readonly [string, JsonObject])[] = [
    ["dispute.raise", { ...RAISE_BODY, ground: "denied" }],
    ["dispute.raise", { ...RAISE_BODY, point: { kind: "person", ref: "x" } }],
    ["dispute.escalate", { to: "L1" }],
    ["dispute.escalate", { to: "L4" }],
    ["dispute.settle", { action: "propose", code: "you-were-wrong" }],
    ["dispute.settle", { action: "reject", proposal: P_I }],
    ["dispute.neutral_reader", { action: "replace", proposal: N_I }],
  ];
  for (const [type, body] of bad) assert.ok(!valid(type, body), `${type} ${JSON.stringify(body)}`);
});

test("8-3.2: a proposal has its content, an answer names the proposal, and neither has both", () => {
  const bad: readonly (readonly [string, JsonObject])[] = [
    ["dispute.settle", { action: "propose" }],
    ["dispute.settle", { action: "propose", code: "clarified", proposal: P_I }],
    ["dispute.settle", { action: "accept" }],
    ["dispute.settle", { action: "accept", proposal: P_I, code: "clarified" }],
    ["dispute.settle", { code: "clarified" }],
    ["dispute.neutral_reader", { action: "propose", reader: "CERT Oriel" }],
    ["dispute.neutral_reader", { ...readerBody, exhibits: [] }],
    ["dispute.neutral_reader", { ...readerBody, proposal: N_I }],
    ["dispute.neutral_reader", { action: "accept", proposal: N_I, reader: "CERT Oriel" }],
    ["dispute.neutral_reader", { action: "decline" }],
  ];
  for (const [type, body] of bad) assert.ok(!valid(type, body), `${type} ${JSON.stringify(body)}`);
});

test("8-3.2.2: every statement has one limit, in characters and not in bytes", () => {
  const at = (length: number, letter: string) => ({ lang: "ar", text: letter.repeat(length) });
  for (const [type, base] of [
    ["dispute.raise", RAISE_BODY],
    ["dispute.answer", {}],
    ["dispute.record", {}],
  ] as const) {
    for (const letter of ["a", "ش", "😀"]) {
      assert.ok(valid(type, { ...base, statement: at(STATEMENT_LENGTH_LIMIT, letter) }), `${type} ${letter}`);
      assert.ok(
        !valid(type, { ...base, statement: at(STATEMENT_LENGTH_LIMIT + 1, letter) }),
        `${type} ${letter}`,
      );
    }
    assert.ok(!valid(type, { ...base, statement: { lang: "ar", text: "" } }));
    assert.ok(!valid(type, { ...base, statement: { text: "x" } }));
    assert.ok(!valid(type, { ...base, statement: "x" }));
    assert.ok(!valid(type, { ...base, statement: STATEMENT, note: "x" }));
  }
  assert.ok(!valid("dispute.raise", { ...RAISE_BODY, point: { kind: "fact", ref: "a\nb" } }));
  assert.ok(!valid("dispute.raise", { ...RAISE_BODY, target: "the other case" }));
});

test("8-3.2: two persons release whatever a dispute says", () => {
  for (const rule of Object.values(dispute.messages)) {
    assert.deepEqual(rule.release, { persons: 2, roles: ["releaser", "authority", "principal"] });
    assert.equal(rule.scope, "technical");
  }
});
