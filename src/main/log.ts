/**
 * The log: one line of JSON per event, for machines and for people with `grep`.
 *
 * An event is a name and numbers or codes; no payload, key, name or free text reaches it (style rule 11), so a log
 * may be given away. Losing a line is allowed: the record is the house feed, not the log.
 */
import type { Log } from "#parley/node/ports.ts";

/** `write` takes one line with its end. `clockMs`: milliseconds since 1970. */
export function makeLog(write: (line: string) => void, clockMs: () => number): Log {
  return (event, facts) =>
    write(`${JSON.stringify({ time: new Date(clockMs()).toISOString(), event, facts })}\n`);
}
