/** Two nodes over TLS on loopback, from their data directories: exchange, crashes, full disk, hostile bodies. */
import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { test } from "node:test";
import fc from "fast-check";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeGroups, parseGroups } from "#parley/peer/groups.ts";
import { StoreFault, type Store } from "#parley/store/store.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { startChildNode } from "./child-node.ts";
import {
  agreed,
  makeParty,
  pairWith,
  progress,
  say,
  scratch,
  start,
  until,
  type Pair,
  type Place,
} from "./two-nodes.ts";

test("exchange: a message and its receipt over TLS, both ways, and again after a clean restart", async () => {
  await using dir = await scratch();
  await using pair = await agreed(dir.path);
  const { a, b, placeA, placeB, channel } = pair;
  for (const [node, place] of [
    [a, placeA],
    [b, placeB],
  ] as const) {
    await say(node, place, channel);
    await until(() => progress(node, channel).receipted >= 3, "the receipt");
  }
  await b[Symbol.asyncDispose]();
  await say(a, placeA, channel);
  assert.deepEqual(progress(a, channel), { said: 4, receipted: 3 }, "said, and waiting for the other side");
  await using again = await start(placeB);
  await until(() => progress(a, channel).receipted === 4, "the outbox resumes");
  assert.equal(again.node.channel(channel)?.record.tip(a.party).frontier.size, 4);
  for (const line of [...a.lines, ...b.lines]) assert.doesNotMatch(line.event, /fault/, JSON.stringify(line));
});

test("one directory, one process: the second refuses, and takes over when the first is gone", async () => {
  await using dir = await scratch();
  const place = await makeParty(dir.path, "MERIDIA");
  await using first = await startChildNode(place);
  assert.deepEqual(first.first, { serving: place.port });
  await using second = await startChildNode(place);
  assert.deepEqual(second.first, { refused: "locked" });
  await first.kill();
  await using third = await startChildNode(place);
  assert.deepEqual(third.first, { serving: place.port });
});

test("kill -9, then start: nothing said is lost, and nothing is signed before the peer told the own head", async () => {
  await using dir = await scratch();
  await using pair = await agreed(dir.path);
  const { a, b, placeA, placeB, channel } = pair;
  await a[Symbol.asyncDispose]();
  {
    await using child = await startChildNode(placeA);
    await untilAnswer(
      () => child.ask(`mode ${channel}`),
      ({ signing }) => signing === "allowed",
    );
    await child.ask(`say ${channel}`);
    await child.kill();
  }
  await b[Symbol.asyncDispose]();
  await using child = await startChildNode(placeA);
  const alone = await child.ask(`say ${channel}`);
  assert.partialDeepStrictEqual(
    alone,
    { said: 3, refused: true, signing: "asking" },
    "nobody answers: it does not sign",
  );
  await using again = await start(placeB);
  await untilAnswer(
    () => child.ask(`mode ${channel}`),
    ({ signing }) => signing === "allowed",
  );
  assert.equal((await child.ask(`say ${channel}`))["said"], 4);
  await until(
    () => again.node.channel(channel)?.record.tip(a.party).frontier.size === 4,
    "the message arrives",
  );
});

test("disk full: read-only, says so with 507, keeps what it held, and recovers by itself", async () => {
  await using dir = await scratch();
  await using pair = await agreed(dir.path, { storeMaxPages: 512 });
  const { a, b, placeA, channel } = pair;
  await fill(b.store);
  const before = b.node.channel(channel)?.record.tip(a.party).frontier.size;
  const push = await pushOf(pair);
  assert.equal(await post(placeA, pair.placeB, push), 507);
  assert.equal(b.node.core.writable, false);
  assert.equal(b.node.channel(channel)?.record.tip(a.party).frontier.size, before);
  const answer = parseGroups(await a.transport.exchange(b.party, push));
  assert(!isRefusal(answer));
  assert.partialDeepStrictEqual(answer[0]?.head, { type: "refused", code: "read-only" });
  await b.store.dropReadModels(); // room again
  await until(() => b.node.core.writable, "it notices by itself");
  await until(() => progress(a, channel).receipted === progress(a, channel).said, "what waited is delivered");
  const events = b.lines.map(({ event }) => event);
  assert(events.includes("store-read-only") && events.includes("store-recovered"));
});

test("garbage: random, truncated and damaged bundles are answered, change nothing and end nothing", async () => {
  await using dir = await scratch();
  await using pair = await agreed(dir.path);
  const { a, b, channel } = pair;
  const good = await pushOf(pair);
  const state = (): string => {
    const live = b.node.channel(channel);
    assert(live !== undefined);
    const tips = live.parties.map((party) => live.record.tip(party).frontier.size);
    return JSON.stringify([
      tips,
      live.signing,
      live.frozen.size,
      b.node.core.channels.size,
      b.node.core.writable,
    ]);
  };
  await until(() => progress(b, channel).receipted === progress(b, channel).said, "quiet");
  const before = state();
  const damaged = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }),
    fc.nat({ max: good.length - 1 }).map((end) => good.subarray(0, end)),
    fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const copy = Uint8Array.from(good);
      copy[at] = (copy[at] ?? 0) ^ bits;
      return copy;
    }),
    fc.uint8Array({ minLength: 1, maxLength: 500 }).map((tail) => Buffer.concat([good, tail])),
  );
  await fc.assert(
    fc.asyncProperty(damaged, async (body) => {
      const groups = parseGroups(await a.transport.exchange(b.party, body));
      assert(!isRefusal(groups), "the answer is a bundle");
      assert(groups.every(({ kind, head }) => kind === "reply" && head.type === "refused"));
    }),
    { numRuns: 150 },
  );
  assert.equal(state(), before);
  const taken = parseGroups(await a.transport.exchange(b.party, good));
  assert(!isRefusal(taken));
  assert.equal(taken[0]?.head.type, "receipt", "the undamaged one is taken");
});

