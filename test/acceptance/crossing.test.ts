/** Messages that cross between two partitioned nodes: after healing both sides see one case, and nobody was wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideBody,
  disputeRaiseBody,
  disputeRefs,
  requestBody,
  requestCloseBody,
  supplementBody,
  verdictBody,
  withdrawBody,
} from "../kit/materials.ts";
import type { Speech } from "../kit/world.ts";
import {
  caseSeen,
  entrySeen,
  openRequest,
  say,
  seen,
  sitDown,
  tell,
  wait,
  type Table,
  type Told,
} from "./table.ts";

/** Both say it while neither hears the other. */
async function cross(table: Table, ours: Speech, theirs: Speech): Promise<readonly [Told, Told]> {
  const { world, a, b } = table;
  world.cut.add("meridia>rimal").add("rimal>meridia");
  const fromA = await say(table, a, ours);
  const fromB = await say(table, b, theirs);
  await world.settle();
  world.cut.clear();
  await wait(table, 400);
  return [fromA, fromB];
}

async function determined(table: Table): Promise<Told> {
  const request = await openRequest(table);
  const verdicts = verdictBody([1, 2].map((ask) => ({ ask, verdict: "sufficient" })));
  await tell(table, table.b, { type: "request.verdict", case: request.case, body: verdicts });
  return request;
}

const ACCEPT_BOTH = decideBody([1, 2].map((ask) => ({ ask, decision: "accepted" })));

function nobodyWasWrong(table: Table): void {
  const { cases, loose, unfoundedErrors } = seen(table);
  const outcomes = [...cases.flatMap(({ entries }) => entries), ...loose].map(({ outcome }) => outcome.kind);
  assert(!outcomes.includes("void"), "no message is anybody's error");
  assert.deepEqual(unfoundedErrors, []);
}

test("a withdrawal crosses a decision: the case is withdrawn for both, and the decision is shown as crossed", async () => {
  const table = await sitDown();
  const request = await determined(table);
  const [withdrawal, decision] = await cross(
    table,
    { type: "request.withdraw", case: request.case, body: withdrawBody() },
    { type: "request.decide", case: request.case, body: ACCEPT_BOTH },
  );
  const ended = await caseSeen(table, request.case);
  assert.deepEqual([ended.status, ended.whose_move], ["withdrawn", []]);
  assert.equal((await entrySeen(table, withdrawal.id)).outcome.kind, "accepted");
  const { outcome, concurrentCount } = await entrySeen(table, decision.id);
  // Which of the two sorts first is chance; neither order makes the decision an error or gives it an effect.
  assert(outcome.kind === "accepted" || outcome.kind === "crossed");
  assert.equal(concurrentCount, 1);
  nobodyWasWrong(table);
});

test("a closing crosses a dispute: the case is closed and the dispute stands beside it", async () => {
  const table = await sitDown();
  const request = await openRequest(table);
  const [, dispute] = await cross(
    table,
    { type: "request.close", case: request.case, body: requestCloseBody("C11") },
    {
      type: "dispute.raise",
      body: disputeRaiseBody(request.case, { kind: "item", ref: "E17" }),
      envelope: disputeRefs({ case: request.case, message: request.id }),
    },
  );
  const closed = await caseSeen(table, request.case);
  assert.deepEqual([closed.status, closed.disputes], ["closed", [dispute.case]]);
  const raised = await caseSeen(table, dispute.case);
  assert.deepEqual([raised.status, raised.open], ["raised", true]);
  nobodyWasWrong(table);
});

test("a supplement crosses a decision that takes the asks on: what was taken on stands", async () => {
  const table = await sitDown();
  const request = await openRequest(table, { sufficient: false });
  const verdicts = verdictBody([
    { ask: 1, verdict: "sufficient" },
    { ask: 2, verdict: "insufficient", items: ["E04"] },
  ]);
  await tell(table, table.b, { type: "request.verdict", case: request.case, body: verdicts });
  await cross(
    table,
    { type: "request.supplement", case: request.case, body: supplementBody([2]) },
    { type: "request.decide", case: request.case, body: ACCEPT_BOTH },
  );
  assert.equal((await caseSeen(table, request.case)).status, "in_action");
  nobodyWasWrong(table);
});

test("both open a case with the other at once: two cases, each side's own", async () => {
  const table = await sitDown();
  const speech = { type: "request.open", body: requestBody({ sufficient: true }) };
  const opened = await cross(table, speech, speech);
  const cases = await Promise.all(opened.map((told) => caseSeen(table, told.case)));
  assert.deepEqual(
    cases.map(({ initiator }) => initiator),
    [table.a.party, table.b.party],
  );
  nobodyWasWrong(table);
});
