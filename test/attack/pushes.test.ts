/**
 * Hostile pushes by a party that has its own keys (threats.md 1, 2, 7, 9, 13, 16, 19, 20, 28).
 *
 * Every refusal has its code and leaves the victim exactly as it was; a payload that only says nonsense is held.
 */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { concatBytes, encodeBase64, encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodePlaintext } from "#parley/crypto/payload.ts";
import { seal } from "#parley/crypto/seal.ts";
import { encodeCheckpoint, signHead } from "#parley/ledger/checkpoint.ts";
import { parseForkProof, verifyForkProof } from "#parley/ledger/fork.ts";
import { agree, liveChannel } from "../kit/world.ts";
import {
  ask,
  BEAT,
  codeOf,
  entryOf,
  makeScene,
  message,
  pushOf,
  pushOne,
  refuses,
  request,
  Shadow,
  stateOf,
  stillServes,
  assertSame,
  type Scene,
  type WriteOptions,
} from "./attacker.ts";

/** One scene for everything that is refused: it must not have changed by the end. */
let scene: Scene;
before(async () => {
  scene = await makeScene();
});

const pushed = (options?: WriteOptions, content?: JsonObject | Uint8Array): Promise<Uint8Array> =>
  pushOne(scene, options, content);

const A43 = "A".repeat(43);
const text = (bytes: Uint8Array): string => utf8ToText(bytes) ?? "";

describe("threat 7: entries that another parser might read otherwise", () => {
  const spoil: readonly (readonly [string, string, (line: string) => string])[] = [
    ["a key twice", "json-duplicate-key", (line) => line.replace('"v":1}', '"v":1,"v":1}')],
    ["white space", "json-whitespace", (line) => line.replace('"v":1', '"v": 1')],
    ["a fraction", "json-number", (line) => line.replace(/"seq":(\d+)/, '"seq":$1.0')],
    ["an exponent", "json-number", (line) => line.replace(/"seq":\d+/, '"seq":3e0')],
    ["a negative zero", "json-number", (line) => line.replace(/"seq":\d+/, '"seq":-0')],
    [
      "an integer beyond 2^53",
      "json-number",
      (line) => line.replace(/"ct_len":\d+/, '"ct_len":9007199254740993'),
    ],
    ["a null", "json-null", (line) => line.replace('"v":1', '"v":null')],
    ["an escape that need not be", "json-escape", (line) => line.replace('"heartbeat"', '"h\\u0065artbeat"')],
    ["keys in another order", "json-key-order", (line) => line.replace('{"channel"', '{"zz":1,"channel"')],
    ["a member more", "entry-schema", (line) => line.replace('"v":1}', '"v":1,"w":1}')],
    ["a member less", "entry-schema", (line) => line.replace(',"v":1}', "}")],
    ["version 0", "entry-schema", (line) => line.replace('"v":1', '"v":0')],
    ["version 2", "entry-schema", (line) => line.replace('"v":1', '"v":2')],
    ["__proto__", "json-key", (line) => line.replace('{"channel"', '{"__proto__":1,"channel"')],
    ["an unknown kind", "entry-schema", (line) => line.replace('"heartbeat"', '"heartbeet"')],
    ["a second genesis", "entry-kind", (line) => line.replace('"heartbeat"', '"genesis"')],
    ["spare bits in a hash", "entry-schema", (line) => line.replace(/"commit":"(.{42})."/, '"commit":"$1B"')],
    ["padding in a hash", "entry-schema", (line) => line.replace(/"commit":"(.{43})"/, '"commit":"$1="')],
    ["a negative length", "entry-schema", (line) => line.replace(/"ct_len":\d+/, '"ct_len":-1')],
    ["a leap second", "entry-schema", (line) => line.replace(/:\d\dZ/, ":60Z")],
    ["no JSON at all", "json-syntax", () => "entry"],
    ["nothing", "json-syntax", () => ""],
    ["an array", "entry-schema", () => "[]"],
    ["depth 33", "json-depth", () => "[".repeat(33) + "]".repeat(33)],
    ["a million brackets", "entry-too-large", () => "[".repeat(1_000_000)],
  ];
  for (const [name, code, change] of spoil) {
    it(`threat 7: ${name} is ${code}`, async () => {
      const shadow = await Shadow.of(scene);
      await shadow.write(BEAT, { kind: "heartbeat" });
      const line = shadow.lines.pop();
      assert(line !== undefined);
      shadow.lines.push({ ...line, bytes: utf8(change(text(line.bytes))) });
      assert.notDeepEqual(shadow.lines.at(-1)?.bytes, line.bytes, "the line was spoiled");
      await refuses(scene, shadow.push(shadow.size - 1), code);
    });
  }
  it("threat 7: bytes that are no UTF-8 and a byte order mark are refused", async () => {
    await refuses(scene, await pushed({ bytes: Uint8Array.of(0x7b, 0xff, 0x7d) }), "json-utf8");
    await refuses(
      scene,
      await pushed({ bytes: concatBytes(Uint8Array.of(0xef, 0xbb, 0xbf), utf8("{}")) }),
      "json-bom",
    );
  });
});

