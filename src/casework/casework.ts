/**
 * The one engine that runs every protocol (SPEC 9): entries and first receipts in, the channel's view out.
 *
 * Guarantees that the view depends only on the set of entries, the set of receipts and `asOf`: never on the order
 * of arrival. Taking an entry is O(1) when it sorts last in its case; otherwise that case alone is folded again.
 * It reads no clock, and it never forgets an entry. Views are fresh plain data that later calls do not change.
 */
import type { Instant } from "../codec/time.ts";
import { integerIn, stringIn } from "../protocols/body.ts";
import type { Nature } from "../protocols/envelope.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";
import type { Bucket } from "./bucket.ts";
import { caseView, type CaseView, type Disputes } from "./case-view.ts";
import {
  HEARTBEATS_SHOWN_SECONDS,
  flashCounts,
  silentSince,
  termView,
  type ChannelView,
  type HeartbeatView,
  type PartyView,
  type SuspensionView,
} from "./channel-view.ts";
import { voidFor, type EntryOutcome } from "./codes.ts";
import type { Disclosure } from "./disclosure.ts";
import { disclosuresOf } from "./disclosures.ts";
import {
  addEntry,
  bucketFor,
  byOpening,
  createEngine,
  foldEverything,
  instantsOf,
  type CaseworkConfig,
  type Engine,
} from "./engine.ts";
import { entryViews, errorOwedBy, receiptLimit, type EntryContext } from "./entry-view.ts";
import { answeredErrors, isAccepted, unfoundedErrors, unpairedErrors } from "./errors.ts";
import { compareItems, type Item } from "./item.ts";
import { judgeEntry } from "./judge.ts";
import type { CaseFold } from "./opened-case.ts";
import type { FirstReceipt, OpenedEntry } from "./opened-entry.ts";
import type { ActiveSuspension } from "./suspension.ts";
import { resolveTimers, type Instants, type ResolvedTimers } from "./timers.ts";

export type { CaseworkConfig } from "./engine.ts";

export interface Casework {
  /** Takes an entry; the same entry again changes nothing. Throws on two entries at one place: a fork is `ledger`'s. */
  readonly add: (entry: OpenedEntry) => void;
  readonly receive: (receipt: FirstReceipt) => void;
  readonly view: (asOf: Instant) => ChannelView;
  /** One case; undefined when no valid opening is known. */
  readonly caseView: (id: string, asOf: Instant) => CaseView | undefined;
  /** Void entries about which `by` still owes a `sys.error` (SPEC 9.3.11); cheaper than a view. */
  readonly owedErrors: (by: PartyId, asOf: Instant) => readonly OwedError[];
  /** What one party has disclosed here, in the order of its feed (SPEC 15.1). */
  readonly disclosures: (by: PartyId, asOf: Instant) => readonly Disclosure[];
  /** What would become of this entry at the end of its case; nothing is taken. */
  readonly judge: (entry: OpenedEntry, asOf: Instant) => EntryOutcome;
}

export interface OwedError {
  readonly ref: EntryRef;
  readonly code: string;
  /** Absent outside any opened case. */
  readonly kase?: { readonly id: string; readonly nature: Nature };
}

export interface FoldInput extends CaseworkConfig {
  readonly entries: Iterable<OpenedEntry>;
  readonly receipts: Iterable<FirstReceipt>;
  readonly asOf: Instant;
}

/** The whole fold at once (SPEC 9.1.1). */
export function foldChannel({ entries, receipts, asOf, ...config }: FoldInput): ChannelView {
  const casework = createCasework(config);
  for (const entry of entries) casework.add(entry);
  for (const receipt of receipts) casework.receive(receipt);
  return casework.view(asOf);
}

export function createCasework(config: CaseworkConfig): Casework {
  const engine = createEngine(config);
  return {
    add: (entry) => addEntry(engine, entry),
    receive: (receipt) => engine.receipts.add(receipt),
    view: (asOf) => channelView(engine, asOf),
    caseView: (id, asOf) => {
      const now = bringUpToDate(engine, asOf);
      const bucket = engine.buckets.get(id);
      return bucket === undefined ? undefined : viewOf(bucket, now);
    },
    owedErrors: (by, asOf) => owedErrors(bringUpToDate(engine, asOf), by),
    disclosures: (by, asOf) => {
      const { instants } = bringUpToDate(engine, asOf);
      return disclosuresOf(engine, by, instants);
    },
    judge: (entry, asOf) => judgeEntry(engine, entry, asOf),
  };
}

