/** The genesis document as the terms that casework runs on. */
import { isRefusal } from "../codec/refusal.ts";
import { termOf, type Genesis } from "../protocols/agreement/index.ts";
import type { AgreementTerms } from "./terms.ts";

/** The genesis was validated, so its term has a form; anything else is a bug. */
export function termsOf(genesis: Genesis): AgreementTerms {
  const term = termOf(genesis);
  if (isRefusal(term)) throw new TypeError("the genesis was not validated");
  return {
    parties: genesis.parties.map(({ party }) => party),
    clocks: genesis.clocks,
    term,
    heartbeatSeconds: genesis.heartbeat_seconds,
    flashBudgetPerMonth: genesis.flash_budget_per_month,
    languages: genesis.languages,
    profile: genesis.profile,
  };
}
