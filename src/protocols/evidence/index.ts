/**
 * The evidence protocol (SPEC 10): a pack of fields, a profile, and one pure function over both. No
 * messages.
 */
export { ITEMS, LEVELS, REASONS, RELAY_RESULTS } from "./codes.ts";
export { evaluate, type Evaluation } from "./evaluate.ts";
export { enoughFor } from "./explain.ts";
export { countIndependentSources } from "./independence.ts";
export { PackSchema, type Pack } from "./pack.ts";
export { type Ask } from "./predicates.ts";
export { DEFAULT_PROFILE, ProfileSchema, type Profile } from "./profile.ts";