/** The engine folded as of an instant, with what every view needs; timers are resolved as they are asked for. */
interface Now {
  readonly engine: Engine;
  readonly instants: Instants;
  readonly timersOf: (bucket: Bucket, opened: CaseFold) => ResolvedTimers;
  readonly entries: EntryContext;
  readonly disputes: Disputes;
}

function bringUpToDate(engine: Engine, asOf: Instant): Now {
  const instants = instantsOf(engine, asOf);
  const fold = foldEverything(engine, instants);
  const resolved = new Map<Bucket, ResolvedTimers>();
  const timersOf = (bucket: Bucket, opened: CaseFold) => {
    let timers = resolved.get(bucket);
    if (timers === undefined) resolved.set(bucket, (timers = resolveTimers(opened, fold, instants)));
    return timers;
  };
  const entries: EntryContext = {
    terms: engine.config.terms,
    instants,
    itemAt: fold.itemAt,
    outcomeOf: (item) =>
      isLateExtension(engine, item, timersOf) ? voidFor("extension-too-late") : item.outcome,
    answeredErrors: answeredErrors(engine),
    erasures: erasuresByItem(engine),
    erasers: Map.groupBy(engine.erasures.filter(isAccepted), ({ entry }) => entry.feed),
    closes: engine.closes,
  };
  const now = { engine, instants, timersOf, entries, disputes: disputesOf(engine) };
  noteSurroundings(now);
  return now;
}

/** Errors, erasures, disputes and suspensions of other cases: one changed, and no kept view holds any more. */
function noteSurroundings({ engine, instants, entries, disputes }: Now): void {
  const { momentOf } = instants;
  const text = JSON.stringify([
    [...entries.answeredErrors].map(({ ref }) => ref),
    [...entries.erasures].map(([{ ref }, by]) => [ref, by]),
    [...entries.closes].map(([, { ref }]) => ref),
    [...disputes.byCase],
    [...disputes.messages],
    engine.suspensions.map(({ from, until }) => [momentOf(from), until === undefined ? 0 : momentOf(until)]),
    engine.receipts.revisions(),
  ]);
  if (text === engine.surroundings) return;
  engine.surroundings = text;
  engine.epoch += 1;
}

function isLateExtension(engine: Engine, item: Item, timersOf: Now["timersOf"]): boolean {
  if (item.read?.rule.type !== "timer.extend") return false;
  const bucket = bucketFor(engine, item);
  return bucket.opened !== undefined && timersOf(bucket, bucket.opened).lateExtensions.has(item);
}

function erasuresByItem(engine: Engine): ReadonlyMap<Item, readonly EntryRef[]> {
  const byItem = new Map<Item, EntryRef[]>();
  for (const item of engine.erasures.toSorted(compareItems)) {
    if (!isAccepted(item) || item.read === undefined) continue;
    const { body } = item.read.message;
    const erased = engine.feeds.get(stringIn(body, "feed"))?.[integerIn(body, "seq")];
    if (erased !== undefined) byItem.set(erased, [...(byItem.get(erased) ?? []), item.ref]);
  }
  return byItem;
}

function disputesOf({ buckets }: Engine): Disputes {
  const byCase = new Map<string, string[]>();
  const messages = new Set<string>();
  const disputes = [...buckets.values()]
    .filter(({ opened }) => opened?.protocol.name === "dispute")
    .sort(byOpening);
  for (const { id, opened } of disputes) {
    for (const ref of opened?.message.refs ?? []) {
      if (ref.kind === "message") messages.add(ref.id);
      if (ref.kind !== "case") continue;
      const known = byCase.get(ref.id);
      if (known === undefined) byCase.set(ref.id, [id]);
      else if (!known.includes(id)) known.push(id);
    }
  }
  return { byCase, messages };
}

/** The case's view, the last one again while nothing that it rests on can have changed. */
function viewOf(bucket: Bucket, now: Now): CaseView | undefined {
  const { opened } = bucket;
  if (opened === undefined) return undefined;
  const { asOf, heldAt } = now.instants;
  const { epoch } = now.engine;
  const receipts = now.engine.receipts.count();
  const known = bucket.cached;
  if (known !== undefined && known.epoch === epoch && known.madeAt <= asOf && asOf <= known.validUntil) {
    if (known.receipts === undefined || known.receipts === receipts) return known.view;
  }
  const timers = now.timersOf(bucket, opened);
  const view = caseView(bucket, opened, timers, now.disputes, now.entries);
  let { validUntil } = timers;
  let isHeld = true;
  for (const item of bucket.items) {
    if (heldAt(item.ref) !== undefined) continue;
    isHeld = false;
    const limit = receiptLimit(item, now.entries.terms);
    if (limit >= asOf) validUntil = Math.min(validUntil, limit);
  }
  bucket.cached = { view, madeAt: asOf, validUntil, receipts: isHeld ? undefined : receipts, epoch };
  keepViewed(now.engine.viewed, bucket);
  return view;
}

