/**
 * The fold of one case (SPEC 9.3): its entries in order, each accepted, void or crossed.
 *
 * Folding goes on where it stopped. Symbolic: it asks for instants only at a gate (end of term, end of notice) and
 * where two sides claim one case id, and it starts again when such an answer turns.
 */
import type { Instant } from "../codec/time.ts";
import { ACCEPTED, type Outcome, type PartyId, type Protocol } from "../protocols/protocol.ts";
import { messageTo, noteMessage, restart, sortBucket, type Bucket } from "./bucket.ts";
import { voidFor, type EntryOutcome } from "./codes.ts";
import { compareItems, type Item } from "./item.ts";
import type { OpenedMessage, TypeRule } from "./message-rules.ts";
import { NO_REFS, actOf, sideOf, submit, type CaseFold, type FoldContext } from "./opened-case.ts";
import { knows } from "./opened-entry.ts";
import { coversScope, isLifeSafety } from "./suspension.ts";
import { noteRetraction } from "./retract-acts.ts";
import { applySystem } from "./system-acts.ts";
import { TERM_BOUND_PROTOCOLS } from "./terms.ts";

/** Brings the bucket up to date; afterwards every item has its outcome. */
export function foldBucket(bucket: Bucket, context: FoldContext): void {
  sortBucket(bucket);
  // One opener keeps the id unless the bucket was disturbed; between several, a receipt may decide otherwise.
  const isSettled = bucket.folded > 0 && bucket.folded === bucket.items.length && bucket.openers.length < 2;
  const taker = isSettled ? bucket.taker : takerOf(bucket, context);
  if (bucket.under !== context.suspensions || bucket.taker !== taker) restart(bucket);
  else if (bucket.gates.some(({ ref, limit, passed }) => context.heldOrNow(ref) <= limit !== passed))
    restart(bucket);
  bucket.under = context.suspensions;
  bucket.taker = taker;
  if (bucket.folded < bucket.items.length) bucket.cached = undefined;
  for (; bucket.folded < bucket.items.length; bucket.folded++) {
    const item = bucket.items[bucket.folded];
    if (item !== undefined) item.outcome = step(bucket, item, context);
  }
}

/**
 * SPEC 9.3.8: whose opening a case id belongs to, whatever becomes of it. Where both sides name one id, order would
 * let a side that hides what it has seen take over a case of long ago, so the opening first held wins; where any
 * side's message may be the first, nobody can be robbed and order decides.
 */
export function takerOf({ openers }: Bucket, context: FoldContext): Item | undefined {
  const [only] = openers;
  if (only === undefined || openers.length === 1) {
    return only === undefined || context.isDuplicate(only) ? undefined : only;
  }
  const firstByFeed = new Map<PartyId, Item>();
  for (const item of openers) {
    const first = firstByFeed.get(item.entry.feed);
    if (context.isDuplicate(item) || (first !== undefined && compareItems(first, item) < 0)) continue;
    firstByFeed.set(item.entry.feed, item);
  }
  const candidates = [...firstByFeed.values()].sort(compareItems);
  const protocols = new Set(candidates.map(({ read }) => read?.rule.protocol));
  const isShared =
    protocols.size === 1 && candidates.every(({ read }) => read?.rule.rule.sender === "either");
  if (isShared || candidates.length === 1) return candidates[0];
  const held = ({ ref }: Item) => context.heldAt(ref) ?? Number.POSITIVE_INFINITY;
  // A stable sort: openings held at the same second stay in order.
  return candidates.sort((a, b) => (held(a) < held(b) ? -1 : held(a) > held(b) ? 1 : 0))[0];
}

function step(bucket: Bucket, item: Item, context: FoldContext): EntryOutcome {
  if (item.fault !== undefined || item.read === undefined) return item.fault ?? { kind: "unread" };
  const { rule, message } = item.read;
  if (context.isDuplicate(item)) return voidFor("duplicate-id");
  if (context.isAfterClose(item)) return voidFor("feed-closed");
  const outcome =
    rule.protocol === undefined
      ? applySystem(bucket, item, message, context)
      : applyMessage(bucket, item, { rule, message, protocol: rule.protocol }, context);
  noteMessage(bucket, item, message.id);
  return outcome;
}

