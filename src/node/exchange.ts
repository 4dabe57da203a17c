/**
 * The peer's door (SPEC 6): one bundle in, one bundle out. The same over HTTPS and by file.
 *
 * `from` is the party that the TLS certificate stands for; undefined for a file, whose groups speak by their
 * signatures alone. Nothing that arrives makes this throw: faults of the store apart, every answer is a bundle.
 */
import { bytesEqual, encodeBase64url } from "#parley/codec/bytes.ts";
import { parseNote } from "#parley/codec/note.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { verifyText } from "#parley/ledger/checkpoint.ts";
import { encodeGroups, parseGroups, type Group, type RequestHead } from "#parley/peer/groups.ts";
import { answerFetch, answerHead, pushAnswerToReply, reply } from "./answer.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { isSuspicious, recordFork } from "./forks.ts";
import { parseDeclineText, readOffer } from "./handshake.ts";
import { takeSignedReply } from "./outbox.ts";
import { findContestedPins, takeChain } from "./pins.ts";
import { outboxContext } from "./lifecycle.ts";
import { judgeOfferedEntries, readPush, receivePush } from "./receive.ts";
import { answerBlob, takeCarriedBlob } from "./transfer.ts";

type Request = Extract<Group, { kind: "request" }>;
/** The channel of a reply to something that named none: 32 zero bytes. */
const NO_CHANNEL = encodeBase64url(new Uint8Array(32));

/** Over the wire one request and its answer; from a file every request in order, and every reply that proves itself. */
export async function exchange(
  core: NodeCore,
  body: Uint8Array,
  from: string | undefined,
): Promise<Uint8Array> {
  // SPEC 6.1.4: a file that says nothing, such as the answer to an answer, is answered with one.
  if (from === undefined && bytesEqual(body, encodeGroups([]))) return body;
  const groups = parseGroups(body);
  if (isRefusal(groups)) return encodeGroups([refusedReply(NO_CHANNEL, groups)]);
  // A thousand small questions in one body would be a thousand large answers (SPEC 6.2.1, threats.md 9).
  if (from !== undefined && (groups.length > 1 || groups[0]?.kind !== "request"))
    return encodeGroups([refusedReply(NO_CHANNEL, refuse("request-schema", { record: 0 }))]);
  const answers: Group[] = [];
  for (const group of groups) {
    if (group.kind === "request") answers.push(await answerRequest(core, group, from));
    else await applyReply(core, group);
  }
  return encodeGroups(answers);
}

async function answerRequest(core: NodeCore, group: Request, from: string | undefined): Promise<Group> {
  const { head } = group;
  const answer = await judgeRequest(core, group, from);
  return isRefusal(answer) ? refusedReply(head.channel, answer) : answer;
}

async function judgeRequest(
  core: NodeCore,
  group: Request,
  from: string | undefined,
): Promise<Group | Refusal> {
  const { head } = group;
  if (from !== undefined && !core.house.state.pairings.has(from)) return refuse("not-paired");
  if (head.type === "offer") return takeOffer(core, group, from);
  if (head.type === "decline") return takeDecline(core, group);
  const channel = core.channels.get(head.channel);
  if (channel === undefined) return refuse("channel-unknown");
  if (head.type === "blob")
    return from !== undefined && channel.parties.includes(from)
      ? answerBlob(core, channel, head, from)
      : refuse("not-a-party");
  if (!channel.parties.includes(head.feed)) return refuse("not-a-party");
  if (head.type === "push") return takePush(core, channel, head, group, from);
  // Reading asks for a party of the channel that proved itself by its certificate.
  if (from === undefined || !channel.parties.includes(from)) return refuse("not-a-party");
  return head.type === "head"
    ? answerHead(core.ports, channel, head)
    : answerFetch(core.ports, channel, head);
}

async function takePush(
  core: NodeCore,
  channel: LiveChannel,
  { feed }: Extract<RequestHead, { type: "push" }>,
  group: Request,
  from: string | undefined,
): Promise<Group | Refusal> {
  if (feed === core.me || (from !== undefined && from !== feed)) return refuse("not-a-party");
  const chain = core.parties.get(feed);
  if (chain === undefined || !core.house.state.pairings.has(feed)) return refuse("not-paired");
  if (!core.writable || !channel.folded || channel.signing !== "allowed") return refuse("read-only");
  const push = readPush(core.ports, group.records);
  if (isRefusal(push)) return push;
  const onChain = (longer: Parameters<typeof core.keepParty>[0]): Promise<void> => takeChain(core, longer);
  const answer = await core.guard(() =>
    channel.record.exclusively(() => receivePush({ ports: core.ports, channel, feed, chain, onChain }, push)),
  );
  if (answer.kind === "fork") await recordFork(core, channel, { feed, by: feed });
  if (answer.kind === "refused" && isSuspicious(answer.refusal.code)) channel.suspects.add(feed);
  return pushAnswerToReply(channel.id, feed, answer);
}

