/** Times of events (SPEC 10.3.1): local clocks of many machines, so an offset is read, never assumed. */
import { SECONDS_PER_DAY, type Instant } from "#parley/codec/time.ts";
import type { Pack } from "./pack.ts";

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const MAX_OFFSET_MINUTES = 14 * 60;

/**
 * Seconds since 1970, fractions cut off; undefined without `Z` or offset, and for a date that does not
 * exist.
 */
export function eventTimeToInstant(text: string): Instant | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  if (new Date(ms).toISOString().slice(0, 19) !== text.slice(0, 19)) return undefined;
  const offsetMinutes = Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0);
  if (offsetMinutes > MAX_OFFSET_MINUTES || Number(match[9] ?? 0) > 59) return undefined;
  return ms / 1000 - (match[7] === "-" ? -offsetMinutes : offsetMinutes) * 60;
}

export type Freshness = "fresh" | "expired" | "unknown";

/**
 * Can the receiver still hold data of the newest event (SPEC 10.3.16)? Events after the reference time do not
 * count: a wrong or forged future date must not keep an old pack fresh.
 */
export function freshnessOf(pack: Pack, referenceTime: Instant): Freshness {
  let newest: Instant | undefined;
  for (const event of pack.events ?? []) {
    const instant = event.time === undefined ? undefined : eventTimeToInstant(event.time);
    if (instant === undefined || instant > referenceTime) continue;
    if (newest === undefined || instant > newest) newest = instant;
  }
  if (newest === undefined || pack.receiver_retention === undefined) return "unknown";
  const until = newest + pack.receiver_retention.days * SECONDS_PER_DAY;
  return until >= referenceTime ? "fresh" : "expired";
}
