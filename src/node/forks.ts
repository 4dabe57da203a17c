/**
 * What a node does about a fork (SPEC 3.7.3, 3.8.6): keeps the proof, takes nothing more from the feed, says so in its
 * house feed, once. An own fork, of two live copies of this node, stops its signing in the channel for good.
 */
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseCheckpoint, verifyAuthor } from "#parley/ledger/checkpoint.ts";
import type { PartyChain } from "#parley/party/chain.ts";
import { askPeer } from "./ask-peer.ts";
import { channelKeysAt } from "./channel.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { proveAgainst } from "./head-compare.ts";
import { PeerFault } from "./ports.ts";

/** A proof that verified, of the own feed or another's. `by` showed it. Idempotent. */
export async function takeFork(
  core: NodeCore,
  channel: LiveChannel,
  fork: { readonly feed: string; readonly proof: Uint8Array; readonly by: string },
): Promise<void> {
  const { feed, proof, by } = fork;
  const first = !channel.frozen.has(feed);
  if (first) channel.frozen.set(feed, proof);
  if (feed === core.me && channel.signing !== "frozen") {
    channel.signing = "frozen";
    core.emit({ type: "mode", channel: channel.id, signing: "frozen" });
  }
  if (first) await core.guard(() => core.ports.store.putFork({ channel: channel.id, feed, proof }));
  await recordFork(core, channel, { feed, by });
}

/** The row of the proof comes first: who deletes it is found at the next start by this entry (threats.md 39). */
export async function recordFork(
  core: NodeCore,
  channel: LiveChannel,
  { feed, by }: { readonly feed: string; readonly by: string },
): Promise<void> {
  const subject = `fork/${channel.id}/${feed}`;
  if (core.alarmed.has(subject) || core.house.forks.has(`${channel.id}/${feed}`)) return;
  core.alarmed.add(subject);
  await core.record({ type: "house.alarm", alarm: "fork", channel: channel.id, facts: { by, feed } });
}

/** A head that one names and the other lacks, or has otherwise: one of them was shown something else, or is behind. */
export function isSuspicious(code: string | undefined): boolean {
  return code === "seen-mismatch" || code === "seen-unknown";
}

/**
 * SPEC 3.8.6: after such a refusal each side compares with the other every feed but the other's own, newest head
 * with newest head. Throws nothing; who does not answer is asked again.
 */
export async function settleSuspicions(core: NodeCore, channel: LiveChannel): Promise<void> {
  for (const peer of channel.suspects) {
    try {
      for (const feed of channel.parties)
        if (feed !== peer && !channel.frozen.has(feed)) await compareFeed(core, channel, peer, feed);
      channel.suspects.delete(peer);
    } catch (fault) {
      if (!(fault instanceof PeerFault)) throw fault;
      core.ports.log("heads-not-compared", { kind: fault.kind });
    }
  }
}

function setAsking(core: NodeCore, channel: LiveChannel): void {
  channel.signing = "asking";
  core.emit({ type: "mode", channel: channel.id, signing: "asking" });
}

async function compareFeed(core: NodeCore, channel: LiveChannel, peer: string, feed: string): Promise<void> {
  const chain: PartyChain | undefined = core.parties.get(feed);
  const answer = await askPeer(core.ports, peer, { type: "head", channel: channel.id, feed });
  if (chain === undefined || isRefusal(answer)) return;
  const bytes = answer.records.find(({ type }) => type === "checkpoint")?.bytes;
  const head = bytes && parseCheckpoint(bytes);
  if (head === undefined || isRefusal(head) || head.channel !== channel.id || head.feed !== feed) return;
  const keys = channelKeysAt(channel, chain, head.size);
  if (verifyAuthor(core.ports.backend, head, keys) !== true) return;
  // More of our own feed than we hold: another copy of this node said it, or this one was rolled back.
  const isBehind = feed === core.me && head.size > channel.record.tip(feed).frontier.size;
  if (isBehind && channel.signing === "allowed") return setAsking(core, channel);
  const proof = await channel.record.exclusively(() =>
    proveAgainst(core.ports, channel, { peer, chain, head }),
  );
  if (proof !== undefined) await takeFork(core, channel, { feed, proof, by: peer });
}
