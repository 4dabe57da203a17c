/**
 * The dispute state machine (SPEC 8-3.4): one point, two statements, three levels, and an end that is either
 * a settlement or a recorded disagreement. Pure and total.
 *
 * Guarantees that no statement is ever dropped, that neither side's statement can keep the other's out, and
 * that an agreement beats a disagreement written at the same time (SPEC 8-3.6).
 * It deliberately decides nothing about the point: there is no merged text and no verdict.
 */
import { codeIn, objectIn, stringIn } from "../body.ts";
import type { Crossing } from "../crossing.ts";
import {
  ACCEPTED,
  cancelTimers,
  crossed,
  isRunning,
  otherSide,
  stopTimer,
  voided,
  type Act,
  type CaseState,
  type EntryRef,
  type Outcome,
  type Side,
  type Timer,
} from "../protocol.ts";
import {
  DISPUTE_GROUNDS,
  ESCALATION_LEVELS,
  POINT_KINDS,
  READER_ACTIONS,
  SETTLE_CODES,
  type DisputeGround,
  type DisputeReason,
  type DisputeStatus,
  type PointKind,
  type SettleCode,
} from "./codes.ts";
import { DISPUTE_MESSAGES } from "./messages.ts";

/** SPEC 8-3.5: how long each level has, in seconds. */
export const LEVEL_SECONDS = { 1: 24 * 3_600, 2: 72 * 3_600, 3: 7 * 86_400 } as const;
export type Level = keyof typeof LEVEL_SECONDS;

export interface StatementRef {
  readonly kind: "raise" | "answer" | "final";
  readonly side: Side;
  readonly ref: EntryRef;
}

export interface Proposal {
  readonly id: string;
  readonly ref: EntryRef;
  readonly side: Side;
  readonly code: SettleCode;
  /** The same side's later proposal; whoever has not seen it may still accept this one. */
  readonly replacedBy?: EntryRef;
}

export interface Reader {
  readonly id: string;
  readonly ref: EntryRef;
  readonly side: Side;
  readonly answer?: { readonly action: "accept" | "decline"; readonly ref: EntryRef };
}

export interface Acceptance {
  readonly ref: EntryRef;
  readonly side: Side;
  readonly proposal: string;
  readonly code: SettleCode;
}

export interface DisputeState extends CaseState {
  readonly status: DisputeStatus;
  /** The disputed case, which shows the dispute as an overlay. */
  readonly target: string;
  readonly ground: DisputeGround;
  readonly point: { readonly kind: PointKind; readonly ref: string };
  readonly level: Level;
  readonly statements: readonly StatementRef[];
  readonly proposals: readonly Proposal[];
  readonly readers: readonly Reader[];
  readonly lastEscalation?: { readonly ref: EntryRef; readonly side: Side };
  /** One, or two when both sides accepted each other's proposal at the same time. */
  readonly acceptances: readonly Acceptance[];
}

const ACCEPT = "dispute.settle accept";
const UNDECIDED = [
  { from: "raised", escalate: "dispute.escalate L2", raisesTo: "conciliation-l2" },
  { from: "answered", escalate: "dispute.escalate L2", raisesTo: "conciliation-l2" },
  { from: "conciliation-l2", escalate: "dispute.escalate L3", raisesTo: "conciliation-l3" },
  { from: "conciliation-l3" },
] as const satisfies readonly { from: DisputeStatus; escalate?: string; raisesTo?: DisputeStatus }[];

/** SPEC 8-3.6: an acceptance prevails over whatever crosses it, at every level. */
export const DISPUTE_CROSSINGS: readonly Crossing[] = [
  crossing("raised", "dispute.escalate L2", "dispute.answer", "conciliation-l2"),
  crossing("raised", "dispute.record", "dispute.answer", "answered"),
  crossing("raised", ACCEPT, "dispute.answer", "settled"),
  ...UNDECIDED.flatMap((level) => {
    const { from } = level;
    const escalates = "escalate" in level ? [level.escalate] : [];
    const weaker = [
      "dispute.settle propose",
      "dispute.neutral_reader propose",
      "dispute.neutral_reader accept",
      "dispute.neutral_reader decline",
      "dispute.record",
      ...escalates,
    ];
    return [
      crossing(from, ACCEPT, ACCEPT, "settled"),
      crossing(from, "dispute.record", "dispute.record", "recorded-disagreement"),
      ...weaker.map((other) => crossing(from, ACCEPT, other, "settled")),
      ...weaker.map((other) => crossing(from, other, ACCEPT, "settled")),
      ...("escalate" in level ? [crossing(from, level.escalate, level.escalate, level.raisesTo)] : []),
    ];
  }),
];

function crossing(
  from: DisputeStatus,
  initiator: string,
  respondent: string,
  result: DisputeStatus,
): Crossing {
  return { from, initiator, respondent, result };
}

