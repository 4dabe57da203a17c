/** Lines of a notice between two invented parties, and a history that leads to each status. */
import type { JsonObject } from "#parley/codec/json.ts";
import type { NOTICE_STATUSES } from "#parley/protocols/notice/codes.ts";
import { uuid, type Line } from "./conversation.ts";

export const OPEN_BODY: JsonObject = {
  stage: "early",
  aware_at: "2026-11-22T02:10:00Z",
  class_1: "information-gathering",
  direction: "from-your-territory",
  sector: "health",
  severity: 2,
  suspected_malicious: "unknown",
  state_involvement_claim: "none-made",
  wish: "please-watch",
  life_safety: false,
};
export const OPEN_ID = uuid(1);

export function initiator(type: string, body: JsonObject): Line {
  return { side: "initiator", type, body };
}
export function respondent(type: string, body: JsonObject): Line {
  return { side: "respondent", type, body };
}

export const open = initiator("notice.open", OPEN_BODY);
export const ack = respondent("ack", { of: OPEN_ID, understood: "yes", text_used: "original" });
export const update = initiator("notice.update", { stage: "full", material_change: false });
export const materialUpdate = initiator("notice.update", {
  stage: "full",
  material_change: true,
  severity: 4,
});
export const correct = initiator("notice.correct", {
  corrects: OPEN_ID,
  reason: "wrong-time",
  material_change: false,
});
export const materialCorrect = initiator("notice.correct", {
  corrects: OPEN_ID,
  reason: "wrong-indicator",
  material_change: true,
});
export const withdraw = initiator("notice.withdraw", { reason: "mistaken" });
export const toRequest = initiator("notice.to_request", { request_case: uuid(900) });
export const close = initiator("notice.close", { code: "resolved" });
export const leave = initiator("notice.close", { code: "proceeding-outside" });
export const assess = respondent("notice.assess", {
  code: "not-known-will-look",
  will_revert_by: "2026-11-25T00:00:00Z",
});
export const proposeClose = respondent("notice.propose_close", { code: "no-further-action" });

export const histories = {
  delivered: [open],
  acknowledged: [open, ack],
  assessed: [open, ack, assess],
  "close-proposed": [open, ack, assess, proposeClose],
  closed: [open, ack, assess, close],
  withdrawn: [open, ack, withdraw],
} as const satisfies Record<(typeof NOTICE_STATUSES)[number], readonly Line[]>;

export const scene = {
  histories,
  initiator: {
    ack: initiator("ack", { of: uuid(3), understood: "yes", text_used: "original" }),
    "notice.update": update,
    "notice.update material_change": materialUpdate,
    "notice.correct": correct,
    "notice.correct material_change": materialCorrect,
    "notice.withdraw": withdraw,
    "notice.to_request": toRequest,
    "notice.close": close,
    "notice.close proceeding-outside": leave,
  },
  respondent: { ack, "notice.assess": assess, "notice.propose_close": proposeClose },
};
