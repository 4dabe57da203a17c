/**
 * Child process: a node whose disk is really full, then is not. Arguments: a directory, and how space is taken.
 *
 * `space` fills the file system of the directory, which the parent made small. `size` lowers this process's own limit
 * for the size of a file, which needs no right beyond being its owner. Exits 0 when everything was as it must be.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { StoreFault } from "#parley/store/store.ts";
import { noticeBody } from "../kit/materials.ts";
import { accepted, agree, liveChannel, makeWorld, refusedWith, speak } from "../kit/world.ts";
import { tickThrough } from "./copies.ts";

const [directory = "", way = ""] = process.argv.slice(2);
const path = join(directory, "parley.db");
const filler = join(directory, "filler");
process.on("SIGXFSZ", () => undefined); // the write fails with EFBIG instead

function prlimit(...options: readonly string[]): string {
  return execFileSync("prlimit", ["--pid", String(process.pid), ...options], { encoding: "utf8" }).trim();
}

/** Not one byte more in any file that SQLite would have to make longer. */
function takeSpace(): void {
  if (way === "size") return void prlimit(`--fsize=${statSync(`${path}-wal`).size}:`);
  const file = openSync(filler, "w");
  try {
    for (let size = 65_536; size >= 1; size /= 2) while (hasRoom(file, size));
  } finally {
    closeSync(file);
  }
}

function hasRoom(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size;
  } catch (cause) {
    assert(cause instanceof Error && "code" in cause && cause.code === "ENOSPC");
    return false;
  }
}

function giveSpace(): void {
  if (way === "size") prlimit(`--fsize=${prlimit("--fsize", "--output=HARD", "--noheadings", "--raw")}:`);
  else rmSync(filler);
}

const world = await makeWorld(["meridia", "rimal"], undefined, undefined, (name) =>
  openSqliteStore({ path: name === "rimal" ? path : ":memory:" }),
);
const [author, victim] = world.residents;
assert(author !== undefined && victim !== undefined);
const channel = await agree(world, author, victim);
const notice = { type: "notice.open", body: noticeBody() };
accepted(await speak(victim, channel, notice));
await tickThrough(victim);
const told: boolean[] = [];
victim.node.subscribe((event) => event.type === "store" && told.push(event.writable));
const sizes = (): readonly number[] =>
  [author, victim].map(({ party }) => liveChannel(victim, channel).record.tip(party).frontier.size);
const before = sizes();

takeSpace();
await assert.rejects(speak(victim, channel, notice), (fault) => {
  assert(fault instanceof StoreFault);
  assert.equal(fault.kind, way === "size" ? "io" : "full");
  return true;
});
assert.equal(victim.node.core.writable, false);
accepted(await speak(author, channel, notice));
for (let i = 0; i < 3; i++) {
  world.now += 400;
  await tickThrough(author);
  await tickThrough(victim);
}
assert.equal(liveChannel(author, channel).outboxes.get(victim.party)?.lastRefusal, "read-only");
assert.deepEqual(sizes(), before, "nothing new while there is no room");
assert.deepEqual(told, [false], "said once, and no success without a write");
const page = await victim.node.readEntries(liveChannel(victim, channel), {
  feed: victim.party,
  from: 0,
  limit: 9,
});
assert.equal(page.entries.length, before[1], "everything is still shown");
assert((await victim.node.exportTranscript(liveChannel(victim, channel))).length > 0);

giveSpace();
await tickThrough(victim);
assert.deepEqual(told, [false, true], "it notices by itself");
accepted(await speak(victim, channel, notice));
world.now += 400;
for (let i = 0; i < 2; i++) for (const resident of [author, victim]) await tickThrough(resident);
assert.deepEqual(sizes(), [(before[0] ?? 0) + 1, (before[1] ?? 0) + 1], "what waited arrives, both ways");
assert.equal((await victim.node.rehash(liveChannel(victim, channel))).kind, "whole");
await victim.store[Symbol.asyncDispose]();
await using store = await openSqliteStore({ path });
await world.restart(victim, store);
assert.deepEqual(sizes(), [(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
refusedWith(await speak(victim, channel, notice), "read-only"); // it asks before it signs, as after any start
