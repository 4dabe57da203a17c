/** Scenarios 12 and 13: an agreement that lapses, and one that is withdrawn from; what comes after. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { encodeInstant, type Instant } from "#parley/codec/time.ts";
import { channelCaseId } from "#parley/casework/channel-case.ts";
import {
  carriedByAll,
  DEFAULT_TERM,
  defaultClocks,
  defaultTerm,
  type AgreementState,
} from "#parley/protocols/agreement/index.ts";
import { noticeBody, preserveBody, requestBody } from "../kit/materials.ts";
import { liveChannel, START } from "../kit/world.ts";
import { ask } from "./api.ts";
import {
  another,
  caseSeen,
  DAY,
  entrySeen,
  feedEntries,
  force,
  HOUR,
  openRequest,
  refused,
  seen,
  sitDown,
  tell,
  transcriptOf,
  verify,
  wait,
  type Table,
} from "./table.ts";

function term(from: Instant, days: number): JsonObject {
  return { from: encodeInstant(from), until: encodeInstant(from + days * DAY) };
}

/** What stands of each feed in the channel, as the other agreement names it. */
function headsOf({ a, channel }: Table): readonly JsonObject[] {
  const live = liveChannel(a, channel);
  return [...live.parties].sort().map((feed) => {
    const { checkpoint } = live.record.tip(feed);
    assert(checkpoint !== undefined);
    return { feed, root: encodeBase64url(checkpoint.root), size: checkpoint.size };
  });
}

test("scenario 12: a lapsing agreement warns for 14 days, then takes no new request and stays readable", async () => {
  const table = await sitDown({ term: term(START, 60) });
  const { a, b, world } = table;
  const request = await openRequest(table);
  const until = START + 60 * DAY;
  assert.equal(seen(table, until - 14 * DAY - 1).term.status, "in_force");
  assert.equal(seen(table, until - 14 * DAY).term.status, "expiring");
  assert.deepEqual(
    [seen(table, until - 1).term.status, seen(table, until).term.status],
    ["expiring", "ended"],
  );

  world.now = until - 14 * DAY;
  await world.settle();
  const late = await tell(table, a, { type: "request.open", body: requestBody({ sufficient: true }) });
  assert.deepEqual(
    (await entrySeen(table, late.id)).outcome,
    { kind: "accepted" },
    "a warning stops nothing",
  );

  world.now = until;
  await world.settle();
  const draft = { type: "request.open", body: requestBody({ sufficient: true }) };
  const why = await refused(table, a, draft, "gate-void");
  assert.deepEqual(why, { code: "E-SCOPE", reason: "term-ended" });
  const forced = await force(table, a, draft);
  assert.deepEqual((await entrySeen(table, forced.id)).outcome, {
    kind: "void",
    code: "E-SCOPE",
    reason: "term-ended",
  });
  assert(!seen(table).cases.some(({ id }) => id === forced.case), "no case comes of it on either side");

  const entries = await feedEntries(table, a.party);
  assert(
    entries.length > 3 && entries.every(({ content }) => content === "opened"),
    "the record stays readable",
  );
  assert.equal((await caseSeen(table, request.case)).entries.length, 2);
  assert.equal((await verify(table, await transcriptOf(table, b))).verdict, "complete");
  // What is open may still be answered: an ended term takes no answer away from anybody.
  await tell(table, b, { type: "request.preserve", case: request.case, body: preserveBody() });

  const heads = headsOf(table);
  const renewed = await another(table, { renews: { channel: table.channel }, term: term(world.now, 90) });
  for (const side of [a, b]) {
    const { terms } = await ask<{ terms: JsonObject }>(side, "principal", {
      path: `/channels/${renewed.channel}`,
    });
    assert.deepEqual(
      terms["renews"],
      { channel: table.channel, heads },
      "it names where the old record stood",
    );
  }
  await openRequest(renewed);
});

