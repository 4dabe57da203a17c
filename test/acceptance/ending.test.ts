/** The end of things: content erased from one copy, a feed closed; and the record still proves what it proved. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { StoreFault, type Store } from "#parley/store/store.ts";
import { preserveBody } from "../kit/materials.ts";
import { liveChannel, makeWorld, who, type Resident } from "../kit/world.ts";
import {
  caseAlone,
  casesSeenBy,
  entrySeen,
  feedSeen,
  HOUR,
  lineSeen,
  openRequest,
  refused,
  say,
  sitDown,
  sitDownIn,
  tell,
  transcriptOf,
  verify,
  verifyInWords,
  wait,
  type Table,
} from "./table.ts";

/** A request that is over, with its place in Meridia's feed. */
async function endedRequest(table: Table) {
  const request = await openRequest(table);
  await tell(table, table.a, {
    type: "request.withdraw",
    case: request.case,
    body: { reason: "resolved-itself" },
  });
  const { ref } = await entrySeen(table, request.id);
  assert.equal((await caseAlone(table, table.a, request.case)).open, false);
  return { request, ref };
}

function erase(feed: string, seq: number): { readonly type: string; readonly body: JsonObject } {
  return { type: "erase", body: { feed, seq, reason: "third-party-right" } };
}

/** Everything that this node's disk holds in the clear or under its own key, as one text of opened messages. */
async function contentHeld({ store, node }: Resident, channel: string): Promise<number> {
  let held = 0;
  for (const id of [channel, node.core.houseChannel.id])
    for (const { feed, size } of await store.feeds(id))
      for (const entry of await store.entries(
        { channel: id, feed },
        { from: 0, limit: size, payloads: true },
      ))
        if (entry.payload !== undefined || entry.opened !== undefined) held += 1;
  return held;
}

test("erasure: payload, salt and draft go from one copy; leaf, order and receipts stay, and the record verifies", async () => {
  const table = await sitDown();
  const { a, b, channel } = table;
  const { request, ref } = await endedRequest(table);
  const whole = feedSeen(await verify(table, await transcriptOf(table, a)), a.party);
  const before = await contentHeld(a, channel);
  await tell(table, a, erase(ref.feed, ref.seq));

  const stored = await a.store.entryAt({ channel, feed: ref.feed }, ref.seq);
  assert.deepEqual([stored?.payload, stored?.opened], [undefined, undefined]);
  // Two contents went: the message and the draft that it came from. What came: the erase entry, its draft with two
  // approvals and the release, and the record of the erasure.
  assert.equal(await contentHeld(a, channel), before - 2 + 6);
  const drafts = [...a.node.core.house.state.drafts.values()];
  assert(!drafts.some(({ message }) => message["id"] === request.id), "no draft of it in memory");
  assert(!(await casesSeenBy(table, a)).includes(request.case), "what cannot be read is not shown");
  assert((await casesSeenBy(table, b)).includes(request.case), "the other copy is the other's");

  const report = await verify(table, await transcriptOf(table, a));
  assert.deepEqual([report.status, report.verdict, report.reasons], [0, "complete", []]);
  const feed = feedSeen(report, a.party);
  assert.deepEqual([feed.first_bad, feed.erased, feed.withheld], [undefined, 1, 0]);
  assert.deepEqual([feed.shown, feed.signed_to], [whole.shown + 1, whole.signed_to + 1]);
  assert.match(await verifyInWords(table, await transcriptOf(table, a)), /1 entry has been erased/);
  assert.equal(lineSeen(report, "erase").outcome, "accepted");
  assert.equal(feedSeen(await verify(table, await transcriptOf(table, b)), a.party).erased, 0);

  // A start later nothing is different, and nobody is accused of what only the erasure made void.
  await table.world.restart(a);
  await table.world.settle();
  assert.equal((await verify(table, await transcriptOf(table, a))).verdict, "complete");
  const errors = report.story.filter(({ type }) => type === "sys.error");
  assert.deepEqual(errors, []);
});

test("erasure of what was received: the eraser's copy alone", async () => {
  const table = await sitDown();
  const { a, b, channel } = table;
  const { ref } = await endedRequest(table);
  await tell(table, b, erase(ref.feed, ref.seq));
  const [theirs, ours] = [
    await b.store.entryAt({ channel, feed: ref.feed }, ref.seq),
    await a.store.entryAt({ channel, feed: ref.feed }, ref.seq),
  ];
  assert.equal(theirs?.payload, undefined);
  assert(ours?.payload !== undefined && ours.opened !== undefined);
  assert.deepEqual(theirs?.leaf, ours.leaf);
  const report = await verify(table, await transcriptOf(table, b));
  assert.deepEqual([report.verdict, feedSeen(report, a.party).erased], ["complete", 1]);
  await wait(table, 3 * HOUR);
  const later = await verify(table, await transcriptOf(table, a));
  assert.deepEqual([later.verdict, later.story.filter(({ type }) => type === "sys.error")], ["complete", []]);
});

