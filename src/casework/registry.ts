/**
 * Every conversation that Parley knows, in one list, and the one meeting point between two of them: the pack of
 * `request` is judged by `evidence`, here and nowhere else.
 *
 * A new conversation adds its line here (architecture: "registration line apart").
 */
import { Compile } from "typebox/compile";
import { isJsonObject, type Json, type JsonObject } from "../codec/json.ts";
import { agreement } from "../protocols/agreement/index.ts";
import { commsCheck } from "../protocols/comms_check/index.ts";
import { dispute } from "../protocols/dispute/index.ts";
import { PackSchema, evaluate, type Ask, type Profile, ProfileSchema } from "../protocols/evidence/index.ts";
import { notice } from "../protocols/notice/index.ts";
import type { MessageRule, Protocol } from "../protocols/protocol.ts";
import { createRequestProtocol } from "../protocols/request/index.ts";
import { SYSTEM_MESSAGES } from "../protocols/system/messages.ts";
import type { Evaluate } from "./opened-case.ts";

export const PROTOCOLS: readonly Protocol[] = [
  agreement,
  commsCheck,
  dispute,
  notice,
  createRequestProtocol({ packSchema: PackSchema }),
];

const CheckedProfile = Compile(ProfileSchema);

/** Rules of every message type, system messages included. */
export const MESSAGE_RULES: ReadonlyMap<string, MessageRule> = new Map(
  [SYSTEM_MESSAGES, ...PROTOCOLS.map(({ messages }) => messages)].flatMap((messages) =>
    Object.entries(messages),
  ),
);

/** SPEC 10.1 for a message that carries a pack; its asks are those of the opening, as far as it names none. */
export const evaluateMessage: Evaluate = (profile, message, { claimedAt, opening }) => {
  const pack = bodyOf(message)["pack"];
  if (!isJsonObject(pack) || !isProfile(profile)) return false;
  const harm = bodyOf(opening)["harm"];
  return evaluate(profile, pack, {
    asks: asksOf(opening),
    referenceTime: claimedAt,
    lifeSafety: isJsonObject(harm) && harm["life_safety"] === true,
  });
};

/** The profile is data of the genesis, so the other side wrote it: one that is none gives no evaluation at all. */
export function isProfile(profile: unknown): profile is Profile {
  return CheckedProfile.Check(profile);
}

/** `request` numbers its asks and gives each a code; `evidence` judges codes and legal bases. */
function asksOf(opening: JsonObject): readonly Ask[] {
  const rows = bodyOf(opening)["asks"];
  if (!Array.isArray(rows)) return [];
  return (rows as readonly Json[]).filter(isJsonObject).map(({ code, legal_basis }) => ({
    ask: typeof code === "string" ? code : "",
    ...(typeof legal_basis === "string" && { legal_basis }),
  }));
}

function bodyOf(message: JsonObject): JsonObject {
  const body = message["body"];
  return isJsonObject(body) ? body : {};
}
