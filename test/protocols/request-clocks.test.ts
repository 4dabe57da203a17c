/** What a request counts and what its clocks do: marks, timers, pauses. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isRunning, type Timer } from "#parley/protocols/protocol.ts";
import {
  ACTION_OUTCOMES,
  EFFECTIVE,
  NOT_EFFECTIVE,
  OUTCOME_CODES,
  REQUEST_STATUSES,
} from "#parley/protocols/request/codes.ts";
import type { RequestState } from "#parley/protocols/request/index.ts";
import { actOf, apply, draft, idOf, opened, OTHER_ID, PATHS, play } from "./request-acts.ts";

describe("marks for the counts (scenarios 14 and 17)", () => {
  const marksAfter = (...names: string[]) => Object.keys(play(names).marks).sort();
  it("acknowledged, answered, acted, effective", () => {
    assert.deepEqual(marksAfter(), []);
    assert.deepEqual(marksAfter(...PATHS.triage), ["acknowledged"]);
    assert.deepEqual(marksAfter(...PATHS.determined), ["acknowledged", "answered"]);
    assert.deepEqual(marksAfter(...PATHS.in_action), ["acknowledged", "answered"]);
    assert.deepEqual(marksAfter(...PATHS.reported), ["acknowledged", "acted", "answered"]);
    assert.deepEqual(marksAfter(...PATHS.verified), ["acknowledged", "acted", "answered", "effective"]);
  });
  it("scenario 14: reported as done and observed unchanged is not effective", () => {
    assert.deepEqual(marksAfter(...PATHS.not_verified), [
      "acknowledged",
      "acted",
      "answered",
      "not_effective",
    ]);
  });
  it("knows for each outcome whether anything was done", () => {
    for (const code of OUTCOME_CODES) {
      const acted = marksAfter(...PATHS.in_action, `request.outcome ${code}`).includes("acted");
      assert.equal(acted, ACTION_OUTCOMES.includes(code) && code !== "O07", code);
    }
  });
  it("knows for each observation whether it had effect, and follows the newest", () => {
    for (const code of ["V1", "V2", "V3", "V4", "V5", "V6"] as const) {
      const marks = marksAfter(...PATHS.reported, `request.verify ${code}`);
      assert.equal(marks.includes("effective"), EFFECTIVE.includes(code), code);
      assert.equal(marks.includes("not_effective"), NOT_EFFECTIVE.includes(code), code);
    }
    const turned = play([...PATHS.verified, "request.verify V5"]);
    assert.equal(turned.status, "not_verified");
    assert.deepEqual([turned.marks.effective, turned.marks.not_effective?.seq], [undefined, 6]);
  });
  it("is not moved by an acknowledgement of something else or from the wrong side", () => {
    const state = opened();
    const other = { ...draft("ack"), body: { ...draft("ack").body, of: OTHER_ID } };
    assert.equal(apply(state, actOf(other, { seq: 1 })).state.status, "delivered");
    assert.equal(
      apply(state, actOf({ ...draft("ack"), side: "initiator" }, { seq: 1 })).state.status,
      "delivered",
    );
  });
  it("counts the first acknowledgement", () => {
    assert.deepEqual(play(["ack", "ack"]).marks.acknowledged, { feed: "respondent", seq: 1 });
  });
});

describe("clocks", () => {
  const running = (state: RequestState) =>
    state.timers
      .filter(isRunning)
      .map((timer) => timer.id)
      .sort();
  const timer = (state: RequestState, id: string): Timer => {
    const found = state.timers.find((one) => one.id === id);
    assert.ok(found, id);
    return found;
  };
  const rows: Readonly<Record<keyof typeof PATHS, readonly string[]>> = {
    delivered: ["t_ack", "t_final:1"],
    triage: ["t_final:1", "t_triage:1"],
    clarification: ["t_clarify:1", "t_final:1", "t_triage:1"],
    determined: ["t_decide:1", "t_final:1"],
    decided: [],
    in_action: ["t_final:2", "t_progress:1"],
    reported: ["t_verify:1"],
    verified: [],
    not_verified: [],
    unverified: [],
    closed: [],
    withdrawn: [],
    transferred: [],
  };
  for (const status of REQUEST_STATUSES) {
    it(`run in ${status}`, () => assert.deepEqual(running(play(PATHS[status])), rows[status]));
  }
  it("count preservation where it is asked", () => {
    assert.ok(running(opened(["A05", "A01"])).includes("t_preserve"));
    const kept = play(["request.preserve"], ["A01"]);
    assert.deepEqual(timer(kept, "t_preserve").stoppedBy, { feed: "respondent", seq: 1 });
    assert.deepEqual(timer(play(["request.preserve cannot"], ["A01"]), "t_preserve").stoppedBy?.seq, 1);
  });
  it("restart with each progress report and each supplement", () => {
    const state = play([...PATHS.in_action, "request.progress", "request.progress"]);
    assert.deepEqual(running(state), ["t_final:2", "t_progress:3"]);
    const again = play([...PATHS.determined, "request.supplement"]);
    assert.deepEqual(running(again), ["t_final:1", "t_triage:2"]);
    assert.ok(timer(again, "t_decide:1").cancelledBy, "the initiator took the reason away");
    assert.ok(timer(again, "t_triage:1").stoppedBy, "the respondent answered");
    assert.ok(running(play([...PATHS.decided, "request.supplement"])).includes("t_final:2"));
  });
  it("say what the clock does by itself", () => {
    const day = 86_400;
    assert.deepEqual(timer(opened(), "t_final:1").onExpiry, { status: "lapsed", graceSeconds: 14 * day });
    const reported = timer(play(PATHS.reported), "t_verify:1");
    assert.deepEqual(reported.onExpiry, { status: "unverified", graceSeconds: 0 });
    assert.deepEqual([reported.name, reported.owing], [{ fixedSeconds: 14 * day }, "initiator"]);
    const proposed = timer(play([...PATHS.reported, "request.propose_close"]), "t_close:1");
    assert.deepEqual(proposed.onExpiry, { status: "closed", graceSeconds: 0 });
    assert.deepEqual([proposed.name, proposed.owing], [{ fixedSeconds: 14 * day }, "initiator"]);
  });
  it("stand still while questions are open", () => {
    const asked = play(PATHS.clarification);
    assert.deepEqual(asked.pauses, [{ from: { feed: "respondent", seq: 2 } }]);
    assert.equal(timer(asked, "t_clarify:1").owing, "initiator");
    const answered = play([...PATHS.clarification, "request.clarify.answer"]);
    assert.deepEqual(answered.pauses[0]?.until, { feed: "initiator", seq: 3 });
    assert.ok(timer(answered, "t_clarify:1").stoppedBy);
    const withdrawn = play([...PATHS.clarification, "request.withdraw"]);
    assert.deepEqual(withdrawn.pauses[0]?.until, { feed: "initiator", seq: 3 });
  });
  it("go on when a verdict or an outcome does without the answer", () => {
    const judged = play([...PATHS.clarification, "request.verdict"]);
    assert.equal(judged.status, "determined");
    assert.ok(timer(judged, "t_clarify:1").cancelledBy);
    const reported = play([...PATHS.in_action, "request.clarify.ask", "request.outcome"]);
    assert.equal(reported.status, "reported");
    assert.deepEqual(reported.pauses[0]?.until, { feed: "respondent", seq: 5 });
  });
  it("stop for a proposal when its answer comes", () => {
    const proposed = [...PATHS.reported, "request.propose_close"];
    for (const name of ["request.keep_open", "request.verify V3"]) {
      const state = play([...proposed, draft(name, { proposal: idOf(5) })]);
      assert.equal(state.proposal, undefined);
      assert.deepEqual(timer(state, "t_close:1").stoppedBy, { feed: "initiator", seq: 6 });
    }
    const declined = play([...PATHS.decided, "request.propose_close C04", "request.supplement"]);
    assert.equal(declined.proposal, undefined);
  });
});
