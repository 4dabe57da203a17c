/** Scenarios 1, 3 and 4: belief is enough to speak, evidence is needed to ask, and no state has to be named. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import type { RequestState } from "#parley/protocols/request/index.ts";
import {
  ackBody,
  noticeAssessBody,
  noticeBody,
  packS1,
  packS2,
  requestBody,
  verdictBody,
} from "../kit/materials.ts";
import { liveChannel, type Resident } from "../kit/world.ts";
import { ask } from "./api.ts";
import {
  caseAlone,
  caseSeen,
  DAY,
  HOUR,
  openRequest,
  owes,
  refused,
  sitDown,
  tell,
  timerSeen,
  wait,
  type Table,
} from "./table.ts";

interface Enough {
  readonly evaluation: { readonly level: string; readonly asks: readonly AskSeen[] };
  readonly enough: {
    readonly enoughFor: readonly { readonly ask: string }[];
    readonly missingFor: readonly { readonly ask: string; readonly anyOf: readonly (readonly string[])[] }[];
  };
}

interface AskSeen {
  readonly ask: string;
  readonly level: string;
  readonly supported: boolean;
  readonly missing: readonly string[];
}

/** What the screen of one side says about a pack before anything is sent. */
function preview(
  { channel }: Table,
  side: Resident,
  pack: JsonObject,
  codes: readonly string[],
): Promise<Enough> {
  const asks = codes.map((code) => ({ code, legal_basis: "none-voluntary" }));
  const body = { asks, life_safety: false, pack };
  return ask(side, "analyst", { body, method: "POST", path: `/channels/${channel}/evaluate` });
}

test("scenario 1: belief is enough for a notice, and the screen names what a request still lacks", async () => {
  const table = await sitDown();
  const { a, b } = table;
  const notice = await tell(table, a, { type: "notice.open", body: noticeBody() });
  assert.equal((await caseSeen(table, notice.case)).status, "delivered");
  await tell(table, b, { type: "ack", case: notice.case, body: ackBody(notice.id) });
  assert.equal((await caseSeen(table, notice.case)).status, "acknowledged");
  assert((await owes(table, b)).includes("t_triage"), "the assessment is owed, from the acknowledgement on");
  await tell(table, b, { type: "notice.assess", case: notice.case, body: noticeAssessBody() });
  assert.equal((await caseSeen(table, notice.case)).status, "assessed");

  const nothing = await preview(table, a, {}, ["A01", "A05"]);
  assert.equal(nothing.evaluation.level, "S0");
  assert.deepEqual(nothing.enough.enoughFor, [], "no ask is possible yet");
  assert(
    nothing.enough.missingFor.every(({ anyOf }) => anyOf.length > 0),
    "and for each the criteria are named",
  );
  const belief = await preview(table, a, packS1(), ["A05"]);
  const items = ["E02", "E04", "E08", "E11", "E15"];
  assert.deepEqual(
    belief.enough.missingFor.map(({ ask: code, anyOf }) => [code, anyOf.flat()]),
    [["A05", items]],
  );
  assert.deepEqual(
    await preview(table, b, packS1(), ["A05"]),
    belief,
    "the other side's screen says the same",
  );

  // Sent all the same, it gets the same answer from the other side, item by item; "insufficient" alone is no answer.
  const early = requestBody({ sufficient: false, codes: ["A05"], pack: packS1() });
  const request = await tell(table, a, { type: "request.open", body: early });
  await tell(table, b, { type: "ack", case: request.case, body: ackBody(request.id) });
  const bare = verdictBody([{ ask: 1, verdict: "insufficient" }]);
  await refused(table, b, { type: "request.verdict", case: request.case, body: bare }, "gate-void");
  const cited = verdictBody([{ ask: 1, verdict: "insufficient", items }]);
  await tell(table, b, { type: "request.verdict", case: request.case, body: cited });
  const told = await caseSeen(table, request.case);
  assert.equal(told.status, "determined");
  assert.deepEqual(
    told.matrix?.map((row) => row["verdict"]),
    ["insufficient"],
  );
  assert.deepEqual(
    (told.state as RequestState).asks.map(({ verdict }) => verdict?.items),
    [items],
  );
});

test("scenario 3: both nodes compute one level, byte for byte, and B's clock runs from B's first receipt", async () => {
  const table = await sitDown();
  const { world, a, b } = table;
  const previews = await Promise.all([a, b].map((side) => preview(table, side, packS2(), ["A01", "A05"])));
  assert.deepEqual(previews[0], previews[1]);

  world.cut.add("meridia>rimal");
  const saidAt = world.now;
  const request = await tell(table, a, { type: "request.open", body: requestBody({ sufficient: true }) });
  const alone = await caseAlone(table, a, request.case);
  assert.deepEqual(
    alone.timers.map(({ id, status }) => [id, status]),
    ["t_ack", "t_preserve", "t_final:1"].map((id) => [id, "waiting_receipt"]),
    "nobody's clock runs while nobody holds the request",
  );
  world.cut.clear();
  await wait(table, 2 * HOUR);
  const heldAt = world.now;
  const ack = await timerSeen(table, request.case, "t_ack");
  assert.deepEqual([ack.status, ack.startedAt, ack.due], ["running", heldAt, heldAt + DAY]);
  assert.notEqual(ack.startedAt, saidAt, "the author's word starts no clock of the other side");
  // A later receipt on a larger head covers the entry again and moves nothing.
  await wait(table, 3 * HOUR);
  await tell(table, a, { type: "notice.open", body: noticeBody() });
  assert.equal((await timerSeen(table, request.case, "t_ack")).startedAt, heldAt);

  const judged = [a, b].map((side) => {
    const view = liveChannel(side, table.channel).casework?.caseView(request.case, world.now);
    assert(view !== undefined);
    const { evaluation } = view.state as RequestState;
    assert(evaluation !== undefined);
    return encodeJson(evaluation.value);
  });
  assert.deepEqual(judged[0], judged[1], "byte for byte");
  const { evaluation } = await caseSeen(table, request.case);
  assert.equal(evaluation?.["level"], "S2");
  assert.deepEqual(
    evaluation?.["asks"],
    previews[0]?.evaluation.asks,
    "what the screen said before, the record says",
  );
});

test("scenario 4: a request goes all the way with no word about any state", async () => {
  const table = await sitDown();
  const { b } = table;
  const request = await openRequest(table);
  const body = requestBody({ sufficient: true });
  assert.equal(body["no_state_involvement_alleged"], true);
  assert(!/attribution|sponsor/.test(JSON.stringify(body)));
  const verdicts = verdictBody([
    { ask: 1, verdict: "sufficient" },
    { ask: 2, verdict: "sufficient" },
  ]);
  await tell(table, b, { type: "request.verdict", case: request.case, body: verdicts });
  const decisions = [1, 2].map((one) => ({ ask: one, decision: "accepted" }));
  await tell(table, b, { type: "request.decide", case: request.case, body: { decisions } });
  assert.equal((await caseSeen(table, request.case)).status, "in_action");
  // "Cease" is the one ask that says "you did it": it does not go without an attribution.
  const cease = requestBody({ sufficient: true, codes: ["A16"] });
  await refused(table, table.a, { type: "request.open", body: cease }, "gate-void");
});
