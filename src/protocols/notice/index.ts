/** The notice protocol (SPEC 8-1): "this in your country affects us". */
import type { Protocol } from "../protocol.ts";
import { NOTICE_MESSAGES } from "./messages.ts";
import { decideNotice, evolveNotice, openNotice, type NoticeState } from "./state.ts";

export const notice: Protocol<NoticeState> = {
  name: "notice",
  opens: ["notice.open"],
  messages: NOTICE_MESSAGES,
  open: openNotice,
  decide: decideNotice,
  evolve: evolveNotice,
};

export { NOTICE_CROSSINGS as CROSSINGS, type NoticeState } from "./state.ts";
