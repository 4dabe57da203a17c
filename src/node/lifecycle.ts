/**
 * What a node does by itself: ask for its own head before it signs, deliver, prove that it is alive, answer what it
 * could not read. One `tick` does all that is due; who calls it, and when, is the composition root or a simulation.
 */
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import type { CaseView, ChannelView, EntryView } from "#parley/casework/index.ts";
import { releaseAutomatic, releaseRecord, type Released } from "#parley/gate/release.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { deliver, nextPosition, type OutboxContext } from "./outbox.ts";
import { askOwnHead } from "./own-head.ts";
import { PeerFault } from "./ports.ts";
import { uuidv7 } from "./uuid.ts";

/** Automatic answers to void entries in one tick: a peer that sends nonsense gains no flood. */
const AUTOMATIC_ERRORS_PER_TICK = 16;

export async function tick(core: NodeCore): Promise<void> {
  watchClock(core);
  for (const channel of core.channels.values()) {
    if (!channel.folded) continue;
    if (channel.signing === "asking") await askBeforeSigning(core, channel);
    if (channel.signing !== "allowed") continue;
    if (core.writable && isMember(core, channel)) {
      await answerVoids(core, channel);
      await beat(core, channel);
    }
    await deliverDue(core, channel);
    if (core.writable)
      await core.guard(() => channel.record.exclusively(() => channel.record.keepReceipts()));
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
  const onFork = async (proof: Uint8Array): Promise<void> => {
    if (channel.frozen.has(core.me)) return;
    channel.frozen.set(core.me, proof);
    channel.signing = "frozen";
    core.emit({ type: "mode", channel: channel.id, signing: "frozen" });
    await core.guard(() => core.ports.store.putFork({ channel: channel.id, feed: core.me, proof }));
    await core.record({ type: "house.alarm", alarm: "fork", channel: channel.id, facts: { by: party } });
  };
  return { ports: core.ports, channel, chain, state, onFork };
}

/** Delivers what is due now; a channel is delivered by one caller at a time. */
export async function deliverDue(core: NodeCore, channel: LiveChannel): Promise<void> {
  if (!channel.folded || core.delivering.has(channel.id)) return;
  core.delivering.add(channel.id);
  try {
    for (const [party, state] of channel.outboxes) {
      const context = outboxContext(core, channel, party);
      const waits =
        nextPosition(state) >= channel.record.tip(core.me).frontier.size ||
        state.nextAttemptAt > core.ports.clock();
      if (context === undefined || waits || isOfferOnly(core, channel)) continue;
      await core.guard(() => deliver(context));
    }
  } finally {
    core.delivering.delete(channel.id);
  }
}

/** Before the other side answered an offer there is nobody to push to; the offer itself is sent by the handshake. */
function isOfferOnly(core: NodeCore, channel: LiveChannel): boolean {
  return core.house.state.offers.get(channel.id)?.status === "sent" && !hasAnswered(core, channel);
}

export function hasAnswered(core: NodeCore, channel: LiveChannel): boolean {
  return channel.parties.every((party) => party === core.me || channel.record.tip(party).frontier.size > 0);
}

async function askBeforeSigning(core: NodeCore, channel: LiveChannel): Promise<void> {
  for (const party of channel.outboxes.keys()) {
    const chain = core.parties.get(party);
    if (chain === undefined) continue;
    try {
      const answer = await core.guard(() => askOwnHead(core.ports, channel, chain));
      if (isRefusal(answer)) {
        core.ports.log("own-head-refused", { code: answer.code });
        return;
      }
      await settle(core, channel, answer);
    } catch (fault) {
      if (!(fault instanceof PeerFault)) throw fault;
      core.ports.log("own-head-unanswered", { kind: fault.kind });
      return;
    }
  }
}

async function settle(
  core: NodeCore,
  channel: LiveChannel,
  answer: Exclude<Awaited<ReturnType<typeof askOwnHead>>, { code: string }>,
): Promise<void> {
  channel.signing = answer.kind === "forked" ? "frozen" : "allowed";
  core.emit({ type: "mode", channel: channel.id, signing: channel.signing });
  if (answer.kind === "current") return;
  const facts = answer.kind === "recovered" ? { from: answer.from, to: answer.to } : { size: answer.size };
  await core.record({ type: "house.alarm", alarm: "rollback", channel: channel.id, facts });
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
  const owed = owedErrors(channel.casework.view(core.ports.clock()), core.me).slice(
    0,
    AUTOMATIC_ERRORS_PER_TICK,
  );
  for (const { entry, kase } of owed) {
    const faulty = { entry: { feed: entry.ref.feed, seq: entry.ref.seq } };
    const code = entry.outcome.kind === "void" ? entry.outcome.code : "E-UNEXPECTED";
    const error = automatic(core, channel, "sys.error", { code, ...faulty }, kase);
    const inquiry = automatic(core, channel, "sys.inquiry", { question: "please-explain", ...faulty }, kase);
    await Promise.all([core.say(channel, error), core.say(channel, inquiry)]);
  }
  channel.dirty = owed.length === AUTOMATIC_ERRORS_PER_TICK;
}

interface OwedError {
  readonly entry: EntryView;
  readonly kase: CaseView | undefined;
}

function owedErrors(view: ChannelView, me: string): readonly OwedError[] {
  const owing = ({ needsError }: EntryView): boolean => needsError === me;
  return [
    ...view.cases.flatMap((kase) => kase.entries.filter(owing).map((entry) => ({ entry, kase }))),
    ...view.loose.filter(owing).map((entry) => ({ entry, kase: undefined })),
  ];
}

function automatic(
  core: NodeCore,
  channel: LiveChannel,
  type: string,
  body: JsonObject,
  kase: CaseView | undefined,
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
