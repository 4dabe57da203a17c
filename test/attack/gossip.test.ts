/**
 * Equivocation among three (threats.md 1; SPEC 3.7, 3.8.6): a party that shows two others different histories.
 *
 * Found at the latest with the first message between the two that names the liar's head. What the message rests on is
 * then in dispute: the innocent author's entry stays unreceipted until people renew the channel. That is a price, not
 * a fault: nobody can tell which of the two histories the third one saw.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { makeNodeSecret } from "#parley/crypto/node-key.ts";
import { encodeCheckpoint, parseCheckpoint, signHead, type Checkpoint } from "#parley/ledger/checkpoint.ts";
import {
  encodeForkProof,
  forkPath,
  makeForkProof,
  parseForkProof,
  verifyForkProof,
} from "#parley/ledger/fork.ts";
import { leafHash, rootAt, subtreeReader, type Hash, type SubtreeReader } from "#parley/ledger/tree.ts";
import { firstEntries } from "#parley/node/handshake.ts";
import { noticeBody } from "../kit/materials.ts";
import {
  accepted,
  liveChannel,
  makeWorld,
  refusedWith,
  speak,
  who,
  type Resident,
  type World,
} from "../kit/world.ts";
import { ask, codeOf, entryOf, replyBody, Shadow, type Scene } from "./attacker.ts";
import { tickThrough } from "./copies.ts";

interface Triple {
  readonly world: World;
  readonly liar: Resident;
  readonly b: Resident;
  readonly c: Resident;
  readonly channel: string;
}

/** Three parties in one channel, everything so far held by all. */
async function makeTriple(): Promise<Triple> {
  const world = await makeWorld(["meridia", "rimal", "saffar"]);
  const [liar, b, c] = world.residents;
  assert(liar !== undefined && b !== undefined && c !== undefined);
  const parties = world.residents
    .map(({ party, identity }) => ({ document_hash: identity.chain.latest.hash, party, version: 1 }))
    .sort((x, y) => (x.party < y.party ? -1 : 1));
  const terms: JsonObject = { parties };
  const offered = accepted(await liar.node.offer(who(liar, "principal"), { party: b.party, terms }));
  for (const { node, identity } of [b, c]) {
    const live = await node.core.openChannel(offered.genesisBytes);
    for (const entry of firstEntries(live.id, offered.genesisBytes, identity.chain))
      await node.core.say(live, entry);
  }
  await settle(world, 12);
  for (const resident of world.residents)
    for (const { party } of world.residents)
      assert.equal(liveChannel(resident, offered.id).record.tip(party).frontier.size, 2);
  return { world, liar, b, c, channel: offered.id };
}

async function settle(world: World, rounds: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    world.now += 400; // beyond every retry
    for (const resident of world.residents) await tickThrough(resident);
  }
}

/** One of the liar's histories, shown to `hearer` alone. */
async function show({ world, liar, channel }: Triple, hearer: Resident, entries: number): Promise<void> {
  const scene: Scene = { world, author: liar, victim: hearer, channel, kase: "" };
  const shadow = await Shadow.of(scene);
  const [last] = shadow.lines.slice(-1);
  assert(last !== undefined);
  const { seen } = entryOf(last);
  for (let i = 0; i < entries; i++) {
    await shadow.write({ type: "heartbeat", v: 1 }, { kind: "heartbeat", entry: { seen } });
    assert.equal(codeOf(await ask(hearer, shadow.push(shadow.size - 1), liar.party)), "receipt");
  }
}

async function assertProved({ world, liar, channel }: Triple, holder: Resident): Promise<void> {
  const forks = await holder.store.forks();
  assert.deepEqual(
    forks.map((fork) => [fork.channel, fork.feed]),
    [[channel, liar.party]],
    holder.name,
  );
  const proof = parseForkProof(forks[0]?.proof ?? new Uint8Array(0));
  assert(!isRefusal(proof));
  assert.equal(
    verifyForkProof(world.backend, proof, () => liar.identity.chain.latest.nodeKeys),
    true,
  );
  assert(liveChannel(holder, channel).frozen.has(liar.party));
  const { records } = await holder.node.readHouse({ from: 0, limit: 1_000 });
  assert.equal(records.filter(({ record }) => record["alarm"] === "fork").length, 1);
}

