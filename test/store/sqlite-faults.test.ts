/** What the SQLite engine does when the disk is full, the file damaged, another holds it, or the process dies. */
import assert from "node:assert/strict";
import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { it } from "node:test";
import { storeFaultOf } from "#parley/store/sqlite-fault.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { StoreFault, type Append, type Store } from "#parley/store/store.ts";
import { feedWriter, filler, MERIDIA } from "../contract/store-material.ts";
import { startChild } from "./child.ts";
import { scratchDirectory } from "./scratch-directory.ts";

const PAGE = 8_192;
const whole = { from: 0, limit: 10_000, payloads: true } as const;
const fault = (kind: string) => (error: unknown) => error instanceof StoreFault && error.kind === kind;

/** Appends until the quota stops it; answers what was stored and the append that failed. */
async function fill(store: Store): Promise<{ readonly stored: readonly Append[]; readonly refused: Append }> {
  const write = feedWriter(MERIDIA);
  const stored: Append[] = [];
  for (;;) {
    const append = write({ entries: 2, payloadSizeBytes: 3_700 });
    try {
      await store.append(append);
    } catch (error) {
      assert.ok(fault("full")(error), String(error));
      return { stored, refused: append };
    }
    stored.push(append);
  }
}

it("keeps everything readable on a full disk, and goes on once payloads made room", async () => {
  await using store = await openSqliteStore({ path: ":memory:", maxPages: 120 });
  const { stored, refused } = await fill(store);
  assert.ok(stored.length > 5);
  assert.deepEqual(
    await store.entries(MERIDIA, whole),
    stored.flatMap(({ entries }) => entries),
  );
  assert.equal((await store.tip(MERIDIA)).frontier.size, refused.from);
  await assert.rejects(store.append(refused), fault("full"), "still full");
  for (let seq = 0; seq < 10; seq++) await store.erasePayload(MERIDIA, seq);
  await store.append(refused);
  assert.equal((await store.tip(MERIDIA)).frontier.size, refused.checkpoint.size);
});

it("goes on after reopening where a full disk stopped it", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  const small = await openSqliteStore({ path, maxPages: 120 });
  const { stored, refused } = await fill(small);
  await small[Symbol.asyncDispose]();
  await using large = await openSqliteStore({ path, maxPages: 500 });
  assert.deepEqual(
    await large.entries(MERIDIA, whole),
    stored.flatMap(({ entries }) => entries),
  );
  await large.append(refused);
  assert.deepEqual((await large.tip(MERIDIA)).checkpoint, refused.checkpoint);
});

it("waits for another writer and then says busy, and reads beside it", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  await using store = await openSqliteStore({ path });
  const write = feedWriter(MERIDIA);
  const [first, second] = [write({ entries: 1 }), write({ entries: 1 })];
  await store.append(first);
  using other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  await assert.rejects(store.append(second), fault("busy"));
  assert.deepEqual(await store.entries(MERIDIA, whole), first.entries);
  other.exec("ROLLBACK");
  await store.append(second);
});

it("does not call an erasure done while a reader still holds the log that has the old pages", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  await using store = await openSqliteStore({ path });
  await store.append(feedWriter(MERIDIA)({ entries: 1 }));
  using reader = new DatabaseSync(path);
  reader.exec("BEGIN; SELECT count(*) FROM entries");
  await assert.rejects(store.erasePayload(MERIDIA, 0), fault("busy"));
  reader.exec("COMMIT");
  await store.erasePayload(MERIDIA, 0);
  assert.equal((await store.entryAt(MERIDIA, 0))?.payload, undefined);
});

it("leaves no byte of an erased payload in its files", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  const store = await openSqliteStore({ path });
  const append = feedWriter(MERIDIA)({ entries: 9, payloadSizeBytes: 9_000 });
  await store.append(append);
  await store.erasePayload(MERIDIA, 4);
  assert.equal((await stat(`${path}-wal`)).size, 0);
  await store[Symbol.asyncDispose]();
  const bytes = await readFile(path);
  const holds = (part: Uint8Array): boolean => bytes.includes(Buffer.from(part));
  assert.ok(
    holds(filler("payload cert-meridia 3", 64)) && holds(filler("opened 3", 48)),
    "the neighbour's are there",
  );
  assert.ok(!holds(filler("payload cert-meridia 4", 64)));
  assert.ok(!holds(filler("opened 4", 48)));
});

it("refuses a file that is no database, and leaves it as it was", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  const text = "This is a text somebody saved under the wrong name. ".repeat(200);
  await writeFile(path, text);
  await assert.rejects(openSqliteStore({ path }), fault("corrupt"));
  assert.equal(await readFile(path, "utf8"), text);
});

