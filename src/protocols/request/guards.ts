/**
 * May this message have effect now (SPEC 8-2.4)? One guard per message type.
 *
 * A guard answers with the reason that forbids, and with the entry that caused it where the other side's
 * message did. Who had not seen that entry made no error: the message has crossed it.
 */
import type { JsonObject } from "../../codec/json.ts";
import { codeIn, integerIn, objectsIn, stringIn } from "../body.ts";
import {
  ACCEPTED,
  crossed,
  voided,
  type Act,
  type EntryRef,
  type Outcome,
  type VoidCode,
} from "../protocol.ts";
import { awaitsOutcome, isTakenOn, reopening, withoutReopening, type AskRow } from "./asks.ts";
import { asKnownTo, knows, openRound, statusOf, type RequestState } from "./case.ts";
import {
  DECISIONS,
  DISPOSITIONS,
  PRESERVE_STATES,
  TAKEN_ON,
  type Disposition,
  type RequestReason,
  type RequestStatus,
} from "./codes.ts";

/** Accepted messages of one type per case (SPEC 8-2.4.3); the large ones only bound memory. */
export const MESSAGE_LIMITS: Readonly<Record<string, number>> = {
  "request.clarify.ask": 2,
  "request.supplement": 3,
  "request.preserve": 100,
  "request.progress": 500,
  "request.outcome": 100,
  "request.verify": 100,
  "request.propose_close": 20,
};

interface Fault {
  readonly code: VoidCode;
  readonly reason: RequestReason;
  readonly cause?: EntryRef;
}
type Guard = (state: RequestState, act: Act) => Fault | undefined;

const GUARDS: Readonly<Record<string, Guard>> = {
  "request.clarify.ask": guardClarifyAsk,
  "request.clarify.answer": guardClarifyAnswer,
  "request.verdict": guardVerdict,
  "request.supplement": guardSupplement,
  "request.decide": guardDecide,
  "request.progress": guardProgress,
  "request.outcome": guardOutcome,
  "request.verify": guardVerify,
  "request.withdraw": () => undefined,
  "request.propose_close": guardProposeClose,
  "request.keep_open": guardKeepOpen,
  "request.close": guardClose,
  "request.transfer": (state) => acknowledgedFault(state),
};

/** Sender and type are already right. */
export function judge(state: RequestState, act: Act): Outcome {
  const limit = MESSAGE_LIMITS[act.type] ?? Number.MAX_SAFE_INTEGER;
  if ((state.counts[act.type] ?? 0) >= limit)
    return voided("E-STATE", "limit-reached" satisfies RequestReason);
  // Preservation is a track of its own: what is kept stays kept, or is released, after the case has ended.
  if (act.type === "request.preserve") return outcomeOf(act, guardPreserve(state, act));
  if (state.end !== undefined && !replacesEnding(state.end, act)) {
    return outcomeOf(act, fault("case-ended", state.end.ref));
  }
  const guard = Object.hasOwn(GUARDS, act.type) ? GUARDS[act.type] : undefined;
  return outcomeOf(act, guard === undefined ? fault("wrong-status") : guard(state, act));
}

/** Of two endings that cross, the initiator's stands: it is the initiator's request (SPEC 8-2.7.3). */
function replacesEnding(end: NonNullable<RequestState["end"]>, act: Act): boolean {
  const ends =
    act.type === "request.withdraw" || act.type === "request.close" || act.type === "request.transfer";
  return ends && act.side === "initiator" && end.side === "respondent" && !knows(act, end.ref);
}

function outcomeOf(act: Act, found: Fault | undefined): Outcome {
  if (found === undefined) return ACCEPTED;
  if (found.cause !== undefined && !knows(act, found.cause)) return crossed(found.cause);
  return voided(found.code, found.reason);
}

function fault(reason: RequestReason, cause?: EntryRef): Fault {
  return cause === undefined ? { code: "E-STATE", reason } : { code: "E-STATE", reason, cause };
}

/** The message names something that the case does not have. */
function unexpected(reason: RequestReason): Fault {
  return { code: "E-UNEXPECTED", reason };
}

function acknowledgedFault(state: RequestState): Fault | undefined {
  return state.marks.acknowledged === undefined ? fault("not-acknowledged") : undefined;
}

