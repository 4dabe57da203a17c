/** Code lists of the communication check (SPEC 8-4.2). Lists are data; nothing here has behaviour. */

/**
 * K1 daily human echo; K2 monthly, unannounced, in the other language; K3 quarterly fallback drill; K4 half-yearly
 * confirmation of the directory; K5 yearly exercise; K6 after a key change. K0 is the heartbeat entry.
 */
export const CHECK_KINDS = ["K1", "K2", "K3", "K4", "K5", "K6"] as const;

/** The way the ping took; a code, because a check carries no content. */
export const CHECK_PATHS = ["https", "file", "mail", "voice", "radio"] as const;

/** Why a check failed. The first two are told by the clock, the others by a wrong echo. */
export const FAIL_REASONS = ["no-receipt", "no-ack", "wrong-role", "wrong-language", "bad-hash"] as const;

export const CHECK_STATUSES = [
  "sent",
  "passed",
  "failed",
  "reported",
  "report-agreed",
  "report-differs",
] as const;

/** Reasons given with a void act, each with one row in the test table. */
export const CHECK_REASONS = [
  "unknown-type",
  "wrong-side",
  "already-open",
  "ended",
  "not-a-ping",
  "not-a-report",
] as const;

export type CheckKind = (typeof CHECK_KINDS)[number];
export type CheckStatus = (typeof CHECK_STATUSES)[number];
export type FailReason = (typeof FAIL_REASONS)[number];
export type CheckReason = (typeof CHECK_REASONS)[number];
