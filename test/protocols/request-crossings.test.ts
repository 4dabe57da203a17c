/** Messages that cross: each row of the table in both orders, and any other pair after any history. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Act } from "#parley/protocols/protocol.ts";
import { CROSSINGS, matrixOf, type RequestState } from "#parley/protocols/request/index.ts";
import { actOf, apply, draft, opened, OTHER_ID, PATHS, play, request } from "./request-acts.ts";

/** Two acts whose authors know everything before, and nothing of each other. */
function pair(initiator: Act, respondent: Act): readonly [Act, Act] {
  const blindTo = (other: Act) => (ref: { feed: string; seq: number }) =>
    ref.feed !== other.ref.feed || ref.seq < other.ref.seq;
  return [
    { ...initiator, sees: blindTo(respondent) },
    { ...respondent, sees: blindTo(initiator) },
  ];
}

/** What both sides' screens show of the case. */
function shown(state: RequestState) {
  const { status, end, preserve, proposal, rounds, marks, open, next } = state;
  const round = rounds.map(({ questions }) => questions);
  const disposition = end?.disposition;
  return { status, disposition, preserve, proposal, round, marks, open, next, matrix: matrixOf(state.asks) };
}

function both(state: RequestState, first: Act, second: Act) {
  const one = apply(state, first);
  const two = apply(one.state, second);
  return { state: two.state, first: one.outcome, second: two.outcome };
}

describe("crossing pairs", () => {
  for (const { from, initiator, respondent, result } of CROSSINGS) {
    it(`${from}: ${initiator} × ${respondent} → ${result}`, () => {
      const path = Object.entries(PATHS).find(([status]) => status === from)?.[1];
      assert.ok(path, from);
      const state = play(path);
      const [ours, theirs] = pair(
        actOf(draft(initiator), { seq: 50 }),
        actOf(draft(respondent), { seq: 60 }),
      );
      const there = both(state, ours, theirs);
      const back = both(state, theirs, ours);
      assert.equal(there.state.status, result);
      assert.deepEqual(shown(there.state), shown(back.state));
      for (const outcome of [there.first, there.second, back.first, back.second]) {
        assert.notEqual(outcome.kind, "void", "nobody made an error");
      }
    });
  }

  it("have every pair of messages that both sides can send in a status", () => {
    const missing = Object.entries(PATHS).flatMap(([from, path]) => {
      const state = play(path);
      const possible = (names: readonly string[]) =>
        names.filter((name) => apply(state, actOf(draft(name), { seq: 50 })).outcome.kind === "accepted");
      return possible(INITIATOR).flatMap((initiator) =>
        possible(RESPONDENT).flatMap((respondent) => {
          const listed = CROSSINGS.some(
            (row) =>
              row.from === from &&
              row.initiator.split(" ")[0] === initiator.split(" ")[0] &&
              row.respondent.split(" ")[0] === respondent.split(" ")[0],
          );
          return listed || !state.open ? [] : [`${from}: ${initiator} × ${respondent}`];
        }),
      );
    });
    const harmless = missing.filter((row) => !/× (ack|request\.preserve)( |$)/.test(row));
    assert.deepEqual(harmless, []);
  });

  it("end as the ending's author knew the case: an unseen decision is not in the matrix", () => {
    const [withdraw, decide] = pair(
      actOf(draft("request.withdraw"), { seq: 50 }),
      actOf(draft("request.decide accepted"), { seq: 60 }),
    );
    const late = both(play(PATHS.determined), withdraw, decide);
    assert.deepEqual(late.second, { kind: "crossed", with: withdraw.ref });
    const early = both(play(PATHS.determined), decide, withdraw);
    assert.equal(matrixOf(early.state.asks)[0]?.decision, undefined);
  });

  it("are an error when the author had seen the ending", () => {
    const state = play([...PATHS.determined, "request.withdraw"]);
    const outcome = request.decide(state, actOf(draft("request.decide accepted"), { seq: 60 }));
    assert.deepEqual(outcome, { kind: "void", code: "E-STATE", reason: "case-ended" });
  });

  it("keep the initiator's ending when the respondent's had been seen by nobody", () => {
    const known = play([...PATHS.triage, "request.transfer"]);
    const seen = request.decide(known, actOf(draft("request.withdraw"), { seq: 60 }));
    assert.equal(seen.kind, "void");
    const blind = { ...actOf(draft("request.withdraw"), { seq: 60 }), sees: () => false };
    assert.equal(request.decide(known, blind).kind, "accepted");
  });

  it("pass over the rows of a decision that crossed a supplement and keep the others", () => {
    const codes = ["A05", "A10"];
    const state = play(["ack", draft("request.verdict insufficient", { asks: [1, 2] })], codes);
    const decisions = [
      { ask: 1, decision: "accepted" },
      { ask: 2, decision: "declined", code: "D01" },
    ];
    const [supplement, decide] = pair(
      actOf(draft("request.supplement"), { seq: 50 }),
      actOf({ side: "respondent", type: "request.decide", body: { decisions } }, { seq: 60 }),
    );
    const there = both(state, supplement, decide);
    assert.equal(there.second.kind, "accepted");
    assert.deepEqual(shown(there.state), shown(both(state, decide, supplement).state));
    assert.deepEqual(
      matrixOf(there.state.asks).map((row) => row.decision),
      ["accepted", undefined],
    );
  });

  it("give one result after any history, whatever the pair", () => {
    let pairs = 0;
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 25 }), anyStep, anyStep, (steps, one, other) => {
        const state = historyOf(steps);
        const [ours, theirs] = pair(
          actOf(draftOf(state, { ...one, name: pick(INITIATOR, one.name) }), { seq: 50 }),
          actOf(draftOf(state, { ...other, name: pick(RESPONDENT, other.name) }), { seq: 60 }),
        );
        if (
          request.decide(state, ours).kind !== "accepted" ||
          request.decide(state, theirs).kind !== "accepted"
        )
          return;
        pairs += 1;
        assert.deepEqual(shown(both(state, ours, theirs).state), shown(both(state, theirs, ours).state));
      }),
      { numRuns: 4_000 },
    );
    assert.ok(pairs > 200, `only ${pairs} pairs were possible`);
  });
});

