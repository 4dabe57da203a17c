/**
 * What the checks say of a draft (SPEC 14.5): findings, one result per check, and the digest that approvals cover.
 *
 * A finding names check, rule and place. It never holds what was found: a person sees that in the preview.
 */
import type { Instant } from "#parley/codec/time.ts";
import type { Place } from "./notes.ts";
import type { Check, CheckResult, HitResult, RuleName } from "./rule-list.ts";

export interface Finding {
  /** From rule, place and count: the same hit of the same draft has the same id under other rules. */
  readonly id: string;
  readonly check: Check;
  readonly rule: RuleName;
  readonly result: HitResult;
  /** JSON pointer into the message; of an attachment `/attach/0/content`, and numbers of members below it. */
  readonly at: string;
  readonly count: number;
  /** The first of them. */
  readonly places: readonly Place[];
}

export interface CheckReport {
  /** Digest of the rule set. */
  readonly rules: string;
  /** SHA-256 over rules and findings, base64url: what an approval covers beside the message. */
  readonly digest: string;
  readonly findings: readonly Finding[];
  /** What the draft tells towards a combination; kept in the house feed for 14.4.9. */
  readonly facets: readonly string[];
}

/** What an earlier message told the same counterparty. */
export interface Told {
  readonly party: string;
  readonly at: Instant;
  readonly facets: readonly string[];
}

/** Material that another party gave, by digest. */
export interface Received {
  readonly party: string;
  readonly tlp: string;
}

/** The worst of the findings of one check. */
export function resultOfCheck(findings: readonly Finding[], check: Check): CheckResult {
  const own = findings.filter((finding) => finding.check === check);
  if (own.some(({ result }) => result === "blocked")) return "blocked";
  return own.length > 0 ? "flagged" : "pass";
}
