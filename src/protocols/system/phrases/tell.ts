/** What system messages and the envelope say, as phrases (SPEC 8.7): arguments, code lists, and no words. */
import {
  CLOCK_SOURCES,
  EXPOSURES,
  LAYERS,
  NATURES,
  PAP,
  PRECEDENCES,
  REF_KINDS,
  TLP,
  TRANSLATIONS,
  USES,
} from "../../envelope.ts";
import {
  codeOf,
  COUNT,
  DURATION,
  NAME,
  PHRASES,
  pick,
  SENTENCES,
  TIME,
  timed,
  TOKEN,
  type ArgumentKinds,
  type CodeLists,
  type Tell,
} from "../../phrase-arguments.ts";
import {
  CLOSE_REASONS,
  COMPLIANCES,
  ERASURE_REASONS,
  EXTENSION_REASONS,
  INQUIRIES,
  KEPT_REASONS,
  LOWERING_REASONS,
  RETRACTION_REASONS,
  TEXTS_USED,
  UNDERSTOOD,
  VOID_CODES,
} from "../messages.ts";

export const SYSTEM_LISTS: CodeLists = {
  nature: NATURES,
  precedence: PRECEDENCES,
  layer: LAYERS,
  tlp: TLP,
  use: USES,
  pap: PAP,
  exposure: EXPOSURES,
  clock_source: CLOCK_SOURCES,
  text_form: ["original", "translation"],
  translation: TRANSLATIONS,
  ref_kind: REF_KINDS,
  severity: ["0", "1", "2", "3", "4", "5", "6"],
  void: VOID_CODES,
  understood: UNDERSTOOD,
  text_used: TEXTS_USED,
  extension_reason: EXTENSION_REASONS,
  inquiry: INQUIRIES,
  lowering_reason: LOWERING_REASONS,
  erasure_reason: ERASURE_REASONS,
  close_reason: CLOSE_REASONS,
  retraction_reason: RETRACTION_REASONS,
  complied: COMPLIANCES,
  kept_reason: KEPT_REASONS,
};

/** Arguments that every catalogue may use. */
export const COMMON_ARGUMENTS: ArgumentKinds = {
  from: NAME,
  to: NAME,
  party: NAME,
  role: { kind: "code", prefix: "role" },
  officer: COUNT,
  seq: COUNT,
  count: COUNT,
  number: COUNT,
  first: COUNT,
  last: COUNT,
  second: COUNT,
  id: TOKEN,
  case: TOKEN,
  path: TOKEN,
  type: TOKEN,
  time: TIME,
  duration: DURATION,
  timer: { kind: "code", prefix: "timer" },
  feed_of: NAME,
  of: PHRASES,
  rows: PHRASES,
  details: SENTENCES,
  sector: codeOf("sector"),
  severity: COUNT,
  severity_word: codeOf("severity"),
  outlook: codeOf("outlook"),
  layer: codeOf("layer"),
  precedence: codeOf("precedence"),
  attribution: TOKEN,
};

export const SYSTEM_ARGUMENTS: ArgumentKinds = {
  void_code: codeOf("void"),
  understood: codeOf("understood"),
  text_used: codeOf("text_used"),
  extension_reason: codeOf("extension_reason"),
  inquiry: codeOf("inquiry"),
  lowering_reason: codeOf("lowering_reason"),
  erasure_reason: codeOf("erasure_reason"),
  close_reason: codeOf("close_reason"),
  retraction_reason: codeOf("retraction_reason"),
  complied: codeOf("complied"),
  kept_reason: codeOf("kept_reason"),
};

export const SYSTEM_TELLS: Readonly<Record<string, Tell>> = {
  ack: (body, of) => ({
    args: {
      ...pick(body, { understood: "understood", text_used: "text_used" }),
      of: of(body["of"]),
      details: timed("detail.will_answer_by", body["will_answer_by"]),
    },
  }),
  "sys.error": (body, of) => ({ args: { ...pick(body, { code: "void_code" }), of: of(body["of"]) } }),
  "sys.inquiry": (body, of) => ({ args: { ...pick(body, { question: "inquiry" }), of: of(body["of"]) } }),
  "sys.gap": (body) => ({ args: pick(body, { feed: "feed_of", from: "first", to: "last" }) }),
  "precedence.lowered": (body, of) => ({
    args: { ...pick(body, { to: "precedence", reason: "lowering_reason" }), of: of(body["of"]) },
  }),
  "timer.extend": (body) => ({
    args: pick(body, { timer: "timer", seconds: "duration", reason: "extension_reason" }),
  }),
  reveal: (body, of) => ({ args: { ...pick(body, { path: "path" }), of: of(body["of"]) } }),
  retract: (body, of) => {
    const { items } = body;
    const args = { ...pick(body, { reason: "retraction_reason" }), of: of(body["of"]) };
    return Array.isArray(items)
      ? { variant: "retract.items", args: { ...args, count: items.length } }
      : { args };
  },
  "retract.ack": (body, of) => ({
    ...(body["code"] !== undefined && { variant: "retract.ack.kept" }),
    args: { ...pick(body, { complied: "complied", code: "kept_reason" }), of: of(body["of"]) },
  }),
  close: (body) => ({ args: pick(body, { reason: "close_reason" }) }),
  erase: (body) => ({ args: pick(body, { feed: "feed_of", seq: "seq", reason: "erasure_reason" }) }),
};
