/** What requests say, as phrases (SPEC 8.7): arguments, code lists, and no words. Free text stays in the message. */
import { isJsonObject, type Json, type JsonObject } from "../../../codec/json.ts";
import {
  codeOf,
  phrase,
  PHRASES,
  pick,
  rowsIn,
  timed,
  type ArgumentKinds,
  type CodeLists,
  type Phrase,
  type Tell,
} from "../../phrase-arguments.ts";
import * as list from "../codes.ts";

export const REQUEST_LISTS: CodeLists = {
  sector: list.SECTORS,
  outlook: list.OUTLOOKS,
  ask: list.ASK_CODES,
  legal_basis: [...list.PLAIN_LEGAL_BASES, ...list.REFERENCED_LEGAL_BASES],
  item: list.ITEM_CODES,
  verdict: list.VERDICTS,
  not_assessable_reason: list.NOT_ASSESSABLE_REASONS,
  decision: list.DECISIONS,
  decline_code: list.DECLINE_CODES,
  progress: list.PROGRESS_STAGES,
  outcome: list.OUTCOME_CODES,
  action_state: list.ACTION_STATES,
  false_positive_kind: list.FALSE_POSITIVE_KINDS,
  not_completed: list.NOT_COMPLETED_CODES,
  verification: list.VERIFICATION_CODES,
  disposition: list.DISPOSITIONS,
  keep_open_reason: list.KEEP_OPEN_REASONS,
  preserve_state: list.PRESERVE_STATES,
  cannot_preserve: list.CANNOT_PRESERVE_CODES,
  question: [...list.QUESTION_CODES, list.OTHER_QUESTION],
  answer: ["answered", "refused", "cannot", "unknown"],
  answer_refusal: list.ANSWER_REFUSALS,
  request_withdraw_reason: list.WITHDRAW_REASONS,
  transfer_target: list.TRANSFER_TARGETS,
};

export const REQUEST_ARGUMENTS: ArgumentKinds = {
  ask_code: codeOf("ask"),
  items: codeOf("item"),
  verdict: codeOf("verdict"),
  not_assessable_reason: codeOf("not_assessable_reason"),
  decision: codeOf("decision"),
  decline_code: codeOf("decline_code"),
  progress: codeOf("progress"),
  outcome: codeOf("outcome"),
  action_state: codeOf("action_state"),
  false_positive_kind: codeOf("false_positive_kind"),
  not_completed: codeOf("not_completed"),
  verification: codeOf("verification"),
  disposition: codeOf("disposition"),
  keep_open_reason: codeOf("keep_open_reason"),
  preserve_state: codeOf("preserve_state"),
  cannot_preserve: codeOf("cannot_preserve"),
  question_code: codeOf("question"),
  answer: codeOf("answer"),
  answer_refusal: codeOf("answer_refusal"),
  request_withdraw_reason: codeOf("request_withdraw_reason"),
  transfer_target: codeOf("transfer_target"),
  numbers: PHRASES,
};

