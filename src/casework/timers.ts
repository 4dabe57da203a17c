/**
 * Timers in instants (SPEC 9.4): symbolic timers of a protocol, first receipts and `as_of` to due times.
 *
 * All arithmetic is in POSIX seconds, so daylight saving, leap days and weekends change nothing. The result
 * depends on its arguments alone. It deliberately writes nothing: what a clock does by itself is only shown.
 */
import type { Instant } from "../codec/time.ts";
import type { EntryRef, PartyId, Pause, Timer } from "../protocols/protocol.ts";
import type { Item } from "./item.ts";
import { nominalSeconds, partyOf, type CaseFold, type FoldContext } from "./opened-case.ts";
import { coversScope } from "./suspension.ts";
import { PAUSABLE_TIMERS, PAUSE_LIMIT_SECONDS, UNSUSPENDED_TIMERS } from "./terms.ts";

export type TimerStatus = "waiting_receipt" | "running" | "paused" | "overdue" | "met" | "late" | "cancelled";

export interface TimerView {
  readonly id: string;
  /** The agreement's name, or `fixed` for a duration of the protocol's own. */
  readonly name: string;
  readonly side: Timer["owing"];
  readonly owing: PartyId;
  readonly trigger: EntryRef;
  readonly status: TimerStatus;
  readonly startedAt?: Instant;
  /** Inclusive: an answer held at this second is in time. Moves on while the timer is paused. */
  readonly due?: Instant;
  readonly stoppedBy?: EntryRef;
  readonly answeredAt?: Instant;
  /** What `answeredAt` rests on: the other side's receipt, or so far only the author's word. */
  readonly answerBasis?: "receipt" | "claim";
  readonly extendedSeconds: number;
  readonly pausedSeconds: number;
  /** The status that the case shows since this instant, the timer having run out. */
  readonly expired?: { readonly status: string; readonly at: Instant };
}

export interface Instants {
  readonly asOf: Instant;
  readonly heldAt: (ref: EntryRef) => Instant | undefined;
  /** First held, else as claimed. */
  readonly momentOf: (ref: EntryRef) => Instant;
}

export interface ResolvedTimers {
  readonly timers: readonly TimerView[];
  /** Seconds of clarification used of the case's ten days. */
  readonly clarificationSeconds: number;
  /** Extensions that came after expiry: void, though the fold could not know. */
  readonly lateExtensions: ReadonlySet<Item>;
  /** The last instant at which the timers are as they are here, if no further entry or receipt comes. */
  readonly validUntil: Instant;
}

/** A stretch in which a timer stands still; `until` may be infinite. */
interface Stop {
  readonly from: Instant;
  readonly until: Instant;
}

export function resolveTimers(opened: CaseFold, context: FoldContext, instants: Instants): ResolvedTimers {
  const { asOf, momentOf } = instants;
  const clarifications = limitStops(stopsOf(opened.state.pauses, momentOf), PAUSE_LIMIT_SECONDS);
  const suspensions = suspensionStops(opened, context, momentOf);
  const pausable =
    suspensions.length === 0 ? clarifications : mergeStops([...clarifications, ...suspensions]);
  const lateExtensions = new Set<Item>();
  const timers = opened.state.timers.map((timer): TimerView => {
    const name = typeof timer.name === "string" ? timer.name : "fixed";
    const stops = PAUSABLE_TIMERS.has(name)
      ? pausable
      : UNSUSPENDED_TIMERS.has(name)
        ? NO_STOPS
        : suspensions;
    const nominal = nominalSeconds(opened, timer, context);
    const startedAt = instants.heldAt(timer.trigger);
    let extendedSeconds = 0;
    for (const { timerId, item, seconds } of opened.extensions) {
      if (timerId !== timer.id) continue;
      const at = momentOf(item.ref);
      if (startedAt === undefined || at <= advance(startedAt, nominal, stops, at).due)
        extendedSeconds = seconds;
      else lateExtensions.add(item);
    }
    const owing = partyOf(opened, timer.owing);
    return timerView(
      timer,
      { name, owing, startedAt, seconds: nominal + extendedSeconds, extendedSeconds },
      stops,
      instants,
    );
  });
  // A stop that is still going on moves due times with every second.
  const isMoving = [...clarifications, ...suspensions].some(({ until }) => until > asOf);
  return {
    timers,
    clarificationSeconds: lengthUpTo(clarifications, asOf),
    lateExtensions,
    validUntil: isMoving ? asOf : validUntil(opened.state.timers, timers),
  };
}

function validUntil(timers: readonly Timer[], views: readonly TimerView[]): Instant {
  let until = Number.POSITIVE_INFINITY;
  views.forEach(({ status, due, expired }, index) => {
    if (due === undefined) return;
    if (status === "running") until = Math.min(until, due);
    const graceSeconds = timers[index]?.onExpiry?.graceSeconds;
    if (status === "overdue" && expired === undefined && graceSeconds !== undefined) {
      until = Math.min(until, due + graceSeconds);
    }
  });
  return until;
}

