/** The dispute protocol (SPEC 8-3): one disputed point, two statements, both kept. */
import type { Protocol } from "../protocol.ts";
import { DISPUTE_MESSAGES } from "./messages.ts";
import { decideDispute, evolveDispute, openDispute, type DisputeState } from "./state.ts";

export const dispute: Protocol<DisputeState> = {
  name: "dispute",
  opens: ["dispute.raise"],
  messages: DISPUTE_MESSAGES,
  open: openDispute,
  decide: decideDispute,
  evolve: evolveDispute,
};

export { DISPUTE_CROSSINGS as CROSSINGS, settlementOf, type DisputeState } from "./state.ts";
