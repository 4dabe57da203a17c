/**
 * One pure predicate per item (SPEC 10.3). Met means "stated, and complete enough to be checked", never
 * "true".
 *
 * No predicate depends on the order of a list; "every" of an empty list is not met.
 */
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant, type Instant } from "#parley/codec/time.ts";
import type { Item } from "./codes.ts";
import { eventTimeToInstant, freshnessOf } from "./event-time.ts";
import { countIndependentSources } from "./independence.ts";
import type { Exhibit, Pack, PackEvent } from "./pack.ts";
import type { Profile } from "./profile.ts";
import { resultsByEvent } from "./relay.ts";

export interface Ask {
  readonly ask: string;
  readonly legal_basis?: string;
}

export interface PredicateInput {
  readonly profile: Profile;
  readonly pack: Pack;
  readonly asks: readonly Ask[];
  readonly referenceTime: Instant;
}

export type Predicate = (input: PredicateInput) => boolean;

export const PREDICATES: Readonly<Record<Item, Predicate>> = {
  E01: ({ pack }) => every(pack.events, hasPlaceableTime),
  E02: ({ pack, profile }) => everyClockIsGoodEnough(pack, profile),
  E03: ({ pack }) =>
    every(pack.events, isLocated) && some(pack.events, (event) => event.src_address !== undefined),
  E04: ({ pack }) => every(pack.events, hasSourcePort),
  E05: ({ pack }) => every(pack.events, hasDestination),
  E06: ({ pack }) =>
    every(pack.events, ({ duration_s, volume_bytes, count }) => anyOf(duration_s, volume_bytes, count)),
  E07: ({ pack }) => every(pack.events, isLocated) && some(pack.events, isLocatedByName),
  E08: ({ pack }) => some(pack.exhibits, isVerbatim),
  E09: ({ pack }) =>
    every(pack.events, (event) => every(sensorsOf(pack, event), (sensor) => sensor.class !== undefined)),
  E10: ({ pack }) => every(pack.exhibits, hasUnbrokenCustody),
  E11: ({ pack }) => every(pack.exhibits, (exhibit) => exhibit.acquired_sha256 !== undefined),
  E12: ({ pack }) => every(pack.claims, (claim) => every(claim.exhibits, (id) => hasExhibit(pack, id))),
  E13: ({ pack, profile }) => countIndependentSources(pack.sources ?? []) >= profile.min_independent_sources,
  E14: ({ pack }) => every(pack.sources, ({ admiralty, four_by_four }) => anyOf(admiralty, four_by_four)),
  E15: ({ pack }) => relayScreenIsDone(pack),
  E16: ({ pack, referenceTime }) => freshnessOf(pack, referenceTime) === "fresh",
  E17: ({ pack }) => isFilled(pack.jurisdiction),
  E18: ({ pack }) => pack.harm_statement !== undefined,
  E19: ({ asks }) => every(asks, (ask) => ask.legal_basis !== undefined),
  E20: ({ pack }) => pack.handling !== undefined,
  E21: ({ pack }) => isReadable(pack),
  E22: ({ pack, referenceTime }) => isReachable(pack, referenceTime),
  E23: ({ pack }) => some(pack.alternatives, (alternative) => alternative.result !== "not-tested"),
  E24: ({ pack }) =>
    every(pack.victims, (victim) => victim.pseudonym !== undefined || victim.consent === "given"),
  E25: ({ pack }) =>
    every(pack.malware, ({ family, family_basis }) => family !== undefined && family_basis !== undefined),
  E26: ({ pack }) => isFilled(pack.earlier_incidents),
  E27: ({ pack }) => every(pack.financial, (trail) => isFilled(trail.transactions)),
  E28: ({ pack }) => isFilled(pack.persona_links),
  E29: ({ pack }) => pack.custody_statement !== undefined,
  E30: ({ pack }) => pack.legal_instrument !== undefined,
};

function every<T>(list: readonly T[] | undefined, test: (item: T) => boolean): boolean {
  return list !== undefined && list.length > 0 && list.every((item) => test(item));
}

