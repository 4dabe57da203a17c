/**
 * A case that has been opened, as the fold holds it (SPEC 9.3): its protocol's state and what system messages
 * added to it. Also the one place where an act is handed to a protocol.
 */
import type { Json, JsonObject } from "../codec/json.ts";
import type { Instant } from "../codec/time.ts";
import { PRECEDENCES, type Precedence } from "../protocols/envelope.ts";
import type {
  Act,
  ActFacts,
  CaseState,
  EntryRef,
  Outcome,
  PartyId,
  Protocol,
  Side,
  Timer,
} from "../protocols/protocol.ts";
import type { Item } from "./item.ts";
import type { OpenedMessage, TypeRules } from "./message-rules.ts";
import { knows, type OpenedEntry } from "./opened-entry.ts";
import type { RetractedItem } from "./retraction.ts";
import type { ActiveSuspension } from "./suspension.ts";
import type { AgreementTerms } from "./terms.ts";

/** SHA-256. */
export type DigestFunction = (bytes: Uint8Array) => Uint8Array;
/** The pure sufficiency function: the profile of the agreement and the message that carries the pack. */
export type Evaluate = (
  profile: Json,
  message: JsonObject,
  about: {
    /** The `time` of the entry that carries the pack: the reference date (SPEC 10.1). */
    readonly claimedAt: Instant;
    /** The message that opened the case; the same message for an opening. */
    readonly opening: JsonObject;
  },
) => Json;

export interface FoldContext {
  readonly terms: AgreementTerms;
  readonly rules: TypeRules;
  readonly digest: DigestFunction;
  readonly evaluate: Evaluate | undefined;
  readonly suspensions: readonly ActiveSuspension[];
  /** SPEC 9.3.8: the id stands in an earlier message of the feed, or in one that the author knew. */
  readonly isDuplicate: (item: Item) => boolean;
  /** SPEC 9.5.11: its author had closed its feed before. */
  readonly isAfterClose: (item: Item) => boolean;
  readonly heldAt: (ref: EntryRef) => Instant | undefined;
  readonly itemAt: (ref: EntryRef) => Item;
  /** SPEC 9.2.3: first held, else as of now. */
  readonly heldOrNow: (ref: EntryRef) => Instant;
}

export interface Extension {
  readonly item: Item;
  readonly timerId: string;
  readonly seconds: number;
}

export interface Revealed {
  readonly ref: EntryRef;
  readonly of: string;
  readonly path: string;
  readonly value: Json;
}

/** One message that took something back, and what the other side answered. */
export interface Retraction {
  readonly item: Item;
  readonly effect: "corrected" | "withdrawn";
  /** The message; absent: everything that its author said in the case until then. */
  readonly of?: string;
  readonly items?: readonly RetractedItem[];
  readonly reason: string;
  readonly replacement?: string;
  /** Answers of the other side, oldest first. */
  readonly answers: { readonly item: Item; readonly complied: string; readonly code?: string }[];
}

export interface CaseFold {
  readonly protocol: Protocol;
  readonly opening: Item;
  readonly message: OpenedMessage;
  readonly initiator: PartyId;
  readonly respondent: PartyId;
  readonly scope: string | undefined;
  readonly lifeSafety: boolean;
  state: CaseState;
  /** By the message acknowledged: the first acknowledgement. */
  readonly acks: Map<Item, Item>;
  /** By the message named: the first message of the other side that names it. */
  readonly answers: Map<Item, Item>;
  readonly lowerings: { readonly item: Item; readonly to: Precedence }[];
  readonly extensions: Extension[];
  readonly reveals: Revealed[];
  readonly retractions: Retraction[];
}

/** Lets the protocol judge and, if it accepts, apply the act. */
export function submit(opened: CaseFold, item: Item, context: FoldContext): Outcome {
  if (item.read === undefined) throw new Error("only a read message reaches a protocol");
  const act = actOf(item, item.read.message, sideOf(opened, item.entry.feed), context, opened.opening.entry);
  const outcome = opened.protocol.decide(opened.state, act);
  if (outcome.kind === "accepted") opened.state = opened.protocol.evolve(opened.state, act);
  return outcome;
}

export function sideOf(opened: CaseFold, party: PartyId): Side {
  return party === opened.initiator ? "initiator" : "respondent";
}

export function partyOf(opened: CaseFold, side: Side): PartyId {
  return side === "initiator" ? opened.initiator : opened.respondent;
}

export function actOf(
  item: Item,
  message: OpenedMessage,
  side: Side,
  context: FoldContext,
  opening?: OpenedEntry,
): Act {
  const { entry, ref } = item;
  return {
    ref,
    from: entry.feed,
    side,
    type: message.type,
    id: message.id,
    nature: message.nature,
    precedence: message.precedence,
    layer: message.layer,
    role: message.from_role,
    body: message.body,
    refs: message.refs ?? NO_REFS,
    facts: entry.message === undefined ? NO_FACTS : factsOf(entry, opening ?? entry, context),
    sees: (other) => knows(entry, other),
  };
}

export const NO_REFS: Act["refs"] = Object.freeze([]);
const NO_FACTS: ActFacts = Object.freeze({});

function factsOf(entry: OpenedEntry, opening: OpenedEntry, { evaluate, terms }: FoldContext): ActFacts {
  return evaluate === undefined ? NO_FACTS : new EvaluatedFacts(evaluate, terms.profile, entry, opening);
}

/**
 * Evaluated when a protocol asks, and once: most messages carry no pack. A class, because an accessor on a
 * literal costs more than the rest of the act.
 */
class EvaluatedFacts implements ActFacts {
  readonly #evaluate: Evaluate;
  readonly #profile: Json;
  readonly #entry: OpenedEntry;
  readonly #opening: OpenedEntry;
  #evaluation: Json | undefined;

  constructor(evaluate: Evaluate, profile: Json, entry: OpenedEntry, opening: OpenedEntry) {
    this.#evaluate = evaluate;
    this.#profile = profile;
    this.#entry = entry;
    this.#opening = opening;
  }

  get evaluation(): Json {
    const { message = {}, claimedAt } = this.#entry;
    const about = { claimedAt, opening: this.#opening.message ?? message };
    return (this.#evaluation ??= this.#evaluate(this.#profile, message, about));
  }
}

/**
 * SPEC 9.4.4: the precedence for a clock that this entry starts. Only a lowering that its author knew counts:
 * nobody can slip one in before a question that is already running.
 */
export function precedenceAt(opened: CaseFold, { entry }: Item): Precedence {
  let precedence: Precedence = opened.message.precedence;
  for (const { item, to } of opened.lowerings) if (knows(entry, item.ref)) precedence = to;
  return precedence;
}

export function currentPrecedence(opened: CaseFold): Precedence {
  return opened.lowerings.at(-1)?.to ?? opened.message.precedence;
}

export function isLower(to: Precedence, than: Precedence): boolean {
  return PRECEDENCES.indexOf(to) > PRECEDENCES.indexOf(than);
}

/** SPEC 9.4.4: the agreed duration of a timer before extension and pauses. */
export function nominalSeconds(opened: CaseFold, { name, trigger }: Timer, context: FoldContext): number {
  if (typeof name !== "string") return name.fixedSeconds;
  return context.terms.clocks[name][precedenceAt(opened, context.itemAt(trigger))];
}
