/** Scenario 20: the network is down; what people read aloud, then a file by hand, then the same state. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { parseBundle } from "#parley/codec/bundle.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeGroups, parseGroups } from "#parley/peer/groups.ts";
import type { Envelope } from "#parley/protocols/envelope.ts";
import { checkPhrase, serialText } from "#parley/protocols/serial.ts";
import { ackBody, noticeBody, preserveBody, requestBody, withdrawBody } from "../kit/materials.ts";
import { liveChannel, type Resident } from "../kit/world.ts";
import { askFile } from "./api.ts";
import {
  another,
  caseAlone,
  caseSeen,
  casesSeenBy,
  DAY,
  entrySeen,
  openRequest,
  say,
  seen,
  sitDown,
  timerSeen,
  transcriptOf,
  verify,
  wait,
  type Table,
} from "./table.ts";

function cutTheLine({ world }: Table): void {
  world.cut.add("meridia>rimal").add("rimal>meridia");
}

/** Everything for the other side, as a file on a stick. */
function pack({ channel }: Table, side: Resident): Promise<Uint8Array> {
  return askFile(side, "watch", { path: `/channels/${channel}/outbox` });
}

/** The file goes in, the answers come out as another. */
function carryIn(side: Resident, body: Uint8Array): Promise<Uint8Array> {
  return askFile(side, "watch", { body, method: "POST", path: "/inbox" });
}

/** There and back, until neither side has anything left to carry. */
async function carryAround(table: Table): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await carryIn(table.a, await carryIn(table.b, await pack(table, table.a)));
    await carryIn(table.b, await carryIn(table.a, await pack(table, table.b)));
  }
}

/** Number and words that one side reads aloud: over the bytes in its own record. */
async function spokenOf(
  { world, channel }: Table,
  side: Resident,
  feed: string,
  seq: number,
): Promise<readonly string[]> {
  const live = liveChannel(side, channel);
  const page = await side.node.readEntries(live, { feed, from: seq, limit: 1 });
  const [entry] = page.entries;
  assert(entry?.message !== undefined);
  const handles = { from: "MERIDIA", to: "RIMAL", time: entry.header.time };
  const { sha256 } = world.backend;
  return [
    serialText(entry.message as unknown as Envelope, handles),
    checkPhrase(encodeJson(entry.message), (bytes) => sha256(bytes)),
  ];
}

test("scenario 20: phone script with check phrase, then a file on a stick, then the same state", async () => {
  const table = await sitDown();
  const { world, a, b } = table;
  cutTheLine(table);
  const envelope: JsonObject = { precedence: "flash" };
  const request = await say(table, a, {
    type: "request.open",
    body: requestBody({ sufficient: true }),
    envelope,
  });
  await wait(table, 120);
  const alone = await caseAlone(table, a, request.case);
  assert.equal(alone.entries[0]?.delivery.stage, "no_receipt", "the sender sees that it must go another way");
  assert.equal(alone.timers.find(({ id }) => id === "t_ack")?.status, "waiting_receipt");

  const { ref } = alone.entries[0] ?? { ref: { feed: "", seq: 0 } };
  const [number, phrase] = await spokenOf(table, a, ref.feed, ref.seq);
  assert.match(number ?? "", /^P\/MERIDIA>RIMAL\/2026\/00000[0-9]\/REQ\/F$/);
  assert.match(phrase ?? "", /^([a-z]+ ){4}[a-z]+$/);
  await carryIn(b, await pack(table, a));
  assert.deepEqual(
    await spokenOf(table, b, ref.feed, ref.seq),
    [number, phrase],
    "both callers read the same words",
  );

  const ack = await say(table, b, { type: "ack", case: request.case, body: ackBody(request.id) });
  await say(table, b, { type: "request.preserve", case: request.case, body: preserveBody() });
  await carryAround(table);
  const carried = await caseSeen(table, request.case);
  assert.deepEqual([carried.status, carried.entries.length], ["triage", 3]);
  assert.equal((await timerSeen(table, request.case, "t_ack")).status, "met");
  assert.equal((await entrySeen(table, ack.id)).outcome.kind, "accepted");
  assert.equal(
    (await verify(table, await transcriptOf(table, a))).verdict,
    "complete",
    "receipts came by file too",
  );

  // The line is back: there is nothing to send again, and the state is the state.
  const before = seen(table);
  world.cut.clear();
  const passed = world.passed.length;
  await world.settle();
  assert.deepEqual(seen(table), before);
  assert.equal(world.passed.length, passed, "HTTPS finds everything receipted");
});

