/** The request state machine: every message in every status, the matrix, limits, endings, purity. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DEFAULT_PROFILE, evaluate, ITEMS } from "#parley/protocols/evidence/index.ts";
import type { EntryRef, Outcome } from "#parley/protocols/protocol.ts";
import { isRunning } from "#parley/protocols/protocol.ts";
import {
  DISPOSITIONS,
  ITEM_CODES,
  REQUEST_REASONS,
  REQUEST_STATUSES,
} from "#parley/protocols/request/codes.ts";
import { MESSAGE_LIMITS } from "#parley/protocols/request/guards.ts";
import { matrixOf, type RequestState } from "#parley/protocols/request/index.ts";
import {
  actOf,
  apply,
  draft,
  idOf,
  openBody,
  opened,
  OTHER_ID,
  PATHS,
  play,
  request,
  type Draft,
} from "./request-acts.ts";

const STATUSES = [
  "delivered",
  "triage",
  "clarification",
  "determined",
  "decided",
  "in_action",
  "reported",
  "verified",
  "not_verified",
  "unverified",
  "closed",
  "withdrawn",
  "transferred",
] as const;

/** Reasons that any test of this file met. */
const met = new Set<string>();

function wordOf(outcome: Outcome): string {
  if (outcome.kind === "void") met.add(outcome.reason);
  return outcome.kind === "void" ? outcome.reason : outcome.kind === "accepted" ? "ok" : "crossed";
}

function wordFor(state: RequestState, made: Draft, seq = 90): string {
  return wordOf(request.decide(state, actOf(made, { seq })));
}

const times = (n: number, word: string) => Array.from({ length: n }, () => word);
const ENDED = times(3, "case-ended");
const NOT_YET = "not-acknowledged";
const CANNOT = "disposition-not-possible";