describe("threat 2: right entries in a wrong place", () => {
  const cases: readonly (readonly [string, string, WriteOptions["entry"]])[] = [
    ["another channel in the entry", "entry-channel", { channel: A43 }],
    ["another feed in the entry", "entry-feed", { feed: A43 }],
    ["a position below", "out-of-order", { seq: 2 }],
    ["a position above", "out-of-order", { seq: 9 }],
    ["the last position there is", "out-of-order", { seq: Number.MAX_SAFE_INTEGER }],
    ["no head in seen where the entry before named one", "seen-backwards", { seen: [] }],
  ];
  for (const [name, code, entry] of cases) {
    it(`threat 2: ${name} is ${code}`, async () => {
      await refuses(scene, await pushed({ ...(entry && { entry }) }), code);
    });
  }

  it("threat 2: heads of ours with another size or root are refused", async () => {
    const [head] = await (await Shadow.of(scene)).seen();
    assert(head !== undefined);
    const sizes = [head.size + 1, Number.MAX_SAFE_INTEGER];
    for (const size of sizes)
      await refuses(scene, await pushed({ entry: { seen: [{ ...head, size }] } }), "seen-unknown");
    await refuses(scene, await pushed({ entry: { seen: [{ ...head, root: A43 }] } }), "seen-mismatch");
    const foreign = [{ feed: A43, root: A43, size: 1 }, head].sort((a, b) => (a.feed < b.feed ? -1 : 1));
    await refuses(scene, await pushed({ entry: { seen: foreign } }), "seen-unknown");
    const own = { feed: scene.author.party, root: A43, size: 1 };
    await refuses(scene, await pushed({ entry: { seen: [own] } }), "entry-seen");
    await refuses(scene, await pushed({ entry: { seen: [head, head] } }), "entry-seen");
    await refuses(scene, await pushed({ entry: { seen: [{ ...head, size: 0 }] } }), "entry-seen");
  });

  it("threat 2: as another feed, into another channel, by somebody else: refused", async () => {
    const { author, victim, channel, world } = scene;
    const shadow = await Shadow.of(scene);
    await shadow.write(BEAT, { kind: "heartbeat" });
    const records = shadow.records(shadow.size - 1);
    const as = (to: string, feed: string): Uint8Array =>
      request({ type: "push", channel: to, feed }, records);
    await refuses(scene, as(channel, victim.party), "not-a-party");
    await refuses(scene, as(channel, A43), "not-a-party");
    await refuses(scene, as(A43, author.party), "channel-unknown");
    await refuses(scene, as(channel, author.party), "not-paired", A43);
    const other = await agree(world, author, victim);
    await refuses(scene, as(other, author.party), "entry-channel");
    // An entry of the one channel under a head of the other.
    const head = { ...shadow.head(), channel: other };
    const note = encodeCheckpoint(head, shadow.sign(head));
    const mixed: BundleRecord[] = [...records.slice(0, -1), { type: "checkpoint", bytes: note }];
    const answer = await ask(
      victim,
      request({ type: "push", channel: other, feed: author.party }, mixed),
      author.party,
    );
    assert.notEqual(codeOf(answer), "receipt");
  });

  it("threat 2: the same push, whole or in part, ten times in any order: one state", async () => {
    const { victim, author, world } = scene;
    const before = await stateOf(victim, world.now);
    const shadow = await Shadow.of(scene);
    for (const [from, to] of [
      [0, 3],
      [2, 3],
      [0, 2],
      [1, 2],
      [1, 3],
      [0, 3],
      [2, 3],
    ] as const) {
      assert.equal(codeOf(await ask(victim, shadow.push(from, to), author.party)), "receipt");
      assertSame(await stateOf(victim, world.now), before);
    }
    const none = pushOf(scene, shadow.records(3, 3));
    assert.equal(codeOf(await ask(victim, none, author.party)), "receipt");
    assertSame(await stateOf(victim, world.now), before);
  });
});

