/**
 * Two live copies of one node, and a node on an old copy of its store (threats.md 6, 39).
 *
 * Deliberately not claimed: that a copy is found before it signed, when its peer cannot know that there are two. What
 * is claimed is that no copy signs before a peer told it the head, that two histories are found with the first
 * delivery of the second, and that both copies stop then for good.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseForkProof, verifyForkProof } from "#parley/ledger/fork.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { StoreFault } from "#parley/store/store.ts";
import { noticeBody } from "../kit/materials.ts";
import { liveChannel, refusedWith, speak, who, type Resident } from "../kit/world.ts";
import { ask, codeOf, replyBody, request } from "./attacker.ts";
import { copyRunning, fileOf, makeFileScene, say, startCopy, tickThrough, type FileScene } from "./copies.ts";

function sizeAt(holder: Resident, channel: string, feed: string): number {
  return liveChannel(holder, channel).record.tip(feed).frontier.size;
}

async function isSilenced(copy: Resident, channel: string): Promise<void> {
  refusedWith(await speak(copy, channel, { type: "notice.open", body: noticeBody() }), "read-only");
}

async function assertProof({ world, channel, victim }: FileScene, holder: Resident): Promise<void> {
  const forks = (await holder.store.forks()).filter((fork) => fork.channel === channel);
  assert.equal(forks.length, 1, `${holder.name} holds one proof`);
  assert.equal(forks[0]?.feed, victim.party);
  const proof = parseForkProof(forks[0]?.proof ?? new Uint8Array(0));
  assert(!isRefusal(proof));
  const keys = victim.identity.chain.latest.nodeKeys;
  assert.equal(
    verifyForkProof(world.backend, proof, () => keys),
    true,
  );
}

async function alarmsOf({ node }: Resident, alarm: string): Promise<number> {
  const { records } = await node.readHouse({ from: 0, limit: 1_000 });
  return records.filter(({ record }) => record["alarm"] === alarm).length;
}

describe("threat 6: two live copies of one data directory", () => {
  it("threat 6: no copy signs before it asked; the second history is found by its first delivery, and both stop", async () => {
    await using scene = await makeFileScene();
    const { author, victim, world, channel } = scene;
    await say(victim, channel);
    await world.settle();
    const clone = await startCopy(scene, await copyRunning(scene, "clone.db"));
    const held = sizeAt(author, channel, victim.party);
    assert.equal(liveChannel(clone, channel).signing, "asking");
    await isSilenced(clone, channel);
    assert.equal(sizeAt(clone, channel, victim.party), held, "nothing was signed");
    await tickThrough(clone);
    assert.equal(liveChannel(clone, channel).signing, "allowed", "until then there is one history");
    await say(victim, channel);
    await world.settle(1);
    assert.equal(sizeAt(author, channel, victim.party), held + 1);
    await say(clone, channel);
    await tickThrough(clone);
    assert.equal(liveChannel(clone, channel).signing, "frozen");
    await isSilenced(clone, channel);
    await say(victim, channel);
    world.now += 600;
    await tickThrough(victim);
    assert.equal(liveChannel(victim, channel).signing, "frozen");
    await isSilenced(victim, channel);
    for (const holder of [author, victim, clone]) {
      await assertProof(scene, holder);
      assert.equal(await alarmsOf(holder, "fork"), 1, `${holder.name} says it once`);
    }
    assert.equal(sizeAt(author, channel, victim.party), held + 1, "nothing more was taken");
    await world.restart(victim);
    await tickThrough(victim);
    assert.equal(liveChannel(victim, channel).signing, "frozen", "a start lifts nothing");
    refusedWith(
      await victim.node.confirmSigning(who(victim, "principal"), liveChannel(victim, channel)),
      "fork",
    );
  });

  it("threat 6: a copy that starts after the other went on gets the rest back and is no fork", async () => {
    await using scene = await makeFileScene();
    const { author, victim, world, channel } = scene;
    const store = await copyRunning(scene, "late.db");
    for (let i = 0; i < 3; i++) await say(victim, channel);
    await world.settle();
    const clone = await startCopy(scene, store);
    await tickThrough(clone);
    assert.equal(sizeAt(clone, channel, victim.party), sizeAt(author, channel, victim.party));
    assert.equal(liveChannel(clone, channel).signing, "allowed");
    assert.equal(await alarmsOf(clone, "rollback"), 1);
  });

  it("threat 6: a copy that hears of what the other said stops, gets it back, and is no fork", async () => {
    await using scene = await makeFileScene();
    const { author, victim, world, channel } = scene;
    const clone = await startCopy(scene, await copyRunning(scene, "clone.db"));
    await tickThrough(clone);
    assert.equal(liveChannel(clone, channel).signing, "allowed");
    await say(victim, channel);
    await world.settle(1);
    await say(author, channel);
    await tickThrough(author);
    const key = { channel, feed: author.party };
    const [entry] = await author.store.entries(key, { from: 2, limit: 1, payloads: true });
    const { checkpoint } = await author.store.tip(key);
    assert(entry?.payload !== undefined && checkpoint !== undefined);
    const push = request({ type: "push", ...key }, [
      { type: "entry", bytes: entry.bytes },
      { type: "payload", bytes: entry.payload },
      { type: "checkpoint", bytes: checkpoint.note },
    ]);
    assert.equal(codeOf(await ask(clone, push, author.party)), "seen-unknown");
    await tickThrough(clone);
    await tickThrough(clone);
    assert.equal(liveChannel(clone, channel).signing, "allowed");
    assert.equal(sizeAt(clone, channel, victim.party), sizeAt(victim, channel, victim.party));
    assert.equal(await alarmsOf(clone, "rollback"), 1);
    await say(clone, channel);
    await tickThrough(clone);
    assert.deepEqual(await author.store.forks(), []);
  });

  it("threat 39: the row of a proof, deleted, does not unfreeze: the start names it", async () => {
    await using scene = await makeFileScene();
    const { victim, world, channel } = scene;
    const clone = await startCopy(scene, await copyRunning(scene, "clone.db"));
    await tickThrough(clone);
    for (const copy of [victim, clone]) {
      await say(copy, channel);
      await tickThrough(copy);
    }
    await say(victim, channel);
    world.now += 600;
    await tickThrough(victim);
    assert.equal(liveChannel(victim, channel).signing, "frozen");
    await victim.store[Symbol.asyncDispose]();
    const db = new DatabaseSync(fileOf(scene.directory));
    assert.equal(db.prepare("DELETE FROM forks").run().changes, 1);
    db.close();
    await using store = await openSqliteStore({ path: fileOf(scene.directory) });
    await assert.rejects(world.restart(victim, store), StoreFault);
  });
});

describe("threat 6: a store put back to an older copy", () => {
  it("threat 6: ten entries behind, it signs nothing until a peer answers, then has them back", async () => {
    await using scene = await makeFileScene();
    const { author, victim, world, channel } = scene;
    const old = await copyRunning(scene, "old.db");
    for (let i = 0; i < 10; i++) await say(victim, channel);
    await world.settle();
    const size = sizeAt(author, channel, victim.party);
    const restored = await startCopy(scene, old);
    assert.equal(sizeAt(restored, channel, victim.party), size - 10);
    world.cut.add("rimal>meridia");
    for (let i = 0; i < 3; i++) await tickThrough(restored);
    assert.equal(liveChannel(restored, channel).signing, "asking");
    await isSilenced(restored, channel);
    assert.equal(sizeAt(restored, channel, victim.party), size - 10, "nothing was signed");
    world.cut.clear();
    await tickThrough(restored);
    assert.equal(liveChannel(restored, channel).signing, "allowed");
    assert.equal(sizeAt(restored, channel, victim.party), size);
    assert.equal((await restored.node.rehash(liveChannel(restored, channel))).kind, "whole");
    await say(restored, channel);
    await tickThrough(restored);
    assert.equal(sizeAt(author, channel, victim.party), size + 1);
    assert.deepEqual(await author.store.forks(), []);
    assert.equal(await alarmsOf(restored, "rollback"), 1);
  });

  it("threat 6: a principal who confirms too early starts a second history, and it is proved at once", async () => {
    await using scene = await makeFileScene();
    const { author, victim, world, channel } = scene;
    const old = await copyRunning(scene, "old.db");
    await say(victim, channel);
    await world.settle();
    const restored = await startCopy(scene, old);
    const live = liveChannel(restored, channel);
    assert.equal(await restored.node.confirmSigning(who(victim, "principal"), live), true);
    await say(restored, channel);
    await tickThrough(restored);
    assert.equal(live.signing, "frozen");
    for (const holder of [author, restored]) await assertProof(scene, holder);
  });

  it("threat 6: wrong entries under our right head freeze nothing; the node goes on asking", async () => {
    await using scene = await makeFileScene();
    const { author, victim, world, channel } = scene;
    const old = await copyRunning(scene, "old.db");
    await say(victim, channel);
    await world.settle();
    const key = { channel, feed: victim.party };
    const { checkpoint } = await author.store.tip(key);
    const [entry] = await author.store.entries(key, { from: 2, limit: 1, payloads: true });
    assert(checkpoint !== undefined && entry?.payload !== undefined);
    const note = { type: "checkpoint", bytes: checkpoint.note } as const;
    const spoilt = Buffer.from(entry.bytes)
      .toString("latin1")
      .replace(/"time":"2026/, '"time":"2027');
    const honest = author.node.exchange.bind(author.node);
    author.node.exchange = (body) =>
      Promise.resolve(
        Buffer.from(body).includes('"type":"fetch"')
          ? replyBody({ type: "entries", ...key, from: 2 }, [
              { type: "entry", bytes: Buffer.from(spoilt, "latin1") },
              { type: "payload", bytes: entry.payload ?? new Uint8Array(0) },
              note,
            ])
          : replyBody({ type: "head", ...key, size: checkpoint.size }, [note]),
      );
    const restored = await startCopy(scene, old);
    for (let i = 0; i < 3; i++) await tickThrough(restored);
    assert.equal(liveChannel(restored, channel).signing, "asking");
    assert.deepEqual(await restored.store.forks(), []);
    author.node.exchange = honest;
    await tickThrough(restored);
    assert.equal(liveChannel(restored, channel).signing, "allowed");
    assert.equal(sizeAt(restored, channel, victim.party), checkpoint.size);
  });
});
