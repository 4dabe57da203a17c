/**
 * The whole channel as both sides see it (SPEC 9.6 to 9.8): plain data, equal on both nodes when they hold the
 * same entries and receipts and ask for the same instant.
 */
import { encodeInstant, type Instant } from "../codec/time.ts";
import { termPhase, type Term, type TermPhase } from "../protocols/agreement/terms.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";
import type { CaseView } from "./case-view.ts";
import type { EntryView } from "./entry-view.ts";
import { SILENT_PERIODS, type AgreementTerms } from "./terms.ts";

export interface ChannelView {
  readonly asOf: Instant;
  readonly term: TermView;
  readonly parties: readonly PartyView[];
  /** In the order of their openings. */
  readonly cases: readonly CaseView[];
  /** Entries that belong to no opened case, in order. */
  readonly loose: readonly EntryView[];
  readonly suspensions: readonly SuspensionView[];
  /** Heartbeats claimed within `HEARTBEATS_SHOWN_SECONDS`. */
  readonly heartbeats: readonly HeartbeatView[];
  readonly flash: readonly FlashCount[];
  /** `sys.error` entries about something that this fold does not find void: the two nodes disagree. */
  readonly unfoundedErrors: readonly EntryRef[];
  /** `sys.error` entries without the `sys.inquiry` that must come with each. */
  readonly unpairedErrors: readonly EntryRef[];
}

export interface TermView extends Term {
  readonly status: TermPhase;
}

export interface PartyView {
  readonly party: PartyId;
  /** When another party last receipted something of this one. */
  readonly lastHeardAt?: Instant;
  /** Present after two heartbeat periods without anything new. */
  readonly silentSince?: Instant;
  /** The earliest claimed time among entries of this party that nobody has receipted. */
  readonly unreceiptedSince?: Instant;
}

export interface SuspensionView {
  readonly scopes: readonly string[];
  readonly from: EntryRef;
  readonly since: Instant;
  readonly until?: EntryRef;
  readonly total: boolean;
  /** With a notice: when it begins to bind. */
  readonly bindsAfter?: Instant;
}

export interface HeartbeatView {
  readonly ref: EntryRef;
  readonly claimedAt: Instant;
  readonly heldAt?: Instant;
}

/** Cases opened at flash in one calendar month (UTC), real ones, life safety apart. */
export interface FlashCount {
  readonly party: PartyId;
  readonly month: string;
  readonly used: number;
  readonly budget: number;
}

/** The longest window of line quality. */
export const HEARTBEATS_SHOWN_SECONDS = 7 * 86_400;

export function termView({ term }: AgreementTerms, asOf: Instant): TermView {
  return { ...term, status: termPhase(term, asOf) };
}

/** SPEC 9.8.2. The silence of a party nobody ever heard counts from the beginning of the term. */
export function silentSince(terms: AgreementTerms, lastHeardAt: Instant | undefined, asOf: Instant) {
  const since = lastHeardAt ?? terms.term.from;
  return asOf > since + SILENT_PERIODS * terms.heartbeatSeconds ? since : undefined;
}

/** SPEC 9.8.4. */
export function flashCounts(
  cases: readonly CaseView[],
  { flashBudgetPerMonth }: AgreementTerms,
): readonly FlashCount[] {
  const used = new Map<string, { readonly party: PartyId; readonly month: string; used: number }>();
  for (const { nature, statedPrecedence, lifeSafety, initiator, openedAt } of cases) {
    if (nature !== "real" || statedPrecedence !== "flash" || lifeSafety) continue;
    const month = encodeInstant(openedAt).slice(0, 7);
    const key = `${month} ${initiator}`;
    const count = used.get(key);
    if (count === undefined) used.set(key, { party: initiator, month, used: 1 });
    else count.used += 1;
  }
  return [...used]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, count]) => ({ ...count, budget: flashBudgetPerMonth }));
}
