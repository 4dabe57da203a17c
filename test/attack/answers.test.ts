/**
 * A party that lies in its answers, or answers nothing (threats.md 3, 4, 18).
 *
 * What an answer can do is bounded: one delivery costs a few requests, a receipt is believed for its signatures on a
 * head of ours, and what nobody signed changes nothing.
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { beforeEach, describe, it } from "node:test";
import { encodeCheckpoint, parseCheckpoint, signReceipt, type Head } from "#parley/ledger/checkpoint.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { encodeForkProof, makeForkProof } from "#parley/ledger/fork.ts";
import type { ReplyHead } from "#parley/peer/groups.ts";
import { PeerFault } from "#parley/peer/transport.ts";
import { noticeBody } from "../kit/materials.ts";
import { accepted, liveChannel, speak, type Resident } from "../kit/world.ts";
import {
  ask,
  assertSame,
  codeOf,
  makeScene,
  replyBody,
  Shadow,
  stateOf,
  stillServes,
  type Scene,
} from "./attacker.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});

type Answer = (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** The victim speaks while the author's side answers with `lie`; returns how often the victim asked. */
async function speakTo(lie: Answer, ticks = 3): Promise<number> {
  const { author, victim, world, channel } = scene;
  const honest = author.node.exchange.bind(author.node);
  let asked = 0;
  author.node.exchange = async (body) => {
    if (++asked > 200) throw new PeerFault("unreachable"); // the test ends, whatever the node does
    return lie(body);
  };
  try {
    accepted(await speak(victim, channel, { type: "notice.open", body: noticeBody() }));
    for (let i = 0; i < ticks; i++) {
      await victim.node.tick();
      world.now += 1;
    }
    for (let i = 0; i < 5; i++) await setImmediate(); // what still runs in the background
  } finally {
    author.node.exchange = honest;
    world.now += 3_600;
  }
  return asked;
}

function receiptedBy({ node }: Resident, other: Resident): number {
  const channel = node.channel(scene.channel);
  return channel?.outboxes.get(other.party)?.receipted ?? Number.NaN;
}

function lieOf(head: ReplyHead, records: readonly BundleRecord[] = []): Answer {
  return () => replyBody(head, records);
}

async function headOf(resident: Resident, size?: number): Promise<Head> {
  const key = { channel: scene.channel, feed: resident.party };
  const tip = await resident.store.tip(key);
  const checkpoint = size === undefined ? tip.checkpoint : await resident.store.checkpointAt(key, size);
  assert(checkpoint !== undefined);
  return { ...key, size: checkpoint.size, root: checkpoint.root };
}

function receiptNote(head: Head, by: Resident, at: number, name = by.party): Uint8Array {
  return encodeCheckpoint(head, signReceipt(scene.world.backend, by.identity.secret, { head, by: name, at }));
}

