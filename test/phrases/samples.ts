/** One valid message of every type, for golden sentences. Parties are invented, addresses are for documentation. */
import type { JsonObject } from "#parley/codec/json.ts";
import {
  ackBody,
  checkEchoBody,
  checkPingBody,
  clarifyAnswerBody,
  disputeAnswerBody,
  disputeRaiseBody,
  disputeRecordBody,
  noticeAssessBody,
  noticeBody,
  noticeCloseBody,
  noticeToRequestBody,
  noticeUpdateBody,
  packS1,
  supplementBody,
} from "../kit/materials.ts";

export const CASE = "0190a5c0-0000-7000-8000-000000000001";
/** Known in the sample record: entry 4 of MERIDIA. */
export const OTHER = "0190a5c0-0000-7000-8000-000000000002";
const HASH = "4Hq2Jc1q8w8m9s5l3n7x2v6b0d4f8h1k3m5p7r9t1v0";
const AT = "2026-11-22T15:25:00Z";
const FIGURES = { period: "2026-11", sent: 30, passed: 28, success_permille: 933, by_kind: [], by_hour: [] };

const ask = { target: "192.0.2.17", legal_basis: "norm-13c" };

/** By type, and by type and number where a type has several wordings. */
export const BODIES: Readonly<Record<string, readonly JsonObject[]>> = {
  ack: [ackBody(OTHER), ackBody(CASE, { understood: "partly", will_answer_by: AT })],
  "sys.error": [
    { code: "E-STATE", of: OTHER },
    { code: "E-SCHEMA", entry: { feed: HASH, seq: 7 } },
  ],
  "sys.inquiry": [{ question: "please-explain", of: OTHER }],
  "sys.gap": [{ feed: HASH, from: 3, to: 11 }],
  "precedence.lowered": [{ of: OTHER, to: "routine", reason: "no-life-safety" }],
  "timer.extend": [{ timer: "t_decide:2", seconds: 93_600, reason: "X-LEGAL" }],
  reveal: [{ of: OTHER, path: "/body/pack/sources/0", salt: HASH, value: "x" }],
  retract: [
    { of: OTHER, reason: "wrong" },
    ...[1, 3].map((count) => ({
      of: OTHER,
      items: Array.from({ length: count }, (_, i) => ({ kind: "path", path: `/body/indicators/${i}` })),
      reason: "source-withdrew",
    })),
  ],
  "retract.ack": [
    { of: OTHER, complied: "deleted" },
    { of: OTHER, complied: "kept-legal", code: "court-order" },
  ],
  close: [{ reason: "renewed" }],
  erase: [{ feed: HASH, seq: 9, reason: "retention" }],
  "notice.open": [
    noticeBody({ life_safety: true, occurred_from: "2026-11-22T02:10:00Z", victims: { count: 2 } }),
    noticeBody({ state_involvement_claim: { attribution_ref: OTHER } }),
  ],
  "notice.update": [noticeUpdateBody()],
  "notice.correct": [{ corrects: OTHER, reason: "wrong-time", material_change: false }],
  "notice.withdraw": [{ reason: "false-positive" }],
  "notice.to_request": [noticeToRequestBody(OTHER)],
  "notice.assess": [noticeAssessBody()],
  "notice.propose_close": [{ code: "resolved" }],
  "notice.close": [noticeCloseBody()],
  "request.open": [
    requestOpen({}),
    requestOpen({ attribution_ref: OTHER, no_state_involvement_alleged: false }),
  ],
  "request.preserve": [
    { state: "confirmed", until: AT },
    { state: "cannot", code: "data-expired" },
  ],
  "request.clarify.ask": [
    { questions: [{ question: 1, code: "Q-PORT" }] },
    { questions: [1, 2, 3].map((question) => ({ question, code: "Q-RAW" })) },
  ],
  "request.clarify.answer": [
    clarifyAnswerBody(),
    { answers: [{ question: 1, answer: "refused", reason: "privacy" }] },
  ],
  "request.verdict": [
    {
      verdicts: [
        { ask: 1, verdict: "sufficient" },
        { ask: 2, verdict: "insufficient", items: ["E04", "E10"] },
        { ask: 3, verdict: "sufficient-for-lesser", max_ask: "A04", items: ["E15"] },
        { ask: 4, verdict: "not-assessable", reason: "format", items: ["E08"] },
      ],
    },
  ],
  "request.supplement": [supplementBody([2, 3]), supplementBody()],
  "request.decide": [
    {
      decisions: [
        { ask: 1, decision: "accepted" },
        { ask: 2, decision: "declined", code: "D09" },
      ],
    },
  ],
  "request.progress": [{ stage: "operator-contacted", asks: [1], expected_by: AT }],
  "request.outcome": [
    {
      outcomes: [
        { ask: 1, results: [{ code: "O01" }, { code: "O05", state: "active", since: AT }] },
        { ask: 2, results: [{ code: "O19", reason: "N-LEGAL" }] },
        { ask: 3, results: [{ code: "O16", kind: "spoofed-source" }] },
      ],
    },
  ],
  "request.verify": [{ verifications: [{ ask: 1, code: "V3" }] }],
  "request.withdraw": [{ reason: "resolved-itself" }],
  "request.propose_close": [{ disposition: "C01" }],
  "request.keep_open": [{ proposal: OTHER, reason: "effect-not-observed" }],
  "request.close": [{ disposition: "C02" }, { disposition: "C09", duplicate_of: OTHER }],
  "request.transfer": [{ to: "mla" }],
  "comms_check.ping": [checkPingBody()],
  "comms_check.echo": [checkEchoBody()],
  "comms_check.report": [FIGURES],
  "comms_check.countersign": [FIGURES],
  "dispute.raise": [disputeRaiseBody(CASE, { kind: "outcome", ref: "2" })],
  "dispute.answer": [disputeAnswerBody()],
  "dispute.escalate": [{ to: "L2" }],
  "dispute.neutral_reader": [{ action: "accept", proposal: OTHER }],
  "dispute.settle": [
    { action: "propose", code: "partly-corrected" },
    { action: "accept", proposal: OTHER },
  ],
  "dispute.record": [disputeRecordBody()],
  "channel.suspend": [{ scopes: ["technical", "dialogue"], reason: "capacity" }],
  "channel.resume": [{}, { scopes: ["technical"] }],
  "channel.terminate": [{ reason: "withdrawal", notice_days: 14 }],
  "channel.carry_over": [
    {
      from_channel: HASH,
      cases: [CASE, OTHER].map((id) => ({
        case: id,
        protocol: "request",
        summary: "in-action",
        last_heads: [{ feed: HASH, size: 4, root: HASH }],
      })),
    },
  ],
  "directory.card": [
    {
      office: "national-watch",
      layer: "technical",
      categories: ["technical"],
      languages: [{ lang: "en", use: "work" }],
      hours: [{ days: ["mon"], from_minute: 0, to_minute: 1_440 }],
      phone: "+15550100",
      fallback_order: 1,
      valid_from: "2026-11-01T00:00:00Z",
      valid_until: AT,
    },
  ],
};

export function messageOf(type: string, body: JsonObject): JsonObject {
  const precedence = type.endsWith("report") || type.endsWith("countersign") ? "routine" : "immediate";
  return {
    body,
    case: CASE,
    from_role: "watch",
    id: CASE,
    layer: "technical",
    nature: "exercise",
    officer: 7,
    precedence,
    serial: 123,
    tlp: "AMBER",
    type,
  };
}

function requestOpen(change: JsonObject): JsonObject {
  return {
    asks: [
      { ask: 1, code: "A01", ...ask },
      { ask: 2, code: "A05", ...ask },
      { ask: 3, code: "A10", ...ask },
    ],
    harm: { sector: "health", severity: 5, outlook_6h: "worsening", life_safety: true },
    no_state_involvement_alleged: true,
    pack: packS1(),
    ...change,
  };
}
