/**
 * Code lists of the request protocol (SPEC 8-2.2). Lists are data; nothing here has behaviour.
 * Codes of the printed form (`A05`, `D11`) are stable for ever; words for them are in the phrasebook.
 */

/**
 * A01 preserve · A02 confirm or deny knowledge · A03 identify operator · A04 notify operator · A05 block or
 * filter · A06 take down or sinkhole · A07 rate-limit · A08 disable account or service · A09 provide key or
 * tool · A10 investigate host · A11 identify subscriber · A12 search, question or detain · A13 provide
 * sample or log · A14 watch and report · A15 consult · A16 cease · A17 confirm not ours · A18 status only ·
 * A19 other.
 */
export const ASK_CODES = [
  "A01",
  "A02",
  "A03",
  "A04",
  "A05",
  "A06",
  "A07",
  "A08",
  "A09",
  "A10",
  "A11",
  "A12",
  "A13",
  "A14",
  "A15",
  "A16",
  "A17",
  "A18",
  "A19",
] as const;
/** Asks about a person: a legal reference is required. */
export const LEGAL_ASK_CODES = ["A11", "A12"] as const;

export const PLAIN_LEGAL_BASES = [
  "none-voluntary",
  "norm-13h",
  "norm-13c",
  "budapest-29",
  "budapest-35",
  "uncc-41",
] as const;
/** Bases that mean nothing without the reference they rest on. */
export const REFERENCED_LEGAL_BASES = ["mla", "bilateral"] as const;

export { OUTLOOKS, SECTORS } from "../harm.ts";

/** The items that a verdict can cite: those of the sufficiency profile (SPEC 10.3). */
export const ITEM_CODES = Array.from({ length: 30 }, (_, i) => `E${String(i + 1).padStart(2, "0")}`);

export const VERDICTS = [
  "sufficient",
  "sufficient-for-lesser",
  "insufficient",
  "unusable",
  "not-assessable",
] as const;
export const NOT_ASSESSABLE_REASONS = [
  "language",
  "format",
  "tool-missing",
  "legal-bar",
  "capacity",
] as const;

export const DECISIONS = ["accepted", "accepted-partly", "conditional", "referred", "declined"] as const;
/** The respondent took the ask on and owes an outcome. */
export const TAKEN_ON: readonly Decision[] = ["accepted", "accepted-partly", "conditional"];

/**
 * D01 outside jurisdiction · D02 legal bar · D04 essential security interest · D05 ongoing own case · D06
 * disproportionate · D07 already handled · D08 data expired or technically impossible · D09 source
 * protection · D10 outside agreed scope · D12 safety or rights of persons · D13 reciprocity or policy.
 */
export const PLAIN_DECLINE_CODES = [
  "D01",
  "D02",
  "D04",
  "D05",
  "D06",
  "D07",
  "D08",
  "D09",
  "D10",
  "D12",
  "D13",
] as const;
/**
 * D03 formal legal assistance needed (names the instrument) · D11 evidence insufficient (names the verdict)
 * · D99 other (in words).
 */
export const DECLINE_CODES = [...PLAIN_DECLINE_CODES, "D03", "D11", "D99"] as const;

export const PROGRESS_STAGES = [
  "assigned",
  "operator-contacted",
  "legal-authority-sought",
  "legal-authority-granted",
  "technical-action-running",
  "waiting-third-party",
  "result-in-review",
] as const;

/**
 * O01 preserved · O02 operator notified · O03 operator confirmed compromise · O04 cleaned · O05 blocked ·
 * O06 taken down · O07 sinkholed · O08 key or tool recovered · O09 person identified, not disclosed · O10
 * search done · O11 person detained or charged · O12 case opened · O13 no trace · O14 host is victim or
 * relay · O15 transit only · O16 false positive · O17 activity stopped, cause unknown · O18 authorised
 * activity · O19 not completed.
 */
export const OUTCOME_CODES = [
  "O01",
  "O02",
  "O03",
  "O04",
  "O05",
  "O06",
  "O07",
  "O08",
  "O09",
  "O10",
  "O11",
  "O12",
  "O13",
  "O14",
  "O15",
  "O16",
  "O17",
  "O18",
  "O19",
] as const;
export const PLAIN_OUTCOME_CODES = [
  "O01",
  "O02",
  "O03",
  "O04",
  "O06",
  "O08",
  "O09",
  "O10",
  "O13",
  "O14",
  "O17",
  "O18",
] as const;
/** Outcomes that say something was done; the others say what was found, or that nothing was done. */
export const ACTION_OUTCOMES: readonly OutcomeCode[] = [
  "O01",
  "O02",
  "O04",
  "O05",
  "O06",
  "O07",
  "O08",
  "O09",
  "O10",
  "O11",
  "O12",
];
/** Actions with a life (O05, O07). */
export const ACTION_STATES = ["pending-activation", "active", "pending-removal", "removed"] as const;
export const FALSE_POSITIVE_KINDS = [
  "benign-service",
  "spoofed-source",
  "wrong-time",
  "wrong-address",
  "other",
] as const;
export const NOT_COMPLETED_CODES = [
  "N-LEGAL",
  "N-THIRD-PARTY",
  "N-TECH",
  "N-VOLUME",
  "N-SAFETY",
  "N-OTHER",
] as const;

