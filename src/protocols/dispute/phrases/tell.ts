/** What disputes say, as phrases (SPEC 8.7): arguments, code lists, and no words. Statements stay in the message. */
import { isJsonObject } from "../../../codec/json.ts";
import {
  codeOf,
  phrase,
  pick,
  TOKEN,
  type ArgumentKinds,
  type CodeLists,
  type Tell,
} from "../../phrase-arguments.ts";
import * as list from "../codes.ts";

export const DISPUTE_LISTS: CodeLists = {
  dispute_ground: list.DISPUTE_GROUNDS,
  point_kind: list.POINT_KINDS,
  escalation: list.ESCALATION_LEVELS,
  settle_action: list.SETTLE_ACTIONS,
  settle: list.SETTLE_CODES,
  reader_action: list.READER_ACTIONS,
};

export const DISPUTE_ARGUMENTS: ArgumentKinds = {
  dispute_ground: codeOf("dispute_ground"),
  point_kind: codeOf("point_kind"),
  point: TOKEN,
  escalation: codeOf("escalation"),
  settle_action: codeOf("settle_action"),
  settle: codeOf("settle"),
  reader_action: codeOf("reader_action"),
};

export const DISPUTE_TELLS: Readonly<Record<string, Tell>> = {
  "dispute.raise": (body) => ({
    args: {
      ...pick(body, { target: "case", ground: "dispute_ground" }),
      ...(isJsonObject(body["point"]) ? pick(body["point"], { kind: "point_kind", ref: "point" }) : {}),
    },
  }),
  "dispute.answer": () => ({ args: {} }),
  "dispute.escalate": (body) => ({ args: pick(body, { to: "escalation" }) }),
  "dispute.neutral_reader": (body) => ({ args: pick(body, { action: "reader_action" }) }),
  "dispute.settle": (body) => ({
    args: {
      ...pick(body, { action: "settle_action" }),
      details: "code" in body ? [phrase("detail.dispute.settle", pick(body, { code: "settle" }))] : [],
    },
  }),
  "dispute.record": () => ({ args: {} }),
};