describe("threat 16: parts that are missing or too many", () => {
  it("threat 16: each record dropped is named, and the whole push then completes", async () => {
    const fresh = await makeScene();
    const shadow = await Shadow.of(fresh);
    await shadow.write(BEAT, { kind: "heartbeat" });
    await shadow.write(BEAT, { kind: "heartbeat" });
    const records = shadow.records(shadow.size - 2);
    for (const dropped of records) {
      const rest = records.filter((record) => record !== dropped);
      const answer = await refuses(
        fresh,
        pushOf(fresh, rest),
        dropped.type === "entry" ? "out-of-order" : "incomplete",
      );
      const facts = answer.head.type === "refused" ? answer.head.facts : {};
      if (dropped.type === "payload") {
        const ct = encodeBase64url(fresh.world.backend.sha256(dropped.bytes));
        assert.deepEqual(facts, { ct, missing: 1 });
      }
    }
    assert.equal(
      codeOf(await ask(fresh.victim, shadow.push(shadow.size - 2), fresh.author.party)),
      "receipt",
    );
    const { frontier } = await fresh.victim.store.tip({ channel: fresh.channel, feed: fresh.author.party });
    assert.equal(frontier.size, shadow.size);
  });

  it("threat 16: payloads of nobody are not kept", async () => {
    const fresh = await makeScene();
    const shadow = await Shadow.of(fresh);
    await shadow.write(BEAT, { kind: "heartbeat" });
    const orphan: BundleRecord = { type: "payload", bytes: new Uint8Array(1_000) };
    const body = pushOf(fresh, [orphan, ...shadow.records(shadow.size - 1), orphan]);
    assert.equal(codeOf(await ask(fresh.victim, body, fresh.author.party)), "receipt");
    const held = await fresh.victim.store.entries(
      { channel: fresh.channel, feed: fresh.author.party },
      { from: 0, limit: 99, payloads: true },
    );
    assert.deepEqual(
      held.map(({ payload }) => payload?.length),
      shadow.lines.map(({ payload }) => payload.length),
    );
  });

  it("threat 16: above the held size is out-of-order and says from where", async () => {
    const shadow = await Shadow.of(scene);
    for (let i = 0; i < 3; i++) await shadow.write(BEAT, { kind: "heartbeat" });
    const answer = await refuses(scene, shadow.push(4, 6), "out-of-order");
    assert.deepEqual(answer.head.type === "refused" && answer.head.facts, { have: 3 });
    // Holes and doubles inside one push.
    const records = shadow.records(3);
    await refuses(scene, pushOf(scene, [...records.slice(0, 2), ...records.slice(4)]), "out-of-order");
    await refuses(scene, pushOf(scene, [...records.slice(0, 2), ...records]), "out-of-order");
    await refuses(scene, pushOf(scene, records.slice(-1)), "out-of-order");
  });
});