interface Incoming {
  readonly rule: TypeRule;
  readonly message: OpenedMessage;
  readonly protocol: Protocol;
}

/** SPEC 9.3.8, second half: the checks that need the case, then the protocol's own verdict. */
function applyMessage(bucket: Bucket, item: Item, incoming: Incoming, context: FoldContext): Outcome {
  const { rule, message, protocol } = incoming;
  const { opened } = bucket;
  if (opened === undefined) {
    if (!rule.opens) return voidFor("unknown-case");
    if (bucket.taker !== item) return voidFor("case-taken");
    return openCase(bucket, item, incoming, context);
  }
  if (opened.protocol !== protocol) return voidFor("other-protocol");
  if (message.nature !== opened.message.nature) return voidFor("/nature");
  const { sender } = rule.rule;
  if (sender !== "either" && sender !== sideOf(opened, item.entry.feed)) return voidFor("wrong-side");
  const stopped = stoppedBy(bucket, item, rule, opened.lifeSafety || isLifeSafety(message), context);
  if (stopped !== undefined) return stopped;
  const outcome = submit(opened, item, context);
  if (outcome.kind === "accepted") {
    noteAnswers(bucket, opened, item, message);
    noteRetraction(opened, item, message, rule.rule.retracts);
  }
  return outcome;
}

function openCase(
  bucket: Bucket,
  item: Item,
  { rule, message, protocol }: Incoming,
  context: FoldContext,
): Outcome {
  if (rule.rule.sender === "respondent") return voidFor("wrong-side");
  const lifeSafety = isLifeSafety(message);
  const { until } = context.terms.term;
  // The term has ended from `until` on: its last whole second is the one before.
  if (TERM_BOUND_PROTOCOLS.has(protocol.name) && !passes(bucket, item, until - 1, context))
    return voidFor("term-ended");
  const stopped = stoppedBy(bucket, item, rule, lifeSafety, context);
  if (stopped !== undefined) return stopped;
  const initiator = item.entry.feed;
  bucket.opened = {
    protocol,
    opening: item,
    get message() {
      return readOf(item).message;
    },
    initiator,
    // A feed with one member (the house feed) is its own counterpart.
    respondent: context.terms.parties.find((party) => party !== initiator) ?? initiator,
    scope: rule.rule.scope,
    lifeSafety,
    state: protocol.open(actOf(item, message, "initiator", context)),
    acks: new Map(),
    answers: new Map(),
    lowerings: [],
    extensions: [],
    reveals: [],
    retractions: [],
  };
  return ACCEPTED;
}

function readOf({ read }: Item): NonNullable<Item["read"]> {
  if (read === undefined) throw new Error("only a read message opens a case");
  return read;
}

function stoppedBy(
  bucket: Bucket,
  item: Item,
  { rule }: TypeRule,
  lifeSafety: boolean,
  context: FoldContext,
): Outcome | undefined {
  if (rule.scope === undefined) return undefined;
  for (const suspension of context.suspensions) {
    if (!coversScope(suspension, rule.scope, lifeSafety)) continue;
    if (suspension.until !== undefined && knows(item.entry, suspension.until)) continue;
    const binds =
      suspension.bindsAfter === undefined
        ? knows(item.entry, suspension.from)
        : !passes(bucket, item, suspension.bindsAfter, context);
    if (binds) return voidFor(suspension.total ? "terminated" : "suspended");
  }
  return undefined;
}

/** Whether the entry was held in time; remembered, because a receipt may still turn the answer. */
function passes(bucket: Bucket, { ref }: Item, limit: Instant, context: FoldContext): boolean {
  const passed = context.heldOrNow(ref) <= limit;
  bucket.gates.push({ ref, limit, passed });
  return passed;
}

/** SPEC 9.6.2: a message of the other side that names a message has answered it. */
function noteAnswers(bucket: Bucket, opened: CaseFold, item: Item, message: OpenedMessage): void {
  for (const { kind, id } of message.refs ?? NO_REFS) {
    const target = kind === "message" ? messageTo(bucket, item.entry.feed, id) : undefined;
    if (target !== undefined && !opened.answers.has(target)) opened.answers.set(target, item);
  }
}
