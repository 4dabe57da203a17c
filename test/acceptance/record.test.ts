/** Scenarios 5, 6 and 15: what a record proves to a third party who has the file and two party ids. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import { partyToDigits } from "#parley/party/pairing.ts";
import { encodePartyChain } from "#parley/party/chain.ts";
import type { EntryRef } from "#parley/protocols/protocol.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { noticeBody, preserveBody, requestBody } from "../kit/materials.ts";
import { accepted, liveChannel, makeWorld, who } from "../kit/world.ts";
import {
  entrySeen,
  feedSeen,
  HOUR,
  lineSeen,
  openRequest,
  caseAlone,
  casesSeenBy,
  proofOf,
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

test("scenario 5: against 'nothing specific was ever shown' the verifier shows item 3, sent, and B's receipt", async () => {
  const table = await sitDown();
  const { a, b } = table;
  await openRequest(table);
  const shown = await tell(table, a, { type: "request.open", body: requestBody({ sufficient: true }) });
  const { ref } = await entrySeen(table, shown.id);
  const file = await transcriptOf(table, a);
  const report = await verify(table, file);
  assert.deepEqual([report.status, report.verdict], [0, "complete"]);

  const line = report.story.find(({ feed, seq }) => feed === ref.feed && seq === ref.seq);
  assert.deepEqual([line?.type, line?.case, line?.outcome], ["request.open", shown.case, "accepted"]);
  assert(line?.held_at !== undefined, "the line says when B held it");
  const receipt = feedSeen(report, a.party).receipted.find(({ by }) => by === b.party);
  assert(
    receipt !== undefined && receipt.size > ref.seq,
    "B's receipt stands on a head that has the item below it",
  );

  // The one message alone, for a reader who may not see the rest: entry, path, head and signatures.
  const one = await proofOf(table, a, ref);
  assert.equal((await verifyInWords(table, one)).includes(shown.id), true);
  const inWords = await verifyInWords(table, file);
  const at = receipt.at.slice(0, 16).replace("T", " ");
  assert(inWords.includes(`the receipt is of ${at} UTC`), "a person reads the time of the receipt");
});

test("scenario 6: without a receipt the verifier says that one is missing, and not more", async () => {
  const table = await sitDown();
  const { world, a, b } = table;
  await openRequest(table);
  const before = feedSeen(await verify(table, await transcriptOf(table, a)), a.party);
  world.cut.add("meridia>rimal");
  const request = await say(table, a, { type: "request.open", body: requestBody({ sufficient: true }) });
  await wait(table, 16 * 60);
  assert.equal((await caseAlone(table, a, request.case)).entries[0]?.delivery.stage, "no_receipt");
  assert(!(await casesSeenBy(table, b)).includes(request.case));

  const report = await verify(table, await transcriptOf(table, a));
  assert.deepEqual([report.status, report.verdict], [1, "incomplete"], "never complete");
  assert.deepEqual(
    report.reasons.map(({ code, feed }) => [code, feed]),
    [["receipt-missing", a.party]],
    "nothing is wrong with the file: one receipt is missing, and no other reason is given",
  );
  const feed = feedSeen(report, a.party);
  assert.deepEqual(
    [feed.shown, feed.signed_to, feed.proven_to],
    [before.shown + 1, before.shown + 1, before.shown + 1],
  );
  assert.deepEqual(
    feed.receipted.map(({ by, size }) => [by, size]),
    [[b.party, before.shown]],
  );
  const last = report.story.find(({ feed: author, seq }) => author === a.party && seq === before.shown);
  assert.deepEqual(
    [last?.type, last?.held_at],
    ["request.open", undefined],
    "offered: nobody says that B held it",
  );
});

test("scenario 15: one changed byte in B's transcript is named, and A's copy proves the original", async () => {
  const table = await sitDown();
  const { a, b } = table;
  const request = await openRequest(table);
  await tell(table, b, { type: "request.preserve", case: request.case, body: preserveBody() });
  const { ref } = await entrySeen(table, request.id);
  const theirs = await transcriptOf(table, b);
  // One letter of what A asked for, inside the message as B's copy opens it.
  const altered = replaceText(
    theirs,
    "The update server can no longer",
    "The update server can now longer".slice(0, 31),
  );
  const report = await verify(table, altered);
  assert.deepEqual([report.status, report.verdict], [1, "failed"]);
  const bad = feedSeen(report, a.party).first_bad;
  assert.deepEqual([bad?.index, bad?.certain], [ref.seq, true], "the entry is named");
  assert.equal((await verify(table, theirs)).verdict, "complete", "B's file was whole before");

  const ours = await verify(table, await transcriptOf(table, a));
  assert.equal(ours.verdict, "complete");
  const line = ours.story.find(({ feed, seq }) => feed === ref.feed && seq === ref.seq);
  assert.equal(line?.type, "request.open");
  const signed = feedSeen(ours, a.party).receipted.find(({ by }) => by === b.party);
  assert(
    signed !== undefined && signed.size > ref.seq,
    "B itself signed the head under which the original stands",
  );
});

/** The same bytes with one stretch of ASCII changed; both texts have one length. */
function replaceText(bytes: Uint8Array, from: string, to: string): Uint8Array {
  assert.equal(from.length, to.length);
  const at = Buffer.from(bytes).indexOf(Buffer.from(utf8(from)));
  assert(at >= 0, "the text is in the file");
  const changed = Uint8Array.from(bytes);
  changed.set(utf8(to), at);
  return changed;
}

