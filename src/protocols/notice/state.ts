/**
 * The notice state machine (SPEC 8-1.4): `delivered → acknowledged → assessed → closed`, pure and total.
 *
 * Guarantees that the order in which crossing messages are folded never changes the final status
 * (SPEC 8-1.6), and that a correction or withdrawal leaves every earlier entry in place.
 * It knows no clock: silence on a proposed close is a timer whose expiry shows `closed`.
 */
import { codeIn, flagIn, stringIn } from "../body.ts";
import type { Crossing } from "../crossing.ts";
import {
  ACCEPTED,
  cancelTimers,
  crossed,
  isRunning,
  stopTimer,
  voided,
  type Act,
  type CaseState,
  type EntryRef,
  type Outcome,
  type Timer,
} from "../protocol.ts";
import {
  ASSESS_CODES,
  CLOSE_CODES,
  NOTICE_STAGES,
  WITHDRAW_REASONS,
  type AssessCode,
  type CloseCode,
  type NoticeReason,
  type NoticeStage,
  type NoticeStatus,
  type WithdrawReason,
} from "./codes.ts";
import { NOTICE_MESSAGES } from "./messages.ts";

const HOUR = 3_600;
const DAY = 86_400;
/** SPEC 8-1.5: R's proposal to close is agreed by silence after this. */
export const CLOSE_SILENCE_SECONDS = 7 * DAY;
/** SPEC 8-1.5: each reminder leaves the sender a margin before its stage is due (24 h, 72 h, 30 d). */
export const STAGE_REMINDERS = [
  { stage: "early", afterSeconds: 20 * HOUR },
  { stage: "full", afterSeconds: 68 * HOUR },
  { stage: "final", afterSeconds: 27 * DAY },
] as const satisfies readonly { readonly stage: NoticeStage; readonly afterSeconds: number }[];

export interface NoticeState extends CaseState {
  readonly status: NoticeStatus;
  readonly openedId: string;
  readonly stage: NoticeStage;
  /** I's texts (opening, updates, corrections), oldest first; a correction points at one of them. */
  readonly texts: readonly { readonly id: string; readonly ref: EntryRef; readonly corrects?: string }[];
  readonly assessments: readonly { readonly ref: EntryRef; readonly code: AssessCode }[];
  readonly requests: readonly { readonly ref: EntryRef; readonly requestCase: string }[];
  /** The assessment that answers the text now in force. */
  readonly assessedBy?: EntryRef;
  /** I's last material change; an assessment that had not seen it answers an older text. */
  readonly lastMaterial?: EntryRef;
  /** I's last act that keeps the case going; a proposal to close that had not seen it falls. */
  readonly lastKept?: EntryRef;
  readonly closeProposals: number;
  readonly ended?: {
    readonly ref: EntryRef;
    readonly how: { readonly closed: CloseCode } | { readonly withdrawn: WithdrawReason };
  };
}

/** SPEC 8-1.6. An acknowledgement is a fact about a person and is accepted in every state. */
export const NOTICE_CROSSINGS: readonly Crossing[] = [
  ...pairs(
    ["delivered"],
    ["ack"],
    [
      ["notice.withdraw", "withdrawn"],
      ["notice.close proceeding-outside", "closed"],
      ["notice.correct", "acknowledged"],
      ["notice.correct material_change", "acknowledged"],
    ],
  ),
  ...pairs(
    ["acknowledged"],
    ["notice.assess"],
    [
      ["notice.withdraw", "withdrawn"],
      ["notice.close proceeding-outside", "closed"],
      ["notice.update", "assessed"],
      ["notice.update material_change", "acknowledged"],
      ["notice.correct", "assessed"],
      ["notice.correct material_change", "acknowledged"],
      ["notice.to_request", "assessed"],
    ],
  ),
  ...pairs(
    ["assessed", "close-proposed"],
    ["notice.assess", "notice.propose_close"],
    [
      ["notice.withdraw", "withdrawn"],
      ["notice.close", "closed"],
      ["notice.close proceeding-outside", "closed"],
      ["notice.update", "assessed"],
      ["notice.update material_change", "acknowledged"],
      ["notice.correct", "assessed"],
      ["notice.correct material_change", "acknowledged"],
      ["notice.to_request", "assessed"],
    ],
  ),
];

function pairs(
  statuses: readonly NoticeStatus[],
  respondents: readonly string[],
  results: readonly (readonly [initiator: string, result: NoticeStatus])[],
): readonly Crossing[] {
  return statuses.flatMap((from) =>
    respondents.flatMap((respondent) =>
      results.map(([initiator, result]) => ({ from, initiator, respondent, result })),
    ),
  );
}

