/**
 * The life of a channel once it is in force (SPEC 8-5.4): one case per channel, pure and total.
 *
 * Guarantees that each side's suspensions, withdrawal, cards and carried cases are kept apart, so that the two
 * sides never overwrite one another and no crossing has a loser (SPEC 8-5.6).
 * It deliberately does not know the term, the handshake or the quality of the line: casework derives those.
 */
import { parseInstant, SECONDS_PER_DAY, type Instant } from "../../codec/time.ts";
import { isRefusal } from "../../codec/refusal.ts";
import type { JsonObject } from "../../codec/json.ts";
import { codeIn, codesIn, integerIn, objectsIn, stringIn } from "../body.ts";
import type { Crossing } from "../crossing.ts";
import {
  ACCEPTED,
  otherSide,
  voided,
  type Act,
  type CaseState,
  type EntryRef,
  type Outcome,
  type PartyId,
  type Suspension,
  type Timer,
} from "../protocol.ts";
import {
  CARRY_SUMMARIES,
  SUSPEND_REASONS,
  SUSPENSION_SCOPES,
  TERMINATED,
  type CarrySummary,
  type ChannelReason,
  type ChannelStatus,
  type SuspendReason,
  type SuspensionScope,
} from "./codes.ts";
import { AGREEMENT_MESSAGES } from "./messages.ts";

/** SPEC 8-5.2.5: a card has to be confirmed at least twice a year. */
export const CARD_VALIDITY_DAYS = 180;

/** One scope that one party stopped; a lifted one stays, with the entry that lifted it. */
export interface ScopeSuspension extends Suspension {
  readonly by: PartyId;
  readonly scopes: readonly [SuspensionScope];
  readonly reason: SuspendReason;
}

/** One party's withdrawal: everything stops when its notice has run. At most one per party. */
export interface Termination extends Suspension {
  readonly by: PartyId;
  readonly scopes: readonly [];
  readonly total: true;
  readonly noticeSeconds: number;
}

export interface CarriedCase {
  readonly by: PartyId;
  readonly ref: EntryRef;
  readonly fromChannel: string;
  readonly case: string;
  readonly protocol: string;
  readonly summary: CarrySummary;
}

export interface Card {
  readonly by: PartyId;
  readonly ref: EntryRef;
  readonly office: string;
  readonly layer: string;
  readonly fallbackOrder: number;
  readonly validFrom: Instant;
  readonly validUntil: Instant;
}

export interface AgreementState extends CaseState {
  readonly status: ChannelStatus;
  /** The first termination whose notice ends is the end of the channel. */
  readonly suspensions: readonly (ScopeSuspension | Termination)[];
  readonly carried: readonly CarriedCase[];
  /** The newest card per party, office and layer. */
  readonly cards: readonly Card[];
}

/** A channel in force about which nothing has been said. */
export const INITIAL: AgreementState = Object.freeze({
  status: "active",
  open: true,
  next: "either",
  timers: [],
  pauses: [],
  marks: {},
  suspensions: [],
  carried: [],
  cards: [],
});

/** SPEC 8-5.6: both sides' acts take effect, whichever is folded first. */
export const AGREEMENT_CROSSINGS: readonly Crossing[] = [
  crossing("active", "channel.suspend", "channel.suspend", "suspended"),
  crossing("active", "channel.suspend", "channel.terminate", "terminating"),
  crossing("active", "channel.terminate", "channel.suspend", "terminating"),
  crossing("active", "channel.terminate", "channel.terminate", "terminating"),
  crossing("active", "channel.carry_over", "channel.suspend", "suspended"),
  crossing("active", "channel.carry_over", "channel.carry_over", "active"),
  crossing("active", "directory.card", "directory.card", "active"),
  crossing("suspended", "channel.resume", "channel.suspend", "suspended"),
  crossing("suspended", "channel.resume", "channel.terminate", "terminating"),
  crossing("suspended", "channel.resume", "directory.card", "active"),
];

