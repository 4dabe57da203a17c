/** The communication check (SPEC 8-4): does a person on duty answer, in the right language, on this path? */
import type { Protocol } from "../protocol.ts";
import { COMMS_CHECK_MESSAGES } from "./messages.ts";
import { decideCommsCheck, evolveCommsCheck, openCommsCheck, type CommsCheckState } from "./state.ts";

export const commsCheck: Protocol<CommsCheckState> = {
  name: "comms_check",
  opens: ["comms_check.ping", "comms_check.report"],
  messages: COMMS_CHECK_MESSAGES,
  open: openCommsCheck,
  decide: decideCommsCheck,
  evolve: evolveCommsCheck,
};

export { CORPUS, CORPUS_LANGS, CORPUS_REFS, sentenceOf } from "./corpus.ts";
export { COMMS_CHECK_CROSSINGS as CROSSINGS, k1Owner, type CommsCheckState } from "./state.ts";