describe("threat 1: two histories for two hearers", () => {
  for (const [forB, forC] of [
    [1, 1],
    [1, 3],
    [4, 1],
    [7, 6],
  ] as const) {
    it(`threat 1: ${forB} entries for one and ${forC} others for the other: proved with their first message`, async () => {
      const triple = await makeTriple();
      const { world, liar, b, c, channel } = triple;
      world.cut.add("meridia>rimal").add("meridia>saffar"); // its honest node says nothing meanwhile
      await show(triple, b, forB);
      await show(triple, c, forC);
      for (const holder of [b, c]) assert.deepEqual(await holder.store.forks(), []);
      accepted(await speak(b, channel, { type: "notice.open", body: noticeBody() }));
      await settle(world, 2);
      for (const holder of [b, c]) await assertProved(triple, holder);
      for (const holder of [b, c]) {
        assert.notEqual(liveChannel(holder, channel).signing, "frozen", "who did not lie may still sign");
        await world.restart(holder);
        assert(liveChannel(holder, channel).frozen.has(liar.party), "also after a start");
      }
    });
  }

  it("threat 1: one that is only ahead of the other is no fork", async () => {
    const triple = await makeTriple();
    const { world, b, c, channel } = triple;
    accepted(await speak(triple.liar, channel, { type: "notice.open", body: noticeBody() }));
    world.cut.add("meridia>saffar");
    await settle(world, 1);
    accepted(await speak(b, channel, { type: "notice.open", body: noticeBody() }));
    await settle(world, 2);
    world.cut.clear();
    await settle(world, 6);
    for (const holder of [b, c]) assert.deepEqual(await holder.store.forks(), []);
    const sizes = world.residents.map((resident) =>
      world.residents.map(({ party }) => liveChannel(resident, channel).record.tip(party).frontier.size),
    );
    assert.deepEqual(sizes[1], sizes[0]);
    assert.deepEqual(sizes[2], sizes[0]);
  });
});

describe("threat 6: asking for the own head among three", () => {
  it("threat 6: who does not answer leaves the question open", async () => {
    const triple = await makeTriple();
    const { world, b, channel } = triple;
    await world.restart(b);
    world.cut.add("rimal>saffar");
    for (let i = 0; i < 3; i++) await tickThrough(b);
    assert.equal(liveChannel(b, channel).signing, "asking");
    refusedWith(await speak(b, channel, { type: "notice.open", body: noticeBody() }), "read-only");
    world.cut.clear();
    await tickThrough(b);
    assert.equal(liveChannel(b, channel).signing, "allowed");
  });

  for (const forker of ["liar", "c"] as const) {
    it(`threat 6: a fork that one of them holds decides, whatever the other says (${forker})`, async () => {
      const triple = await makeTriple();
      const { world, b, channel } = triple;
      const head = { channel, feed: b.party, size: 2, root: new Uint8Array(32) };
      const note = encodeCheckpoint(head, signHead(world.backend, b.identity.secret, head));
      triple[forker].node.exchange = () =>
        Promise.resolve(
          replyBody({ type: "head", channel, feed: b.party, size: 2 }, [{ type: "checkpoint", bytes: note }]),
        );
      await world.restart(b);
      await tickThrough(b);
      assert.equal(liveChannel(b, channel).signing, "frozen");
      assert.deepEqual(
        (await b.store.forks()).map(({ feed }) => feed),
        [b.party],
      );
    });
  }
});

const backend = createNodeBackend();
const secret = makeNodeSecret(backend, new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
const [CHANNEL, FEED] = ["channel", "feed"].map((name) => encodeBase64url(backend.sha256(utf8(name))));

/** A history as its author would sign its head. */
function historyOf(words: readonly string[]): { readonly head: Checkpoint; readonly read: SubtreeReader } {
  const { sha256 } = backend;
  const leaves = words.map((word): Hash => leafHash(sha256, utf8(word)));
  const read = subtreeReader(sha256, (level, index) => (level === 0 ? leaves[index] : undefined));
  assert(CHANNEL !== undefined && FEED !== undefined);
  const size = words.length;
  const head = { channel: CHANNEL, feed: FEED, size, root: rootAt(sha256, read, size) };
  const checkpoint = parseCheckpoint(encodeCheckpoint(head, signHead(backend, secret, head)));
  assert(!isRefusal(checkpoint));
  return { head: checkpoint, read };
}

function isBeginning(a: readonly string[], b: readonly string[]): boolean {
  return a.every((word, i) => word === b[i]);
}

describe("threat 1: any two different histories", () => {
  it("threat 1: of any lengths, prove a fork once both heads meet, and one that goes on proves none", () => {
    const tail = fc.array(fc.constantFrom("x", "y"), { maxLength: 40 });
    const common = fc.array(fc.constant("c"), { maxLength: 40 });
    let [forks, continuations] = [0, 0];
    fc.assert(
      fc.property(common, tail, tail, (start, one, two) => {
        const histories = [
          [...start, ...one],
          [...start, ...two],
        ].sort((a, b) => a.length - b.length);
        const [older, newer] = histories;
        fc.pre(older !== undefined && newer !== undefined && older.length > 0);
        if (older === undefined || newer === undefined) return;
        const [a, b] = [historyOf(older), historyOf(newer)];
        const same = older.length === newer.length;
        const path = same ? [] : forkPath(backend.sha256, b.read, older.length, newer.length);
        const bytes = encodeForkProof(makeForkProof(a.head, b.head, path));
        const proof = parseForkProof(bytes);
        assert(!isRefusal(proof));
        const proved = verifyForkProof(backend, proof, () => [secret.key]) === true;
        assert.equal(proved, !isBeginning(older, newer));
        if (proved) forks++;
        else continuations++;
      }),
      { numRuns: 150 },
    );
    assert(forks > 20 && continuations > 2, `${forks} forks, ${continuations} continuations`);
  });
});
