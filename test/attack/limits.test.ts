/**
 * Limits of the wire, each at one less, itself and one more (threats.md 9, 10, 11): refused before it costs anything.
 */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeBundle, parseBundle, type BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import * as limits from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodePlaintext } from "#parley/crypto/payload.ts";
import { seal } from "#parley/crypto/seal.ts";
import { encodeCheckpoint } from "#parley/ledger/checkpoint.ts";
import {
  ask,
  BEAT,
  codeOf,
  makeScene,
  pushOf,
  pushOne,
  refuses,
  request,
  Shadow,
  stateOf,
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

describe("threat 9: one more than the limit", () => {
  it("threat 9: 65 stanzas pass, 66 do not", async () => {
    const fresh = await makeScene();
    const shadow = await Shadow.of(fresh);
    const recipient = fresh.victim.identity.chain.latest.recipient;
    const of = (count: number): readonly Uint8Array[] => Array.from({ length: count }, () => recipient);
    for (const count of [limits.STANZA_LIMIT - 1, limits.STANZA_LIMIT]) {
      await shadow.write(BEAT, { kind: "heartbeat", recipients: of(count) });
      assert.equal(
        codeOf(await ask(fresh.victim, shadow.push(shadow.size - 1), fresh.author.party)),
        "receipt",
      );
    }
    const last = shadow.lines.at(-1)?.payload;
    assert(last !== undefined);
    const file = Buffer.from(last).toString("latin1");
    const [, stanza = ""] = /(-> mlkem768x25519 [^]*?)-> /.exec(file) ?? [];
    const payload = Uint8Array.from(Buffer.from(insert(file, stanza), "latin1"));
    await shadow.write(BEAT, { kind: "heartbeat", payload });
    await refuses(fresh, shadow.push(shadow.size - 1), "seal-recipient");
  });

  it("threat 9: 64 heads in seen pass the form, 65 do not", async () => {
    const heads = (count: number) =>
      Array.from({ length: count }, (_, i) => encodeBase64url(new Uint8Array(32).fill(i + 1)))
        .sort()
        .map((feed) => ({ feed, root: A43, size: 1 }));
    for (const count of [limits.SEEN_LIMIT - 1, limits.SEEN_LIMIT]) {
      const seen = [...heads(count - 1), ...(await (await Shadow.of(scene)).seen())].sort((a, b) =>
        a.feed < b.feed ? -1 : 1,
      );
      await refuses(scene, await pushed({ entry: { seen } }), "seen-unknown");
    }
    await refuses(scene, await pushed({ entry: { seen: heads(limits.SEEN_LIMIT + 1) } }), "entry-seen");
  });

  it("threat 9: an entry of 16,385 bytes is refused before it is parsed", async () => {
    const filled = (size: number): Uint8Array => utf8(`{"a":"${"x".repeat(size - 8)}"}`);
    for (const size of [limits.ENTRY_SIZE_LIMIT_BYTES - 1, limits.ENTRY_SIZE_LIMIT_BYTES])
      await refuses(scene, await pushed({ bytes: filled(size) }), "entry-schema");
    await refuses(
      scene,
      await pushed({ bytes: filled(limits.ENTRY_SIZE_LIMIT_BYTES + 1) }),
      "entry-too-large",
    );
  });

  it("threat 9: 255 and 256 entries in one bundle pass, 257 do not", async () => {
    for (const count of [
      limits.BUNDLE_ENTRIES_LIMIT - 1,
      limits.BUNDLE_ENTRIES_LIMIT,
      limits.BUNDLE_ENTRIES_LIMIT + 1,
    ]) {
      const shadow = await Shadow.of(scene);
      const payload = await sealedNow();
      for (let i = 0; i < count; i++) await shadow.write(BEAT, { kind: "heartbeat", payload });
      const body = shadow.push(3);
      if (count > limits.BUNDLE_ENTRIES_LIMIT) await refuses(scene, body, "too-many");
      else assert(!isRefusal(parseBundle(body)));
    }
  });

  it("threat 9: 2,048 records pass the form, 2,049 do not: a record of no bytes costs memory too", async () => {
    const empty = (count: number): BundleRecord[] =>
      Array.from({ length: count }, () => ({ type: "payload", bytes: new Uint8Array(0) }));
    // One record is the request itself.
    for (const count of [limits.BUNDLE_RECORDS_LIMIT - 2, limits.BUNDLE_RECORDS_LIMIT - 1])
      await refuses(scene, pushOf(scene, empty(count)), "incomplete");
    await refuses(scene, pushOf(scene, empty(limits.BUNDLE_RECORDS_LIMIT)), "too-many");
  });

  it("threat 9: a note of 32 lines passes, of 33 does not; nor one of too many bytes", async () => {
    const shadow = await Shadow.of(scene);
    const head = shadow.head();
    const line = (i: number) => ({ name: `x${i}`, keyId: new Uint8Array(4), signature: new Uint8Array(8) });
    const body = (count: number, size = 8): Uint8Array => {
      const extra = Array.from({ length: count }, (_, i) => ({
        ...line(i),
        signature: new Uint8Array(size),
      }));
      return pushOf(scene, [
        { type: "checkpoint", bytes: encodeCheckpoint(head, [...extra, ...shadow.sign(head)]) },
      ]);
    };
    for (const count of [limits.SIGNATURE_LINES_LIMIT - 3, limits.SIGNATURE_LINES_LIMIT - 2])
      assert.equal(codeOf(await ask(scene.victim, body(count), scene.author.party)), "receipt");
    await refuses(scene, body(limits.SIGNATURE_LINES_LIMIT - 1), "note-too-many-signatures");
    await refuses(scene, body(1, limits.NOTE_SIZE_LIMIT_BYTES), "note-too-large");
  });

  it("threat 9: a payload that is longer than the limit cannot be named, shorter than said is hash-mismatch", async () => {
    const payload = await sealedNow();
    await refuses(
      scene,
      await pushed({ entry: { ct_len: limits.PAYLOAD_SIZE_LIMIT_BYTES + 1 } }),
      "entry-schema",
    );
    for (const ct_len of [0, payload.length - 1, limits.PAYLOAD_SIZE_LIMIT_BYTES])
      await refuses(scene, await pushed({ payload, entry: { ct_len } }), "hash-mismatch");
  });

  it("threat 9: many questions in one body get one refusal, not many answers", async () => {
    const { channel, author, victim } = scene;
    const one = request({ type: "head", channel, feed: victim.party });
    const records = parseBundle(one);
    assert(!isRefusal(records));
    const many = encodeBundle(Array.from({ length: 1_000 }, () => records).flat());
    await refuses(scene, many, "request-schema");
    assert.equal(codeOf(await ask(victim, one, author.party)), "head");
  });

  it("threat 9: sizes and positions at the end of the integers are answered", async () => {
    const { channel, author, victim } = scene;
    for (const from of [3, 2 ** 31, 2 ** 40, 2 ** 41, Number.MAX_SAFE_INTEGER]) {
      const answer = await ask(
        victim,
        request({ type: "fetch", channel, feed: author.party, from }),
        author.party,
      );
      assert.equal(answer.records.length, 0);
    }
    const shadow = await Shadow.of(scene);
    for (const size of [2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const head = { ...shadow.head(), size };
      const note = encodeCheckpoint(head, shadow.sign(head));
      await refuses(scene, pushOf(scene, [{ type: "checkpoint", bytes: note }]), "out-of-order");
      await refuses(
        scene,
        pushOf(scene, [...shadow.records(0).slice(0, -1), { type: "checkpoint", bytes: note }]),
        "out-of-order",
      );
    }
  });
});

describe("threat 10 and 11: types and paths that a bundle has not", () => {
  it("threat 10: no compression and no archive: what is not a bundle is refused by its first bytes", async () => {
    for (const bytes of [
      Uint8Array.of(0x1f, 0x8b, 8, 0),
      utf8("PK\x03\x04"),
      utf8("parley-bundle/2\n"),
      new Uint8Array(0),
    ])
      await refuses(scene, bytes, "bundle-magic");
  });
  it("threat 11: an unknown record type, a path for a type, and a wrong length are refused", async () => {
    const raw = (header: string): Uint8Array => utf8(`parley-bundle/1\n${header}`);
    await refuses(scene, raw("file 1\nx\n"), "bundle-type");
    await refuses(scene, raw("../../etc/passwd 1\nx\n"), "bundle-record");
    await refuses(scene, raw("entry 01\nx\n"), "bundle-record");
    await refuses(scene, raw("entry -1\nx\n"), "bundle-record");
    await refuses(scene, raw("entry 2\nx\n"), "bundle-truncated");
    await refuses(scene, raw("entry 9999999999\nx\n"), "bundle-truncated");
    await refuses(scene, raw("entry 99999999999\nx\n"), "bundle-record");
    await refuses(scene, raw(`entry ${"9".repeat(5_000)}`), "bundle-record");
    await refuses(scene, raw("entry 1\nx\n"), "request-schema");
  });
  it("threat 11: records that no push has are ignored, and kept nowhere", async () => {
    const { author, victim, world } = scene;
    const before = await stateOf(victim, world.now);
    const extra = [
      "manifest",
      "opened",
      "withheld",
      "leaves",
      "genesis",
      "party",
      "fork",
      "decline",
    ] as const;
    const records: BundleRecord[] = extra.map((type) => ({ type, bytes: new Uint8Array(8) }));
    const shadow = await Shadow.of(scene);
    assert.equal(
      codeOf(await ask(victim, pushOf(scene, [...records, ...shadow.records(0)]), author.party)),
      "receipt",
    );
    assertSame(await stateOf(victim, world.now), before);
  });
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
