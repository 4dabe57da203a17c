/** What is said about the channel itself, as phrases (SPEC 8.7): arguments, code lists, and no words. */
import { SECONDS_PER_DAY } from "../../../codec/time.ts";
import {
  codeOf,
  pick,
  rowsIn,
  TOKEN,
  type ArgumentKinds,
  type CodeLists,
  type Tell,
} from "../../phrase-arguments.ts";
import * as list from "../codes.ts";

export const AGREEMENT_LISTS: CodeLists = {
  scope: list.SUSPENSION_SCOPES,
  suspend_reason: list.SUSPEND_REASONS,
  terminate_reason: list.TERMINATE_REASONS,
  carry_summary: list.CARRY_SUMMARIES,
  card_category: list.CARD_CATEGORIES,
  language_use: list.LANGUAGE_USES,
  weekday: list.WEEKDAYS,
};

export const AGREEMENT_ARGUMENTS: ArgumentKinds = {
  scopes: codeOf("scope"),
  suspend_reason: codeOf("suspend_reason"),
  terminate_reason: codeOf("terminate_reason"),
  channel: TOKEN,
  office: TOKEN,
};

export const AGREEMENT_TELLS: Readonly<Record<string, Tell>> = {
  "channel.suspend": (body) => ({ args: pick(body, { scopes: "scopes", reason: "suspend_reason" }) }),
  "channel.resume": (body) =>
    "scopes" in body
      ? { variant: "channel.resume_scopes", args: pick(body, { scopes: "scopes" }) }
      : { args: {} },
  "channel.terminate": (body) => ({
    args: {
      ...pick(body, { reason: "terminate_reason" }),
      duration: Number(body["notice_days"]) * SECONDS_PER_DAY,
    },
  }),
  "channel.carry_over": (body) => ({
    args: { ...pick(body, { from_channel: "channel" }), count: rowsIn(body, "cases").length },
  }),
  "directory.card": (body) => ({
    args: pick(body, { office: "office", layer: "layer", valid_until: "time" }),
  }),
};