describe("threat 13: weaker than agreed", () => {
  it("threat 13: each line of the head, alone, is signature-missing; none is note-malformed", async () => {
    const shadow = await Shadow.of(scene);
    await shadow.write(BEAT, { kind: "heartbeat" });
    const head = shadow.head();
    const lines = shadow.sign(head);
    const body = (kept: typeof lines): Uint8Array => {
      const note = encodeCheckpoint(head, kept);
      return pushOf(scene, [...shadow.records(3).slice(0, -1), { type: "checkpoint", bytes: note }]);
    };
    for (const line of lines) await refuses(scene, body([line]), "signature-missing");
    await refuses(scene, body([]), "note-malformed");
    const other = signHead(scene.world.backend, scene.victim.identity.secret, head);
    await refuses(scene, body(other), "unknown-key");
    const [classic, quantum] = lines;
    const [otherClassic, otherQuantum] = other;
    assert(classic && quantum && otherClassic && otherQuantum);
    await refuses(scene, body([classic, otherQuantum]), "signature-missing");
    await refuses(scene, body([otherClassic, quantum]), "signature-missing");
    const elsewhere = shadow.sign({ ...head, size: head.size + 1 });
    await refuses(scene, body([{ ...classic, signature: new Uint8Array(64) }, quantum]), "signature-bad");
    await refuses(scene, body([classic, ...elsewhere.slice(1)]), "signature-bad");
    await refuses(scene, body([...elsewhere.slice(0, 1), quantum]), "signature-bad");
    await refuses(
      scene,
      body([classic, { ...quantum, signature: quantum.signature.slice(1) }]),
      "signature-bad",
    );
    await refuses(
      scene,
      body([{ ...classic, signature: concatBytes(classic.signature, Uint8Array.of(0)) }, quantum]),
      "signature-bad",
    );
  });

  const stanzas: readonly (readonly [string, string, (file: string) => string])[] = [
    [
      "a classic stanza beside the hybrid one",
      "seal-recipient",
      (file) => insert(file, `-> X25519 ${"A".repeat(43)}\n${"A".repeat(43)}\n`),
    ],
    [
      "a pass phrase stanza",
      "seal-recipient",
      (file) => insert(file, `-> scrypt ${"A".repeat(22)} 10\n${"A".repeat(43)}\n`),
    ],
    ["a grease stanza", "seal-recipient", (file) => insert(file, "-> grease\n\n")],
    [
      "the hybrid stanza renamed",
      "seal-recipient",
      (file) => file.replace("-> mlkem768x25519", "-> MLKEM768X25519"),
    ],
    ["another version of the format", "seal-malformed", (file) => file.replace("v1", "v0")],
    ["armor", "seal-malformed", (file) => `-----BEGIN AGE ENCRYPTED FILE-----\n${file}`],
    ["line ends of another system", "seal-malformed", (file) => file.replaceAll("\n", "\r\n")],
    ["nothing at all", "seal-malformed", () => ""],
  ];
  for (const [name, code, change] of stanzas) {
    it(`threat 13: a payload with ${name} is ${code}`, async () => {
      const sealed = await sealedNow();
      const payload = Uint8Array.from(Buffer.from(change(Buffer.from(sealed).toString("latin1")), "latin1"));
      await refuses(scene, await pushed({ payload }), code);
    });
  }
});

function insert(file: string, stanza: string): string {
  return file.replace("\n-> ", `\n${stanza}-> `);
}

async function sealedNow(count = 2): Promise<Uint8Array> {
  const { backend } = scene.world;
  const shadow = await Shadow.of(scene);
  const [recipient] = shadow.recipients();
  assert(recipient !== undefined);
  const recipients = Array.from({ length: count }, () => recipient);
  return seal(backend, recipients, encodePlaintext(backend.randomBytes(32), encodeJson(BEAT)));
}

