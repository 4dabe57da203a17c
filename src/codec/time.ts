/** Instants (SPEC 1.4): RFC 3339 in UTC with whole seconds, `2026-11-22T15:25:50Z`; seconds since 1970 inside. */
import { refuse, type Refusal } from "./refusal.ts";

export type TimeCode = "time-invalid";

/** Seconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX). */
export type Instant = number;

export const SECONDS_PER_DAY = 86_400;

/** 9999-12-31T23:59:59Z: later instants have no text. */
export const LAST_INSTANT: Instant = 253_402_300_799;

const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
/** `Date.UTC` takes smaller years for years of the twentieth century. */
const FIRST_YEAR = 100;

/** Refuses any other form, impossible dates and the leap second :60, which POSIX time cannot hold. */
export function parseInstant(text: string): Instant | Refusal<TimeCode> {
  if (!FORM.test(text)) return refuse("time-invalid");
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  if (hour > 23 || minute > 59 || second > 59) return refuse("time-invalid");
  const isDate = year >= FIRST_YEAR && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  return isDate ? Date.UTC(year, month - 1, day, hour, minute, second) / 1000 : refuse("time-invalid");
}

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

export function encodeInstant(instant: Instant): string {
  return new Date(instant * 1000).toISOString().slice(0, 19) + "Z";
}