/** SPEC 5.2.5: each is a channel in memory and on disk; people decide on a few at a time. */
const OPEN_OFFERS_LIMIT = 16;

function openOffersOf(core: NodeCore, party: string): number {
  const offers = [...core.house.state.offers.values()];
  return offers.filter((offer) => offer.party === party && offer.status === "received").length;
}

/** SPEC 5.2.1: kept until people decide; the offerer's entries are held as its signature under the terms. */
async function takeOffer(core: NodeCore, group: Request, from: string | undefined): Promise<Group | Refusal> {
  const { head, records } = group;
  if (head.type !== "offer") return refuse("request-schema");
  const offer = readOffer(core.ports.backend, core.ports.identity.chain, head.channel, records);
  if (isRefusal(offer)) return offer;
  const { party } = offer.chain;
  if (from !== undefined && from !== party) return refuse("not-a-party");
  if (!core.house.state.pairings.has(party)) return refuse("not-paired");
  const known = core.parties.get(party);
  if (known !== undefined && offer.chain.versions[known.versions.length - 1]?.hash !== known.latest.hash) {
    return refuse("party-chain", { version: known.versions.length });
  }
  if (findContestedPins(core, offer.chain).length > 0) return refuse("party-pin");
  if (!core.channels.has(offer.channel) && openOffersOf(core, party) >= OPEN_OFFERS_LIMIT)
    return refuse("offer-limit", { limit: OPEN_OFFERS_LIMIT });
  const push = readPush(core.ports, records);
  if (isRefusal(push)) return push;
  if (!core.writable) return refuse("read-only");
  if (!core.channels.has(offer.channel)) {
    const judged = judgeOfferedEntries(core.ports, offer, push);
    if (judged !== true) return judged;
  }
  await core.keepParty(offer.chain);
  const channel = await core.openChannel(offer.genesisBytes);
  const answer = await takePush(
    core,
    channel,
    { type: "push", channel: channel.id, feed: party },
    group,
    from,
  );
  if (isRefusal(answer) || answer.head.type === "refused") return answer;
  if (!core.house.state.offers.has(channel.id)) {
    const counters = head.counters === undefined ? {} : { counters: head.counters };
    const record = {
      type: "house.offer",
      channel: channel.id,
      party,
      status: "received",
      officer: 0,
    } as const;
    await core.record({ ...record, ...counters });
    const countered = head.counters === undefined ? undefined : core.house.state.offers.get(head.counters);
    if (countered?.status === "sent" && countered.party === party)
      await core.record({ ...record, channel: countered.channel, status: "countered" });
  }
  return answer;
}

async function takeDecline(core: NodeCore, { head, records }: Request): Promise<Group | Refusal> {
  const bytes = records.find(({ type }) => type === "decline")?.bytes;
  const note = bytes === undefined ? refuse("incomplete", { missing: "decline" }) : parseNote(bytes);
  if (isRefusal(note)) return note;
  const decline = parseDeclineText(note.text);
  const offer = core.house.state.offers.get(head.channel);
  if (decline === undefined || decline.channel !== head.channel) return refuse("request-schema");
  if (offer === undefined || offer.party !== decline.party) return refuse("channel-unknown");
  const chain = core.parties.get(decline.party);
  if (chain === undefined) return refuse("not-paired");
  const signed = verifyText(core.ports.backend, note, decline.party, chain.latest.nodeKeys);
  if (signed !== true) return signed;
  if (offer.status === "sent") {
    const { channel, party, reason } = decline;
    await core.record({ type: "house.offer", channel, party, status: "declined", officer: 0, reason });
  }
  return reply({ type: "noted", channel: head.channel });
}

/** A reply that came by file: receipts and fork proofs are believed for their signatures, the rest changes nothing. */
async function applyReply(core: NodeCore, group: Extract<Group, { kind: "reply" }>): Promise<void> {
  const channel = core.channels.get(group.head.channel);
  if (channel === undefined) return;
  if (group.head.type === "blob") return takeCarriedBlob(core, channel, group);
  for (const party of channel.outboxes.keys()) {
    const context = outboxContext(core, channel, party);
    if (context !== undefined) await core.guard(() => takeSignedReply(context, group));
  }
}

function refusedReply(channel: string, { code, facts }: Refusal): Group {
  return reply({ type: "refused", channel, code, facts });
}
