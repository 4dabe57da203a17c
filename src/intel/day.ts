/** UTC days as text, `YYYY-MM-DD`: they compare as text, and a day that does not exist is none. */
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, SECONDS_PER_DAY, type Instant } from "#parley/codec/time.ts";

export const DAY_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

export function isDay(text: string): boolean {
  return !isRefusal(parseInstant(`${text}T00:00:00Z`));
}

export function dayOf(instant: Instant): string {
  return encodeInstant(instant).slice(0, 10);
}

/** `day` must be one. */
export function shiftDay(day: string, days: number): string {
  const at = parseInstant(`${day}T00:00:00Z`);
  if (isRefusal(at)) throw new Error("not a day");
  return dayOf(at + days * SECONDS_PER_DAY);
}
