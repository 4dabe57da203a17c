/**
 * The terms of an agreement that casework needs (SPEC 9.4): clocks, term, heartbeat, budgets.
 *
 * They are data of the genesis, equal for both sides and immutable for the channel; nothing here is a setting
 * of a node. The limits that no agreement can move stand beside them.
 */
import type { Json } from "../codec/json.ts";
import { SECONDS_PER_DAY, type Instant } from "../codec/time.ts";
import type { Precedence } from "../protocols/envelope.ts";
import type { PartyId, TimerName } from "../protocols/protocol.ts";

/** Seconds by timer and precedence. */
export type Clocks = Readonly<Record<TimerName, Readonly<Record<Precedence, number>>>>;

export interface AgreementTerms {
  readonly parties: readonly PartyId[];
  readonly clocks: Clocks;
  readonly term: { readonly from: Instant; readonly until: Instant };
  readonly heartbeatSeconds: number;
  readonly flashBudgetPerMonth: number;
  /** BCP 47. */
  readonly languages: readonly string[];
  /** The sufficiency profile; opaque here, handed to `evaluate`. */
  readonly profile: Json;
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = SECONDS_PER_DAY;

function perPrecedence(flash: number, immediate: number, priority: number, routine: number) {
  return { flash, immediate, priority, routine };
}

/** SPEC 9.4.1: proposals for a first agreement. */
export const DEFAULT_CLOCKS: Clocks = {
  t_receipt: perPrecedence(MINUTE, MINUTE, 5 * MINUTE, 15 * MINUTE),
  t_ack: perPrecedence(15 * MINUTE, 60 * MINUTE, 8 * HOUR, 24 * HOUR),
  t_preserve: perPrecedence(4 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR),
  t_triage: perPrecedence(8 * HOUR, 24 * HOUR, 72 * HOUR, 7 * DAY),
  t_decide: perPrecedence(8 * HOUR, 24 * HOUR, 72 * HOUR, 10 * DAY),
  t_progress: perPrecedence(6 * HOUR, 24 * HOUR, 72 * HOUR, 7 * DAY),
  t_final: perPrecedence(72 * HOUR, 7 * DAY, 30 * DAY, 45 * DAY),
  t_clarify: perPrecedence(2 * HOUR, 12 * HOUR, 48 * HOUR, 7 * DAY),
};

export const DEFAULT_HEARTBEAT_SECONDS = DAY;
export const DEFAULT_FLASH_BUDGET_PER_MONTH = 5;

/** SPEC 9.4.5: what clarification may stop in one case, all its rounds together. */
export const PAUSE_LIMIT_SECONDS = 10 * DAY;
/** SPEC 9.4.5: timers that a clarification stops. */
export const PAUSABLE_TIMERS: ReadonlySet<string> = new Set([
  "t_triage",
  "t_decide",
  "t_progress",
  "t_final",
]);
/** SPEC 9.4.6: timers that run on through a suspension: machines receipt and officers acknowledge all the same. */
export const UNSUSPENDED_TIMERS: ReadonlySet<string> = new Set(["t_receipt", "t_ack"]);
/** SPEC 9.8.2: silence of this many heartbeat periods is an alarm. */
export const SILENT_PERIODS = 2;
/** SPEC 9.3.9: protocols whose cases cannot be opened after the term. */
export const TERM_BOUND_PROTOCOLS: ReadonlySet<string> = new Set(["request"]);
/** SPEC 9.8.1: the term is shown as expiring from here on. */
export const TERM_WARNING_SECONDS = 14 * DAY;
