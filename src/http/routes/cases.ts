/** Operations on cases and drafts: what both sides see, and what a person writes, previews, approves or discards. */
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CaseView, EntryView } from "#parley/casework/index.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import type { Draft } from "#parley/gate/release.ts";
import { withCoveringApprovals } from "#parley/node/gate-checks.ts";
import type { LiveChannel } from "#parley/node/core.ts";
import type { DraftView } from "#parley/node/desk.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import { stringIn } from "#parley/protocols/body.ts";
import { codes, NATURES } from "#parley/protocols/envelope.ts";
import { enoughFor } from "#parley/protocols/evidence/index.ts";
import type { CaseState } from "#parley/protocols/protocol.ts";
import { matrixOf, type RequestState } from "#parley/protocols/request/index.ts";
import { ACTING, emptyRoute, jsonRoute, type Route, type Shown } from "../route.ts";
import * as schema from "../schemas.ts";
import { showGate } from "./gate-shown.ts";
import { agreed, showFolded } from "../shown.ts";

export const CASE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/cases",
    summary: "Cases in the order of their openings",
    access: "active",
    params: schema.ChannelParam,
    query: {
      status: Type.Optional(Type.String({ pattern: "^[a-z_-]{1,32}$" })),
      open: Type.Optional(Type.Boolean()),
      protocol: Type.Optional(Type.String({ pattern: "^[a-z_]{1,32}$" })),
      nature: Type.Optional(codes(NATURES)),
    },
    answer: Type.Array(schema.CaseSummary),
    handle: ({ node, params, query }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const { status, open, protocol, nature } = query;
      const isWanted = (one: CaseView): boolean =>
        (status === undefined || one.status === status) &&
        (open === undefined || one.open === open) &&
        (protocol === undefined || one.protocol === protocol) &&
        (nature === undefined || one.nature === nature);
      return channel.casework.view(node.core.ports.clock()).cases.filter(isWanted).map(showSummary);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/cases/{case}",
    summary: "One case: state, clocks, messages in order; for a request what became of each ask",
    access: "active",
    params: schema.CaseParam,
    answer: schema.CaseShown,
    handle: async ({ node, params }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const view = channel.casework.caseView(params.case, node.core.ports.clock());
      return view === undefined
        ? refuse("api-unknown", { what: "case" })
        : showCase(node, channel.live, view);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/channels/{channel}/drafts",
    summary: "Drafts a message; said at once if its type needs one person and the author has the role",
    access: ACTING,
    params: schema.ChannelParam,
    body: schema.DraftRequest,
    status: 201,
    answer: schema.DraftShown,
    handle: async ({ node, visit, person, params, body }) => {
      const channel = writable(node, params.channel);
      if (isRefusal(channel)) return channel;
      // The node makes these from items and places: written by hand they would commit to nothing that is here.
      for (const made of ["attach", "withheld"])
        if (body.envelope !== undefined && made in body.envelope)
          return refuse("api-schema", { at: `/body/envelope/${made}` });
      const view = await node.draft(channel, person, {
        ...visit.mark,
        type: body.type,
        role: body.role,
        body: body.body,
        ...(body.case !== undefined && { case: body.case }),
        ...(body.envelope !== undefined && { envelope: body.envelope }),
        ...(body.withhold !== undefined && { withhold: body.withhold }),
        ...(body.attach !== undefined && { attach: body.attach }),
      });
      return isRefusal(view) ? view : showDraft(view);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/channels/{channel}/reveals",
    summary: "Drafts the reveal of one place that an own message withheld",
    access: ACTING,
    params: schema.ChannelParam,
    body: schema.RevealRequest,
    status: 201,
    answer: schema.DraftShown,
    handle: async ({ node, visit, person, params, body }) => {
      const channel = writable(node, params.channel);
      if (isRefusal(channel)) return channel;
      const view = await node.reveal(channel, person, { ...visit.mark, ...body });
      return isRefusal(view) ? view : showDraft(view);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/drafts",
    summary: "Drafts, open ones unless another status is named; newest first, at most 200",
    access: "active",
    query: {
      status: Type.Optional(codes(schema.DRAFT_STATUSES)),
      channel: Type.Optional(schema.ChannelParam.channel),
    },
    answer: Type.Array(schema.DraftSummary),
    handle: ({ node, query }) =>
      [...node.core.house.state.drafts.values()]
        .filter(({ status }) => status === (query.status ?? "open"))
        .filter(({ channel }) => query.channel === undefined || channel === query.channel)
        .slice(-DRAFTS_LIMIT)
        .reverse()
        .map(showDraftSummary),
  }),
  jsonRoute({
    method: "GET",
    path: "/drafts/{draft}",
    summary: "One draft with its preview",
    access: "active",
    params: schema.DraftParam,
    answer: schema.DraftShown,
    handle: ({ node, params }) => {
      const known = knownDraft(node, params.draft);
      const view = isRefusal(known) ? known : node.viewDraft(params.draft);
      return isRefusal(view) ? view : showDraft(view);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/drafts/{draft}/approvals",
    summary: "Approves exactly the bytes with this digest; the last approval needed says the message",
    access: ACTING,
    params: schema.DraftParam,
    body: schema.ApprovalRequest,
    status: 201,
    answer: schema.DraftShown,
    handle: async ({ node, visit, person, params, body }) => {
      const draft = knownDraft(node, params.draft);
      if (isRefusal(draft)) return draft;
      const channel = writable(node, draft.channel);
      if (isRefusal(channel)) return channel;
      const view = await node.approve(person, { draft: params.draft, ...body, ...visit.mark });
      return isRefusal(view) ? view : showDraft(view);
    },
  }),
  emptyRoute({
    method: "DELETE",
    path: "/drafts/{draft}",
    summary: "Discards an open draft",
    access: ACTING,
    params: schema.DraftParam,
    handle: async ({ node, person, params }) => {
      const known = knownDraft(node, params.draft);
      return isRefusal(known) ? known : node.discard(person, params.draft);
    },
  }),
];

const DRAFTS_LIMIT = 200;

/** SPEC 11.2.5: nothing is drafted or approved in a channel that still asks for its own head. */
export function writable(node: ParleyNode, id: string): LiveChannel | Refusal {
  const channel = agreed(node, id);
  if (isRefusal(channel)) return channel;
  return channel.live.signing === "asking" ? refuse("api-asking") : channel.live;
}

export function knownDraft(node: ParleyNode, id: string): Draft | Refusal {
  return node.core.house.state.drafts.get(id) ?? refuse("api-unknown", { what: "draft" });
}

function showDraftSummary({ id, channel, status, message, by, digest, approvals }: Draft) {
  const type = stringIn(message, "type");
  const release = MESSAGE_RULES.get(type)?.release;
  if (release === undefined) throw new Error("a draft of a type without rules");
  return {
    draft: id,
    channel,
    status,
    type,
    case: stringIn(message, "case"),
    message_id: stringIn(message, "id"),
    by,
    digest,
    approvals: approvals.map(({ officer, role, key }) => ({ officer, role, with_key: key !== undefined })),
    policy: release,
  };
}

export function showDraft(view: DraftView): Shown<Static<typeof schema.DraftShown>> {
  const { draft, preview, gate, said } = view;
  const shown = {
    ...showDraftSummary(withCoveringApprovals(draft, gate)),
    message: draft.message,
    preview,
    gate: showGate(gate),
  };
  return { ...shown, ...(said !== undefined && { said }) };
}

function showSummary(view: CaseView): Shown<Static<typeof schema.CaseSummary>> {
  const { initiator, respondent, protocol, nature, precedence, layer, status, open, overdue, disputes } =
    view;
  return {
    case: view.id,
    protocol,
    initiator,
    respondent,
    nature,
    precedence,
    layer,
    life_safety: view.lifeSafety,
    opened_at: view.openedAt,
    status,
    status_by: view.statusBy,
    open,
    whose_move: view.whoseMove.map((side) => view[side]),
    overdue,
    disputes,
  };
}

async function showCase(
  node: ParleyNode,
  channel: LiveChannel,
  view: CaseView,
): Promise<Shown<Static<typeof schema.CaseShown>>> {
  const messages = await node.readMessages(channel, view.entries);
  return {
    ...showSummary(view),
    state: view.state,
    timers: view.timers,
    refs: view.refs,
    entries: view.entries.map((entry) => showCaseEntry(entry, messages.get(entry))),
    ...(isRequest(view) && showRequest(view.state)),
  };
}

function showCaseEntry(view: EntryView, message: JsonObject | undefined) {
  return { ref: view.ref, depth: view.depth, ...showFolded(view), ...(message !== undefined && { message }) };
}

function isRequest(view: CaseView): view is CaseView & { readonly state: RequestState } {
  const state: CaseState & { readonly asks?: unknown } = view.state;
  return view.protocol === "request" && Array.isArray(state.asks);
}

const evaluations = Compile(schema.EvaluationShown);

/** The matrix of asks, and of the newest pack what the sufficiency function said. */
function showRequest({ asks, evaluation }: RequestState) {
  const value: unknown = evaluation?.value;
  const judged = evaluations.Check(value) ? value : undefined;
  return {
    matrix: matrixOf(asks),
    ...(judged !== undefined && { evaluation: judged, enough: enoughFor(judged) }),
  };
}
