/**
 * A redaction plan (SPEC 13.1): what is to be left out of which format, as data that people write and releasers
 * read.
 *
 * Guarantees: a plan that parses is closed, within limits, and of one format. It holds no code and no pattern
 * language: a rule that two readers understand differently is worse than a rule more.
 */
import { Type, type Static, type TProperties } from "typebox";
import { Compile } from "typebox/compile";
import { utf8ToText } from "#parley/codec/bytes.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { RedactionCode } from "./codes.ts";

/** A plan is written by hand. */
export const PLAN_SIZE_LIMIT_BYTES = 1_048_576;
const RULES_LIMIT = 1_000;

function closed<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** Of every rule: it may find nothing; its values may stand elsewhere. */
const allowances = { may_miss: Type.Optional(Type.Boolean()), may_remain: Type.Optional(Type.Boolean()) };
const DropOrMask = Type.Union([Type.Literal("drop"), Type.Literal("mask")]);
const Literal_ = Type.String({ minLength: 1, maxLength: 1_024 });
const Ordinal = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** From and to, both included, counted from 1. */
const Range = Type.Tuple([Ordinal, Ordinal]);
const rules = <T extends ReturnType<typeof closed>>(rule: T) =>
  Type.Array(rule, { minItems: 1, maxItems: RULES_LIMIT });

/** RFC 6901, with `*` for every member or element. */
const Pointer = Type.String({ maxLength: 4_096, pattern: "^(/.*)?$" });
const JsonRule = closed({ at: Pointer, how: DropOrMask, ...allowances });
export const JsonPlan = closed({ v: Type.Literal(1), format: Type.Literal("json"), rules: rules(JsonRule) });

const StixRule = closed({
  at: Pointer,
  how: DropOrMask,
  type: Type.Optional(Type.String({ maxLength: 250 })),
  id: Type.Optional(Type.String({ maxLength: 300 })),
  ...allowances,
});
export const StixPlan = closed({
  v: Type.Literal(1),
  format: Type.Literal("stix"),
  rules: rules(StixRule),
  /** Identity of the redactor: the creator of every changed object. */
  redactor: Type.String({ pattern: "^identity--[0-9a-f-]{36}$" }),
  /** `created` and `modified` of every changed object. */
  at: Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$" }),
});

const CsvRule = Type.Union([
  closed({ column: Type.Union([Ordinal, Literal_]), how: DropOrMask, ...allowances }),
  closed({ records: Range, how: Type.Literal("drop"), ...allowances }),
  closed({
    column: Type.Union([Ordinal, Literal_]),
    in: Type.Array(Type.String({ maxLength: 1_024 }), { minItems: 1, maxItems: 100_000 }),
    how: Type.Literal("drop"),
    ...allowances,
  }),
]);
export const CsvPlan = closed({
  v: Type.Literal(1),
  format: Type.Literal("csv"),
  rules: Type.Array(CsvRule, { minItems: 1, maxItems: RULES_LIMIT }),
  separator: Type.Optional(Type.Union([Type.Literal(","), Type.Literal(";"), Type.Literal("\t")])),
  header: Type.Boolean(),
});

const LogRule = Type.Union([
  closed({ lines: Range, how: DropOrMask, ...allowances }),
  closed({ containing: Literal_, how: DropOrMask, ...allowances }),
  closed({ literal: Literal_, how: Type.Literal("mask"), ...allowances }),
  closed({ after: Literal_, until: Type.Optional(Literal_), how: Type.Literal("mask"), ...allowances }),
  closed({ columns: Range, how: Type.Literal("mask"), ...allowances }),
]);
export const LogPlan = closed({
  v: Type.Literal(1),
  format: Type.Literal("log"),
  rules: Type.Array(LogRule, { minItems: 1, maxItems: RULES_LIMIT }),
});