test("erasure is refused while it would break something", async () => {
  const table = await sitDown();
  const { world, a, channel } = table;
  const open = await openRequest(table);
  const { ref } = await entrySeen(table, open.id);
  const reason = async (feed: string, seq: number) =>
    (await refused(table, a, erase(feed, seq), "gate-erase"))["reason"];
  assert.equal(await reason(a.party, 0), "kind", "the genesis document is what the record is verified by");
  assert.equal(await reason(ref.feed, ref.seq), "case-open");
  await tell(table, a, { type: "request.withdraw", case: open.case, body: { reason: "resolved-itself" } });
  world.cut.add("meridia>rimal");
  await say(table, a, { type: "sys.gap", body: { feed: a.party, from: 0, to: 1 } });
  const last = liveChannel(a, channel).record.tip(a.party).frontier.size - 1;
  assert.equal(await reason(a.party, last), "undelivered");
  world.cut.clear();
  await world.settle();
  await tell(table, a, erase(ref.feed, ref.seq));
  assert.equal(await reason(ref.feed, ref.seq), "erased");
  const gone = await refused(table, a, erase(a.party, 9_999), "gate-void");
  assert.equal(gone["reason"], "unknown-message");
});

test("erasure: a disk that fails in between is asked again, and so is a node that stopped", async () => {
  const failing = new Set<string>();
  const openStore = async (name: string): Promise<Store> => {
    const store = await openSqliteStore({ path: ":memory:" });
    return {
      ...store,
      erasePayload: (key, seq) =>
        failing.has(name) ? Promise.reject(new StoreFault("io")) : store.erasePayload(key, seq),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  };
  const world = await makeWorld(["meridia", "rimal"], undefined, undefined, openStore);
  const table = await sitDownIn(world);
  const { a, channel } = table;
  const { ref } = await endedRequest(table);
  const key = { channel, feed: ref.feed };
  failing.add("meridia");
  const live = liveChannel(a, channel);
  const made = await a.node.draft(live, who(a, "releaser1"), {
    ...erase(ref.feed, ref.seq),
    role: "releaser",
  });
  assert("draft" in made);
  const { id, digest } = made.draft;
  await a.node.approve(who(a, "authority"), { draft: id, role: "authority", digest });
  await assert.rejects(
    a.node.approve(who(a, "principal"), { draft: id, role: "principal", digest }),
    StoreFault,
  );
  assert((await a.store.entryAt(key, ref.seq))?.payload !== undefined, "said, and not yet done");
  await world.restart(a);
  failing.clear();
  await world.settle();
  assert.equal((await a.store.entryAt(key, ref.seq))?.payload, undefined);
  const report = await verify(table, await transcriptOf(table, a));
  assert.deepEqual([report.verdict, feedSeen(report, a.party).erased], ["complete", 1]);
});

test("a house entry without content is damage unless a record says that it was erased", async () => {
  const table = await sitDown();
  const { a } = table;
  await endedRequest(table);
  const { id } = a.node.core.houseChannel;
  await a.store.erasePayload({ channel: id, feed: a.party }, 3);
  await assert.rejects(table.world.restart(a), StoreFault);
});

test("close: a feed says nothing more, goes on to hold and receipt, and verifies", async () => {
  const table = await sitDown();
  const { a, b, channel } = table;
  const request = await openRequest(table);
  await tell(table, a, { type: "close", body: { reason: "ceased" } });
  const size = () => liveChannel(a, channel).record.tip(a.party).frontier.size;
  const closed = size();
  const speech = {
    type: "request.withdraw",
    case: request.case,
    body: { reason: "resolved-itself" },
  } as const;
  assert.equal((await refused(table, a, speech, "gate-void"))["reason"], "feed-closed");
  await tell(table, b, { type: "request.preserve", case: request.case, body: preserveBody() });
  await wait(table, 30 * HOUR);
  await table.world.restart(a);
  await wait(table, 30 * HOUR);
  assert.equal(size(), closed, "no heartbeat, no answer of its own");

  const report = await verify(table, await transcriptOf(table, b));
  assert.deepEqual(
    [report.status, report.verdict],
    [0, "complete"],
    "the closed side has receipted what it held",
  );
  assert.equal(lineSeen(report, "close").outcome, "accepted");
  assert.match(await verifyInWords(table, await transcriptOf(table, a)), /says nothing more in this channel/);
});
