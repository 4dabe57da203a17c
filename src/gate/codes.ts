/** Refusals of the gate for the catalogue (`spec/refusals.md`); each table lives beside its rules. */
export { DISCLOSURE_CODES } from "./disclosure-codes.ts";
