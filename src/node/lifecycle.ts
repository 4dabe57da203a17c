/**
 * What a node does by itself: ask for its own head before it signs, deliver, prove that it is alive, answer what it
 * could not read. One `tick` does all that is due; who calls it, and when, is the composition root or a simulation.
 */
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { silentSince } from "#parley/casework/channel-view.ts";
import { termsOf } from "#parley/casework/genesis-terms.ts";
import type { OwedError } from "#parley/casework/index.ts";
import { StoreFault } from "#parley/store/store.ts";
import { releaseAutomatic, releaseRecord, type Released } from "#parley/gate/release.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { deliver, nextPosition, type OutboxContext } from "./outbox.ts";
import { isSuspicious, settleSuspicions, takeFork } from "./forks.ts";
import { askOwnHead, type OwnHeadAnswer } from "./own-head.ts";
import { PeerFault } from "./ports.ts";
import { settleErasures } from "./erasure.ts";
import { uuidv7 } from "./uuid.ts";

/** Automatic answers to void entries in one tick: a peer that sends nonsense gains no flood. */
const AUTOMATIC_ERRORS_PER_TICK = 16;

/** Runs for so many sets of parties at once; each holds about one connection. */
const RUNS_LIMIT = 64;
/** What the probe writes: some pages, so that it fails where an entry would, and frees them again. */
const PROBE_SIZE_BYTES = 131_072;

/**
 * Everything that is due, then the chores of each channel. The channels with one set of parties run one after the
 * other, different sets beside each other, so who hangs delays nobody else; what an earlier tick still does is not
 * begun again, but waited for.
 */
