/** Re-hash of a channel (threats.md 24): every stored line against the heads that were signed over it. */
import { bytesEqual, concatBytes } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { verifyPayload } from "#parley/ledger/admission.ts";
import { headToText, parseCheckpoint, verifyAuthor, verifyReceipt } from "#parley/ledger/checkpoint.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import { appendLeaf, EMPTY_FRONTIER, leafHash, rootOf, type Frontier } from "#parley/ledger/tree.ts";
import { receiptKeys } from "#parley/party/chain.ts";
import type { StoredCheckpoint } from "#parley/store/store.ts";
import { channelKeysAt } from "./channel.ts";
import type { LiveChannel, NodeCore } from "./core.ts";

export type RehashReport =
  | { readonly kind: "whole"; readonly entries: number }
  | { readonly kind: "damaged"; readonly feed: string; readonly seq: number };

type Damage = Extract<RehashReport, { kind: "damaged" }>;

/** Payloads have up to 1.25 MiB each. */
const BATCH = 64;

/** Yields to the event loop between batches, so that a node serves while it checks. */
export async function rehash(core: NodeCore, channel: LiveChannel): Promise<RehashReport> {
  let entries = 0;
  const receipt = await firstFalseReceipt(core, channel);
  if (receipt !== undefined) return damaged(core, channel, receipt);
  for (const feed of channel.parties) {
    const report = await rehashFeed(core, channel, feed);
    if (report.kind === "damaged") return damaged(core, channel, report);
    entries += report.entries;
  }
  return { kind: "whole", entries };
}

function damaged(core: NodeCore, channel: LiveChannel, report: Damage): Damage {
  channel.signing = "frozen";
  core.emit({ type: "mode", channel: channel.id, signing: "frozen" });
  core.ports.log("record-damaged", { seq: report.seq });
  return report;
}

/** Every receipt against its head and its giver's keys: a moved time would move a deadline. */
async function firstFalseReceipt(core: NodeCore, channel: LiveChannel): Promise<Damage | undefined> {
  const { store, backend } = core.ports;
  for (const { feed, size, by, at, lines } of await store.receipts(channel.id)) {
    const held = await store.checkpointAt({ channel: channel.id, feed }, size);
    const chain = core.parties.get(by);
    const note = held && parseCheckpoint(concatBytes(held.note, lines));
    const keys = chain === undefined ? [] : receiptKeys(chain, channel.id);
    const given = note && !isRefusal(note) ? verifyReceipt(backend, note, by, keys) : undefined;
    if (given !== at) return { kind: "damaged", feed, seq: size - 1 };
    await core.ports.pause();
  }
  return undefined;
}

async function rehashFeed(core: NodeCore, channel: LiveChannel, feed: string): Promise<RehashReport> {
  const { store, backend } = core.ports;
  const { frontier: claimed, checkpoint } = channel.record.tip(feed);
  const size = checkpoint?.size ?? claimed.size;
  let frontier: Frontier = EMPTY_FRONTIER;
  while (frontier.size < size) {
    const limit = Math.min(BATCH, size - frontier.size);
    const entries = await store.entries(
      { channel: channel.id, feed },
      { from: frontier.size, limit, payloads: true },
    );
    const heads = await store.checkpoints({ channel: channel.id, feed }, frontier.size + 1, limit);
    const headBySize = new Map(heads.map((head) => [head.size, head]));
    for (const { seq, bytes, leaf, payload } of entries) {
      const entry = parseEntry(bytes);
      if (isRefusal(entry)) return { kind: "damaged", feed, seq };
      if (payload !== undefined && verifyPayload(backend, entry, payload) !== true)
        return { kind: "damaged", feed, seq };
      const hash = leafHash(backend.sha256, bytes);
      if (!bytesEqual(hash, leaf)) return { kind: "damaged", feed, seq };
      frontier = appendLeaf(backend.sha256, frontier, hash).frontier;
      const head = headBySize.get(frontier.size);
      if (head !== undefined && !isWholeHead(core, channel, { feed, head, frontier }))
        return { kind: "damaged", feed, seq };
    }
    await core.ports.pause();
  }
  return { kind: "whole", entries: size };
}

/** The root of the entries so far, in the row and in a note that the feed's party signed; older heads too. */
function isWholeHead(
  core: NodeCore,
  channel: LiveChannel,
  {
    feed,
    head,
    frontier,
  }: { readonly feed: string; readonly head: StoredCheckpoint; readonly frontier: Frontier },
): boolean {
  const { backend } = core.ports;
  const root = rootOf(backend.sha256, frontier);
  const noted = parseCheckpoint(head.note);
  const chain = core.parties.get(feed);
  if (isRefusal(noted) || chain === undefined || !bytesEqual(root, head.root)) return false;
  if (noted.note.text !== headToText({ channel: channel.id, feed, size: head.size, root })) return false;
  return verifyAuthor(backend, noted, channelKeysAt(channel, chain, head.size)) === true;
}
