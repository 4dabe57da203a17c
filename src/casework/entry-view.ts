/**
 * One entry as everybody may show it (SPEC 9.6): outcome, concurrency, and which of the confirmations exist.
 * Carries no content of the message: positions, codes and instants only.
 */
import type { Instant } from "../codec/time.ts";
import type { Role } from "../protocols/envelope.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";
import type { EntryOutcome } from "./codes.ts";
import type { Item } from "./item.ts";
import type { CaseFold } from "./opened-case.ts";
import { knows, seenSize, type EntryKind } from "./opened-entry.ts";
import type { AgreementTerms } from "./terms.ts";
import type { Instants, TimerView } from "./timers.ts";

/** `offered` is a matter of the sender's outbox and stands between `said` and `receipted` there. */
export type DeliveryStage = "said" | "no_receipt" | "receipted" | "acknowledged" | "answered";

export interface Delivery {
  /** The furthest of the confirmations; the members below say which exist. */
  readonly stage: DeliveryStage;
  readonly receiptedAt?: Instant;
  readonly acknowledgedBy?: EntryRef;
  readonly answeredBy?: EntryRef;
}

export interface EntryView {
  readonly ref: EntryRef;
  readonly depth: number;
  readonly leaf: string;
  readonly kind: EntryKind;
  /** Absent when no protocol knows it. */
  readonly type?: string;
  readonly id?: string;
  readonly role?: Role;
  readonly claimedAt: Instant;
  readonly outcome: EntryOutcome;
  /** The party that must still answer this void entry with `sys.error`. */
  readonly needsError?: PartyId;
  /** Entries of the same case that neither knew nor were known: the first `CONCURRENT_SHOWN` by feed and order. */
  readonly concurrentWith: readonly EntryRef[];
  readonly concurrentCount: number;
  readonly delivery: Delivery;
  /** Who has erased its content, by entry of kind `erase`. */
  readonly erasedBy?: readonly EntryRef[];
}

/** A feed that ran far ahead would otherwise make a view quadratic. */
export const CONCURRENT_SHOWN = 16;

export interface EntryContext {
  readonly terms: AgreementTerms;
  readonly instants: Instants;
  readonly itemAt: (ref: EntryRef) => Item;
  readonly outcomeOf: (item: Item) => EntryOutcome;
  /** Void entries that the other side has answered with `sys.error`. */
  readonly answeredErrors: ReadonlySet<Item>;
  readonly erasures: ReadonlyMap<Item, readonly EntryRef[]>;
  /** Accepted erasures by their author. */
  readonly erasers: ReadonlyMap<PartyId, readonly Item[]>;
  readonly closes: ReadonlyMap<PartyId, Item>;
}

/** Views of the items of one bucket, in order. */
export function entryViews(
  items: readonly Item[],
  opened: CaseFold | undefined,
  timers: readonly TimerView[],
  context: EntryContext,
): readonly EntryView[] {
  const byFeed = itemsByFeed(items);
  const answers = answersByTrigger(timers, context);
  return items.map((item) => entryView(item, opened, byFeed, answers, context));
}

/** Members are set one by one: this runs once per entry of a channel. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

function entryView(
  item: Item,
  opened: CaseFold | undefined,
  byFeed: ItemsByFeed,
  answers: ReadonlyMap<Item, EntryRef>,
  context: EntryContext,
): EntryView {
  const { entry, ref, read } = item;
  const outcome = context.outcomeOf(item);
  const view: Draft<EntryView> = {
    ref,
    depth: entry.depth,
    leaf: entry.leaf,
    kind: entry.kind,
    claimedAt: entry.claimedAt,
    outcome,
    concurrentWith: NONE,
    concurrentCount: 0,
    delivery: deliveryOf(item, opened, answers.get(item), context),
  };
  if (read !== undefined) {
    view.type = read.rule.type;
    view.id = read.message.id;
    view.role = read.message.from_role;
  }
  markConcurrent(view, item, byFeed);
  const needsError = errorOwedBy(item, context);
  if (needsError !== undefined) view.needsError = needsError;
  const erasedBy = context.erasures.get(item);
  if (erasedBy !== undefined) view.erasedBy = erasedBy;
  return view;
}

/** Who owes a `sys.error` about the entry, if it is void (SPEC 9.3.11): an error about an error would never end. */
export function errorOwedBy(
  item: Item,
  { terms, answeredErrors, closes, erasers, outcomeOf }: EntryContext,
): PartyId | undefined {
  if (outcomeOf(item).kind !== "void") return undefined;
  const type = item.read?.rule.type;
  if (type === "sys.error" || type === "sys.inquiry" || answeredErrors.has(item)) return undefined;
  const owing = terms.parties.find((party) => party !== item.entry.feed);
  // SPEC 9.3.12: who has closed its feed says nothing; who erased may find void what it once could read.
  if (owing === undefined || closes.has(owing)) return undefined;
  return erasers.get(owing)?.some(({ entry }) => knows(entry, item.ref)) === true ? undefined : owing;
}

