/**
 * Feeds in SQLite: name to number and size, tip, append, erasure.
 *
 * Guarantees: an append is one transaction that starts exactly where the feed stands; nothing here updates or
 * deletes an entry. Hashes and signatures are not checked: `ledger/` did that before, and does it again on start.
 */
import { strict as assert } from "node:assert";
import type { StatementSync } from "node:sqlite";
import { EMPTY_FRONTIER } from "#parley/ledger/tree.ts";
import type { Connection } from "./sqlite-connection.ts";
import { blobOf, integerOf, textOf } from "./sqlite-row.ts";
import { encodeFrontier, encodeSeen, isWholeFrontier, parseFrontier, parseSeen } from "./sqlite-tip.ts";
import {
  StoreFault,
  type Append,
  type FeedKey,
  type Store,
  type StoredReceipt,
  type StoredTip,
} from "./store.ts";

/** `place` holds 40 bits of position: 10^12 entries in one feed. */
export const POSITION_LIMIT = 2 ** 40;
/** SQL for a row's key from two parameters, feed number and position. */
export const PLACE = "(?1 << 40 | ?2)";
/** SQL for the position that a key holds. */
export const POSITION = `(place & ${POSITION_LIMIT - 1})`;
/** Perfect subtrees are kept at every eighth level; a reader computes the rest from at most 255 hashes below. */
const KEPT_LEVELS = 8;

export interface FeedNumbers {
  readonly find: (key: FeedKey) => { readonly number: number; readonly size: number } | undefined;
  /** Inside a transaction: the number of the feed, given on first mention. */
  readonly findOrAdd: (key: FeedKey) => { readonly number: number; readonly size: number };
}

export function feedNumbersOf({ db }: Connection): FeedNumbers {
  const select = db.prepare("SELECT number, size FROM feeds WHERE channel = ? AND feed = ?");
  const insert = db.prepare(
    "INSERT INTO feeds (channel, feed, size, depth, frontier, seen) VALUES (?, ?, 0, 0, x'', '[]')",
  );
  const find: FeedNumbers["find"] = ({ channel, feed }) => {
    const row = select.get(channel, feed);
    return row === undefined ? undefined : { number: integerOf(row, "number"), size: integerOf(row, "size") };
  };
  const findOrAdd: FeedNumbers["findOrAdd"] = (key) =>
    find(key) ?? { number: Number(insert.run(key.channel, key.feed).lastInsertRowid), size: 0 };
  return { find, findOrAdd };
}

/** Wants the caller's `keepReceipt` to run inside the same transaction. */
export function appenderOf(
  { db, transact }: Connection,
  numbers: FeedNumbers,
  keepReceipt: (receipt: StoredReceipt) => void,
): (append: Append) => void {
  const insert = insertsOf({ db });
  const advance = db.prepare(
    "UPDATE feeds SET size = ?2, depth = ?3, frontier = ?4, seen = ?5 WHERE number = ?1",
  );
  return (append) => {
    assertConsistent(append);
    transact(() => {
      const { number, size } = numbers.findOrAdd(append);
      if (size !== append.from) throw new StoreFault("corrupt");
      for (const entry of append.entries) {
        insert.entry.run(number, entry.seq, entry.leaf, entry.depth, entry.bytes);
        if (entry.payload !== undefined) insert.payload.run(number, entry.seq, entry.payload);
        if (entry.opened !== undefined) insert.opened.run(number, entry.seq, entry.opened);
      }
      for (const { level, index, hash } of append.subtrees) {
        if (level % KEPT_LEVELS === 0) insert.subtree.run(number, level, index, hash);
      }
      const { checkpoint, tip } = append;
      insert.checkpoint.run(number, checkpoint.size, checkpoint.root, checkpoint.note);
      advance.run(number, tip.frontier.size, tip.depth, encodeFrontier(tip.frontier), encodeSeen(tip.seen));
      for (const receipt of append.receipts) keepReceipt(receipt);
    });
  };
}

type Inserts = Readonly<Record<"entry" | "payload" | "opened" | "checkpoint" | "subtree", StatementSync>>;

