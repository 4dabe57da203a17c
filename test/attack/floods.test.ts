/**
 * Floods and noise (threats.md 9, 18, 28): random bytes, mutated bundles, hostile contents, storms of errors.
 *
 * Nothing that arrives makes `exchange` throw, the view throw, or the node owe more than a bounded answer.
 */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import { concatBytes, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, type Json, type JsonObject } from "#parley/codec/json.ts";
import { BUNDLE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { parseGroups } from "#parley/peer/groups.ts";
import * as material from "../kit/materials.ts";
import { liveChannel } from "../kit/world.ts";
import {
  ask,
  assertSame,
  codeOf,
  makeScene,
  message,
  Shadow,
  stateOf,
  stillServes,
  uuidOf,
  type Scene,
} from "./attacker.ts";

let scene: Scene;
before(async () => {
  scene = await makeScene();
});

/** Whatever the body is: a bundle of groups comes back, and what changed is what was receipted. */
async function survives(body: Uint8Array, from: string | undefined): Promise<readonly string[]> {
  const groups = parseGroups(await scene.victim.node.exchange(body, from));
  return isRefusal(groups) ? [groups.code] : groups.map(codeOf);
}

describe("threat 9: noise", () => {
  it("threat 9: random bytes, with and without the first line of a bundle, change nothing", async () => {
    const { victim, author, world } = scene;
    const state = await stateOf(victim, world.now);
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => concatBytes(utf8("parley-bundle/1\n"), bytes)),
      fc
        .string({ unit: "binary", maxLength: 100 })
        .map((text) => utf8(`parley-bundle/1\nrequest ${text.length}\n${text}\n`)),
      fc.json().map((text) => utf8(`parley-bundle/1\nrequest ${utf8(text).length}\n${text}\n`)),
    );
    await fc.assert(
      fc.asyncProperty(noise, fc.constantFrom(author.party, undefined, "x"), async (body, from) => {
        await survives(body, from);
      }),
      { numRuns: 400 },
    );
    assertSame(await stateOf(victim, world.now), state);
  });

  it("threat 9: any byte of a valid push changed, dropped or doubled: refused, or equal to what is held", async () => {
    const { victim, author, world } = scene;
    const shadow = await Shadow.of(scene);
    const state = await stateOf(victim, world.now);
    const valid = shadow.push(0);
    const next = await (await Shadow.of(scene)).write({ type: "heartbeat", v: 1 }, { kind: "heartbeat" });
    const fresh = next.push(next.size - 1);
    // The end of a bundle is where entry, head and signatures are close together.
    const place = (size: number) =>
      fc.oneof(
        fc.nat(size - 1),
        fc.nat(900),
        fc.nat(4_200).map((back) => Math.max(0, size - 1 - back)),
      );
    const body = fc.constantFrom(valid, fresh);
    const change = body.chain((bytes) =>
      fc.record({
        bytes: fc.constant(bytes),
        at: place(bytes.length),
        how: fc.constantFrom("flip", "drop", "double"),
        bit: fc.nat(7),
      }),
    );
    await fc.assert(
      fc.asyncProperty(change, async ({ bytes, at, how, bit }) => {
        const head = bytes.slice(0, at);
        const byte = bytes[at] ?? 0;
        const middle = how === "flip" ? [byte ^ (1 << bit)] : how === "drop" ? [] : [byte, byte];
        const [code] = await survives(
          concatBytes(head, Uint8Array.from(middle), bytes.slice(at + 1)),
          author.party,
        );
        // A line whose name nobody expects is ignored, so some changes leave the push what it was.
        if (code === "receipt" && bytes === fresh) assert.fail(`a changed push was taken at ${at} ${how}`);
        assert.notEqual(code, "fork");
      }),
      { numRuns: 400 },
    );
    assertSame(await stateOf(victim, world.now), state);
    await stillServes(scene);
  });

  it("threat 9: 64 MiB of records of no bytes are refused at once, and cost no multiple of themselves", async () => {
    const { victim, author, world } = scene;
    const state = await stateOf(victim, world.now);
    const unit = utf8("payload 0\n\n");
    const magic = utf8("parley-bundle/1\n");
    const body = new Uint8Array(BUNDLE_SIZE_LIMIT_BYTES);
    body.set(magic);
    let end = magic.length;
    for (; end + unit.length <= body.length; end += unit.length) body.set(unit, end);
    const heap = process.memoryUsage().heapUsed;
    const started = performance.now();
    assert.equal(codeOf(await ask(victim, body.subarray(0, end), author.party)), "too-many");
    assert(process.memoryUsage().heapUsed - heap < 64 * 1_048_576, "heap");
    assert(performance.now() - started < 2_000, "time");
    const over = new Uint8Array(BUNDLE_SIZE_LIMIT_BYTES + 1);
    over.set(body);
    assert.equal(codeOf(await ask(victim, over, author.party)), "too-large");
    const one = utf8(`payload ${BUNDLE_SIZE_LIMIT_BYTES - 64}\n`);
    body.fill(0x61).set(concatBytes(magic, one));
    assert.notEqual(codeOf(await ask(victim, body, author.party)), "receipt");
    assertSame(await stateOf(victim, world.now), state);
  });
});

