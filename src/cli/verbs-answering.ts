/** Verbs in a case that is open: `ack`, `answer …`; and about the channel: `suspend`, `resume`, `terminate`. */
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { SUSPENSION_SCOPES, SUSPEND_REASONS, TERMINATE_REASONS } from "#parley/protocols/agreement/codes.ts";
import { TERMINATION_NOTICE_DAYS } from "#parley/protocols/agreement/messages.ts";
import { sentenceOf } from "#parley/protocols/comms_check/corpus.ts";
import { ASSESS_CODES } from "#parley/protocols/notice/codes.ts";
import * as request from "#parley/protocols/request/codes.ts";
import { TEXTS_USED, UNDERSTOOD } from "#parley/protocols/system/messages.ts";
import { UsageFault, type OptionSpec } from "./arguments.ts";
import type { Call } from "./command.ts";
import { parseNumber, parseRow, type RowForm } from "./rows.ts";
import { CASE, CHANNEL, needed, optional, type Verb } from "./speak.ts";
import { readPack, statementOf } from "./verbs-opening.ts";

const KASE = "0192f3a1-0000-7000-8000-0000000000c1";
const MESSAGE = "0192f3a1-0000-7000-8000-0000000000a1";
const IN_CASE = [CHANNEL, CASE];
const TIME: OptionSpec = { kind: "value", value: "TIME" };
const FILE_VALUE: OptionSpec = { kind: "value", value: "FILE" };
const NOTE: Readonly<Record<string, OptionSpec>> = { note: { kind: "value", value: "TEXT" } };

export const ANSWERING_VERBS: readonly Verb[] = [
  {
    path: "ack",
    type: "ack",
    operands: IN_CASE,
    options: {
      of: { kind: "value", value: "MESSAGE" },
      understood: { kind: "value", choices: UNDERSTOOD },
      "text-used": { kind: "value", choices: TEXTS_USED },
      "answer-by": { kind: "value", value: "TIME" },
    },
    examples: [`parley ack RIMAL ${KASE} --of ${MESSAGE}`],
    body: (call) => ({
      ...optional(needed(call, "of"), "of"),
      understood: call.args.one("understood") ?? "yes",
      text_used: call.args.one("text-used") ?? "original",
      ...optional(call.args.one("answer-by"), "will_answer_by"),
    }),
  },
  {
    path: "answer assess",
    type: "notice.assess",
    operands: IN_CASE,
    options: {
      code: { kind: "value", choices: ASSESS_CODES },
      "revert-by": { kind: "value", value: "TIME" },
    },
    examples: [`parley answer assess RIMAL ${KASE} --code not-known-will-look`],
    body: (call) => ({
      ...optional(needed(call, "code"), "code"),
      ...optional(call.args.one("revert-by"), "will_revert_by"),
    }),
  },
  rowsVerb(
    "verdict",
    "request.verdict",
    "verdicts",
    "ask",
    { number: "ask", code: "verdict", lists: ["items"] },
    [`parley answer verdict RIMAL ${KASE} --ask 1=sufficient --ask 2=insufficient,items=E04+E09`],
  ),
  rowsVerb("decide", "request.decide", "decisions", "ask", { number: "ask", code: "decision" }, [
    `parley answer decide RIMAL ${KASE} --ask 1=accepted --ask 2=declined,code=D07`,
  ]),
  {
    path: "answer progress",
    type: "request.progress",
    operands: IN_CASE,
    options: { stage: { kind: "value", choices: request.PROGRESS_STAGES }, "expected-by": TIME, ...NOTE },
    examples: [`parley answer progress RIMAL ${KASE} --stage operator-contacted`],
    body: (call) => ({
      ...optional(needed(call, "stage"), "stage"),
      ...optional(call.args.one("expected-by"), "expected_by"),
      ...noteOf(call),
    }),
  },
  {
    path: "answer outcome",
    type: "request.outcome",
    operands: IN_CASE,
    options: { ask: { kind: "many", value: "N=CODE[,KEY=VALUE]" } },
    examples: [
      `parley answer outcome RIMAL ${KASE} --ask 1=O01 --ask 2=O05,state=active,since=2026-11-22T03:00:00Z`,
    ],
    body: outcomeBody,
  },
  rowsVerb("verify", "request.verify", "verifications", "ask", { number: "ask", code: "code" }, [
    `parley answer verify RIMAL ${KASE} --ask 1=V1 --ask 2=V3,observed_at=2026-11-22T04:00:00Z`,
  ]),
  rowsVerb("clarify", "request.clarify.ask", "questions", "question", { number: "question", code: "code" }, [
    `parley answer clarify RIMAL ${KASE} --question 1=Q-PORT`,
  ]),
  rowsVerb(
    "explain",
    "request.clarify.answer",
    "answers",
    "question",
    { number: "question", code: "answer" },
    [`parley answer explain RIMAL ${KASE} --question "1=answered,text=Source ports follow"`],
  ),
  {
    path: "answer supplement",
    type: "request.supplement",
    operands: IN_CASE,
    options: { pack: FILE_VALUE, indicators: FILE_VALUE, ...NOTE },
    examples: [`parley answer supplement RIMAL ${KASE} --pack pack.json`],
    body: async (call) => {
      const pack = await readPack(call);
      if (pack === undefined && call.args.one("body") === undefined)
        throw new UsageFault("option-missing", { option: "--pack" });
      return { ...(pack !== undefined && { pack }), ...noteOf(call) };
    },
  },
  {
    path: "answer preserve",
    type: "request.preserve",
    operands: IN_CASE,
    options: { state: { kind: "value", choices: request.PRESERVE_STATES }, until: TIME, ...NOTE },
    examples: [`parley answer preserve RIMAL ${KASE} --state confirmed --until 2026-12-22T02:10:00Z`],
    body: (call) => ({
      ...optional(needed(call, "state"), "state"),
      ...optional(call.args.one("until"), "until"),
      ...noteOf(call),
    }),
  },
  codeVerb("withdraw", "request.withdraw", "reason", request.WITHDRAW_REASONS, "resolved-itself"),
  codeVerb("propose-close", "request.propose_close", "disposition", request.PROPOSABLE_CODES, "C01"),
  codeVerb("close", "request.close", "disposition", request.PLAIN_CLOSE_CODES, "C01"),
  {
    path: "answer dispute",
    type: "dispute.answer",
    operands: IN_CASE,
    options: { statement: { kind: "value", value: "TEXT" } },
    examples: [`parley answer dispute RIMAL ${KASE} --statement "The block was active at our border"`],
    body: statementOf,
  },
  {
    path: "answer record",
    type: "dispute.record",
    operands: IN_CASE,
    options: { statement: { kind: "value", value: "TEXT" } },
    examples: [`parley answer record RIMAL ${KASE} --statement "We part on this point"`],
    body: statementOf,
  },
  {
    path: "answer echo",
    type: "comms_check.echo",
    operands: IN_CASE,
    options: { corpus: { kind: "value", value: "REF" }, "sent-at": TIME },
    examples: [`parley answer echo RIMAL ${KASE} --corpus en-01 --sent-at 2026-11-22T02:10:00Z`],
    envelope: { precedence: "immediate" },
    body: echoBody,
  },
  {
    path: "suspend",
    type: "channel.suspend",
    operands: [CHANNEL],
    options: {
      scope: { kind: "many", choices: SUSPENSION_SCOPES },
      reason: { kind: "value", choices: SUSPEND_REASONS },
    },
    examples: ["parley suspend RIMAL --scope technical --reason capacity"],
    body: (call) => ({ ...scopesOf(call), ...optional(needed(call, "reason"), "reason") }),
  },
  {
    path: "resume",
    type: "channel.resume",
    operands: [CHANNEL],
    options: { scope: { kind: "many", choices: SUSPENSION_SCOPES } },
    examples: ["parley resume RIMAL", "parley resume RIMAL --scope technical"],
    body: scopesOf,
  },
  {
    path: "terminate",
    type: "channel.terminate",
    operands: [CHANNEL],
    options: {
      reason: { kind: "value", choices: TERMINATE_REASONS },
      "notice-days": { kind: "value", value: "N" },
    },
    examples: ["parley terminate RIMAL --reason withdrawal --notice-days 30"],
    body: (call) => ({
      ...optional(needed(call, "reason"), "reason"),
      notice_days: parseNumber(
        "--notice-days",
        call.args.one("notice-days") ?? String(TERMINATION_NOTICE_DAYS),
      ),
    }),
  },
];

