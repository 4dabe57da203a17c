/**
 * One SQLite connection with the settings the record needs, and its transactions.
 *
 * Guarantees: a transaction that returns is on disk (WAL, `synchronous=FULL`: the log is fsynced at each commit);
 * one that throws has changed nothing that this connection can see. When COMMIT itself fails, a crash right after
 * may still bring the transaction back: the caller reads the tip again before it writes or signs.
 * Deliberately absent: a statement cache, retries, a worker thread.
 */
import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { checkSchema, migrate, type Migration } from "./migrate.ts";
import { textOf } from "./sqlite-row.ts";
import { StoreFault } from "./store.ts";

export interface SqliteOptions {
  /** File, made when missing (its directory is not), or ":memory:". */
  readonly path: string;
  /** Upper size of the database in pages of 8,192 bytes: a quota. Beyond it writes fail as on a full disk. */
  readonly maxPages?: number;
}

export interface Connection {
  readonly db: DatabaseSync;
  readonly transact: <T>(work: () => T) => T;
}

/** Two sealed messages of 3.7 kB a page; against 4,096 a batch of 256 costs half the CPU, one entry the same. */
const PAGE_SIZE_BYTES = 8_192;
/** 8 MB of log, SQLite's own number: more makes the one append that moves it into the file stall for longer. */
const LOG_PAGES_LIMIT = 1_000;
/** The thread stands still meanwhile, and by the data-directory lock only a backup tool can be in the way. */
const BUSY_TIMEOUT_MS = 250;
/** Two and a half times SQLite's default: inner pages of a million entries stay in memory. */
const CACHE_SIZE_KIB = 5_000;
/** The log shrinks back to this after a burst instead of keeping its largest size for ever. */
const LOG_SIZE_LIMIT_BYTES = 16 * 1_048_576;

/** Opens or creates the file and brings it to the schema of `migrations`; a file of another program stays untouched. */
export function openConnection(options: SqliteOptions, migrations: readonly Migration[]): Connection {
  if (options.path !== ":memory:") createPrivately(options.path);
  const db = new DatabaseSync(options.path, {
    timeout: BUSY_TIMEOUT_MS,
    enableForeignKeyConstraints: false,
    allowExtension: false,
    defensive: true,
  });
  try {
    checkSchema(db, migrations);
    configure(db, options);
    migrate(db, migrations);
  } catch (cause) {
    db.close();
    throw cause;
  }
  return { db, transact: transactionsOf(db) };
}

/** Readable by this user alone; SQLite gives its log the same mode. Never opens a file that SQLite may have locked. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
  }
}

function configure(db: DatabaseSync, options: SqliteOptions): void {
  db.exec(`PRAGMA page_size = ${PAGE_SIZE_BYTES}`);
  const mode = db.prepare("PRAGMA journal_mode = WAL").get() ?? {};
  const expected = options.path === ":memory:" ? "memory" : "wal";
  if (textOf(mode, "journal_mode") !== expected) throw new StoreFault("io"); // a file system without shared memory
  db.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA secure_delete = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -${CACHE_SIZE_KIB};
    PRAGMA wal_autocheckpoint = ${LOG_PAGES_LIMIT};
    PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT_BYTES};
  `);
  if (options.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${Math.trunc(options.maxPages)}`);
}

function transactionsOf(db: DatabaseSync): Connection["transact"] {
  const [begin, commit, rollback] = [
    db.prepare("BEGIN IMMEDIATE"),
    db.prepare("COMMIT"),
    db.prepare("ROLLBACK"),
  ];
  return (work) => {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (cause) {
      // SQLite rolls back by itself after some faults (a full disk among them).
      if (db.isTransaction) rollback.run();
      throw cause;
    }
  };
}