/** Every body that the kit can write, so that hostile contents start from what a protocol accepts. */
function honestBodies(kase: string): readonly (readonly [string, JsonObject])[] {
  return [
    ["ack", material.ackBody(kase)],
    ["notice.open", material.noticeBody()],
    ["notice.update", material.noticeUpdateBody()],
    ["notice.assess", material.noticeAssessBody()],
    ["notice.to_request", material.noticeToRequestBody(kase)],
    ["notice.close", material.noticeCloseBody()],
    ["request.open", material.requestBody({ sufficient: true })],
    ["request.supplement", material.supplementBody([2])],
    ["request.verdict", material.verdictBody([{ ask: 2, verdict: "insufficient", items: ["E04"] }])],
    ["request.decide", material.decideBody([{ ask: 1, decision: "accepted" }])],
    ["request.outcome", material.outcomeBody({ 1: "O01", 2: "O05" })],
    ["request.verify", material.verifyBody({ 1: "V1" })],
    ["request.close", material.requestCloseBody()],
    ["dispute.raise", material.disputeRaiseBody(kase, { kind: "outcome", ref: kase })],
    ["comms_check.ping", material.checkPingBody()],
    ["sys.error", { code: "E-SCHEMA", of: kase }],
    ["sys.inquiry", { question: "send-again", of: kase }],
    ["sys.gap", { feed: scene.author.party, from: 0, to: 9 }],
    ["timer.extend", { timer: "T", seconds: 60, reason: "X-TECH" }],
    ["erase", { feed: scene.victim.party, seq: 0, reason: "law" }],
    ["reveal", { of: kase, path: "/body", salt: "A".repeat(43), value: 1 }],
  ];
}

const HOSTILE: readonly Json[] = [
  0,
  -1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  "",
  "x".repeat(5_000),
  "9999-12-31T23:59:59Z",
  "0100-01-01T00:00:00Z",
  [],
  {},
  true,
  "\u202e",
  "00000000-0000-0000-0000-000000000000",
  "constructor",
  "hasOwnProperty",
  ["constructor"],
  "/",
  "~1",
  "2026-11-22T02:10:00Z",
];

/** Replaces, or takes out, one member anywhere in the message. */
function spoilt(value: Json, path: readonly number[], by: Json | undefined): Json {
  const [index = 0, ...rest] = path;
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    if (items.length === 0) return by ?? value;
    const at = index % items.length;
    return items.flatMap((item, i) =>
      i !== at ? [item] : rest.length > 0 ? [spoilt(item, rest, by)] : by === undefined ? [] : [by],
    );
  }
  if (typeof value === "object") {
    const members = Object.entries(value);
    if (members.length === 0) return by ?? value;
    const at = index % members.length;
    return Object.fromEntries<Json>(
      members.flatMap(([name, item], i) =>
        i !== at
          ? [[name, item]]
          : rest.length > 0
            ? [[name, spoilt(item, rest, by)]]
            : by === undefined
              ? []
              : [[name, by]],
      ),
    );
  }
  return by ?? value;
}