function some<T>(list: readonly T[] | undefined, test: (item: T) => boolean): boolean {
  return list !== undefined && list.some((item) => test(item));
}

function isFilled(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

function anyOf(...values: readonly unknown[]): boolean {
  return values.some((value) => value !== undefined);
}

function hasPlaceableTime(event: PackEvent): boolean {
  return event.time !== undefined && eventTimeToInstant(event.time) !== undefined;
}

function isLocatedByName({ host, sni, url, mail_headers }: PackEvent): boolean {
  return anyOf(host, sni, url, mail_headers);
}

function isLocated(event: PackEvent): boolean {
  return event.src_address !== undefined || isLocatedByName(event);
}

/**
 * A port tells subscribers behind one address apart: it has no meaning for ICMP or for a service known by
 * name.
 */
function hasSourcePort(event: PackEvent): boolean {
  if (event.src_port !== undefined || event.protocol === "icmp") return true;
  return event.src_address === undefined && isLocatedByName(event);
}

function hasDestination({ protocol, dst_address, dst_port }: PackEvent): boolean {
  if (protocol === undefined || dst_address === undefined) return false;
  return protocol === "icmp" || dst_port !== undefined;
}

/** All sensors of that label: two with one label must both satisfy, so that their order cannot matter. */
function sensorsOf(pack: Pack, event: PackEvent) {
  return (pack.sensors ?? []).filter((sensor) => sensor.id === event.sensor);
}

export function isNatSuspected(pack: Pack): boolean {
  return pack.nat_suspected === true || some(pack.relay_screen, (screen) => screen.results.includes("cgnat"));
}

function everyClockIsGoodEnough(pack: Pack, profile: Profile): boolean {
  const maxErrorMs = isNatSuspected(pack) ? profile.nat_clock_max_error_ms : Number.MAX_SAFE_INTEGER;
  return every(pack.events, (event) =>
    every(
      sensorsOf(pack, event),
      (sensor) => sensor.clock !== undefined && sensor.clock.max_error_ms <= maxErrorMs,
    ),
  );
}

function isVerbatim(exhibit: Exhibit): boolean {
  const raw = exhibit.kind !== "image" && exhibit.kind !== "document";
  return raw && exhibit.verbatim === true && anyOf(exhibit.excerpt, exhibit.attachment);
}

export function hasExhibit(pack: Pack, id: string): boolean {
  return some(pack.exhibits, (exhibit) => exhibit.id === id);
}

/**
 * Somebody acquired it with a named tool; every transfer names who got it; and whoever does something with it
 * had acquired or been handed it by then.
 */
export function hasUnbrokenCustody(exhibit: Exhibit): boolean {
  const steps = exhibit.custody ?? [];
  const acquisitions = steps.filter((step) => step.act === "acquired");
  if (!every(acquisitions, (step) => step.tool !== undefined)) return false;
  const handovers = steps.filter((step) => step.act === "transferred");
  if (!handovers.every((step) => step.to !== undefined)) return false;
  return steps.every(
    (step) =>
      acquisitions.some((first) => first.by === step.by && first.at <= step.at) ||
      handovers.some((handover) => handover.to === step.by && handover.at <= step.at && handover !== step),
  );
}

function relayScreenIsDone(pack: Pack): boolean {
  const results = resultsByEvent(pack);
  return every(pack.events, (event) => {
    const found = results.get(event.id);
    return found !== undefined && !found.has("not-done");
  });
}

/** RFC 4647 basic filtering: a receiver that declares `ar` reads `ar-JO`. */
function isReadable(pack: Pack): boolean {
  return some(pack.language?.texts, (used) =>
    some(pack.language?.receiver_declared, (declared) => {
      const [tag, range] = [used.toLowerCase(), declared.toLowerCase()];
      return tag === range || tag.startsWith(`${range}-`);
    }),
  );
}

function isReachable(pack: Pack, referenceTime: Instant): boolean {
  if (pack.contact === undefined) return false;
  const until = parseInstant(pack.contact.valid_until);
  return !isRefusal(until) && until > referenceTime;
}
