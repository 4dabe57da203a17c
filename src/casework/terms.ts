/**
 * The terms of an agreement that casework needs (SPEC 9.4): clocks, term, heartbeat, budgets.
 *
 * They are data of the genesis, equal for both sides and immutable for the channel; nothing here is a setting
 * of a node. The limits that no agreement can move stand beside them.
 */
import type { Json } from "../codec/json.ts";
import { SECONDS_PER_DAY } from "../codec/time.ts";
import { defaultClocks, type Clocks, type Term } from "../protocols/agreement/terms.ts";
import type { PartyId } from "../protocols/protocol.ts";

export interface AgreementTerms {
  readonly parties: readonly PartyId[];
  readonly clocks: Clocks;
  readonly term: Term;
  readonly heartbeatSeconds: number;
  readonly flashBudgetPerMonth: number;
  /** BCP 47. */
  readonly languages: readonly string[];
  /** The sufficiency profile; opaque here, handed to `evaluate`. */
  readonly profile: Json;
}

const DAY = SECONDS_PER_DAY;

/** SPEC 9.4.1: proposals for a first agreement, those of SPEC 8-5.9.3. */
export const DEFAULT_CLOCKS: Clocks = defaultClocks();

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
