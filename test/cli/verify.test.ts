import assert from "node:assert/strict";
import { before, test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { encodeTrust, trustParties } from "#parley/transcript/trust.ts";
import { noticeBody, words } from "../kit/materials.ts";
import { agree, liveChannel, makeWorld, speak } from "../kit/world.ts";
import { VERIFY } from "#parley/cli/verify.ts";
import { makeDesk } from "./desk.ts";

const made: { transcript: Uint8Array; trust: Uint8Array; tail: Uint8Array; one: Uint8Array } = {
  transcript: new Uint8Array(0),
  one: new Uint8Array(0),
  trust: new Uint8Array(0),
  tail: new Uint8Array(0),
};

before(async () => {
  const world = await makeWorld(["meridia", "rimal"]);
  const [meridia, rimal] = world.residents;
  assert.ok(meridia !== undefined && rimal !== undefined);
  const channel = await agree(world, meridia, rimal);
  const envelope = words("Night\u001b[31m shift \u202egnp");
  await speak(meridia, channel, { type: "notice.open", body: noticeBody(), envelope: {} });
  await world.settle();
  made.transcript = await meridia.node.exportTranscript(liveChannel(meridia, channel));
  const one = await meridia.node.proveMessage(liveChannel(meridia, channel), { feed: meridia.party, seq: 2 });
  assert.ok(one instanceof Uint8Array);
  made.one = one;
  made.trust = utf8(encodeTrust(trustParties([meridia.party, rimal.party])));
  world.cut.add("meridia>rimal");
  world.cut.add("rimal>meridia");
  await speak(meridia, channel, { type: "notice.open", body: noticeBody({ severity: 5 }) });
  made.tail = await meridia.node.exportTranscript(liveChannel(meridia, channel));
  assert.ok(Object.keys(envelope).length > 0);
});

function desk(transcript: Uint8Array) {
  return makeDesk({ t: transcript, trust: made.trust });
}

test("verify: a whole record is complete, status 0, with a story in three languages", async () => {
  const { run } = desk(made.transcript);
  const plain = await run("verify", "t", "--trust", "trust");
  assert.equal(plain.status, 0, plain.out);
  assert.match(plain.out, /^The record is complete/);
  assert.match(plain.out, /MERIDIA/);
  const stories: string[] = [];
  for (const lang of ["en", "ar", "ru"])
    stories.push((await run("verify", "t", "--trust", "trust", "--lang", lang)).out);
  assert.equal(new Set(stories).size, 3);
  const last = await run("verify", "t", "--trust", "trust", "--signatures", "last");
  assert.equal(last.status, 0);
  const json = JSON.parse((await run("verify", "t", "--trust", "trust", "--json")).out) as Record<
    string,
    unknown
  >;
  assert.equal(json["verdict"], "complete");
  assert.ok(Array.isArray(json["story"]) && json["story"].length > 4);
});

test("verify: what the other side never receipted is incomplete, status 1", async () => {
  const { status, out } = await desk(made.tail).run("verify", "t", "--trust", "trust");
  assert.equal(status, 1);
  assert.match(out, /receipt-missing/);
});

test("verify: one byte changed names the entry, status 1", async () => {
  const changed = made.transcript.slice();
  const at = Buffer.from(changed).indexOf('"kind":"message"');
  assert.ok(at > 0);
  changed[at + 3] = (changed[at + 3] ?? 0) ^ 1;
  const { status, out } = await desk(changed).run("verify", "t", "--trust", "trust");
  assert.equal(status, 1);
  assert.match(out, /first bad entry 2: entry-altered layer=transcript clause=7\.3\.3/);
});

test("verify: truncated anywhere is never complete and never crashes", async () => {
  const { length } = made.transcript;
  for (const part of [0, 1, 16, 40, 0.3, 0.6, 0.9, 0.99]) {
    const cut = made.transcript.subarray(0, part < 1 ? Math.floor(length * part) : part);
    assert.equal((await desk(cut).run("verify", "t", "--trust", "trust")).status, 1);
  }
});

test("verify: trust is demanded, and must be a trust file", async () => {
  const { run, files } = desk(made.transcript);
  assert.equal((await run("verify", "t")).status, 2);
  files.set("bad", utf8("hello"));
  const bad = await run("verify", "t", "--trust", "bad");
  assert.equal(bad.status, 1);
  assert.match(bad.out, /^refused trust-malformed layer=trust clause=7\.2\.1/);
  files.set("stranger", utf8(`parley-trust/1\nparty ${"A".repeat(43)}\n`));
  const stranger = await run("verify", "t", "--trust", "stranger");
  assert.equal(stranger.status, 1);
  assert.match(stranger.out, /trust-party/);
});

test("verify: one opened message says who said it, at which place, and shows its text", async () => {
  const { run, files } = desk(made.one);
  const plain = await run("verify", "t", "--trust", "trust");
  assert.equal(plain.status, 0, plain.out);
  assert.match(
    plain.out,
    /^meridia [(]MERIDIA[)] said this message as entry 2, under its own signed head of \d+/,
  );
  assert.match(plain.out, /"type":"notice.open"/);
  const json = JSON.parse((await run("verify", "t", "--trust", "trust", "--json")).out) as {
    readonly accepted: boolean;
    readonly handle: string;
    readonly seq: number;
    readonly message: string;
  };
  assert.deepEqual([json.accepted, json.handle, json.seq], [true, "MERIDIA", 2]);
  assert.equal((JSON.parse(json.message) as { readonly type: string }).type, "notice.open");
  const changed = made.one.slice();
  const at = Buffer.from(changed).indexOf('"severity"');
  assert.ok(at > 0);
  changed[at + 2] = (changed[at + 2] ?? 0) ^ 1;
  files.set("t", changed);
  const bad = await run("verify", "t", "--trust", "trust");
  assert.equal(bad.status, 1);
  assert.match(bad.out, /^refused (commit-mismatch|opening-mismatch) /);
  for (const part of [0.2, 0.5, 0.8, 0.99]) {
    files.set("t", made.one.subarray(0, Math.floor(made.one.length * part)));
    assert.equal((await run("verify", "t", "--trust", "trust")).status, 1);
  }
});

test("verify: the examples of its help do what they say", async () => {
  const { run } = makeDesk({ "transcript.parley": made.transcript, "trust.policy": made.trust });
  assert.ok(VERIFY.examples.length > 1);
  for (const example of VERIFY.examples) {
    const shown = await run(...example.split(" ").slice(1));
    assert.equal(shown.status, 0, example);
  }
});
