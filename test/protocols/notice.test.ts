/** SPEC 8-1.4 to 8-1.6: the notice machine, one row per message and status, every crossing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NOTICE_REASONS, NOTICE_STAGES, NOTICE_STATUSES } from "#parley/protocols/notice/codes.ts";
import { CROSSINGS, notice } from "#parley/protocols/notice/index.ts";
import { CLOSE_SILENCE_SECONDS } from "#parley/protocols/notice/state.ts";
import {
  actOf,
  acts,
  after,
  checkConvergence,
  checkCrossings,
  cross,
  FEEDS,
  judge,
  running,
  uuid,
  wholeState,
  type Line,
} from "./conversation.ts";
import {
  OPEN_BODY,
  OPEN_ID,
  initiator,
  respondent,
  open,
  ack,
  update,
  materialUpdate,
  correct,
  materialCorrect,
  withdraw,
  toRequest,
  close,
  leave,
  assess,
  proposeClose,
  histories,
  scene,
} from "./notice-lines.ts";

/** Status after the message, or the reason of its refusal, per status in the order of NOTICE_STATUSES. */
const TABLE: readonly (readonly [Line, readonly string[]])[] = [
  [ack, ["acknowledged", "acknowledged", "assessed", "close-proposed", "closed", "withdrawn"]],
  [
    open,
    ["!already-open", "!already-open", "!already-open", "!already-open", "!already-open", "!already-open"],
  ],
  [update, ["!not-acknowledged", "acknowledged", "assessed", "assessed", "!ended", "!ended"]],
  [materialUpdate, ["!not-acknowledged", "acknowledged", "acknowledged", "acknowledged", "!ended", "!ended"]],
  [correct, ["delivered", "acknowledged", "assessed", "assessed", "!ended", "!ended"]],
  [materialCorrect, ["delivered", "acknowledged", "acknowledged", "acknowledged", "!ended", "!ended"]],
  [withdraw, ["withdrawn", "withdrawn", "withdrawn", "withdrawn", "!ended", "!ended"]],
  [toRequest, ["!not-acknowledged", "acknowledged", "assessed", "assessed", "!ended", "!ended"]],
  [close, ["!not-assessed", "!not-assessed", "closed", "closed", "!ended", "!ended"]],
  [leave, ["closed", "closed", "closed", "closed", "!ended", "!ended"]],
  [assess, ["!not-acknowledged", "assessed", "assessed", "assessed", "!ended", "!ended"]],
  [
    proposeClose,
    ["!not-acknowledged", "!not-assessed", "close-proposed", "close-proposed", "!ended", "!ended"],
  ],
];

test("8-1.4: every message in every status", () => {
  for (const [line, results] of TABLE) {
    assert.equal(results.length, NOTICE_STATUSES.length);
    for (const [i, status] of NOTICE_STATUSES.entries()) {
      const history = histories[status];
      assert.equal(after(notice, history).status, status);
      const outcome = judge(notice, history, line);
      const name = `${line.type} ${JSON.stringify(line.body)} in ${status}`;
      const expected = results[i] ?? "";
      if (expected.startsWith("!")) {
        assert.deepEqual(outcome, { kind: "void", code: "E-STATE", reason: expected.slice(1) }, name);
      } else {
        assert.equal(outcome.kind, "accepted", name);
        assert.equal(after(notice, [...history, line]).status, expected, name);
      }
    }
  }
});

test("8-1.4: every message type has a row, and every reason is given by some act", () => {
  const rows = new Set(TABLE.map(([line]) => line.type));
  assert.deepEqual(rows, new Set(["ack", ...Object.keys(notice.messages)]));
  const given = new Set(TABLE.flatMap(([, results]) => results).filter((result) => result.startsWith("!")));
  const others: readonly (readonly [string, Line])[] = [
    ["unknown-type", respondent("notice.deny", {})],
    ["unknown-type", respondent("constructor", {})],
    ["wrong-side", respondent("notice.withdraw", { reason: "mistaken" })],
    ["wrong-side", initiator("notice.assess", { code: "no-comment" })],
    ["stage-goes-back", initiator("notice.update", { stage: "early", material_change: false })],
    [
      "unknown-message",
      initiator("notice.correct", { corrects: uuid(77), reason: "other", material_change: false }),
    ],
  ];
  for (const [reason, line] of others) {
    const outcome = judge(notice, [...histories.acknowledged, update], line);
    assert.ok(
      outcome.kind === "void" && outcome.reason === reason,
      `${line.type}: ${JSON.stringify(outcome)}`,
    );
    given.add(`!${reason}`);
  }
  assert.deepEqual(given, new Set(NOTICE_REASONS.map((reason) => `!${reason}`)));
});

