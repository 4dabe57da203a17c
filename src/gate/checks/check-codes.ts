/** Refusals of the checks and of what follows from them (SPEC 14). */
import type { CodeEntry } from "#parley/codec/refusal.ts";
import { RULE_CODES } from "./rule-set.ts";

export const CHECK_CODES = {
  ...RULE_CODES,
  "gate-finding-unknown": { layer: "gate", clause: "14.7.2" },
  "gate-not-justifiable": { layer: "gate", clause: "14.7.2" },
  "gate-blocked": { layer: "gate", clause: "14.7.3" },
  "gate-unjustified": { layer: "gate", clause: "14.7.3" },
  "gate-findings": { layer: "gate", clause: "14.7.4" },
  "gate-held": { layer: "gate", clause: "14.7.6" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type CheckCode = keyof typeof CHECK_CODES;