export function openDispute(act: Act): DisputeState {
  const point = objectIn(act.body, "point");
  return {
    ...standing("raised"),
    timers: [
      { id: "t_ack", name: "t_ack", owing: "respondent", trigger: act.ref },
      { id: "t_answer", name: { fixedSeconds: LEVEL_SECONDS[1] }, owing: "respondent", trigger: act.ref },
    ],
    pauses: [],
    marks: {},
    target: stringIn(act.body, "target"),
    ground: codeIn(DISPUTE_GROUNDS, act.body, "ground"),
    point: { kind: codeIn(POINT_KINDS, point, "kind"), ref: stringIn(point, "ref") },
    level: 1,
    statements: [{ kind: "raise", side: act.side, ref: act.ref }],
    proposals: [],
    readers: [],
    acceptances: [],
  };
}

/**
 * The settlement in force. When two acceptances crossed, the initiator's proposal stands, so that no order
 * and no hash chooses between them (SPEC 8-3.6.3).
 */
export function settlementOf(state: DisputeState): Acceptance | undefined {
  return state.acceptances.find((acceptance) => acceptance.side === "respondent") ?? state.acceptances[0];
}

export function decideDispute(state: DisputeState, act: Act): Outcome {
  if (act.type === "ack") return ACCEPTED;
  const rule = Object.hasOwn(DISPUTE_MESSAGES, act.type) ? DISPUTE_MESSAGES[act.type] : undefined;
  if (rule === undefined) return voidDispute("E-UNEXPECTED", "unknown-type");
  if (act.type === "dispute.raise") return voidDispute("E-STATE", "already-raised");
  if (rule.sender !== "either" && rule.sender !== act.side) return voidDispute("E-UNEXPECTED", "wrong-side");
  if (state.open) return decideOpen(state, act);
  if (knewEnd(state, act)) return voidDispute("E-STATE", "ended");
  // Statements and agreement written before their author could know of the end still count (SPEC 8-3.6.1).
  const stillCounts = act.type === "dispute.answer" || act.type === "dispute.record" || isAcceptance(act);
  return stillCounts && decideOpen(state, act).kind === "accepted" ? ACCEPTED : crossed(endOf(state));
}

export function evolveDispute(state: DisputeState, act: Act): DisputeState {
  switch (act.type) {
    case "ack":
      return acknowledge(state, act);
    case "dispute.answer":
      return answer(touch(state, act), act);
    case "dispute.escalate":
      return escalate(state, act);
    case "dispute.neutral_reader":
      return read(touch(state, act), act);
    case "dispute.settle":
      return act.body["action"] === "propose" ? propose(touch(state, act), act) : accept(state, act);
    case "dispute.record":
      return record(touch(state, act), act);
    default:
      return state;
  }
}

/** The author had seen, or made, an acceptance or the second of both final statements. */
function knewEnd(state: DisputeState, act: Act): boolean {
  const accepted = state.acceptances.some(({ side, ref }) => side === act.side || act.sees(ref));
  const theirs = finalOf(state, otherSide(act.side));
  const recorded = finalOf(state, act.side) !== undefined && theirs !== undefined && act.sees(theirs.ref);
  return accepted || recorded;
}

/** The entry that ended a dispute which is no longer open. */
function endOf(state: DisputeState): EntryRef {
  const end = state.acceptances[0] ?? state.statements.findLast(({ kind }) => kind === "final");
  if (end === undefined) throw new TypeError("a dispute ends by an acceptance or by final statements");
  return end.ref;
}

function isAcceptance(act: Act): boolean {
  return act.type === "dispute.settle" && act.body["action"] === "accept";
}

function decideOpen(state: DisputeState, act: Act): Outcome {
  switch (act.type) {
    case "dispute.answer": {
      const answered = state.statements.some((statement) => statement.kind === "answer");
      return answered ? voidDispute("E-STATE", "already-answered") : ACCEPTED;
    }
    case "dispute.escalate":
      return decideEscalate(state, act);
    case "dispute.neutral_reader":
      return act.body["action"] === "propose" ? ACCEPTED : decideReader(state, act);
    case "dispute.settle":
      return act.body["action"] === "propose" ? ACCEPTED : decideAccept(state, act);
    default:
      return finalOf(state, act.side) === undefined ? ACCEPTED : voidDispute("E-STATE", "already-recorded");
  }
}

/** One level at a time: an author that knew the present level asks for the next one. */
function decideEscalate(state: DisputeState, act: Act): Outcome {
  const wanted = wantedLevel(act);
  const last = state.lastEscalation;
  const knew = last === undefined || last.side === act.side || act.sees(last.ref);
  if (!knew && wanted <= state.level) return crossed(last.ref);
  return knew && wanted === state.level + 1 ? ACCEPTED : voidDispute("E-STATE", "not-next-level");
}

function decideReader(state: DisputeState, act: Act): Outcome {
  const reader = state.readers.find(({ id }) => id === act.body["proposal"]);
  if (reader === undefined) return voidDispute("E-STATE", "unknown-proposal");
  if (reader.side === act.side) return voidDispute("E-STATE", "own-proposal");
  return reader.answer === undefined ? ACCEPTED : voidDispute("E-STATE", "already-decided");
}

