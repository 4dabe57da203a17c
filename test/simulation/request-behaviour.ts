/** Requests in a simulation: any message of the protocol, in any state; what is void then is part of the record too. */
import type { CaseView } from "#parley/casework/index.ts";
import { draft, openBody } from "../protocols/request-acts.ts";
import type { Act } from "./behaviour.ts";
import type { Chance } from "./seeded.ts";

const RESPONDENT_DRAFTS = [
  "request.preserve",
  "request.clarify.ask",
  "request.verdict",
  "request.verdict sufficient",
  "request.verdict sufficient",
  "request.decide",
  "request.decide accepted-partly",
  "request.decide declined",
  "request.progress",
  "request.outcome",
  "request.outcome O05",
  "request.propose_close",
] as const;

const INITIATOR_DRAFTS = [
  "request.clarify.answer",
  "request.supplement",
  "request.supplement",
  "request.verify",
  "request.verify V3",
  "request.withdraw",
  "request.close",
] as const;

export function requestOpening(): Omit<Act, "envelope"> {
  return { type: "request.open", role: "releaser", body: openBody(["A05", "A13"]) };
}

export function requestReply(
  chance: Chance,
  kase: CaseView,
  { mine, first }: { readonly mine: boolean; readonly first: string },
): Act {
  const at = { case: kase.id, envelope: { precedence: "routine" } };
  if (!mine && kase.status === "delivered") {
    return {
      ...at,
      type: "ack",
      role: "watch",
      body: { of: first, understood: "yes", text_used: "original" },
    };
  }
  const name = chance.pick<string>(mine ? INITIATOR_DRAFTS : RESPONDENT_DRAFTS) ?? "request.withdraw";
  const { type, body } = draft(name, { asks: [1, 2] });
  return { ...at, type, role: roleFor(type), body };
}

function roleFor(type: string): Act["role"] {
  if (type === "request.decide" || type === "request.outcome") return "authority";
  return type === "request.supplement" || type === "request.clarify.answer" ? "releaser" : "analyst";
}
