/**
 * An end that was cut off, and a party that falls silent (threats.md 3, 18).
 *
 * What nobody names cannot be missed: then the verifier says up to which end and which time it speaks, and an alarm
 * comes two heartbeat periods later on the node of who waits.
 */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { encodeBundle, parseBundle, TRANSCRIPT_LIMITS, type BundleRecord } from "#parley/codec/bundle.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import { parseCheckpoint } from "#parley/ledger/checkpoint.ts";
import { appendLeaf, EMPTY_FRONTIER, rootOf, type Frontier } from "#parley/ledger/tree.ts";
import { parseManifest, signManifest, type ManifestClaims } from "#parley/transcript/manifest.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import { renderReport } from "#parley/transcript/render.ts";
import type { TranscriptReport } from "#parley/transcript/report.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { noticeBody } from "../kit/materials.ts";
import { accepted, agree, liveChannel, makeWorld, speak, type Resident } from "../kit/world.ts";
import { makeScene, stillServes, type Scene } from "./attacker.ts";
import { tickThrough } from "./copies.ts";

let scene: Scene;
let exported: Uint8Array;
before(async () => {
  scene = await makeScene();
  const { author, victim, world, channel } = scene;
  for (const speaker of [victim, author, victim, author, author]) {
    accepted(await speak(speaker, channel, { type: "notice.open", body: noticeBody() }));
    await world.settle(1);
  }
  await world.settle();
  exported = await victim.node.exportTranscript(liveChannel(victim, channel));
});

function verify(bytes: Uint8Array): TranscriptReport {
  const trust = trustParties([scene.author.party, scene.victim.party]);
  return verifyTranscript(scene.world.backend, bytes, trust);
}

type Cut = "entries" | "entries and heads" | "everything";

const LEAVES_LINE_BYTES = 44;

/** The file without the last entries of one feed; `everything`: its heads and listed leaves too, as if never said. */
function cutTo(feed: string, size: number, cut: Cut): readonly BundleRecord[] {
  const records = parseBundle(exported, TRANSCRIPT_LIMITS);
  assert(!isRefusal(records));
  const kept: BundleRecord[] = [];
  let [section, entries] = ["", 0];
  for (const { type, bytes } of records) {
    if (type === "leaves") [section, entries] = [Buffer.from(bytes.subarray(0, 43)).toString(), 0];
    if (type === "entry") entries++;
    const isTail = section === feed && entries > size;
    const head = type === "checkpoint" ? parseCheckpoint(bytes) : undefined;
    const isLaterHead =
      head !== undefined && !isRefusal(head) && head.feed === feed && head.size > size && cut !== "entries";
    if ((isTail && type !== "checkpoint") || isLaterHead) continue;
    const isListed = type === "leaves" && section === feed && cut === "everything";
    kept.push({ type, bytes: isListed ? bytes.subarray(0, LEAVES_LINE_BYTES + 32 * size) : bytes });
  }
  return kept;
}

/** The exporter signs that this is all. */
function reclaim(records: readonly BundleRecord[], feed: string): Uint8Array {
  const [first, ...rest] = records;
  const { backend } = scene.world;
  const manifest = first && parseManifest(first.bytes);
  assert(manifest !== undefined && !isRefusal(manifest));
  const listed = rest.find(
    ({ type, bytes }) => type === "leaves" && Buffer.from(bytes.subarray(0, 43)).toString() === feed,
  );
  assert(listed !== undefined);
  let frontier: Frontier = EMPTY_FRONTIER;
  for (let at = LEAVES_LINE_BYTES; at < listed.bytes.length; at += 32)
    frontier = appendLeaf(backend.sha256, frontier, listed.bytes.slice(at, at + 32)).frontier;
  const end = { feed, size: frontier.size, root: rootOf(backend.sha256, frontier) };
  const { channel, exporter, exportedAt, ends } = manifest;
  const claims: ManifestClaims = {
    channel,
    exporter,
    exportedAt,
    ends: ends.map((one) => (one.feed === feed ? end : one)),
  };
  const bytes = signManifest(backend, scene.victim.identity.secret, claims);
  return encodeBundle([{ type: "manifest", bytes }, ...rest]);
}

function sizeOf(holder: Resident, feed: string): number {
  return liveChannel(holder, scene.channel).record.tip(feed).frontier.size;
}