test("scenario 13: withdrawn with notice, and revived by an agreement that carries the open case over", async () => {
  const table = await sitDown();
  const { a, b, world } = table;
  const request = await openRequest(table);
  const closedCase = await openRequest(table);
  await tell(table, a, {
    type: "request.withdraw",
    case: closedCase.case,
    body: { reason: "resolved-itself" },
  });
  const early = { type: "channel.terminate", body: { notice_days: 13, reason: "withdrawal" } };
  await refused(table, b, early, "gate-void");
  const withdrawal = await tell(table, b, {
    type: "channel.terminate",
    body: { notice_days: 14, reason: "withdrawal" },
  });
  const from = world.now;
  assert.equal((await caseSeen(table, withdrawal.case)).status, "terminating");
  assert.equal(seen(table).suspensions[0]?.bindsAfter, from + 14 * DAY, "the notice runs from A's receipt");
  await wait(table, 13 * DAY);
  await openRequest(table);
  await wait(table, DAY + HOUR);
  const ended = await caseSeen(table, withdrawal.case);
  assert.deepEqual([ended.status, ended.status_by], ["terminated", "clock"]);
  const draft = { type: "request.open", body: requestBody({ sufficient: true }) };
  const why = await refused(table, a, draft, "gate-void");
  assert.deepEqual(why, { code: "E-SCOPE", reason: "terminated" });
  const forced = await force(table, a, draft);
  assert.deepEqual((await entrySeen(table, forced.id)).outcome, {
    kind: "void",
    code: "E-SCOPE",
    reason: "terminated",
  });

  const lastHeads = headsOf(table);
  const revived = await another(table, { renews: { channel: table.channel } });
  for (const side of [a, b])
    assert.equal(liveChannel(side, revived.channel).genesis?.renews?.channel, table.channel);
  assert.deepEqual(seen(revived).cases, [], "nothing comes over by itself");
  const carried = {
    case: request.case,
    last_heads: lastHeads,
    protocol: "request",
    summary: "awaiting-verdict",
  };
  const body = { cases: [carried], from_channel: table.channel };
  const first = await tell(revived, a, { type: "channel.carry_over", body });
  assert.deepEqual(await carriedOver(revived, first.case), [], "one side alone carries nothing over");
  await tell(revived, b, { type: "channel.carry_over", case: first.case, body });
  assert.deepEqual(
    await carriedOver(revived, first.case),
    [request.case],
    "the withdrawn case is not among them",
  );
  assert.equal(
    (await caseSeen(table, request.case)).entries.length,
    2,
    "and the old record keeps the case as it was",
  );
  await openRequest(revived, { sufficient: true }, { refs: [{ id: request.case, kind: "case" }] });
});

async function carriedOver(table: Table, id: string): Promise<readonly string[]> {
  const { state } = await caseSeen(table, id);
  return carriedByAll(state as AgreementState, [table.a.party, table.b.party]);
}

test("terms proposed for a first agreement are those of SPEC 8-5.9, in one place", async () => {
  const table = await sitDown();
  const { genesis } = liveChannel(table.a, table.channel);
  assert(genesis !== undefined);
  const { retentionDays, heartbeatSeconds, flashBudgetPerMonth } = DEFAULT_TERM;
  assert.deepEqual(
    [genesis.retention_days, genesis.heartbeat_seconds, genesis.flash_budget_per_month],
    [retentionDays, heartbeatSeconds, flashBudgetPerMonth],
  );
  assert.deepEqual(genesis.clocks, defaultClocks());
  assert.deepEqual(genesis.term, defaultTerm(START));
});

test("what both sides say about the channel stands in its one case, though nobody names it", async () => {
  const table = await sitDown();
  const { a, b, channel } = table;
  const body = { scopes: ["technical"], reason: "capacity" };
  const ours = await tell(table, a, { type: "channel.suspend", body });
  const theirs = await tell(table, b, { type: "channel.suspend", body: { ...body, scopes: ["formal"] } });
  const over = await tell(table, a, { type: "channel.resume", body: {} });
  const id = channelCaseId(channel);
  assert.deepEqual([ours.case, theirs.case, over.case], [id, id, id]);
  const { entries } = await caseSeen(table, id);
  assert.equal(entries.length, 3);
  assert.deepEqual(
    seen(table).suspensions.map(({ scopes, until }) => [scopes, until !== undefined]),
    [
      [["technical"], true],
      [["formal"], false],
    ],
  );
});

test("a notice whose time of occurrence ends before it begins is refused at the desk", async () => {
  const table = await sitDown();
  const period = { occurred_from: "2026-11-22T02:00:00Z", occurred_to: "2026-11-22T01:00:00Z" };
  const facts = await refused(
    table,
    table.a,
    { type: "notice.open", body: { ...noticeBody(), ...period } },
    "gate-void",
  );
  assert.deepEqual([facts["code"], facts["reason"]], ["E-SCHEMA", "/body/occurred_to"]);
});
