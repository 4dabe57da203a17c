/** Refusals of the disclosure ledger, of canaries and of work inside the house (SPEC 15). */
import type { CodeEntry } from "#parley/codec/refusal.ts";

export const DISCLOSURE_CODES = {
  "retract-nothing": { layer: "gate", clause: "15.3.5" },
  "canary-evidence": { layer: "gate", clause: "15.4.1" },
  "canary-format": { layer: "gate", clause: "15.4.2" },
  "canary-unknown": { layer: "gate", clause: "15.4.6" },
  "work-unknown": { layer: "node", clause: "15.5.2" },
  "work-closed": { layer: "node", clause: "15.5.2" },
  "work-person": { layer: "node", clause: "15.5.5" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type DisclosureCode = keyof typeof DISCLOSURE_CODES;
