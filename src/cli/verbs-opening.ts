/** Verbs that open a case: `notice`, `request`, `dispute`, `check`; and `say`, which says any message type. */
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { CHECK_KINDS, CHECK_PATHS } from "#parley/protocols/comms_check/codes.ts";
import { DISPUTE_GROUNDS, POINT_KINDS } from "#parley/protocols/dispute/codes.ts";
import * as notice from "#parley/protocols/notice/codes.ts";
import { INDICATORS_LIMIT } from "#parley/protocols/notice/messages.ts";
import { ApiRefusal } from "./api.ts";
import { UsageFault, type OptionSpec } from "./arguments.ts";
import type { Call } from "./command.ts";
import { readJsonFile } from "./json-file.ts";
import { readMaterial } from "./material-file.ts";
import { indicatorsToNotice, indicatorsToPack } from "#parley/intel/indicator-pack.ts";
import { parseNumber } from "./rows.ts";
import { doorRefusal } from "./shown.ts";
import { CASE, CHANNEL, needed, optional, type Verb } from "./speak.ts";

const HARM_OPTIONS = {
  sector: { kind: "value", choices: notice.NOTICE_SECTORS },
  severity: { kind: "value", value: "0-6" },
  outlook: { kind: "value", choices: notice.OUTLOOKS },
  "life-safety": { kind: "flag" },
  indicators: { kind: "value", value: "FILE" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const KASE = "0192f3a1-0000-7000-8000-0000000000c1";

export const OPENING_VERBS: readonly Verb[] = [
  {
    path: "notice",
    type: "notice.open",
    operands: [CHANNEL],
    options: {
      ...HARM_OPTIONS,
      class: { kind: "value", choices: notice.RSIT_CLASSES },
      subclass: { kind: "value", value: "CODE" },
      direction: { kind: "value", choices: notice.NOTICE_DIRECTIONS },
      stage: { kind: "value", choices: notice.NOTICE_STAGES },
      wish: { kind: "value", choices: notice.NOTICE_WISHES },
      suspected: { kind: "value", choices: notice.SUSPICIONS },
      "aware-at": { kind: "value", value: "TIME" },
      victims: { kind: "value", value: "N" },
    },
    examples: [
      "parley notice RIMAL --class malicious-code --direction from-your-territory --sector health --severity 4",
      "parley notice RIMAL --class fraud --direction common-threat --sector food --severity 3 --indicators list.csv",
    ],
    body: noticeBody,
  },
  {
    path: "request",
    type: "request.open",
    operands: [CHANNEL],
    options: {
      ...HARM_OPTIONS,
      ask: { kind: "many", value: "CODE:TARGET[:BASIS[:REF]]" },
      pack: { kind: "value", value: "FILE" },
      "if-done": { kind: "value", value: "TEXT" },
      "if-not-done": { kind: "value", value: "TEXT" },
    },
    examples: [
      "parley request RIMAL --ask A01:192.0.2.17 --ask A05:192.0.2.17 --sector health --severity 4 --pack pack.json",
      "parley request RIMAL --ask A06:c2.example --sector energy --severity 5 --indicators indicators.csv",
    ],
    body: requestBody,
  },
  {
    path: "dispute",
    type: "dispute.raise",
    operands: [CHANNEL],
    options: {
      target: { kind: "value", value: "CASE" },
      ground: { kind: "value", choices: DISPUTE_GROUNDS },
      point: { kind: "value", choices: POINT_KINDS },
      "point-ref": { kind: "value", value: "REF" },
      statement: { kind: "value", value: "TEXT" },
    },
    examples: [
      `parley dispute RIMAL --target ${KASE} --ground facts --point outcome --point-ref O05 --statement Seen`,
    ],
    body: disputeBody,
  },
  {
    path: "check",
    type: "comms_check.ping",
    operands: [CHANNEL],
    options: {
      kind: { kind: "value", choices: CHECK_KINDS },
      corpus: { kind: "value", value: "REF" },
      path: { kind: "value", choices: CHECK_PATHS },
    },
    examples: ["parley check RIMAL", "parley check RIMAL --kind K2 --corpus ar-01"],
    envelope: { precedence: "immediate" },
    body: ({ args, ports }) => ({
      kind: args.one("kind") ?? "K1",
      corpus_ref: args.one("corpus") ?? "en-01",
      path: args.one("path") ?? "https",
      sent_at: encodeInstant(ports.clock()),
    }),
  },
  {
    path: "say",
    operands: [{ name: "TYPE" }, CHANNEL, { ...CASE, optional: true }],
    options: {},
    examples: [`parley say notice.update RIMAL ${KASE} --body update.json`],
    body: () => ({}),
  },
];

async function noticeBody(call: Call): Promise<JsonObject> {
  const { args, ports } = call;
  const fromFlags = args.one("body") === undefined;
  const severity = needed(call, "severity");
  const indicators = args.one("indicators");
  const victims = args.one("victims");
  return {
    ...(fromFlags && {
      aware_at: encodeInstant(ports.clock()),
      stage: "early",
      state_involvement_claim: "none-made",
      suspected_malicious: "unknown",
      wish: "information-only",
      life_safety: false,
    }),
    ...optional(args.one("aware-at"), "aware_at"),
    ...optional(args.one("stage"), "stage"),
    ...optional(args.one("suspected"), "suspected_malicious"),
    ...optional(args.one("wish"), "wish"),
    ...optional(needed(call, "class"), "class_1"),
    ...optional(args.one("subclass"), "class_2"),
    ...optional(needed(call, "direction"), "direction"),
    ...optional(needed(call, "sector"), "sector"),
    ...optional(args.one("outlook"), "outlook_6h"),
    ...(severity !== undefined && { severity: parseNumber("--severity", severity) }),
    ...(args.flag("life-safety") && { life_safety: true }),
    ...(victims !== undefined && { victims: { count: parseNumber("--victims", victims) } }),
    ...(indicators !== undefined && { indicators: await noticeIndicators(call, indicators) }),
  };
}

async function noticeIndicators(call: Call, path: string): Promise<readonly JsonObject[]> {
  const { indicators } = await readMaterial(call, path);
  if (indicators.length > INDICATORS_LIMIT)
    throw new ApiRefusal(
      doorRefusal("material-too-large", { indicators: indicators.length, limit: INDICATORS_LIMIT }),
    );
  return indicatorsToNotice(indicators);
}

async function requestBody(call: Call): Promise<JsonObject> {
  const { args } = call;
  const fromFlags = args.one("body") === undefined;
  const asks = args.many("ask").map(parseAsk);
  if (fromFlags && asks.length === 0) throw new UsageFault("option-missing", { option: "--ask" });
  const pack = await readPack(call);
  return {
    ...(fromFlags && { harm: harmOf(call), no_state_involvement_alleged: true, pack: {} }),
    ...(asks.length > 0 && { asks }),
    ...(pack !== undefined && { pack }),
    ...optional(args.one("if-done"), "if_done"),
    ...optional(args.one("if-not-done"), "if_not_done"),
  };
}

function harmOf(call: Call): JsonObject {
  const { args } = call;
  return {
    life_safety: args.flag("life-safety"),
    outlook_6h: args.one("outlook") ?? "stable",
    sector: needed(call, "sector") ?? "unknown",
    severity: parseNumber("--severity", needed(call, "severity") ?? "0"),
  };
}

/** A pack from a file, with the indicators of another added to its lists. */
export async function readPack(call: Call): Promise<JsonObject | undefined> {
  const path = call.args.one("pack");
  const list = call.args.one("indicators");
  const written = path === undefined ? undefined : await readObject(call, path);
  if (list === undefined) return written;
  const made = indicatorsToPack((await readMaterial(call, list)).indicators);
  if (made === undefined) throw new ApiRefusal(doorRefusal("material-too-large"));
  return written === undefined ? made : joinPacks(written, made);
}

/** Members of both are lists in a pack made from indicators; ids of the two do not meet (`i-1`, `list-1`). */
function joinPacks(written: JsonObject, made: JsonObject): JsonObject {
  const listOf = (value: Json | undefined): readonly Json[] =>
    Array.isArray(value) ? (value as readonly Json[]) : [];
  const joined = Object.keys(made).map((key): readonly [string, Json] => [
    key,
    [...listOf(written[key]), ...listOf(made[key])],
  ]);
  return { ...written, ...Object.fromEntries(joined) };
}

async function readObject(call: Call, path: string): Promise<JsonObject> {
  const value = await readJsonFile(call.ports, path);
  if (value === undefined || !isJsonObject(value)) throw new UsageFault("body-malformed", { file: path });
  return value;
}

/** `A05:192.0.2.17`, with a legal basis and its reference where the ask needs them. An IPv6 target goes in brackets. */
function parseAsk(text: string, index: number): JsonObject {
  const match = /^([A-Z][0-9]{2}):(\[[^\]]+\]|[^:]+)(?::([a-z0-9-]+))?(?::(.+))?$/.exec(text);
  if (match === null) throw new UsageFault("option-malformed", { option: "--ask", value: text });
  const [, code = "", target = "", basis = "none-voluntary", reference] = match;
  return {
    ask: index + 1,
    code,
    target: target.replace(/^\[(.*)\]$/, "$1"),
    legal_basis: basis,
    ...optional(reference, "legal_ref"),
  };
}

function disputeBody(call: Call): JsonObject {
  const target = needed(call, "target");
  const kind = needed(call, "point");
  const ref = needed(call, "point-ref");
  return {
    ...optional(target, "target"),
    ...optional(needed(call, "ground"), "ground"),
    ...(kind !== undefined && ref !== undefined && { point: { kind, ref } }),
    ...statementOf(call),
  };
}

export function statementOf(call: Call): JsonObject {
  const text = needed(call, "statement");
  return text === undefined
    ? {}
    : { statement: { lang: call.args.one("text-lang") ?? call.words.lang, text } };
}
