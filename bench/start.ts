/** Opening a node on a long record: when it serves, and when it has folded and re-hashed everything. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ParleyNode } from "#parley/node/node.ts";
import { extendFeed } from "#parley/ledger/admission.ts";
import { encodeCheckpoint, signHead } from "#parley/ledger/checkpoint.ts";
import { encodeEntry } from "#parley/ledger/entry.ts";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import type { LiveChannel } from "#parley/node/core.ts";
import { agree, liveChannel, makeWorld, type Resident } from "../test/kit/world.ts";
import { printRows, wallMs } from "./kit.ts";
import { backend } from "./synthetic.ts";

const ENTRIES = 1_000_000;
const BATCH = 4_096;

export async function benchStart(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "parley-start-"));
  const path = join(directory, "parley.db");
  const world = await makeWorld(["meridia", "rimal"], backend, backend, (name) =>
    openSqliteStore({ path: name === "meridia" ? path : ":memory:" }),
  );
  const [a, b] = world.residents;
  if (a === undefined || b === undefined) throw new Error("the bench has no parties");
  const id = await agree(world, a, b);
  const channel = liveChannel(a, id);
  await fill(a, b, channel);
  const ports = { ...a.node.core.ports, pause: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  await a.store[Symbol.asyncDispose]();
  const store = await openSqliteStore({ path });
  let node: ParleyNode | undefined;
  const serving = await wallMs(async () => {
    node = await ParleyNode.open({ ...ports, store }, { fold: "beside" });
  });
  const folded = await wallMs(() => node?.core.folding);
  const rehashed = await wallMs(() => {
    const live = node?.channel(id);
    return live && node?.rehash(live);
  });
  printRows("start", [
    {
      what: `start with ${ENTRIES} entries, serving`,
      figure: `${(serving / 1000).toFixed(2)} s`,
      against: "–",
      asked: "≤ 3 s",
    },
    { what: "folded beside", figure: `${(folded / 1000).toFixed(1)} s`, against: "–", asked: "–" },
    {
      what: "full re-hash",
      figure: `${(rehashed / 1000).toFixed(1)} s`,
      against: "–",
      asked: "in the background",
    },
  ]);
  await store[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
}

/** Entries of the other feed straight into the store: real formats under one signature a batch. */
async function fill(a: Resident, b: Resident, channel: LiveChannel): Promise<void> {
  const { id } = channel;
  const zero = encodeBase64url(new Uint8Array(32));
  let state = channel.record.state(b.party);
  while (state.frontier.size < ENTRIES) {
    const from = state.frontier.size;
    const lines = Array.from({ length: BATCH }, (_, i) =>
      encodeEntry({
        channel: id,
        commit: zero,
        ct: zero,
        ct_len: 3_707,
        feed: b.party,
        kind: "heartbeat",
        seen: state.seen,
        seq: from + i,
        time: "2026-11-22T15:25:50Z",
        v: 1,
      }),
    );
    const known = await channel.record.heldHeads([{ seen: state.seen }]);
    const batch = extendFeed(backend, state, lines, known);
    if (isRefusal(batch)) throw new Error(batch.code);
    const head = { channel: id, feed: b.party, size: batch.state.frontier.size, root: batch.root };
    const note = encodeCheckpoint(head, signHead(backend, b.identity.secret, head));
    const { frontier, seen, depth } = batch.state;
    await a.store.append({
      channel: id,
      feed: b.party,
      from,
      entries: batch.entries.map(({ entry, leaf, depth: at, bytes }) => ({
        seq: entry.seq,
        leaf,
        depth: at,
        bytes,
      })),
      subtrees: batch.subtrees,
      tip: { frontier, seen, depth },
      checkpoint: { size: head.size, root: head.root, note },
      receipts: [],
    });
    state = batch.state;
  }
}
