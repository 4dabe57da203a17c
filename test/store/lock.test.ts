import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { it } from "node:test";
import { DataDirectoryLocked, lockDataDirectory } from "#parley/store/lock.ts";
import { StoreFault } from "#parley/store/store.ts";
import { startChild } from "./child.ts";
import { scratchDirectory } from "./scratch-directory.ts";

const heldBy =
  (pid: number) =>
  (error: unknown): boolean =>
    error instanceof DataDirectoryLocked && error.pid === pid && error.message.includes(String(pid));

it("refuses a second process and names the first", async () => {
  await using directory = await scratchDirectory();
  await using first = startChild("lock-holder.ts", directory.path);
  assert.equal(await first.line(), "locked");
  await using second = startChild("lock-holder.ts", directory.path);
  assert.equal(await second.line(), `refused ${first.pid}`);
  await assert.rejects(lockDataDirectory(directory.path), heldBy(first.pid));
});

it("is free the moment its process is killed, and names the next one from then on", async () => {
  await using directory = await scratchDirectory();
  await using first = startChild("lock-holder.ts", directory.path);
  assert.equal(await first.line(), "locked");
  await first.kill();
  await using second = startChild("lock-holder.ts", directory.path);
  assert.equal(await second.line(), "locked");
  await assert.rejects(lockDataDirectory(directory.path), heldBy(second.pid));
});

it("lets exactly one of several processes that start together have it", async () => {
  await using directory = await scratchDirectory();
  const children = [1, 2, 3, 4].map(() => startChild("lock-holder.ts", directory.path));
  try {
    const answers = await Promise.all(children.map((child) => child.line()));
    assert.equal(answers.filter((answer) => answer === "locked").length, 1, answers.join());
    const holder = children[answers.indexOf("locked")];
    await assert.rejects(lockDataDirectory(directory.path), heldBy(holder?.pid ?? 0));
  } finally {
    for (const child of children) await child.kill();
  }
});

it("refuses its own process a second time, until it is released", async () => {
  await using directory = await scratchDirectory();
  const lock = await lockDataDirectory(directory.path);
  await assert.rejects(lockDataDirectory(directory.path), heldBy(process.pid));
  await lock[Symbol.asyncDispose]();
  await lock[Symbol.asyncDispose]();
  await using again = await lockDataDirectory(directory.path);
  assert.ok(again);
});

it("locks each directory for itself", async () => {
  await using one = await scratchDirectory();
  await using two = await scratchDirectory();
  await using first = await lockDataDirectory(one.path);
  await using second = await lockDataDirectory(two.path);
  assert.notEqual(first, second);
});

it("faults on a directory that is not there and on a damaged lock file, rather than going without", async () => {
  await using directory = await scratchDirectory();
  const fault = (kind: string) => (error: unknown) => error instanceof StoreFault && error.kind === kind;
  await assert.rejects(lockDataDirectory(directory.file("missing")), fault("io"));
  await writeFile(directory.file("lock.db"), "this is no lock ".repeat(300));
  await assert.rejects(lockDataDirectory(directory.path), fault("corrupt"));
});
