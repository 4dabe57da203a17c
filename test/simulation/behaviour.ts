/** What officers of both sides do in a simulation: any act that the visible state allows, chosen by chance. */
import type { JsonObject } from "#parley/codec/json.ts";
import { encodeInstant, type Instant } from "#parley/codec/time.ts";
import type { CaseView, ChannelView } from "#parley/casework/index.ts";
import { sentenceOf } from "#parley/protocols/comms_check/index.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { requestOpening, requestReply } from "./request-behaviour.ts";
import type { Chance } from "./seeded.ts";

export interface Act {
  readonly type: string;
  readonly case?: string;
  readonly role: Role;
  readonly body: JsonObject;
  readonly envelope: JsonObject;
}

const ROUTINE = { precedence: "routine" } as const;

export function nextAct(chance: Chance, me: string, view: ChannelView, now: Instant): Act | undefined {
  const open = view.cases.filter((kase) => kase.state.open);
  if (open.length < 4 || chance.happens(250)) return opening(chance, now);
  const kase = chance.pick(open);
  return kase && reply(chance, me, kase);
}

function opening(chance: Chance, now: Instant): Act {
  const precedence = chance.pick(["flash", "immediate", "priority", "routine"]) ?? "routine";
  switch (chance.below(3)) {
    case 0:
      return {
        type: "comms_check.ping",
        role: "watch",
        body: ping(now),
        envelope: { precedence: "immediate" },
      };
    case 1:
      return { ...requestOpening(), envelope: { precedence } };
    default:
      return { type: "notice.open", role: "releaser", body: noticeBody(now), envelope: { precedence } };
  }
}

function reply(chance: Chance, me: string, kase: CaseView): Act | undefined {
  const mine = kase.initiator === me;
  const first = kase.entries.find(
    ({ type, ref }) => type?.endsWith(".open") === true && ref.feed === kase.initiator,
  );
  const at = { case: kase.id, envelope: ROUTINE };
  switch (kase.protocol) {
    case "comms_check":
      return mine
        ? undefined
        : {
            ...at,
            type: "comms_check.echo",
            role: "watch",
            body: echo(),
            envelope: { precedence: "immediate" },
          };
    case "notice":
      return noticeReply(chance, kase, { mine, first: first?.id ?? "" });
    case "request":
      return requestReply(chance, kase, { mine, first: first?.id ?? "" });
    default:
      return undefined;
  }
}

function noticeReply(
  chance: Chance,
  kase: CaseView,
  { mine, first }: { readonly mine: boolean; readonly first: string },
): Act {
  const at = { case: kase.id, envelope: ROUTINE };
  if (mine) {
    const code = { code: "resolved" };
    return chance.happens(500)
      ? { ...at, type: "notice.withdraw", role: "releaser", body: { reason: "sent-in-error" } }
      : { ...at, type: "notice.close", role: "releaser", body: code };
  }
  return kase.status === "delivered"
    ? { ...at, type: "ack", role: "watch", body: { of: first, understood: "yes", text_used: "original" } }
    : { ...at, type: "notice.assess", role: "analyst", body: { code: "not-known-will-look" } };
}

function noticeBody(now: Instant): JsonObject {
  return {
    stage: "early",
    aware_at: encodeInstant(now - 600),
    class_1: "malicious-code",
    direction: "from-your-territory",
    sector: "health",
    severity: 3,
    outlook_6h: "worsening",
    suspected_malicious: "yes",
    state_involvement_claim: "none-made",
    wish: "request-follows",
    life_safety: false,
  };
}

function ping(now: Instant): JsonObject {
  return { kind: "K1", corpus_ref: CORPUS_REF, sent_at: encodeInstant(now), path: "https" };
}

const CORPUS_REF = "en-01";

function echo(): JsonObject {
  const hash = sentenceOf(CORPUS_REF)?.hash ?? "";
  return { same_text_hash: hash, role: "watch", lang: "en", seconds_to_ack: 60 };
}
