/**
 * The database edited by hand (threats.md 24): start-up refuses it, or the re-hash names it.
 *
 * Deliberately not claimed: who has the database and the keys can write another house feed that is whole in itself,
 * for no other party holds a receipt of it; and a store put back whole to an older state is found by `head` alone.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { StoreFault, type Store } from "#parley/store/store.ts";
import { appendLeaf, EMPTY_FRONTIER, type Subtree } from "#parley/ledger/tree.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { agree, liveChannel } from "../kit/world.ts";
import { makeScene, type Scene } from "./attacker.ts";

const PLACE = (channel: string, feed: string, seq: number): string =>
  `((SELECT number FROM feeds WHERE channel = '${channel}' AND feed = '${feed}') << 40 | ${seq})`;
/** SQLite has no XOR of bytes; the byte in the middle becomes another one. */
const FLIP = (column: string): string =>
  `CAST(substr(${column}, 1, length(${column}) / 2) || CASE substr(${column}, length(${column}) / 2 + 1, 1)
   WHEN x'41' THEN x'42' ELSE x'41' END || substr(${column}, length(${column}) / 2 + 2) AS BLOB)`;

type Edit = (scene: Scene, own: string, peer: string, house: string) => string;
const EDITS: readonly (readonly [string, "start" | "rehash" | "either", Edit])[] = [
  [
    "a byte of an own entry",
    "either",
    ({ channel }, own) =>
      `UPDATE entries SET bytes = ${FLIP("bytes")} WHERE place = ${PLACE(channel, own, 1)}`,
  ],
  [
    "a byte of a peer's entry",
    "either",
    ({ channel }, _, peer) =>
      `UPDATE entries SET bytes = ${FLIP("bytes")} WHERE place = ${PLACE(channel, peer, 1)}`,
  ],
  [
    "a byte of a leaf",
    "either",
    ({ channel }, own) => `UPDATE entries SET leaf = ${FLIP("leaf")} WHERE place = ${PLACE(channel, own, 0)}`,
  ],
  [
    "a byte of the last head's note",
    "rehash",
    ({ channel }, own) =>
      `UPDATE checkpoints SET note = ${FLIP("note")} WHERE place = (SELECT max(place) FROM checkpoints WHERE place >> 40 = ${PLACE(channel, own, 0)} >> 40)`,
  ],
  [
    "the root of the last head",
    "start",
    ({ channel }, own) =>
      `UPDATE checkpoints SET root = ${FLIP("root")} WHERE place = (SELECT max(place) FROM checkpoints WHERE place >> 40 = ${PLACE(channel, own, 0)} >> 40)`,
  ],
  [
    "the hashes that the next head is signed over",
    "start",
    ({ channel }, own) =>
      `UPDATE feeds SET frontier = ${FLIP("frontier")} WHERE channel = '${channel}' AND feed = '${own}'`,
  ],
  [
    "the last entry deleted",
    "start",
    ({ channel }, own) =>
      `DELETE FROM entries WHERE place = (SELECT max(place) FROM entries WHERE place >> 40 = ${PLACE(channel, own, 0)} >> 40)`,
  ],
  [
    "two entries swapped",
    "start",
    ({ channel }, own) =>
      `UPDATE entries SET place = -1 WHERE place = ${PLACE(channel, own, 0)}; UPDATE entries SET place = ${PLACE(channel, own, 0)} WHERE place = ${PLACE(channel, own, 1)}; UPDATE entries SET place = ${PLACE(channel, own, 1)} WHERE place = -1`,
  ],
  [
    "a byte of an older head's note",
    "rehash",
    ({ channel }, own) =>
      `UPDATE checkpoints SET note = ${FLIP("note")} WHERE place = (SELECT min(place) FROM checkpoints WHERE place >> 40 = ${PLACE(channel, own, 0)} >> 40)`,
  ],
  [
    "the root of an older head of a peer",
    "rehash",
    ({ channel }, _, peer) =>
      `UPDATE checkpoints SET root = ${FLIP("root")} WHERE place = (SELECT min(place) FROM checkpoints WHERE place >> 40 = ${PLACE(channel, peer, 0)} >> 40)`,
  ],
  [
    "the depth of the last entry",
    "start",
    ({ channel }, _, peer) =>
      `UPDATE entries SET depth = depth + 1 WHERE place = (SELECT max(place) FROM entries WHERE place >> 40 = ${PLACE(channel, peer, 0)} >> 40)`,
  ],
  [
    "the depths of all entries from one on",
    "start",
    ({ channel }, own) =>
      `UPDATE entries SET depth = depth + 5 WHERE place >= ${PLACE(channel, own, 1)} AND place >> 40 = ${PLACE(channel, own, 0)} >> 40; UPDATE feeds SET depth = depth + 5 WHERE channel = '${channel}' AND feed = '${own}'`,
  ],
  [
    "the depth that the next entry is built on",
    "start",
    ({ channel }, own) =>
      `UPDATE feeds SET depth = depth + 1 WHERE channel = '${channel}' AND feed = '${own}'`,
  ],
  [
    "the heads that the next entry must name",
    "start",
    ({ channel }, own) => `UPDATE feeds SET seen = '[]' WHERE channel = '${channel}' AND feed = '${own}'`,
  ],
  ["a receipt an hour earlier", "rehash", () => "UPDATE receipts SET at = at - 3600"],
  ["the lines of a receipt", "rehash", () => `UPDATE receipts SET lines = ${FLIP("lines")}`],
  [
    "a byte of a payload",
    "rehash",
    ({ channel }, own) =>
      `UPDATE payloads SET bytes = ${FLIP("bytes")} WHERE place = ${PLACE(channel, own, 1)}`,
  ],
  [
    "a byte of an opened message",
    "start",
    ({ channel }, _, peer) =>
      `UPDATE opened SET bytes = ${FLIP("bytes")} WHERE place = ${PLACE(channel, peer, 2)}`,
  ],
  [
    "the opened message of another place",
    "start",
    ({ channel }, own, peer) =>
      `UPDATE opened SET bytes = (SELECT bytes FROM opened WHERE place = ${PLACE(channel, own, 1)}) WHERE place = ${PLACE(channel, peer, 2)}`,
  ],
  ["a byte of a party's chain", "start", () => `UPDATE parties SET chain = ${FLIP("chain")}`],
  [
    "a party's chain under another name",
    "start",
    (_, own) => `UPDATE parties SET party = '${own.slice(0, 42)}A'`,
  ],
  [
    "a channel's terms",
    "start",
    ({ channel }) =>
      `UPDATE channels SET genesis = CAST(replace(CAST(genesis AS TEXT), '"retention_days":3652', '"retention_days":3651') AS BLOB) WHERE channel = '${channel}'`,
  ],
  ["a channel that is gone", "start", ({ channel }) => `DELETE FROM channels WHERE channel = '${channel}'`],
  [
    "a byte of a house entry",
    "start",
    (_, own, __, house) =>
      `UPDATE entries SET bytes = ${FLIP("bytes")} WHERE place = ${PLACE(house, own, 3)}`,
  ],
  [
    "what a house entry said, deleted",
    "start",
    (_, own, __, house) => `DELETE FROM opened WHERE place = ${PLACE(house, own, 3)}`,
  ],
  ["another house", "start", () => `UPDATE meta SET value = ${FLIP("value")} WHERE name = 'house-genesis'`],
];

