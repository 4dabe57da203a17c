/**
 * Code lists of the agreement's life (SPEC 8-5.3), and the refusals of a genesis document (SPEC 8-5.8).
 * Lists are data; nothing here has behaviour.
 */
import type { CodeEntry } from "../../codec/refusal.ts";

/** What a suspension may cover. Comms checks, life safety and running consignments are not in the list. */
export const SUSPENSION_SCOPES = [
  "technical",
  "formal",
  "principal",
  "joint-analysis",
  "watch",
  "dialogue",
  "consignment",
] as const;

export const SUSPEND_REASONS = [
  "political-decision",
  "legal-order",
  "breach-alleged",
  "leak-alleged",
  "key-compromise-suspected",
  "capacity",
  "other",
] as const;

export const TERMINATE_REASONS = [
  "withdrawal",
  "superseded",
  "breach-alleged",
  "mandate-ended",
  "other",
] as const;

/** Where an open case stood in the old channel; a code, so that nothing of its content is repeated. */
export const CARRY_SUMMARIES = [
  "awaiting-acknowledgement",
  "awaiting-assessment",
  "awaiting-verdict",
  "awaiting-decision",
  "in-action",
  "awaiting-verification",
  "disputed",
  "other",
] as const;

export const CARD_CATEGORIES = ["technical", "formal", "principal", "consignment", "event"] as const;
export const LANGUAGE_USES = ["work", "ack-only"] as const;
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/**
 * Status of the channel's own case. Before it is in force a channel is `proposed` (a handshake, not a case);
 * `degraded` and the end of the term are derived by casework from checks and clocks.
 */
export const CHANNEL_STATUSES = ["active", "suspended", "terminating"] as const;

/** What a channel shows when a notice of withdrawal has run out; set by the clock alone. */
export const TERMINATED = "terminated";

/** Reasons given with a void act, each with one row in the test table. */
export const CHANNEL_REASONS = [
  "unknown-type",
  "not-suspended-by-you",
  "already-terminating",
  "card-dates",
  "card-too-long",
] as const;

export const GENESIS_CODES: Readonly<Record<GenesisCode, CodeEntry>> = {
  "genesis-schema": { layer: "agreement", clause: "8-5.8.1" },
  "genesis-parties": { layer: "agreement", clause: "8-5.8.2" },
  "genesis-term": { layer: "agreement", clause: "8-5.8.3" },
  "genesis-clocks": { layer: "agreement", clause: "8-5.8.4" },
};

export type GenesisCode = "genesis-schema" | "genesis-parties" | "genesis-term" | "genesis-clocks";
export type SuspensionScope = (typeof SUSPENSION_SCOPES)[number];
export type SuspendReason = (typeof SUSPEND_REASONS)[number];
export type CarrySummary = (typeof CARRY_SUMMARIES)[number];
export type ChannelStatus = (typeof CHANNEL_STATUSES)[number];
export type ChannelReason = (typeof CHANNEL_REASONS)[number];
