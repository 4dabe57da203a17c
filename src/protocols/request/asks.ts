/**
 * One row of the matrix (SPEC 8-2.6): what was judged, decided, reported and observed about one ask.
 *
 * A row is the fold of its log, so that what an ending's author had not seen can be taken out again and an
 * earlier step comes back. An outcome and an observation stand side by side; neither overwrites the other.
 */
import type { EntryRef } from "../protocol.ts";
import {
  ACTION_OUTCOMES,
  EFFECTIVE,
  NOT_EFFECTIVE,
  TAKEN_ON,
  type AskCode,
  type Decision,
  type DeclineCode,
  type OutcomeCode,
  type Verdict,
  type VerificationCode,
} from "./codes.ts";

export interface VerdictStep {
  readonly kind: "verdict";
  readonly ref: EntryRef;
  /** Message id, which a decline for want of evidence (D11) must name. */
  readonly id: string;
  readonly verdict: Verdict;
  /** Sorted. */
  readonly items: readonly string[];
  readonly maxAsk?: AskCode;
}
export interface DecisionStep {
  readonly kind: "decision";
  readonly ref: EntryRef;
  readonly decision: Decision;
  readonly decline?: DeclineCode;
}
/** A supplement put the ask back to triage. */
export interface ReopenStep {
  readonly kind: "reopen";
  readonly ref: EntryRef;
}
export interface OutcomeStep {
  readonly kind: "outcome";
  readonly ref: EntryRef;
  readonly results: readonly { readonly code: OutcomeCode; readonly state?: string }[];
}
export interface VerificationStep {
  readonly kind: "verification";
  readonly ref: EntryRef;
  readonly code: VerificationCode;
}
export type AskStep = VerdictStep | DecisionStep | ReopenStep | OutcomeStep | VerificationStep;

export interface AskRow {
  readonly ask: number;
  readonly code: AskCode;
  readonly log: readonly AskStep[];
  readonly verdict?: VerdictStep;
  readonly decision?: DecisionStep;
  readonly outcome?: OutcomeStep;
  readonly verification?: VerificationStep;
}

export function emptyRow(ask: number, code: AskCode): AskRow {
  return { ask, code, log: [] };
}

/** The row with one step more. */
export function addStep(row: AskRow, step: AskStep): AskRow {
  return rowOf(row, [...row.log, step]);
}

/** The row without the steps that `keep` rejects; what they had replaced stands again. */
export function filterSteps(row: AskRow, keep: (step: AskStep) => boolean): AskRow {
  return row.log.every(keep) ? row : rowOf(row, row.log.filter(keep));
}

function rowOf({ ask, code }: AskRow, log: readonly AskStep[]): AskRow {
  return log.reduce<AskRow>(applyStep, { ask, code, log });
}

function applyStep(row: AskRow, step: AskStep): AskRow {
  switch (step.kind) {
    case "verdict":
      return { ...row, verdict: step };
    case "decision":
      return { ...row, decision: step };
    case "reopen": {
      const { verdict: _verdict, decision: _decision, ...rest } = row;
      return rest;
    }
    case "outcome":
      return { ...row, outcome: step };
    case "verification":
      return { ...row, verification: step };
  }
}

/** The supplement that the row is in triage for, if it is. */
export function reopening(row: AskRow): ReopenStep | undefined {
  const last = row.log.at(-1);
  return last?.kind === "reopen" ? last : undefined;
}

/** The row as it was before its last reopening. */
export function withoutReopening(row: AskRow): AskRow {
  return rowOf(row, row.log.slice(0, -1));
}

export function isTakenOn(row: AskRow): boolean {
  return row.decision !== undefined && TAKEN_ON.includes(row.decision.decision);
}

/** Taken on, and nothing reported yet. */
export function awaitsOutcome(row: AskRow): boolean {
  return isTakenOn(row) && row.outcome === undefined;
}

export function awaitsVerification(row: AskRow): boolean {
  return row.outcome !== undefined && row.verification === undefined;
}

/** An action that is only announced is not yet one. */
export function reportsAction(step: OutcomeStep): boolean {
  return step.results.some(
    ({ code, state }) => ACTION_OUTCOMES.includes(code) && state !== "pending-activation",
  );
}

export type Effect = "effective" | "not_effective" | "open";

/**
 * What the initiator observed over all asks (SPEC 8-2.6.5): one ask without effect makes the case not
 * effective; effective needs every reported ask observed and at least one that ceased or was reduced.
 */
export function effectOf(rows: readonly AskRow[]): Effect {
  const observed = rows.flatMap((row) => (row.verification === undefined ? [] : [row.verification.code]));
  if (observed.some((code) => NOT_EFFECTIVE.includes(code))) return "not_effective";
  const complete = !rows.some(awaitsOutcome) && !rows.some(awaitsVerification);
  return complete && observed.some((code) => EFFECTIVE.includes(code)) ? "effective" : "open";
}

/** The matrix as codes alone: what both sides' screens and the crossing test compare. */
export interface MatrixRow {
  readonly ask: number;
  readonly code: AskCode;
  readonly verdict?: Verdict;
  readonly decision?: Decision;
  readonly decline?: DeclineCode;
  readonly outcome?: readonly OutcomeCode[];
  readonly verification?: VerificationCode;
}

export function matrixOf(rows: readonly AskRow[]): readonly MatrixRow[] {
  return rows.map(({ ask, code, verdict, decision, outcome, verification }) => ({
    ask,
    code,
    ...(verdict === undefined ? {} : { verdict: verdict.verdict }),
    ...(decision === undefined ? {} : { decision: decision.decision }),
    ...(decision?.decline === undefined ? {} : { decline: decision.decline }),
    ...(outcome === undefined ? {} : { outcome: outcome.results.map((result) => result.code) }),
    ...(verification === undefined ? {} : { verification: verification.code }),
  }));
}
