/** Agreements between parties: offer, accept, counter, decline, and when a channel is in force (SPEC 5.2). */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { PROTOCOLS } from "#parley/casework/registry.ts";
import { signText } from "#parley/ledger/checkpoint.ts";
import { encodeGroups, parseGroups, type Group } from "#parley/peer/groups.ts";
import {
  DEFAULT_TERM,
  defaultClocks,
  defaultTerm,
  termOf,
  type Genesis,
} from "#parley/protocols/agreement/index.ts";
import { DEFAULT_PROFILE } from "#parley/protocols/evidence/index.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { declineText, firstEntries, makeOffer, parseGenesis, type DeclineReason } from "./handshake.ts";
import type { Person } from "./house.ts";
import { hasAnswered, outboxContext } from "./lifecycle.ts";
import { nextPush, takeReply } from "./outbox.ts";
import { PeerFault } from "./ports.ts";

/** Terms that a principal may set; everything else is the default of SPEC 8-5.9. */
export type TermsInput = Partial<
  Pick<
    Genesis,
    | "clocks"
    | "flash_budget_per_month"
    | "heartbeat_seconds"
    | "languages"
    | "nature"
    | "renews"
    | "retention_days"
    | "term"
  >
>;

/** In force: every party's feed carries the other's receipt on a head of size ≥ 2 (SPEC 5.2.4). */
export function isInForce(core: NodeCore, channel: LiveChannel): boolean {
  const term = channel.genesis && termOf(channel.genesis);
  if (term === undefined || isRefusal(term) || core.ports.clock() < term.from) return false;
  const bothWrote = channel.parties.every((party) => channel.record.tip(party).frontier.size >= 2);
  return bothWrote && [...channel.outboxes.values()].every(({ receipted }) => receipted >= 2);
}

export async function offerAgreement(
  core: NodeCore,
  person: Person,
  offer: { readonly party: string; readonly terms?: TermsInput; readonly counters?: string },
): Promise<LiveChannel | Refusal> {
  if (!person.roles.includes("principal")) return refuse("gate-role", { role: "principal" });
  const chain = core.parties.get(offer.party);
  if (chain === undefined || !core.house.state.pairings.has(offer.party)) return refuse("not-paired");
  const genesisBytes = encodeJson(makeGenesis(core, offer));
  const genesis = parseGenesis(genesisBytes);
  if (isRefusal(genesis)) return genesis;
  const channel = await core.openChannel(genesisBytes);
  await core.record({
    type: "house.offer",
    channel: channel.id,
    party: offer.party,
    status: "sent",
    officer: person.officer,
    ...(offer.counters !== undefined && { counters: offer.counters }),
  });
  if (offer.counters !== undefined && core.house.state.offers.has(offer.counters))
    await core.record({
      type: "house.offer",
      channel: offer.counters,
      party: offer.party,
      status: "countered",
      officer: person.officer,
    });
  await begin(core, channel);
  await sendOffer(core, channel);
  return channel;
}

/** Signs the terms by writing one's own first entries; they are delivered like everything else. */
export async function acceptOffer(
  core: NodeCore,
  person: Person,
  id: string,
): Promise<LiveChannel | Refusal> {
  if (!person.roles.includes("principal")) return refuse("gate-role", { role: "principal" });
  const offer = core.house.state.offers.get(id);
  const channel = core.channels.get(id);
  if (channel === undefined || offer?.status !== "received") return refuse("channel-unknown");
  const { party } = offer;
  await core.record({ type: "house.offer", channel: id, party, status: "accepted", officer: person.officer });
  await begin(core, channel);
  return channel;
}

export async function declineOffer(
  core: NodeCore,
  person: Person,
  { channel, reason }: { readonly channel: string; readonly reason: DeclineReason },
): Promise<true | Refusal> {
  if (!person.roles.includes("principal")) return refuse("gate-role", { role: "principal" });
  const offer = core.house.state.offers.get(channel);
  if (offer?.status !== "received") return refuse("channel-unknown");
  const { party } = offer;
  await core.record({
    type: "house.offer",
    channel,
    party,
    status: "declined",
    officer: person.officer,
    reason,
  });
  const { backend, identity, transport, log } = core.ports;
  const note = signText(backend, identity.secret, core.me, declineText(channel, core.me, reason));
  const group: Group = {
    kind: "request",
    head: { type: "decline", channel },
    records: [{ type: "decline", bytes: note }],
  };
  try {
    await transport.exchange(party, encodeGroups([group]));
  } catch (fault) {
    if (!(fault instanceof PeerFault)) throw fault;
    log("decline-undelivered", { kind: fault.kind });
  }
  return true;
}

