/**
 * Messages of the request protocol (SPEC 8-2.3): schemas, senders and release rules.
 *
 * What the state machine need not check, the schema does: a verdict without items, a decline without what it
 * rests on, two rows about one ask, an ask about a person without a legal reference.
 * The pack is a slot: its schema is passed in, because this protocol knows no field of it.
 */
import { Type, type TObject, type TProperties, type TSchema } from "typebox";
import { closed, codes, EnvelopeFields, InstantText, line, text, Uuid, type Role } from "../envelope.ts";
import type { MessageRule } from "../protocol.ts";
import * as list from "./codes.ts";

/** SPEC 8-2.3.2. */
export const ASKS_LIMIT = 20;
/** SPEC 8-2.4.3. */
export const QUESTIONS_LIMIT = 10;

const Note = Type.Optional(text(4_000));
const Target = line(512);
const LegalRef = line(128);
const Items = Type.Array(codes(list.ITEM_CODES), { minItems: 1, maxItems: 30, uniqueItems: true });

function numbered<const K extends string>(key: K, max: number) {
  const number = Type.Integer({ minimum: 1, maximum: max });
  return { key, max, number };
}
const ASK = numbered("ask", ASKS_LIMIT);
const QUESTION = numbered("question", QUESTIONS_LIMIT);

/**
 * A list in which every number occurs at most once. JSON Schema has no "unique by": one `contains` per
 * number.
 */
function uniqueBy(by: { readonly key: string; readonly max: number }, row: TSchema) {
  const once = Array.from({ length: by.max }, (_, i) => ({
    contains: { type: "object", required: [by.key], properties: { [by.key]: { const: i + 1 } } },
    minContains: 0,
    maxContains: 1,
  }));
  return Type.Array(row, { minItems: 1, maxItems: by.max, allOf: once });
}

/** Rows about asks: each variant is one closed object. */
function perAsk(...variants: readonly TProperties[]) {
  return uniqueBy(ASK, Type.Union(variants.map((variant) => closed({ ask: ASK.number, ...variant }))));
}

const AskNumbers = Type.Array(ASK.number, { minItems: 1, maxItems: ASKS_LIMIT, uniqueItems: true });

const FREE_ASKS = list.ASK_CODES.filter((code) => !["A11", "A12", "A16", "A19"].includes(code));
const ALL_BASES = [...list.PLAIN_LEGAL_BASES, ...list.REFERENCED_LEGAL_BASES];

/** Without a reference only where neither the ask nor the basis needs one. */
function askVariants(code: readonly string[], more: TProperties = {}): readonly TProperties[] {
  const common = { target: Target, deadline: Type.Optional(InstantText), ...more };
  const free = code.filter((one) => !list.LEGAL_ASK_CODES.some((legal) => legal === one));
  return [
    { code: codes(free), ...common, legal_basis: codes(list.PLAIN_LEGAL_BASES) },
    { code: codes(code), ...common, legal_basis: codes(ALL_BASES), legal_ref: LegalRef },
  ];
}

const PLAIN_ASKS = [
  ...askVariants([...FREE_ASKS, ...list.LEGAL_ASK_CODES]),
  ...askVariants(["A19"], { other: text(2_000) }),
];

function openBody(packSchema: TSchema): TSchema {
  const common = {
    harm: closed({
      sector: codes(list.SECTORS),
      severity: Type.Integer({ minimum: 0, maximum: 6 }),
      outlook_6h: codes(list.OUTLOOKS),
      life_safety: Type.Boolean(),
      red_lines: Type.Optional(Type.Array(line(64), { minItems: 1, maxItems: 64, uniqueItems: true })),
    }),
    pack: packSchema,
    if_done: Note,
    if_not_done: Note,
  };
  return Type.Union([
    closed({ ...common, asks: perAsk(...PLAIN_ASKS), no_state_involvement_alleged: Type.Literal(true) }),
    closed({
      ...common,
      asks: perAsk(...PLAIN_ASKS, ...askVariants(["A16"])),
      no_state_involvement_alleged: Type.Boolean(),
      attribution_ref: Uuid,
    }),
  ]);
}

