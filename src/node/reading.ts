/**
 * Reading for the doors: entries with what became of them, the house feed, the proof of one message, and what a
 * pack would be worth. Nothing here writes, and secrets of the house (token hashes) stay inside.
 */
import { Compile } from "typebox/compile";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { EntryView } from "#parley/casework/index.ts";
import { stringIn } from "#parley/protocols/body.ts";
import { parseEntry, type Entry } from "#parley/ledger/entry.ts";
import { inclusionPath } from "#parley/ledger/tree.ts";
import { evaluate, ProfileSchema, type Evaluation, type Pack } from "#parley/protocols/evidence/index.ts";
import type { EntryRef } from "#parley/protocols/protocol.ts";
import type { StoredEntry } from "#parley/store/store.ts";
import { encodeOneMessage } from "#parley/transcript/open-one.ts";
import { openAtRest } from "./at-rest.ts";
import type { LiveChannel, NodeCore } from "./core.ts";

/** Opened messages of one page; a page ends early when it is full. */
const PAGE_SIZE_LIMIT_BYTES = 8 * 1_048_576;

export interface ReadEntry {
  readonly ref: EntryRef;
  readonly header: Entry;
  readonly leaf: string;
  /** Unavailable: erased, or sealed to somebody else. */
  readonly content: "opened" | "unavailable";
  /** Entries of kind `message` alone: genesis and chains are read elsewhere. */
  readonly message?: JsonObject;
  /** What casework makes of a message. */
  readonly view?: EntryView;
}

export interface EntryPage {
  readonly feed: string;
  readonly size: number;
  readonly entries: readonly ReadEntry[];
  /** Where the next page begins; absent at the end of the feed. */
  readonly next?: number;
}

export interface PageRange {
  readonly from: number;
  readonly limit: number;
}

/** The feed must be one of the channel. */
export async function readEntries(
  core: NodeCore,
  channel: LiveChannel,
  range: PageRange & { readonly feed: string },
): Promise<EntryPage> {
  const { feed, from, limit } = range;
  const { size } = channel.record.tip(feed).frontier;
  const key = { channel: channel.id, feed };
  const stored = await core.ports.store.entries(key, { from, limit, payloads: false });
  const entries: ReadEntry[] = [];
  let bytes = 0;
  for (const one of stored) {
    bytes += one.opened?.length ?? 0;
    if (bytes > PAGE_SIZE_LIMIT_BYTES && entries.length > 0) break;
    entries.push(readEntry(core, channel, feed, one));
  }
  const next = from + entries.length;
  return { feed, size, entries: withViews(core, channel, entries), ...(next < size && { next }) };
}

/** The messages of one case in its order, as many as fit a page. */
export async function readMessages(
  core: NodeCore,
  channel: LiveChannel,
  views: readonly EntryView[],
): Promise<ReadonlyMap<EntryView, JsonObject>> {
  const messages = new Map<EntryView, JsonObject>();
  let bytes = 0;
  for (const view of views) {
    const { feed, seq } = view.ref;
    const stored = await core.ports.store.entryAt({ channel: channel.id, feed }, seq);
    bytes += stored?.opened?.length ?? 0;
    if (bytes > PAGE_SIZE_LIMIT_BYTES) return messages;
    const message = stored && messageOf(core, channel.id, feed, stored);
    if (message !== undefined) messages.set(view, message);
  }
  return messages;
}

function readEntry(core: NodeCore, channel: LiveChannel, feed: string, stored: StoredEntry): ReadEntry {
  const header = parseEntry(stored.bytes);
  if (isRefusal(header)) throw new Error(`a stored entry is not one: ${header.code}`);
  const message = header.kind === "message" ? messageOf(core, channel.id, feed, stored) : undefined;
  return {
    ref: { feed, seq: stored.seq },
    header,
    leaf: encodeBase64url(stored.leaf),
    content: stored.opened === undefined ? "unavailable" : "opened",
    ...(message !== undefined && { message }),
  };
}

function messageOf(
  core: NodeCore,
  channel: string,
  feed: string,
  stored: StoredEntry,
): JsonObject | undefined {
  const { backend, identity } = core.ports;
  const place = { channel, feed, seq: stored.seq };
  const opened = stored.opened && openAtRest(backend, identity.storageKey, place, stored.opened);
  const value = opened && parseJson(opened.message);
  return value === undefined || isRefusal(value) || !isJsonObject(value) ? undefined : value;
}