test("scenario 20: by file or by HTTPS, the same entries fold to the same state", async () => {
  const byWire = await sitDown();
  const byFile = await sitDown();
  const told: unknown[] = [];
  for (const table of [byWire, byFile]) {
    const isFile = table === byFile;
    if (isFile) cutTheLine(table);
    const bring = isFile ? () => carryAround(table) : () => table.world.settle();
    const request = await say(table, table.a, {
      type: "request.open",
      body: requestBody({ sufficient: true }),
    });
    await bring();
    await say(table, table.b, { type: "ack", case: request.case, body: ackBody(request.id) });
    await bring();
    table.world.now += 8 * DAY;
    await bring();
    const { status, whose_move, overdue, entries, timers } = await caseSeen(table, request.case);
    const { a, b } = table;
    const nameOf = (party: string): string => (party === a.party ? "a" : party === b.party ? "b" : party);
    told.push({
      status,
      overdue,
      whose_move: whose_move.map(nameOf),
      entries: entries.map(({ type, outcome, delivery }) => [type, outcome, delivery.stage]),
      timers: timers.map(({ id, status: now, startedAt, due }) => [id, now, startedAt, due]),
    });
  }
  assert.deepEqual(told[0], told[1]);
});

test("scenario 20: a file taken in twice, late, in any order or in another channel changes nothing or is refused", async () => {
  const table = await sitDown();
  const { a, b } = table;
  const other = await another(table);
  cutTheLine(table);
  const first = await say(table, a, { type: "request.open", body: requestBody({ sufficient: true }) });
  const early = await pack(table, a);
  const second = await say(table, a, { type: "notice.open", body: noticeBody() });
  const late = await pack(table, a);
  const foreign = await pack(other, a);

  const held = () => liveChannel(b, table.channel).record.tip(a.party).frontier.size;
  const size = held();
  await carryIn(b, late);
  assert.equal(held(), size + 2, "the larger file brings both");
  const view = viewOf(table, b);
  for (const file of [early, late, late, foreign, early]) {
    assert(!isRefusal(parseBundle(await carryIn(b, file))), "every answer is a bundle, if an empty one");
    assert.equal(held(), size + 2);
    assert.deepEqual(viewOf(table, b), view, "taken in again it changes nothing");
  }
  assert.deepEqual((await casesSeenBy(table, b)).toSorted(), [first.case, second.case].toSorted());
  assert.deepEqual(await casesSeenBy(other, b), [], "a file speaks for its own channel alone");

  // In the wrong hands, or with one bit changed.
  const answer = parseGroups(await carryIn(a, late));
  assert(!isRefusal(answer));
  assert(
    answer.every(({ head }) => head.type === "refused"),
    "nobody brings a node its own feed",
  );
  await carryIn(a, await carryIn(b, late));
  await say(table, a, { type: "request.withdraw", case: first.case, body: withdrawBody() });
  const next = await pack(table, a);
  for (let place = next.length - 1; place > next.length / 2; place -= 97) {
    const broken = Uint8Array.from(next);
    broken[place] = (broken[place] ?? 0) ^ 1;
    await carryIn(b, broken);
    assert.deepEqual([held(), viewOf(table, b)], [size + 2, view], `byte ${place} of the file was changed`);
  }
  const stranger = await sitDown();
  const unknown = parseGroups(await carryIn(stranger.b, late));
  assert(!isRefusal(unknown));
  assert.deepEqual(
    unknown.map(({ head }) => head.type),
    ["refused"],
  );
  assert.deepEqual(viewOf(table, b), view);
  await carryIn(b, next);
  assert.equal(held(), size + 3, "whole, it is taken");

  const empty = encodeGroups([]);
  assert.deepEqual(await carryIn(b, empty), empty, "a file that says nothing is answered with one");
  assert.equal(held(), size + 3);

  table.world.cut.clear();
  await wait(table, 400);
  await openRequest(table);
  assert.equal(seen(table).cases.length, 3, "and the line goes on where the file left off");
});

function viewOf({ world, channel }: Table, side: Resident): unknown {
  return liveChannel(side, channel).casework?.view(world.now);
}
