/**
 * What arrives from another party: verify, hold, receipt, or refuse with a code (SPEC 3.8, 6.3).
 *
 * Guarantees: a refusal changes no state; what was receipted is durable; the same push answered twice gets the same
 * receipt. Nothing here reads what a message says: that is casework, later.
 */
import { bytesEqual, encodeBase64url } from "#parley/codec/bytes.ts";
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { BUNDLE_ENTRIES_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { commitTo, parsePlaintext, type Plaintext } from "#parley/crypto/payload.ts";
import { open, type SealCode } from "#parley/crypto/seal.ts";
import { admitBatch, type AdmittedBatch, type HeldHeads } from "#parley/ledger/admission.ts";
import { parseCheckpoint, verifyAuthor, type Checkpoint, type Head } from "#parley/ledger/checkpoint.ts";
import { parseEntry, type Entry } from "#parley/ledger/entry.ts";
import { EMPTY_FRONTIER } from "#parley/ledger/tree.ts";
import { keysAt, type PartyChain } from "#parley/party/chain.ts";
import type { StoredReceipt } from "#parley/store/store.ts";
import { channelKeysAt, parsePartyUpdate, takePartyUpdate, type Channel, type KeyUpdate } from "./channel.ts";
import { proveForkAgainst } from "./fork-watch.ts";
import type { ReceivedOffer } from "./handshake.ts";
import type { NodePorts } from "./ports.ts";
import { authorNote, type Arrival } from "./record.ts";

/** A pushed batch, taken apart; payloads are found by their hash, so their order does not matter. */
export interface Push {
  readonly entries: readonly Uint8Array[];
  readonly payloadsByCt: ReadonlyMap<string, Uint8Array>;
  readonly checkpoint: Checkpoint;
  readonly note: Uint8Array;
}

/** A receipt of this node with the head it is on. */
export interface GivenReceipt {
  readonly head: Head;
  readonly receipt: StoredReceipt;
}

export type PushAnswer =
  /** Ascending by size; the last is on the head that was pushed. */
  | { readonly kind: "receipt"; readonly receipts: readonly GivenReceipt[] }
  | { readonly kind: "fork"; readonly proof: Uint8Array }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface PushContext {
  readonly ports: NodePorts;
  readonly channel: Channel;
  readonly feed: string;
  /** Newest chain known of the author. */
  readonly chain: PartyChain;
  /** A longer chain that the batch itself carried. */
  readonly onChain: (chain: PartyChain) => Promise<void>;
}

export function readPush(ports: NodePorts, records: readonly BundleRecord[]): Push | Refusal {
  const entries: Uint8Array[] = [];
  const payloadsByCt = new Map<string, Uint8Array>();
  let note: Uint8Array | undefined;
  for (const { type, bytes } of records) {
    if (type === "entry") entries.push(bytes);
    else if (type === "payload") payloadsByCt.set(encodeBase64url(ports.backend.sha256(bytes)), bytes);
    else if (type === "checkpoint") note = bytes;
  }
  if (note === undefined) return refuse("incomplete", { missing: "checkpoint" });
  const checkpoint = parseCheckpoint(note);
  return isRefusal(checkpoint) ? checkpoint : { entries, payloadsByCt, checkpoint, note };
}

/** The whole policy for one push. Call inside the channel's `exclusively`. */
export async function receivePush(context: PushContext, push: Push): Promise<PushAnswer> {
  const { channel, feed } = context;
  const { checkpoint } = push;
  const frozen = channel.frozen.get(feed);
  if (frozen !== undefined) return { kind: "fork", proof: frozen };
  if (checkpoint.channel !== channel.id) return refused(refuse("entry-channel"));
  if (checkpoint.feed !== feed) return refused(refuse("entry-feed"));
  const have = channel.record.tip(feed).frontier.size;
  const fork = await proveForkAgainst(context, push);
  if (fork !== undefined) return { kind: "fork", proof: fork };
  if (checkpoint.size <= have) return answerKnownHead(context, push);
  const fresh = freshEntries(push, have);
  if (isRefusal(fresh)) return refused(fresh);
  const arrivals = openPayloads(context.ports, fresh, push.payloadsByCt);
  if (isRefusal(arrivals)) return refused(arrivals);
  const updates = newChain(context, fresh, arrivals);
  const batch = await admit(context, fresh, checkpoint, updates);
  if (isRefusal(batch)) return refused(batch);
  const note = authorNote(push.note, feed);
  if (isRefusal(note)) return refused(note);
  // Before the entry that rests on it: a chain that nothing names yet does no harm, a start without it would.
  if (updates.chain !== context.chain) await context.onChain(updates.chain);
  await channel.record.hold(batch, note, arrivals);
  return receiptAnswer(context, push);
}

/**
 * Every receipt given on heads from the first pushed entry up to `to`: answers may have been lost (SPEC 6.4). A head
 * below the newest held one gets no receipt of its own any more: a later one covers it, and was given earlier.
 */
async function receiptAnswer({ ports, channel, feed }: PushContext, push: Push): Promise<PushAnswer> {
  const first = push.entries[0] && parseEntry(push.entries[0]);
  const from = first === undefined || isRefusal(first) ? push.checkpoint.size : first.seq + 1;
  const key = { channel: channel.id, feed };
  const receipts: GivenReceipt[] = [];
  for (const { size, root } of await ports.store.checkpoints(key, from, BUNDLE_ENTRIES_LIMIT)) {
    const receipt = await ports.store.receiptAt(key, size, ports.identity.chain.party);
    if (receipt !== undefined) receipts.push({ head: { ...key, size, root }, receipt });
    if (receipt !== undefined && size >= push.checkpoint.size) break;
  }
  return { kind: "receipt", receipts };
}

/** SPEC 3.8.9: a head of a size already held; its root was compared by the fork watch. */
async function answerKnownHead(context: PushContext, push: Push): Promise<PushAnswer> {
  const { channel, chain, ports } = context;
  const { checkpoint } = push;
  const signed = verifyAuthor(ports.backend, checkpoint, channelKeysAt(channel, chain, checkpoint.size));
  if (signed !== true) return refused(signed);
  // Entries that came back after a rollback were held without a receipt; this is the moment to give it.
  if (checkpoint.size === channel.record.tip(context.feed).frontier.size)
    await channel.record.receiptOn(checkpoint);
  return receiptAnswer(context, push);
}

/** Entries from the held size on; a push may begin earlier. */
function freshEntries(push: Push, have: number): readonly ParsedLine[] | Refusal {
  const lines: ParsedLine[] = [];
  for (const bytes of push.entries) {
    const entry = parseEntry(bytes);
    if (isRefusal(entry)) return entry;
    if (entry.seq >= have) lines.push({ bytes, entry });
  }
  if (lines[0]?.entry.seq !== have) return refuse("out-of-order", { have });
  return lines;
}

/**
 * SPEC 5.2.1: the first entries of a channel that this node does not hold yet, judged whole before any of it is kept,
 * so that an offer that is refused leaves nothing behind.
 */
export function judgeOfferedEntries(ports: NodePorts, offer: ReceivedOffer, push: Push): true | Refusal {
  const { backend } = ports;
  const { channel, chain, genesis, genesisBytes } = offer;
  const { checkpoint } = push;
  const feed = chain.party;
  if (checkpoint.channel !== channel) return refuse("entry-channel");
  if (checkpoint.feed !== feed) return refuse("entry-feed");
  const lines = freshEntries(push, 0);
  if (isRefusal(lines)) return lines;
  const arrivals = openPayloads(ports, lines, push.payloadsByCt);
  if (isRefusal(arrivals)) return arrivals;
  const [terms, own] = arrivals.map(({ opened }) => opened?.message);
  const update = own && parsePartyUpdate(backend, feed, own);
  if (update === undefined || isRefusal(update) || update.latest.hash !== chain.latest.hash)
    return refuse("offer-mismatch", { seq: 1 });
  if (terms === undefined || !bytesEqual(terms, genesisBytes)) return refuse("offer-mismatch", { seq: 0 });
  const initialVersion = genesis.parties.find(({ party }) => party === feed)?.version ?? 1;
  const updates = [{ seq: 1, version: chain.versions.length }];
  const keys = keysAt(chain, updates, { channel, size: checkpoint.size, initialVersion });
  const entries = lines.map(({ bytes }) => bytes);
  const state = { channel, feed, frontier: EMPTY_FRONTIER, seen: [], depth: 0 };
  const batch = admitBatch(backend, state, { entries, checkpoint, keys }, HOLDS_NOTHING);
  return isRefusal(batch) ? batch : true;
}

const HOLDS_NOTHING: HeldHeads = { rootAt: () => undefined, depthAt: () => 0 };

interface ParsedLine {
  readonly bytes: Uint8Array;
  readonly entry: Entry;
}

/** SPEC 3.8.4 and 6.3.7; a payload that cannot be opened is held all the same. */
function openPayloads(
  ports: NodePorts,
  lines: readonly ParsedLine[],
  payloadsByCt: ReadonlyMap<string, Uint8Array>,
): readonly Arrival[] | Refusal {
  const missing = lines.filter(({ entry }) => !payloadsByCt.has(entry.ct));
  if (missing.length > 0)
    return refuse("incomplete", { missing: missing.length, ct: missing[0]?.entry.ct ?? "" });
  const arrivals: Arrival[] = [];
  for (const { entry } of lines) {
    const payload = payloadsByCt.get(entry.ct) ?? new Uint8Array(0);
    if (payload.length !== entry.ct_len) return refuse("hash-mismatch", { seq: entry.seq });
    const opened = openSealed(ports, entry, payload);
    if (isRefusal(opened) && opened.code !== "cannot-open") return refuse(opened.code, { seq: entry.seq });
    arrivals.push({ payload, opened: isRefusal(opened) ? undefined : opened });
  }
  return arrivals;
}

/** Undefined when it was not sealed to this node, or does not hold what the entry commits to (threats.md 19). */
export function openPayload(ports: NodePorts, entry: Entry, payload: Uint8Array): Plaintext | undefined {
  const opened = openSealed(ports, entry, payload);
  return isRefusal(opened) ? undefined : opened;
}

/** Any other code than `cannot-open` is a fault that everybody sees, without a key. */
function openSealed(ports: NodePorts, entry: Entry, payload: Uint8Array): Plaintext | Refusal<SealCode> {
  const { backend, identity } = ports;
  const seeds =
    entry.feed === identity.chain.party ? [identity.archiveSeed] : [...identity.kemSeeds].reverse();
  for (const seed of seeds) {
    const plaintext = open(backend, seed, payload);
    if (isRefusal(plaintext) && plaintext.code !== "cannot-open") return plaintext;
    if (isRefusal(plaintext)) continue;
    const opened = parsePlaintext(plaintext);
    if (isRefusal(opened)) break;
    return encodeBase64url(commitTo(backend, opened.salt, opened.message)) === entry.commit
      ? opened
      : refuse("cannot-open");
  }
  return refuse("cannot-open");
}

interface ChainUpdates {
  readonly chain: PartyChain;
  readonly updates: readonly KeyUpdate[];
}

/** Party updates inside the batch: their keys may already sign the head that covers them (SPEC 4.3.2). */
function newChain(
  context: PushContext,
  lines: readonly ParsedLine[],
  arrivals: readonly Arrival[],
): ChainUpdates {
  let chain = context.chain;
  const updates: KeyUpdate[] = [];
  for (const [i, { entry }] of lines.entries()) {
    const opened = arrivals[i]?.opened;
    if (entry.kind !== "party_update" || opened === undefined) continue;
    const update = takePartyUpdate(context.ports.backend, chain, opened.message);
    if (update === undefined) continue;
    if (update.versions.length > chain.versions.length) chain = update;
    updates.push({ seq: entry.seq, version: update.versions.length });
  }
  return { chain, updates };
}

async function admit(
  { ports, channel, feed }: PushContext,
  lines: readonly ParsedLine[],
  checkpoint: Checkpoint,
  { chain, updates }: ChainUpdates,
): Promise<AdmittedBatch | Refusal> {
  const held = await channel.record.heldHeads(lines.map(({ entry }) => entry));
  const keys = channelKeysAt(channel, chain, checkpoint.size, updates);
  const entries = lines.map(({ bytes }) => bytes);
  return admitBatch(ports.backend, channel.record.state(feed), { entries, checkpoint, keys }, held);
}

function refused(refusal: Refusal): PushAnswer {
  return { kind: "refused", refusal };
}
