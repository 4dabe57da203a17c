/** Code lists of the dispute protocol (SPEC 8-3.3). Lists are data; nothing here has behaviour. */

export const DISPUTE_GROUNDS = [
  "facts",
  "verdict",
  "scope",
  "timeliness",
  "authenticity",
  "translation",
  "misuse-of-material",
  "leak",
  "precedence-abuse",
  "red-line-reading",
] as const;

/** What in the target case is disputed: one point per dispute. */
export const POINT_KINDS = ["ask", "item", "verdict", "decision", "outcome", "fact"] as const;

/** Watch to watch, heads of the working group, principals. */
export const ESCALATION_LEVELS = ["L2", "L3"] as const;

export const SETTLE_ACTIONS = ["propose", "accept"] as const;
export const SETTLE_CODES = [
  "point-corrected",
  "point-stands",
  "point-withdrawn",
  "partly-corrected",
  "clarified",
  "new-evidence-awaited",
  "joint-analysis",
  "overtaken",
  "other",
] as const;

export const READER_ACTIONS = ["propose", "accept", "decline"] as const;

export const DISPUTE_STATUSES = [
  "raised",
  "answered",
  "conciliation-l2",
  "conciliation-l3",
  "settled",
  "recorded-disagreement",
] as const;

/** Reasons given with a void act, each with one row in the test table. */
export const DISPUTE_REASONS = [
  "unknown-type",
  "wrong-side",
  "already-raised",
  "ended",
  "already-answered",
  "already-recorded",
  "not-next-level",
  "unknown-proposal",
  "own-proposal",
  "replaced-proposal",
  "already-decided",
] as const;

export type DisputeGround = (typeof DISPUTE_GROUNDS)[number];
export type PointKind = (typeof POINT_KINDS)[number];
export type SettleCode = (typeof SETTLE_CODES)[number];
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];
export type DisputeReason = (typeof DISPUTE_REASONS)[number];
