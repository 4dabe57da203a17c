/** The request protocol (SPEC 8-2): "please act", and what came of it, ask by ask. */
import type { TSchema } from "typebox";
import type { Protocol } from "../protocol.ts";
import type { RequestState } from "./case.ts";
import { requestMessages } from "./messages.ts";
import { decideRequest, evolveRequest, openRequest } from "./state.ts";

/** The pack is a slot: whoever registers the protocol says what a pack is (SPEC 10.2). */
export function createRequestProtocol({
  packSchema,
}: {
  readonly packSchema: TSchema;
}): Protocol<RequestState> {
  const messages = requestMessages(packSchema);
  return {
    name: "request",
    opens: ["request.open"],
    messages,
    open: openRequest,
    decide: (state, act) => decideRequest(messages, state, act),
    evolve: evolveRequest,
  };
}

export { matrixOf } from "./asks.ts";
export type { RequestState } from "./case.ts";
export { REQUEST_CROSSINGS as CROSSINGS } from "./crossings.ts";
