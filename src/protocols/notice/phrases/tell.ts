/** What notices say, as phrases (SPEC 8.7): arguments, code lists, and no words. */
import { isJsonObject, type JsonObject } from "../../../codec/json.ts";
import {
  codeOf,
  phrase,
  pick,
  rowsIn,
  timed,
  type ArgumentKinds,
  type CodeLists,
  type Phrase,
  type Tell,
} from "../../phrase-arguments.ts";
import * as list from "../codes.ts";

export const NOTICE_LISTS: CodeLists = {
  sector: list.NOTICE_SECTORS,
  outlook: list.OUTLOOKS,
  notice_stage: list.NOTICE_STAGES,
  rsit_class: list.RSIT_CLASSES,
  rsit_subclass: Object.values(list.RSIT_SUBCLASSES).flat(),
  direction: list.NOTICE_DIRECTIONS,
  suspicion: list.SUSPICIONS,
  wish: list.NOTICE_WISHES,
  indicator_type: list.INDICATOR_TYPES,
  indicator_role: list.INDICATOR_ROLES,
  notice_done: list.NOTICE_DONE,
  not_asked: list.NOTICE_NOT_ASKED,
  assessment: list.ASSESS_CODES,
  correct_reason: list.CORRECT_REASONS,
  notice_withdraw_reason: list.WITHDRAW_REASONS,
  notice_close: list.CLOSE_CODES,
};

export const NOTICE_ARGUMENTS: ArgumentKinds = {
  stage: codeOf("notice_stage"),
  class_1: codeOf("rsit_class"),
  direction: codeOf("direction"),
  wish: codeOf("wish"),
  assessment: codeOf("assessment"),
  correct_reason: codeOf("correct_reason"),
  notice_withdraw_reason: codeOf("notice_withdraw_reason"),
  notice_close: codeOf("notice_close"),
};

export const NOTICE_TELLS: Readonly<Record<string, Tell>> = {
  "notice.open": (body) => {
    const claim = body["state_involvement_claim"];
    const args = {
      ...pick(body, {
        stage: "stage",
        class_1: "class_1",
        direction: "direction",
        sector: "sector",
        wish: "wish",
      }),
      ...pick(body, { severity: "severity" }),
      severity_word: String(body["severity"]),
      details: details(body),
    };
    if (!isJsonObject(claim)) return { args };
    return {
      variant: "notice.open_attributed",
      args: { ...args, ...pick(claim, { attribution_ref: "attribution" }) },
    };
  },
  "notice.update": (body) => ({ args: { ...pick(body, { stage: "stage" }), details: details(body) } }),
  "notice.correct": (body, of) => ({
    args: { ...pick(body, { reason: "correct_reason" }), of: of(body["corrects"]), details: details(body) },
  }),
  "notice.withdraw": (body) => ({ args: pick(body, { reason: "notice_withdraw_reason" }) }),
  "notice.to_request": (body) => ({ args: pick(body, { request_case: "case" }) }),
  "notice.assess": (body) => ({
    args: {
      ...pick(body, { code: "assessment" }),
      details: timed("detail.notice.will_revert_by", body["will_revert_by"]),
    },
  }),
  "notice.propose_close": (body) => ({ args: pick(body, { code: "notice_close" }) }),
  "notice.close": (body) => ({ args: pick(body, { code: "notice_close" }) }),
};

/** What a reader on duty has to see at once; the rest is in the message. */
function details(body: JsonObject): readonly Phrase[] {
  const victims = body["victims"];
  const count = isJsonObject(victims) ? victims["count"] : undefined;
  const indicators = rowsIn(body, "indicators").length;
  return [
    ...(body["life_safety"] === true ? [phrase("detail.notice.life_safety")] : []),
    ...(body["material_change"] === true ? [phrase("detail.notice.material_change")] : []),
    ...timed("detail.notice.aware_at", body["aware_at"]),
    ...timed("detail.notice.occurred_from", body["occurred_from"]),
    ...timed("detail.notice.occurred_to", body["occurred_to"]),
    ...(indicators > 0 ? [phrase("detail.notice.indicators", { count: indicators })] : []),
    ...(typeof count === "number" ? [phrase("detail.notice.victims", { count })] : []),
  ];
}
