/**
 * What a node keeps beside its feeds, in SQLite: facts of its own, channels, parties, forks, read models.
 *
 * Guarantees: a channel's genesis never changes and a party's chain only grows; both throw `StoreFault("corrupt")`
 * otherwise. Fork proofs are kept each once. Read models are put row by row: a row of the same key is replaced.
 */
import { bytesEqual } from "#parley/codec/bytes.ts";
import type { Connection } from "./sqlite-connection.ts";
import { blobOf, textOf } from "./sqlite-row.ts";
import { StoreFault, type ForkRecord, type ReadModelRow, type StoredChannel } from "./store.ts";

export function metaOf({ db, transact }: Connection) {
  const select = db.prepare("SELECT value FROM meta WHERE name = ?");
  const upsert = db.prepare(
    "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
  );
  return {
    get: (name: string): Uint8Array | undefined => {
      const row = select.get(name);
      return row && blobOf(row, "value");
    },
    set: (name: string, value: Uint8Array): void => {
      transact(() => upsert.run(name, value));
    },
  };
}

export function channelsOf({ db, transact }: Connection) {
  const select = db.prepare("SELECT genesis FROM channels WHERE channel = ?");
  const insert = db.prepare("INSERT INTO channels (channel, genesis) VALUES (?, ?)");
  const selectAll = db.prepare("SELECT channel, genesis FROM channels ORDER BY channel");
  return {
    put: ({ channel, genesis }: StoredChannel): void =>
      transact(() => {
        const held = select.get(channel);
        if (held === undefined) insert.run(channel, genesis);
        else if (!bytesEqual(blobOf(held, "genesis"), genesis)) throw new StoreFault("corrupt");
      }),
    list: (): readonly StoredChannel[] =>
      selectAll.all().map((row) => ({ channel: textOf(row, "channel"), genesis: blobOf(row, "genesis") })),
  };
}

export function partiesOf({ db, transact }: Connection) {
  const select = db.prepare("SELECT chain FROM parties WHERE party = ?");
  const upsert = db.prepare(
    "INSERT INTO parties (party, chain) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET chain = ?2",
  );
  const selectAll = db.prepare("SELECT party, chain FROM parties ORDER BY party");
  return {
    put: (party: string, chain: Uint8Array): void =>
      transact(() => {
        const row = select.get(party);
        const held = row && blobOf(row, "chain");
        if (held !== undefined && bytesEqual(held, chain)) return;
        if (held !== undefined && held.length >= chain.length) throw new StoreFault("corrupt");
        upsert.run(party, chain);
      }),
    list: (): readonly { readonly party: string; readonly chain: Uint8Array }[] =>
      selectAll.all().map((row) => ({ party: textOf(row, "party"), chain: blobOf(row, "chain") })),
  };
}

export function forksOf({ db, transact }: Connection) {
  const insert = db.prepare(
    `INSERT INTO forks (channel, feed, proof) SELECT ?1, ?2, ?3
     WHERE NOT EXISTS (SELECT 1 FROM forks WHERE channel = ?1 AND feed = ?2 AND proof = ?3)`,
  );
  const selectAll = db.prepare("SELECT channel, feed, proof FROM forks ORDER BY number");
  return {
    put: ({ channel, feed, proof }: ForkRecord): void => {
      transact(() => insert.run(channel, feed, proof));
    },
    list: (): readonly ForkRecord[] =>
      selectAll.all().map((row) => ({
        channel: textOf(row, "channel"),
        feed: textOf(row, "feed"),
        proof: blobOf(row, "proof"),
      })),
  };
}

export function readModelsOf({ db, transact }: Connection) {
  const upsert = db.prepare(
    "INSERT INTO read_models (model, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = ?3",
  );
  const select = db.prepare("SELECT key, value FROM read_models WHERE model = ? ORDER BY key");
  const drop = db.prepare("DELETE FROM read_models");
  return {
    put: (model: string, rows: readonly ReadModelRow[]): void =>
      transact(() => {
        for (const { key, value } of rows) upsert.run(model, key, value);
      }),
    list: (model: string): readonly ReadModelRow[] =>
      select.all(model).map((row) => ({ key: textOf(row, "key"), value: blobOf(row, "value") })),
    drop: (): void => {
      transact(() => drop.run());
    },
  };
}
