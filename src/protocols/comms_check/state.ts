/**
 * The communication check's state machine (SPEC 8-4.4): a ping that is echoed or fails, and a monthly report
 * that both sides give. Pure and total; hashes are compared with the corpus, never computed.
 *
 * Nobody writes a failure: it is derived from a wrong echo, or by the clock (`t_ack` expires to `failed`).
 */
import { jsonToText } from "../../codec/json.ts";
import { codeIn, stringIn } from "../body.ts";
import type { Crossing } from "../crossing.ts";
import {
  ACCEPTED,
  cancelTimers,
  stopTimer,
  voided,
  type Act,
  type CaseState,
  type EntryRef,
  type Outcome,
  type PartyId,
} from "../protocol.ts";
import { CHECK_KINDS, type CheckKind, type CheckReason, type CheckStatus, type FailReason } from "./codes.ts";
import { sentenceOf } from "./corpus.ts";
import { COMMS_CHECK_MESSAGES } from "./messages.ts";

/** SPEC 8-4.5: the other side gives its own figures for the month within this. */
export const REPORT_ANSWER_SECONDS = 7 * 86_400;

interface Check extends CaseState {
  readonly status: CheckStatus;
}

export interface PingState extends Check {
  readonly about: "ping";
  readonly kind: CheckKind;
  readonly corpusRef: string;
  /** Only with status `failed` after a wrong echo; the clock's own reason is derived with `as_of`. */
  readonly reason?: FailReason;
}

export interface ReportState extends Check {
  readonly about: "report";
  readonly period: string;
  /** The opener's figures as canonical text, to be compared with the answer's. */
  readonly figures: string;
  readonly reports: readonly EntryRef[];
}

export type CommsCheckState = PingState | ReportState;

/**
 * SPEC 8-4.6: empty, because after the opening only the respondent has a message that fits. A test fails as
 * soon as both sides may write in one state.
 */
export const COMMS_CHECK_CROSSINGS: readonly Crossing[] = [];

/**
 * Whose turn the daily check (K1) is: A on odd days, B on even days, A being the lower party id.
 * `dayNumber` counts whole UTC days since 1970-01-01, so that two odd days never follow one another.
 */
export function k1Owner(parties: readonly [PartyId, PartyId], dayNumber: number): PartyId {
  const [first, second] = parties;
  const [a, b] = first < second ? [first, second] : [second, first];
  return dayNumber % 2 === 0 ? b : a;
}

export function openCommsCheck(act: Act): CommsCheckState {
  return act.type === "comms_check.report" ? openReport(act) : openPing(act);
}

function openPing(act: Act): PingState {
  return {
    about: "ping",
    status: "sent",
    open: true,
    next: "respondent",
    timers: [
      {
        id: "t_ack",
        name: "t_ack",
        owing: "respondent",
        trigger: act.ref,
        onExpiry: { status: "failed", graceSeconds: 0 },
      },
    ],
    pauses: [],
    marks: {},
    kind: codeIn(CHECK_KINDS, act.body, "kind"),
    corpusRef: stringIn(act.body, "corpus_ref"),
  };
}

function openReport(act: Act): ReportState {
  const name = { fixedSeconds: REPORT_ANSWER_SECONDS };
  return {
    about: "report",
    status: "reported",
    open: true,
    next: "respondent",
    timers: [{ id: "t_report", name, owing: "respondent", trigger: act.ref }],
    pauses: [],
    marks: {},
    period: stringIn(act.body, "period"),
    figures: jsonToText(act.body),
    reports: [act.ref],
  };
}

export function decideCommsCheck(state: CommsCheckState, act: Act): Outcome {
  if (act.type === "ack") return ACCEPTED;
  if (!Object.hasOwn(COMMS_CHECK_MESSAGES, act.type)) return voidCheck("E-UNEXPECTED", "unknown-type");
  if (act.type === "comms_check.ping" || act.type === "comms_check.report") {
    return voidCheck("E-STATE", "already-open");
  }
  if (act.side !== "respondent") return voidCheck("E-UNEXPECTED", "wrong-side");
  const isEcho = act.type === "comms_check.echo";
  if (isEcho !== (state.about === "ping"))
    return voidCheck("E-STATE", isEcho ? "not-a-ping" : "not-a-report");
  return state.open ? ACCEPTED : voidCheck("E-STATE", "ended");
}

export function evolveCommsCheck(state: CommsCheckState, act: Act): CommsCheckState {
  if (act.type === "ack") return acknowledge(state, act);
  return state.about === "ping" ? echo(state, act) : countersign(state, act);
}

/** An acknowledgement says that an officer opened the ping; only the echo says what that officer read. */
function acknowledge<S extends CommsCheckState>(state: S, act: Act): S {
  if (act.side !== "respondent" || state.marks.acknowledged !== undefined) return state;
  return { ...state, marks: { ...state.marks, acknowledged: act.ref } };
}

function echo(state: PingState, act: Act): PingState {
  const reason = echoFault(state, act);
  const timers = stopTimer(state.timers, "t_ack", act.ref);
  const marks = { acknowledged: state.marks.acknowledged ?? act.ref, answered: act.ref };
  const ended = { ...state, open: false, next: "none", timers, marks } as const;
  return reason === undefined ? { ...ended, status: "passed" } : { ...ended, status: "failed", reason };
}

/** The first thing wrong with an echo: who read it, in which language, which text. */
function echoFault(state: PingState, act: Act): FailReason | undefined {
  const sentence = sentenceOf(state.corpusRef);
  if (act.body["role"] !== "watch" || act.role !== "watch") return "wrong-role";
  if (sentence === undefined || act.body["lang"] !== sentence.lang) return "wrong-language";
  return act.body["same_text_hash"] === sentence.hash ? undefined : "bad-hash";
}

function countersign(state: ReportState, act: Act): ReportState {
  const same = jsonToText(act.body) === state.figures;
  return {
    ...state,
    status: same ? "report-agreed" : "report-differs",
    open: false,
    next: "none",
    timers: cancelTimers(stopTimer(state.timers, "t_report", act.ref), act.ref),
    marks: { acknowledged: state.marks.acknowledged ?? act.ref, answered: act.ref },
    reports: [...state.reports, act.ref],
  };
}

function voidCheck(code: "E-STATE" | "E-UNEXPECTED", reason: CheckReason): Outcome {
  return voided(code, reason);
}
