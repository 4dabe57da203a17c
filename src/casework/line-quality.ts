/**
 * The state of the line (SPEC 9.8.3), from heartbeats (K0), daily human checks (K1) and missing receipts.
 * Either party may be the cause: the figures say how the line was, not whose fault it is.
 */
import type { Instant } from "../codec/time.ts";
import type { CaseView } from "./case-view.ts";
import type { ChannelView } from "./channel-view.ts";

export interface LineWindow {
  /** Heartbeats claimed within this many seconds count; at most `HEARTBEATS_SHOWN_SECONDS`. */
  readonly heartbeatSeconds: number;
  /** Checks opened within this many seconds count. */
  readonly checkSeconds: number;
  /** From a heartbeat's claimed time to its receipt. */
  readonly receiptSeconds: number;
}

export const DEFAULT_LINE_WINDOW: LineWindow = {
  heartbeatSeconds: 86_400,
  checkSeconds: 7 * 86_400,
  receiptSeconds: 15 * 60,
};

export interface LineQuality {
  /** `unknown` before the first heartbeat or check was due. */
  readonly status: "unknown" | "good" | "degraded" | "down";
  readonly heartbeats: { readonly sent: number; readonly receiptedInTime: number };
  readonly checks: { readonly done: number; readonly missed: number };
  /** Something has waited for a receipt since this instant, and nothing was receipted for an hour. */
  readonly noReceiptSince?: Instant;
}

const GOOD_PERCENT = 95;
const DEGRADED_MISSES = 2;
const DOWN_MISSES = 3;
const NO_RECEIPT_SECONDS = 3_600;

export function lineQuality(view: ChannelView, window: LineWindow = DEFAULT_LINE_WINDOW): LineQuality {
  const heartbeats = countHeartbeats(view, window);
  const checks = countChecks(view, window);
  const noReceiptSince = waitingSince(view);
  return {
    status: statusOf(heartbeats, checks, noReceiptSince),
    heartbeats,
    checks,
    ...(noReceiptSince === undefined ? {} : { noReceiptSince }),
  };
}

function statusOf(
  heartbeats: LineQuality["heartbeats"],
  checks: LineQuality["checks"],
  noReceiptSince: Instant | undefined,
): LineQuality["status"] {
  if (noReceiptSince !== undefined || checks.missed >= DOWN_MISSES) return "down";
  const bad = heartbeats.receiptedInTime * 100 < heartbeats.sent * GOOD_PERCENT;
  if (bad || checks.missed >= DEGRADED_MISSES) return "degraded";
  // One missed check is neither "all echoed" nor two misses: the line is not called good, nor worse than it is.
  if (checks.missed > 0) return "unknown";
  return heartbeats.sent === 0 && checks.done === 0 ? "unknown" : "good";
}

/** A heartbeat whose time for a receipt has not run out yet is not counted. */
function countHeartbeats({ asOf, heartbeats }: ChannelView, window: LineWindow): LineQuality["heartbeats"] {
  let sent = 0;
  let receiptedInTime = 0;
  for (const { claimedAt, heldAt } of heartbeats) {
    if (claimedAt <= asOf - window.heartbeatSeconds) continue;
    const limit = claimedAt + window.receiptSeconds;
    if (heldAt === undefined && asOf <= limit) continue;
    sent += 1;
    if (heldAt !== undefined && heldAt <= limit) receiptedInTime += 1;
  }
  return { sent, receiptedInTime };
}

function countChecks({ asOf, cases }: ChannelView, window: LineWindow): LineQuality["checks"] {
  let done = 0;
  let missed = 0;
  for (const one of cases) {
    if (!isDailyCheck(one) || one.openedAt <= asOf - window.checkSeconds) continue;
    const timer = one.timers.find(({ name }) => name === "t_ack");
    if (timer === undefined) continue;
    if (one.status === "failed" || timer.status === "late" || timer.status === "overdue") missed += 1;
    else if (timer.status === "met") done += 1;
  }
  return { done, missed };
}

function isDailyCheck({ protocol, state }: CaseView): boolean {
  return protocol === "comms_check" && "kind" in state && state.kind === "K1";
}

function waitingSince({ asOf, parties }: ChannelView): Instant | undefined {
  let since: Instant | undefined;
  for (const { unreceiptedSince, lastHeardAt } of parties) {
    const waits = unreceiptedSince !== undefined && asOf > unreceiptedSince + NO_RECEIPT_SECONDS;
    const quiet = lastHeardAt === undefined || asOf > lastHeardAt + NO_RECEIPT_SECONDS;
    if (waits && quiet) since = Math.min(since ?? unreceiptedSince, unreceiptedSince);
  }
  return since;
}