test("8-1.5: timers of the main line", () => {
  assert.deepEqual(running(after(notice, histories.delivered)), ["t_ack", "remind_full", "remind_final"]);
  assert.deepEqual(running(after(notice, histories.acknowledged)), [
    "remind_full",
    "remind_final",
    "t_triage",
  ]);
  assert.deepEqual(running(after(notice, histories.assessed)), ["remind_full", "remind_final"]);
  const proposed = after(notice, histories["close-proposed"]);
  assert.deepEqual(running(proposed), ["remind_full", "remind_final", "t_close"]);
  assert.deepEqual(proposed.timers.at(-1), {
    id: "t_close",
    name: { fixedSeconds: 604_800 },
    owing: "initiator",
    trigger: { feed: FEEDS.respondent, seq: 4 },
    onExpiry: { status: "closed", graceSeconds: 0 },
  });
  assert.equal(CLOSE_SILENCE_SECONDS, 7 * 24 * 3_600);
  for (const status of ["closed", "withdrawn"] as const)
    assert.deepEqual(running(after(notice, histories[status])), []);
});

test("8-1.5: the acknowledgement stops t_ack and is the entry that starts t_triage", () => {
  const { timers, marks } = after(notice, histories.assessed);
  const byId = new Map(timers.map((timer) => [timer.id, timer]));
  const ackRef = { feed: FEEDS.respondent, seq: 2 };
  const assessRef = { feed: FEEDS.respondent, seq: 3 };
  assert.deepEqual(byId.get("t_ack")?.stoppedBy, ackRef);
  assert.deepEqual(byId.get("t_triage")?.trigger, ackRef);
  assert.deepEqual(byId.get("t_triage")?.stoppedBy, assessRef);
  assert.deepEqual(marks, { acknowledged: ackRef, answered: assessRef });
});

test("8-1.5: reminders are soft, fixed, and end with the stage they announce", () => {
  const reminders = after(notice, [open]).timers.filter(({ id }) => id.startsWith("remind_"));
  assert.deepEqual(
    reminders.map(({ id, name, owing, onExpiry }) => ({ id, name, owing, onExpiry })),
    [
      { id: "remind_early", name: { fixedSeconds: 72_000 }, owing: "initiator", onExpiry: undefined },
      { id: "remind_full", name: { fixedSeconds: 244_800 }, owing: "initiator", onExpiry: undefined },
      { id: "remind_final", name: { fixedSeconds: 2_332_800 }, owing: "initiator", onExpiry: undefined },
    ],
  );
  const left = { early: 2, full: 1, interim: 1, final: 0 };
  for (const stage of NOTICE_STAGES) {
    const state = after(notice, [initiator("notice.open", { ...OPEN_BODY, stage })]);
    assert.equal(running(state).filter((id) => id.startsWith("remind_")).length, left[stage], stage);
    const updated = after(notice, [open, ack, initiator("notice.update", { stage, material_change: false })]);
    assert.equal(
      running(updated).filter((id) => id.startsWith("remind_")).length,
      left[stage],
      `update ${stage}`,
    );
    assert.equal(updated.stage, stage);
  }
});

test("8-1.5: a material change restarts t_triage under a new id", () => {
  const state = after(notice, [...histories.acknowledged, materialUpdate, materialCorrect]);
  const triage = state.timers.filter(({ id }) => id.startsWith("t_triage"));
  assert.deepEqual(
    triage.map(({ id, cancelledBy }) => ({ id, cancelledBy: cancelledBy?.seq })),
    [
      { id: "t_triage", cancelledBy: 3 },
      { id: "t_triage:2", cancelledBy: 4 },
      { id: "t_triage:3", cancelledBy: undefined },
    ],
  );
  assert.equal(after(notice, [...histories.acknowledged, materialUpdate, assess]).status, "assessed");
  assert.equal(judge(notice, [...histories.assessed, materialUpdate], close).kind, "void");
});

test("8-1.4: a proposal to close falls when I goes on, and R may propose again", () => {
  const state = after(notice, [...histories["close-proposed"], update, proposeClose, assess, proposeClose]);
  assert.equal(state.status, "close-proposed");
  const closing = state.timers.filter(({ id }) => id.startsWith("t_close"));
  assert.deepEqual(
    closing.map(({ id }) => id),
    ["t_close", "t_close:2", "t_close:3"],
  );
  assert.deepEqual(
    running(state).filter((id) => id.startsWith("t_close")),
    ["t_close:3"],
  );
  const agreed = after(notice, [...histories["close-proposed"], close]);
  assert.deepEqual(agreed.timers.at(-1)?.stoppedBy, { feed: FEEDS.initiator, seq: 5 });
  assert.deepEqual(agreed.ended, { ref: { feed: FEEDS.initiator, seq: 5 }, how: { closed: "resolved" } });
});

