/**
 * Reading a feed in SQLite: entries, checkpoints and subtree hashes, by position.
 *
 * Guarantees: a range is contiguous or a `StoreFault("corrupt")`; a hole is never passed on as the end of a feed.
 */
import type { Connection } from "./sqlite-connection.ts";
import { PLACE, POSITION, POSITION_LIMIT, type FeedNumbers } from "./sqlite-feeds.ts";
import { blobOf, integerOf, optionalBlobOf, type Row } from "./sqlite-row.ts";
import { StoreFault, type FeedKey, type StoredCheckpoint, type StoredEntry } from "./store.ts";

export interface EntryRange {
  readonly from: number;
  readonly limit: number;
  readonly payloads: boolean;
}

export function entryReaderOf({ db }: Connection, numbers: FeedNumbers) {
  const columns = `${POSITION} AS seq, entries.leaf, entries.depth, entries.bytes, opened.bytes AS opened`;
  const opened = "LEFT JOIN opened USING (place)";
  const inRange = `WHERE place BETWEEN ${PLACE} AND (?1 << 40 | ?3) ORDER BY place`;
  const whole = db.prepare(
    `SELECT ${columns}, payloads.bytes AS payload FROM entries ${opened} LEFT JOIN payloads USING (place) ${inRange}`,
  );
  const bare = db.prepare(`SELECT ${columns}, NULL AS payload FROM entries ${opened} ${inRange}`);
  return (key: FeedKey, { from, limit, payloads }: EntryRange): readonly StoredEntry[] => {
    const found = numbers.find(key);
    const start = Math.max(0, from);
    const end = Math.min(found?.size ?? 0, from + limit);
    if (found === undefined || end <= start) return [];
    const rows = (payloads ? whole : bare).all(found.number, start, end - 1);
    if (rows.length !== end - start) throw new StoreFault("corrupt");
    return rows.map(rowToEntry);
  };
}

function rowToEntry(row: Row): StoredEntry {
  const payload = optionalBlobOf(row, "payload");
  const opened = optionalBlobOf(row, "opened");
  return {
    seq: integerOf(row, "seq"),
    leaf: blobOf(row, "leaf"),
    depth: integerOf(row, "depth"),
    bytes: blobOf(row, "bytes"),
    ...(payload === undefined ? {} : { payload }),
    ...(opened === undefined ? {} : { opened }),
  };
}

/** Checkpoints with from ≤ size ≤ to, ascending. */
export function checkpointReaderOf({ db }: Connection, numbers: FeedNumbers) {
  const select = db.prepare(
    `SELECT ${POSITION} AS size, root, note FROM checkpoints
     WHERE place BETWEEN ${PLACE} AND (?1 << 40 | ?3) ORDER BY place LIMIT ?4`,
  );
  return (key: FeedKey, from: number, to: number, limit: number): readonly StoredCheckpoint[] => {
    const found = numbers.find(key);
    const start = Math.max(1, from);
    const end = Math.min(found?.size ?? 0, to);
    if (found === undefined || start > end || limit <= 0) return [];
    return select.all(found.number, start, end, Math.min(limit, POSITION_LIMIT)).map(rowToCheckpoint);
  };
}

function rowToCheckpoint(row: Row): StoredCheckpoint {
  return { size: integerOf(row, "size"), root: blobOf(row, "root"), note: blobOf(row, "note") };
}

/** Level 0 is the entry's own leaf; above, what `append` kept. */
export function subtreeReaderOf({ db }: Connection, numbers: FeedNumbers) {
  const leaf = db.prepare(`SELECT leaf AS hash FROM entries WHERE place = ${PLACE}`);
  const kept = db.prepare("SELECT hash FROM subtrees WHERE feed = ?1 AND position = ?2 AND level = ?3");
  return (key: FeedKey, level: number, index: number): Uint8Array | undefined => {
    const found = numbers.find(key);
    if (found === undefined || index < 0 || index >= found.size) return undefined;
    const row = level === 0 ? leaf.get(found.number, index) : kept.get(found.number, index, level);
    return row === undefined ? undefined : blobOf(row, "hash");
  };
}
