/**
 * One feed under verification: what each step found, and the faults so far.
 *
 * Private to the verifier. Steps add to it in the order of SPEC 7.3; `firstFaults` then answers which fault of which
 * entry comes first. Faults are ordered by index, and at one index by step: an altered entry is called that,
 * whatever else the alteration broke.
 */
import type { RefusalFacts } from "#parley/codec/refusal.ts";
import type { Checkpoint } from "#parley/ledger/checkpoint.ts";
import type { Entry } from "#parley/ledger/entry.ts";
import type { Hash } from "#parley/ledger/tree.ts";
import { toFault, type Member } from "./ground.ts";
import type { FeedFault, FeedWarning, VerifiedReceipt } from "./report.ts";
import type { FeedSection } from "./sections.ts";

/** Smaller comes first where one index has several faults. */
export const STEPS = { altered: 0, entry: 1, opening: 2, head: 3, end: 4 } as const;
export type Step = keyof typeof STEPS;

export const FAULTS_REPORTED_LIMIT = 32;
export const WARNINGS_REPORTED_LIMIT = 256;

interface SteppedFault {
  readonly step: Step;
  readonly fault: FeedFault;
}

/** Roots in base64url by size. */
export type Roots = Map<number, string>;

export interface FeedWork {
  readonly member: Member;
  readonly feed: string;
  readonly section: FeedSection;
  /** Parsed and in place, from 0 until the first that is neither. */
  readonly entries: Entry[];
  /** Of every entry shown. */
  readonly leaves: Hash[];
  /** First place where leaves and `leaves` record part. */
  firstDifference: number | undefined;
  /** Positions with the newest version made known there (SPEC 4.3.2). */
  readonly updates: { readonly seq: number; readonly version: number }[];
  /** From here on a version may have been made known that this file does not show. */
  unknownUpdatesFrom: number;
  readonly heads: Checkpoint[];
  /** Sizes whose roots somebody names. */
  readonly wanted: Set<number>;
  readonly rootsShown: Roots;
  readonly rootsListed: Roots;
  /** The author signed the tree up to here, as shown or as listed. */
  authenticTo: number;
  authenticRoots: Roots;
  /** Entries below are the bytes that the author signed. */
  saidTo: number;
  /** Size of the largest good head. */
  signedTo: number;
  readonly receipts: VerifiedReceipt[];
  readonly faults: SteppedFault[];
  readonly warnings: FeedWarning[];
  warningsLeftOff: number;
}

export function beginFeed(member: Member, section: FeedSection): FeedWork {
  const rootsShown: Roots = new Map();
  return {
    member,
    feed: member.party,
    section,
    entries: [],
    leaves: [],
    firstDifference: undefined,
    updates: [],
    unknownUpdatesFrom: Number.MAX_SAFE_INTEGER,
    heads: [],
    wanted: new Set(),
    rootsShown,
    rootsListed: new Map(),
    authenticTo: 0,
    authenticRoots: rootsShown,
    saidTo: 0,
    signedTo: 0,
    receipts: [],
    faults: [],
    warnings: [],
    warningsLeftOff: 0,
  };
}

export function shownOf(work: FeedWork): number {
  return work.section.slots.length;
}

export interface Place {
  readonly index: number;
  /** Given when the entry at fault is only known to lie in [index, until). */
  readonly until?: number;
}

export function addFault(
  work: FeedWork,
  step: Step,
  code: string,
  place: Place,
  facts: RefusalFacts = {},
): void {
  const { index, until } = place;
  const spread = until !== undefined && until - index > 1;
  const fault = { ...toFault(code, facts), index, certain: !spread, ...(spread ? { until } : {}) };
  work.faults.push({ step, fault });
}

export function addWarning(work: FeedWork, code: string, facts: RefusalFacts, index?: number): void {
  if (work.warnings.length >= WARNINGS_REPORTED_LIMIT) {
    work.warningsLeftOff++;
    return;
  }
  work.warnings.push(index === undefined ? toFault(code, facts) : { ...toFault(code, facts), index });
}

/** One fault for each index, ascending. */
export function firstFaults(work: FeedWork): readonly FeedFault[] {
  const sorted = work.faults.toSorted(
    (a, b) => a.fault.index - b.fault.index || STEPS[a.step] - STEPS[b.step],
  );
  const first: FeedFault[] = [];
  for (const { fault } of sorted) {
    if (first.length >= FAULTS_REPORTED_LIMIT) break;
    if (fault.index !== first.at(-1)?.index) first.push(fault);
  }
  return first;
}

/** Entries below are shown, signed and without a fault of their own; a fault of a head or an end takes none away. */
export function provenTo(work: FeedWork): number {
  let proven = work.saidTo;
  for (const { step, fault } of work.faults) {
    if (step !== "head" && step !== "end") proven = Math.min(proven, fault.index);
  }
  return proven;
}