export async function tick(core: NodeCore, chores: (channel: LiveChannel) => Promise<void>): Promise<void> {
  watchClock(core);
  if (!core.writable) await probe(core);
  const groups = Map.groupBy(core.channels.values(), ({ outboxes }) => [...outboxes.keys()].sort().join());
  for (const [parties, channels] of groups) {
    if (core.running.has(parties) || core.running.size >= RUNS_LIMIT) continue;
    const run = tickChannels(core, channels, chores).finally(() => core.running.delete(parties));
    core.running.set(parties, run);
  }
  const outcomes = await Promise.allSettled(core.running.values());
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function tickChannels(
  core: NodeCore,
  channels: readonly LiveChannel[],
  chores: (channel: LiveChannel) => Promise<void>,
): Promise<void> {
  for (const channel of channels) if (channel.folded) await tickChannel(core, channel);
  for (const channel of channels) if (channel.folded) await chores(channel);
}

async function tickChannel(core: NodeCore, channel: LiveChannel): Promise<void> {
  await watchSilence(core, channel);
  if (channel.signing === "asking") await askBeforeSigning(core, channel);
  if (channel.suspects.size > 0) await settleSuspicions(core, channel);
  if (channel.signing !== "allowed") return;
  if (core.writable && channel.erasures.length > 0) await settleErasures(core, channel);
  if (core.writable && !channel.closed && isMember(core, channel)) {
    await answerVoids(core, channel);
    await beat(core, channel);
  }
  await deliverDue(core, channel);
  if (core.writable)
    await core.guard(() => channel.record.exclusively(() => channel.record.keepReceiptsWhenIdle()));
}

/** A node that could not write tries again by itself: nobody else may have a reason to write. */
async function probe({ ports }: NodeCore): Promise<void> {
  try {
    await ports.store.setMeta("write-probe", new Uint8Array(PROBE_SIZE_BYTES));
    await ports.store.setMeta("write-probe", new Uint8Array(0));
  } catch (fault) {
    if (!(fault instanceof StoreFault)) throw fault;
  }
}

/** SPEC 9.8.2: who said and receipted nothing for two heartbeat periods is an alarm, once for each silence. */
async function watchSilence(core: NodeCore, channel: LiveChannel): Promise<void> {
  if (!core.writable || channel.genesis === undefined || !hasAnswered(core, channel)) return;
  const now = core.ports.clock();
  const terms = termsOf(channel.genesis);
  if (now < terms.term.from || now > terms.term.until) return;
  for (const party of channel.outboxes.keys()) {
    const { size } = channel.record.tip(party).frontier;
    const key = { channel: channel.id, feed: party };
    const receipt = await core.ports.store.receiptAt(key, size, core.me);
    const since = silentSince(terms, receipt?.at, now);
    const subject = `silent/${channel.id}/${party}/${since}`;
    if (since === undefined || core.alarmed.has(subject)) continue;
    core.alarmed.add(subject);
    const facts = { party, since: encodeInstant(since) };
    await core.record({ type: "house.alarm", alarm: "silent", channel: channel.id, facts });
  }
}

/** This node's own feed has begun here, so the channel is agreed from this side. */
function isMember(core: NodeCore, channel: LiveChannel): boolean {
  return channel.record.tip(core.me).frontier.size >= 2;
}

export function outboxContext(
  core: NodeCore,
  channel: LiveChannel,
  party: string,
): OutboxContext | undefined {
  const chain = core.parties.get(party);
  const state = channel.outboxes.get(party);
  if (chain === undefined || state === undefined) return undefined;
  // Two live copies of this node: whichever learns it stops, for good (SPEC 3.7.3).
  const onFork = (proof: Uint8Array): Promise<void> =>
    takeFork(core, channel, { feed: core.me, proof, by: party });
  return { ports: core.ports, channel, chain, state, onFork };
}

/** Delivers what is due now, to all parties beside each other; to each by one caller at a time. */
export async function deliverDue(core: NodeCore, channel: LiveChannel): Promise<void> {
  if (!channel.folded || isOfferOnly(core, channel)) return;
  const outcomes = await Promise.allSettled(
    [...channel.outboxes.keys()].map((party) => deliverTo(core, channel, party)),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function deliverTo(core: NodeCore, channel: LiveChannel, party: string): Promise<void> {
  const context = outboxContext(core, channel, party);
  const name = `${channel.id}/${party}`;
  if (context === undefined || core.delivering.has(name)) return;
  const { state } = context;
  const isDone = nextPosition(state) >= channel.record.tip(core.me).frontier.size;
  if (isDone || state.nextAttemptAt > core.ports.clock()) return;
  core.delivering.add(name);
  try {
    await core.guard(() => deliver(context));
    if (isSuspicious(state.lastRefusal)) channel.suspects.add(party);
  } finally {
    core.delivering.delete(name);
  }
}

/** Before the other side answered an offer there is nobody to push to; the offer itself is sent by the handshake. */
function isOfferOnly(core: NodeCore, channel: LiveChannel): boolean {
  return core.house.state.offers.get(channel.id)?.status === "sent" && !hasAnswered(core, channel);
}

export function hasAnswered(core: NodeCore, channel: LiveChannel): boolean {
  return channel.parties.every((party) => party === core.me || channel.record.tip(party).frontier.size > 0);
}

/**
 * Every other party is asked: each may hold entries of ours that no other was sent. One that holds a fork decides,
 * whatever the rest say; one that does not answer leaves the question open (wire.md 6).
 */
async function askBeforeSigning(core: NodeCore, channel: LiveChannel): Promise<void> {
  const parties = [...channel.outboxes.keys()];
  const answers = await Promise.all(parties.map((party) => askOne(core, channel, party)));
  for (const answer of answers) {
    if (answer?.kind !== "recovered") continue;
    const facts = { from: answer.from, to: answer.to };
    await core.record({ type: "house.alarm", alarm: "rollback", channel: channel.id, facts });
  }
  for (const [i, answer] of answers.entries())
    if (answer?.kind === "forked")
      await takeFork(core, channel, { feed: core.me, proof: answer.proof, by: parties[i] ?? "" });
  if (channel.signing !== "asking" || answers.includes(undefined)) return;
  channel.signing = "allowed";
  core.emit({ type: "mode", channel: channel.id, signing: "allowed" });
}

async function askOne(
  core: NodeCore,
  channel: LiveChannel,
  party: string,
): Promise<OwnHeadAnswer | undefined> {
  const chain = core.parties.get(party);
  if (chain === undefined) return undefined;
  try {
    const answer = await core.guard(() => askOwnHead(core.ports, channel, chain));
    if (!isRefusal(answer)) return answer;
    core.ports.log("own-head-refused", { code: answer.code });
  } catch (fault) {
    if (!(fault instanceof PeerFault)) throw fault;
    core.ports.log("own-head-unanswered", { kind: fault.kind });
  }
  return undefined;
}

/** SPEC 3.1.5: an entry per period, so that a cut end is noticed; a real message counts as one. */
async function beat(core: NodeCore, channel: LiveChannel): Promise<void> {
  const period = channel.genesis?.heartbeat_seconds;
  const last = await lastOwnTime(core, channel);
  if (period === undefined || last === undefined || core.ports.clock() - last < period) return;
  if (!hasAnswered(core, channel)) return;
  await core.say(channel, releaseRecord(channel.id, "heartbeat", encodeJson({ type: "heartbeat", v: 1 })));
}

async function lastOwnTime(core: NodeCore, channel: LiveChannel): Promise<number | undefined> {
  const { size } = channel.record.tip(core.me).frontier;
  const entry = await core.ports.store.entryAt({ channel: channel.id, feed: core.me }, size - 1);
  return entry === undefined ? undefined : core.claimedAt(entry.bytes);
}

/** SPEC 9.3: every void entry of the other side is answered once, by code, with the question what was meant. */
async function answerVoids(core: NodeCore, channel: LiveChannel): Promise<void> {
  if (!channel.dirty || channel.casework === undefined) return;
  channel.dirty = false;
  const owed = channel.casework.owedErrors(core.me, core.ports.clock()).slice(0, AUTOMATIC_ERRORS_PER_TICK);
  for (const { ref, code, kase } of owed) {
    const faulty = { entry: { feed: ref.feed, seq: ref.seq } };
    const error = automatic(core, channel, "sys.error", { code, ...faulty }, kase);
    const inquiry = automatic(core, channel, "sys.inquiry", { question: "please-explain", ...faulty }, kase);
    await Promise.all([core.say(channel, error), core.say(channel, inquiry)]);
  }
  channel.dirty = owed.length === AUTOMATIC_ERRORS_PER_TICK;
}

function automatic(
  core: NodeCore,
  channel: LiveChannel,
  type: string,
  body: JsonObject,
  kase: OwedError["kase"],
): Released {
  const id = uuidv7(core.ports.backend, core.ports.clock());
  return releaseAutomatic(channel.id, {
    body,
    case: kase?.id ?? id,
    from_role: "watch",
    id,
    layer: "technical",
    nature: kase?.nature ?? channel.genesis?.nature ?? "real",
    officer: 1,
    precedence: "routine",
    serial: core.nextSerial(channel),
    tlp: "AMBER",
    type,
  });
}

/** Forward jumps of more than this between two ticks are reported, and every step back (threats.md 4). */
const CLOCK_JUMP_SECONDS = 3_600;

/** Reported, never corrected: nothing here is ordered by a clock. */
function watchClock(core: NodeCore): void {
  const now = core.ports.clock();
  const before = core.lastTickAt;
  core.lastTickAt = now;
  if (before === undefined || (now >= before && now - before < CLOCK_JUMP_SECONDS)) return;
  core.ports.log("clock-jump", { seconds: now - before });
  const facts = { before: encodeInstant(before), now: encodeInstant(now) };
  void core.record({ type: "house.alarm", alarm: "clock", facts }).catch(() => undefined);
}
