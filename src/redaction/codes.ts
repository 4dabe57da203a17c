/** Refusal codes of this folder with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { CodeEntry } from "#parley/codec/refusal.ts";

export const REDACTION_CODES = {
  "redaction-plan": { layer: "redaction", clause: "13.1.2" },
  "redaction-no-match": { layer: "redaction", clause: "13.1.4" },
  "redaction-format": { layer: "redaction", clause: "13.4.1" },
  "redaction-malformed": { layer: "redaction", clause: "13.4.2" },
  "redaction-truncated": { layer: "redaction", clause: "13.4.3" },
  "redaction-ambiguous": { layer: "redaction", clause: "13.4.4" },
  "redaction-encrypted": { layer: "redaction", clause: "13.4.5" },
  "redaction-unsupported": { layer: "redaction", clause: "13.4.6" },
  "redaction-limit": { layer: "redaction", clause: "13.4.7" },
  "redaction-leak": { layer: "redaction", clause: "13.4.8" },
  "withheld-unknown": { layer: "redaction", clause: "13.3.5" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type RedactionCode = keyof typeof REDACTION_CODES;
