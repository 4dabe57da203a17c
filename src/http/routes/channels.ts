/** Operations on channels: terms, delivery, boards, entries, files that go out by hand, and the file that comes in. */
import { Type, type Static } from "typebox";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { duty, overdueSet, reciprocity } from "#parley/casework/boards.ts";
import { lineQuality } from "#parley/casework/line-quality.ts";
import type { ChannelView } from "#parley/casework/index.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import type { ReadEntry } from "#parley/node/reading.ts";
import { enoughFor } from "#parley/protocols/evidence/index.ts";
import { ACTING, emptyRoute, fileRoute, jsonRoute, type Route, type Shown } from "../route.ts";
import * as schema from "../schemas.ts";
import { agreed, showChannel, showFolded, type Agreed } from "../shown.ts";

export const CHANNEL_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "GET",
    path: "/channels",
    summary: "Channels",
    access: "active",
    answer: Type.Array(schema.ChannelShown),
    handle: ({ node }) => [...node.core.channels.values()].map((channel) => showChannel(node, channel)),
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}",
    summary: "Terms, feeds, state of signing and of delivery",
    access: "active",
    params: schema.ChannelParam,
    answer: schema.ChannelDetail,
    handle: ({ node, params }) => {
      const channel = agreed(node, params.channel);
      return isRefusal(channel) ? channel : showDetail(node, channel);
    },
  }),
  emptyRoute({
    method: "POST",
    path: "/channels/{channel}/confirm",
    summary: "Lets the channel sign although no peer confirmed the own head; recorded",
    access: ["principal"],
    params: schema.ChannelParam,
    handle: async ({ node, person, params }) => {
      const channel = agreed(node, params.channel);
      return isRefusal(channel) ? channel : node.confirmSigning(person, channel.live);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/entries",
    summary: "Entries of one feed: header, message, outcome, delivery",
    access: "active",
    params: schema.ChannelParam,
    query: { ...schema.PageQuery, feed: schema.Ref.properties.feed },
    answer: schema.EntryPage,
    handle: async ({ node, params, query }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const { feed, from = 0, limit = 50 } = query;
      if (!channel.live.parties.includes(feed)) return refuse("api-unknown", { what: "feed" });
      const page = await node.readEntries(channel.live, { feed, from, limit });
      return { ...page, entries: page.entries.map(showEntry) };
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/boards/duty",
    summary: "Who owes what, the least time left first",
    access: "active",
    params: schema.ChannelParam,
    answer: schema.DutyBoard,
    handle: ({ node, params }) => withView(node, params.channel, (view) => duty(view, node.core.me)),
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/boards/overdue",
    summary: "Every timer that ran out unanswered",
    access: "active",
    params: schema.ChannelParam,
    answer: schema.OverdueBoard,
    handle: ({ node, params }) => withView(node, params.channel, (view) => ({ overdue: overdueSet(view) })),
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/boards/reciprocity",
    summary: "What each side gave and got, by quarter",
    access: "active",
    params: schema.ChannelParam,
    query: { quarter: Type.Optional(Type.String({ pattern: "^[0-9]{4}-Q[1-4]$" })) },
    answer: schema.ReciprocityBoard,
    handle: ({ node, params, query }) =>
      withView(node, params.channel, (view) => ({ rows: reciprocity(view, query.quarter) })),
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/boards/line",
    summary: "Quality of the line",
    access: "active",
    params: schema.ChannelParam,
    answer: schema.LineBoard,
    handle: ({ node, params }) => withView(node, params.channel, (view) => lineQuality(view)),
  }),
  jsonRoute({
    method: "POST",
    path: "/channels/{channel}/evaluate",
    summary: "What a pack would be worth under the channel's profile; nothing is kept",
    access: "active",
    params: schema.ChannelParam,
    body: schema.EvaluateRequest,
    answer: schema.EvaluateAnswer,
    handle: ({ node, params, body }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const { pack, asks, life_safety } = body;
      const evaluation = node.evaluatePack(channel.live, { pack, asks, lifeSafety: life_safety });
      return isRefusal(evaluation) ? evaluation : { evaluation, enough: enoughFor(evaluation) };
    },
  }),
  fileRoute({
    method: "GET",
    path: "/channels/{channel}/transcript",
    summary: "The whole channel as a transcript, signed by this node",
    access: "active",
    params: schema.ChannelParam,
    takes: "nothing",
    handle: async ({ node, params }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      return { bytes: await node.exportTranscript(channel.live), name: "transcript.parley" };
    },
  }),
  fileRoute({
    method: "GET",
    path: "/channels/{channel}/proofs/{feed}/{seq}",
    summary: "One message with its proof, for a third party",
    access: "active",
    params: schema.EntryParam,
    takes: "nothing",
    handle: async ({ node, params }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const { feed, seq } = params;
      if (!channel.live.parties.includes(feed)) return refuse("api-unknown", { what: "feed" });
      const bytes =
        (await node.proveMessage(channel.live, { feed, seq })) ?? refuse("api-unknown", { what: "entry" });
      return isRefusal(bytes) ? bytes : { bytes, name: `proof-${seq}.parley` };
    },
  }),
  fileRoute({
    method: "GET",
    path: "/channels/{channel}/outbox",
    summary: "Everything that the other side has not receipted, to be carried by hand",
    access: ACTING,
    params: schema.ChannelParam,
    takes: "nothing",
    handle: async ({ node, params }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      return { bytes: await node.exportCarrier(channel.live), name: "outbox.parley" };
    },
  }),
  fileRoute({
    method: "POST",
    path: "/inbox",
    summary: "Takes a .parley file that was carried here; the answer is to be carried back",
    access: ACTING,
    takes: "file",
    handle: async ({ node, body }) => ({ bytes: await node.exchange(body), name: "reply.parley" }),
  }),
];

function withView<T>(node: ParleyNode, id: string, show: (view: ChannelView) => T): T | Refusal {
  const channel = agreed(node, id);
  return isRefusal(channel) ? channel : show(channel.casework.view(node.core.ports.clock()));
}

function showDetail(
  node: ParleyNode,
  { live, casework, genesis }: Agreed,
): Shown<Static<typeof schema.ChannelDetail>> {
  const view = casework.view(node.core.ports.clock());
  const sizeOf = (party: string): number => live.record.tip(party).frontier.size;
  return {
    ...showChannel(node, live),
    terms: genesis,
    feeds: live.parties.map((party) => ({ party, size: sizeOf(party), frozen: live.frozen.has(party) })),
    delivery: [...live.outboxes].map(([party, { receipted, nextAttemptAt, lastRefusal }]) => ({
      party,
      said: sizeOf(node.core.me),
      receipted,
      next_attempt_at: nextAttemptAt,
      ...(lastRefusal !== undefined && { last_refusal: lastRefusal }),
    })),
    line: view.parties,
    suspensions: view.suspensions,
    flash: view.flash,
  };
}

function showEntry({
  ref,
  header,
  leaf,
  content,
  message,
  view,
}: ReadEntry): Shown<Static<typeof schema.FeedEntry>> {
  const { kind, time, commit } = header;
  return {
    ref,
    kind,
    time,
    leaf,
    commit,
    content,
    ...(view && showFolded(view)),
    ...(message && { message }),
  };
}