/** One column per status, in the order of STATUSES. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  "request.open": times(13, "already-open"),
  ack: times(13, "ok"),
  "request.preserve": [...times(10, "ok"), ...ENDED],
  "request.clarify.ask": [
    NOT_YET,
    "ok",
    "round-open",
    "wrong-status",
    "wrong-status",
    "ok",
    ...times(4, "wrong-status"),
    ...ENDED,
  ],
  "request.clarify.answer": [...times(2, "no-open-round"), "ok", ...times(7, "no-open-round"), ...ENDED],
  "request.verdict insufficient": [NOT_YET, "ok", "ok", ...times(7, "has-verdict"), ...ENDED],
  "request.supplement": [
    NOT_YET,
    ...times(2, "nothing-to-supplement"),
    ...times(3, "ok"),
    ...times(4, "nothing-to-supplement"),
    ...ENDED,
  ],
  "request.decide accepted": [
    NOT_YET,
    "no-verdict",
    "no-verdict",
    "ok",
    ...times(6, "already-decided"),
    ...ENDED,
  ],
  "request.decide declined": [
    NOT_YET,
    "no-verdict",
    "no-verdict",
    "ok",
    ...times(6, "already-decided"),
    ...ENDED,
  ],
  "request.progress": [NOT_YET, ...times(4, "not-in-action"), "ok", ...times(4, "not-in-action"), ...ENDED],
  "request.outcome": [NOT_YET, ...times(4, "not-taken-on"), ...times(5, "ok"), ...ENDED],
  "request.verify V1": [...times(6, "no-outcome"), ...times(4, "ok"), ...ENDED],
  "request.withdraw": [...times(10, "ok"), ...ENDED],
  "request.propose_close": [NOT_YET, ...times(3, CANNOT), "ok", CANNOT, ...times(4, "ok"), ...ENDED],
  "request.keep_open": [...times(10, "no-proposal"), ...ENDED],
  "request.close C01": [...times(4, CANNOT), "ok", CANNOT, ...times(4, "ok"), ...ENDED],
  "request.close C02": [...times(4, CANNOT), "ok", CANNOT, ...times(4, "ok"), ...ENDED],
  "request.close C03": [...times(10, "ok"), ...ENDED],
  "request.close C04": [...times(4, CANNOT), "ok", ...times(5, CANNOT), ...ENDED],
  "request.close C05": [...times(4, "ok"), CANNOT, "ok", ...times(4, CANNOT), ...ENDED],
  "request.close C08": [...times(4, CANNOT), "ok", CANNOT, ...times(4, "ok"), ...ENDED],
  "request.close C09": [...times(10, "ok"), ...ENDED],
  "request.close C10": [...times(4, CANNOT), "ok", CANNOT, ...times(4, "ok"), ...ENDED],
  "request.close C11": [...times(10, "ok"), ...ENDED],
  "request.transfer": [NOT_YET, ...times(9, "ok"), ...ENDED],
};

describe("every message in every status", () => {
  it("covers every message and every status", () => {
    const types = new Set(Object.keys(TABLE).map((name) => name.split(" ")[0]));
    for (const type of Object.keys(request.messages)) assert.ok(types.has(type), type);
    assert.deepEqual([...STATUSES].sort(), [...REQUEST_STATUSES].sort());
  });
  for (const [name, words] of Object.entries(TABLE)) {
    it(name, () => {
      const found = STATUSES.map((status) => {
        const state = play(PATHS[status]);
        assert.equal(state.status, status);
        return wordFor(state, draft(name));
      });
      assert.deepEqual(found, words);
    });
  }
  it("keeps out other protocols' messages and the wrong side", () => {
    const state = play(PATHS.triage);
    assert.equal(wordFor(state, { side: "respondent", type: "notice.assess", body: {} }), "unknown-type");
    assert.equal(wordFor(state, { side: "respondent", type: "constructor", body: {} }), "unknown-type");
    assert.equal(wordFor(state, { ...draft("request.verdict"), side: "initiator" }), "wrong-side");
    assert.equal(wordFor(state, { ...draft("request.withdraw"), side: "respondent" }), "wrong-side");
    assert.equal(wordFor(state, { ...draft("request.transfer"), side: "initiator" }), "ok");
  });
});

describe("what a message names", () => {
  it("must be asks of the request", () => {
    const two = { asks: [1, 2] };
    assert.equal(wordFor(play(PATHS.triage), draft("request.verdict", two)), "unknown-ask");
    assert.equal(wordFor(play(PATHS.triage), draft("request.clarify.ask", { asks: [2] })), "unknown-ask");
    assert.equal(wordFor(play(PATHS.determined), draft("request.decide", two)), "unknown-ask");
    assert.equal(wordFor(play(PATHS.determined), draft("request.supplement named", two)), "unknown-ask");
    assert.equal(wordFor(play(PATHS.in_action), draft("request.outcome", two)), "unknown-ask");
    assert.equal(wordFor(play(PATHS.reported), draft("request.verify V1", two)), "unknown-ask");
  });
  it("is all questions of the round and no other", () => {
    const asked = play(["ack", draft("request.clarify.ask", { questions: [1, 3] })]);
    const answer = (questions: number[]) => wordFor(asked, draft("request.clarify.answer", { questions }));
    assert.equal(answer([1]), "question-unanswered");
    assert.equal(answer([1, 2, 3]), "unknown-question");
    assert.equal(answer([3, 1]), "ok");
  });
  it("is the ask's own verdict when evidence is why it is declined", () => {
    const short = play(PATHS.determined);
    assert.equal(wordFor(short, draft("request.decide D11")), "verdict-mismatch");
    assert.equal(wordFor(short, draft("request.decide D11", { verdict: idOf(2) })), "ok");
    const enough = play(["ack", "request.verdict sufficient"]);
    assert.equal(wordFor(enough, draft("request.decide D11", { verdict: idOf(2) })), "verdict-mismatch");
  });
  it("is the standing proposal", () => {
    const proposed = play([...PATHS.reported, "request.propose_close"]);
    assert.equal(wordFor(proposed, draft("request.propose_close")), "proposal-open");
    assert.equal(wordFor(proposed, draft("request.keep_open", { proposal: OTHER_ID })), "no-proposal");
    assert.equal(wordFor(proposed, draft("request.keep_open", { proposal: idOf(5) })), "ok");
  });
});

describe("the matrix", () => {
  const CODES = ["A05", "A10", "A13"];
  it("judges, decides, reports and verifies each ask by itself", () => {
    const state = play(
      [
        "ack",
        draft("request.verdict sufficient", { asks: [1, 2] }),
        draft("request.verdict insufficient", { asks: [3] }),
        draft("request.decide accepted", { asks: [1, 2] }),
        draft("request.decide D11", { asks: [3], verdict: idOf(3) }),
        draft("request.outcome O06", { asks: [1] }),
        draft("request.outcome O13", { asks: [2] }),
        draft("request.verify V3", { asks: [1] }),
        draft("request.verify V1", { asks: [2] }),
      ],
      CODES,
    );
    assert.deepEqual(matrixOf(state.asks), [
      {
        ask: 1,
        code: "A05",
        verdict: "sufficient",
        decision: "accepted",
        outcome: ["O06"],
        verification: "V3",
      },
      {
        ask: 2,
        code: "A10",
        verdict: "sufficient",
        decision: "accepted",
        outcome: ["O13"],
        verification: "V1",
      },
      { ask: 3, code: "A13", verdict: "insufficient", decision: "declined", decline: "D11" },
    ]);
    assert.equal(state.status, "not_verified");
  });
  it("waits for the last ask of each step", () => {
    const partly = ["ack", draft("request.verdict sufficient", { asks: [1] })];
    assert.equal(play(partly, ["A05", "A10"]).status, "triage");
    const judged = [...partly, draft("request.verdict sufficient", { asks: [2] })];
    const decided = [...judged, draft("request.decide accepted", { asks: [1] })];
    assert.equal(play(decided, ["A05", "A10"]).status, "determined");
    const all = [...decided, draft("request.decide referred", { asks: [2] })];
    assert.equal(play(all, ["A05", "A10"]).status, "in_action");
    assert.equal(play([...all, draft("request.outcome", { asks: [1] })], ["A05", "A10"]).status, "reported");
  });
  it("takes a partial and a conditional acceptance on, and neither a referral nor a decline", () => {
    for (const word of ["accepted", "accepted-partly", "conditional"]) {
      assert.equal(play([...PATHS.determined, `request.decide ${word}`]).status, "in_action");
    }
    for (const word of ["referred", "declined", "D03", "D99"]) {
      assert.equal(play([...PATHS.determined, `request.decide ${word}`]).status, "decided");
    }
  });
  it("keeps an observation beside a later report of the actor", () => {
    const state = play([...PATHS.not_verified, "request.outcome O04"]);
    assert.equal(state.status, "not_verified");
    assert.deepEqual(matrixOf(state.asks)[0]?.outcome, ["O04"]);
    assert.equal(matrixOf(state.asks)[0]?.verification, "V3");
    assert.ok(state.marks.not_effective);
  });
  it("reopens what was not enough or was turned down, and only that", () => {
    const before = [
      "ack",
      draft("request.verdict sufficient", { asks: [1, 2] }),
      draft("request.verdict insufficient", { asks: [3] }),
      draft("request.decide accepted", { asks: [1] }),
      draft("request.decide declined", { asks: [2, 3] }),
    ];
    const named = play([...before, draft("request.supplement named", { asks: [1, 3] })], CODES);
    assert.deepEqual(
      matrixOf(named.asks).map((row) => row.decision),
      ["accepted", "declined", undefined],
    );
    const all = play([...before, "request.supplement"], CODES);
    assert.deepEqual(
      matrixOf(all.asks).map((row) => row.verdict),
      ["sufficient", undefined, undefined],
    );
    assert.equal(all.status, "triage");
    assert.equal(wordFor(all, draft("request.progress")), "ok", "the accepted ask goes on meanwhile");
  });
  it("cites items in one order and keeps the lesser ask", () => {
    const row = play(["ack", "request.verdict sufficient-for-lesser"]).asks[0];
    assert.deepEqual([row?.verdict?.items, row?.verdict?.maxAsk], [["E04"], "A01"]);
    assert.deepEqual(play(PATHS.determined).asks[0]?.verdict?.items, ["E04", "E15"]);
  });
});

describe("limits", () => {
  it("two rounds of questions, three supplements", () => {
    const round = ["request.clarify.ask", "request.clarify.answer"];
    assert.equal(wordFor(play(["ack", ...round, ...round]), draft("request.clarify.ask")), "limit-reached");
    const again = ["request.supplement", "request.verdict insufficient"];
    const worn = play([...PATHS.determined, ...again, ...again, ...again]);
    assert.equal(wordFor(worn, draft("request.supplement")), "limit-reached");
    assert.equal(wordFor(worn, draft("request.decide accepted")), "ok");
  });
  it("every list in a state is bounded", () => {
    for (const [type, limit] of Object.entries(MESSAGE_LIMITS)) {
      const state = { ...play(PATHS.in_action), counts: { [type]: limit } };
      assert.equal(wordFor(state, draft(type)), "limit-reached", type);
    }
  });
});

describe("preservation is a track of its own", () => {
  const words = (...names: string[]) =>
    ["confirmed", "extended", "released", "cannot"].map((word) =>
      wordFor(play(names), draft(`request.preserve ${word}`)),
    );
  const no = "preserve-not-possible";
  it("none → confirmed → extended → released", () => {
    assert.deepEqual(words(), ["ok", no, no, "ok"]);
    assert.deepEqual(words("request.preserve"), [no, "ok", "ok", no]);
    assert.deepEqual(words("request.preserve", "request.preserve extended"), [no, no, "ok", no]);
    assert.deepEqual(words("request.preserve", "request.preserve released"), ["ok", no, no, no]);
    assert.deepEqual(words("request.preserve cannot"), ["ok", no, no, no]);
  });
  it("outlives the case", () => {
    assert.deepEqual(words("request.preserve", "request.withdraw"), ["case-ended", "ok", "ok", no]);
    const state = play(["request.preserve", "request.withdraw", "request.preserve released"]);
    assert.deepEqual([state.status, state.preserve.state, state.open], ["withdrawn", "released", false]);
  });
});

describe("endings", () => {
  it("carry their disposition", () => {
    assert.equal(play(PATHS.withdrawn).end?.disposition, "C06");
    assert.equal(play(PATHS.transferred).end?.disposition, "C07");
    for (const code of DISPOSITIONS.filter((one) => one !== "C06" && one !== "C07")) {
      const path = code === "C05" ? PATHS.triage : PATHS.decided;
      assert.equal(play([...path, `request.close ${code}`]).end?.disposition, code);
    }
  });
  it("scenario 16: an overdue request is closed as proceeding outside, and nothing else happens", () => {
    const before = play(PATHS.in_action);
    const after = play([...PATHS.in_action, "request.close C11"]);
    assert.deepEqual(
      [after.status, after.end?.disposition, after.open, after.next],
      ["closed", "C11", false, "none"],
    );
    assert.deepEqual(matrixOf(after.asks), matrixOf(before.asks));
    assert.deepEqual(after.marks, before.marks);
  });
});

describe("the computed evaluation", () => {
  const facts = (pack: object) => ({
    evaluation: evaluate(DEFAULT_PROFILE, pack, { asks: [], referenceTime: 0, lifeSafety: false }),
  });
  it("is kept beside the verdict and binds nobody (scenarios 1 and 3)", () => {
    const open = actOf(
      { side: "initiator", type: "request.open", body: openBody() },
      { seq: 0, facts: facts({}) },
    );
    const state = request.open(open);
    assert.deepEqual(state.evaluation, { ref: open.ref, value: facts({}).evaluation });
    const acked = apply(state, actOf(draft("ack"), { seq: 1 })).state;
    const judged = apply(acked, actOf(draft("request.verdict sufficient"), { seq: 2 }));
    assert.equal(judged.state.status, "determined", "the pack is at S0 and the human verdict prevails");
  });
  it("follows the newest pack", () => {
    const state = play(PATHS.determined);
    const next = facts({ custody_statement: "held" });
    const act = actOf(draft("request.supplement"), { seq: 3, facts: next });
    assert.deepEqual(apply(state, act).state.evaluation, { ref: act.ref, value: next.evaluation });
  });
  it("uses the item codes that a verdict can cite", () => assert.deepEqual(ITEM_CODES, [...ITEMS]));
});

const NAMES = [
  ...Object.keys(TABLE),
  "request.preserve extended",
  "request.preserve released",
  "request.verdict sufficient",
  "request.decide conditional",
  "request.decide referred",
  "request.verify V3",
  "request.verify V6",
  "request.outcome O13",
  "request.supplement named",
];

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

const anyStep = fc.record({
  name: fc.constantFrom(...NAMES),
  asks: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  wrongSide: fc.boolean(),
  blind: fc.boolean(),
});

describe("the machine", () => {
  it("never throws, never mutates, and keeps a coherent state on any sequence", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        let state = freeze(opened(["A05", "A01", "A10"]));
        steps.forEach(({ name, asks, wrongSide, blind }, index) => {
          const made = draft(name, { asks, proposal: state.proposal?.id ?? OTHER_ID });
          const side = wrongSide && blind ? "initiator" : made.side;
          const sees = (ref: EntryRef) => !blind || ref.seq < index - 1;
          const act = freeze(actOf({ ...made, side }, { seq: index + 1, sees }));
          const outcome = request.decide(state, act);
          wordOf(outcome);
          freeze(request.evolve(state, act));
          if (outcome.kind === "accepted") state = freeze(request.evolve(state, act));
          assertCoherent(state);
        });
      }),
      { numRuns: 400 },
    );
  });
});

function assertCoherent(state: RequestState): void {
  assert.equal(state.open, state.end === undefined);
  assert.equal(state.open, state.next !== "none");
  assert.equal(new Set(state.timers.map((timer) => timer.id)).size, state.timers.length);
  if (!state.open) assert.ok(state.timers.every((timer) => !isRunning(timer)));
  assert.ok(!(state.marks.effective && state.marks.not_effective));
  assert.equal(matrixOf(state.asks).length, state.asks.length);
}

describe("reasons", () => {
  it("are all met by a test above", () => {
    assert.deepEqual([...met].sort(), [...REQUEST_REASONS].sort());
  });
});
