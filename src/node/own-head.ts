/**
 * Ask before sign (SPEC 6.3.3, wire.md 6): before its first signature after a start a node learns from the peer how
 * far its own feed goes. A restored backup would otherwise start a second history.
 */
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { admitBatch } from "#parley/ledger/admission.ts";
import { parseCheckpoint, verifyAuthor, type Checkpoint } from "#parley/ledger/checkpoint.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import type { PartyChain } from "#parley/party/chain.ts";
import { askPeer } from "./ask-peer.ts";
import { channelKeysAt, type Channel } from "./channel.ts";
import { proveAgainst } from "./head-compare.ts";
import type { NodePorts } from "./ports.ts";
import { openPayload, readPush } from "./receive.ts";
import { authorNote } from "./record.ts";

export type OwnHeadAnswer =
  /** The peer holds nothing beyond what this node has: it may sign. */
  | { readonly kind: "current" }
  /** The peer held more and gave it back: the feed was rolled back and is whole again. */
  | { readonly kind: "recovered"; readonly from: number; readonly to: number }
  /** Two heads of ours that no one history has: only the roots can lift this. */
  | { readonly kind: "forked"; readonly size: number; readonly proof: Uint8Array };

/** Throws `PeerFault` when the peer cannot be asked; a refusal when it answered something else. */
export async function askOwnHead(
  ports: NodePorts,
  channel: Channel,
  peerChain: PartyChain,
): Promise<OwnHeadAnswer | Refusal> {
  const peer = peerChain.party;
  const me = ports.identity.chain.party;
  const answer = await askPeer(ports, peer, { type: "head", channel: channel.id, feed: me });
  if (isRefusal(answer)) return answer;
  if (answer.head.type === "refused") {
    // A peer that does not know the channel holds nothing of ours.
    const unknown = answer.head.code === "channel-unknown";
    return unknown ? { kind: "current" } : refuse("request-schema");
  }
  const bytes = answer.records.find(({ type }) => type === "checkpoint")?.bytes;
  if (answer.head.type === "head" && answer.head.size === 0) return { kind: "current" };
  const theirs =
    bytes === undefined ? refuse("incomplete", { missing: "checkpoint" }) : parseCheckpoint(bytes);
  if (isRefusal(theirs)) return theirs;
  if (theirs.channel !== channel.id || theirs.feed !== me) return refuse("entry-channel");
  // Only what we signed ourselves can say how far we were.
  const signed = verifyAuthor(
    ports.backend,
    theirs,
    channelKeysAt(channel, ports.identity.chain, theirs.size),
  );
  if (signed !== true) return signed;
  return channel.record.exclusively(() => compareOwnHead(ports, channel, peerChain, theirs));
}

async function compareOwnHead(
  ports: NodePorts,
  channel: Channel,
  peerChain: PartyChain,
  theirs: Checkpoint,
): Promise<OwnHeadAnswer | Refusal> {
  const own = ports.identity.chain;
  const me = own.party;
  const mine = channel.record.tip(me).frontier.size;
  const peer = peerChain.party;
  const isFork = async (): Promise<OwnHeadAnswer | undefined> => {
    const proof = await proveAgainst(ports, channel, { peer, chain: own, head: theirs });
    return proof && { kind: "forked", size: theirs.size, proof };
  };
  if (theirs.size <= mine) return (await isFork()) ?? { kind: "current" };
  for (let grew = true; grew && channel.record.tip(me).frontier.size < theirs.size;) {
    grew = false;
    // Own entries name heads of the peer and the other way round, so the two feeds come back in turns.
    for (const chain of [ports.identity.chain, peerChain]) {
      const fetched = await fetchFeed(ports, channel, { peer, chain });
      // Whether we forked is read from our two heads. Wrong entries alone show who sent them; the node goes on asking.
      if (isRefusal(fetched) && fetched.code === "root-mismatch") return (await isFork()) ?? fetched;
      grew ||= fetched === true;
    }
  }
  const to = channel.record.tip(me).frontier.size;
  return to >= theirs.size
    ? { kind: "recovered", from: mine, to }
    : refuse("incomplete", { have: to, size: theirs.size });
}

/** True when the feed grew. Entries are verified like anybody's; own ones are opened with the archive key. */
async function fetchFeed(
  ports: NodePorts,
  channel: Channel,
  source: { readonly peer: string; readonly chain: PartyChain },
): Promise<boolean | Refusal> {
  const feed = source.chain.party;
  const from = channel.record.tip(feed).frontier.size;
  const answer = await askPeer(ports, source.peer, { type: "fetch", channel: channel.id, feed, from });
  if (isRefusal(answer)) return answer;
  if (!answer.records.some(({ type }) => type === "entry")) return false;
  const push = readPush(ports, answer.records);
  if (isRefusal(push)) return push;
  const parsed = push.entries
    .map((bytes) => parseEntry(bytes))
    .flatMap((entry) => (isRefusal(entry) ? [] : [entry]));
  const held = await channel.record.heldHeads(parsed);
  const keys = channelKeysAt(channel, source.chain, push.checkpoint.size);
  const { checkpoint, entries } = push;
  const batch = admitBatch(ports.backend, channel.record.state(feed), { entries, checkpoint, keys }, held);
  if (isRefusal(batch)) return batch;
  const note = authorNote(push.note, feed);
  if (isRefusal(note)) return note;
  const arrivals = batch.entries.flatMap(({ entry }) => {
    const payload = push.payloadsByCt.get(entry.ct);
    return payload === undefined ? [] : [{ payload, opened: openPayload(ports, entry, payload) }];
  });
  if (arrivals.length !== batch.entries.length)
    return refuse("incomplete", { missing: batch.entries.length - arrivals.length });
  await channel.record.recover(batch, note, arrivals);
  return true;
}
