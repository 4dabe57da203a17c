/**
 * The embedded engine behind the Store port: `node:sqlite`, one file, one connection.
 *
 * Guarantees: what the port asks (`store.ts`). Each call runs to its end before the next begins, so concurrent
 * calls are serial; a promise that resolves is on disk. Two processes on one file cannot both append at the same
 * position, but keeping the second process out is the task of `lock.ts`.
 * Deliberately absent: the check of hashes and signatures on read, which is the ledger's.
 */
import { SQLITE_MIGRATIONS } from "./migrations/index.ts";
import { channelsOf, forksOf, metaOf, partiesOf, readModelsOf } from "./sqlite-books.ts";
import { openConnection, type Connection, type SqliteOptions } from "./sqlite-connection.ts";
import { checkpointReaderOf, entryReaderOf, subtreeReaderOf } from "./sqlite-entries.ts";
import { storeFaultOf } from "./sqlite-fault.ts";
import { appenderOf, eraserOf, feedListOf, feedNumbersOf, tipReaderOf } from "./sqlite-feeds.ts";
import { receiptsOf } from "./sqlite-receipts.ts";
import type { Store } from "./store.ts";

/**
 * Opens or creates the database and brings it to this build's schema. Throws `StoreFault` when the file is damaged
 * or the disk fails, `SchemaMismatch` when another build or another program wrote it.
 */
export const openSqliteStore: (options: SqliteOptions) => Promise<Store> = faultsOf((options) =>
  storeOn(openConnection(options, SQLITE_MIGRATIONS)),
);

function storeOn(connection: Connection): Store {
  const numbers = feedNumbersOf(connection);
  const receipts = receiptsOf(connection, numbers);
  const meta = metaOf(connection);
  const channels = channelsOf(connection);
  const parties = partiesOf(connection);
  const forks = forksOf(connection);
  const readModels = readModelsOf(connection);
  const entries = entryReaderOf(connection, numbers);
  const checkpoints = checkpointReaderOf(connection, numbers);
  return {
    meta: faultsOf(meta.get),
    setMeta: faultsOf(meta.set),
    putChannel: faultsOf(channels.put),
    channels: faultsOf(channels.list),
    putParty: faultsOf(parties.put),
    parties: faultsOf(parties.list),
    tip: faultsOf(tipReaderOf(connection)),
    feeds: faultsOf(feedListOf(connection)),
    append: faultsOf(appenderOf(connection, numbers, receipts.keep)),
    entries: faultsOf(entries),
    entryAt: faultsOf((key, seq) => entries(key, { from: seq, limit: 1, payloads: true })[0]),
    checkpointAt: faultsOf((key, size) => checkpoints(key, size, size, 1)[0]),
    checkpoints: faultsOf((key, from, limit) => checkpoints(key, from, Infinity, limit)),
    subtree: faultsOf(subtreeReaderOf(connection, numbers)),
    putReceipt: faultsOf(receipts.put),
    receiptAt: faultsOf(receipts.at),
    receipts: faultsOf(receipts.list),
    erasePayload: faultsOf(eraserOf(connection, numbers)),
    putFork: faultsOf(forks.put),
    forks: faultsOf(forks.list),
    putReadModel: faultsOf(readModels.put),
    readModel: faultsOf(readModels.list),
    dropReadModels: faultsOf(readModels.drop),
    [Symbol.asyncDispose]: faultsOf(() => {
      if (connection.db.isOpen) connection.db.close();
    }),
  };
}

/** The engine works synchronously; its answer or fault becomes a promise's. */
function faultsOf<A extends readonly unknown[], R>(work: (...input: A) => R): (...input: A) => Promise<R> {
  return async (...input) => {
    try {
      return work(...input);
    } catch (cause) {
      throw storeFaultOf(cause);
    }
  };
}
