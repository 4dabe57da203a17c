/**
 * Messages of the notice protocol (SPEC 8-1.2): schemas, senders and release rules.
 *
 * Belief is enough: no member asks for evidence. Whom the sender blames has no member either: a notice makes
 * no claim of state involvement, or points at an assessment that stands elsewhere.
 */
import { Type, type TProperties } from "typebox";
import type { JsonObject } from "../../codec/json.ts";
import { codes, closed, EnvelopeFields, InstantText, line, Uuid, type Role } from "../envelope.ts";
import type { MessageRule } from "../protocol.ts";
import {
  ASSESS_CODES,
  CLOSE_CODES,
  CORRECT_REASONS,
  INDICATOR_ROLES,
  INDICATOR_TYPES,
  NOTICE_DIRECTIONS,
  NOTICE_DONE,
  NOTICE_NOT_ASKED,
  NOTICE_SECTORS,
  NOTICE_STAGES,
  NOTICE_WISHES,
  OUTLOOKS,
  RSIT_CLASSES,
  RSIT_SUBCLASSES,
  SUSPICIONS,
  WITHDRAW_REASONS,
} from "./codes.ts";

/** SPEC 8-1.2.4: more indicators than this are an attachment. */
export const INDICATORS_LIMIT = 5_000;
/** SPEC 8-1.2.5: victims beyond this are told by their count. */
export const PSEUDONYMS_LIMIT = 1_000;
/** Longest indicator: URLs above this are rare, and a hash or name is far shorter. */
export const INDICATOR_LENGTH_LIMIT = 2_048;

/** No spaces: a pseudonym such as `V-0042` fits and a person's full name does not. */
export const Pseudonym = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" });

export const Indicator = closed({
  type: codes(INDICATOR_TYPES),
  value: line(INDICATOR_LENGTH_LIMIT),
  role: Type.Optional(codes(INDICATOR_ROLES)),
});

export const Victims = closed({
  count: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
  pseudonyms: Type.Optional(Type.Array(Pseudonym, { maxItems: PSEUDONYMS_LIMIT, uniqueItems: true })),
});

/** Nothing about a state, or the case of an assessment that says it under its own rules. */
export const StateInvolvementClaim = Type.Union([
  Type.Literal("none-made"),
  closed({ attribution_ref: Uuid }),
]);

const known = {
  aware_at: InstantText,
  class_1: codes(RSIT_CLASSES),
  direction: codes(NOTICE_DIRECTIONS),
  sector: codes(NOTICE_SECTORS),
  severity: Type.Integer({ minimum: 0, maximum: 6 }),
  suspected_malicious: codes(SUSPICIONS),
  state_involvement_claim: StateInvolvementClaim,
  wish: codes(NOTICE_WISHES),
  life_safety: Type.Boolean(),
} as const;

const perhaps = {
  occurred_from: Type.Optional(InstantText),
  occurred_to: Type.Optional(InstantText),
  class_2: Type.Optional(codes(Object.values(RSIT_SUBCLASSES).flat())),
  pseudonym: Type.Optional(Pseudonym),
  outlook_6h: Type.Optional(codes(OUTLOOKS)),
  red_lines: Type.Optional(Type.Array(line(64), { minItems: 1, maxItems: 64, uniqueItems: true })),
  indicators: Type.Optional(Type.Array(Indicator, { minItems: 1, maxItems: INDICATORS_LIMIT })),
  victims: Type.Optional(Victims),
  already_done: Type.Optional(
    Type.Array(codes(NOTICE_DONE), { minItems: 1, maxItems: 16, uniqueItems: true }),
  ),
  not_asked: Type.Optional(
    Type.Array(codes(NOTICE_NOT_ASKED), { minItems: 1, maxItems: 16, uniqueItems: true }),
  ),
  public_disclosure_at: Type.Optional(InstantText),
} as const;

/** The members of `known`, each optional: an update or a correction repeats only what changed. */
const changed = {
  aware_at: Type.Optional(known.aware_at),
  class_1: Type.Optional(known.class_1),
  direction: Type.Optional(known.direction),
  sector: Type.Optional(known.sector),
  severity: Type.Optional(known.severity),
  suspected_malicious: Type.Optional(known.suspected_malicious),
  state_involvement_claim: Type.Optional(known.state_involvement_claim),
  wish: Type.Optional(known.wish),
  life_safety: Type.Optional(known.life_safety),
} as const;

