/** Scenarios 17, 18 and 19: the count, any order, and exercises. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { foldChannel, type FirstReceipt, type OpenedEntry } from "#parley/casework/index.ts";
import { overdueSet, reciprocity } from "#parley/casework/boards.ts";
import { termsOf } from "#parley/casework/genesis-terms.ts";
import { evaluateMessage, PROTOCOLS } from "#parley/casework/registry.ts";
import { isJsonObject, parseJson } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { tellStory } from "#parley/transcript/story.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import {
  ackBody,
  checkPingBody,
  CHECK_ENVELOPE,
  clarifyAskBody,
  decideBody,
  disputeRaiseBody,
  disputeRefs,
  noticeBody,
  outcomeBody,
  preserveBody,
  requestBody,
  requestCloseBody,
  verdictBody,
  verifyBody,
} from "../kit/materials.ts";
import { liveChannel } from "../kit/world.ts";
import { chanceOf } from "../simulation/seeded.ts";
import {
  another,
  caseSeen,
  counts,
  DAY,
  HOUR,
  openRequest,
  refused,
  say,
  overdue,
  seen,
  sitDown,
  tell,
  transcriptOf,
  verify,
  verifyInWords,
  wait,
  type Table,
} from "./table.ts";

/** Some of everything: answered, late, crossed, disputed, closed, and never answered. */
async function play(table: Table): Promise<void> {
  const { a, b, world } = table;
  const whole = await openRequest(table);
  await tell(table, b, { type: "request.preserve", case: whole.case, body: preserveBody() });
  const sufficient = [1, 2].map((ask) => ({ ask, verdict: "sufficient" }));
  await tell(table, b, { type: "request.verdict", case: whole.case, body: verdictBody(sufficient) });
  const taken = [1, 2].map((ask) => ({ ask, decision: "accepted" }));
  await tell(table, b, { type: "request.decide", case: whole.case, body: decideBody(taken) });
  await tell(table, b, {
    type: "request.outcome",
    case: whole.case,
    body: outcomeBody({ 1: "O01", 2: "O05" }),
  });
  await tell(table, a, { type: "request.verify", case: whole.case, body: verifyBody({ 1: "V1", 2: "V3" }) });
  await tell(table, a, { type: "request.close", case: whole.case, body: requestCloseBody("C02") });

  const asked = await openRequest(table, { sufficient: false });
  await tell(table, b, { type: "request.clarify.ask", case: asked.case, body: clarifyAskBody() });
  await wait(table, 5 * HOUR);
  const disputed = await openRequest(table);
  await tell(table, b, {
    type: "dispute.raise",
    body: disputeRaiseBody(disputed.case, { kind: "item", ref: "E17" }),
    envelope: disputeRefs({ case: disputed.case, message: disputed.id }),
  });
  await tell(table, b, { type: "comms_check.ping", body: checkPingBody(), envelope: CHECK_ENVELOPE });
  const notice = await tell(table, b, { type: "notice.open", body: noticeBody() });
  await wait(table, 30 * HOUR);
  await tell(table, a, { type: "ack", case: notice.case, body: ackBody(notice.id) });

  world.cut.add("meridia>rimal").add("rimal>meridia");
  const withdraw = { type: "request.withdraw", case: disputed.case, body: { reason: "resolved-itself" } };
  await say(table, a, withdraw);
  await say(table, b, {
    type: "request.verdict",
    case: disputed.case,
    body: verdictBody(sufficient),
  });
  world.cut.clear();
  await wait(table, HOUR);
  await tell(table, b, {
    type: "request.open",
    body: requestBody({ sufficient: true }),
    envelope: { precedence: "flash" },
  });
  await wait(table, 9 * DAY);
}

test("scenario 17: how many were sent and how many answered is one number on both nodes", async () => {
  const table = await sitDown();
  const { a, b } = table;
  await play(table);
  // `counts` compares the two nodes before it answers.
  const rows = (await counts(table)).map(({ quarter: _quarter, nature: _nature, ...row }) => row);
  const none = {
    acknowledged: 0,
    acknowledged_in_time: 0,
    acted: 0,
    answered: 0,
    effective: 0,
    not_effective: 0,
  };
  const expected = [
    { ...none, acknowledged: 1, opened: 1, party: b.party, protocol: "notice" },
    {
      ...none,
      acknowledged: 3,
      acknowledged_in_time: 3,
      acted: 1,
      answered: 1,
      not_effective: 1,
      opened: 3,
      party: a.party,
      protocol: "request",
    },
    { ...none, opened: 1, party: b.party, protocol: "request" },
  ];
  assert.deepEqual(new Set(rows), new Set(expected));
});

interface Played {
  readonly entries: readonly OpenedEntry[];
  readonly receipts: readonly FirstReceipt[];
}