export function openNotice(act: Act): NoticeState {
  const stage = codeIn(NOTICE_STAGES, act.body, "stage");
  const tAck: Timer = { id: "t_ack", name: "t_ack", owing: "respondent", trigger: act.ref };
  const reminders = STAGE_REMINDERS.map(({ stage: due, afterSeconds }): Timer => {
    return {
      id: `remind_${due}`,
      name: { fixedSeconds: afterSeconds },
      owing: "initiator",
      trigger: act.ref,
    };
  });
  return {
    ...standing("delivered"),
    timers: stopReminders([tAck, ...reminders], stage, act.ref),
    pauses: [],
    marks: {},
    openedId: act.id,
    stage,
    texts: [{ id: act.id, ref: act.ref }],
    assessments: [],
    requests: [],
    closeProposals: 0,
  };
}

export function decideNotice(state: NoticeState, act: Act): Outcome {
  if (act.type === "ack") return ACCEPTED;
  const rule = Object.hasOwn(NOTICE_MESSAGES, act.type) ? NOTICE_MESSAGES[act.type] : undefined;
  if (rule === undefined) return voidNotice("E-UNEXPECTED", "unknown-type");
  if (act.type === "notice.open") return voidNotice("E-STATE", "already-open");
  if (rule.sender !== act.side) return voidNotice("E-UNEXPECTED", "wrong-side");
  if (state.ended !== undefined) {
    // Only I ends a notice, so I always knows; R may have written before.
    const knew = act.side === "initiator" || act.sees(state.ended.ref);
    return knew ? voidNotice("E-STATE", "ended") : crossed(state.ended.ref);
  }
  return act.side === "initiator" ? decideInitiator(state, act) : decideRespondent(state, act);
}

/** What I may do depends on what I had seen, so that both orders of a crossing judge alike. */
function decideInitiator(state: NoticeState, act: Act): Outcome {
  switch (act.type) {
    case "notice.update":
      if (!knows(act, state.marks.acknowledged)) return voidNotice("E-STATE", "not-acknowledged");
      return rank(codeIn(NOTICE_STAGES, act.body, "stage")) < rank(state.stage)
        ? voidNotice("E-STATE", "stage-goes-back")
        : ACCEPTED;
    case "notice.correct": {
      const corrects = stringIn(act.body, "corrects");
      const known = state.texts.some((text) => text.id === corrects);
      return known ? ACCEPTED : voidNotice("E-STATE", "unknown-message");
    }
    case "notice.to_request":
      return knows(act, state.marks.acknowledged) ? ACCEPTED : voidNotice("E-STATE", "not-acknowledged");
    case "notice.close":
      // Leaving the channel needs nobody's answer (SPEC 8-1.4.6).
      if (act.body["code"] === "proceeding-outside") return ACCEPTED;
      return knows(act, state.assessedBy) ? ACCEPTED : voidNotice("E-STATE", "not-assessed");
    default:
      return ACCEPTED; // notice.withdraw fits every open state
  }
}

function decideRespondent(state: NoticeState, act: Act): Outcome {
  if (state.status === "delivered") return voidNotice("E-STATE", "not-acknowledged");
  if (act.type === "notice.assess") return ACCEPTED;
  if (state.lastKept !== undefined && !act.sees(state.lastKept)) return crossed(state.lastKept);
  return state.status === "acknowledged" ? voidNotice("E-STATE", "not-assessed") : ACCEPTED;
}

export function evolveNotice(state: NoticeState, act: Act): NoticeState {
  switch (act.type) {
    case "ack":
      return acknowledge(state, act);
    case "notice.update":
      return keep(addText({ ...state, ...newStage(state, act) }, act), act);
    case "notice.correct":
      return keep(addText(state, act), act);
    case "notice.to_request":
      return keep(
        {
          ...state,
          requests: [...state.requests, { ref: act.ref, requestCase: stringIn(act.body, "request_case") }],
        },
        act,
      );
    case "notice.assess":
      return assess(state, act);
    case "notice.propose_close":
      return proposeClose(state, act);
    case "notice.withdraw":
      return end(state, act, { withdrawn: codeIn(WITHDRAW_REASONS, act.body, "reason") });
    case "notice.close":
      return end(state, act, { closed: codeIn(CLOSE_CODES, act.body, "code") });
    default:
      return state;
  }
}

/** R's first acknowledgement of the opening; any other is a receipt by a person and moves nothing. */
function acknowledge(state: NoticeState, act: Act): NoticeState {
  const first = state.marks.acknowledged === undefined;
  if (act.side !== "respondent" || !first || act.body["of"] !== state.openedId) return state;
  const acknowledged = { ...state, marks: { ...state.marks, acknowledged: act.ref } };
  if (state.status !== "delivered") return acknowledged;
  return {
    ...acknowledged,
    ...standing("acknowledged"),
    timers: [...stopTimer(state.timers, "t_ack", act.ref), triage(state, act.ref)],
  };
}