/** V1 ceased · V2 reduced · V3 unchanged · V4 moved · V5 recurred · V6 cannot assess. */
export const VERIFICATION_CODES = ["V1", "V2", "V3", "V4", "V5", "V6"] as const;
export const EFFECTIVE: readonly VerificationCode[] = ["V1", "V2"];
export const NOT_EFFECTIVE: readonly VerificationCode[] = ["V3", "V4", "V5"];

/**
 * C01 resolved, agreed · C02 resolved, initiator only · C03 false positive · C04 no action (declined) · C05
 * lapsed unanswered · C06 withdrawn · C07 transferred · C08 disputed on record · C09 duplicate · C10
 * answered, information only · C11 proceeding outside the channel.
 */
export const DISPOSITIONS = [
  "C01",
  "C02",
  "C03",
  "C04",
  "C05",
  "C06",
  "C07",
  "C08",
  "C09",
  "C10",
  "C11",
] as const;
/** C06 and C07 come from their own messages; C09 names the other case. */
export const PLAIN_CLOSE_CODES = ["C01", "C02", "C03", "C04", "C05", "C08", "C10", "C11"] as const;
export const PROPOSABLE_CODES = ["C01", "C03", "C04", "C08", "C10"] as const;
export const KEEP_OPEN_REASONS = [
  "effect-not-observed",
  "outcome-awaited",
  "other-disposition",
  "other",
] as const;

export const PRESERVE_STATES = ["confirmed", "extended", "released", "cannot"] as const;
export const CANNOT_PRESERVE_CODES = [
  "data-expired",
  "not-held",
  "legal-bar",
  "technically-impossible",
] as const;

export const QUESTION_CODES = [
  "Q-TIME",
  "Q-PORT",
  "Q-RAW",
  "Q-RELAY",
  "Q-LEGAL",
  "Q-HARM",
  "Q-SCOPE",
  "Q-LANG",
  "Q-CUSTODY",
  "Q-LINK",
] as const;
/** Q-OTHER is the one question that needs words. */
export const OTHER_QUESTION = "Q-OTHER";
export const ANSWER_REFUSALS = ["source-protection", "privacy", "legal", "not-needed-in-our-view"] as const;

export const WITHDRAW_REASONS = [
  "resolved-itself",
  "mistaken",
  "duplicate",
  "sent-in-error",
  "other-channel",
  "other",
] as const;
export const TRANSFER_TARGETS = ["mla", "interpol", "national-cert", "other"] as const;

export const REQUEST_STATUSES = [
  "delivered",
  "triage",
  "clarification",
  "determined",
  "decided",
  "in_action",
  "reported",
  "verified",
  "not_verified",
  "unverified",
  "closed",
  "withdrawn",
  "transferred",
] as const;
/** Statuses that only the clock gives (SPEC 8-2.5): derived when shown, never in a state. */
export const DERIVED_STATUSES = ["lapsed", "unverified", "closed"] as const;

/** Reasons given with a void act, each with one row in the test table. */
export const REQUEST_REASONS = [
  "already-decided",
  "already-open",
  "case-ended",
  "disposition-not-possible",
  "has-verdict",
  "limit-reached",
  "no-open-round",
  "no-outcome",
  "no-proposal",
  "no-verdict",
  "not-acknowledged",
  "not-in-action",
  "not-taken-on",
  "nothing-to-supplement",
  "preserve-not-possible",
  "proposal-open",
  "question-unanswered",
  "round-open",
  "unknown-ask",
  "unknown-question",
  "unknown-type",
  "verdict-mismatch",
  "wrong-side",
  "wrong-status",
] as const;

export type AskCode = (typeof ASK_CODES)[number];
export type Verdict = (typeof VERDICTS)[number];
export type Decision = (typeof DECISIONS)[number];
export type DeclineCode = (typeof DECLINE_CODES)[number];
export type OutcomeCode = (typeof OUTCOME_CODES)[number];
export type VerificationCode = (typeof VERIFICATION_CODES)[number];
export type Disposition = (typeof DISPOSITIONS)[number];
export type RequestStatus = (typeof REQUEST_STATUSES)[number];
export type RequestReason = (typeof REQUEST_REASONS)[number];
