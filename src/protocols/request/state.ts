/**
 * The request state machine (SPEC 8-2): delivered, triage and clarification, determined, decided, in
 * action, reported, verified or not, closed; and the ways out. Pure and total.
 *
 * Guarantees: every ask is judged, decided, reported and verified by itself; the actor's report never
 * replaces what the requester observed; two messages that cross give the same status and matrix in either
 * order. It deliberately knows no clock, no dispute (a case of its own that points here) and no field of
 * the pack.
 */
import { isJsonObject, type JsonObject } from "../../codec/json.ts";
import { codeIn, codesIn, integerIn, objectIn, objectsIn, stringIn } from "../body.ts";
import { ACCEPTED, stopTimer, voided, type Act, type Outcome, type Pause, type Timer } from "../protocol.ts";
import {
  addStep,
  awaitsOutcome,
  emptyRow,
  reopening,
  reportsAction,
  withoutReopening,
  type AskRow,
  type OutcomeStep,
  type VerdictStep,
} from "./asks.ts";
import { asKnownTo, effectMark, knows, openRound, standing, type Body, type RequestState } from "./case.ts";
import { endClock, PROPOSAL_SECONDS, restartProgress, startClock, syncClocks } from "./clocks.ts";
import * as list from "./codes.ts";
import type { Disposition, RequestReason } from "./codes.ts";
import { decisionEffect, judge, reopenedBy, rowFor } from "./guards.ts";

export function openRequest(act: Act): RequestState {
  const asks = objectsIn(act.body, "asks").map((ask) =>
    emptyRow(integerIn(ask, "ask"), codeIn(list.ASK_CODES, ask, "code")),
  );
  const owed = { owing: "respondent", trigger: act.ref } as const;
  const timers: Timer[] = [{ id: "t_ack", name: "t_ack", ...owed }];
  if (asks.some((row) => row.code === "A01")) timers.push({ id: "t_preserve", name: "t_preserve", ...owed });
  const body: Body = {
    id: act.id,
    lifeSafety: objectIn(act.body, "harm")["life_safety"] === true,
    asks,
    rounds: [],
    preserve: { state: "none" },
    counts: {},
    timers,
    pauses: [],
    marks: {},
    ...evaluationOf(act),
  };
  return { ...body, timers: syncClocks(undefined, body, act), ...standing(body) };
}

export function decideRequest(
  senders: Readonly<Record<string, { readonly sender: string }>>,
  state: RequestState,
  act: Act,
): Outcome {
  if (act.type === "ack") return ACCEPTED;
  const rule = Object.hasOwn(senders, act.type) ? senders[act.type] : undefined;
  if (rule === undefined) return voided("E-UNEXPECTED", "unknown-type" satisfies RequestReason);
  if (act.type === "request.open") return voided("E-STATE", "already-open" satisfies RequestReason);
  if (rule.sender !== "either" && rule.sender !== act.side) {
    return voided("E-UNEXPECTED", "wrong-side" satisfies RequestReason);
  }
  return judge(state, act);
}

/** Applies an accepted act. Any other leaves the state as it is. */
export function evolveRequest(state: RequestState, act: Act): RequestState {
  const apply = Object.hasOwn(STEPS, act.type) ? STEPS[act.type] : undefined;
  if (apply === undefined) return state;
  const after = apply(state, act);
  if (after === state) return state;
  const counts = { ...state.counts, [act.type]: (state.counts[act.type] ?? 0) + 1 };
  return {
    ...after,
    counts,
    timers: syncClocks(state, after, act),
    pauses: pausesAfter(after),
    ...standing(after),
  };
}

type Step = (state: RequestState, act: Act) => Body;