const MailRule = Type.Union([
  closed({ header: Literal_, how: DropOrMask, ...allowances }),
  closed({ part: Ordinal, how: Type.Literal("drop"), ...allowances }),
  closed({ literal: Literal_, how: Type.Literal("mask"), ...allowances }),
]);
export const MailPlan = closed({
  v: Type.Literal(1),
  format: Type.Literal("mail"),
  rules: Type.Array(MailRule, { minItems: 1, maxItems: RULES_LIMIT }),
});

/** An address or a prefix of one. */
const Prefix = Type.String({ maxLength: 49, pattern: "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$" });
const Prefixes = Type.Array(Prefix, { minItems: 1, maxItems: 4_096 });
const CaptureRule = Type.Union([
  closed({ packets: Range, how: Type.Literal("drop"), ...allowances }),
  closed({ touching: Prefixes, how: Type.Literal("drop"), ...allowances }),
  closed({ not_touching: Prefixes, how: Type.Literal("drop"), ...allowances }),
]);
export const CapturePlan = closed({
  v: Type.Literal(1),
  format: Type.Literal("capture"),
  rules: Type.Array(CaptureRule, { maxItems: RULES_LIMIT }),
  /** Bytes kept of what TCP, UDP and ICMP carry. */
  payload: Type.Union([Type.Literal("keep"), Type.Integer({ minimum: 0, maximum: 262_144 })]),
  /** Absent: every address stays. */
  addresses: Type.Optional(closed({ keep: Type.Array(Prefix, { maxItems: 4_096 }) })),
  mac: Type.Union([Type.Literal("keep"), Type.Literal("zero")]),
  vlan: Type.Union([Type.Literal("keep"), Type.Literal("zero"), Type.Literal("remove")]),
});

const PdfRule = closed({ pages: Range, how: Type.Literal("drop"), ...allowances });
export const PdfPlan = closed({
  v: Type.Literal(1),
  format: Type.Literal("pdf"),
  /** Metadata, attachments, scripts, annotations and history always go. */
  rules: Type.Array(PdfRule, { maxItems: RULES_LIMIT }),
});

const Pixels = Type.Integer({ minimum: 0, maximum: 65_535 });
const Size = Type.Integer({ minimum: 1, maximum: 65_535 });
const Box = closed({ left: Pixels, top: Pixels, width: Size, height: Size });
export const ImagePlan = closed({
  v: Type.Literal(1),
  format: Type.Literal("image"),
  /** In pixels of the picture as it is shown, after its orientation is applied. */
  boxes: Type.Array(Box, { maxItems: RULES_LIMIT }),
});

export const RedactionPlan = Type.Union([
  JsonPlan,
  StixPlan,
  CsvPlan,
  LogPlan,
  MailPlan,
  CapturePlan,
  PdfPlan,
  ImagePlan,
]);

export type JsonPlan = Static<typeof JsonPlan>;
export type StixPlan = Static<typeof StixPlan>;
export type CsvPlan = Static<typeof CsvPlan>;
export type LogPlan = Static<typeof LogPlan>;
export type MailPlan = Static<typeof MailPlan>;
export type CapturePlan = Static<typeof CapturePlan>;
export type PdfPlan = Static<typeof PdfPlan>;
export type ImagePlan = Static<typeof ImagePlan>;
export type RedactionPlan = Static<typeof RedactionPlan>;

const shape = Compile(RedactionPlan);

/** JSON as people write it; refuses anything beside the schema of its format. SPEC 13.1.2. */
export function parseRedactionPlan(bytes: Uint8Array): RedactionPlan | Refusal<RedactionCode> {
  const text = bytes.length > PLAN_SIZE_LIMIT_BYTES ? undefined : utf8ToText(bytes);
  if (text === undefined) return refuse("redaction-plan", { what: "size" });
  try {
    return readRedactionPlan(JSON.parse(text));
  } catch {
    return refuse("redaction-plan", { what: "json" });
  }
}

/** A plan that arrived as a value. */
export function readRedactionPlan(value: unknown): RedactionPlan | Refusal<RedactionCode> {
  return shape.Check(value) ? value : refuse("redaction-plan", { what: "schema" });
}
