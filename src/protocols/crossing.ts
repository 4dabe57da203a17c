/**
 * Crossing pairs (SPEC 9.3): two messages written before either author knew of the other.
 * Each protocol states its result for every pair that matters; a test runs both orders of each row.
 * A message is named by its type, and by a variant after a space where the result depends on the body.
 */
export interface Crossing {
  /** The status both sides had when they wrote. */
  readonly from: string;
  readonly initiator: string;
  readonly respondent: string;
  /** The status after both, whichever is folded first. */
  readonly result: string;
}
