/**
 * Messages of the dispute protocol (SPEC 8-3.2): schemas, senders and release rules.
 *
 * Every statement has the same length limit, whoever makes it. Material that supports one travels in the
 * envelope (`attach`, `refs`, `withheld`), so a dispute has no second way to carry evidence.
 */
import { Type, type TProperties } from "typebox";
import {
  codes,
  closed,
  EnvelopeFields,
  Lang,
  line,
  messageSchema,
  text,
  Uuid,
  type Role,
} from "../envelope.ts";
import type { MessageRule } from "../protocol.ts";
import {
  DISPUTE_GROUNDS,
  ESCALATION_LEVELS,
  POINT_KINDS,
  READER_ACTIONS,
  SETTLE_ACTIONS,
  SETTLE_CODES,
} from "./codes.ts";

/** SPEC 8-3.2.2: characters (Unicode code points) of every statement, the same for both sides. */
export const STATEMENT_LENGTH_LIMIT = 4_000;
/** Messages shown to a neutral reader. */
export const EXHIBITS_LIMIT = 64;

export const Statement = closed({ lang: Lang, text: text(STATEMENT_LENGTH_LIMIT) });
export const DisputedPoint = closed({ kind: codes(POINT_KINDS), ref: line(128) });

export const DisputeRaise = messageSchema("dispute.raise", {
  target: Uuid,
  ground: codes(DISPUTE_GROUNDS),
  point: DisputedPoint,
  statement: Statement,
});
export const DisputeAnswer = messageSchema("dispute.answer", { statement: Statement });
export const DisputeEscalate = messageSchema("dispute.escalate", { to: codes(ESCALATION_LEVELS) });
export const DisputeNeutralReader = actionSchema(
  "dispute.neutral_reader",
  {
    action: codes(READER_ACTIONS),
    proposal: Type.Optional(Uuid),
    reader: Type.Optional(line(128)),
    exhibits: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: EXHIBITS_LIMIT, uniqueItems: true })),
  },
  ["action", "reader", "exhibits"],
);
export const DisputeSettle = actionSchema(
  "dispute.settle",
  {
    action: codes(SETTLE_ACTIONS),
    proposal: Type.Optional(Uuid),
    code: Type.Optional(codes(SETTLE_CODES)),
  },
  ["action", "code"],
);
export const DisputeRecord = messageSchema("dispute.record", { statement: Statement });

const SENDERS: readonly Role[] = ["watch", "analyst", "releaser", "authority", "principal"];
const DECIDERS: readonly Role[] = ["authority", "principal"];
const RELEASE: MessageRule["release"] = { persons: 2, roles: ["releaser", "authority", "principal"] };

export const DISPUTE_MESSAGES: Readonly<Record<string, MessageRule>> = {
  "dispute.raise": rule("initiator", SENDERS, DisputeRaise),
  "dispute.answer": rule("respondent", SENDERS, DisputeAnswer),
  "dispute.escalate": rule("either", SENDERS, DisputeEscalate),
  "dispute.neutral_reader": rule("either", DECIDERS, DisputeNeutralReader),
  "dispute.settle": rule("either", SENDERS, DisputeSettle),
  "dispute.record": rule("either", DECIDERS, DisputeRecord),
};

function rule(
  sender: MessageRule["sender"],
  roles: readonly Role[],
  schema: MessageRule["schema"],
): MessageRule {
  return { schema, sender, roles, release: RELEASE, scope: "technical" };
}

/** A proposal has its content and no `proposal`; an answer to one names it and repeats nothing. */
function actionSchema<T extends string, B extends TProperties>(
  type: T,
  body: B,
  proposing: readonly string[],
) {
  const only = (members: readonly string[]) => ({
    required: [...members],
    propertyNames: { enum: [...members] },
  });
  const Body = Type.Object(body, {
    additionalProperties: false,
    if: { properties: { action: { const: "propose" } }, required: ["action"] },
    then: only(proposing),
    else: only(["action", "proposal"]),
  });
  return closed({ ...EnvelopeFields, type: Type.Literal(type), body: Body });
}