/** The record as one node stores it. */
async function recordOf({ a, channel }: Table): Promise<Played> {
  const live = liveChannel(a, channel);
  const entries: OpenedEntry[] = [];
  for (const feed of live.parties) {
    const page = await a.node.readEntries(live, { feed, from: 0, limit: 1_000 });
    for (const { ref, header, leaf, message, view } of page.entries) {
      const claimedAt = parseInstant(header.time);
      assert(!isRefusal(claimedAt));
      const stored = await a.node.core.ports.store.entryAt({ channel, feed }, ref.seq);
      assert(stored !== undefined && (message === undefined || view !== undefined));
      const { kind, seen: knew } = header;
      const { depth } = stored;
      entries.push({
        ...ref,
        claimedAt,
        depth,
        kind,
        leaf,
        seen: knew,
        ...(message !== undefined && { message }),
      });
    }
  }
  return { entries, receipts: await a.node.core.ports.store.receipts(channel) };
}

test("scenario 18: any order of entries and receipts gives the same states, overdue list and counts", async () => {
  const table = await sitDown();
  await play(table);
  const { genesis } = liveChannel(table.a, table.channel);
  assert(genesis !== undefined);
  const backend = createNodeBackend();
  const asOf = table.world.now;
  const fold = ({ entries, receipts }: Played) =>
    foldChannel({
      terms: termsOf(genesis),
      protocols: PROTOCOLS,
      digest: backend.sha256,
      evaluate: evaluateMessage,
      entries,
      receipts,
      asOf,
    });
  const expected = seen(table);
  assert(
    (await overdue(table)).length > 2 && (await counts(table)).length > 2,
    "the record has something to get wrong",
  );
  assert(
    expected.cases.some(({ entries }) => entries.some(({ concurrentCount }) => concurrentCount > 0)),
    "and two messages that were written at once",
  );
  const record = await recordOf(table);
  const chance = chanceOf("acceptance/any-order");
  for (let i = 0; i < 60; i++) {
    const view = fold({
      entries: shuffled(record.entries, chance.below),
      receipts: shuffled(record.receipts, chance.below),
    });
    assert.deepEqual(view, expected, `order ${i}`);
    assert.deepEqual(overdueSet(view), overdueSet(expected));
    assert.deepEqual(reciprocity(view), reciprocity(expected));
  }
});

function shuffled<T>(items: readonly T[], below: (limit: number) => number): readonly T[] {
  const left = [...items];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(below(left.length), 1));
  return order;
}

const EXERCISE = { nature: "exercise" };

test("scenario 19: an exercise is in no real count, and is marked in every view and in the export", async () => {
  const table = await sitDown();
  const { a, b, world } = table;
  await openRequest(table);
  const before = await counts(table);
  const flash = { ...EXERCISE, precedence: "flash" };
  const request = await tell(table, a, {
    type: "request.open",
    body: requestBody({ sufficient: true }),
    envelope: flash,
  });
  await tell(table, b, { type: "ack", case: request.case, body: ackBody(request.id) });
  assert.deepEqual(
    (await counts(table)).filter(({ nature }) => nature === "real"),
    before,
  );
  assert.deepEqual(
    (await counts(table))
      .filter(({ nature }) => nature !== "real")
      .map(({ nature, opened, acknowledged }) => [nature, opened, acknowledged]),
    [["exercise", 1, 1]],
    "it is counted by itself",
  );
  assert.deepEqual(seen(table).flash, [], "and takes nothing of the budget for real flashes");

  await tell(table, b, { type: "request.preserve", case: request.case, body: preserveBody() });
  const shown = await caseSeen(table, request.case);
  assert.equal(shown.nature, "exercise");
  assert.deepEqual(
    shown.entries.map(({ message }) => message["nature"]),
    ["exercise", "exercise", "exercise"],
    "an answer inherits the mark without being told",
  );
  const real = {
    type: "request.preserve",
    case: request.case,
    body: preserveBody(),
    envelope: { nature: "real" },
  };
  await refused(table, b, real, "gate-void");

  const report = verifyTranscript(
    world.backend,
    await transcriptOf(table, b),
    trustParties([a.party, b.party]),
  );
  assert.equal(report.verdict, "complete");
  const { channel } = tellStory(world.backend, report);
  assert(channel !== undefined);
  assert.deepEqual(
    channel.cases.map(({ id, nature }) => [id === request.case, nature]),
    [
      [false, "real"],
      [true, "exercise"],
    ],
  );
  assert.deepEqual(reciprocity(channel), await counts(table));
  for (const { opening } of report.entries) {
    const message = opening.kind === "opened" ? parseJson(opening.message) : undefined;
    if (message === undefined || isRefusal(message) || !isJsonObject(message)) continue;
    if (message["case"] === request.case)
      assert.equal(message["nature"], "exercise", "every exported message says so");
  }

  const file = await transcriptOf(table, a);
  const { story } = await verify(table, file);
  for (const line of story.filter((one) => one.case !== undefined))
    assert.equal(line.nature, line.case === request.case ? "exercise" : undefined);
  const marks = (await verifyInWords(table, file))
    .split("\n")
    .filter((line) => line.startsWith("[exercise] "));
  assert.equal(marks.length, 4, "in words: the three messages and the case");

  // A channel agreed for exercises marks what is said in it, and lets nothing real in by default.
  const drill = await another(table, EXERCISE);
  await openRequest(drill);
  assert.deepEqual(
    (await counts(drill)).map(({ nature }) => nature),
    ["exercise"],
  );
});
