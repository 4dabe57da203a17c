/** Messages and acts of a request for its tests: invented parties, one or more asks. */
import type { JsonObject } from "#parley/codec/json.ts";
import { PackSchema } from "#parley/protocols/evidence/index.ts";
import type { Act, EntryRef, Outcome, Side } from "#parley/protocols/protocol.ts";
import { createRequestProtocol, type RequestState } from "#parley/protocols/request/index.ts";

export const request = createRequestProtocol({ packSchema: PackSchema });

export const OPEN_ID = "01936c5e-0000-7000-8000-000000000000";
export const OTHER_ID = "01936c5e-ffff-7000-8000-ffffffffffff";
export const UNTIL = "2027-01-01T00:00:00Z";

/** The id of the nth message of a test; `request.open` is number 0. */
export function idOf(n: number): string {
  return `01936c5e-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

export function openBody(codes: readonly string[] = ["A05"]): JsonObject {
  return {
    asks: codes.map((code, index) => ({
      ask: index + 1,
      code,
      target: "192.0.2.17",
      legal_basis: "none-voluntary",
    })),
    harm: { sector: "health", severity: 4, outlook_6h: "worsening", life_safety: false },
    pack: {},
    no_state_involvement_alleged: true,
  };
}

export interface Draft {
  readonly side: Side;
  readonly type: string;
  readonly body: JsonObject;
}

/** What a message may need to know of the case. */
export interface Known {
  readonly asks?: readonly number[];
  readonly proposal?: string;
  readonly verdict?: string;
  readonly questions?: readonly number[];
}

const RESPONDENT = [
  "ack",
  "request.preserve",
  "request.clarify.ask",
  "request.verdict",
  "request.decide",
  "request.progress",
  "request.outcome",
  "request.propose_close",
  "request.transfer",
];

/** A draft by name: the type, and after a space the code that matters. */
export function draft(name: string, known: Known = {}): Draft {
  const [type = "", code = ""] = name.split(" ");
  const body = bodyOf(type, code, {
    asks: [1],
    questions: [1],
    proposal: OTHER_ID,
    verdict: OTHER_ID,
    ...known,
  });
  return { side: RESPONDENT.includes(type) ? "respondent" : "initiator", type, body };
}

function bodyOf(type: string, code: string, known: Required<Known>): JsonObject {
  const { asks, questions, proposal, verdict } = known;
  switch (type) {
    case "ack":
      return { of: OPEN_ID, understood: "yes", text_used: "original" };
    case "request.preserve":
      return preserveBody(code);
    case "request.clarify.ask":
      return { questions: questions.map((question) => ({ question, code: "Q-PORT", ask: asks[0] ?? 1 })) };
    case "request.clarify.answer":
      return { answers: questions.map((question) => ({ question, answer: "unknown" })) };
    case "request.verdict":
      return { verdicts: asks.map((ask) => verdictRow(ask, code)) };
    case "request.supplement":
      return { pack: {}, ...(code === "named" ? { asks } : {}) };
    case "request.decide":
      return { decisions: asks.map((ask) => decisionRow(ask, code, verdict)) };
    case "request.progress":
      return { stage: "assigned" };
    case "request.outcome":
      return { outcomes: asks.map((ask) => ({ ask, results: [outcomeRow(code || "O06")] })) };
    case "request.verify":
      return { verifications: asks.map((ask) => ({ ask, ...VERIFIED[code] })) };
    case "request.withdraw":
      return { reason: "resolved-itself" };
    case "request.propose_close":
      return { disposition: code || "C01" };
    case "request.keep_open":
      return { proposal, reason: "effect-not-observed" };
    case "request.close":
      return code === "C09" ? { disposition: code, duplicate_of: OTHER_ID } : { disposition: code || "C11" };
    case "request.transfer":
      return { to: "mla" };
    default:
      return openBody();
  }
}

function preserveBody(code: string): JsonObject {
  if (code === "released") return { state: code };
  if (code === "cannot") return { state: code, code: "not-held" };
  return { state: code || "confirmed", until: code === "extended" ? "2027-02-01T00:00:00Z" : UNTIL };
}

function verdictRow(ask: number, code: string): JsonObject {
  if (code === "sufficient") return { ask, verdict: code };
  if (code === "sufficient-for-lesser") return { ask, verdict: code, max_ask: "A01", items: ["E04"] };
  if (code === "not-assessable") return { ask, verdict: code, reason: "language", items: ["E21"] };
  return { ask, verdict: code || "insufficient", items: ["E15", "E04"] };
}

function decisionRow(ask: number, code: string, verdict: string): JsonObject {
  switch (code) {
    case "accepted-partly":
      return { ask, decision: code, part: "For 24 hours." };
    case "conditional":
      return { ask, decision: code, conditions: "The source port of each event." };
    case "referred":
      return { ask, decision: code, to: "National regulator" };
    case "declined":
      return { ask, decision: code, code: "D01" };
    case "D03":
      return { ask, decision: "declined", code, instrument: "Letter of request" };
    case "D11":
      return { ask, decision: "declined", code, verdict };
    case "D99":
      return { ask, decision: "declined", code, text: "In words." };
    default:
      return code.startsWith("D")
        ? { ask, decision: "declined", code }
        : { ask, decision: code || "accepted" };
  }
}

export function outcomeRow(code: string): JsonObject {
  switch (code) {
    case "O05":
      return { code, state: "active", since: "2026-11-22T12:00:00Z" };
    case "O07":
      return { code, state: "pending-activation" };
    case "O11":
    case "O12":
      return { code, reference: "2026/17" };
    case "O15":
      return { code, next_hop: "198.51.100.1", country: "ZZ" };
    case "O16":
      return { code, kind: "spoofed-source" };
    case "O19":
      return { code, reason: "N-TECH" };
    default:
      return { code };
  }
}

const VERIFIED: Readonly<Record<string, JsonObject>> = {
  "": { code: "V1" },
  V1: { code: "V1" },
  V2: { code: "V2" },
  V3: { code: "V3" },
  V4: { code: "V4", moved_to: "203.0.113.9" },
  V5: { code: "V5", recurred_at: "2026-12-01T00:00:00Z" },
  V6: { code: "V6" },
};

export interface ActOptions {
  /** Position of the act in the test, over both feeds; also gives its message id. */
  readonly seq: number;
  readonly sees?: (ref: EntryRef) => boolean;
  readonly facts?: Act["facts"];
}

export function actOf({ side, type, body }: Draft, { seq, sees = () => true, facts = {} }: ActOptions): Act {
  return {
    ref: { feed: side, seq },
    from: side,
    side,
    type,
    id: seq === 0 ? OPEN_ID : idOf(seq),
    nature: "real",
    precedence: "priority",
    layer: "technical",
    role: side === "initiator" ? "releaser" : "analyst",
    body,
    refs: [],
    facts,
    sees,
  };
}

export function opened(codes?: readonly string[]): RequestState {
  return request.open(actOf({ side: "initiator", type: "request.open", body: openBody(codes) }, { seq: 0 }));
}

export interface Applied {
  readonly state: RequestState;
  readonly outcome: Outcome;
}

export function apply(state: RequestState, act: Act): Applied {
  const outcome = request.decide(state, act);
  return { outcome, state: outcome.kind === "accepted" ? request.evolve(state, act) : state };
}

/** Plays drafts in which everybody has seen everything; every one must be accepted. */
export function play(names: readonly (string | Draft)[], codes?: readonly string[]): RequestState {
  let state = opened(codes);
  names.forEach((name, index) => {
    const made = typeof name === "string" ? draft(name) : name;
    const { outcome, state: after } = apply(state, actOf(made, { seq: index + 1 }));
    if (outcome.kind !== "accepted")
      throw new Error(`step ${index} ${made.type}: ${JSON.stringify(outcome)}`);
    state = after;
  });
  return state;
}

const DETERMINED = ["ack", "request.verdict insufficient"];
const IN_ACTION = [...DETERMINED, "request.decide accepted"];
const REPORTED = [...IN_ACTION, "request.outcome"];

/** A way into each status. */
export const PATHS = {
  delivered: [],
  triage: ["ack"],
  clarification: ["ack", "request.clarify.ask"],
  determined: DETERMINED,
  decided: [...DETERMINED, "request.decide declined"],
  in_action: IN_ACTION,
  reported: REPORTED,
  verified: [...REPORTED, "request.verify V1"],
  not_verified: [...REPORTED, "request.verify V3"],
  unverified: [...REPORTED, "request.verify V6"],
  closed: ["ack", "request.close C11"],
  withdrawn: ["ack", "request.withdraw"],
  transferred: ["ack", "request.transfer"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