function assess(state: NoticeState, act: Act): NoticeState {
  const answered = {
    ...state,
    assessments: [...state.assessments, { ref: act.ref, code: codeIn(ASSESS_CODES, act.body, "code") }],
    marks: { ...state.marks, answered: state.marks.answered ?? act.ref },
  };
  // An answer to the text before a material change counts as an answer, but the new text still waits for one.
  if (state.lastMaterial !== undefined && !act.sees(state.lastMaterial)) return answered;
  const stopped = state.timers.map((timer) => {
    return timer.id.startsWith("t_triage") && isRunning(timer) ? { ...timer, stoppedBy: act.ref } : timer;
  });
  return {
    ...answered,
    ...standing("assessed"),
    assessedBy: state.assessedBy ?? act.ref,
    timers: cancelMatching(stopped, "t_close", act.ref),
  };
}

function proposeClose(state: NoticeState, act: Act): NoticeState {
  const timer: Timer = {
    id: numbered("t_close", state.closeProposals + 1),
    name: { fixedSeconds: CLOSE_SILENCE_SECONDS },
    owing: "initiator",
    trigger: act.ref,
    onExpiry: { status: "closed", graceSeconds: 0 },
  };
  return {
    ...state,
    ...standing("close-proposed"),
    closeProposals: state.closeProposals + 1,
    timers: [...cancelMatching(state.timers, "t_close", act.ref), timer],
  };
}

/** I goes on with the case: a proposal to close falls, and a material change asks for a new assessment. */
function keep(state: NoticeState, act: Act): NoticeState {
  const timers = cancelMatching(state.timers, "t_close", act.ref);
  const status = state.status === "close-proposed" ? "assessed" : state.status;
  const kept = { ...state, ...standing(status), timers, lastKept: act.ref };
  if (!flagIn(act.body, "material_change")) return kept;
  if (status === "delivered") return { ...kept, lastMaterial: act.ref };
  const { assessedBy: _answersTheOlderText, ...unassessed } = kept;
  return {
    ...unassessed,
    ...standing("acknowledged"),
    lastMaterial: act.ref,
    timers: [...cancelMatching(timers, "t_triage", act.ref), triage(state, act.ref)],
  };
}

function end(state: NoticeState, act: Act, how: NonNullable<NoticeState["ended"]>["how"]): NoticeState {
  const answered = state.timers.map((timer) => {
    return timer.id.startsWith("t_close") && isRunning(timer) ? { ...timer, stoppedBy: act.ref } : timer;
  });
  return {
    ...state,
    ...standing("closed" in how ? "closed" : "withdrawn"),
    timers: cancelTimers(answered, act.ref),
    ended: { ref: act.ref, how },
  };
}

function addText(state: NoticeState, act: Act): NoticeState {
  const { corrects } = act.body;
  const text = { id: act.id, ref: act.ref, ...(typeof corrects === "string" ? { corrects } : {}) };
  return { ...state, texts: [...state.texts, text] };
}

function newStage(state: NoticeState, act: Act): Pick<NoticeState, "stage" | "timers"> {
  const stage = codeIn(NOTICE_STAGES, act.body, "stage");
  return { stage, timers: stopReminders(state.timers, stage, act.ref) };
}

/** A stage that is reached needs no reminder, nor does any before it. */
function stopReminders(timers: readonly Timer[], reached: NoticeStage, by: EntryRef): readonly Timer[] {
  const due = STAGE_REMINDERS.filter(({ stage }) => rank(stage) <= rank(reached));
  return due.reduce((left, { stage }) => stopTimer(left, `remind_${stage}`, by), timers);
}

function triage(state: NoticeState, trigger: EntryRef): Timer {
  const earlier = state.timers.filter((timer) => timer.id.startsWith("t_triage")).length;
  return { id: numbered("t_triage", earlier + 1), name: "t_triage", owing: "respondent", trigger };
}

function cancelMatching(timers: readonly Timer[], prefix: string, by: EntryRef): readonly Timer[] {
  return timers.map((timer) => {
    return timer.id.startsWith(prefix) && isRunning(timer) ? { ...timer, cancelledBy: by } : timer;
  });
}

function numbered(name: string, n: number): string {
  return n === 1 ? name : `${name}:${n}`;
}

function standing(status: NoticeStatus): Pick<NoticeState, "status" | "open" | "next"> {
  switch (status) {
    case "delivered":
    case "acknowledged":
      return { status, open: true, next: "respondent" };
    case "assessed":
    case "close-proposed":
      return { status, open: true, next: "initiator" };
    case "closed":
    case "withdrawn":
      return { status, open: false, next: "none" };
  }
}

function knows(act: Act, ref: EntryRef | undefined): boolean {
  return ref !== undefined && act.sees(ref);
}

function rank(stage: NoticeStage): number {
  return NOTICE_STAGES.indexOf(stage);
}

function voidNotice(code: "E-STATE" | "E-UNEXPECTED", reason: NoticeReason): Outcome {
  return voided(code, reason);
}