test("8-1.4: only R's acknowledgement of the opening acknowledges", () => {
  const other = respondent("ack", { of: uuid(50), understood: "yes", text_used: "original" });
  const own = initiator("ack", { of: OPEN_ID, understood: "yes", text_used: "original" });
  for (const line of [other, own]) assert.equal(after(notice, [open, line]).status, "delivered");
  const late = after(notice, [open, withdraw, ack]);
  assert.equal(late.status, "withdrawn");
  assert.deepEqual(late.marks.acknowledged, { feed: FEEDS.respondent, seq: 3 });
  assert.equal(after(notice, [open, ack, ack]).marks.acknowledged?.seq, 2);
  for (const understood of ["yes", "partly", "no"]) {
    assert.equal(
      after(notice, [open, respondent("ack", { of: OPEN_ID, understood })]).status,
      "acknowledged",
    );
  }
});

test("8-1.4: nothing said is dropped: texts, assessments and requests are kept in order", () => {
  const lines = [...histories.assessed, materialUpdate, correct, toRequest, assess, toRequest];
  const state = after(notice, lines);
  assert.deepEqual(
    state.texts.map(({ ref, corrects }) => [ref.seq, corrects]),
    [
      [1, undefined],
      [4, undefined],
      [5, OPEN_ID],
    ],
  );
  assert.deepEqual(
    state.assessments.map(({ ref, code }) => [ref.seq, code]),
    [
      [3, "not-known-will-look"],
      [7, "not-known-will-look"],
    ],
  );
  assert.deepEqual(
    state.requests.map(({ requestCase }) => requestCase),
    [uuid(900), uuid(900)],
  );
  const correction = initiator("notice.correct", {
    corrects: uuid(4),
    reason: "other",
    material_change: false,
  });
  assert.equal(judge(notice, lines, correction).kind, "accepted", "an update can be corrected too");
});

test("8-1.6: the crossing table holds in both orders", () => checkCrossings(notice, scene, CROSSINGS));

test("8-1.6: every pair converges, and the table states every pair that loses an act", () => {
  assert.ok(checkConvergence(notice, scene, CROSSINGS) > 60);
});

test("8-1.6: what a message needs is judged by what its author had seen, not by its place", () => {
  for (const [history, mine, theirs, reason] of [
    [histories.delivered, update, ack, "not-acknowledged"],
    [histories.delivered, toRequest, ack, "not-acknowledged"],
    [histories.acknowledged, close, assess, "not-assessed"],
  ] as const) {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { outcomes } = cross(notice, history, [mine, theirs], order);
      assert.deepEqual(
        outcomes[order.indexOf(0)],
        { kind: "void", code: "E-STATE", reason },
        `${mine.type} ${order.join()}`,
      );
    }
  }
});

test("8-1.6: an assessment that crosses a material change counts as an answer in both orders", () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    const { state } = cross(notice, histories.acknowledged, [materialUpdate, assess], order);
    assert.equal(state.marks.answered?.feed, FEEDS.respondent);
    assert.equal(state.assessments.length, 1);
    assert.equal(state.assessedBy, undefined);
    assert.ok(running(state).includes("t_triage:2"));
  }
});

test("8-1.6: a crossed act names the entry its author had not seen", () => {
  const { outcomes } = cross(notice, histories.acknowledged, [withdraw, assess], [0, 1]);
  assert.deepEqual(outcomes[1], { kind: "crossed", with: { feed: FEEDS.initiator, seq: 3 } });
});

test("8-1.4: a type of another protocol has no effect", () => {
  const state = after(notice, histories.assessed);
  const foreign = actOf({ side: "initiator", type: "request.open", body: {} }, 50);
  assert.equal(notice.decide(state, foreign).kind, "void");
  assert.equal(notice.evolve(state, foreign), state);
});

test("8-1.4: any sequence is judged, mutates nothing and keeps the state whole", () => {
  const lines = [...Object.values(scene.initiator), ...Object.values(scene.respondent), open];
  const choice = fc.array(fc.record({ line: fc.constantFrom(...lines), blind: fc.boolean() }), {
    maxLength: 14,
  });
  fc.assert(
    fc.property(choice, (choices) => {
      const [opening] = acts([open]);
      assert.ok(opening);
      let state = wholeState(notice.open(opening));
      const refs = [opening.ref];
      for (const [i, { line, blind }] of choices.entries()) {
        const act = actOf(line, i + 2, blind ? refs.filter(({ feed }) => feed !== FEEDS[line.side]) : []);
        refs.push(act.ref);
        if (notice.decide(state, act).kind === "accepted") state = wholeState(notice.evolve(state, act));
      }
      assert.ok(NOTICE_STATUSES.includes(state.status));
    }),
    { numRuns: 300 },
  );
});
