/** Receipts in SQLite: the first per (feed, size, giver) stands for ever; a later one is answered with the first. */
import type { Connection } from "./sqlite-connection.ts";
import type { FeedNumbers } from "./sqlite-feeds.ts";
import { blobOf, integerOf, textOf } from "./sqlite-row.ts";
import { StoreFault, type FeedKey, type StoredReceipt } from "./store.ts";

export interface Receipts {
  /** Inside a transaction. */
  readonly keep: (receipt: StoredReceipt) => void;
  readonly put: (receipt: StoredReceipt) => StoredReceipt;
  readonly at: (key: FeedKey, size: number, by: string) => StoredReceipt | undefined;
  readonly list: (channel: string) => readonly StoredReceipt[];
}

export function receiptsOf({ db, transact }: Connection, numbers: FeedNumbers): Receipts {
  const insert = db.prepare(
    "INSERT INTO receipts (feed, giver, size, at, lines) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const select = db.prepare("SELECT at, lines FROM receipts WHERE feed = ? AND giver = ? AND size = ?");
  const selectAll = db.prepare(
    `SELECT f.feed, r.giver, r.size, r.at, r.lines FROM feeds f JOIN receipts r ON r.feed = f.number
     WHERE f.channel = ? ORDER BY f.feed, r.giver, r.size`,
  );
  const keep: Receipts["keep"] = (receipt) => {
    const { number } = numbers.findOrAdd(receipt);
    insert.run(number, receipt.by, receipt.size, receipt.at, receipt.lines);
  };
  const at: Receipts["at"] = ({ channel, feed }, size, by) => {
    const found = numbers.find({ channel, feed });
    const row = found && select.get(found.number, by, size);
    return row && { channel, feed, size, by, at: integerOf(row, "at"), lines: blobOf(row, "lines") };
  };
  const put: Receipts["put"] = (receipt) => {
    const first = at(receipt, receipt.size, receipt.by);
    if (first !== undefined) return first; // no write, hence no fsync
    transact(() => keep(receipt));
    const stands = at(receipt, receipt.size, receipt.by);
    if (stands === undefined) throw new StoreFault("corrupt");
    return stands;
  };
  const list: Receipts["list"] = (channel) =>
    selectAll.all(channel).map((row) => ({
      channel,
      feed: textOf(row, "feed"),
      size: integerOf(row, "size"),
      by: textOf(row, "giver"),
      at: integerOf(row, "at"),
      lines: blobOf(row, "lines"),
    }));
  return { keep, put, at, list };
}
