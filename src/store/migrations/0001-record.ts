/**
 * Migration 1: the record of a node. Released migrations never change; the checksum taken at open enforces it.
 *
 * `place` is `feed number << 40 | seq` (or size): one integer key that keeps a feed's rows side by side, so a range
 * is one walk of a B-tree and an append touches one leaf page whatever the size of the feed. Sealed payloads and
 * opened messages stand in tables of their own: folding reads no payload page, and erasing deletes whole rows.
 * A feed's number is local to this file; its name is (channel, feed), which is how every row is asked for.
 */
import type { Migration } from "../migrate.ts";

export const record: Migration = {
  number: 1,
  sql: `
    CREATE TABLE meta (
      name TEXT PRIMARY KEY,
      value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE channels (
      channel TEXT PRIMARY KEY,
      genesis BLOB NOT NULL
    ) STRICT;

    CREATE TABLE parties (
      party TEXT PRIMARY KEY,
      chain BLOB NOT NULL
    ) STRICT;

    CREATE TABLE feeds (
      number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 8388607),
      channel TEXT NOT NULL,
      feed TEXT NOT NULL,
      size INTEGER NOT NULL,
      depth INTEGER NOT NULL,
      frontier BLOB NOT NULL,
      seen TEXT NOT NULL,
      UNIQUE (channel, feed)
    ) STRICT;

    CREATE TABLE entries (
      place INTEGER PRIMARY KEY,
      leaf BLOB NOT NULL,
      depth INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE payloads (
      place INTEGER PRIMARY KEY,
      bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE opened (
      place INTEGER PRIMARY KEY,
      bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE checkpoints (
      place INTEGER PRIMARY KEY,
      root BLOB NOT NULL,
      note BLOB NOT NULL
    ) STRICT;

    CREATE TABLE subtrees (
      feed INTEGER NOT NULL,
      level INTEGER NOT NULL,
      position INTEGER NOT NULL,
      hash BLOB NOT NULL,
      PRIMARY KEY (feed, level, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE receipts (
      feed INTEGER NOT NULL,
      giver TEXT NOT NULL,
      size INTEGER NOT NULL,
      at INTEGER NOT NULL,
      lines BLOB NOT NULL,
      PRIMARY KEY (feed, giver, size)
    ) STRICT;

    CREATE TABLE forks (
      number INTEGER PRIMARY KEY,
      channel TEXT NOT NULL,
      feed TEXT NOT NULL,
      proof BLOB NOT NULL
    ) STRICT;
    CREATE INDEX forks_by_feed ON forks (channel, feed);

    CREATE TABLE read_models (
      model TEXT NOT NULL,
      key TEXT NOT NULL,
      value BLOB NOT NULL,
      PRIMARY KEY (model, key)
    ) STRICT;
  `,
};