describe("threat 18: a party that lies in its answers", () => {
  const lies: readonly (readonly [string, (channel: string, feed: string) => ReplyHead])[] = [
    ["out-of-order from zero", (channel) => refused(channel, { have: 0 })],
    ["out-of-order below zero", (channel) => refused(channel, { have: -7 })],
    ["out-of-order beyond what we said", (channel) => refused(channel, { have: 2 ** 53 - 1 })],
    ["out-of-order without a position", (channel) => refused(channel, {})],
    ["out-of-order with a word", (channel) => refused(channel, { have: "all" })],
    ["out-of-order one above the receipted size", (channel) => refused(channel, { have: 3 })],
    ["noted", (channel) => ({ type: "noted", channel })],
    ["a head nobody asked for", (channel, feed) => ({ type: "head", channel, feed, size: 9 })],
    ["entries nobody asked for", (channel, feed) => ({ type: "entries", channel, feed, from: 0 })],
    ["a receipt without a note", (channel, feed) => ({ type: "receipt", channel, feed, size: 9 })],
    ["an unknown code", (channel) => ({ type: "refused", channel, code: "because", facts: {} })],
    ["another channel", () => ({ type: "noted", channel: "A".repeat(43) })],
  ];
  for (const [name, head] of lies) {
    it(`threat 18: "${name}" costs a few requests and moves no receipt`, async () => {
      const { author, victim, channel } = scene;
      const before = receiptedBy(victim, author);
      const asked = await speakTo(lieOf(head(channel, victim.party)));
      assert(asked > 0 && asked <= 12, `${asked} requests`);
      assert.equal(receiptedBy(victim, author), before);
      assert(victim.node.isInForce(liveChannel(victim, channel)), "an unsigned word ends no agreement");
      await stillServes(scene);
    });
  }

  it("threat 18: positions that change with every answer make no loop", async () => {
    let n = 0;
    const asked = await speakTo(() => replyBody(refused(scene.channel, { have: n++ % 3 })));
    assert(asked <= 12, `${asked} requests`);
    await stillServes(scene);
  });

  it("threat 18: an old receipt, repeated for ever, makes no loop and moves nothing", async () => {
    const { author, victim, channel } = scene;
    const [old] = (await victim.store.receipts(channel)).filter(({ feed }) => feed === victim.party);
    assert(old !== undefined);
    const head = await headOf(victim, old.size);
    const before = receiptedBy(victim, author);
    const note = receiptNote(head, author, old.at);
    const answer = { type: "receipt", channel, feed: victim.party, size: old.size } as const;
    const asked = await speakTo(lieOf(answer, [{ type: "checkpoint", bytes: note }]));
    assert(asked <= 12, `${asked} requests`);
    assert.equal(receiptedBy(victim, author), before);
    await stillServes(scene);
  });

  const receipts: readonly (readonly [string, (head: Head) => Uint8Array])[] = [
    [
      "by somebody else's keys",
      (head) => receiptNote(head, scene.victim, scene.world.now, scene.author.party),
    ],
    ["by ourselves", (head) => receiptNote(head, scene.victim, scene.world.now)],
    [
      "on a head we never signed",
      (head) => receiptNote({ ...head, root: new Uint8Array(32) }, scene.author, 1),
    ],
    [
      "on a size we never signed",
      (head) => receiptNote({ ...head, size: 900 }, scene.author, scene.world.now),
    ],
    ["on their own feed", (head) => receiptNote({ ...head, feed: scene.author.party }, scene.author, 1)],
    ["on another channel", (head) => receiptNote({ ...head, channel: "A".repeat(43) }, scene.author, 1)],
    ["at time zero", (head) => receiptNote(head, scene.author, 0)],
    ["at a time beyond the year 9999", (head) => receiptNote(head, scene.author, 253_402_300_800)],
    ["at the largest integer", (head) => receiptNote(head, scene.author, Number.MAX_SAFE_INTEGER)],
    ["with the classic line alone", (head) => oneLine(head, 0)],
    ["with the ML-DSA line alone", (head) => oneLine(head, 1)],
    ["with two different times", (head) => twoTimes(head)],
    ["reused from a smaller head", (head) => reused(head)],
  ];
  for (const [name, make] of receipts) {
    it(`threat 18: a receipt ${name} is not believed`, async () => {
      const { author, victim, channel, world } = scene;
      const before = (await victim.store.receipts(channel)).length;
      const asked = await speakTo(async () => {
        const head = await headOf(victim);
        const answer = { type: "receipt", channel, feed: victim.party, size: head.size } as const;
        return replyBody(answer, [{ type: "checkpoint", bytes: make(head) }]);
      });
      assert(asked <= 12, `${asked} requests`);
      assert.equal((await victim.store.receipts(channel)).length, before);
      assert(receiptedBy(victim, author) < (await headOf(victim)).size);
      liveChannel(victim, channel).casework?.view(world.now);
      await stillServes(scene);
    });
  }

  it("threat 18: answers that are no bundle, or none, cost one attempt each", async () => {
    const nothings: readonly Answer[] = [
      () => new Uint8Array(0),
      () => new Uint8Array(1_000).fill(0x41),
      () => new TextEncoder().encode("parley-bundle/1\n"),
      () => Promise.reject(new PeerFault("protocol")),
    ];
    for (const nothing of nothings) assert((await speakTo(nothing, 1)) <= 3);
    await stillServes(scene);
  });

  it("threat 18: who never receipts but names our head in seen has proved that it holds it", async () => {
    const { author, victim, channel, world } = scene;
    world.cut.add("rimal>meridia");
    const said = accepted(await speak(victim, channel, { type: "notice.open", body: noticeBody() }));
    await setImmediate();
    world.cut.clear();
    // The author takes the push and throws its receipt away: the wire back is cut.
    world.cut.add("meridia>rimal");
    world.now += 600;
    await victim.node.tick();
    world.cut.clear();
    const before = receiptedBy(victim, author);
    assert(said.said !== undefined && before <= said.said.seq, "no receipt came");
    const spoken = accepted(await speak(author, channel, { type: "notice.open", body: noticeBody() }));
    assert(spoken.said !== undefined);
    await setImmediate();
    const held = await victim.store.entryAt({ channel, feed: author.party }, spoken.said.seq);
    assert(held !== undefined);
    const seen = new TextDecoder().decode(held.bytes);
    assert.match(seen, new RegExp(`"size":${said.said.seq + 1}`), "their own entry names our head");
  });
});

describe("threat 1: forks that somebody says we made", () => {
  it("threat 1: an unproved accusation raises no alarm and stops nothing", async () => {
    const { victim, channel } = scene;
    const size = victim.node.core.houseChannel.record.tip(victim.party).frontier.size;
    const head = await headOf(victim);
    const note = parseCheckpoint(encodeCheckpoint(head, (await Shadow.of(scene)).sign({ ...head })));
    assert(!isRefusal(note));
    const proofs = [
      encodeForkProof(makeForkProof(note, note, [])),
      new Uint8Array(3),
      new TextEncoder().encode("{}"),
    ];
    for (const bytes of proofs) {
      const answer: ReplyHead = { type: "refused", channel, code: "fork", facts: {} };
      assert((await speakTo(lieOf(answer, [{ type: "fork", bytes }]))) <= 6);
    }
    const alarms = await houseTypes(victim, size);
    assert(!alarms.includes("house.alarm fork"), alarms.join());
    await stillServes(scene);
  });
});