it("faults on a database cut short or overwritten in the middle, never answers less", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  const store = await openSqliteStore({ path });
  const append = feedWriter(MERIDIA)({ entries: 300 });
  await store.append(append);
  await store[Symbol.asyncDispose]();
  const intact = await readFile(path);
  const readAll = async (): Promise<unknown> => {
    await using damaged = await openSqliteStore({ path });
    return await damaged.entries(MERIDIA, whole);
  };
  assert.deepEqual(await readAll(), append.entries);
  await truncate(path, Math.floor(intact.length / 2 / PAGE) * PAGE);
  await assert.rejects(readAll(), fault("corrupt"));
  let detected = 0;
  for (let page = 0; page < intact.length / PAGE; page++) {
    const damaged = Buffer.from(intact);
    damaged.fill(0xff, page * PAGE, (page + 1) * PAGE);
    await writeFile(path, damaged);
    const answer = await readAll().catch((error: unknown) => {
      assert.ok(error instanceof StoreFault && error.kind === "corrupt", `page ${page}: ${String(error)}`);
      return undefined;
    });
    if (answer === undefined) detected += 1;
    else assert.deepEqual(answer, append.entries, `page ${page}`); // a page of something else
  }
  assert.ok(detected > 30, `${detected} pages`);
});

it("takes a row that is missing in a feed for damage, not for its end", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  const append = feedWriter(MERIDIA)({ entries: 3 });
  await using store = await openSqliteStore({ path });
  await store.append(append);
  using other = new DatabaseSync(path);
  other.exec("DELETE FROM entries WHERE (place & 0xff) = 2");
  await assert.rejects(store.entries(MERIDIA, whole), fault("corrupt"));
  await assert.rejects(store.entryAt(MERIDIA, 2), fault("corrupt"));
  other.exec("DELETE FROM checkpoints; UPDATE feeds SET seen = 'x'");
  await assert.rejects(store.tip(MERIDIA), fault("corrupt"));
});

it("faults on a place that it cannot write", async () => {
  await using directory = await scratchDirectory();
  await assert.rejects(openSqliteStore({ path: directory.file("missing/store.db") }), fault("io"));
  await assert.rejects(openSqliteStore({ path: directory.path }), fault("io"));
});

it("makes its files readable by their owner alone", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  await using store = await openSqliteStore({ path });
  await store.setMeta("party", new Uint8Array(1));
  const mode = process.platform === "win32" ? 0o666 : 0o600; // Windows has no such bits; its directory decides
  for (const suffix of ["", "-wal", "-shm"])
    assert.equal((await stat(path + suffix)).mode & 0o777, mode, suffix);
});

it("has after kill -9 all that it confirmed, and only whole appends", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  for (let round = 0, confirmed = 0; round < 3; round++) {
    await using child = startChild("append-loop.ts", path);
    for (let lines = 0; lines < 20 * (round + 1); lines++) confirmed = Number(await child.line());
    await child.kill();
    await using store = await openSqliteStore({ path });
    const { frontier, checkpoint } = await store.tip(MERIDIA);
    const expected = feedWriter(MERIDIA)({ entries: frontier.size });
    assert.ok(frontier.size >= confirmed && frontier.size % 3 === 0, `${frontier.size} of ${confirmed}`);
    assert.deepEqual(await store.entries(MERIDIA, whole), expected.entries);
    assert.deepEqual(checkpoint, expected.checkpoint);
    assert.equal((await store.receiptAt(MERIDIA, frontier.size, "csirt-rimal"))?.at, frontier.size);
  }
});

it("maps every kind of engine and file-system error, and lets bugs pass", () => {
  const sqlite = (errcode: number): Error =>
    Object.assign(new Error("engine"), { code: "ERR_SQLITE_ERROR", errcode });
  const system = (code: string): Error => Object.assign(new Error("system"), { code, syscall: "open" });
  const expected: readonly (readonly [Error, StoreFault["kind"]])[] = [
    [sqlite(13), "full"],
    [sqlite(10 | (19 << 8)), "full"],
    [system("ENOSPC"), "full"],
    [system("EDQUOT"), "full"],
    [sqlite(5), "busy"],
    [sqlite(5 | (2 << 8)), "busy"],
    [sqlite(6), "busy"],
    [sqlite(11), "corrupt"],
    [sqlite(11 | (1 << 8)), "corrupt"],
    [sqlite(19 | (6 << 8)), "corrupt"],
    [sqlite(26), "corrupt"],
    [sqlite(10), "io"],
    [sqlite(10 | (4 << 8)), "io"],
    [sqlite(8), "io"],
    [sqlite(14), "io"],
    [system("EACCES"), "io"],
  ];
  for (const [cause, kind] of expected) {
    const mapped = storeFaultOf(cause);
    assert.ok(mapped instanceof StoreFault && mapped.kind === kind && mapped.cause === cause, kind);
  }
  const [bug, already] = [new TypeError("bug"), new StoreFault("full")];
  assert.equal(storeFaultOf(bug), bug);
  assert.equal(storeFaultOf(already), already);
});