describe("threat 3: an end that was cut off", () => {
  it("threat 3: the whole file is complete, and says until when it knows anything", () => {
    const report = verify(exported);
    assert.deepEqual([report.verdict, report.reasons], ["complete", []]);
    const told = renderReport(report, { book: createPhrasebook(), lang: "en", isolate: false });
    const latest = Math.max(...report.receipts.map(({ at }) => at));
    const time = new Date(latest * 1000).toISOString().slice(0, 16).replace("T", " ");
    assert(told.includes(`Of anything later than ${time} UTC this file knows nothing.`), told.join("\n"));
  });

  for (const cut of ["entries", "entries and heads", "everything"] as const) {
    it(`threat 3: without the last k of ${cut} of either feed, for every k: never complete`, () => {
      for (const { party } of [scene.author, scene.victim]) {
        const size = sizeOf(scene.victim, party);
        assert(size >= 4);
        for (let k = 1; k <= size; k++) {
          const { verdict } = verify(encodeBundle(cutTo(party, size - k, cut)));
          assert.notEqual(verdict, "complete", `${k} of ${size}`);
        }
      }
    });
  }

  it("threat 3: signed again by the exporter, a shorter record is complete only to where nothing names more", () => {
    let complete = 0;
    for (const { party } of [scene.author, scene.victim]) {
      const size = sizeOf(scene.victim, party);
      for (let k = 1; k <= size; k++) {
        const report = verify(reclaim(cutTo(party, size - k, "everything"), party));
        if (report.verdict !== "complete") continue;
        complete++;
        const feed = report.feeds.find((one) => one.feed === party);
        assert.equal(feed?.shown, size - k, "the end is said, and it is the shorter one");
        const named = report.entries.flatMap(({ entry }) => entry.seen.filter((seen) => seen.feed === party));
        assert(
          named.every((seen) => seen.size <= size - k),
          "nothing names more",
        );
      }
    }
    assert(complete <= 3, `${complete} shorter records pass: only ends that nobody has answered`);
  });
});

async function silences({ node }: Resident): Promise<readonly unknown[]> {
  const { records } = await node.readHouse({ from: 0, limit: 1_000 });
  return records.flatMap(({ record }) => (record["alarm"] === "silent" ? [record["facts"]] : []));
}

async function pass({ world }: Scene, seconds: Instant, who: readonly Resident[]): Promise<void> {
  for (let left = seconds; left > 0; left -= 3_600) {
    world.now += Math.min(left, 3_600) - 1;
    for (const resident of who) await tickThrough(resident);
  }
}

describe("threat 3: a party that falls silent", () => {
  it("threat 3: two heartbeat periods after its last word comes one alarm, and none while hearts beat", async () => {
    const fresh = await makeScene();
    const { author, victim, channel, world } = fresh;
    const period = liveChannel(victim, channel).genesis?.heartbeat_seconds ?? 0;
    await pass(fresh, 4 * period, [author, victim]);
    assert.deepEqual(await silences(victim), [], "hearts beat without a word");
    world.cut.add("meridia>rimal");
    const receipts = await victim.store.receipts(channel);
    const heard = Math.max(...receipts.filter(({ by }) => by === victim.party).map(({ at }) => at));
    await pass(fresh, heard + 2 * period - world.now - 60, [victim]);
    assert.deepEqual(await silences(victim), []);
    await pass(fresh, 120, [victim]);
    const [alarm, ...more] = await silences(victim);
    assert.deepEqual(more, []);
    assert.partialDeepStrictEqual(alarm, { party: author.party });
    await pass(fresh, period, [victim]);
    assert.equal((await silences(victim)).length, 1, "one silence, one alarm");
    world.cut.clear();
    await pass(fresh, 2 * 3_600, [author, victim]);
    await stillServes(fresh);
    world.cut.add("meridia>rimal");
    await pass(fresh, 2 * period + 7_200, [victim]);
    assert.equal((await silences(victim)).length, 2, "the next silence is another");
  });
});

describe("threat 3: a peer that hangs", () => {
  it("threat 3: it delays nobody: the others are delivered to, in the same tick and in later ones", async () => {
    const world = await makeWorld(["meridia", "rimal", "saffar", "tamim"]);
    const [me, ...others] = world.residents;
    assert(me !== undefined);
    const channels: string[] = [];
    for (const other of others) channels.push(await agree(world, me, other));
    const [hanging, ...rest] = others;
    assert(hanging !== undefined);
    const honest = hanging.node.exchange.bind(hanging.node);
    const { promise: forever, resolve } = Promise.withResolvers<Uint8Array>();
    let asked = 0;
    hanging.node.exchange = () => {
      asked++;
      return forever;
    };
    for (let round = 0; round < 3; round++) {
      // What is said to the one that hangs waits with it; so only once.
      for (const channel of round === 0 ? channels : channels.slice(1))
        accepted(await speak(me, channel, { type: "notice.open", body: noticeBody() }));
      world.now += 400;
      void me.node.tick();
      for (const [i, other] of rest.entries()) {
        const channel = channels[i + 1] ?? "";
        const size: number = liveChannel(me, channel).record.tip(me.party).frontier.size;
        for (let turn = 0; turn < 2_000; turn++) {
          if (liveChannel(other, channel).record.tip(me.party).frontier.size === size) break;
          await new Promise((next) => setImmediate(next));
        }
        assert.equal(liveChannel(other, channel).record.tip(me.party).frontier.size, size);
      }
    }
    assert.equal(asked, 1, "it is asked once and waited for");
    hanging.node.exchange = honest;
    resolve(new Uint8Array(0));
    for (let i = 0; i < 3; i++) {
      world.now += 400;
      await tickThrough(me);
    }
    const [channel = ""] = channels;
    const { size } = liveChannel(me, channel).record.tip(me.party).frontier;
    assert.equal(liveChannel(hanging, channel).record.tip(me.party).frontier.size, size);
  });
});
