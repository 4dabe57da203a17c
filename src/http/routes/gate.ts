/** Operations on what the gate's checks found in a draft: a justification, a hold, the own mitigation (SPEC 14.7). */
import { isRefusal } from "#parley/codec/refusal.ts";
import { ACTING, jsonRoute, type Route } from "../route.ts";
import * as schema from "../schemas.ts";
import { GateShown, HoldRequest, JustificationRequest } from "../schemas-gate.ts";
import { knownDraft } from "./cases.ts";
import { showGate } from "./gate-shown.ts";

export const GATE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "POST",
    path: "/drafts/{draft}/justifications",
    summary: "Answers for one finding of the checks; code and text stay in the house",
    access: ACTING,
    params: schema.DraftParam,
    body: JustificationRequest,
    status: 201,
    answer: GateShown,
    handle: async ({ node, person, params, body }) => {
      const draft = knownDraft(node, params.draft);
      if (isRefusal(draft)) return draft;
      const done = await node.justify(person, { draft: params.draft, ...body });
      return isRefusal(done) ? done : showGate(node.core.house.gate.of(params.draft));
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/drafts/{draft}/hold",
    summary: "Lets an approved draft wait until a time, the own mitigation, or whichever is first",
    access: ACTING,
    params: schema.DraftParam,
    body: HoldRequest,
    status: 201,
    answer: GateShown,
    handle: async ({ node, person, params, body }) => {
      const draft = knownDraft(node, params.draft);
      if (isRefusal(draft)) return draft;
      const done = await node.hold(person, { draft: params.draft, hold: body });
      return isRefusal(done) ? done : showGate(node.core.house.gate.of(params.draft));
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/drafts/{draft}/mitigation",
    summary: "Records that the own mitigation is done: what waited for it is said",
    access: ACTING,
    params: schema.DraftParam,
    status: 201,
    answer: GateShown,
    handle: async ({ node, person, params }) => {
      const draft = knownDraft(node, params.draft);
      if (isRefusal(draft)) return draft;
      const done = await node.mitigated(person, params.draft);
      return isRefusal(done) ? done : showGate(node.core.house.gate.of(params.draft));
    },
  }),
];
