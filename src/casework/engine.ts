/**
 * The engine's memory (SPEC 9.1): entries by place, by case and by message id; and bringing every fold up to date.
 *
 * Private to casework. Everything here can be dropped and built again from the same entries and receipts.
 */
import type { Instant } from "../codec/time.ts";
import type { EntryRef, PartyId, Protocol } from "../protocols/protocol.ts";
import { addToBucket, createBucket, restartAt, type Bucket } from "./bucket.ts";
import { foldBucket, takerOf } from "./case-fold.ts";
import { compareItems, type Item } from "./item.ts";
import { createMessageIds, type MessageIds } from "./message-ids.ts";
import { isUnscoped, ReadEntry, readMessage, typeRules } from "./message-rules.ts";
import type { DigestFunction, Evaluate, FoldContext } from "./opened-case.ts";
import type { OpenedEntry } from "./opened-entry.ts";
import { createReceipts, type Receipts } from "./receipts.ts";
import { activate, keepIfEqual, type ActiveSuspension } from "./suspension.ts";
import type { AgreementTerms } from "./terms.ts";
import type { Instants } from "./timers.ts";

export interface CaseworkConfig {
  readonly terms: AgreementTerms;
  readonly protocols: readonly Protocol[];
  /** SHA-256, for reveals. */
  readonly digest: DigestFunction;
  /** Without it, acts carry no evaluation. */
  readonly evaluate?: Evaluate;
}

export interface Engine {
  readonly config: CaseworkConfig;
  readonly rules: FoldContext["rules"];
  readonly unscoped: ReadonlySet<Protocol>;
  readonly receipts: Receipts;
  /** By feed and sequence number. */
  readonly feeds: Map<PartyId, Item[]>;
  readonly buckets: Map<string, Bucket>;
  /** Buckets with an opening of an unscoped protocol. */
  readonly governing: Set<Bucket>;
  /** Of messages with a right schema. */
  readonly ids: MessageIds;
  /** Of the others, as far as they have an id: what `sys.error` can name. */
  readonly faultyIds: MessageIds;
  readonly errors: Item[];
  readonly inquiries: Item[];
  readonly erasures: Item[];
  /** Where each feed was first closed. */
  readonly closes: Map<PartyId, Item>;
  readonly heartbeats: Item[];
  suspensions: readonly ActiveSuspension[];
  /** All that shows in a case from outside it, as text; `epoch` grows when it changes. */
  surroundings: string;
  epoch: number;
  /** Buckets that keep a view, the oldest first. */
  readonly viewed: Set<Bucket>;
}

export function createEngine(config: CaseworkConfig): Engine {
  return {
    config,
    rules: typeRules(config.protocols),
    unscoped: new Set(config.protocols.filter(isUnscoped)),
    receipts: createReceipts(),
    feeds: new Map(),
    buckets: new Map(),
    governing: new Set(),
    ids: createMessageIds(),
    faultyIds: createMessageIds(),
    errors: [],
    inquiries: [],
    erasures: [],
    closes: new Map(),
    heartbeats: [],
    suspensions: NO_SUSPENSIONS,
    surroundings: "",
    epoch: 0,
    viewed: new Set(),
  };
}

const NO_SUSPENSIONS: readonly ActiveSuspension[] = Object.freeze([]);
/** The bucket of entries that name no case. */
const NO_CASE = "";
const UUID = /^[0-9a-f-]{36}$/;

export function addEntry(engine: Engine, entry: OpenedEntry): void {
  let feed = engine.feeds.get(entry.feed);
  if (feed === undefined) engine.feeds.set(entry.feed, (feed = []));
  const known = feed[entry.seq];
  if (known !== undefined) {
    if (known.entry.leaf !== entry.leaf)
      throw new Error("two entries at one place of a feed reached casework");
    return;
  }
  const item = itemOf(engine, entry);
  feed[entry.seq] = item;
  if (entry.kind === "heartbeat") engine.heartbeats.push(item);
  const mayBeWithout = entry.kind === "erase" || entry.kind === "close";
  if (entry.kind === "message" || (mayBeWithout && entry.message !== undefined)) file(engine, item);
}

export function itemOf({ rules }: Engine, entry: OpenedEntry): Item {
  const ref = { feed: entry.feed, seq: entry.seq };
  const result = readMessage(rules, entry);
  if (result.kind === "read") {
    const read = new ReadEntry(result.rule, entry);
    return { entry, ref, read, fault: undefined, outcome: { kind: "unread" } };
  }
  const fault = result.kind === "void" ? result.outcome : result;
  return { entry, ref, read: undefined, fault, outcome: fault };
}