/** The offer as one group, for HTTPS and for a file alike. */
export async function offerGroup(core: NodeCore, channel: LiveChannel): Promise<Group | undefined> {
  const offer = core.house.state.offers.get(channel.id);
  const context = offer && outboxContext(core, channel, offer.party);
  if (context === undefined || offer === undefined) return undefined;
  const push = await nextPush({ ...context, state: { ...context.state, resendFrom: 0 } });
  if (push === undefined) return undefined;
  return makeOffer(push, {
    channel: channel.id,
    genesis: channel.genesisBytes,
    chain: core.ports.identity.chain,
    ...(offer.counters !== undefined && { counters: offer.counters }),
  });
}

/** An offer of ours that nobody has receipted or answered. */
export async function resendOffer(core: NodeCore, channel: LiveChannel): Promise<void> {
  const isOffered = core.house.state.offers.get(channel.id)?.status === "sent";
  const isReceipted = [...channel.outboxes.values()].every(({ receipted }) => receipted >= 2);
  if (isOffered && !isReceipted && !hasAnswered(core, channel)) await sendOffer(core, channel);
}

/** Sends an offer until it is receipted; called again by the lifecycle while it is not. */
export async function sendOffer(core: NodeCore, channel: LiveChannel): Promise<void> {
  const offer = core.house.state.offers.get(channel.id);
  const context = offer && outboxContext(core, channel, offer.party);
  const group = await offerGroup(core, channel);
  if (context === undefined || group === undefined) return;
  try {
    const groups = parseGroups(
      await core.ports.transport.exchange(context.chain.party, encodeGroups([group])),
    );
    const [answer] = isRefusal(groups) ? [] : groups;
    if (answer?.kind === "reply") await core.guard(() => takeReply(context, answer));
  } catch (fault) {
    if (!(fault instanceof PeerFault)) throw fault;
    core.ports.log("offer-undelivered", { kind: fault.kind });
  }
}

async function begin(core: NodeCore, channel: LiveChannel): Promise<void> {
  if (channel.record.tip(core.me).frontier.size > 0) return;
  const [genesis, update] = firstEntries(channel.id, channel.genesisBytes, core.ports.identity.chain);
  await Promise.all([core.say(channel, genesis), core.say(channel, update)]);
}

function makeGenesis(
  core: NodeCore,
  { party, terms = {} }: { readonly party: string; readonly terms?: TermsInput },
): JsonObject {
  const parties = [core.me, party].sort().map((id) => {
    const latest = core.parties.get(id)?.latest;
    return { party: id, version: latest?.version ?? 1, document_hash: latest?.hash ?? "" };
  });
  const renews = terms.renews && { renews: closingHeads(core, terms.renews.channel) };
  return {
    clocks: defaultClocks(),
    flash_budget_per_month: DEFAULT_TERM.flashBudgetPerMonth,
    heartbeat_seconds: DEFAULT_TERM.heartbeatSeconds,
    languages: ["en"],
    nature: "real",
    nonce: encodeBase64url(core.ports.backend.randomBytes(32)),
    parties,
    profile: DEFAULT_PROFILE,
    protocols: PROTOCOLS.map(({ name }) => ({ name, version: 1 })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    retention_days: DEFAULT_TERM.retentionDays,
    term: defaultTerm(core.ports.clock()),
    type: "genesis",
    v: 1,
    witness: "",
    ...terms,
    ...renews,
  } as unknown as JsonObject;
}

/** A renewal cites the old channel with the heads that both sides held (SPEC 8-5.8). */
function closingHeads(core: NodeCore, id: string): JsonObject {
  const old = core.channels.get(id);
  const heads = (old?.parties ?? []).flatMap((feed) => {
    const checkpoint = old?.record.tip(feed).checkpoint;
    return checkpoint === undefined
      ? []
      : [{ feed, size: checkpoint.size, root: encodeBase64url(checkpoint.root) }];
  });
  return { channel: id, heads: [...heads].sort((a, b) => (a.feed < b.feed ? -1 : 1)) };
}