async function houseTypes(resident: Resident, from: number): Promise<readonly string[]> {
  const { records } = await resident.node.readHouse({ from, limit: 1_000 });
  return records.map(({ record }) => `${String(record["type"])} ${String(record["alarm"] ?? "")}`.trim());
}

describe("threat 2: replies that come as requests", () => {
  const unsigned = (channel: string): readonly ReplyHead[] => [
    refused(channel, { have: 0 }),
    refused(channel, { have: 1 }),
    { type: "noted", channel },
    { type: "refused", channel, code: "fork", facts: {} },
  ];

  it("threat 2: by file, what has no signature changes nothing", async () => {
    const { victim, world, channel } = scene;
    const before = await stateOf(victim, world.now);
    for (const head of unsigned(channel)) {
      await victim.node.exchange(replyBody(head, [{ type: "fork", bytes: new Uint8Array(9) }]));
      assertSame(await stateOf(victim, world.now), before);
    }
    await stillServes(scene);
  });

  it("threat 2: over the wire a reply is no request, whoever sends it", async () => {
    const { author, victim, world, channel } = scene;
    const before = await stateOf(victim, world.now);
    for (const from of [author.party, "B".repeat(43)]) {
      for (const head of unsigned(channel)) {
        const answer = await ask(victim, replyBody(head), from);
        assert.equal(codeOf(answer), "request-schema");
        assertSame(await stateOf(victim, world.now), before);
      }
    }
    await stillServes(scene);
  });

  it("threat 2: a receipt that comes twice, by wire and by file, is one receipt", async () => {
    const { author, victim, world, channel } = scene;
    const head = await headOf(victim);
    const before = await stateOf(victim, world.now);
    // The first one stands: a later time for the same head is not kept (SPEC 3.5.3).
    const note = receiptNote(head, author, world.now + 999);
    const body = replyBody({ type: "receipt", channel, feed: victim.party, size: head.size }, [
      { type: "checkpoint", bytes: note },
    ]);
    for (let i = 0; i < 3; i++) await victim.node.exchange(body);
    assertSame(await stateOf(victim, world.now), before);
  });
});

describe("threat 4: clocks that are a year wrong", () => {
  for (const [name, skew] of [
    ["behind", -365 * 86_400],
    ["ahead", 365 * 86_400],
  ] as const) {
    it(`threat 4: a year ${name}: entries are taken, order stays, the claim is shown as one`, async () => {
      const { author, victim, channel, world } = scene;
      const shadow = await Shadow.of(scene);
      const { encodeInstant } = await import("#parley/codec/time.ts");
      await shadow.write(
        { type: "heartbeat", v: 1 },
        { kind: "heartbeat", entry: { time: encodeInstant(world.now + skew) } },
      );
      assert.equal(codeOf(await ask(victim, shadow.push(shadow.size - 1), author.party)), "receipt");
      const [given] = (await victim.store.receipts(channel)).filter(
        ({ feed, size }) => feed === author.party && size === shadow.size,
      );
      assert.equal(given?.at, world.now, "held by our clock, whatever theirs says");
    });
  }

  it("threat 4: a jump of our own clock is recorded, and receipts given do not move", async () => {
    const { victim, channel, world } = scene;
    const given = await victim.store.receipts(channel);
    const size = victim.node.core.houseChannel.record.tip(victim.party).frontier.size;
    world.now -= 365 * 86_400;
    await world.settle(1);
    world.now += 2 * 365 * 86_400;
    await world.settle(1);
    world.now -= 365 * 86_400;
    await world.settle(1);
    const now = await victim.store.receipts(channel);
    for (const receipt of given)
      assert(
        now.some((one) => isDeepStrictEqual(one, receipt)),
        "as it was given",
      );
    const alarms = (await houseTypes(victim, size)).filter((type) => type === "house.alarm clock");
    assert.equal(alarms.length, 3);
  });
});

function refused(channel: string, facts: Readonly<Record<string, string | number>>): ReplyHead {
  return { type: "refused", channel, code: "out-of-order", facts };
}

function oneLine(head: Head, index: number): Uint8Array {
  const { world, author } = scene;
  const lines = signReceipt(world.backend, author.identity.secret, { head, by: author.party, at: world.now });
  return encodeCheckpoint(head, lines.slice(index, index + 1));
}

function twoTimes(head: Head): Uint8Array {
  const { world, author } = scene;
  const at = (seconds: number) =>
    signReceipt(world.backend, author.identity.secret, { head, by: author.party, at: seconds });
  return encodeCheckpoint(head, [...at(world.now).slice(0, 1), ...at(world.now + 1).slice(1)]);
}

function reused(head: Head): Uint8Array {
  const { world, author } = scene;
  const smaller = { ...head, size: head.size - 1 };
  const lines = signReceipt(world.backend, author.identity.secret, {
    head: smaller,
    by: author.party,
    at: world.now,
  });
  return encodeCheckpoint(head, lines);
}