/** Puts a message into its bucket and into the indexes that reach across cases. */
function file(engine: Engine, item: Item): void {
  const bucket = bucketFor(engine, item);
  addToBucket(bucket, item);
  if (item.read === undefined) {
    noteFaulty(engine, item);
    return;
  }
  const { rule, message } = item.read;
  if (rule.type === "sys.error") engine.errors.push(item);
  if (rule.type === "sys.inquiry") engine.inquiries.push(item);
  if (rule.type === "erase") engine.erasures.push(item);
  if (rule.type === "close") noteClose(engine, item);
  if (rule.opens && rule.protocol !== undefined && engine.unscoped.has(rule.protocol))
    engine.governing.add(bucket);
  for (const other of engine.ids.add(message.id, item)) restartAt(bucketFor(engine, other), other);
}

/** SPEC 9.5.11: what the feed says after its first close is folded again, now void. */
function noteClose(engine: Engine, item: Item): void {
  const { feed, seq } = item.entry;
  const known = engine.closes.get(feed);
  if (known !== undefined && known.entry.seq < seq) return;
  engine.closes.set(feed, item);
  for (const later of engine.feeds.get(feed)?.slice(seq + 1) ?? [])
    if (later !== undefined) restartAt(bucketFor(engine, later), later);
}

function noteFaulty({ faultyIds }: Engine, item: Item): void {
  const id = item.entry.message?.["id"];
  if (typeof id === "string" && UUID.test(id)) faultyIds.add(id, item);
}

export function bucketFor({ buckets }: Engine, { entry }: Item): Bucket {
  const named = entry.message?.["case"];
  const id = typeof named === "string" && UUID.test(named) ? named : NO_CASE;
  let bucket = buckets.get(id);
  if (bucket === undefined) buckets.set(id, (bucket = createBucket(id)));
  return bucket;
}

export function itemAt({ feeds }: Engine, { feed, seq }: EntryRef): Item {
  const item = feeds.get(feed)?.[seq];
  if (item === undefined) throw new Error("a protocol named an entry that was never folded");
  return item;
}

export function instantsOf(engine: Engine, asOf: Instant): Instants {
  const heldAt = ({ feed, seq }: EntryRef) => engine.receipts.heldAt(feed, seq);
  return { asOf, heldAt, momentOf: (ref) => heldAt(ref) ?? itemAt(engine, ref).entry.claimedAt };
}

/** Governing cases first: what they suspend decides about the others, and never about themselves. */
export function foldEverything(engine: Engine, { asOf, heldAt, momentOf }: Instants): FoldContext {
  const governed: FoldContext = {
    terms: engine.config.terms,
    rules: engine.rules,
    digest: engine.config.digest,
    evaluate: engine.config.evaluate,
    suspensions: NO_SUSPENSIONS,
    isDuplicate: (item) => engine.ids.isDuplicate(item.read?.message.id ?? "", item),
    isAfterClose: ({ entry }) => entry.seq > (engine.closes.get(entry.feed)?.entry.seq ?? entry.seq),
    heldAt,
    itemAt: (ref) => itemAt(engine, ref),
    heldOrNow: (ref) => heldAt(ref) ?? asOf,
  };
  const governing = [...engine.governing].filter((bucket) => {
    const protocol = takerOf(bucket, governed)?.read?.rule.protocol;
    return protocol !== undefined && engine.unscoped.has(protocol);
  });
  for (const bucket of governing) foldBucket(bucket, governed);
  const found = governing
    .filter(({ opened }) => opened?.state.suspensions !== undefined)
    .sort(byOpening)
    .flatMap(({ opened }) => opened?.state.suspensions ?? [])
    .map((suspension) => activate(suspension, momentOf));
  engine.suspensions = found.length === 0 ? NO_SUSPENSIONS : keepIfEqual(engine.suspensions, found);
  const context = { ...governed, suspensions: engine.suspensions };
  const folded = new Set(governing);
  for (const bucket of engine.buckets.values()) if (!folded.has(bucket)) foldBucket(bucket, context);
  return context;
}

export function byOpening(a: Bucket, b: Bucket): number {
  return a.opened === undefined || b.opened === undefined
    ? 0
    : compareItems(a.opened.opening, b.opened.opening);
}