const STEPS: Readonly<Record<string, Step>> = {
  ack: acknowledge,
  "request.preserve": preserve,
  "request.clarify.ask": clarifyAsk,
  "request.clarify.answer": endRound,
  "request.verdict": determine,
  "request.supplement": supplement,
  "request.decide": decide,
  "request.progress": progress,
  "request.outcome": report,
  "request.verify": verify,
  "request.withdraw": (state, act) => endCase(state, act, "withdrawn", "C06"),
  "request.propose_close": proposeClose,
  "request.keep_open": dropProposal,
  "request.close": (state, act) =>
    endCase(state, act, "closed", codeIn(list.DISPOSITIONS, act.body, "disposition")),
  "request.transfer": (state, act) => endCase(state, act, "transferred", "C07"),
};

/** Only the respondent's acknowledgement of the request itself moves the case; any other is a courtesy. */
function acknowledge(state: RequestState, act: Act): Body {
  const concerns = act.side === "respondent" && act.body["of"] === state.id;
  if (!concerns || state.marks.acknowledged !== undefined) return state;
  return {
    ...state,
    marks: { ...state.marks, acknowledged: act.ref },
    timers: stopTimer(state.timers, "t_ack", act.ref),
  };
}

function preserve(state: RequestState, act: Act): Body {
  const wanted = codeIn(list.PRESERVE_STATES, act.body, "state");
  const until = act.body["until"];
  return {
    ...state,
    preserve: { state: wanted, ref: act.ref, ...(typeof until === "string" ? { until } : {}) },
    timers: stopTimer(state.timers, "t_preserve", act.ref),
  };
}

function clarifyAsk(state: RequestState, act: Act): Body {
  const questions = objectsIn(act.body, "questions").map((question) => integerIn(question, "question"));
  const clock = { base: "t_clarify", name: "t_clarify", owing: "initiator" } as const;
  return {
    ...state,
    rounds: [...state.rounds, { asked: act.ref, questions }],
    timers: startClock(state.timers, clock, act),
  };
}

/** The answer ends a round; so does a verdict or an outcome that does without it, for nobody waits then. */
function endRound(state: Body, act: Act): Body {
  const round = openRound(state);
  if (round === undefined) return state;
  return {
    ...state,
    rounds: [...state.rounds.slice(0, -1), { ...round, ended: act.ref }],
    timers: endClock(state.timers, "t_clarify", "initiator", act),
  };
}

/** The clocks stand still from the questions until the round ends. */
function pausesAfter({ rounds, end }: Body): readonly Pause[] {
  return rounds.map(({ asked, ended }) => {
    const until = ended ?? end?.ref;
    return until === undefined ? { from: asked } : { from: asked, until };
  });
}

/** The rows that the message names, each changed; the others as they are. */
function changeRows(
  state: RequestState,
  items: readonly JsonObject[],
  change: (row: AskRow, item: JsonObject) => AskRow,
): readonly AskRow[] {
  const changed = new Map<number, AskRow>();
  for (const item of items) {
    const row = rowFor(state, item);
    if (row !== undefined) changed.set(row.ask, change(row, item));
  }
  return state.asks.map((row) => changed.get(row.ask) ?? row);
}

function determine(state: RequestState, act: Act): Body {
  const asks = changeRows(state, objectsIn(act.body, "verdicts"), (row, item) =>
    addStep(row, verdictStep(item, act)),
  );
  const after = { ...state, asks, marks: { answered: act.ref, ...state.marks } };
  return after.asks.some((row) => knownToAwaitVerdict(row, act)) ? after : endRound(after, act);
}

/**
 * An ask that a supplement put back without the author's knowledge is no reason for it to wait for answers.
 */
function knownToAwaitVerdict(row: AskRow, act: Act): boolean {
  const reopen = reopening(row);
  return row.verdict === undefined && (reopen === undefined || knows(act, reopen.ref));
}

function verdictStep(item: JsonObject, { ref, id }: Act): VerdictStep {
  const items = "items" in item ? codesIn(list.ITEM_CODES, item, "items") : [];
  const step = { kind: "verdict", ref, id, verdict: codeIn(list.VERDICTS, item, "verdict"), items } as const;
  return "max_ask" in item ? { ...step, maxAsk: codeIn(list.ASK_CODES, item, "max_ask") } : step;
}

