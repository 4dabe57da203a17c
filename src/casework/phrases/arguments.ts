/** Arguments of casework's phrases (SPEC 8.7.3): timers, boards, counts. */
import { codeOf, COUNT, TIME, TOKEN, type ArgumentKinds } from "../../protocols/phrase-arguments.ts";

export const CASEWORK_ARGUMENTS: ArgumentKinds = {
  void_code: codeOf("void"),
  in_time: COUNT,
  missed: COUNT,
  delivery: { kind: "code", prefix: "delivery" },
  protocol: { kind: "code", prefix: "protocol" },
  timer_status: { kind: "code", prefix: "timer_status" },
  used: COUNT,
  budget: COUNT,
  quarter: TOKEN,
  month: TOKEN,
  pointer: TOKEN,
  after: TIME,
  before: TIME,
};
