/** Refusal codes of this folder with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { CodeEntry } from "#parley/codec/refusal.ts";

/** Faults: something in the file is not what its parties signed. */
const FAULTS = {
  "transcript-malformed": { layer: "transcript", clause: "7.1.3" },
  "leaves-mismatch": { layer: "transcript", clause: "7.1.2" },
  "trust-malformed": { layer: "trust", clause: "7.2.1" },
  "trust-party": { layer: "trust", clause: "7.2.2" },
  "trust-channel": { layer: "trust", clause: "7.2.2" },
  "party-version": { layer: "transcript", clause: "7.3.1" },
  "manifest-signature": { layer: "transcript", clause: "7.3.2" },
  "manifest-end": { layer: "transcript", clause: "7.3.7" },
  "entry-altered": { layer: "transcript", clause: "7.3.3" },
  "checkpoint-origin": { layer: "transcript", clause: "7.3.4" },
  "commit-mismatch": { layer: "transcript", clause: "7.3.6" },
  "opening-mismatch": { layer: "transcript", clause: "7.3.6" },
  "unsigned-tail": { layer: "transcript", clause: "7.3.7" },
  truncated: { layer: "transcript", clause: "7.3.7" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

/** Warnings: nothing signed is contradicted, and the reader has to know it all the same. */
const WARNINGS = {
  "line-unrecognised": { layer: "transcript", clause: "7.3.9" },
  "root-signature-unused": { layer: "transcript", clause: "7.3.9" },
  "update-withheld": { layer: "transcript", clause: "7.3.10" },
  "update-void": { layer: "transcript", clause: "7.3.10" },
  "time-outside": { layer: "transcript", clause: "7.4.3" },
  "bracket-crossed": { layer: "transcript", clause: "7.4.3" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

/** Why a record without fault is not complete. */
const REASONS = {
  "feed-empty": { layer: "transcript", clause: "7.4.2" },
  "receipt-missing": { layer: "transcript", clause: "7.4.2" },
  "quorum-unchecked": { layer: "trust", clause: "7.2.3" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export const TRANSCRIPT_CODES = { ...FAULTS, ...WARNINGS, ...REASONS } as const;

export type TranscriptCode = keyof typeof TRANSCRIPT_CODES;
