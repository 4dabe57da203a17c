/**
 * Code lists of the notice protocol (SPEC 8-1.3). Lists are data: phrases and schemas are made from them,
 * and nothing here has behaviour.
 */

/** Each stage is a promise in time: NIS2 rhythm of 24 h, 72 h and one month after awareness. */
export const NOTICE_STAGES = ["early", "full", "interim", "final"] as const;

/** RSIT first level, from the Reference Security Incident Taxonomy as carried by MISP (`rsit`). */
export const RSIT_CLASSES = [
  "abusive-content",
  "malicious-code",
  "information-gathering",
  "intrusion-attempts",
  "intrusions",
  "availability",
  "information-content-security",
  "fraud",
  "vulnerable",
  "other",
  "test",
] as const;

/** RSIT second level by first level. */
export const RSIT_SUBCLASSES = {
  "abusive-content": ["spam", "harmful-speech", "violence"],
  "malicious-code": ["infected-system", "c2-server", "malware-distribution", "malware-configuration"],
  "information-gathering": ["scanner", "sniffing", "social-engineering"],
  "intrusion-attempts": ["ids-alert", "brute-force", "exploit"],
  intrusions: [
    "privileged-account-compromise",
    "unprivileged-account-compromise",
    "application-compromise",
    "system-compromise",
    "burglary",
  ],
  availability: ["dos", "ddos", "misconfiguration", "sabotage", "outage"],
  "information-content-security": [
    "unauthorised-information-access",
    "unauthorised-information-modification",
    "data-loss",
    "data-leak",
  ],
  fraud: ["unauthorised-use-of-resources", "copyright", "masquerade", "phishing"],
  vulnerable: [
    "weak-crypto",
    "ddos-amplifier",
    "potentially-unwanted-accessible",
    "information-disclosure",
    "vulnerable-system",
  ],
  other: ["other", "undetermined"],
  test: ["test"],
} as const satisfies Readonly<Record<(typeof RSIT_CLASSES)[number], readonly string[]>>;

export const NOTICE_DIRECTIONS = [
  "from-your-territory",
  "through-your-territory",
  "against-your-asset",
  "your-national-affected",
  "common-threat",
  "our-own-failure",
] as const;

export { NIS2_SECTORS, OUTLOOKS, SECTORS as NOTICE_SECTORS } from "../harm.ts";
export const SUSPICIONS = ["yes", "no", "unknown"] as const;
export const NOTICE_WISHES = ["information-only", "please-watch", "consult", "request-follows"] as const;

export const INDICATOR_TYPES = [
  "ipv4",
  "ipv6",
  "cidr",
  "domain",
  "url",
  "sha256",
  "sha1",
  "md5",
  "email",
  "asn",
  "file_name",
  "other",
] as const;
export const INDICATOR_ROLES = [
  "source",
  "relay",
  "command-and-control",
  "payload",
  "target",
  "observed",
] as const;

/** What the sender has already done itself. */
export const NOTICE_DONE = [
  "nothing-yet",
  "preserved",
  "blocked",
  "isolated",
  "cleaned",
  "victims-told",
  "vendor-told",
  "operator-told",
  "law-enforcement-told",
  "public-told",
  "other",
] as const;

/** What the sender expressly does not ask for. */
export const NOTICE_NOT_ASKED = [
  "take-down",
  "block",
  "identify-person",
  "detain-person",
  "hand-over-data",
  "attribute",
  "public-statement",
  "other",
] as const;

export const ASSESS_CODES = [
  "known-handling",
  "known-not-handled",
  "not-known-will-look",
  "not-known-cannot-look",
  "not-ours-transit",
  "authorised-activity",
  "outside-remit",
  "no-comment",
] as const;

export const CORRECT_REASONS = [
  "wrong-time",
  "wrong-class",
  "wrong-direction",
  "wrong-sector",
  "wrong-severity",
  "wrong-indicator",
  "wrong-victims",
  "translation",
  "other",
] as const;

export const WITHDRAW_REASONS = [
  "mistaken",
  "false-positive",
  "duplicate",
  "sent-in-error",
  "other",
] as const;

export const CLOSE_CODES = [
  "resolved",
  "information-only",
  "became-request",
  "false-positive",
  "no-further-action",
  "proceeding-outside",
] as const;

export const NOTICE_STATUSES = [
  "delivered",
  "acknowledged",
  "assessed",
  "close-proposed",
  "closed",
  "withdrawn",
] as const;

/** Reasons given with a void act, each with one row in the test table. */
export const NOTICE_REASONS = [
  "unknown-type",
  "wrong-side",
  "already-open",
  "ended",
  "not-acknowledged",
  "not-assessed",
  "stage-goes-back",
  "unknown-message",
] as const;

export type NoticeStage = (typeof NOTICE_STAGES)[number];
export type NoticeStatus = (typeof NOTICE_STATUSES)[number];
export type NoticeReason = (typeof NOTICE_REASONS)[number];
export type AssessCode = (typeof ASSESS_CODES)[number];
export type CloseCode = (typeof CLOSE_CODES)[number];
export type WithdrawReason = (typeof WITHDRAW_REASONS)[number];