function insertsOf({ db }: Pick<Connection, "db">): Inserts {
  return {
    entry: db.prepare(`INSERT INTO entries (place, leaf, depth, bytes) VALUES (${PLACE}, ?3, ?4, ?5)`),
    payload: db.prepare(`INSERT INTO payloads (place, bytes) VALUES (${PLACE}, ?3)`),
    opened: db.prepare(`INSERT INTO opened (place, bytes) VALUES (${PLACE}, ?3)`),
    checkpoint: db.prepare(`INSERT INTO checkpoints (place, root, note) VALUES (${PLACE}, ?3, ?4)`),
    subtree: db.prepare("INSERT INTO subtrees (feed, level, position, hash) VALUES (?, ?, ?, ?)"),
  };
}

/** An append that contradicts itself is a bug of the caller and must never reach the disk. */
function assertConsistent({ from, entries, tip, checkpoint, subtrees }: Append): void {
  assert.ok(entries.length > 0, "an append holds at least one entry");
  assert.ok(
    entries.every(({ seq }, i) => seq === from + i),
    "entries follow one another from `from` on",
  );
  assert.ok(
    entries.every(({ leaf }) => leaf.length === 32),
    "a leaf has 32 bytes",
  );
  assert.ok(
    subtrees.every(({ level, hash }) => level > 0 && hash.length === 32),
    "a subtree is not a leaf",
  );
  assert.equal(tip.frontier.size, from + entries.length, "the frontier stands at the end of the entries");
  assert.equal(checkpoint.size, tip.frontier.size, "the checkpoint covers exactly the entries");
  assert.equal(checkpoint.root.length, 32, "a root has 32 bytes");
  assert.ok(checkpoint.size < POSITION_LIMIT, "positions have 40 bits");
  assert.ok(isWholeFrontier(tip.frontier), "the frontier fits its size");
}

export function tipReaderOf({ db }: Connection): (key: FeedKey) => StoredTip {
  const select = db.prepare(
    `SELECT f.size, f.depth, f.frontier, f.seen, c.root, c.note
     FROM feeds f LEFT JOIN checkpoints c ON c.place = (f.number << 40 | f.size)
     WHERE f.channel = ? AND f.feed = ? AND f.size > 0`,
  );
  return ({ channel, feed }) => {
    const row = select.get(channel, feed);
    if (row === undefined) return { frontier: EMPTY_FRONTIER, seen: [], depth: 0, checkpoint: undefined };
    const size = integerOf(row, "size");
    return {
      frontier: parseFrontier(size, blobOf(row, "frontier")),
      seen: parseSeen(textOf(row, "seen")),
      depth: integerOf(row, "depth"),
      checkpoint: { size, root: blobOf(row, "root"), note: blobOf(row, "note") },
    };
  };
}

export function feedListOf({ db }: Connection): (channel: string) => Awaited<ReturnType<Store["feeds"]>> {
  const select = db.prepare("SELECT feed, size FROM feeds WHERE channel = ? AND size > 0 ORDER BY feed");
  return (channel) =>
    select.all(channel).map((row) => ({ feed: textOf(row, "feed"), size: integerOf(row, "size") }));
}

/**
 * Deletes payload and opened message, overwrites their pages with zeros (`secure_delete`), and empties the log,
 * which still holds the old pages. Repeating it is harmless. What the disk keeps below the file is out of reach.
 */
export function eraserOf(
  { db, transact }: Connection,
  numbers: FeedNumbers,
): (key: FeedKey, seq: number) => void {
  const payload = db.prepare(`DELETE FROM payloads WHERE place = ${PLACE}`);
  const opened = db.prepare(`DELETE FROM opened WHERE place = ${PLACE}`);
  const emptyLog = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  return (key, seq) => {
    const found = numbers.find(key);
    if (found === undefined || seq < 0 || seq >= found.size) return;
    transact(() => {
      payload.run(found.number, seq);
      opened.run(found.number, seq);
    });
    const outcome = emptyLog.get() ?? {};
    if (integerOf(outcome, "busy") !== 0) throw new StoreFault("busy"); // a reader holds the log: to be repeated
  };
}