test("scenario 15: B's own node finds the changed row, signs nothing more, and A's copy is whole", async () => {
  const directory = await mkdtemp(join(tmpdir(), "parley-acceptance-"));
  try {
    const table = await sitDownOnDisk(join(directory, "rimal.db"));
    const { a, b } = table;
    const request = await openRequest(table);
    await wait(table, HOUR);
    const { ref } = await entrySeen(table, request.id);
    assert.equal((await b.node.rehash(liveChannel(b, table.channel))).kind, "whole");

    changeOneByte(join(directory, "rimal.db"), ref);
    const found = await b.node.rehash(liveChannel(b, table.channel));
    assert.deepEqual(found, { kind: "damaged", ...ref });
    assert.equal(liveChannel(b, table.channel).signing, "frozen");
    await refused(table, b, { type: "notice.open", body: noticeBody() }, "read-only");

    // It receipts nothing more either: A sees that its next request is not receipted.
    const more = await say(table, a, { type: "request.open", body: requestBody({ sufficient: true }) });
    await wait(table, HOUR);
    assert.equal((await caseAlone(table, a, more.case)).entries[0]?.delivery.stage, "no_receipt");

    const theirs = await verify(table, await transcriptOf(table, b));
    assert.equal(theirs.verdict, "failed");
    const bad = feedSeen(theirs, a.party).first_bad;
    assert.deepEqual(
      [bad?.index, bad?.certain],
      [ref.seq, true],
      "the verifier names the entry of B's own export",
    );
    const ours = await verify(table, await transcriptOf(table, a));
    assert.deepEqual(
      [feedSeen(ours, a.party).first_bad, lineSeen(ours, "request.open").seq],
      [undefined, ref.seq],
    );
    await b.node.core.ports.store[Symbol.asyncDispose]();
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** As `sitDown`, but Rimal keeps its record in a file. */
async function sitDownOnDisk(path: string): Promise<Table> {
  const world = await makeWorld(["meridia", "rimal"]);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  await world.restart(b, await openSqliteStore({ path }));
  const chain = encodePartyChain(a.identity.chain.signed);
  accepted(await b.node.pair(who(b, "watch"), { chain, typed: partyToDigits(a.party), medium: "phone" }));
  return sitDownIn(world);
}

/** The last digit of the time that an entry claims: still an entry, no longer the one that was signed. */
function changeOneByte(path: string, { feed, seq }: EntryRef): void {
  const db = new DatabaseSync(path);
  try {
    const rows = db.prepare("SELECT place, bytes FROM entries").all();
    const row = rows.find(({ bytes }) => {
      const entry = bytes instanceof Uint8Array ? parseEntry(bytes) : undefined;
      return entry !== undefined && !isRefusal(entry) && entry.feed === feed && entry.seq === seq;
    });
    assert(row?.["bytes"] instanceof Uint8Array && row["place"] !== undefined);
    const changed = Uint8Array.from(row["bytes"]);
    const end = Buffer.from(changed).indexOf('Z"', Buffer.from(changed).indexOf('"time":"')) - 1;
    const digit = changed[end];
    assert(digit !== undefined);
    changed[end] = digit === 0x39 ? 0x30 : digit + 1;
    db.prepare("UPDATE entries SET bytes = ? WHERE place = ?").run(changed, row["place"]);
  } finally {
    db.close();
  }
}
