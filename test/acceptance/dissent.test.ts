/** Scenarios 7, 14 and 16: the two sides do not agree, and the record shows both. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import type { DisputeState } from "#parley/protocols/dispute/index.ts";
import type { RequestState } from "#parley/protocols/request/index.ts";
import {
  decideBody,
  disputeAnswerBody,
  disputeRaiseBody,
  disputeRefs,
  outcomeBody,
  requestCloseBody,
  verdictBody,
  verifyBody,
} from "../kit/materials.ts";
import { liveChannel } from "../kit/world.ts";
import {
  balanced,
  caseSeen,
  counts,
  DAY,
  entrySeen,
  openRequest,
  refused,
  overdue,
  sitDown,
  seen,
  tell,
  transcriptOf,
  verify,
  wait,
  type Table,
  type Told,
} from "./table.ts";

const EVERY_ASK = [1, 2];

async function takeOn(table: Table, request: Told): Promise<void> {
  const verdicts = verdictBody(EVERY_ASK.map((ask) => ({ ask, verdict: "sufficient" })));
  await tell(table, table.b, { type: "request.verdict", case: request.case, body: verdicts });
  const decisions = decideBody(EVERY_ASK.map((ask) => ({ ask, decision: "accepted" })));
  await tell(table, table.b, { type: "request.decide", case: request.case, body: decisions });
}

test("scenario 7: one disputed point, two statements, both in both views and in the record", async () => {
  const table = await sitDown();
  const { a, b } = table;
  const request = await openRequest(table);
  const point = { kind: "item", ref: "E17" };
  const raised = await tell(table, b, {
    type: "dispute.raise",
    body: disputeRaiseBody(request.case, point),
    envelope: disputeRefs({ case: request.case, message: request.id }),
  });
  const answer = await tell(table, a, {
    type: "dispute.answer",
    case: raised.case,
    body: disputeAnswerBody(),
  });

  const dispute = await caseSeen(table, raised.case);
  assert.deepEqual([dispute.protocol, dispute.status, dispute.initiator], ["dispute", "answered", b.party]);
  const state = dispute.state as DisputeState;
  assert.deepEqual([state.point, state.target], [point, request.case]);
  assert.deepEqual(
    state.statements.map(({ kind, side, ref }) => [kind, side, ref]),
    [
      ["raise", "initiator", (await entrySeen(table, raised.id)).ref],
      ["answer", "respondent", (await entrySeen(table, answer.id)).ref],
    ],
  );
  const disputed = await caseSeen(table, request.case);
  assert.deepEqual(disputed.disputes, [raised.case], "the request shows the dispute and goes on");
  assert.equal(disputed.status, "triage");

  assert.deepEqual(
    dispute.entries.map(({ message }) => (message["body"] as JsonObject)["statement"]),
    [disputeRaiseBody(request.case, point)["statement"], disputeAnswerBody()["statement"]],
    "both statements in the words of their authors",
  );
  for (const side of [a, b]) {
    const report = await verify(table, await transcriptOf(table, side));
    assert.equal(report.verdict, "complete");
    assert.deepEqual(
      report.story
        .filter((line) => line.case === raised.case)
        .map(({ type, outcome, feed }) => [type, outcome, feed]),
      [
        ["dispute.raise", "accepted", b.party],
        ["dispute.answer", "accepted", a.party],
      ],
    );
  }
});

test("scenario 14: reported as done, observed as unchanged: not effective, on both boards", async () => {
  const table = await sitDown();
  const { a, b } = table;
  const request = await openRequest(table);
  await takeOn(table, request);
  await tell(table, b, {
    type: "request.outcome",
    case: request.case,
    body: outcomeBody({ 1: "O01", 2: "O05" }),
  });
  assert.equal((await caseSeen(table, request.case)).status, "reported");
  assert.deepEqual(
    (await counts(table)).map(({ acted, effective, not_effective }) => [acted, effective, not_effective]),
    [[1, 0, 0]],
    "what the actor reports is no effect yet",
  );
  await tell(table, a, {
    type: "request.verify",
    case: request.case,
    body: verifyBody({ 1: "V1", 2: "V3" }),
  });
  assert.equal((await caseSeen(table, request.case)).status, "not_verified");
  assert.deepEqual(
    (await counts(table)).map(({ party, acted, effective, not_effective }) => [
      party,
      acted,
      effective,
      not_effective,
    ]),
    [[a.party, 1, 0, 1]],
  );
  const { asks } = (await caseSeen(table, request.case)).state as RequestState;
  assert.deepEqual(
    asks.map(({ outcome, verification }) => [outcome?.results[0]?.code, verification?.code]),
    [
      ["O01", "V1"],
      ["O05", "V3"],
    ],
    "the report and the observation stand side by side",
  );

  // The balance says the same on both screens, and in the export without either node.
  const rows = await balanced(table);
  const asked = rows.find(({ party }) => party === a.party)?.asked;
  const { sent, acknowledged_in_time, acted, effective, not_effective } = asked?.[0] ?? {};
  assert.deepEqual([sent, acknowledged_in_time, acted, effective, not_effective], [1, 1, 1, 0, 1]);
  assert.deepEqual(
    rows.map(({ party, given }) => [party, given.map(({ tlp, messages }) => [tlp, messages])]),
    [
      [a.party, [["AMBER", 2]]],
      [b.party, [["AMBER", 3]]],
    ].sort(([one = ""], [other = ""]) => (one < other ? -1 : 1)),
  );
  for (const side of [a, b]) {
    const exported = await verify(table, await transcriptOf(table, side));
    assert.deepEqual(exported.balance, rows, side.name);
  }
});

test("scenario 16: overdue and left for outside: closed by one side, and nothing else happens", async () => {
  const table = await sitDown();
  const { a, b } = table;
  const request = await openRequest(table);
  const bystander = await openRequest(table);
  await wait(table, 8 * DAY);
  assert((await overdue(table)).some((one) => one.case === request.case && one.timer === "t_triage:1"));
  const before = await caseSeen(table, request.case);
  assert.deepEqual([before.status, before.open], ["triage", true], "lateness alone closes nothing");
  const [ours, theirs] = [a, b].map(
    (side) => liveChannel(side, table.channel).record.tip(side.party).frontier.size,
  );

  await tell(table, a, { type: "request.close", case: request.case, body: requestCloseBody("C11") });
  const closed = await caseSeen(table, request.case);
  assert.deepEqual([closed.status, closed.status_by, closed.open], ["closed", "messages", false]);
  assert.deepEqual([closed.whose_move, closed.overdue], [[], []], "nobody owes anything here any more");
  assert.deepEqual(
    [a, b].map((side) => liveChannel(side, table.channel).record.tip(side.party).frontier.size),
    [(ours ?? 0) + 1, theirs],
    "one entry more, and it is A's own",
  );
  assert.equal((await caseSeen(table, bystander.case)).open, true, "the other request is where it was");
  assert.deepEqual(seen(table).suspensions, []);
  const verdicts = verdictBody(EVERY_ASK.map((one) => ({ ask: one, verdict: "sufficient" })));
  await refused(table, b, { type: "request.verdict", case: request.case, body: verdicts }, "gate-void");
  await openRequest(table);
});
