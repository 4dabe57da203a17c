/** The agreement protocol (SPEC 8-5): the life of a channel between its handshake and its end. */
import type { Protocol } from "../protocol.ts";
import { AGREEMENT_MESSAGES } from "./messages.ts";
import { decideAgreement, evolveAgreement, openAgreement, type AgreementState } from "./state.ts";

export const agreement: Protocol<AgreementState> = {
  name: "agreement",
  opens: Object.keys(AGREEMENT_MESSAGES),
  messages: AGREEMENT_MESSAGES,
  open: openAgreement,
  decide: decideAgreement,
  evolve: evolveAgreement,
};

export {
  AGREEMENT_CROSSINGS as CROSSINGS,
  carriedByAll,
  expiredCards,
  INITIAL,
  isSuspended,
  suspendedScopes,
  type AgreementState,
} from "./state.ts";
export {
  defaultClocks,
  defaultTerm,
  DEFAULT_TERM,
  termOf,
  termPhase,
  validateGenesis,
  type Genesis,
} from "./terms.ts";
