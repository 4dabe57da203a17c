/** Re-hash of a channel (threats.md 24): every stored line against the heads that were signed over it. */
import { bytesEqual } from "#parley/codec/bytes.ts";
import { appendLeaf, EMPTY_FRONTIER, leafHash, rootOf, type Frontier } from "#parley/ledger/tree.ts";
import type { LiveChannel, NodeCore } from "./core.ts";

export type RehashReport =
  | { readonly kind: "whole"; readonly entries: number }
  | { readonly kind: "damaged"; readonly feed: string; readonly seq: number };

const BATCH = 4_096;

/** Yields to the event loop between batches, so that a node serves while it checks. */
export async function rehash(core: NodeCore, channel: LiveChannel): Promise<RehashReport> {
  let entries = 0;
  for (const feed of channel.parties) {
    const report = await rehashFeed(core, channel, feed);
    if (report.kind === "damaged") {
      channel.signing = "frozen";
      core.emit({ type: "mode", channel: channel.id, signing: "frozen" });
      core.ports.log("record-damaged", { seq: report.seq });
      return report;
    }
    entries += report.entries;
  }
  return { kind: "whole", entries };
}

async function rehashFeed(core: NodeCore, channel: LiveChannel, feed: string): Promise<RehashReport> {
  const { store, backend } = core.ports;
  const { frontier: claimed, checkpoint } = channel.record.tip(feed);
  const size = checkpoint?.size ?? claimed.size;
  let frontier: Frontier = EMPTY_FRONTIER;
  while (frontier.size < size) {
    const limit = Math.min(BATCH, size - frontier.size);
    const entries = await store.entries({ channel: channel.id, feed }, { from: frontier.size, limit, payloads: false });
    for (const { seq, bytes, leaf } of entries) {
      const hash = leafHash(backend.sha256, bytes);
      if (!bytesEqual(hash, leaf)) return { kind: "damaged", feed, seq };
      frontier = appendLeaf(backend.sha256, frontier, hash).frontier;
    }
    await core.ports.pause();
  }
  const root = rootOf(backend.sha256, frontier);
  if (checkpoint !== undefined && !bytesEqual(root, checkpoint.root)) return { kind: "damaged", feed, seq: size - 1 };
  return { kind: "whole", entries: size };
}