describe("threat 1: another history", () => {
  it("threat 1: same size, shorter, longer with the held part rewritten: each is a proof that verifies", async () => {
    for (const shape of ["same", "shorter", "longer"] as const) {
      const fresh = await makeScene();
      const { victim, author, channel } = fresh;
      const shadow = await Shadow.of(fresh, 2);
      const more = shape === "shorter" ? 0 : shape === "same" ? 1 : 3;
      if (shape === "shorter") {
        shadow.lines.pop();
        await shadow.write(BEAT, { kind: "party_update" });
      }
      for (let i = 0; i < more; i++) await shadow.write(BEAT, { kind: "heartbeat" });
      const answer = await ask(victim, shadow.push(0), author.party);
      assert.equal(codeOf(answer), "fork", shape);
      const proof = parseForkProof(answer.records[0]?.bytes ?? new Uint8Array(0));
      assert(!isRefusal(proof));
      const keys = author.identity.chain.latest.nodeKeys;
      assert.equal(
        verifyForkProof(fresh.world.backend, proof, () => keys),
        true,
      );
      // Frozen: nothing of this feed is taken any more, in this channel alone; the proof is given to everybody.
      const honest = await Shadow.of(fresh);
      await honest.write(BEAT, { kind: "heartbeat" });
      await refuses(fresh, honest.push(3), "fork");
      assert.equal((await victim.store.forks()).length, 1);
      assert.equal(liveChannel(victim, channel).frozen.has(author.party), true);
      const house = await victim.node.readHouse({ from: 0, limit: 100 });
      assert.equal(house.records.filter(({ record }) => record["alarm"] === "fork").length, 1);
      const other = await agree(fresh.world, author, victim);
      await stillServes({ ...fresh, channel: other });
    }
  });

  it("threat 1: a history that nobody signed is refused and freezes nothing", async () => {
    const shadow = await Shadow.of(scene, 2);
    await shadow.write(BEAT, { kind: "heartbeat" });
    const head = shadow.head();
    const forged = signHead(scene.world.backend, scene.victim.identity.secret, head);
    const note = encodeCheckpoint(head, forged);
    await refuses(
      scene,
      pushOf(scene, [...shadow.records(0).slice(0, -1), { type: "checkpoint", bytes: note }]),
      "unknown-key",
    );
  });

  it("threat 1: entries that lead to another root than the signed one are root-mismatch", async () => {
    const shadow = await Shadow.of(scene);
    await shadow.write(BEAT, { kind: "heartbeat" });
    const wrong = { ...shadow.head(), root: new Uint8Array(32) };
    const note = encodeCheckpoint(wrong, shadow.sign(wrong));
    await refuses(
      scene,
      pushOf(scene, [...shadow.records(3).slice(0, -1), { type: "checkpoint", bytes: note }]),
      "root-mismatch",
    );
  });
});

