/**
 * System messages (SPEC 9.5): what any case and any state can carry, whoever opened it.
 *
 * `casework` applies them; no protocol has them in its own list. `ack` alone also reaches the protocol's
 * machine, as an act of type `ack`. None is ever stopped by a suspension.
 */
import { Type } from "typebox";
import {
  Digest,
  InstantText,
  Lang,
  PRECEDENCES,
  ROLES,
  Uuid,
  closed,
  codes,
  line,
  messageSchema,
  type Role,
} from "../envelope.ts";
import type { MessageRule, VoidCode } from "../protocol.ts";

export const VOID_CODES = [
  "E-UNEXPECTED",
  "E-STATE",
  "E-SCHEMA",
  "E-SIG",
  "E-GAP",
  "E-CLOCK",
  "E-SCOPE",
] as const satisfies readonly VoidCode[];
export const UNDERSTOOD = ["yes", "partly", "no"] as const;
export const TEXTS_USED = ["original", "translation"] as const;
export const EXTENSION_REASONS = ["X-LEGAL", "X-THIRD-PARTY", "X-TRANSLATION", "X-VOLUME", "X-TECH"] as const;
/** What the side that found an error asks of the other, beside naming the error (Vultron: error and inquiry). */
export const INQUIRIES = [
  "send-again",
  "which-case",
  "which-version",
  "which-state",
  "please-explain",
] as const;
export const LOWERING_REASONS = [
  "no-time-pressure",
  "no-life-safety",
  "outside-red-lines",
  "already-known",
  "limited-effect",
] as const;
export const ERASURE_REASONS = [
  "retention",
  "law",
  "consent-withdrawn",
  "sent-in-error",
  "third-party-right",
] as const;
/** Why a party says nothing more in a channel (SPEC 9.5.11). */
export const CLOSE_REASONS = ["term-ended", "terminated", "renewed", "ceased"] as const;
export const RETRACTION_REASONS = [
  "wrong",
  "outdated",
  "superseded",
  "sent-in-error",
  "source-withdrew",
  "consent-withdrawn",
  "law",
  "third-party-right",
] as const;
export const COMPLIANCES = ["deleted", "kept-legal", "cannot"] as const;
/** Why a retracted item was not deleted. */
export const KEPT_REASONS = [
  "evidence-law",
  "court-order",
  "archive-law",
  "passed-on",
  "published",
  "in-backup",
  "not-found",
] as const;
/** Items that one `retract` may name; more are the whole message. */
export const RETRACTED_ITEMS_LIMIT = 256;

const PartyIdText = Digest;
const Seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const EntryPlace = closed({ feed: PartyIdText, seq: Seq });

/** By message id; by entry where the faulty message has no id that anybody could read. */
const Faulty = { of: Type.Optional(Uuid), entry: Type.Optional(EntryPlace) } as const;

export const Ack = messageSchema("ack", {
  of: Uuid,
  understood: codes(UNDERSTOOD),
  text_used: codes(TEXTS_USED),
  text_lang: Type.Optional(Lang),
  will_answer_by: Type.Optional(InstantText),
});
export const SysError = messageSchema("sys.error", { code: codes(VOID_CODES), ...Faulty });
export const SysInquiry = messageSchema("sys.inquiry", { question: codes(INQUIRIES), ...Faulty });
export const SysGap = messageSchema("sys.gap", { feed: PartyIdText, from: Seq, to: Seq });
export const PrecedenceLowered = messageSchema("precedence.lowered", {
  of: Uuid,
  to: codes(PRECEDENCES),
  reason: codes(LOWERING_REASONS),
});
export const TimerExtend = messageSchema("timer.extend", {
  timer: line(64),
  seconds: Type.Integer({ minimum: 1, maximum: 366 * 86_400 }),
  reason: codes(EXTENSION_REASONS),
});
export const Reveal = messageSchema("reveal", {
  of: Uuid,
  path: line(256),
  salt: Digest,
  value: Type.Unknown(),
});
/** An attachment by the digest of its plain bytes, or a member by JSON pointer. */
const RetractedItem = Type.Union([
  closed({ kind: Type.Literal("attachment"), digest: Digest }),
  closed({ kind: Type.Literal("path"), path: line(256) }),
]);
/** SPEC 9.5.7. */
export const Retract = messageSchema("retract", {
  of: Uuid,
  items: Type.Optional(Type.Array(RetractedItem, { minItems: 1, maxItems: RETRACTED_ITEMS_LIMIT })),
  reason: codes(RETRACTION_REASONS),
  replacement: Type.Optional(Uuid),
});
/** SPEC 9.5.8. */
export const RetractAck = messageSchema("retract.ack", {
  of: Uuid,
  complied: codes(COMPLIANCES),
  code: Type.Optional(codes(KEPT_REASONS)),
});
/** The only message in an entry of kind `erase`. */
export const Erase = messageSchema("erase", { ...EntryPlace.properties, reason: codes(ERASURE_REASONS) });
/** The only message in an entry of kind `close` (SPEC 9.5.11). */
export const Close = messageSchema("close", { reason: codes(CLOSE_REASONS) });

/** SPEC 9.3.8: the kind of entry that a message of this type stands in. */
export function entryKindOf(type: string): "message" | "erase" | "close" {
  return type === "erase" || type === "close" ? type : "message";
}

const ANYBODY = ROLES.filter((role) => role !== "witness" && role !== "auditor");

/** The rules of the system messages; "either" because each checks its sides by itself (SPEC 9.5). */
export const SYSTEM_MESSAGES: Readonly<Record<string, MessageRule>> = {
  ack: rule(Ack, ["watch"], 1, ["watch"]),
  "sys.error": rule(SysError, ANYBODY, 1, ["watch"]),
  "sys.inquiry": rule(SysInquiry, ANYBODY, 1, ["watch"]),
  "sys.gap": rule(SysGap, ANYBODY, 1, ["watch"]),
  "precedence.lowered": rule(PrecedenceLowered, ["watch", "authority", "liaison"], 1, ["watch", "authority"]),
  "timer.extend": rule(TimerExtend, ["watch", "analyst", "authority"], 1, ["authority"]),
  reveal: rule(Reveal, ["releaser", "authority", "principal"], 2, ["releaser", "authority"]),
  retract: rule(Retract, ["releaser", "authority", "principal"], 1, ["releaser", "authority", "principal"]),
  "retract.ack": rule(RetractAck, ["analyst", "releaser", "authority", "principal"], 1, [
    "releaser",
    "authority",
    "principal",
  ]),
  erase: rule(Erase, ["releaser", "authority", "principal"], 2, ["authority", "principal"]),
  close: rule(Close, ["releaser", "authority", "principal"], 2, ["authority", "principal"]),
};

function rule(
  schema: MessageRule["schema"],
  roles: readonly Role[],
  persons: 1 | 2,
  by: readonly Role[],
): MessageRule {
  return { schema, sender: "either", roles, release: { persons, roles: by } };
}