const INITIATOR = [
  "request.withdraw",
  "request.close C11",
  "request.close C05",
  "request.close C02",
  "request.close C04",
  "request.supplement",
  "request.supplement named",
  "request.clarify.answer",
  "request.verify V1",
  "request.verify V3",
  "request.verify V6",
  "request.keep_open",
];
const RESPONDENT = [
  "ack",
  "request.preserve",
  "request.preserve extended",
  "request.preserve cannot",
  "request.clarify.ask",
  "request.verdict insufficient",
  "request.verdict sufficient",
  "request.decide accepted",
  "request.decide declined",
  "request.progress",
  "request.outcome O06",
  "request.outcome O13",
  "request.propose_close C01",
  "request.propose_close C04",
  "request.transfer",
];

interface Step {
  readonly name: number;
  readonly asks: readonly number[];
}
const anyStep = fc.record({
  name: fc.nat(10_000),
  asks: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
});

function pick(names: readonly string[], n: number): string {
  return names[n % names.length] ?? "ack";
}

function draftOf(
  state: RequestState,
  { name, asks }: { readonly name: string; readonly asks: readonly number[] },
) {
  return draft(name, { asks, proposal: state.proposal?.id ?? OTHER_ID });
}

/** A history of steps that lead on: endings are left to the crossing pair itself. */
function historyOf(steps: readonly Step[]): RequestState {
  const onward = [...RESPONDENT, ...INITIATOR].filter(
    (name) => !/withdraw|close C11|close C0[245]|transfer/.test(name) || name.startsWith("request.propose"),
  );
  let state = apply(opened(["A05", "A10", "A01"]), actOf(draft("ack"), { seq: 1 })).state;
  steps.forEach(({ name, asks }, index) => {
    const made = draftOf(state, { name: pick(onward, name), asks });
    state = apply(state, actOf(made, { seq: index + 2 })).state;
  });
  return state;
}
