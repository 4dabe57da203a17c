/** Instants (SPEC 1.4): RFC 3339 in UTC with whole seconds, `2026-11-22T15:25:50Z`; seconds since 1970 inside. */
import { refuse, type Refusal } from "./refusal.ts";

export type TimeCode = "time-invalid";

/** Seconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX). */
export type Instant = number;

export const SECONDS_PER_DAY = 86_400;

/** 9999-12-31T23:59:59Z: later instants have no text. */
export const LAST_INSTANT: Instant = 253_402_300_799;

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/;

/** Refuses any other form, impossible dates and the leap second :60, which POSIX time cannot hold. */
export function parseInstant(text: string): Instant | Refusal<TimeCode> {
  const match = FORM.exec(text);
  if (match === null) return refuse("time-invalid");
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  return encodeInstant(ms / 1000) === text ? ms / 1000 : refuse("time-invalid");
}

export function encodeInstant(instant: Instant): string {
  return new Date(instant * 1000).toISOString().slice(0, 19) + "Z";
}