export const REQUEST_TELLS: Readonly<Record<string, Tell>> = {
  "request.open": (body) => {
    const harm = isJsonObject(body["harm"]) ? body["harm"] : {};
    const asks = rowsIn(body, "asks");
    const args = {
      count: asks.length,
      rows: asks.map((row) => phrase("row.ask", pick(row, { ask: "number", code: "ask_code" }))),
      ...pick(harm, { sector: "sector", severity: "severity", outlook_6h: "outlook" }),
      severity_word: String(harm["severity"]),
      details: harm["life_safety"] === true ? [phrase("detail.request.life_safety")] : [],
    };
    if (body["attribution_ref"] === undefined || body["no_state_involvement_alleged"] === true)
      return { args };
    const attribution = pick(body, { attribution_ref: "attribution" });
    return { variant: "request.open_attributed", args: { ...args, ...attribution } };
  },
  "request.preserve": (body) => ({
    args: {
      ...pick(body, { state: "preserve_state" }),
      details: [
        ...timed("detail.request.until", body["until"]),
        ...("code" in body ? [phrase("detail.request.cannot", pick(body, { code: "cannot_preserve" }))] : []),
      ],
    },
  }),
  "request.clarify.ask": (body) => {
    const rows = rowsIn(body, "questions");
    return { args: { count: rows.length, rows: rows.map((row) => questionRow("row.question", row)) } };
  },
  "request.clarify.answer": (body) => ({
    args: {
      rows: rowsIn(body, "answers").map((row) =>
        questionRow(row["answer"] === "refused" ? "row.answer_refused" : "row.answer", row),
      ),
    },
  }),
  "request.verdict": (body) => ({ args: { rows: rowsIn(body, "verdicts").map(verdictRow) } }),
  "request.supplement": (body) => ({ args: { details: askNumbers(body["asks"]) } }),
  "request.decide": (body) => ({ args: { rows: rowsIn(body, "decisions").map(decisionRow) } }),
  "request.progress": (body) => ({
    args: {
      ...pick(body, { stage: "progress" }),
      details: [...askNumbers(body["asks"]), ...timed("detail.request.expected_by", body["expected_by"])],
    },
  }),
  "request.outcome": (body) => ({
    args: {
      rows: rowsIn(body, "outcomes").flatMap((row) =>
        rowsIn(row, "results").map((result) => outcomeRow(row, result)),
      ),
    },
  }),
  "request.verify": (body) => ({
    args: {
      rows: rowsIn(body, "verifications").map((row) =>
        phrase("row.verification", pick(row, { ask: "number", code: "verification" })),
      ),
    },
  }),
  "request.withdraw": (body) => ({ args: pick(body, { reason: "request_withdraw_reason" }) }),
  "request.propose_close": (body) => ({ args: pick(body, { disposition: "disposition" }) }),
  "request.keep_open": (body) => ({ args: pick(body, { reason: "keep_open_reason" }) }),
  "request.close": (body) => ({
    args: {
      ...pick(body, { disposition: "disposition" }),
      details:
        "duplicate_of" in body
          ? [phrase("detail.request.duplicate", pick(body, { duplicate_of: "case" }))]
          : [],
    },
  }),
  "request.transfer": (body) => ({ args: pick(body, { to: "transfer_target" }) }),
};

function askNumbers(asks: Json | undefined): readonly Phrase[] {
  if (!Array.isArray(asks)) return [];
  const numbers = asks
    .filter((ask: Json) => typeof ask === "number")
    .map((number: number) => phrase("row.number", { number }));
  return [phrase("detail.request.asks", { numbers })];
}

function questionRow(key: string, row: JsonObject): Phrase {
  return phrase(
    key,
    pick(row, { question: "number", code: "question_code", answer: "answer", reason: "answer_refusal" }),
  );
}

function verdictRow(row: JsonObject): Phrase {
  const args = pick(row, { ask: "number", verdict: "verdict", items: "items", max_ask: "ask_code" });
  if (row["items"] === undefined) return phrase("row.verdict", args);
  if (row["max_ask"] !== undefined) return phrase("row.verdict_lesser", args);
  if (row["reason"] === undefined) return phrase("row.verdict_items", args);
  return phrase("row.verdict_reason", { ...args, ...pick(row, { reason: "not_assessable_reason" }) });
}

function decisionRow(row: JsonObject): Phrase {
  const key = row["code"] === undefined ? "row.decision" : "row.decision_declined";
  return phrase(key, pick(row, { ask: "number", decision: "decision", code: "decline_code" }));
}

function outcomeRow(row: JsonObject, result: JsonObject): Phrase {
  const renames = {
    code: "outcome",
    state: "action_state",
    kind: "false_positive_kind",
    reason: "not_completed",
  };
  const args = { ...pick(row, { ask: "number" }), ...pick(result, renames) };
  if (result["state"] !== undefined) return phrase("row.outcome_state", args);
  if (result["kind"] !== undefined) return phrase("row.outcome_false", args);
  return phrase(result["reason"] === undefined ? "row.outcome" : "row.outcome_not", args);
}