type ItemsByFeed = ReadonlyMap<PartyId, readonly Item[]>;

function itemsByFeed(items: readonly Item[]): ItemsByFeed {
  const byFeed = new Map<PartyId, Item[]>();
  for (const item of items) {
    const known = byFeed.get(item.entry.feed);
    if (known === undefined) byFeed.set(item.entry.feed, [item]);
    else known.push(item);
  }
  return byFeed;
}

/** Along a feed `seq` and what it has seen only grow, so the concurrent ones are one stretch. */
function markConcurrent(view: Draft<EntryView>, { entry }: Item, byFeed: ItemsByFeed): void {
  for (const [feed, others] of byFeed) {
    if (feed === entry.feed) continue;
    const seen = seenSize(entry, feed);
    const from = partition(others, (other) => other.entry.seq < seen);
    const until = partition(others, (other) => seenSize(other.entry, entry.feed) <= entry.seq);
    if (until <= from) continue;
    const room = CONCURRENT_SHOWN - view.concurrentWith.length;
    const shown = others.slice(from, Math.min(until, from + room)).map(({ ref }) => ref);
    view.concurrentCount += until - from;
    view.concurrentWith = [...view.concurrentWith, ...shown];
  }
}

const NONE: readonly EntryRef[] = Object.freeze([]);

/** How many leading items satisfy the test, which holds for a prefix. */
function partition(items: readonly Item[], isBefore: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && isBefore(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What stopped a timer answered its trigger; acknowledging is not answering. */
function answersByTrigger(
  timers: readonly TimerView[],
  { itemAt }: EntryContext,
): ReadonlyMap<Item, EntryRef> {
  const answers = new Map<Item, EntryRef>();
  for (const { trigger, stoppedBy } of timers) {
    if (stoppedBy === undefined) continue;
    const question = itemAt(trigger);
    const answer = itemAt(stoppedBy);
    const isAnswer = answer.read?.rule.type !== "ack" && answer.entry.feed !== question.entry.feed;
    if (isAnswer && !answers.has(question)) answers.set(question, stoppedBy);
  }
  return answers;
}

function deliveryOf(
  item: Item,
  opened: CaseFold | undefined,
  byTimer: EntryRef | undefined,
  { terms, instants }: EntryContext,
): Delivery {
  const receiptedAt = instants.heldAt(item.ref);
  const acknowledgedBy = opened?.acks.get(item)?.ref;
  const answeredBy = byTimer ?? opened?.answers.get(item)?.ref;
  const delivery: Draft<Delivery> = { stage: "said" };
  if (receiptedAt !== undefined) {
    delivery.stage = "receipted";
    delivery.receiptedAt = receiptedAt;
  } else if (instants.asOf > receiptLimit(item, terms)) delivery.stage = "no_receipt";
  if (acknowledgedBy !== undefined) {
    delivery.stage = "acknowledged";
    delivery.acknowledgedBy = acknowledgedBy;
  }
  if (answeredBy !== undefined) {
    delivery.stage = "answered";
    delivery.answeredBy = answeredBy;
  }
  return delivery;
}

/** SPEC 9.6.1: before any receipt only t_receipt runs, from the claimed time. */
export function receiptLimit({ entry, read }: Item, { clocks }: AgreementTerms): Instant {
  return entry.claimedAt + clocks.t_receipt[read?.message.precedence ?? "routine"];
}
