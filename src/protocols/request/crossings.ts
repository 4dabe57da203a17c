/**
 * Crossing pairs of a request (SPEC 8-2.7): for each status, each pair of messages that both sides could
 * write without knowing of the other's, and the status that both orders give. The test runs every row both
 * ways.
 */
import type { Crossing } from "../crossing.ts";
import type { RequestStatus } from "./codes.ts";

type Row = readonly [initiator: string, respondent: string, result: RequestStatus];

/** An initiator's ending beats whatever it crosses; preservation goes on beside it. */
function endings(...respondent: readonly string[]): readonly Row[] {
  return respondent.flatMap((message): readonly Row[] => [
    ["request.withdraw", message, "withdrawn"],
    ["request.close C11", message, "closed"],
  ]);
}

const AFTER_OUTCOME: readonly Row[] = [
  ...endings("request.outcome", "request.propose_close", "request.preserve", "request.transfer"),
  ["request.verify V1", "request.transfer", "transferred"],
  ["request.verify V1", "request.outcome", "verified"],
  ["request.verify V3", "request.outcome", "not_verified"],
  ["request.verify V6", "request.outcome", "unverified"],
  ["request.verify V1", "request.propose_close", "verified"],
  ["request.verify V3", "request.propose_close", "not_verified"],
  ["request.close C02", "request.propose_close", "closed"],
];

const ROWS: Readonly<Partial<Record<RequestStatus, readonly Row[]>>> = {
  delivered: endings("ack", "request.preserve"),
  triage: [
    ...endings("request.clarify.ask", "request.verdict insufficient", "request.preserve", "request.transfer"),
    ["request.close C05", "request.verdict insufficient", "closed"],
  ],
  clarification: [
    ...endings("request.verdict insufficient", "request.preserve", "request.transfer"),
    ["request.clarify.answer", "request.verdict insufficient", "determined"],
    ["request.clarify.answer", "request.preserve", "triage"],
    ["request.clarify.answer", "request.transfer", "transferred"],
  ],
  determined: [
    ...endings("request.decide accepted", "request.decide declined", "request.preserve", "request.transfer"),
    ["request.close C05", "request.decide declined", "closed"],
    ["request.supplement", "request.decide accepted", "in_action"],
    ["request.supplement", "request.decide declined", "triage"],
    ["request.supplement", "request.preserve", "triage"],
    ["request.supplement", "request.transfer", "transferred"],
  ],
  decided: [
    ...endings("request.propose_close", "request.preserve", "request.transfer"),
    ["request.close C04", "request.propose_close", "closed"],
    ["request.supplement", "request.propose_close", "triage"],
    ["request.supplement", "request.transfer", "transferred"],
  ],
  in_action: [
    ...endings(
      "request.progress",
      "request.outcome",
      "request.clarify.ask",
      "request.preserve",
      "request.transfer",
    ),
    ["request.close C05", "request.outcome", "closed"],
    ["request.supplement", "request.progress", "in_action"],
    ["request.supplement", "request.outcome", "reported"],
    ["request.supplement", "request.clarify.ask", "clarification"],
    ["request.supplement", "request.transfer", "transferred"],
  ],
  reported: AFTER_OUTCOME,
  verified: AFTER_OUTCOME,
  not_verified: AFTER_OUTCOME,
  unverified: AFTER_OUTCOME,
};

export const REQUEST_CROSSINGS: readonly Crossing[] = Object.entries(ROWS).flatMap(([from, rows]) =>
  rows.map(([initiator, respondent, result]) => ({ from, initiator, respondent, result })),
);