describe("threat 24: the database edited by hand", () => {
  for (const [name, found, edit] of EDITS) {
    it(`threat 24: ${name} is found by the ${found}`, async () => {
      const scene = await makeScene();
      const { victim, author, world } = scene;
      const directory = await mkdtemp(join(tmpdir(), "parley-edit-"));
      try {
        const path = join(directory, "parley.db");
        await copyStore(world.backend.sha256, victim.store, path);
        const house = victim.node.core.houseChannel.id;
        editBy(path, edit(scene, victim.party, author.party, house));
        await using store = await openSqliteStore({ path });
        const outcome = await world.restart(victim, store).then(
          () => victim.node,
          (fault: unknown) => fault,
        );
        if (found === "start") return assert(outcome instanceof StoreFault, `started with ${name}`);
        // A changed byte may or may not leave a line that can be read.
        if (found === "either" && outcome instanceof StoreFault) return;
        if (found === "either")
          assert.equal(liveChannel(victim, scene.channel).signing, "frozen", "before any signature");
        assert(!(outcome instanceof StoreFault), "the start does not look there");
        await namesDamage(victim.node, scene);
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  }

  it("threat 24: a damaged channel stays closed and closes no other", async () => {
    const scene = await makeScene();
    const { victim, author, world } = scene;
    const ids = [scene.channel, await agree(world, author, victim), await agree(world, author, victim)];
    const directory = await mkdtemp(join(tmpdir(), "parley-edit-"));
    try {
      const path = join(directory, "parley.db");
      await copyStore(world.backend.sha256, victim.store, path);
      const [damaged = "", ...others] = ids.sort(); // channels fold in the order of their ids
      editBy(
        path,
        `UPDATE feeds SET depth = depth + 1 WHERE channel = '${damaged}' AND feed = '${victim.party}'`,
      );
      await using store = await openSqliteStore({ path });
      const node = await ParleyNode.open({ ...victim.node.core.ports, store }, { fold: "beside" });
      await assert.rejects(node.core.folding, StoreFault);
      assert.equal(node.channel(damaged)?.folded, false);
      for (const id of others) assert.equal(node.channel(id)?.folded, true);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("threat 24: a store that nobody touched starts, and the re-hash finds it whole", async () => {
    const scene = await makeScene();
    const { victim, world } = scene;
    const directory = await mkdtemp(join(tmpdir(), "parley-edit-"));
    try {
      const path = join(directory, "parley.db");
      await copyStore(world.backend.sha256, victim.store, path);
      await using store = await openSqliteStore({ path });
      await world.restart(victim, store);
      const { node } = victim;
      for (const channel of [node.core.houseChannel, liveChannel(victim, scene.channel)])
        assert.equal((await node.rehash(channel)).kind, "whole");
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

async function namesDamage(node: ParleyNode, { victim, channel }: Scene): Promise<void> {
  const live = liveChannel(victim, channel);
  assert.equal((await node.rehash(live)).kind, "damaged");
  assert.equal(live.signing, "frozen", "nothing more is signed on it");
}

function editBy(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA foreign_keys = OFF");
    const before = Number(db.prepare("SELECT total_changes() AS n").get()?.["n"]);
    db.exec(sql);
    assert(
      Number(db.prepare("SELECT total_changes() AS n").get()?.["n"]) > before,
      "the edit edited something",
    );
  } finally {
    db.close();
  }
}

/** The same record in a file of its own, written through the port. */
async function copyStore(
  sha256: (bytes: Uint8Array) => Uint8Array,
  from: Store,
  path: string,
): Promise<void> {
  await using to = await openSqliteStore({ path });
  const genesis = await from.meta("house-genesis");
  assert(genesis !== undefined);
  await to.setMeta("house-genesis", genesis);
  for (const { party, chain } of await from.parties()) await to.putParty(party, chain);
  for (const stored of await from.channels()) {
    const { channel } = stored;
    await to.putChannel(stored);
    for (const { feed } of await from.feeds(channel)) {
      const key = { channel, feed };
      const { seen, depth } = await from.tip(key);
      let frontier = EMPTY_FRONTIER;
      for (const checkpoint of await from.checkpoints(key, 1, 10_000)) {
        const range = { from: frontier.size, limit: checkpoint.size - frontier.size, payloads: true };
        const entries = await from.entries(key, range);
        const subtrees: Subtree[] = [];
        const start = frontier.size;
        for (const { leaf } of entries) {
          const appended = appendLeaf(sha256, frontier, leaf);
          frontier = appended.frontier;
          subtrees.push(...appended.completed);
        }
        await to.append({
          ...key,
          from: start,
          entries,
          subtrees,
          tip: { frontier, seen, depth },
          checkpoint,
          receipts: [],
        });
      }
    }
    for (const receipt of await from.receipts(channel)) await to.putReceipt(receipt);
  }
}
