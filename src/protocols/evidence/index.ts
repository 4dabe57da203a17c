/**
 * The evidence protocol (SPEC 10): a pack of fields, a profile, and one pure function over both. No
 * messages.
 */
export { EXPLANATIONS, ITEMS, LEVELS, REASONS, RELAY_RESULTS } from "./codes.ts";
export type { Item, Level, ReasonCode, RelayResult } from "./codes.ts";
export { evaluate, type AskResult, type EvaluateOptions, type Evaluation } from "./evaluate.ts";
export { enoughFor, type Enough } from "./explain.ts";
export { countIndependentSources } from "./independence.ts";
export { PackSchema, type Pack } from "./pack.ts";
export { PREDICATES, type Ask } from "./predicates.ts";
export { DEFAULT_PROFILE, ProfileSchema, type Profile } from "./profile.ts";
export type { Reason } from "./reasons.ts";