interface Running {
  readonly name: string;
  readonly owing: PartyId;
  readonly startedAt: Instant | undefined;
  readonly seconds: number;
  readonly extendedSeconds: number;
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

function timerView(timer: Timer, running: Running, stops: readonly Stop[], instants: Instants): TimerView {
  const { name, owing, startedAt, seconds, extendedSeconds } = running;
  const { id, owing: side, trigger, stoppedBy, cancelledBy } = timer;
  const view: Draft<TimerView> = {
    id,
    name,
    side,
    owing,
    trigger,
    status: "waiting_receipt",
    extendedSeconds,
    pausedSeconds: 0,
  };
  if (stoppedBy !== undefined) {
    const held = instants.heldAt(stoppedBy);
    view.stoppedBy = stoppedBy;
    view.answeredAt = held ?? instants.momentOf(stoppedBy);
    view.answerBasis = held === undefined ? "claim" : "receipt";
  }
  const endedAt = cancelledBy === undefined ? undefined : instants.momentOf(cancelledBy);
  if (startedAt !== undefined) {
    const evaluatedAt = view.answeredAt ?? endedAt ?? instants.asOf;
    const { due, pausedSeconds } = advance(startedAt, seconds, stops, evaluatedAt);
    view.startedAt = startedAt;
    view.due = due;
    view.pausedSeconds = pausedSeconds;
  }
  view.status = statusOf(view, timer, stops, instants.asOf);
  if (view.status === "overdue") expire(view, timer, instants.asOf);
  return view;
}

function statusOf(
  { due, answeredAt }: TimerView,
  timer: Timer,
  stops: readonly Stop[],
  asOf: Instant,
): TimerStatus {
  // Answered before anybody receipted the question: there was no clock to miss.
  if (answeredAt !== undefined) return due === undefined || answeredAt <= due ? "met" : "late";
  if (timer.cancelledBy !== undefined) return "cancelled";
  if (due === undefined) return "waiting_receipt";
  if (asOf > due) return "overdue";
  return stops.some(({ from, until }) => from <= asOf && asOf < until) ? "paused" : "running";
}

function expire(view: Draft<TimerView>, { onExpiry }: Timer, asOf: Instant): void {
  if (onExpiry === undefined || view.due === undefined) return;
  const at = view.due + onExpiry.graceSeconds;
  if (asOf > at) view.expired = { status: onExpiry.status, at };
}

/**
 * SPEC 9.4.3: the due time of `seconds` from `startedAt`, each stop pushing it on by what it covers, as far as the
 * stops have gone at `asOf`. A stop that begins at or after the due time comes too late.
 */
export function advance(
  startedAt: Instant,
  seconds: number,
  stops: readonly Stop[],
  asOf: Instant,
): { readonly due: Instant; readonly pausedSeconds: number } {
  let due = startedAt + seconds;
  for (const stop of stops) {
    if (stop.from >= due) break;
    const from = Math.max(stop.from, startedAt);
    const until = Math.min(stop.until, Math.max(asOf, from));
    if (until > from) due += until - from;
  }
  return { due, pausedSeconds: due - startedAt - seconds };
}

const NO_STOPS: readonly Stop[] = Object.freeze([]);

function stopsOf(pauses: readonly Pause[], momentOf: (ref: EntryRef) => Instant): readonly Stop[] {
  if (pauses.length === 0) return NO_STOPS;
  return mergeStops(
    pauses.map(({ from, until }) => ({
      from: momentOf(from),
      until: until === undefined ? Number.POSITIVE_INFINITY : momentOf(until),
    })),
  );
}

/** SPEC 9.4.6: what stops the messages of a case stops its clocks; flash runs on. */
function suspensionStops(
  opened: CaseFold,
  { suspensions }: FoldContext,
  momentOf: (ref: EntryRef) => Instant,
): readonly Stop[] {
  const { scope, lifeSafety, message } = opened;
  if (suspensions.length === 0 || scope === undefined || message.precedence === "flash") return NO_STOPS;
  const covering = suspensions.filter((suspension) => coversScope(suspension, scope, lifeSafety));
  return mergeStops(
    covering.map(({ from, until, bindsAfter }) => ({
      from: bindsAfter ?? momentOf(from),
      until: until === undefined ? Number.POSITIVE_INFINITY : momentOf(until),
    })),
  );
}

/** Disjoint and ascending; empty stretches (an answer held before its question) fall out. */
function mergeStops(stops: readonly Stop[]): readonly Stop[] {
  if (stops.length === 0) return NO_STOPS;
  const sorted = stops
    .filter(({ from, until }) => from < until)
    .sort((a, b) => a.from - b.from || a.until - b.until);
  const merged: Stop[] = [];
  for (const stop of sorted) {
    const last = merged.at(-1);
    if (last === undefined || stop.from > last.until) merged.push(stop);
    else merged[merged.length - 1] = { from: last.from, until: Math.max(last.until, stop.until) };
  }
  return merged;
}

/** Cuts the stops off where they reach `limitSeconds` together. */
function limitStops(stops: readonly Stop[], limitSeconds: number): readonly Stop[] {
  if (stops.length === 0) return stops;
  let left = limitSeconds;
  return stops.flatMap(({ from, until }) => {
    const length = Math.min(until - from, left);
    left -= length;
    return length > 0 ? [{ from, until: from + length }] : [];
  });
}

function lengthUpTo(stops: readonly Stop[], asOf: Instant): number {
  let seconds = 0;
  for (const { from, until } of stops) seconds += Math.max(0, Math.min(until, asOf) - from);
  return seconds;
}
