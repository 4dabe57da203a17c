/**
 * Boards (SPEC 9.7): who owes what, what is overdue, and what each side gave and got, counted from the record.
 *
 * Guarantees the same numbers on both nodes, since both hold the same view; exercises and tests are never counted
 * with real cases. Boards read views, never entries.
 */
import { encodeInstant, type Instant } from "../codec/time.ts";
import type { Nature, Precedence } from "../protocols/envelope.ts";
import { MARKS, type EntryRef, type PartyId, type VoidCode } from "../protocols/protocol.ts";
import type { CaseView } from "./case-view.ts";
import type { ChannelView } from "./channel-view.ts";
import type { EntryView } from "./entry-view.ts";
import type { TimerView } from "./timers.ts";

export interface TimerDuty {
  readonly kind: "timer";
  readonly case: string;
  readonly protocol: string;
  readonly nature: Nature;
  readonly precedence: Precedence;
  readonly timer: string;
  readonly status: TimerView["status"];
  readonly due: Instant;
  /** Negative when overdue. */
  readonly leftSeconds: number;
}

/** A void entry of the other side that wants its `sys.error`. */
export interface ErrorDuty {
  readonly kind: "error";
  readonly case?: string;
  readonly entry: EntryRef;
  readonly code: VoidCode;
}

export type Duty = TimerDuty | ErrorDuty;

export interface DutyBoard {
  /** The least time left first; then errors, which have no clock. */
  readonly youOwe: readonly Duty[];
  readonly theyOwe: readonly Duty[];
}

/** SPEC 9.7.1: seen from one party. */
export function duty(view: ChannelView, me: PartyId): DutyBoard {
  const timers = view.cases.flatMap((one) => timerDuties(one, view.asOf));
  timers.sort((a, b) => a.duty.due - b.duty.due || compareText(dutyKey(a.duty), dutyKey(b.duty)));
  const all = [...timers, ...errorDuties(view)];
  return {
    youOwe: all.filter(({ owing }) => owing === me).map((owed) => owed.duty),
    theyOwe: all.filter(({ owing }) => owing !== me).map((owed) => owed.duty),
  };
}

interface Owed<D extends Duty> {
  readonly owing: PartyId;
  readonly duty: D;
}

const OWED: ReadonlySet<TimerView["status"]> = new Set(["running", "paused", "overdue"] as const);

/** A timer whose running out has already had its effect is owed no more. */
function timerDuties(one: CaseView, asOf: Instant): readonly Owed<TimerDuty>[] {
  return one.timers.flatMap(({ id, owing, status, due, expired }) => {
    if (!OWED.has(status) || due === undefined || expired !== undefined) return [];
    const { protocol, nature, precedence } = one;
    const timer = {
      case: one.id,
      protocol,
      nature,
      precedence,
      timer: id,
      status,
      due,
      leftSeconds: due - asOf,
    };
    return [{ owing, duty: { kind: "timer", ...timer } }];
  });
}

function errorDuties({ cases, loose }: ChannelView): readonly Owed<ErrorDuty>[] {
  const inCases = cases.flatMap(({ id, entries }) => entries.flatMap((entry) => errorDuty(entry, id)));
  return [...inCases, ...loose.flatMap((entry) => errorDuty(entry, undefined))];
}

function errorDuty(
  { outcome, needsError, ref }: EntryView,
  caseId: string | undefined,
): readonly Owed<ErrorDuty>[] {
  if (needsError === undefined || outcome.kind !== "void") return [];
  const where = caseId === undefined ? {} : { case: caseId };
  return [{ owing: needsError, duty: { kind: "error", ...where, entry: ref, code: outcome.code } }];
}

function dutyKey(one: TimerDuty): string {
  return `${one.case} ${one.timer}`;
}

export interface Overdue {
  readonly case: string;
  readonly timer: string;
  readonly owing: PartyId;
  readonly due: Instant;
}

/** SPEC 9.7.2: every timer that ran out unanswered, the longest overdue first. */
export function overdueSet(view: ChannelView): readonly Overdue[] {
  return view.cases
    .flatMap((one) =>
      one.timers.flatMap(({ id, owing, status, due }) =>
        status === "overdue" && due !== undefined ? [{ case: one.id, timer: id, owing, due }] : [],
      ),
    )
    .sort((a, b) => a.due - b.due || compareText(`${a.case} ${a.timer}`, `${b.case} ${b.timer}`));
}

/** What became of the cases that one side opened in one quarter. */
export interface ReciprocityRow {
  readonly party: PartyId;
  readonly protocol: string;
  readonly nature: Nature;
  /** Calendar quarter in UTC of the opening, `2026-Q4`. */
  readonly quarter: string;
  readonly opened: number;
  readonly acknowledged: number;
  readonly acknowledged_in_time: number;
  readonly answered: number;
  readonly acted: number;
  readonly effective: number;
  readonly not_effective: number;
}

/** Protocols whose cases ask something of the other side. */
export const COUNTED_PROTOCOLS: ReadonlySet<string> = new Set(["request", "notice"]);

/** SPEC 9.7.3: by quarter, nature, protocol and side; only one quarter when it is given. */
export function reciprocity(view: ChannelView, quarter?: string): readonly ReciprocityRow[] {
  const rows = new Map<string, Count>();
  for (const one of view.cases) {
    const opened = quarterOf(one.openedAt);
    if (!COUNTED_PROTOCOLS.has(one.protocol) || (quarter !== undefined && opened !== quarter)) continue;
    const key = `${opened} ${one.nature} ${one.protocol} ${one.initiator}`;
    let row = rows.get(key);
    if (row === undefined) rows.set(key, (row = newCount(one, opened)));
    countCase(row, one);
  }
  return [...rows].sort(([a], [b]) => compareText(a, b)).map(([, row]) => row);
}

type Count = { -readonly [K in keyof ReciprocityRow]: ReciprocityRow[K] };

function newCount({ initiator: party, protocol, nature }: CaseView, quarter: string): Count {
  const none = { opened: 0, acknowledged: 0, acknowledged_in_time: 0, answered: 0, acted: 0 };
  return { party, protocol, nature, quarter, ...none, effective: 0, not_effective: 0 };
}

function countCase(row: Count, { state, timers }: CaseView): void {
  row.opened += 1;
  for (const mark of MARKS) if (state.marks[mark] !== undefined) row[mark] += 1;
  const by = state.marks.acknowledged;
  const inTime = timers.some(({ name, status, stoppedBy }) => {
    return name === "t_ack" && status === "met" && by !== undefined && isSameRef(stoppedBy, by);
  });
  if (inTime) row.acknowledged_in_time += 1;
}

function isSameRef(a: EntryRef | undefined, b: EntryRef): boolean {
  return a !== undefined && a.feed === b.feed && a.seq === b.seq;
}

/** UTC calendar quarter. */
export function quarterOf(instant: Instant): string {
  const text = encodeInstant(instant);
  return `${text.slice(0, 4)}-Q${Math.ceil(Number(text.slice(5, 7)) / 3)}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
