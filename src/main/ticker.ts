/**
 * Calls the node's `tick` when something may be due: every second, and soon after something arrived or was written.
 *
 * Guarantees: a fault of one run is logged by its code and does not end the next. Runs that events ask for take at
 * most a fifth of the time, so that a flood of entries does not become a flood of ticks. A run that waits for a peer
 * which hangs does not hold up the next: the node begins in it what is not under way.
 */
import type { ParleyNode } from "#parley/node/node.ts";
import type { Log } from "#parley/node/ports.ts";
import { StoreFault } from "#parley/store/store.ts";

const PERIOD_MS = 1_000;
/** After a run that took n ms, the next one waits at least 4 n and at least this. */
const REST_MS = 20;
const REST_FACTOR = 4;
/** Most exchanges with a peer end well within this. */
const PATIENCE_MS = 1_000;

export interface Ticker extends AsyncDisposable {
  /** A run as soon as the rest after the last one is over. */
  readonly soon: () => void;
}

export function startTicker(node: ParleyNode, log: Log): Ticker {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let wanted = false;
  let stopped = false;
  const unfinished = new Set<Promise<void>>();
  let restUntilMs = 0;

  const plan = (delayMs: number): void => {
    clearTimeout(timer);
    const begin = (): void => {
      running = run();
    };
    if (!stopped) timer = setTimeout(begin, delayMs);
  };
  const run = async (): Promise<void> => {
    wanted = false;
    const startedMs = performance.now();
    const tick = runOnce(node, log).finally(() => unfinished.delete(tick));
    unfinished.add(tick);
    await Promise.race([tick, patience()]);
    const endedMs = performance.now();
    const restMs = Math.max(REST_MS, (endedMs - startedMs) * REST_FACTOR);
    restUntilMs = endedMs + restMs;
    running = undefined;
    plan(wanted ? restMs : Math.max(PERIOD_MS, restMs));
  };
  const soon = (): void => {
    if (wanted) return;
    wanted = true;
    if (running === undefined) plan(Math.max(0, restUntilMs - performance.now()));
  };
  plan(0);
  return {
    soon,
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
      await Promise.all(unfinished);
    },
  };
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref();
  });
}

async function runOnce(node: ParleyNode, log: Log): Promise<void> {
  try {
    await node.tick();
  } catch (fault) {
    log("tick-fault", { kind: faultKind(fault) });
  }
}

/** A code for the log; never the message, which may quote data. */
export function faultKind(fault: unknown): string {
  if (fault instanceof StoreFault) return `store-${fault.kind}`;
  return fault instanceof Error ? fault.name : "unknown";
}