export function rowFor(state: RequestState, item: JsonObject): AskRow | undefined {
  const ask = integerIn(item, "ask");
  return state.asks.find((row) => row.ask === ask);
}

/** The first row at fault; a message about several asks has effect as a whole or not at all. */
function firstFault(
  state: RequestState,
  items: readonly JsonObject[],
  check: (row: AskRow, item: JsonObject) => Fault | undefined,
): Fault | undefined {
  for (const item of items) {
    const row = rowFor(state, item);
    const found = row === undefined ? unexpected("unknown-ask") : check(row, item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A confirmation that crossed an ending still counts: the data are kept, whatever became of the case. */
function guardPreserve({ preserve, end }: RequestState, act: Act): Fault | undefined {
  const kept = preserve.state === "confirmed" || preserve.state === "extended";
  switch (codeIn(PRESERVE_STATES, act.body, "state")) {
    case "confirmed":
      if (end !== undefined && knows(act, end.ref)) return fault("case-ended");
      return kept ? fault("preserve-not-possible") : undefined;
    case "extended": {
      const later = kept && stringIn(act.body, "until") > (preserve.until ?? "");
      return later ? undefined : fault("preserve-not-possible");
    }
    case "released":
      return kept ? undefined : fault("preserve-not-possible");
    case "cannot":
      return preserve.state === "none" ? undefined : fault("preserve-not-possible");
  }
}

function guardClarifyAsk(state: RequestState, act: Act): Fault | undefined {
  if (openRound(state) !== undefined) return fault("round-open");
  if (state.status !== "triage" && state.status !== "in_action") {
    return acknowledgedFault(state) ?? fault("wrong-status");
  }
  const asks = objectsIn(act.body, "questions").flatMap((question) => ("ask" in question ? [question] : []));
  return firstFault(state, asks, () => undefined);
}

function guardClarifyAnswer(state: RequestState, act: Act): Fault | undefined {
  const round = openRound(state);
  if (round === undefined) return fault("no-open-round", state.rounds.at(-1)?.ended);
  const answered = objectsIn(act.body, "answers").map((answer) => integerIn(answer, "question"));
  if (answered.some((question) => !round.questions.includes(question))) return unexpected("unknown-question");
  return round.questions.every((question) => answered.includes(question))
    ? undefined
    : unexpected("question-unanswered");
}

function guardVerdict(state: RequestState, act: Act): Fault | undefined {
  const early = acknowledgedFault(state);
  if (early !== undefined) return early;
  return firstFault(state, objectsIn(act.body, "verdicts"), (row) => {
    const reopen = reopening(row);
    // For an author that does not know of the supplement, the ask still has its verdict.
    const judged = row.verdict !== undefined || (reopen !== undefined && !knows(act, reopen.ref));
    return judged ? fault("has-verdict") : undefined;
  });
}

/**
 * Which asks a supplement puts back to triage: those not enough for the author's knowledge, or turned down.
 */
export function reopenedBy(state: RequestState, act: Act): readonly AskRow[] {
  const named = act.body["asks"];
  const wanted = Array.isArray(named) ? state.asks.filter((row) => named.includes(row.ask)) : state.asks;
  return wanted.filter((row) => {
    if (row.verdict === undefined || isTakenOn(row) || !knows(act, row.verdict.ref)) return false;
    if (row.verdict.verdict !== "sufficient") return true;
    return row.decision !== undefined && knows(act, row.decision.ref);
  });
}

function guardSupplement(state: RequestState, act: Act): Fault | undefined {
  const early = acknowledgedFault(state);
  if (early !== undefined) return early;
  const named = act.body["asks"];
  if (Array.isArray(named) && named.some((ask) => state.asks.every((row) => row.ask !== ask))) {
    return unexpected("unknown-ask");
  }
  const inAction = state.asks.some((row) => isTakenOn(row) && !knewAnOutcome(row, act));
  return inAction || reopenedBy(state, act).length > 0 ? undefined : fault("nothing-to-supplement");
}

function knewAnOutcome(row: AskRow, act: Act): boolean {
  return row.log.some((step) => step.kind === "outcome" && knows(act, step.ref));
}

/**
 * What one decision does to its ask. A decision written before its author knew of a supplement: what it
 * takes on stands (more material harms nothing), what it turns down has crossed (the pack it judged is no
 * longer the pack).
 */
export function decisionEffect(row: AskRow, item: JsonObject, act: Act): "apply" | "restore" | Fault {
  const reopen = reopening(row);
  const unseen = reopen !== undefined && !knows(act, reopen.ref);
  const before = unseen ? withoutReopening(row) : row;
  if (before.verdict === undefined) return fault("no-verdict");
  if (before.decision !== undefined) return fault("already-decided");
  const decision = codeIn(DECISIONS, item, "decision");
  const forEvidence = item["code"] === "D11";
  const { id, verdict } = before.verdict;
  if (forEvidence && (item["verdict"] !== id || verdict === "sufficient"))
    return unexpected("verdict-mismatch");
  if (!unseen) return "apply";
  return TAKEN_ON.includes(decision) ? "restore" : fault("no-verdict", reopen.ref);
}

/**
 * Rows that crossed a supplement are passed over; if nothing else is in the message, the whole has crossed.
 */
function guardDecide(state: RequestState, act: Act): Fault | undefined {
  const early = acknowledgedFault(state);
  if (early !== undefined) return early;
  const effects = objectsIn(act.body, "decisions").map((item) => {
    const row = rowFor(state, item);
    return row === undefined ? unexpected("unknown-ask") : decisionEffect(row, item, act);
  });
  const faults = effects.filter((effect) => typeof effect !== "string");
  const wrong = faults.find((found) => found.cause === undefined);
  return wrong ?? (faults.length < effects.length ? undefined : faults[0]);
}

function guardProgress(state: RequestState): Fault | undefined {
  return acknowledgedFault(state) ?? (state.asks.some(awaitsOutcome) ? undefined : fault("not-in-action"));
}

function guardOutcome(state: RequestState, act: Act): Fault | undefined {
  const early = acknowledgedFault(state);
  if (early !== undefined) return early;
  return firstFault(state, objectsIn(act.body, "outcomes"), (row) =>
    isTakenOn(row) ? undefined : fault("not-taken-on"),
  );
}

function guardVerify(state: RequestState, act: Act): Fault | undefined {
  return firstFault(state, objectsIn(act.body, "verifications"), (row) =>
    row.outcome === undefined ? fault("no-outcome") : undefined,
  );
}

function guardProposeClose(state: RequestState, act: Act): Fault | undefined {
  if (state.proposal !== undefined) return fault("proposal-open");
  const disposition = codeIn(DISPOSITIONS, act.body, "disposition");
  if (CLOSABLE_FROM[disposition].includes(state.status) && AFTER_DECISION.includes(state.status))
    return undefined;
  const unseen = state.asks.map(reopening).find((reopen) => reopen !== undefined && !knows(act, reopen.ref));
  return fault(
    state.marks.acknowledged === undefined ? "not-acknowledged" : "disposition-not-possible",
    unseen?.ref,
  );
}

function guardKeepOpen(state: RequestState, act: Act): Fault | undefined {
  return state.proposal?.id === act.body["proposal"] ? undefined : fault("no-proposal");
}

const AFTER_DECISION: readonly RequestStatus[] = [
  "decided",
  "reported",
  "verified",
  "not_verified",
  "unverified",
];
const BEFORE_OUTCOME: readonly RequestStatus[] = [
  "delivered",
  "triage",
  "clarification",
  "determined",
  "in_action",
];
const ANY_STATUS = [...BEFORE_OUTCOME, ...AFTER_DECISION];

/** From which status an initiator may close as what (SPEC 8-2.4.9). */
export const CLOSABLE_FROM: Readonly<Record<Disposition, readonly RequestStatus[]>> = {
  C01: AFTER_DECISION,
  C02: AFTER_DECISION,
  C03: ANY_STATUS,
  C04: ["decided"],
  C05: BEFORE_OUTCOME,
  C06: [],
  C07: [],
  C08: AFTER_DECISION,
  C09: ANY_STATUS,
  C10: AFTER_DECISION,
  C11: ANY_STATUS,
};

/** Judged by what the initiator knew: an answer on its way does not make the closing an error. */
function guardClose(state: RequestState, act: Act): Fault | undefined {
  const disposition = codeIn(DISPOSITIONS, act.body, "disposition");
  const { end: _end, ...rest } = state;
  const known = asKnownTo(act, rest);
  return CLOSABLE_FROM[disposition].includes(statusOf(known)) ? undefined : fault("disposition-not-possible");
}