function rowsVerb(
  name: string,
  type: string,
  member: string,
  option: string,
  form: RowForm,
  examples: readonly string[],
): Verb {
  return {
    path: `answer ${name}`,
    type,
    operands: IN_CASE,
    options: { [option]: { kind: "many", value: "N=CODE[,KEY=VALUE]" } },
    examples,
    body: (call) => {
      const rows = call.args.many(option).map((text) => numbered(parseRow(`--${option}`, text, form)));
      if (rows.length === 0) needed(call, option);
      return rows.length === 0 ? {} : { [member]: rows };
    },
  };
}

/** `ask=2` beside a question is a number too. */
function numbered(row: JsonObject): JsonObject {
  const ask = row["ask"];
  return typeof ask === "string" ? { ...row, ask: parseNumber("--question", ask) } : row;
}

function codeVerb(
  name: string,
  type: string,
  member: string,
  choices: readonly string[],
  example: string,
): Verb {
  return {
    path: `answer ${name}`,
    type,
    operands: IN_CASE,
    options: { [member]: { kind: "value", choices }, ...NOTE },
    examples: [`parley answer ${name} RIMAL ${KASE} --${member} ${example}`],
    body: (call) => ({ ...optional(needed(call, member), member), ...noteOf(call) }),
  };
}

function noteOf({ args }: Call): JsonObject {
  return optional(args.one("note"), "note");
}

/** Several results for one ask are several rows with the same number. */
function outcomeBody(call: Call): JsonObject {
  const rows = call.args.many("ask").map((text) => parseRow("--ask", text, { number: "ask", code: "code" }));
  if (rows.length === 0) needed(call, "ask");
  const byAsk = Map.groupBy(rows, ({ ask }) => ask ?? 0);
  const outcomes = [...byAsk].map(([ask, own]) => ({
    ask,
    results: own.map(withoutAsk),
  }));
  return outcomes.length === 0 ? {} : { outcomes };
}

function withoutAsk(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([key]) => key !== "ask"));
}

function echoBody(call: Call): JsonObject {
  const { args, ports } = call;
  const ref = needed(call, "corpus");
  const sentAt = needed(call, "sent-at");
  if (ref === undefined || sentAt === undefined) return {};
  const sentence = sentenceOf(ref);
  const sent = parseInstant(sentAt);
  if (sentence === undefined) throw new UsageFault("option-malformed", { option: "--corpus", value: ref });
  if (isRefusal(sent)) throw new UsageFault("option-malformed", { option: "--sent-at", value: sentAt });
  const at = ports.clock();
  return {
    lang: sentence.lang,
    role: args.one("as") ?? "watch",
    same_text_hash: sentence.hash,
    seconds_to_ack: Math.max(0, at - sent),
  };
}

function scopesOf({ args }: Call): JsonObject {
  const scopes = args.many("scope");
  return scopes.length === 0 ? {} : { scopes };
}
