/** Operations on the node and its own organisation: health, people, parties, offers, house feed, events. */
import { Type } from "typebox";
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { DECLINE_REASONS } from "#parley/node/handshake.ts";
import { RELEASING } from "#parley/node/house-people.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import { encodePartyChain, type PartyChain } from "#parley/party/chain.ts";
import { partyToDigits, partyToWords } from "#parley/party/pairing.ts";
import { closed, codes } from "#parley/protocols/envelope.ts";
import { ACTING, emptyRoute, jsonRoute, streamRoute, type Route, type Shown } from "../route.ts";
import * as schema from "../schemas.ts";
import { showChannel } from "../shown.ts";
import type { Static } from "typebox";

const PRINCIPAL = ["principal"] as const;
const AUDIT = ["auditor", "principal"] as const;

export const NODE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "GET",
    path: "/health",
    summary: "Whether the node serves, and in which mode",
    access: "open",
    answer: schema.Health,
    handle: ({ node }) => ({ api: 1 as const, mode: modeOf(node) }),
  }),
  jsonRoute({
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    access: "open",
    answer: schema.Anything,
    handle: ({ openapi }) => openapi,
  }),
  jsonRoute({
    method: "GET",
    path: "/me",
    summary: "Who the token is",
    access: "active",
    answer: schema.Me,
    handle: ({ node, person }) => ({ officer: person.officer, roles: person.roles, party: node.core.me }),
  }),
  streamRoute({
    method: "GET",
    path: "/events",
    summary: "Live updates as server-sent events, without content; resumes with Last-Event-ID",
    access: "active",
    handle: ({ events, person, lastEventId }) => events.open(person, lastEventId),
  }),
  jsonRoute({
    method: "GET",
    path: "/people",
    summary: "Officers by number",
    access: AUDIT,
    answer: Type.Array(schema.PersonShown),
    handle: ({ node }) =>
      [...node.core.house.state.people.values()].map(({ officer, roles, active }) => ({
        officer,
        roles,
        active,
      })),
  }),
  jsonRoute({
    method: "POST",
    path: "/people",
    summary: "A new officer; the token is in this answer and nowhere else",
    access: PRINCIPAL,
    body: schema.NewPerson,
    status: 201,
    answer: schema.PersonMade,
    handle: async ({ node, visit, body }) => {
      const releases = body.roles.some((role) => RELEASING.includes(role));
      if (releases && (visit.mark.session === true || node.core.house.people.isKeyed))
        return refuse("gate-assertion");
      return { ...(await node.addPerson(body.roles)), roles: body.roles };
    },
  }),
  emptyRoute({
    method: "DELETE",
    path: "/people/{officer}",
    summary: "Takes an officer's token away",
    access: PRINCIPAL,
    params: schema.OfficerParam,
    handle: async ({ node, params }) =>
      node.core.house.state.people.has(params.officer)
        ? node.deactivatePerson(params.officer)
        : refuse("api-unknown", { what: "officer" }),
  }),
  jsonRoute({
    method: "GET",
    path: "/house",
    summary: "The house feed: who did what inside the organisation",
    access: AUDIT,
    query: schema.PageQuery,
    answer: schema.HousePage,
    handle: ({ node, query }) => node.readHouse({ from: query.from ?? 0, limit: query.limit ?? 50 }),
  }),
  jsonRoute({
    method: "GET",
    path: "/party",
    summary: "The own party with its pairing digits and words, and its file",
    access: "active",
    answer: schema.OwnParty,
    handle: ({ node }) => {
      const { chain } = node.core.ports.identity;
      return { ...showParty(chain), chain: encodeBase64url(encodePartyChain(chain.signed)) };
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/parties",
    summary: "Paired parties",
    access: "active",
    answer: Type.Array(schema.PairedParty),
    handle: ({ node }) =>
      [...node.core.house.state.pairings.keys()].flatMap((party) => showPaired(node, party) ?? []),
  }),
  jsonRoute({
    method: "POST",
    path: "/pairings",
    summary: "Pairs a party whose words or digits were heard over another medium and typed",
    access: ACTING,
    body: schema.PairingRequest,
    status: 201,
    answer: schema.PairedParty,
    handle: async ({ node, person, body }) => {
      const chain = parseBase64url(body.chain);
      if (isRefusal(chain)) return chain;
      const paired = await node.pair(person, { chain, typed: body.typed, medium: body.medium });
      if (isRefusal(paired)) return paired;
      return showPaired(node, paired.party) ?? refuse("not-paired");
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/offers",
    summary: "Offers of an agreement, sent and received, with their terms",
    access: "active",
    answer: Type.Array(schema.OfferShown),
    handle: ({ node }) =>
      [...node.core.house.state.offers.values()].map(({ channel, party, status, counters, reason }) => {
        const terms = node.channel(channel)?.genesis;
        return {
          channel,
          party,
          status,
          ...(counters !== undefined && { counters }),
          ...(reason !== undefined && { reason }),
          ...(terms !== undefined && { terms }),
        };
      }),
  }),
  jsonRoute({
    method: "POST",
    path: "/offers",
    summary: "Offers an agreement to a paired party: signing it is part of offering",
    access: PRINCIPAL,
    body: schema.OfferRequest,
    status: 201,
    answer: schema.ChannelShown,
    handle: async ({ node, person, body }) => {
      const { party, terms, counters } = body;
      if (terms?.renews !== undefined && node.channel(terms.renews.channel) === undefined)
        return refuse("api-unknown", { what: "channel" });
      const offer = { party, ...(terms && { terms }), ...(counters !== undefined && { counters }) };
      const channel = await node.offer(person, offer);
      return isRefusal(channel) ? channel : showChannel(node, channel);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/offers/{channel}/accept",
    summary: "Signs the terms that were offered",
    access: PRINCIPAL,
    params: schema.ChannelParam,
    answer: schema.ChannelShown,
    handle: async ({ node, person, params }) => {
      const known = knownOffer(node, params.channel);
      const channel = isRefusal(known) ? known : await node.acceptOffer(person, params.channel);
      return isRefusal(channel) ? channel : showChannel(node, channel);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/offers/{channel}/decline",
    summary: "Declines the terms that were offered",
    access: PRINCIPAL,
    params: schema.ChannelParam,
    body: closed({ reason: codes(DECLINE_REASONS) }),
    answer: closed({ channel: schema.ChannelParam.channel, status: codes(["declined"]) }),
    handle: async ({ node, person, params, body }) => {
      const { channel } = params;
      const known = knownOffer(node, channel);
      const done = isRefusal(known)
        ? known
        : await node.declineOffer(person, { channel, reason: body.reason });
      return isRefusal(done) ? done : { channel, status: "declined" as const };
    },
  }),
];

function modeOf(node: ParleyNode): Static<typeof schema.Health>["mode"] {
  if (!node.core.writable) return "read-only";
  const modes = [...node.core.channels.values()].map(({ signing }) => signing);
  return modes.includes("frozen") ? "frozen" : modes.includes("asking") ? "asking" : "serving";
}

function knownOffer(node: ParleyNode, channel: string): true | Refusal {
  return node.core.house.state.offers.has(channel) ? true : refuse("api-unknown", { what: "offer" });
}

function showParty({ party, latest }: PartyChain) {
  const { handle, name, version, expires, languages, urls } = latest;
  return {
    party,
    handle,
    name,
    version,
    expires,
    languages,
    urls,
    digits: partyToDigits(party),
    words: partyToWords(party),
  };
}

function showPaired(node: ParleyNode, party: string): Shown<Static<typeof schema.PairedParty>> | undefined {
  const chain = node.core.parties.get(party);
  const pairing = node.core.house.state.pairings.get(party);
  if (chain === undefined || pairing === undefined) return undefined;
  const { medium, officer, at } = pairing;
  return { ...showParty(chain), medium, officer, at };
}
