/** From the store to a transcript (SPEC 7.1): what this node holds of a channel, opened as far as it can. */
import type { FeedKey, StoredEntry, StoredReceipt } from "#parley/store/store.ts";
import { encodeTranscript, type ExportFeed } from "#parley/transcript/export.ts";
import type { Opening } from "#parley/transcript/sections.ts";
import { openAtRest } from "./at-rest.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { noteWithReceipts } from "./record.ts";

const BATCH = 1_024;

export async function exportChannel(core: NodeCore, channel: LiveChannel): Promise<Uint8Array> {
  const { backend, clock, identity, store } = core.ports;
  // On a full disk what is held is still exported; receipts that only memory has come with the next export.
  if (core.writable) await core.guard(() => channel.record.keepReceipts());
  const receipts = Map.groupBy(await store.receipts(channel.id), ({ feed, size }) => `${feed}/${size}`);
  const feeds: ExportFeed[] = [];
  for (const feed of [...channel.parties].sort()) feeds.push(await exportFeed(core, channel, feed, receipts));
  const chains = channel.parties.flatMap((party) => {
    const chain = core.parties.get(party);
    return chain === undefined ? [] : [chain];
  });
  return encodeTranscript(backend, {
    channel: channel.id,
    genesis: channel.genesisBytes,
    chains: chains.map(({ party, signed }) => ({ party, signed })),
    feeds,
    exporter: { party: core.me, secret: identity.secret },
    exportedAt: clock(),
  });
}

async function exportFeed(
  core: NodeCore,
  channel: LiveChannel,
  feed: string,
  receiptsByHead: ReadonlyMap<string, readonly StoredReceipt[]>,
): Promise<ExportFeed> {
  const { store } = core.ports;
  const key = { channel: channel.id, feed };
  const size = channel.record.tip(feed).frontier.size;
  const entries: { readonly entry: Uint8Array; readonly opening: Opening }[] = [];
  for (let from = 0; from < size; from += BATCH) {
    const stored = await store.entries(key, { from, limit: BATCH, payloads: true });
    for (const one of stored) entries.push({ entry: one.bytes, opening: openingOf(core, key, one) });
  }
  const checkpoints: { readonly size: number; readonly bytes: Uint8Array }[] = [];
  for (let from = 1; from <= size; from = (checkpoints.at(-1)?.size ?? size) + 1) {
    const notes = await store.checkpoints(key, from, BATCH);
    if (notes.length === 0) break;
    for (const { size: at, note } of notes) {
      checkpoints.push({
        size: at,
        bytes: noteWithReceipts(note, receiptsByHead.get(`${feed}/${at}`) ?? []),
      });
    }
  }
  return { feed, entries, checkpoints };
}

function openingOf(core: NodeCore, key: FeedKey, { seq, opened, payload }: StoredEntry): Opening {
  const { backend, identity } = core.ports;
  const plain = opened && openAtRest(backend, identity.storageKey, { ...key, seq }, opened);
  if (plain !== undefined) return { kind: "opened", ...plain };
  return { kind: "withheld", reason: payload === undefined ? "erased" : "unreadable" };
}
