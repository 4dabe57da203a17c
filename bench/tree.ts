/** Growth of one feed: appending and proving at a thousand and at a million entries. */
import { extendFeed, type FeedState } from "#parley/ledger/admission.ts";
import {
  appendLeaf,
  EMPTY_FRONTIER,
  inclusionPath,
  leafHash,
  subtreeReader,
  type Frontier,
} from "#parley/ledger/tree.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import type { Store } from "#parley/store/store.ts";
import { cpuMs, median, printRows, type Row } from "./kit.ts";
import { backend, CHANNEL, FEED, syntheticEntry } from "./synthetic.ts";

const SMALL = 1_000;
const LARGE = 1_000_000;
const ROUND = 256;
const ROUNDS = 9;

export async function benchTree(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "parley-tree-"));
  const small = await grown(join(directory, "small.db"), SMALL);
  const large = await grown(join(directory, "large.db"), LARGE);
  const costs = { small: [] as number[], large: [] as number[] };
  // The two take turns, so that a slow minute of the machine hits both.
  for (let round = 0; round < ROUNDS; round++) {
    costs.small.push(await appendCost(small));
    costs.large.push(await appendCost(large));
  }
  const [one, many] = [median(costs.small), median(costs.large)];
  const rows: Row[] = [
    {
      what: `append at ${LARGE} entries, batches of ${ROUND}, durable`,
      figure: `${many.toFixed(1)} µs CPU an entry`,
      against: `${one.toFixed(1)} µs at ${SMALL}`,
      ratio: many / one,
      asked: "≤ 1.5",
    },
    proofRow(),
  ];
  printRows("tree", rows);
  for (const { store } of [small, large]) await store[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
}

interface Grown {
  readonly store: Store;
  state: FeedState;
}

async function grown(path: string, size: number): Promise<Grown> {
  const store = await openSqliteStore({ path });
  const state = { channel: CHANNEL, feed: FEED, frontier: EMPTY_FRONTIER, seen: [], depth: 0 };
  const feed: Grown = { store, state };
  while (feed.state.frontier.size < size)
    await append(feed, Math.min(4_096, size - feed.state.frontier.size));
  return feed;
}

async function appendCost(feed: Grown): Promise<number> {
  const cpu = await cpuMs(() => append(feed, ROUND));
  return (cpu * 1000) / ROUND;
}

async function append(feed: Grown, count: number): Promise<void> {
  const from = feed.state.frontier.size;
  const lines = Array.from({ length: count }, (_, i) => syntheticEntry(from + i, 64).bytes);
  const batch = extendFeed(backend, feed.state, lines, { rootAt: () => undefined, depthAt: () => 0 });
  if ("code" in batch) throw new Error(batch.code);
  await feed.store.append({
    channel: CHANNEL,
    feed: FEED,
    from,
    entries: batch.entries.map(({ entry, leaf, depth, bytes }) => ({ seq: entry.seq, leaf, depth, bytes })),
    subtrees: batch.subtrees,
    tip: { frontier: batch.state.frontier, seen: [], depth: batch.state.depth },
    checkpoint: { size: batch.state.frontier.size, root: batch.root, note: new Uint8Array(3_400) },
    receipts: [],
  });
  feed.state = batch.state;
}

function proofRow(): Row {
  let frontier: Frontier = EMPTY_FRONTIER;
  const kept = new Map<string, Uint8Array>();
  for (let i = 0; i < LARGE; i++) {
    const leaf = leafHash(backend.sha256, new Uint8Array([i & 255, (i >> 8) & 255, i >> 16]));
    kept.set(`0/${i}`, leaf);
    const appended = appendLeaf(backend.sha256, frontier, leaf);
    for (const { level, index, hash } of appended.completed) kept.set(`${level}/${index}`, hash);
    frontier = appended.frontier;
  }
  const read = subtreeReader(backend.sha256, (level, index) => kept.get(`${level}/${index}`));
  const lengths = [0, 1, 499_999, 999_998, 999_999].map(
    (index) => inclusionPath(backend.sha256, read, index, LARGE).length,
  );
  return {
    what: `inclusion proof at ${LARGE}`,
    figure: `${Math.max(...lengths)} hashes`,
    against: "⌈log2 n⌉ = 20",
    asked: "≤ 20",
  };
}