function crossing(
  from: ChannelStatus,
  initiator: string,
  respondent: string,
  result: ChannelStatus,
): Crossing {
  return { from, initiator, respondent, result };
}

/** Any message may be the first; one that does not fit leaves the channel as it was. */
export function openAgreement(act: Act): AgreementState {
  return decideAgreement(INITIAL, act).kind === "accepted" ? evolveAgreement(INITIAL, act) : INITIAL;
}

/**
 * Whether either side suspends this scope now. Comms checks and life safety are in no scope (SPEC 8-5.5.1);
 * whom a suspension binds, by what they had seen, is casework's question.
 */
export function isSuspended(state: AgreementState, scope: string): boolean {
  return heldSuspensions(state).some(({ scopes }) => scopes[0] === scope);
}

/** Union of both sides' scopes in the order of the code list, for the banner. */
export function suspendedScopes(state: AgreementState): readonly SuspensionScope[] {
  return SUSPENSION_SCOPES.filter((scope) => isSuspended(state, scope));
}

/** Case ids that every one of `parties` carried over from the same channel (SPEC 8-5.7). */
export function carriedByAll(state: AgreementState, parties: readonly PartyId[]): readonly string[] {
  const ids = new Set(state.carried.map((carried) => carried.case));
  return [...ids].filter((id) => {
    const claims = state.carried.filter((carried) => carried.case === id);
    const channels = new Set(claims.map(({ fromChannel }) => fromChannel));
    return [...channels].some((channel) => {
      const by = claims.filter(({ fromChannel }) => fromChannel === channel);
      return parties.every((party) => by.some((claim) => claim.by === party));
    });
  });
}

/** Cards that no longer hold at `asOf`; shown in red, and their owner is asked. */
export function expiredCards(state: AgreementState, asOf: Instant): readonly Card[] {
  return state.cards.filter((card) => card.validUntil <= asOf);
}

export function decideAgreement(state: AgreementState, act: Act): Outcome {
  if (act.type === "ack") return ACCEPTED;
  if (!Object.hasOwn(AGREEMENT_MESSAGES, act.type)) return voidChannel("E-UNEXPECTED", "unknown-type");
  switch (act.type) {
    case "channel.resume":
      return lifts(state, act).length > 0 ? ACCEPTED : voidChannel("E-STATE", "not-suspended-by-you");
    case "channel.terminate": {
      const again = state.suspensions.some((held) => isTermination(held) && held.by === act.from);
      return again ? voidChannel("E-STATE", "already-terminating") : ACCEPTED;
    }
    case "directory.card":
      return decideCard(act);
    default:
      return ACCEPTED;
  }
}

function decideCard(act: Act): Outcome {
  const card = cardOf(act);
  if (card === undefined || card.validUntil <= card.validFrom) return voidChannel("E-SCHEMA", "card-dates");
  const days = (card.validUntil - card.validFrom) / SECONDS_PER_DAY;
  return days > CARD_VALIDITY_DAYS ? voidChannel("E-SCHEMA", "card-too-long") : ACCEPTED;
}

export function evolveAgreement(state: AgreementState, act: Act): AgreementState {
  switch (act.type) {
    case "channel.suspend":
      return withStatus(suspend(state, act));
    case "channel.resume":
      return withStatus(resume(state, act));
    case "channel.terminate":
      return withStatus(terminate(state, act));
    case "channel.carry_over":
      return { ...state, carried: [...state.carried, ...carriedIn(act)] };
    case "directory.card":
      return replaceCard(state, act);
    default:
      return state;
  }
}

/** A scope that the same party already suspended keeps its first entry and reason. */
function suspend(state: AgreementState, act: Act): AgreementState {
  const reason = codeIn(SUSPEND_REASONS, act.body, "reason");
  const own = heldSuspensions(state).filter(({ by }) => by === act.from);
  const added = codesIn(SUSPENSION_SCOPES, act.body, "scopes").filter((scope) => {
    return own.every(({ scopes }) => scopes[0] !== scope);
  });
  const suspensions = added.map((scope): ScopeSuspension => {
    return { by: act.from, scopes: [scope], reason, from: act.ref };
  });
  return { ...state, suspensions: [...state.suspensions, ...suspensions] };
}

