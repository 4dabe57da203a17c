/**
 * Messages of the communication check (SPEC 8-4.1): schemas, senders and release rules.
 *
 * No check may carry content: these schemas leave out every envelope member that could (`texts`, `attach`,
 * `withheld`, `refs`, `use`, marks of source and exposure), and every member of a body is a code, a number,
 * an instant or a hash.
 */
import { Type, type TProperties } from "typebox";
import { codes, closed, Digest, EnvelopeFields, InstantText, Lang, ROLES, type Role } from "../envelope.ts";
import type { MessageRule } from "../protocol.ts";
import { CHECK_KINDS, CHECK_PATHS } from "./codes.ts";
import { CORPUS_REFS } from "./corpus.ts";

const BareEnvelope = {
  case: EnvelopeFields.case,
  id: EnvelopeFields.id,
  serial: EnvelopeFields.serial,
  nature: EnvelopeFields.nature,
  layer: EnvelopeFields.layer,
  clock: EnvelopeFields.clock,
  from_role: EnvelopeFields.from_role,
  officer: EnvelopeFields.officer,
  tlp: EnvelopeFields.tlp,
} as const;

const seconds = Type.Integer({ minimum: 0, maximum: 31_622_400 });
const count = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const permille = Type.Integer({ minimum: 0, maximum: 1_000 });

/** T_ack is the one of `immediate`, so a ping and its echo have no other precedence. */
const immediate = Type.Literal("immediate");

/** A K5 is an exercise by its nature; the other kinds may be of any nature (SPEC 8-4.2.2). */
export const CommsCheckPing = Type.Object(
  {
    ...BareEnvelope,
    precedence: immediate,
    type: Type.Literal("comms_check.ping"),
    body: closed({
      kind: codes(CHECK_KINDS),
      corpus_ref: Type.Enum([...CORPUS_REFS]),
      sent_at: InstantText,
      path: codes(CHECK_PATHS),
    }),
  },
  {
    additionalProperties: false,
    if: { properties: { body: { properties: { kind: { const: "K5" } } } } },
    then: { properties: { nature: { const: "exercise" } } },
  },
);

export const CommsCheckEcho = bareSchema("comms_check.echo", immediate, {
  same_text_hash: Digest,
  role: codes(ROLES),
  lang: Lang,
  seconds_to_ack: seconds,
});

const figures = {
  sent: count,
  passed: count,
  success_permille: permille,
  median_seconds: Type.Optional(seconds),
  p95_seconds: Type.Optional(seconds),
} as const;

/** Median and 95th percentile are absent when no check of the period was echoed. */
const report = {
  period: Type.String({ pattern: "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
  ...figures,
  by_kind: Type.Array(closed({ kind: codes(CHECK_KINDS), ...figures }), { maxItems: CHECK_KINDS.length }),
  by_hour: Type.Array(
    closed({ hour: Type.Integer({ minimum: 0, maximum: 23 }), sent: count, passed: count }),
    {
      maxItems: 24,
    },
  ),
} as const;

export const CommsCheckReport = bareSchema("comms_check.report", Type.Literal("routine"), report);
/** The other side's own figures for the month, in the same form: equal bytes are agreement. */
export const CommsCheckCountersign = bareSchema("comms_check.countersign", Type.Literal("routine"), report);

const WATCH: readonly Role[] = ["watch"];
/** An echo from the wrong desk must reach the machine to be recorded as `wrong-role`; the gate releases only watch. */
const PERSONS: readonly Role[] = ["watch", "analyst", "releaser", "authority", "principal", "liaison"];

export const COMMS_CHECK_MESSAGES: Readonly<Record<string, MessageRule>> = {
  "comms_check.ping": rule("initiator", WATCH, CommsCheckPing),
  "comms_check.echo": rule("respondent", PERSONS, CommsCheckEcho),
  "comms_check.report": rule("initiator", WATCH, CommsCheckReport),
  "comms_check.countersign": rule("respondent", WATCH, CommsCheckCountersign),
};

function rule(
  sender: MessageRule["sender"],
  roles: readonly Role[],
  schema: MessageRule["schema"],
): MessageRule {
  return { schema, sender, roles, release: { persons: 1, roles: WATCH }, scope: "comms_check" };
}

function bareSchema<T extends string, P extends string, B extends TProperties>(
  type: T,
  precedence: ReturnType<typeof Type.Literal<P>>,
  body: B,
) {
  return closed({ ...BareEnvelope, precedence, type: Type.Literal(type), body: closed(body) });
}