function supplement(state: RequestState, act: Act): Body {
  const reopened = reopenedBy(state, act);
  const asks = state.asks.map((row) =>
    reopened.includes(row) ? addStep(row, { kind: "reopen", ref: act.ref }) : row,
  );
  const after = { ...state, asks, ...evaluationOf(act) };
  return reopened.length > 0 ? withoutProposal(after, act) : answerProposal(after, act);
}

function decide(state: RequestState, act: Act): Body {
  const asks = changeRows(state, objectsIn(act.body, "decisions"), (row, item) => {
    const effect = decisionEffect(row, item, act);
    if (typeof effect !== "string") return row;
    const decision = codeIn(list.DECISIONS, item, "decision");
    const decline = decision === "declined" ? { decline: codeIn(list.DECLINE_CODES, item, "code") } : {};
    const before = effect === "restore" ? withoutReopening(row) : row;
    return addStep(before, { kind: "decision", ref: act.ref, decision, ...decline });
  });
  return { ...state, asks };
}

function progress(state: RequestState, act: Act): Body {
  return {
    ...state,
    progress: { stage: stringIn(act.body, "stage"), ref: act.ref },
    timers: restartProgress(state.timers, act),
  };
}

function report(state: RequestState, act: Act): Body {
  const steps: OutcomeStep[] = [];
  const asks = changeRows(state, objectsIn(act.body, "outcomes"), (row, item) => {
    const step: OutcomeStep = { kind: "outcome", ref: act.ref, results: resultsIn(item) };
    steps.push(step);
    return addStep(row, step);
  });
  const acted = steps.some(reportsAction) ? { acted: act.ref } : {};
  const after = { ...state, asks, marks: { ...acted, ...state.marks } };
  return after.asks.some(awaitsOutcome) ? after : endRound(after, act);
}

function resultsIn(item: JsonObject): OutcomeStep["results"] {
  return objectsIn(item, "results").map((result) => {
    const code = codeIn(list.OUTCOME_CODES, result, "code");
    return "state" in result ? { code, state: stringIn(result, "state") } : { code };
  });
}

function verify(state: RequestState, act: Act): Body {
  const asks = changeRows(state, objectsIn(act.body, "verifications"), (row, item) =>
    addStep(row, { kind: "verification", ref: act.ref, code: codeIn(list.VERIFICATION_CODES, item, "code") }),
  );
  const { effective: _effective, not_effective: _not, ...marks } = state.marks;
  return answerProposal({ ...state, asks, marks: { ...marks, ...effectMark(asks) } }, act);
}

function proposeClose(state: RequestState, act: Act): Body {
  const disposition = codeIn(list.DISPOSITIONS, act.body, "disposition");
  const clock = {
    base: "t_close",
    name: { fixedSeconds: PROPOSAL_SECONDS },
    owing: "initiator",
    onExpiry: { status: "closed", graceSeconds: 0 },
  } as const;
  return {
    ...state,
    proposal: { id: act.id, ref: act.ref, disposition },
    timers: startClock(state.timers, clock, act),
  };
}

function dropProposal(state: RequestState, act: Act): Body {
  return withoutProposal(state, act);
}

/** A message of substance answers a proposal to close, if its author knew of it. */
function answerProposal(state: Body, act: Act): Body {
  return state.proposal !== undefined && knows(act, state.proposal.ref) ? withoutProposal(state, act) : state;
}

function withoutProposal({ proposal: _proposal, ...state }: Body, act: Act): Body {
  return { ...state, timers: endClock(state.timers, "t_close", "initiator", act) };
}

/** An ending takes the case as its author knew it (SPEC 8-2.7.2). */
function endCase(
  state: RequestState,
  act: Act,
  status: "closed" | "withdrawn" | "transferred",
  disposition: Disposition,
): Body {
  const { end: _earlier, ...rest } = asKnownTo(act, state);
  return { ...rest, end: { status, disposition, ref: act.ref, side: act.side } };
}

function evaluationOf({ ref, facts }: Act): Pick<RequestState, "evaluation"> {
  const value = facts.evaluation;
  return isJsonObject(value) ? { evaluation: { ref, value } } : {};
}
