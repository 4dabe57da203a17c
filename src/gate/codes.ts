/** Refusals of the gate for the catalogue (`spec/refusals.md`); each table lives beside its rules. */
export { CHECK_CODES } from "./checks/check-codes.ts";
export { DISCLOSURE_CODES } from "./disclosure-codes.ts";
export { GATE_CODES } from "./release.ts";
