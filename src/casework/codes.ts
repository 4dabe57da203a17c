/**
 * Why casework folds an entry as void (SPEC 9.3): the codes, and the reasons that the engine itself gives.
 * Reasons are positions and fixed words, never content. Protocols give further reasons of their own.
 */
import type { CodeEntry } from "../codec/refusal.ts";
import { voided, type Outcome, type VoidCode } from "../protocols/protocol.ts";

/** `E-GAP` and `E-CLOCK` are raised by protocols and nodes alone: the engine waits for gaps and trusts no claim. */
export const CASEWORK_CODES: Readonly<Record<VoidCode, CodeEntry>> = {
  "E-UNEXPECTED": { layer: "casework", clause: "9.3.1" },
  "E-SCHEMA": { layer: "casework", clause: "9.3.2" },
  "E-STATE": { layer: "casework", clause: "9.3.3" },
  "E-SCOPE": { layer: "casework", clause: "9.3.4" },
  "E-SIG": { layer: "casework", clause: "9.3.5" },
  "E-GAP": { layer: "casework", clause: "9.3.6" },
  "E-CLOCK": { layer: "casework", clause: "9.3.7" },
};

const REASONS = {
  "unknown-type": { code: "E-UNEXPECTED", clause: "9.3.8" },
  "wrong-kind": { code: "E-UNEXPECTED", clause: "9.3.8" },
  "duplicate-id": { code: "E-UNEXPECTED", clause: "9.3.8" },
  "unknown-case": { code: "E-UNEXPECTED", clause: "9.3.8" },
  "case-taken": { code: "E-UNEXPECTED", clause: "9.3.8" },
  "other-protocol": { code: "E-UNEXPECTED", clause: "9.3.8" },
  "wrong-side": { code: "E-UNEXPECTED", clause: "9.3.8" },
  "unknown-message": { code: "E-UNEXPECTED", clause: "9.5.1" },
  "own-message": { code: "E-UNEXPECTED", clause: "9.5.1" },
  "unknown-timer": { code: "E-UNEXPECTED", clause: "9.5.5" },
  "not-owing": { code: "E-UNEXPECTED", clause: "9.5.5" },
  "unknown-path": { code: "E-UNEXPECTED", clause: "9.5.6" },
  "wrong-role": { code: "E-SCOPE", clause: "9.3.8" },
  "term-ended": { code: "E-SCOPE", clause: "9.3.9" },
  suspended: { code: "E-SCOPE", clause: "9.3.10" },
  terminated: { code: "E-SCOPE", clause: "9.3.10" },
  "feed-closed": { code: "E-SCOPE", clause: "9.5.11" },
  "timer-stopped": { code: "E-STATE", clause: "9.5.5" },
  "already-extended": { code: "E-STATE", clause: "9.5.5" },
  "extension-too-long": { code: "E-STATE", clause: "9.5.5" },
  "extension-too-late": { code: "E-STATE", clause: "9.5.5" },
  "not-acknowledged": { code: "E-STATE", clause: "9.5.4" },
  "not-lower": { code: "E-STATE", clause: "9.5.4" },
  "already-revealed": { code: "E-STATE", clause: "9.5.6" },
  "unknown-item": { code: "E-UNEXPECTED", clause: "9.5.7" },
  "not-retractable": { code: "E-UNEXPECTED", clause: "9.5.7" },
  "already-retracted": { code: "E-STATE", clause: "9.5.7" },
  "no-retraction": { code: "E-UNEXPECTED", clause: "9.5.8" },
  "already-deleted": { code: "E-STATE", clause: "9.5.8" },
  "/body/code": { code: "E-SCHEMA", clause: "9.5.8" },
  "/nature": { code: "E-SCHEMA", clause: "9.3.8" },
  "/body/of": { code: "E-SCHEMA", clause: "9.5.2" },
  "/body/feed": { code: "E-SCHEMA", clause: "9.5.3" },
  "/body/to": { code: "E-SCHEMA", clause: "9.5.3" },
  "commitment-mismatch": { code: "E-SIG", clause: "9.5.6" },
} as const satisfies Readonly<Record<string, { readonly code: VoidCode; readonly clause: string }>>;

export type EngineReason = keyof typeof REASONS;

/** Every reason of the engine with its code and clause; a test has a row for each. */
export const ENGINE_REASONS: Readonly<
  Record<EngineReason, { readonly code: VoidCode; readonly clause: string }>
> = REASONS;

export type VoidOutcome = Extract<Outcome, { readonly kind: "void" }>;

/** `unread` = nobody here can read it: no effect, and nobody's error. */
export type EntryOutcome = Outcome | { readonly kind: "unread" };

export function voidFor(reason: EngineReason): Outcome {
  return voided(REASONS[reason].code, reason);
}
