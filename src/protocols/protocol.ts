/**
 * What a protocol is (SPEC 9.1): message schemas, who may send them, and a pure state machine.
 *
 * A protocol never sees a clock, a ledger or another protocol's fields. It is symbolic: it names which entry
 * starts a timer and which stops it; `casework` turns entries into instants by the first receipts and the
 * agreement. It is total: every act is accepted, void with a code, or crossed.
 */
import type { TSchema } from "typebox";
import type { Json, JsonObject } from "../codec/json.ts";
import type { Layer, Nature, Precedence, Role } from "./envelope.ts";

export type PartyId = string;
/** Within a case: who opened it, and the other. */
export type Side = "initiator" | "respondent";

export interface EntryRef {
  readonly feed: PartyId;
  readonly seq: number;
}

/** Why an entry is folded as `void` (SPEC 9.3). Answered by `sys.error`. */
export type VoidCode = "E-UNEXPECTED" | "E-STATE" | "E-SCHEMA" | "E-SIG" | "E-GAP" | "E-CLOCK" | "E-SCOPE";

/** Timers of the agreement (SPEC 9.4); durations per precedence are data of the genesis. */
export const TIMER_NAMES = [
  "t_receipt",
  "t_ack",
  "t_preserve",
  "t_triage",
  "t_decide",
  "t_progress",
  "t_final",
  "t_clarify",
] as const;
export type TimerName = (typeof TIMER_NAMES)[number];

export interface Timer {
  /** Unique in its case, stable over folds: `t_ack`, `t_clarify:2`. */
  readonly id: string;
  /** A timer of the agreement, or a fixed duration of the protocol in seconds. */
  readonly name: TimerName | { readonly fixedSeconds: number };
  readonly owing: Side;
  /** Starts at the owing side's first receipt of this entry. */
  readonly trigger: EntryRef;
  /** The entry that answered it; "in time" is judged by that entry's own first receipt. */
  readonly stoppedBy?: EntryRef;
  /** Ended without an answer because its reason went away (withdrawn, closed). */
  readonly cancelledBy?: EntryRef;
  /** What the clock does by itself: after expiry and this grace the case shows `status` (derived, never written). */
  readonly onExpiry?: { readonly status: string; readonly graceSeconds: number };
}

/** One pause of the clocks, from an entry until an entry (clarification). */
export interface Pause {
  readonly from: EntryRef;
  readonly until?: EntryRef;
}

/**
 * A part of the channel that a case has stopped (agreement alone; SPEC 9.3). It binds a message whose author knew
 * `from` and did not know `until`. Only a protocol without scoped messages may set it.
 */
export interface Suspension {
  /** Scope codes as in `MessageRule.scope`, further codes allowed. */
  readonly scopes: readonly string[];
  readonly from: EntryRef;
  readonly until?: EntryRef;
  /** Termination: every scope, comms checks and life-safety flash included. */
  readonly total?: true;
  /** Notice: binds what is first held later than this many seconds after `from` was. */
  readonly noticeSeconds?: number;
}

/** What every protocol's state has, so that boards need no special case. */
export interface CaseState {
  readonly status: string;
  /** False once nothing more is expected from either side. */
  readonly open: boolean;
  /** Whose move when no timer runs. */
  readonly next: Side | "either" | "none";
  readonly timers: readonly Timer[];
  readonly pauses: readonly Pause[];
  /** Milestones for the reciprocity counts (SPEC 9.7): each is the entry that reached it. */
  readonly marks: Readonly<Partial<Record<Mark, EntryRef>>>;
  /** What this case has stopped in the channel; absent = nothing. */
  readonly suspensions?: readonly Suspension[];
}

export const MARKS = ["acknowledged", "answered", "acted", "effective", "not_effective"] as const;
export type Mark = (typeof MARKS)[number];

/** Results other protocols computed for this act, passed by `casework` (the only meeting point). */
export interface ActFacts {
  /** `evidence.evaluate` of the pack that the act carries. */
  readonly evaluation?: Json;
}

/** One opened, schema-valid message as a protocol sees it. */
export interface Act<B = JsonObject> {
  readonly ref: EntryRef;
  readonly from: PartyId;
  readonly side: Side;
  readonly type: string;
  readonly id: string;
  readonly nature: Nature;
  readonly precedence: Precedence;
  readonly layer: Layer;
  readonly role: Role;
  readonly body: B;
  readonly refs: readonly { readonly kind: string; readonly id: string }[];
  readonly facts: ActFacts;
  /** True when the author had this entry of the other side before writing (causal order). */
  readonly sees: (ref: EntryRef) => boolean;
}

export type Outcome =
  | { readonly kind: "accepted" }
  /** Refused by the state machine: recorded, without effect, answered by `sys.error`. */
  | { readonly kind: "void"; readonly code: VoidCode; readonly reason: string }
  /** Written before its author could know of `with`: recorded, without effect, nobody's error. */
  | { readonly kind: "crossed"; readonly with: EntryRef };

export const ACCEPTED: Outcome = Object.freeze({ kind: "accepted" });
export function voided(code: VoidCode, reason: string): Outcome {
  return { kind: "void", code, reason };
}
export function crossed(ref: EntryRef): Outcome {
  return { kind: "crossed", with: ref };
}

export interface MessageRule {
  /** The whole message, envelope included. */
  readonly schema: TSchema;
  /** What a schema cannot say of the body alone: the pointer of a member at fault (SPEC 9.3.8). */
  readonly check?: (body: JsonObject) => string | undefined;
  readonly sender: Side | "either";
  /** Roles that may send it. */
  readonly roles: readonly Role[];
  /** How many distinct persons approve before it may leave, and in which roles (the gate applies it). */
  readonly release: { readonly persons: 1 | 2; readonly roles: readonly Role[] };
  /** The scope code that a suspension must cover to stop it; absent = never suspended. */
  readonly scope?: "technical" | "formal" | "principal" | "comms_check";
  /** What an accepted message of this type takes back of what its author disclosed (SPEC 9.5.9). */
  readonly retracts?: Retracts;
}

/** `of` names the member of the body that names the message; without it, all that the author said in the case. */
export interface Retracts {
  readonly effect: "corrected" | "withdrawn";
  readonly of?: string;
}

/**
 * A protocol. `open` makes the state of a new case from its first act; `decide` judges an act in a state;
 * `evolve` applies an accepted act. All three are pure and total. They are declared as methods so that a
 * `Protocol<RequestState>` is a `Protocol`: the engine gives each protocol back only states it made itself.
 */
export interface Protocol<S extends CaseState = CaseState> {
  readonly name: string;
  /** Message types that open a case. */
  readonly opens: readonly string[];
  readonly messages: Readonly<Record<string, MessageRule>>;
  open(act: Act): S;
  decide(state: S, act: Act): Outcome;
  evolve(state: S, act: Act): S;
}

/** Stops a running timer by id; a timer already stopped keeps its first answer. */
export function stopTimer(timers: readonly Timer[], id: string, by: EntryRef): readonly Timer[] {
  return timers.map((timer) => (timer.id === id && isRunning(timer) ? { ...timer, stoppedBy: by } : timer));
}

/** Ends every running timer because its reason went away. */
export function cancelTimers(timers: readonly Timer[], by: EntryRef): readonly Timer[] {
  return timers.map((timer) => (isRunning(timer) ? { ...timer, cancelledBy: by } : timer));
}

export function isRunning(timer: Timer): boolean {
  return timer.stoppedBy === undefined && timer.cancelledBy === undefined;
}

export function otherSide(side: Side): Side {
  return side === "initiator" ? "respondent" : "initiator";
}
