/**
 * One case as both sides see it (SPEC 9.6): status, clocks, whose move, entries.
 * A status that the clock alone brought about is marked as derived and goes away when an answer comes.
 */
import type { Instant } from "../codec/time.ts";
import type { Layer, Nature, Precedence } from "../protocols/envelope.ts";
import type { CaseState, EntryRef, PartyId, Side } from "../protocols/protocol.ts";
import type { Bucket } from "./bucket.ts";
import { entryViews, type EntryContext, type EntryView } from "./entry-view.ts";
import { currentPrecedence, type CaseFold, type Revealed } from "./opened-case.ts";
import type { ResolvedTimers, TimerView } from "./timers.ts";

export interface CaseView {
  readonly id: string;
  readonly protocol: string;
  readonly initiator: PartyId;
  readonly respondent: PartyId;
  readonly nature: Nature;
  /** In force now; lowering does not touch timers that were started before it. */
  readonly precedence: Precedence;
  readonly statedPrecedence: Precedence;
  /** A dispute names the message that lowered the precedence. */
  readonly precedenceContested: boolean;
  readonly layer: Layer;
  readonly lifeSafety: boolean;
  readonly openedBy: EntryRef;
  /** First held, else as claimed. */
  readonly openedAt: Instant;
  readonly status: string;
  /** Where the status comes from: the messages, or a timer that ran out unanswered. */
  readonly statusBy: "messages" | "clock";
  readonly open: boolean;
  readonly state: CaseState;
  readonly timers: readonly TimerView[];
  /** Of the ten days that clarification may stop the clocks. */
  readonly clarificationSeconds: number;
  readonly whoseMove: readonly Side[];
  /** Ids of timers. */
  readonly overdue: readonly string[];
  readonly entries: readonly EntryView[];
  readonly reveals: readonly Revealed[];
  /** Case ids of disputes that name this case. */
  readonly disputes: readonly string[];
  readonly refs: readonly { readonly kind: string; readonly id: string }[];
}

/** What other cases say about this one. */
export interface Disputes {
  readonly byCase: ReadonlyMap<string, readonly string[]>;
  readonly messages: ReadonlySet<string>;
}

export function caseView(
  { id, items }: Bucket,
  opened: CaseFold,
  { timers, clarificationSeconds }: ResolvedTimers,
  disputes: Disputes,
  context: EntryContext,
): CaseView {
  const { state, message, opening } = opened;
  const derived = derivedStatus(state, timers);
  return {
    id,
    protocol: opened.protocol.name,
    initiator: opened.initiator,
    respondent: opened.respondent,
    nature: message.nature,
    precedence: currentPrecedence(opened),
    statedPrecedence: message.precedence,
    precedenceContested: opened.lowerings.some(({ item }) =>
      disputes.messages.has(item.read?.message.id ?? ""),
    ),
    layer: message.layer,
    lifeSafety: opened.lifeSafety,
    openedBy: opening.ref,
    openedAt: context.instants.momentOf(opening.ref),
    status: derived ?? state.status,
    statusBy: derived === undefined ? "messages" : "clock",
    open: state.open,
    state,
    timers,
    clarificationSeconds,
    whoseMove: derived !== undefined || !state.open ? [] : whoseMove(state, timers),
    overdue: timers.filter(({ status }) => status === "overdue").map((timer) => timer.id),
    entries: entryViews(items, opened, timers, context),
    // The fold goes on pushing to its own list.
    reveals: [...opened.reveals],
    disputes: disputes.byCase.get(id) ?? [],
    refs: message.refs ?? [],
  };
}

/** SPEC 9.6.3: of the timers that ran out unanswered in an open case, the first to do so. */
function derivedStatus(state: CaseState, timers: readonly TimerView[]): string | undefined {
  if (!state.open) return undefined;
  let first: TimerView["expired"];
  for (const { expired } of timers) {
    if (expired !== undefined && (first === undefined || expired.at < first.at)) first = expired;
  }
  return first?.status;
}

function whoseMove(state: CaseState, timers: readonly TimerView[]): readonly Side[] {
  const owing = SIDES.filter((side) => {
    return timers.some(
      (timer) => timer.side === side && (timer.status === "running" || timer.status === "overdue"),
    );
  });
  if (owing.length > 0 || state.next === "none") return owing;
  return state.next === "either" ? SIDES : [state.next];
}

const SIDES: readonly Side[] = ["initiator", "respondent"];