/** Views that are kept: those of the cases looked at last, so that a long record costs no memory for its past. */
const VIEWS_LIMIT = 2_048;

function keepViewed(viewed: Set<Bucket>, bucket: Bucket): void {
  viewed.add(bucket);
  if (viewed.size <= VIEWS_LIMIT) return;
  const [oldest] = viewed;
  if (oldest === undefined) return;
  viewed.delete(oldest);
  oldest.cached = undefined;
}

function owedErrors({ engine, entries }: Now, by: PartyId): readonly OwedError[] {
  const owed: OwedError[] = [];
  for (const { id, items, opened } of engine.buckets.values()) {
    for (const item of items) {
      const outcome = entries.outcomeOf(item);
      if (outcome.kind !== "void" || errorOwedBy(item, entries) !== by) continue;
      const kase = opened && { id, nature: opened.message.nature };
      owed.push({ ref: item.ref, code: outcome.code, ...(kase && { kase }) });
    }
  }
  return owed;
}

function channelView(engine: Engine, asOf: Instant): ChannelView {
  const now = bringUpToDate(engine, asOf);
  const { terms } = engine.config;
  const buckets = [...engine.buckets.values()];
  const cases = buckets
    .filter(({ opened }) => opened !== undefined)
    .sort(byOpening)
    .flatMap((bucket) => viewOf(bucket, now) ?? []);
  const unopened = buckets.filter(({ opened }) => opened === undefined);
  return {
    asOf,
    term: termView(terms, asOf),
    parties: terms.parties.map((party) => partyView(engine, party, asOf)),
    cases,
    loose: unopened
      .flatMap(({ items }) => entryViews(items, undefined, [], now.entries))
      .sort((a, b) => a.depth - b.depth || (a.leaf < b.leaf ? -1 : 1)),
    suspensions: engine.suspensions.map((suspension) => suspensionView(suspension, now.instants)),
    heartbeats: heartbeatViews(engine, now.instants),
    flash: flashCounts(cases, terms),
    unfoundedErrors: unfoundedErrors(engine, now.entries.outcomeOf),
    unpairedErrors: unpairedErrors(engine),
  };
}

function partyView({ config, receipts, feeds }: Engine, party: PartyId, asOf: Instant): PartyView {
  const lastHeardAt = receipts.latestAt(party);
  const silent = silentSince(config.terms, lastHeardAt, asOf);
  const feed = feeds.get(party) ?? [];
  let unreceiptedSince: Instant | undefined;
  for (let seq = receipts.heldSize(party); seq < feed.length; seq++) {
    const claimedAt = feed[seq]?.entry.claimedAt;
    if (claimedAt !== undefined) unreceiptedSince = Math.min(unreceiptedSince ?? claimedAt, claimedAt);
  }
  return {
    party,
    ...(lastHeardAt === undefined ? {} : { lastHeardAt }),
    ...(silent === undefined ? {} : { silentSince: silent }),
    ...(unreceiptedSince === undefined ? {} : { unreceiptedSince }),
  };
}

function suspensionView(suspension: ActiveSuspension, { momentOf }: Instants): SuspensionView {
  const { scopes, from, until, total, bindsAfter } = suspension;
  return {
    scopes,
    from,
    since: momentOf(from),
    ...(until === undefined ? {} : { until }),
    total,
    ...(bindsAfter === undefined ? {} : { bindsAfter }),
  };
}

function heartbeatViews({ heartbeats }: Engine, { asOf, heldAt }: Instants): readonly HeartbeatView[] {
  return heartbeats
    .filter(({ entry }) => entry.claimedAt > asOf - HEARTBEATS_SHOWN_SECONDS)
    .sort(compareItems)
    .map(({ ref, entry }) => {
      const held = heldAt(ref);
      return { ref, claimedAt: entry.claimedAt, ...(held === undefined ? {} : { heldAt: held }) };
    });
}
