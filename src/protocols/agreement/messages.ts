/**
 * Messages about the channel itself (SPEC 8-5.2): suspension, resumption, withdrawal, cases carried over, and
 * the directory of offices. The handshake that makes a channel is not here: it is bundles, before any entry.
 */
import { Type } from "typebox";
import {
  codes,
  closed,
  Digest,
  InstantText,
  Lang,
  LAYERS,
  messageSchema,
  Uuid,
  type Role,
} from "../envelope.ts";
import type { MessageRule } from "../protocol.ts";
import {
  CARD_CATEGORIES,
  CARRY_SUMMARIES,
  LANGUAGE_USES,
  SUSPEND_REASONS,
  SUSPENSION_SCOPES,
  TERMINATE_REASONS,
  WEEKDAYS,
} from "./codes.ts";

/** SPEC 8-5.2.3: days from the other side's receipt until a withdrawal takes effect. */
export const TERMINATION_NOTICE_DAYS = 14;
/** SPEC 8-5.2.4: cases in one message; more cases take more messages. */
export const CARRIED_CASES_LIMIT = 1_000;

/** A lower-case code such as `national-watch`: an office, never a person. */
export const OfficeCode = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$" });
const ProtocolName = Type.String({ pattern: "^[a-z][a-z0-9_]{0,31}$" });

/** Size and root of a feed: what the other record proves up to there. */
export const Head = closed({
  feed: Digest,
  size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  root: Digest,
});

const scopes = Type.Array(codes(SUSPENSION_SCOPES), {
  minItems: 1,
  maxItems: SUSPENSION_SCOPES.length,
  uniqueItems: true,
});

export const ChannelSuspend = messageSchema("channel.suspend", { scopes, reason: codes(SUSPEND_REASONS) });
/** Without `scopes` everything that the sender suspended is resumed. */
export const ChannelResume = messageSchema("channel.resume", { scopes: Type.Optional(scopes) });
export const ChannelTerminate = messageSchema("channel.terminate", {
  reason: codes(TERMINATE_REASONS),
  notice_days: Type.Integer({ minimum: TERMINATION_NOTICE_DAYS, maximum: 365 }),
});

export const CarriedCase = closed({
  case: Uuid,
  protocol: ProtocolName,
  summary: codes(CARRY_SUMMARIES),
  last_heads: Type.Array(Head, { minItems: 1, maxItems: 64 }),
});
export const ChannelCarryOver = messageSchema("channel.carry_over", {
  from_channel: Digest,
  cases: Type.Array(CarriedCase, { minItems: 1, maxItems: CARRIED_CASES_LIMIT }),
});

const minute = Type.Integer({ minimum: 0, maximum: 1_440 });

/** Staffed hours in minutes after 00:00 UTC; an office that never closes is 0 to 1440 on seven days. */
export const OfficeHours = closed({
  days: Type.Array(codes(WEEKDAYS), { minItems: 1, maxItems: 7, uniqueItems: true }),
  from_minute: minute,
  to_minute: minute,
});

export const DirectoryCard = messageSchema("directory.card", {
  office: OfficeCode,
  layer: codes(LAYERS),
  categories: Type.Array(codes(CARD_CATEGORIES), { minItems: 1, maxItems: 5, uniqueItems: true }),
  languages: Type.Array(closed({ lang: Lang, use: codes(LANGUAGE_USES) }), { minItems: 1, maxItems: 16 }),
  hours: Type.Array(OfficeHours, { minItems: 1, maxItems: 14 }),
  phone: Type.String({ pattern: "^\\+[0-9]{4,15}$" }),
  fallback_order: Type.Integer({ minimum: 1, maximum: 99 }),
  valid_from: InstantText,
  valid_until: InstantText,
});

const PRINCIPAL: readonly Role[] = ["principal"];
const AUTHORITY: readonly Role[] = ["authority", "principal"];
const BY_PRINCIPAL: MessageRule["release"] = { persons: 1, roles: PRINCIPAL };
const BY_TWO: MessageRule["release"] = { persons: 2, roles: ["releaser", "authority", "principal"] };

/** No message here has a scope: what says that a channel is suspended cannot itself be suspended. */
export const AGREEMENT_MESSAGES: Readonly<Record<string, MessageRule>> = {
  "channel.suspend": rule(PRINCIPAL, ChannelSuspend, BY_PRINCIPAL),
  "channel.resume": rule(PRINCIPAL, ChannelResume, BY_PRINCIPAL),
  "channel.terminate": rule(PRINCIPAL, ChannelTerminate, BY_PRINCIPAL),
  "channel.carry_over": rule(AUTHORITY, ChannelCarryOver, BY_TWO),
  "directory.card": rule(["watch", ...AUTHORITY], DirectoryCard, BY_TWO),
};

function rule(
  roles: readonly Role[],
  schema: MessageRule["schema"],
  release: MessageRule["release"],
): MessageRule {
  return { schema, sender: "either", roles, release };
}
