/** The names of checks, rules and results, for doors that list or show them (SPEC 14.2). */
export { CHECKS, RESULTS, RULE_NAMES } from "#parley/gate/checks/rule-list.ts";
export { resultOfCheck } from "#parley/gate/checks/finding.ts";