describe("threat 19 and 28: payloads that open for one and not for the other", () => {
  it("threat 19: a stanza with another file key, a commitment to something else, nobody's payload: held, unread, no crash", async () => {
    const fresh = await makeScene();
    const { backend } = fresh.world;
    const shadow = await Shadow.of(fresh);
    const [mine, archive] = shadow.recipients();
    assert(mine !== undefined && archive !== undefined);
    const honest = message(fresh, "sys.gap", { feed: fresh.author.party, from: 0, to: 1 });
    const a = Buffer.from(
      seal(backend, [mine], encodePlaintext(backend.randomBytes(32), encodeJson(honest))),
    ).toString("latin1");
    const b = Buffer.from(
      seal(backend, [archive], encodePlaintext(backend.randomBytes(32), encodeJson(BEAT))),
    ).toString("latin1");
    // The victim's stanza belongs to file a, the rest to file b: its MAC does not hold under the key it yields.
    const [, stanza = ""] = /(-> mlkem768x25519 [^]*?)--- /.exec(a) ?? [];
    const twoFaced = Uint8Array.from(Buffer.from(insert(b, stanza), "latin1"));
    const damaged = Uint8Array.from(Buffer.from(a, "latin1"));
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    await shadow.write(honest, { payload: twoFaced });
    await shadow.write(honest, { payload: damaged });
    await shadow.write(honest, { recipients: [archive] });
    await shadow.write(honest, { entry: { commit: A43 } });
    await shadow.write(utf8("not JSON"), {});
    await shadow.write(new Uint8Array(0), {});
    await shadow.write(utf8("[1,2,3]"), {});
    await shadow.write(honest, { payload: seal(backend, [mine], new Uint8Array(7)) });
    await shadow.write(honest, { payload: seal(backend, [mine], new Uint8Array(4_000).fill(0xff)) });
    assert.equal(codeOf(await ask(fresh.victim, shadow.push(3), fresh.author.party)), "receipt");
    const page = await fresh.victim.node.readEntries(liveChannel(fresh.victim, fresh.channel), {
      feed: fresh.author.party,
      from: 3,
      limit: 99,
    });
    const contents = page.entries.map(({ content }) => content);
    // One word for whatever could not be opened: nobody learns at which step it failed (threat 28).
    const closed = contents[0];
    assert.deepEqual(contents, [
      closed,
      closed,
      closed,
      closed,
      "opened",
      "opened",
      "opened",
      closed,
      closed,
    ]);
    await fresh.world.restart(fresh.victim);
    await fresh.victim.node.tick();
    const again = await fresh.victim.node.readEntries(liveChannel(fresh.victim, fresh.channel), {
      feed: fresh.author.party,
      from: 3,
      limit: 99,
    });
    assert.deepEqual(
      again.entries.map(({ content }) => content),
      contents,
    );
  });
});

describe("threat 20: signatures that two rules judge differently", () => {
  it("threat 20: S beyond the group order, R of small order and base64 with a changed last bit are refused", async () => {
    const shadow = await Shadow.of(scene);
    await shadow.write(BEAT, { kind: "heartbeat" });
    const head = shadow.head();
    const [classic, quantum] = shadow.sign(head);
    assert(classic && quantum);
    const body = (signature: Uint8Array): Uint8Array => {
      const note = encodeCheckpoint(head, [{ ...classic, signature }, quantum]);
      return pushOf(scene, [...shadow.records(3).slice(0, -1), { type: "checkpoint", bytes: note }]);
    };
    const L = [...Buffer.from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "hex")];
    const bigger = classic.signature.slice();
    for (let i = 0, carry = 0; i < 32; i++) {
      const sum = (bigger[32 + i] ?? 0) + (L[i] ?? 0) + carry;
      bigger[32 + i] = sum & 0xff;
      carry = sum >> 8;
    }
    await refuses(scene, body(bigger), "signature-bad");
    const smallR = classic.signature.slice();
    smallR.fill(0, 0, 32)[0] = 1;
    await refuses(scene, body(smallR), "signature-bad");
    const note = text(shadow.note());
    const blob = encodeBase64(concatBytes(classic.keyId, classic.signature));
    for (const other of [
      blob.replace("=", ""),
      `${blob.slice(0, -3)}${blob.at(-3) === "B" ? "C" : "B"}==`,
      `${blob}=`,
      blob.replaceAll("/", "_"),
      ` ${blob}`,
    ]) {
      if (other === blob) continue;
      const spoiled = utf8(note.replace(blob, other));
      const answer = await refuses(
        scene,
        pushOf(scene, [...shadow.records(3).slice(0, -1), { type: "checkpoint", bytes: spoiled }]),
        "note-malformed",
      ).catch((e: unknown) => e);
      assert(!(answer instanceof Error) || /signature-bad/.test(answer.message), String(answer));
    }
  });

  it("threat 24: after all these attacks the honest pair still speaks and the record is whole", async () => {
    await stillServes(scene);
    for (const resident of [scene.author, scene.victim])
      assert.equal((await resident.node.rehash(liveChannel(resident, scene.channel))).kind, "whole");
    assert.equal(
      entryOf((await Shadow.of(scene)).lines[0] ?? { bytes: new Uint8Array(0), payload: new Uint8Array(0) })
        .seq,
      0,
    );
  });
});