/** A second-level class belongs to its first, and an update that names one names both. */
const CLASS_RULES = {
  dependentRequired: { class_2: ["class_1"] },
  allOf: RSIT_CLASSES.map((first) => ({
    if: { properties: { class_1: { const: first } }, required: ["class_1"] },
    then: { properties: { class_2: { enum: [...RSIT_SUBCLASSES[first]] } } },
  })),
};

const stage = codes(NOTICE_STAGES);

export const NoticeOpen = noticeSchema("notice.open", { stage, ...known, ...perhaps });
export const NoticeUpdate = noticeSchema("notice.update", {
  stage,
  material_change: Type.Boolean(),
  ...changed,
  ...perhaps,
});
export const NoticeCorrect = noticeSchema("notice.correct", {
  corrects: Uuid,
  reason: codes(CORRECT_REASONS),
  material_change: Type.Boolean(),
  ...changed,
  ...perhaps,
});
export const NoticeAssess = noticeSchema("notice.assess", {
  code: codes(ASSESS_CODES),
  will_revert_by: Type.Optional(InstantText),
});
export const NoticeWithdraw = noticeSchema("notice.withdraw", { reason: codes(WITHDRAW_REASONS) });
export const NoticeToRequest = noticeSchema("notice.to_request", { request_case: Uuid });
export const NoticeProposeClose = noticeSchema("notice.propose_close", { code: codes(CLOSE_CODES) });
export const NoticeClose = noticeSchema("notice.close", { code: codes(CLOSE_CODES) });

const OPENERS: readonly Role[] = ["watch", "analyst", "releaser", "authority"];
const ANSWERERS: readonly Role[] = ["analyst", "authority"];
const RELEASERS: readonly Role[] = ["releaser", "authority"];
const CLOSERS: readonly Role[] = ["analyst", "releaser", "authority"];

/** Two persons release whatever carries the sender's knowledge; one is enough for a code. */
export const NOTICE_MESSAGES: Readonly<Record<string, MessageRule>> = {
  "notice.open": {
    ...sent("initiator", OPENERS, NoticeOpen, { persons: 2, roles: RELEASERS }),
    check: checkPeriod,
  },
  "notice.update": {
    ...sent("initiator", OPENERS, NoticeUpdate, { persons: 2, roles: RELEASERS }),
    check: checkPeriod,
  },
  "notice.correct": {
    check: checkPeriod,
    ...sent("initiator", OPENERS, NoticeCorrect, { persons: 2, roles: RELEASERS }),
    retracts: { effect: "corrected", of: "corrects" },
  },
  "notice.withdraw": {
    ...sent("initiator", OPENERS, NoticeWithdraw, { persons: 1, roles: RELEASERS }),
    retracts: { effect: "withdrawn" },
  },
  "notice.to_request": sent("initiator", CLOSERS, NoticeToRequest, { persons: 1, roles: RELEASERS }),
  "notice.close": sent("initiator", CLOSERS, NoticeClose, { persons: 1, roles: CLOSERS }),
  "notice.assess": sent("respondent", ANSWERERS, NoticeAssess, { persons: 1, roles: ANSWERERS }),
  "notice.propose_close": sent("respondent", ANSWERERS, NoticeProposeClose, { persons: 1, roles: ANSWERERS }),
};

/** SPEC 8-1.2.9: instants have one form (1.4), so their text has their order. */
function checkPeriod({ occurred_from: from, occurred_to: to }: JsonObject): string | undefined {
  return typeof from === "string" && typeof to === "string" && from > to ? "/body/occurred_to" : undefined;
}

function sent(
  sender: MessageRule["sender"],
  roles: readonly Role[],
  schema: MessageRule["schema"],
  release: MessageRule["release"],
): MessageRule {
  return { schema, sender, roles, release, scope: "technical" };
}

/** The body is closed, and a second-level class belongs to its first (SPEC 8-1.2.3). */
function noticeSchema<T extends string, B extends TProperties>(type: T, body: B) {
  const rules = "class_2" in body ? CLASS_RULES : {};
  const Body = Type.Object(body, { additionalProperties: false, ...rules });
  return closed({ ...EnvelopeFields, type: Type.Literal(type), body: Body });
}
