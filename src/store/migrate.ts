/**
 * Migrations: brings a database to the schema of this build, forward only, each step in one transaction.
 *
 * Guarantees: a database whose recorded steps differ from ours, or that a newer build or another program wrote, is
 * refused with `SchemaMismatch` before anything in it changes. There is no way back: the operator restores a copy.
 */
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { integerOf, textOf } from "./sqlite-row.ts";

export interface Migration {
  readonly number: number;
  readonly sql: string;
}

/** The data on disk and this build do not belong together. Not a disk fault: waiting does not help. */
export class SchemaMismatch extends Error {
  readonly reason: "changed" | "unknown" | "foreign";
  /** The migration in question; 0 for a foreign database. */
  readonly migration: number;

  constructor(reason: SchemaMismatch["reason"], migration: number) {
    super(EXPLANATIONS[reason](migration));
    this.name = "SchemaMismatch";
    this.reason = reason;
    this.migration = migration;
  }
}

const EXPLANATIONS = {
  changed: (number: number): string => `migration ${number} of this database is not the one of this build`,
  unknown: (number: number): string =>
    `this database was written by a newer build: migration ${number} is unknown here`,
  foreign: (): string => "this is a SQLite database of another program",
} as const;

/** "PRLY": marks the file as ours, so a wrong path never gets tables added to it. */
const APPLICATION_ID = 0x50524c59;

/** Throws `SchemaMismatch`, or the engine's own error, which leaves the database at the last whole step. */
export function migrate(db: DatabaseSync, migrations: readonly Migration[]): void {
  const applied = checkSchema(db, migrations);
  for (const migration of migrations) if (!applied.has(migration.number)) apply(db, migration);
}

/** Reads only. Answers the checksums of the steps already applied; throws `SchemaMismatch`. */
export function checkSchema(db: DatabaseSync, migrations: readonly Migration[]): ReadonlyMap<number, string> {
  const applied = checksumByNumber(db);
  const known = new Map(migrations.map((migration) => [migration.number, checksumOf(migration)]));
  for (const [number, checksum] of applied) {
    const expected = known.get(number);
    if (expected === undefined) throw new SchemaMismatch("unknown", number);
    if (expected !== checksum) throw new SchemaMismatch("changed", number);
  }
  return applied;
}

export function checksumOf(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

function checksumByNumber(db: DatabaseSync): ReadonlyMap<number, string> {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const marker = db.prepare("PRAGMA application_id").get();
  const id = marker === undefined ? 0 : integerOf(marker, "application_id");
  if (id !== APPLICATION_ID) {
    if (id !== 0 || tables.length > 0) throw new SchemaMismatch("foreign", 0);
    return new Map();
  }
  const rows = db.prepare("SELECT number, checksum FROM migrations ORDER BY number").all();
  return new Map(rows.map((row) => [integerOf(row, "number"), textOf(row, "checksum")]));
}

function apply(db: DatabaseSync, migration: Migration): void {
  db.exec("BEGIN EXCLUSIVE");
  try {
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(
      "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL) STRICT",
    );
    db.exec(migration.sql);
    db.prepare("INSERT INTO migrations VALUES (?, ?)").run(migration.number, checksumOf(migration));
    db.exec("COMMIT");
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw cause;
  }
}
