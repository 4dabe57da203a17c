/**
 * The lock of a data directory: one node process at a time, because two would sign two histories (threat 6).
 *
 * Guarantees: the lock is the operating system's, taken through SQLite on `lock.db`, so it ends with its process,
 * kill -9 included, and is never stale. It is no protection against a copy of the directory elsewhere, nor on
 * network file systems that fake locks. The file stays: removing it would let two processes lock two files.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storeFaultOf } from "./sqlite-fault.ts";
import { integerOf } from "./sqlite-row.ts";
import { StoreFault } from "./store.ts";

/** Another process (or this one, a second time) holds the directory. */
export class DataDirectoryLocked extends Error {
  /** As the holder wrote it, in its own pid namespace; undefined before it did. A hint for a person, no more. */
  readonly pid: number | undefined;

  constructor(pid: number | undefined) {
    super(`the data directory is in use by ${pid === undefined ? "another process" : `process ${pid}`}`);
    this.name = "DataDirectoryLocked";
    this.pid = pid;
  }
}

/** Long enough for a holder that is just writing its pid, short enough for an operator at a terminal. */
const WAIT_MS = 250;

/** A lock whose handle was dropped must not end with garbage collection: it lives until disposed or process end. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of an existing directory until the answer is disposed or the process ends.
 * Throws `DataDirectoryLocked`, or `StoreFault` when the directory is missing or cannot be written.
 */
export async function lockDataDirectory(directory: string): Promise<AsyncDisposable> {
  try {
    const db = new DatabaseSync(join(directory, "lock.db"), { timeout: WAIT_MS });
    try {
      takeLock(db);
    } catch (cause) {
      db.close();
      throw cause;
    }
    held.add(db);
    return { [Symbol.asyncDispose]: async () => release(db) };
  } catch (cause) {
    throw storeFaultOf(cause);
  }
}

/**
 * An open write transaction is the lock; readers still see the last commit, and there they find the pid. Between
 * the commit of the pid and the transaction that stays, another process may come first: then that one is the holder.
 */
function takeLock(db: DatabaseSync): void {
  beginOrRefuse(db);
  while (holderOf(db) !== process.pid) {
    const written = writeHolder(db);
    beginOrRefuse(db);
    if (!written) return;
  }
}

/** False on a full disk: a node must still be able to start read-only there, with a pid that helps nobody. */
function writeHolder(db: DatabaseSync): boolean {
  try {
    db.exec("CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY, pid INTEGER NOT NULL) STRICT");
    db.prepare("INSERT OR REPLACE INTO holder VALUES (1, ?)").run(process.pid);
    db.exec("COMMIT");
    return true;
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK");
    const fault = storeFaultOf(cause);
    if (fault instanceof StoreFault && fault.kind === "full") return false;
    throw fault;
  }
}

function beginOrRefuse(db: DatabaseSync): void {
  try {
    db.exec("BEGIN IMMEDIATE");
  } catch (cause) {
    const fault = storeFaultOf(cause);
    throw fault instanceof StoreFault && fault.kind === "busy"
      ? new DataDirectoryLocked(holderOf(db))
      : fault;
  }
}

/** Undefined while the holder has not written it, or is writing it right now. */
function holderOf(db: DatabaseSync): number | undefined {
  try {
    const row = db.prepare("SELECT pid FROM holder WHERE id = 1").get();
    return row && integerOf(row, "pid");
  } catch {
    return undefined;
  }
}

function release(db: DatabaseSync): void {
  held.delete(db);
  if (db.isOpen) db.close();
}