describe("threat 18: hostile contents", () => {
  it("threat 18: any message with any member spoilt is held and folded; the view, a restart and the export go on", async () => {
    const fresh = await makeScene();
    const shadow = await Shadow.of(fresh);
    const bodies = honestBodies(fresh.kase);
    const cases = fc.sample(
      fc.record({
        which: fc.nat(bodies.length - 1),
        path: fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }),
        by: fc.option(fc.constantFrom(...HOSTILE), { nil: undefined }),
        inCase: fc.boolean(),
      }),
      250,
    );
    for (const { which, path, by, inCase } of cases) {
      const [type, body] = bodies[which] ?? ["ack", {}];
      const role = MESSAGE_RULES.get(type)?.roles[0] ?? "watch";
      const honest = message(fresh, type, body, { from_role: role, ...(inCase && { case: fresh.kase }) });
      const content = spoilt(honest, path, by);
      await shadow.write(encodeJson(content), { kind: type === "erase" ? "erase" : "message" });
    }
    for (const kind of ["key_epoch", "close", "heartbeat", "party_update"] as const)
      await shadow.write({ type: "heartbeat", v: 1 }, { kind: kind === "party_update" ? "close" : kind });
    assert.equal(codeOf(await ask(fresh.victim, shadow.push(3), fresh.author.party)), "receipt");
    const channel = (): ReturnType<typeof liveChannel> => liveChannel(fresh.victim, fresh.channel);
    for (const ahead of [0, 3_600, 86_400 * 30, 86_400 * 400])
      channel().casework?.view(fresh.world.now + ahead);
    for (let i = 0; i < 3; i++) await fresh.victim.node.tick();
    await fresh.victim.node.readEntries(channel(), { feed: fresh.author.party, from: 0, limit: 500 });
    await fresh.victim.node.exportTranscript(channel());
    await fresh.world.restart(fresh.victim);
    await fresh.victim.node.tick();
    channel().casework?.view(fresh.world.now);
  });

  it("threat 18: a flood of void messages is answered in a trickle, once each", async () => {
    const fresh = await makeScene();
    const { victim, author, channel } = fresh;
    const shadow = await Shadow.of(fresh);
    for (let i = 0; i < 120; i++) await shadow.write(message(fresh, "no.such_type", {}));
    assert.equal(codeOf(await ask(victim, shadow.push(3), author.party)), "receipt");
    const size = (): number => liveChannel(victim, channel).record.tip(victim.party).frontier.size;
    fresh.world.cut.add("rimal>meridia");
    const sizes = [size()];
    for (let i = 0; i < 12; i++) {
      await victim.node.tick();
      sizes.push(size());
    }
    const steps = sizes.slice(1).map((now, i) => now - (sizes[i] ?? 0));
    assert(
      steps.every((step) => step <= 32),
      steps.join(),
    );
    assert.equal((sizes.at(-1) ?? 0) - (sizes[0] ?? 0), 240, "an error and a question for each, and no more");
  });

  it("threat 18: a storm of errors, about everything and nothing, is answered by no error", async () => {
    const fresh = await makeScene();
    const { victim, author, channel } = fresh;
    const shadow = await Shadow.of(fresh);
    for (let i = 0; i < 60; i++) {
      await shadow.write(
        message(fresh, "sys.error", { code: "E-SCHEMA", entry: { feed: victim.party, seq: i } }),
      );
      await shadow.write(message(fresh, "sys.inquiry", { question: "send-again", of: uuidOf(fresh) }));
    }
    assert.equal(codeOf(await ask(victim, shadow.push(3), author.party)), "receipt");
    const size = liveChannel(victim, channel).record.tip(victim.party).frontier.size;
    for (let i = 0; i < 6; i++) await victim.node.tick();
    assert.equal(liveChannel(victim, channel).record.tip(victim.party).frontier.size, size);
  });

  it("threat 18: void errors do not make two nodes answer each other for ever", async () => {
    const fresh = await makeScene();
    const { victim, author, channel } = fresh;
    const shadow = await Shadow.of(fresh);
    for (let i = 0; i < 20; i++) await shadow.write(message(fresh, "sys.error", { nonsense: i }));
    assert.equal(codeOf(await ask(victim, shadow.push(3), author.party)), "receipt");
    const size = (): number => liveChannel(victim, channel).record.tip(victim.party).frontier.size;
    const before = size();
    for (let i = 0; i < 12; i++) await victim.node.tick();
    const settled = size();
    assert(settled - before <= 40, `${settled - before} answers to 20 errors`);
    for (let i = 0; i < 6; i++) await victim.node.tick();
    assert.equal(size(), settled);
  });
});