function decideAccept(state: DisputeState, act: Act): Outcome {
  const proposal = state.proposals.find(({ id }) => id === act.body["proposal"]);
  if (proposal === undefined) return voidDispute("E-STATE", "unknown-proposal");
  if (proposal.side === act.side) return voidDispute("E-STATE", "own-proposal");
  const knewBetter = proposal.replacedBy !== undefined && act.sees(proposal.replacedBy);
  return knewBetter ? voidDispute("E-STATE", "replaced-proposal") : ACCEPTED;
}

function acknowledge(state: DisputeState, act: Act): DisputeState {
  if (act.side !== "respondent" || state.marks.acknowledged !== undefined) return state;
  return {
    ...state,
    marks: { ...state.marks, acknowledged: act.ref },
    timers: stopTimer(state.timers, "t_ack", act.ref),
  };
}

function answer(state: DisputeState, act: Act): DisputeState {
  const stopped = stopTimer(stopTimer(state.timers, "t_ack", act.ref), "t_answer", act.ref);
  const conciliation = levelTimer(1, "initiator", act.ref);
  return {
    ...state,
    ...(state.status === "raised" ? standing("answered") : {}),
    statements: [...state.statements, { kind: "answer", side: act.side, ref: act.ref }],
    marks: { ...state.marks, answered: act.ref },
    timers: state.open && state.level === 1 ? [...stopped, conciliation] : stopped,
  };
}

function escalate(state: DisputeState, act: Act): DisputeState {
  const level = wantedLevel(act);
  const ended = state.timers.map((timer) => stopLevel(timer, act.ref));
  return {
    ...state,
    ...standing(level === 2 ? "conciliation-l2" : "conciliation-l3"),
    level,
    lastEscalation: { ref: act.ref, side: act.side },
    timers: [...ended, levelTimer(level, otherSide(act.side), act.ref)],
  };
}

function read(state: DisputeState, act: Act): DisputeState {
  const action = codeIn(READER_ACTIONS, act.body, "action");
  if (action === "propose") {
    return { ...state, readers: [...state.readers, { id: act.id, ref: act.ref, side: act.side }] };
  }
  const readers = state.readers.map((reader): Reader => {
    return reader.id === act.body["proposal"] ? { ...reader, answer: { action, ref: act.ref } } : reader;
  });
  return { ...state, readers };
}

function propose(state: DisputeState, act: Act): DisputeState {
  const earlier = state.proposals.map((proposal): Proposal => {
    const replaces = proposal.side === act.side && proposal.replacedBy === undefined;
    return replaces ? { ...proposal, replacedBy: act.ref } : proposal;
  });
  const code = codeIn(SETTLE_CODES, act.body, "code");
  return { ...state, proposals: [...earlier, { id: act.id, ref: act.ref, side: act.side, code }] };
}

function accept(state: DisputeState, act: Act): DisputeState {
  const proposal = state.proposals.find(({ id }) => id === act.body["proposal"]);
  if (proposal === undefined) return state;
  const acceptance = { ref: act.ref, side: act.side, proposal: proposal.id, code: proposal.code };
  return { ...endWith(state, "settled", act.ref), acceptances: [...state.acceptances, acceptance] };
}

function record(state: DisputeState, act: Act): DisputeState {
  const statements = [...state.statements, { kind: "final" as const, side: act.side, ref: act.ref }];
  const both = finalOf(state, otherSide(act.side)) !== undefined;
  return { ...(both && state.open ? endWith(state, "recorded-disagreement", act.ref) : state), statements };
}

function endWith(state: DisputeState, status: DisputeStatus, by: EntryRef): DisputeState {
  const stopped = state.timers.map((timer) => stopLevel(timer, by));
  return { ...state, ...standing(status), timers: cancelTimers(stopped, by) };
}

/** The owing side's first move of substance answers the clock of the present level. */
function touch(state: DisputeState, act: Act): DisputeState {
  const timers = state.timers.map((timer) => (timer.owing === act.side ? stopLevel(timer, act.ref) : timer));
  return { ...state, timers };
}

function stopLevel(timer: Timer, by: EntryRef): Timer {
  return timer.id.startsWith("t_level:") && isRunning(timer) ? { ...timer, stoppedBy: by } : timer;
}

function levelTimer(level: Level, owing: Side, trigger: EntryRef): Timer {
  return { id: `t_level:${level}`, name: { fixedSeconds: LEVEL_SECONDS[level] }, owing, trigger };
}

function wantedLevel(act: Act): 2 | 3 {
  return codeIn(ESCALATION_LEVELS, act.body, "to") === "L2" ? 2 : 3;
}

function finalOf(state: DisputeState, side: Side): StatementRef | undefined {
  return state.statements.find((statement) => statement.kind === "final" && statement.side === side);
}

function standing(status: DisputeStatus): Pick<DisputeState, "status" | "open" | "next"> {
  switch (status) {
    case "raised":
      return { status, open: true, next: "respondent" };
    case "answered":
    case "conciliation-l2":
    case "conciliation-l3":
      return { status, open: true, next: "either" };
    case "settled":
    case "recorded-disagreement":
      return { status, open: false, next: "none" };
  }
}

function voidDispute(code: "E-STATE" | "E-UNEXPECTED", reason: DisputeReason): Outcome {
  return voided(code, reason);
}
