/** What communication checks say, as phrases (SPEC 8.7): arguments, code lists, and no words. */
import {
  codeOf,
  COUNT,
  pick,
  TOKEN,
  type ArgumentKinds,
  type CodeLists,
  type Tell,
} from "../../phrase-arguments.ts";
import { CHECK_KINDS, CHECK_PATHS, FAIL_REASONS } from "../codes.ts";

export const CHECK_LISTS: CodeLists = {
  /** K0 is the heartbeat entry and has a word too. */
  check_kind: ["K0", ...CHECK_KINDS],
  check_path: CHECK_PATHS,
  fail_reason: FAIL_REASONS,
};

export const CHECK_ARGUMENTS: ArgumentKinds = {
  check_kind: codeOf("check_kind"),
  check_path: codeOf("check_path"),
  month: TOKEN,
  sent: COUNT,
  passed: COUNT,
};

const figures: Tell = (body) => ({ args: pick(body, { period: "month", sent: "sent", passed: "passed" }) });

export const CHECK_TELLS: Readonly<Record<string, Tell>> = {
  "comms_check.ping": (body) => ({ args: pick(body, { kind: "check_kind", path: "check_path" }) }),
  "comms_check.echo": (body) => ({ args: pick(body, { role: "role", seconds_to_ack: "duration" }) }),
  "comms_check.report": figures,
  "comms_check.countersign": figures,
};
