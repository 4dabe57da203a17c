/**
 * Which clocks a request runs (SPEC 8-2.5), derived from the phase before and after each act.
 *
 * A clock stops when the owing side answers and is cancelled when the other side takes its reason away. A
 * clock that starts again gets the next number.
 */
import { cancelTimers, isRunning, stopTimer, type Act, type Side, type Timer } from "../protocol.ts";
import { awaitsOutcome, awaitsVerification } from "./asks.ts";
import { awaitsVerdict, type Body } from "./case.ts";

const DAY = 86_400;
/** An outcome nobody verifies (SPEC 8-2.5.4). */
export const VERIFY_SECONDS = 14 * DAY;
/** A proposal to close that nobody answers (SPEC 8-2.5.5). */
export const PROPOSAL_SECONDS = 14 * DAY;
/** From T_final until silence becomes `lapsed` (SPEC 8-2.5.3). */
export const LAPSE_GRACE_SECONDS = 14 * DAY;

interface Clock {
  readonly base: string;
  readonly name: Timer["name"];
  readonly owing: Side;
  readonly onExpiry?: NonNullable<Timer["onExpiry"]>;
  readonly runs: (body: Body) => boolean;
}

/**
 * Clocks that follow from the phase; `t_ack`, `t_preserve`, `t_clarify` and `t_close` follow single
 * messages.
 */
const CLOCKS: readonly Clock[] = [
  { base: "t_triage", name: "t_triage", owing: "respondent", runs: awaitsVerdict },
  { base: "t_decide", name: "t_decide", owing: "respondent", runs: awaitsDecision },
  { base: "t_progress", name: "t_progress", owing: "respondent", runs: isInAction },
  {
    base: "t_final",
    name: "t_final",
    owing: "respondent",
    onExpiry: { status: "lapsed", graceSeconds: LAPSE_GRACE_SECONDS },
    runs: owesOutcome,
  },
  {
    base: "t_verify",
    name: { fixedSeconds: VERIFY_SECONDS },
    owing: "initiator",
    onExpiry: { status: "unverified", graceSeconds: 0 },
    runs: awaitsObservation,
  },
];

function awaitsDecision(body: Body): boolean {
  return (
    !awaitsVerdict(body) && body.asks.some((row) => row.verdict !== undefined && row.decision === undefined)
  );
}

function isInAction(body: Body): boolean {
  return body.asks.some(awaitsOutcome);
}

/** From the opening on, so that a request nobody ever answers lapses too. */
function owesOutcome(body: Body): boolean {
  return isInAction(body) || body.asks.some((row) => row.decision === undefined);
}

function awaitsObservation(body: Body): boolean {
  return !owesOutcome(body) && body.asks.some(awaitsVerification);
}

/** Starts and stops what the step from `before` to `after` calls for. */
export function syncClocks(before: Body | undefined, after: Body, act: Act): readonly Timer[] {
  if (after.end !== undefined) return cancelTimers(after.timers, act.ref);
  return CLOCKS.reduce((timers, clock) => syncClock(timers, clock, before, after, act), after.timers);
}

function syncClock(
  timers: readonly Timer[],
  clock: Clock,
  before: Body | undefined,
  after: Body,
  act: Act,
): readonly Timer[] {
  const ran = before !== undefined && clock.runs(before);
  const runs = clock.runs(after);
  // T_final counts from the decision once something is taken on (SPEC 8-2.5.3).
  const restarts =
    clock.base === "t_final" && before !== undefined && !isInAction(before) && isInAction(after);
  if (ran === runs && !restarts) return timers;
  const ended = ran ? endClock(timers, clock.base, clock.owing, act) : timers;
  return runs ? startClock(ended, clock, act) : ended;
}

/** Ends the running clock of a kind: an answer if the owing side acted, else its reason went away. */
export function endClock(timers: readonly Timer[], base: string, owing: Side, act: Act): readonly Timer[] {
  const running = timers.find((timer) => isRunning(timer) && timer.id.startsWith(`${base}:`));
  if (running === undefined) return timers;
  return act.side === owing
    ? stopTimer(timers, running.id, act.ref)
    : timers.map((timer) => (timer === running ? { ...timer, cancelledBy: act.ref } : timer));
}

export function startClock(timers: readonly Timer[], clock: Omit<Clock, "runs">, act: Act): readonly Timer[] {
  const { base, name, owing, onExpiry } = clock;
  const number = timers.filter((timer) => timer.id.startsWith(`${base}:`)).length + 1;
  const timer: Timer = { id: `${base}:${number}`, name, owing, trigger: act.ref };
  return [...timers, onExpiry === undefined ? timer : { ...timer, onExpiry }];
}

/** A progress report answers the running interval and starts the next. */
export function restartProgress(timers: readonly Timer[], act: Act): readonly Timer[] {
  const ended = endClock(timers, "t_progress", "respondent", act);
  return startClock(ended, { base: "t_progress", name: "t_progress", owing: "respondent" }, act);
}
