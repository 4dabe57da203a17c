/**
 * The outbox (SPEC 6.5.2): brings what was said to the other party and its receipts back.
 *
 * It keeps no list of its own: what to send is what the other party has not receipted. A break at any point costs
 * one repetition and loses nothing.
 */
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { BUNDLE_ENTRIES_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { establishReceipt, parseCheckpoint } from "#parley/ledger/checkpoint.ts";
import { parseForkProof, verifyForkProof } from "#parley/ledger/fork.ts";
import { receiptKeys, type PartyChain } from "#parley/party/chain.ts";
import { encodeGroups, parseGroups, type Group } from "#parley/peer/groups.ts";
import type { StoredCheckpoint, StoredEntry } from "#parley/store/store.ts";
import { channelKeysAt, type Channel } from "./channel.ts";
import { PeerFault, type NodePorts } from "./ports.ts";
import { linesToBytes } from "./record.ts";

/** First delay after a failed attempt and the largest, in seconds; doubled in between. */
export const RETRY_FIRST_SECONDS = 2;
export const RETRY_LAST_SECONDS = 300;
/** Bytes of one push: half of the bundle limit leaves room for framing. */
const PUSH_SIZE_LIMIT_BYTES = 32 * 1_048_576;

/** How often one delivery may be sent back to an earlier size before it waits: a lying peer gains no loop. */
const SET_BACKS_LIMIT = 2;

export interface OutboxState {
  /** How much of our feed the other party proved to hold, by its signature. */
  receipted: number;
  /** Where it asks us to begin again, on its bare word: it moves what is sent next and nothing else. */
  resendFrom: number | undefined;
  nextAttemptAt: number;
  delaySeconds: number;
  lastRefusal: string | undefined;
}

export interface OutboxContext {
  readonly ports: NodePorts;
  readonly channel: Channel;
  readonly chain: PartyChain;
  readonly state: OutboxState;
  /** The answer named a fork of our own feed: the proof, for people. */
  readonly onFork: (proof: Uint8Array) => Promise<void>;
}

/** Sends everything not yet receipted, batch by batch. Faults and refusals set the next attempt. */
export async function deliver(context: OutboxContext): Promise<void> {
  const { ports, state, channel } = context;
  const me = ports.identity.chain.party;
  let setBacks = 0;
  try {
    while (nextPosition(state) < channel.record.tip(me).frontier.size) {
      const from = nextPosition(state);
      const group = await nextPush(context);
      if (group === undefined) return;
      const answer = await ports.transport.exchange(context.chain.party, encodeGroups([group]));
      const taken = await takeAnswer(context, answer);
      if (isRefusal(taken)) return postpone(context, taken.code);
      if (taken.retry && ++setBacks > SET_BACKS_LIMIT) return postpone(context, "out-of-order");
      if (taken.retry) continue;
      // An answer that brings nothing forward (an old receipt, a reply to something else) would be asked for again.
      if (nextPosition(state) <= from) return postpone(context, "request-schema");
      state.delaySeconds = RETRY_FIRST_SECONDS;
      state.lastRefusal = undefined;
    }
  } catch (fault) {
    if (!(fault instanceof PeerFault)) throw fault;
    postpone(context, fault.kind);
  }
}

function postpone({ ports, state }: OutboxContext, code: string): void {
  state.lastRefusal = code;
  state.nextAttemptAt = ports.clock() + state.delaySeconds;
  state.delaySeconds = Math.min(state.delaySeconds * 2, RETRY_LAST_SECONDS);
  ports.log("delivery-postponed", { code, seconds: state.delaySeconds });
}

/** The position in our feed from which the other party is sent entries. */
export function nextPosition({ receipted, resendFrom }: OutboxState): number {
  return resendFrom ?? receipted;
}

/** Entries from the last receipted size up to a head of ours; undefined when there is nothing to push. */
export async function nextPush({ ports, channel, state }: OutboxContext): Promise<Group | undefined> {
  const key = { channel: channel.id, feed: ports.identity.chain.party };
  const from = nextPosition(state);
  const said = channel.record.takeJustSaid(from);
  const entries =
    said?.entries ?? (await ports.store.entries(key, { from, limit: BUNDLE_ENTRIES_LIMIT, payloads: true }));
  const checkpoint = said?.checkpoint ?? (await lastHeadWithin(ports, key, from, entries));
  if (checkpoint === undefined) return undefined;
  const records: BundleRecord[] = [];
  for (const entry of entries.slice(0, checkpoint.size - from)) {
    records.push({ type: "entry", bytes: entry.bytes });
    if (entry.payload !== undefined) records.push({ type: "payload", bytes: entry.payload });
  }
  records.push({ type: "checkpoint", bytes: checkpoint.note });
  return { kind: "request", head: { type: "push", ...key }, records };
}

/** The largest head that these entries reach within the size of one push; at least the first head. */
async function lastHeadWithin(
  ports: NodePorts,
  key: { readonly channel: string; readonly feed: string },
  from: number,
  entries: readonly StoredEntry[],
): Promise<StoredCheckpoint | undefined> {
  const ends: number[] = [];
  let size = 0;
  for (const entry of entries) ends.push((size += entry.bytes.length + (entry.payload?.length ?? 0)));
  let best: StoredCheckpoint | undefined;
  for (const checkpoint of await ports.store.checkpoints(key, from + 1, BUNDLE_ENTRIES_LIMIT)) {
    const end = ends[checkpoint.size - from - 1];
    if (end === undefined || (best !== undefined && end > PUSH_SIZE_LIMIT_BYTES)) break;
    best = checkpoint;
  }
  return best;
}

async function takeAnswer(
  context: OutboxContext,
  body: Uint8Array,
): Promise<{ readonly retry: boolean } | Refusal> {
  const groups = parseGroups(body);
  if (isRefusal(groups)) return groups;
  const [group] = groups;
  if (group === undefined || group.kind !== "reply" || group.head.channel !== context.channel.id)
    return refuse("request-schema");
  return takeReply(context, group);
}

type Reply = Extract<Group, { kind: "reply" }>;

/** Applies one answer of the other party about our own feed. */
export async function takeReply(
  context: OutboxContext,
  reply: Reply,
): Promise<{ readonly retry: boolean } | Refusal> {
  const { head } = reply;
  const taken = await takeSignedReply(context, reply);
  if (taken !== undefined || head.type !== "refused") return isRefusal(taken) ? taken : { retry: false };
  return isSetBack(context, head) ? { retry: true } : refuse(head.code);
}

/** What a reply proves by its signatures, whoever brought it; undefined when it proves nothing (SPEC 6.1.4). */
export async function takeSignedReply(
  context: OutboxContext,
  { head, records }: Reply,
): Promise<true | Refusal | undefined> {
  if (head.type === "receipt") return takeReceipts(context, records);
  const fork = head.type === "refused" ? records.find(({ type }) => type === "fork") : undefined;
  if (fork !== undefined && provesOwnFork(context, fork.bytes)) await context.onFork(fork.bytes);
  return undefined;
}

/** The other side may hold less than it receipted to us only if it lost data; it is sent again. */
function isSetBack(
  { state, channel, ports }: OutboxContext,
  head: Extract<Reply["head"], { type: "refused" }>,
): boolean {
  const have = head.code === "out-of-order" ? head.facts["have"] : undefined;
  const own = channel.record.tip(ports.identity.chain.party).frontier.size;
  if (typeof have !== "number" || have < 0 || have >= own || have === nextPosition(state)) return false;
  state.resendFrom = have;
  return true;
}

/** Two heads that we signed and that no one history has: anything less is an accusation and changes nothing. */
function provesOwnFork({ ports, channel }: OutboxContext, bytes: Uint8Array): boolean {
  const { backend, identity } = ports;
  const proof = parseForkProof(bytes);
  if (isRefusal(proof)) return false;
  const { older } = proof;
  if (older.channel !== channel.id || older.feed !== identity.chain.party) return false;
  return verifyForkProof(backend, proof, (size) => channelKeysAt(channel, identity.chain, size)) === true;
}

/** A receipt is believed for its two signatures on a head that we signed, and for nothing else. */
async function takeReceipts(
  context: OutboxContext,
  records: readonly BundleRecord[],
): Promise<true | Refusal> {
  const notes = records.filter(({ type }) => type === "checkpoint");
  if (notes.length === 0) return refuse("incomplete", { missing: "checkpoint" });
  for (const { bytes } of notes) {
    const taken = await takeReceipt(context, bytes);
    if (taken !== true) return taken;
  }
  return true;
}

async function takeReceipt(
  { ports, channel, chain, state }: OutboxContext,
  bytes: Uint8Array,
): Promise<true | Refusal> {
  const me = ports.identity.chain.party;
  const checkpoint = parseCheckpoint(bytes);
  if (isRefusal(checkpoint)) return checkpoint;
  if (checkpoint.channel !== channel.id || checkpoint.feed !== me) return refuse("entry-channel");
  const newest = channel.record.tip(me).checkpoint;
  const own =
    newest?.size === checkpoint.size
      ? newest
      : await ports.store.checkpointAt({ channel: channel.id, feed: me }, checkpoint.size);
  const mine = own && parseCheckpoint(own.note);
  if (mine === undefined || isRefusal(mine) || mine.note.text !== checkpoint.note.text)
    return refuse("root-mismatch");
  const receipt = establishReceipt(ports.backend, checkpoint, chain.party, receiptKeys(chain, channel.id));
  if (isRefusal(receipt)) return receipt;
  const { size } = checkpoint;
  const lines = linesToBytes(checkpoint, receipt.lines);
  await channel.record.takeReceipt({
    channel: channel.id,
    feed: me,
    size,
    by: chain.party,
    at: receipt.at,
    lines,
  });
  state.receipted = Math.max(state.receipted, size);
  if (state.resendFrom !== undefined) state.resendFrom = Math.max(state.resendFrom, size);
  if (state.resendFrom !== undefined && state.resendFrom >= state.receipted) state.resendFrom = undefined;
  return true;
}