test("refused: a channel that nobody knows, and a feed that is not the caller's", async () => {
  await using dir = await scratch();
  await using pair = await agreed(dir.path);
  const { a, b, channel } = pair;
  const codeOf = async (channelId: string, feed: string, type: "push" | "head"): Promise<unknown> => {
    const request = { kind: "request", head: { type, channel: channelId, feed }, records: [] } as const;
    const groups = parseGroups(await a.transport.exchange(b.party, encodeGroups([request])));
    assert(!isRefusal(groups));
    return groups[0]?.head.type === "refused" ? groups[0].head.code : groups[0]?.head.type;
  };
  assert.equal(await codeOf(b.party, a.party, "head"), "channel-unknown");
  assert.equal(await codeOf(channel, b.party, "push"), "not-a-party");
  assert.equal(await codeOf(channel, channel, "head"), "not-a-party");
  assert.equal(await codeOf(channel, b.party, "head"), "head");
});

test("memory: a gigabyte of oversized bodies leaves a node as it was", async () => {
  await using dir = await scratch();
  const [placeA, placeB] = [await makeParty(dir.path, "MERIDIA"), await makeParty(dir.path, "RIMAL")];
  {
    await using b = await start(placeB);
    await using a = await start(placeA);
    await pairWith(b, placeB, a, placeA);
  }
  await using child = await startChildNode(placeB);
  const atStart = Number((await child.ask("memory"))["memory"]);
  const whole = new Uint8Array(64 * 1_048_576 + 1);
  for (let i = 0; i < 8; i++) {
    assert.equal(await post(placeA, placeB, whole), 413);
    assert.equal(await post(placeA, placeB, whole, "chunked"), 413);
  }
  const grown = Number((await child.ask("memory"))["memory"]) - atStart;
  assert(grown < 300 * 1_048_576, `grew by ${Math.round(grown / 1_048_576)} MiB`);
});

/** Fills the store to its quota with rows that are dropped again. */
async function fill(store: Store): Promise<void> {
  for (let size = 1_048_576, i = 0; size >= 512; i++) {
    try {
      await store.putReadModel(`filler-${i}`, [{ key: "k", value: new Uint8Array(size) }]);
    } catch (fault) {
      assert(fault instanceof StoreFault && fault.kind === "full");
      size = Math.floor(size / 2);
    }
  }
}

/** A good push of A that B does not hold yet: said while B is out of reach of A's outbox. */
async function pushOf({ a, placeA, b, channel }: Pair): Promise<Uint8Array> {
  const live = a.node.channel(channel);
  assert(live !== undefined);
  await until(() => progress(a, channel).receipted === progress(a, channel).said, "quiet");
  const outbox = live.outboxes.get(b.party);
  assert(outbox !== undefined);
  outbox.nextAttemptAt = Math.floor(Date.now() / 1000) + 3;
  await say(a, placeA, channel);
  const from = progress(a, channel).receipted;
  const key = { channel, feed: a.party };
  const entries = await a.store.entries(key, { from, limit: 256, payloads: true });
  const [checkpoint] = await a.store.checkpoints(key, from + 1, 1);
  assert(checkpoint !== undefined && entries.length === 1);
  const records = entries.flatMap(({ bytes, payload = new Uint8Array(0) }) => [
    { type: "entry", bytes } as const,
    { type: "payload", bytes: payload } as const,
  ]);
  return encodeGroups([
    {
      kind: "request",
      head: { type: "push", ...key },
      records: [...records, { type: "checkpoint", bytes: checkpoint.note }],
    },
  ]);
}

/** The status that B's door gives A for this body; 0 when cut off without one. */
async function post(from: Place, to: Place, body: Uint8Array, encoding?: "chunked"): Promise<number> {
  const [cert, key] = await Promise.all(
    ["tls/cert.pem", "tls/key.pem"].map((name) => readFile(join(from.directory, name), "utf8")),
  );
  const length =
    encoding === "chunked" ? { "transfer-encoding": "chunked" } : { "content-length": body.length };
  const request = httpsRequest({
    host: "127.0.0.1",
    port: to.port,
    path: "/v1/exchange",
    method: "POST",
    cert,
    key,
    rejectUnauthorized: false,
    ecdhCurve: "X25519MLKEM768",
    agent: false,
    headers: {
      "content-type": "application/octet-stream",
      ...length,
    },
  });
  return new Promise((resolve) => {
    request.on("response", (response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
      request.destroy();
    });
    request.on("error", () => resolve(0));
    request.end(body);
  });
}

async function untilAnswer(
  ask: () => Promise<Readonly<Record<string, unknown>>>,
  condition: (answer: Readonly<Record<string, unknown>>) => boolean,
): Promise<void> {
  await until(async () => condition(await ask()), "the child answers so");
}