/** Casework is asked once per case of the page, and for the whole channel only if a message has no opened case. */
function withViews(
  core: NodeCore,
  channel: LiveChannel,
  entries: readonly ReadEntry[],
): readonly ReadEntry[] {
  const { casework } = channel;
  if (casework === undefined) return entries;
  const now = core.ports.clock();
  const cases = new Set(
    entries.flatMap(({ message }) => (typeof message?.["case"] === "string" ? [message["case"]] : [])),
  );
  const views = new Map<string, EntryView>();
  const note = (view: EntryView): unknown => views.set(`${view.ref.feed}/${view.ref.seq}`, view);
  for (const id of cases) casework.caseView(id, now)?.entries.forEach(note);
  const isLoose = ({ ref, message }: ReadEntry): boolean =>
    message !== undefined && !views.has(`${ref.feed}/${ref.seq}`);
  if (entries.some(isLoose)) casework.view(now).loose.forEach(note);
  return entries.map((entry) => {
    const view = views.get(`${entry.ref.feed}/${entry.ref.seq}`);
    return view === undefined ? entry : { ...entry, view };
  });
}

/** SPEC 7.5: one message for a third party, with nothing else of the channel. Undefined: no such entry. */
export async function proveMessage(
  core: NodeCore,
  channel: LiveChannel,
  { feed, seq }: EntryRef,
): Promise<Uint8Array | Refusal | undefined> {
  const { store, backend, identity } = core.ports;
  const key = { channel: channel.id, feed };
  const stored = await store.entryAt(key, seq);
  const [checkpoint] = await store.checkpoints(key, seq + 1, 1);
  const chain = core.parties.get(feed);
  if (stored === undefined || checkpoint === undefined || chain === undefined) return undefined;
  const opened = stored.opened && openAtRest(backend, identity.storageKey, { ...key, seq }, stored.opened);
  if (opened === undefined) return refuse("cannot-open");
  const path = await channel.record.query(feed, (read) =>
    inclusionPath(backend.sha256, read, seq, checkpoint.size),
  );
  return encodeOneMessage({
    entry: stored.bytes,
    path,
    checkpoint: checkpoint.note,
    ...opened,
    signed: chain.signed,
    genesis: channel.genesisBytes,
    seq,
  });
}

export interface HousePage {
  readonly size: number;
  readonly records: readonly { readonly seq: number; readonly record: JsonObject }[];
  readonly next?: number;
}

/** The audit log (SPEC 5.1.3). Hashes of tokens are taken out: they help nobody who audits. */
export async function readHouse(core: NodeCore, { from, limit }: PageRange): Promise<HousePage> {
  const { id, record } = core.houseChannel;
  const { size } = record.tip(core.me).frontier;
  const stored = await core.ports.store.entries(
    { channel: id, feed: core.me },
    { from, limit, payloads: false },
  );
  const records = stored.flatMap((one) => {
    const message = messageOf(core, id, core.me, one);
    if (message === undefined || !stringIn(message, "type").startsWith("house.")) return [];
    const { token_hash: _secret, ...shown } = message;
    return [{ seq: one.seq, record: shown }];
  });
  const next = from + stored.length;
  return { size, records, ...(next < size && { next }) };
}

export interface PackQuestion {
  readonly pack: Pack;
  readonly asks: readonly { readonly code: string; readonly legal_basis?: string }[];
  readonly lifeSafety: boolean;
}

const profiles = Compile(ProfileSchema);

/** The evaluation that both sides would make of this pack if it were said now, under this channel's profile. */
export function evaluatePack(
  core: NodeCore,
  channel: LiveChannel,
  { pack, asks, lifeSafety }: PackQuestion,
): Evaluation | Refusal {
  const profile: unknown = channel.genesis?.profile;
  if (!profiles.Check(profile)) return refuse("genesis-schema");
  return evaluate(profile, pack, {
    asks: asks.map(({ code, legal_basis }) => ({
      ask: code,
      ...(legal_basis !== undefined && { legal_basis }),
    })),
    referenceTime: core.ports.clock(),
    lifeSafety,
  });
}
