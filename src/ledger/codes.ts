/** Refusal codes of this folder with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { JsonCode } from "#parley/codec/json.ts";
import type { NoteCode } from "#parley/codec/note.ts";
import type { CodeEntry } from "#parley/codec/refusal.ts";
import type { AdmissionCode } from "./admission.ts";
import type { ForkCode } from "./fork.ts";
import type { ProofCode } from "./proof.ts";
import type { RedactionMapCode } from "./redaction-map.ts";

export type LedgerCode =
  | "fork"
  | RedactionMapCode
  | Exclude<AdmissionCode | ProofCode | ForkCode, JsonCode | NoteCode | "too-many" | "signature-bad">;

export const LEDGER_CODES: Readonly<Record<LedgerCode, CodeEntry>> = {
  "entry-too-large": { layer: "entry", clause: "3.1.1" },
  "entry-schema": { layer: "entry", clause: "3.1.2" },
  "entry-seen": { layer: "entry", clause: "3.1.3" },
  "entry-kind": { layer: "entry", clause: "3.1.4" },
  "checkpoint-malformed": { layer: "checkpoint", clause: "3.4.1" },
  "signature-missing": { layer: "checkpoint", clause: "3.4.3" },
  "unknown-key": { layer: "checkpoint", clause: "3.4.4" },
  "receipt-time": { layer: "receipt", clause: "3.5.1" },
  "proof-malformed": { layer: "proof", clause: "3.6.1" },
  "proof-index": { layer: "proof", clause: "3.6.2" },
  "proof-mismatch": { layer: "proof", clause: "3.6.3" },
  "fork-malformed": { layer: "fork", clause: "3.7.1" },
  "fork-unproved": { layer: "fork", clause: "3.7.2" },
  "entry-channel": { layer: "feed", clause: "3.8.2" },
  "entry-feed": { layer: "feed", clause: "3.8.2" },
  "out-of-order": { layer: "feed", clause: "3.8.3" },
  "hash-mismatch": { layer: "feed", clause: "3.8.4" },
  "seen-unknown": { layer: "feed", clause: "3.8.5" },
  "seen-mismatch": { layer: "feed", clause: "3.8.6" },
  "seen-backwards": { layer: "feed", clause: "3.8.7" },
  "root-mismatch": { layer: "feed", clause: "3.8.8" },
  fork: { layer: "feed", clause: "3.8.9" },
  "redaction-map-malformed": { layer: "redaction", clause: "13.2.5" },
  "reveal-mismatch": { layer: "redaction", clause: "13.3.2" },
};
