/**
 * The rules of the gate by name (SPEC 14.2): which check a rule belongs to, and what a hit of it means.
 *
 * `flagged` needs a justification by a person in a role; `blocked` cannot be justified. An operator may raise a
 * rule from flagged to blocked and never lower it.
 */

/** R1 to R9 ask what a person would ask of a draft; R10 to R13 ask what every text and file is asked. */
export const CHECKS = [
  "R1",
  "R2",
  "R3",
  "R4",
  "R5",
  "R6",
  "R7",
  "R8",
  "R9",
  "R10",
  "R11",
  "R12",
  "R13",
] as const;
export type Check = (typeof CHECKS)[number];

export const RESULTS = ["pass", "flagged", "blocked"] as const;
export type CheckResult = (typeof RESULTS)[number];
export type HitResult = Exclude<CheckResult, "pass">;

interface RuleRow {
  readonly check: Check;
  readonly result: HitResult;
}

function rules<const N extends string>(
  check: Check,
  result: HitResult,
  names: readonly N[],
): Readonly<Record<N, RuleRow>> {
  const rows = names.map((name) => [name, { check, result }] as const);
  return Object.fromEntries(rows) as Record<N, RuleRow>;
}

export const RULES = {
  ...rules("R1", "flagged", ["sensor-listed", "sensor-name", "method-wording", "capture-host"]),
  ...rules("R2", "flagged", ["weakness-listed", "weakness-wording"]),
  ...rules("R3", "flagged", ["victim-listed", "victim-unconsented"]),
  ...rules("R4", "flagged", ["tlp-mark", "originator-mark", "third-party-item"]),
  ...rules("R4", "blocked", ["tlp-red-mark", "third-party-red"]),
  ...rules("R5", "flagged", ["exposure-missing", "exposure-high"]),
  ...rules("R6", "flagged", ["source-combined", "victim-combined"]),
  ...rules("R7", "flagged", [
    "mail-address",
    "phone-number",
    "iban",
    "payment-card",
    "user-path",
    "national-id",
  ]),
  ...rules("R7", "blocked", ["officer-listed"]),
  ...rules("R8", "flagged", ["canary-missing", "canary-foreign"]),
  ...rules("R9", "flagged", ["scope-sector", "scope-reference"]),
  ...rules("R10", "flagged", ["internal-address", "internal-host", "mac-address", "vlan"]),
  ...rules("R11", "flagged", ["access-key", "token", "password"]),
  ...rules("R11", "blocked", ["private-key"]),
  ...rules("R12", "flagged", ["author", "position", "device", "hidden-content", "mail-client"]),
  ...rules("R13", "flagged", ["unreadable", "too-large", "polyglot", "unavailable"]),
} as const satisfies Readonly<Record<string, RuleRow>>;

export type RuleName = keyof typeof RULES;
export const RULE_NAMES: readonly RuleName[] = Object.keys(RULES).filter(isRuleName);

export function isRuleName(name: string): name is RuleName {
  return Object.hasOwn(RULES, name);
}