const PreserveBody = Type.Union([
  closed({ state: codes(["confirmed", "extended"]), until: InstantText, note: Note }),
  closed({ state: Type.Literal("released"), note: Note }),
  closed({ state: Type.Literal("cannot"), code: codes(list.CANNOT_PRESERVE_CODES), note: Note }),
]);

const question = { question: QUESTION.number, ask: Type.Optional(ASK.number) };
const ClarifyAskBody = closed({
  questions: uniqueBy(
    QUESTION,
    Type.Union([
      closed({ ...question, code: codes(list.QUESTION_CODES), text: Type.Optional(text(2_000)) }),
      closed({ ...question, code: Type.Literal(list.OTHER_QUESTION), text: text(2_000) }),
    ]),
  ),
});

const ClarifyAnswerBody = closed({
  answers: uniqueBy(
    QUESTION,
    Type.Union([
      closed({ question: QUESTION.number, answer: Type.Literal("answered"), text: text(8_000) }),
      closed({
        question: QUESTION.number,
        answer: Type.Literal("refused"),
        reason: codes(list.ANSWER_REFUSALS),
        text: Type.Optional(text(2_000)),
      }),
      closed({
        question: QUESTION.number,
        answer: codes(["cannot", "unknown"]),
        text: Type.Optional(text(2_000)),
      }),
    ]),
  ),
});

/** SPEC 8-2.3.5: nothing but "sufficient" can be said without naming items. */
const VerdictBody = closed({
  verdicts: perAsk(
    { verdict: Type.Literal("sufficient"), items: Type.Optional(Items), note: Note },
    {
      verdict: Type.Literal("sufficient-for-lesser"),
      max_ask: codes(list.ASK_CODES),
      items: Items,
      note: Note,
    },
    { verdict: codes(["insufficient", "unusable"]), items: Items, note: Note },
    {
      verdict: Type.Literal("not-assessable"),
      reason: codes(list.NOT_ASSESSABLE_REASONS),
      items: Items,
      note: Note,
    },
  ),
});

const DECLINED = Type.Literal("declined");
/** SPEC 8-2.3.6. */
const DecideBody = closed({
  decisions: perAsk(
    { decision: Type.Literal("accepted"), note: Note },
    { decision: Type.Literal("accepted-partly"), part: text(2_000), note: Note },
    { decision: Type.Literal("conditional"), conditions: text(2_000), note: Note },
    { decision: Type.Literal("referred"), to: line(256), reference: Type.Optional(line(128)), note: Note },
    { decision: DECLINED, code: codes(list.PLAIN_DECLINE_CODES), note: Note },
    { decision: DECLINED, code: Type.Literal("D03"), instrument: line(256), note: Note },
    { decision: DECLINED, code: Type.Literal("D11"), verdict: Uuid, note: Note },
    { decision: DECLINED, code: Type.Literal("D99"), text: text(2_000) },
  ),
});

const ProgressBody = closed({
  stage: codes(list.PROGRESS_STAGES),
  asks: Type.Optional(AskNumbers),
  expected_by: Type.Optional(InstantText),
  note: Note,
});

const ActionState = codes(list.ACTION_STATES);
const OutcomeResult = Type.Union([
  closed({ code: codes(list.PLAIN_OUTCOME_CODES), note: Note }),
  closed({
    code: Type.Literal("O05"),
    state: ActionState,
    since: InstantText,
    until: Type.Optional(InstantText),
    note: Note,
  }),
  closed({ code: Type.Literal("O07"), state: ActionState, since: Type.Optional(InstantText), note: Note }),
  closed({ code: codes(["O11", "O12"]), reference: line(128), note: Note }),
  closed({
    code: Type.Literal("O15"),
    next_hop: line(128),
    country: Type.Optional(Type.String({ pattern: "^[A-Z]{2}$" })),
    note: Note,
  }),
  closed({ code: Type.Literal("O16"), kind: codes(list.FALSE_POSITIVE_KINDS), note: Note }),
  closed({ code: Type.Literal("O19"), reason: codes(list.NOT_COMPLETED_CODES), note: Note }),
]);
const OutcomeBody = closed({
  outcomes: perAsk({ results: Type.Array(OutcomeResult, { minItems: 1, maxItems: 8 }) }),
});

