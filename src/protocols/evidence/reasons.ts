/**
 * Why an evaluation is as it is, and what a reader should look at (SPEC 10.6). Reasons never change a
 * level.
 */
import { compareText } from "./compare.ts";
import type { Item, Level, ReasonCode, RelayResult } from "./codes.ts";
import { eventTimeToInstant, freshnessOf } from "./event-time.ts";
import { countIndependentSources } from "./independence.ts";
import { hasExhibit, hasUnbrokenCustody, isNatSuspected, type PredicateInput } from "./predicates.ts";
import { resultsByEvent, triggeredCaps } from "./relay.ts";

/** A code and its facts. A type, not an interface: it must be assignable to strict JSON. */
export type Reason = {
  readonly code: ReasonCode;
  readonly ask?: string;
  readonly count?: number;
  readonly expires_after_seconds?: number;
  readonly hint?: string;
  readonly item?: Item;
  readonly level?: Level;
  readonly of?: number;
  readonly result?: RelayResult;
  readonly why?: string;
};

/** Reasons that follow from the pack alone; sorted, without repetition. */
export function packReasons(input: PredicateInput): readonly Reason[] {
  return [
    ...timeReasons(input),
    ...materialReasons(input),
    ...relayReasons(input),
    ...(input.pack.explained ?? []).map(({ item, why }): Reason => ({ code: "item-explained", item, why })),
  ];
}

/** The one order of reasons, and each once. */
export function sortReasons(reasons: readonly Reason[]): readonly Reason[] {
  const byKey = new Map(reasons.map((reason) => [keyOf(reason), reason]));
  return [...byKey].sort(([a], [b]) => compareText(a, b)).map(([, reason]) => reason);
}

function keyOf(reason: Reason): string {
  const { code, item, ask, result, why, level, hint, count, of, expires_after_seconds } = reason;
  return [code, item, ask, result, why, level, hint, count, of, expires_after_seconds].join(" ");
}

function timeReasons({ profile, pack, referenceTime }: PredicateInput): readonly Reason[] {
  const reasons: Reason[] = [];
  const { level, hint } = profile.expired_cap;
  if (freshnessOf(pack, referenceTime) === "expired")
    reasons.push({ code: "expired", item: "E16", level, hint });
  if (pack.receiver_retention === undefined) reasons.push({ code: "retention-not-declared", item: "E16" });
  for (const { time } of pack.events ?? []) {
    const instant = time === undefined ? undefined : eventTimeToInstant(time);
    if (instant !== undefined && instant > referenceTime) {
      reasons.push({ code: "event-after-reference", item: "E01" });
    }
  }
  const coarse = (pack.sensors ?? []).some(
    (sensor) => sensor.clock !== undefined && sensor.clock.max_error_ms > profile.nat_clock_max_error_ms,
  );
  if (coarse && isNatSuspected(pack)) reasons.push({ code: "clock-too-coarse", item: "E02" });
  return reasons;
}

function materialReasons({ pack }: PredicateInput): readonly Reason[] {
  const reasons: Reason[] = [];
  const broken = (pack.exhibits ?? []).some(
    (exhibit) => (exhibit.custody ?? []).length > 0 && !hasUnbrokenCustody(exhibit),
  );
  if (broken) reasons.push({ code: "custody-broken", item: "E10" });
  const dangling = (pack.claims ?? []).some((claim) => claim.exhibits.some((id) => !hasExhibit(pack, id)));
  if (dangling) reasons.push({ code: "reference-unresolved", item: "E12" });
  const of = new Set((pack.sources ?? []).map((source) => source.id)).size;
  const count = countIndependentSources(pack.sources ?? []);
  if (count < of) reasons.push({ code: "sources-collapsed", item: "E13", count, of });
  return reasons;
}

/**
 * Results without a consequence. Anything else an event shows is named even if the profile caps nothing for
 * it.
 */
const CLEAN_RESULTS: ReadonlySet<RelayResult> = new Set(["none-found", "not-done"]);

function relayReasons({ profile, pack }: PredicateInput): readonly Reason[] {
  const caps = triggeredCaps(profile, pack);
  const reasons = caps.map(({ result, level }): Reason => ({
    code: "relay-blocks",
    item: "E15",
    result,
    level,
  }));
  const capped = new Set(caps.map((cap) => cap.result));
  const results = resultsByEvent(pack);
  for (const event of pack.events ?? []) {
    for (const result of results.get(event.id) ?? []) {
      if (capped.has(result) || CLEAN_RESULTS.has(result)) continue;
      reasons.push({ code: "relay-noted", item: "E15", result });
    }
  }
  return reasons;
}
