/** From errors of SQLite and the file system to `StoreFault`. Anything else is a bug and passes through unchanged. */
import { StoreFault } from "./store.ts";

/** Primary result codes, https://www.sqlite.org/rescode.html */
const KIND_BY_PRIMARY_CODE: ReadonlyMap<number, StoreFault["kind"]> = new Map([
  [5, "busy"], // SQLITE_BUSY
  [6, "busy"], // SQLITE_LOCKED
  [11, "corrupt"], // SQLITE_CORRUPT
  [13, "full"], // SQLITE_FULL, also what ENOSPC becomes in a write
  [19, "corrupt"], // SQLITE_CONSTRAINT: rows exist that the feed's size denies
  [26, "corrupt"], // SQLITE_NOTADB
]);

/** SQLITE_IOERR_SHMSIZE: the WAL index cannot grow, which is how a full disk shows before a write is tried. */
const SHARED_MEMORY_SIZE = 4874;

const FULL_ERRNO: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

export function storeFaultOf(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof StoreFault) return cause;
  if ("errcode" in cause && typeof cause.errcode === "number") {
    return new StoreFault(kindOf(cause.errcode), { cause });
  }
  if ("syscall" in cause && "code" in cause) {
    return new StoreFault(FULL_ERRNO.has(cause.code) ? "full" : "io", { cause });
  }
  return cause;
}

function kindOf(errcode: number): StoreFault["kind"] {
  if (errcode === SHARED_MEMORY_SIZE) return "full";
  return KIND_BY_PRIMARY_CODE.get(errcode & 0xff) ?? "io";
}