const observed = { observed_at: Type.Optional(InstantText), note: Note };
const VerifyBody = closed({
  verifications: perAsk(
    { code: codes(["V1", "V2", "V3", "V6"]), ...observed },
    { code: Type.Literal("V4"), moved_to: line(512), ...observed },
    { code: Type.Literal("V5"), recurred_at: InstantText, ...observed },
  ),
});

const CloseBody = Type.Union([
  closed({ disposition: codes(list.PLAIN_CLOSE_CODES), note: Note }),
  closed({ disposition: Type.Literal("C09"), duplicate_of: Uuid, note: Note }),
]);

const RELEASERS: readonly Role[] = ["releaser", "authority"];
const ASSESSORS: readonly Role[] = ["analyst", "releaser", "authority"];
const AUTHORITY: readonly Role[] = ["authority"];
const ANALYSTS: readonly Role[] = ["analyst", "authority"];
const WATCH: readonly Role[] = ["watch", "analyst"];

/** Two persons release what carries knowledge, one is enough for a code (SPEC 8-2.1). */
export function requestMessages(packSchema: TSchema): Readonly<Record<string, MessageRule>> {
  const supplement = closed({ pack: packSchema, asks: Type.Optional(AskNumbers), note: Note });
  const propose = closed({ disposition: codes(list.PROPOSABLE_CODES), note: Note });
  const keepOpen = closed({ proposal: Uuid, reason: codes(list.KEEP_OPEN_REASONS), note: Note });
  const withdraw = closed({ reason: codes(list.WITHDRAW_REASONS), note: Note });
  const transfer = closed({
    to: codes(list.TRANSFER_TARGETS),
    reference: Type.Optional(line(128)),
    note: Note,
  });
  return {
    "request.open": rule("request.open", "initiator", 2, RELEASERS, openBody(packSchema)),
    "request.preserve": rule("request.preserve", "respondent", 1, WATCH, PreserveBody),
    "request.clarify.ask": rule("request.clarify.ask", "respondent", 1, ANALYSTS, ClarifyAskBody),
    "request.clarify.answer": rule("request.clarify.answer", "initiator", 2, RELEASERS, ClarifyAnswerBody),
    "request.verdict": rule("request.verdict", "respondent", 2, ASSESSORS, VerdictBody),
    "request.supplement": rule("request.supplement", "initiator", 2, RELEASERS, supplement),
    "request.decide": rule("request.decide", "respondent", 1, AUTHORITY, DecideBody),
    "request.progress": rule("request.progress", "respondent", 1, [...WATCH, "authority"], ProgressBody),
    "request.outcome": rule("request.outcome", "respondent", 1, AUTHORITY, OutcomeBody),
    "request.verify": rule("request.verify", "initiator", 1, ANALYSTS, VerifyBody),
    "request.withdraw": {
      ...rule("request.withdraw", "initiator", 1, RELEASERS, withdraw),
      retracts: { effect: "withdrawn" },
    },
    "request.propose_close": rule("request.propose_close", "respondent", 1, ANALYSTS, propose),
    "request.keep_open": rule("request.keep_open", "initiator", 1, ANALYSTS, keepOpen),
    "request.close": rule("request.close", "initiator", 1, ASSESSORS, CloseBody),
    "request.transfer": rule("request.transfer", "either", 1, AUTHORITY, transfer),
  };
}

function rule(
  type: string,
  sender: MessageRule["sender"],
  persons: 1 | 2,
  roles: readonly Role[],
  body: TSchema,
): MessageRule {
  return { schema: schemaOf(type, body), sender, roles, release: { persons, roles }, scope: "technical" };
}

function schemaOf(type: string, body: TSchema): TObject {
  return closed({ ...EnvelopeFields, type: Type.Literal(type), body });
}