function resume(state: AgreementState, act: Act): AgreementState {
  const lifted = lifts(state, act);
  const suspensions = state.suspensions.map((held) => {
    return !isTermination(held) && lifted.includes(held) ? { ...held, until: act.ref } : held;
  });
  return { ...state, suspensions };
}

/** The suspensions an act lifts: its author's own, all or those named. */
function lifts(state: AgreementState, act: Act): readonly ScopeSuspension[] {
  const named =
    act.body["scopes"] === undefined ? SUSPENSION_SCOPES : codesIn(SUSPENSION_SCOPES, act.body, "scopes");
  return heldSuspensions(state).filter(({ by, scopes }) => by === act.from && named.includes(scopes[0]));
}

function heldSuspensions(state: AgreementState): readonly ScopeSuspension[] {
  return state.suspensions.filter(isScopeSuspension).filter(({ until }) => until === undefined);
}

function isScopeSuspension(held: ScopeSuspension | Termination): held is ScopeSuspension {
  return !isTermination(held);
}

function isTermination(held: ScopeSuspension | Termination): held is Termination {
  return held.total === true;
}

/** The notice runs from the other side's first receipt, so nobody is withdrawn from unawares. */
function terminate(state: AgreementState, act: Act): AgreementState {
  const noticeSeconds = integerIn(act.body, "notice_days") * SECONDS_PER_DAY;
  const timer: Timer = {
    id: `t_terminate:${act.side}`,
    name: { fixedSeconds: noticeSeconds },
    owing: otherSide(act.side),
    trigger: act.ref,
    onExpiry: { status: TERMINATED, graceSeconds: 0 },
  };
  const termination: Termination = { by: act.from, scopes: [], from: act.ref, total: true, noticeSeconds };
  return {
    ...state,
    timers: [...state.timers, timer],
    suspensions: [...state.suspensions, termination],
  };
}

function carriedIn(act: Act): readonly CarriedCase[] {
  return objectsIn(act.body, "cases").map((carried) => ({
    by: act.from,
    ref: act.ref,
    fromChannel: stringIn(act.body, "from_channel"),
    case: stringIn(carried, "case"),
    protocol: stringIn(carried, "protocol"),
    summary: codeIn(CARRY_SUMMARIES, carried, "summary"),
  }));
}

function replaceCard(state: AgreementState, act: Act): AgreementState {
  const card = cardOf(act);
  if (card === undefined) return state;
  const others = state.cards.filter(({ by, office, layer }) => {
    return by !== card.by || office !== card.office || layer !== card.layer;
  });
  return { ...state, cards: [...others, card] };
}

/** Undefined when a date does not exist, which the schema's pattern cannot tell. */
function cardOf(act: Act): Card | undefined {
  const validFrom = instantIn(act.body, "valid_from");
  const validUntil = instantIn(act.body, "valid_until");
  if (validFrom === undefined || validUntil === undefined) return undefined;
  return {
    by: act.from,
    ref: act.ref,
    office: stringIn(act.body, "office"),
    layer: stringIn(act.body, "layer"),
    fallbackOrder: integerIn(act.body, "fallback_order"),
    validFrom,
    validUntil,
  };
}

function instantIn(body: JsonObject, key: string): Instant | undefined {
  const instant = parseInstant(stringIn(body, key));
  return isRefusal(instant) ? undefined : instant;
}

function withStatus(state: AgreementState): AgreementState {
  if (state.suspensions.some(isTermination)) return { ...state, status: "terminating" };
  return { ...state, status: heldSuspensions(state).length > 0 ? "suspended" : "active" };
}

function voidChannel(code: "E-STATE" | "E-UNEXPECTED" | "E-SCHEMA", reason: ChannelReason): Outcome {
  return voided(code, reason);
}
