import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { it } from "node:test";
import { checksumOf, migrate, SchemaMismatch, type Migration } from "#parley/store/migrate.ts";
import { SQLITE_MIGRATIONS } from "#parley/store/migrations/index.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { scratchDirectory } from "./scratch-directory.ts";

const first: Migration = { number: 1, sql: "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);" };
const second: Migration = { number: 2, sql: "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'two';" };
const broken: Migration = { number: 2, sql: "UPDATE a SET x = 9; INSERT INTO missing VALUES (1);" };

const mismatch = (reason: string, migration: number) => (error: unknown) =>
  error instanceof SchemaMismatch && error.reason === reason && error.migration === migration;

function dump(db: DatabaseSync): unknown {
  const schema = db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  const id = db.prepare("PRAGMA application_id").get();
  return structuredClone([schema, id, db.prepare("PRAGMA journal_mode").get()]);
}

it("applies what is missing, in order, and nothing twice", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db, [first]);
  migrate(db, [first]);
  assert.equal(db.prepare("SELECT count(*) AS n FROM a").get()?.["n"], 1);
  migrate(db, [first, second]);
  migrate(db, [first, second]);
  assert.deepEqual({ ...db.prepare("SELECT x, y FROM a").get() }, { x: 1, y: "two" });
  const recorded = db.prepare("SELECT number, checksum FROM migrations ORDER BY number").all();
  assert.deepEqual(
    recorded.map((row) => ({ ...row })),
    [first, second].map((migration) => ({ number: migration.number, checksum: checksumOf(migration) })),
  );
});

it("leaves the last whole step when one fails, and goes on from there", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db, [first]);
  assert.throws(() => migrate(db, [first, broken]), /missing/);
  assert.equal(db.isTransaction, false);
  assert.equal(db.prepare("SELECT x FROM a").get()?.["x"], 1);
  migrate(db, [first, second]);
  assert.equal(db.prepare("SELECT y FROM a").get()?.["y"], "two");
});

it("refuses a database whose steps are not ours, before it changes anything", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db, [first, second]);
  const before = dump(db);
  const third: Migration = { number: 3, sql: "CREATE TABLE c (x INTEGER)" };
  const edited: Migration = { number: 1, sql: `${first.sql} -- edited after its release` };
  assert.throws(() => migrate(db, [first]), mismatch("unknown", 2));
  assert.throws(() => migrate(db, [edited, second, third]), mismatch("changed", 1));
  assert.deepEqual(dump(db), before);
});

it("leaves the database of another program untouched", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("other.db");
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE theirs (x INTEGER)");
  const before = dump(other);
  await assert.rejects(openSqliteStore({ path }), mismatch("foreign", 0));
  assert.deepEqual(dump(other), before);
  other.exec("DROP TABLE theirs; PRAGMA application_id = 7");
  await assert.rejects(openSqliteStore({ path }), mismatch("foreign", 0));
  other.close();
});

it("refuses at open a store that a newer build has written, or whose recorded checksum is another", async () => {
  await using directory = await scratchDirectory();
  const path = directory.file("store.db");
  await (await openSqliteStore({ path }))[Symbol.asyncDispose]();
  const alter = (sql: string): void => {
    using db = new DatabaseSync(path);
    db.exec(sql);
  };
  alter("INSERT INTO migrations VALUES (99, 'x')");
  await assert.rejects(openSqliteStore({ path }), mismatch("unknown", 99));
  alter("DELETE FROM migrations WHERE number = 99; UPDATE migrations SET checksum = 'x'");
  await assert.rejects(openSqliteStore({ path }), mismatch("changed", 1));
});

it("numbers the real migrations from 1 without a gap, and none has changed since its release", () => {
  const released = ["a7a4bb2f8f73585ef0ac0df7adc8b89ead07e53c003d8e3c726bb5390a1c9ccc"];
  assert.deepEqual(
    SQLITE_MIGRATIONS.map(({ number }) => number),
    released.map((_, i) => i + 1),
  );
  assert.deepEqual(SQLITE_MIGRATIONS.map(checksumOf), released);
});
