/**
 * Combination (SPEC 14.4.9): whether this draft, with what the same counterparty was told in the last 365 days,
 * names what neither names alone.
 *
 * A facet is a part of something to protect: `part:SOURCE/PART` of the operator's sources,
 * `victim:PSEUDONYM/KIND=…` of a pseudonym. The shipped kinds are those that a message has members for; what is
 * told in words is known only to the operator's own parts.
 */
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { Told } from "./finding.ts";
import type { RuleFile } from "./rule-set.ts";

/** How far back is looked (protocols.md 0.9). */
export const LOOK_BACK_SECONDS = 365 * 86_400;
/** Kinds that together leave few organisations: sector, time, place, address, being the only one. */
const VICTIM_KINDS_LIMIT = 3;
/** A message about more pseudonyms than this says little about each. */
const PSEUDONYMS_TOLD_LIMIT = 3;

/** What the members of a message tell about each pseudonym in it. */
export function victimFacets(message: JsonObject): readonly string[] {
  const body = objectAt(message["body"]);
  const pack = objectAt(body["pack"]);
  const victims = objectAt(body["victims"]);
  const pseudonyms = [
    ...textsAt(victims["pseudonyms"]),
    ...textsAt(body["pseudonym"]),
    ...listAt(pack["victims"]).flatMap((one) => textsAt(one["pseudonym"])),
  ];
  if (pseudonyms.length === 0 || pseudonyms.length > PSEUDONYMS_TOLD_LIMIT) return [];
  const kinds = [
    ...textsAt(body["sector"]).map((one) => `sector=${one}`),
    ...textsAt(objectAt(body["harm"])["sector"]).map((one) => `sector=${one}`),
    ...textsAt(body["occurred_from"]).map((one) => `time=${one}`),
    ...listAt(pack["jurisdiction"]).flatMap((one) => textsAt(one["value"]).map((value) => `place=${value}`)),
    ...listAt(pack["events"]).flatMap((one) =>
      textsAt(one["dst_address"]).map((value) => `address=${value}`),
    ),
    ...(victims["count"] === 1 ? ["number=1"] : []),
  ];
  return pseudonyms.flatMap((pseudonym) => kinds.map((kind) => `victim:${pseudonym}/${kind}`));
}

export interface Combined {
  /** Sources of the rule set, or pseudonyms, that are told by now. */
  readonly sources: readonly string[];
  readonly victims: readonly string[];
}

/** `told` may hold any party and time; those of `party` within the look-back count. */
export function combine(
  facets: readonly string[],
  told: readonly Told[],
  { party, asOf, file }: { readonly party: string; readonly asOf: Instant; readonly file: RuleFile },
): Combined {
  const before = new Set(
    told
      .filter((one) => one.party === party && one.at >= asOf - LOOK_BACK_SECONDS)
      .flatMap((one) => one.facets),
  );
  const all = [...new Set([...before, ...facets])];
  const sources = (file.sources ?? []).filter(({ id, limit }) => {
    const prefix = `part:${id}/`;
    return (
      facets.some((one) => one.startsWith(prefix)) &&
      all.filter((one) => one.startsWith(prefix)).length >= limit
    );
  });
  const pseudonyms = [...new Set(facets.filter((one) => one.startsWith("victim:")).map(pseudonymOf))];
  const victims = pseudonyms.filter((pseudonym) => {
    const isOwn = (one: string): boolean => one.startsWith(`victim:${pseudonym}/`);
    const kindsNow = new Set(all.filter(isOwn).map(kindOfFacet));
    const kindsBefore = new Set([...before].filter(isOwn).map(kindOfFacet));
    return kindsNow.size >= VICTIM_KINDS_LIMIT && kindsBefore.size > 0 && kindsNow.size > kindsBefore.size;
  });
  return { sources: sources.map(({ id }) => id), victims };
}

function pseudonymOf(facet: string): string {
  return facet.slice("victim:".length, facet.indexOf("/"));
}

function kindOfFacet(facet: string): string {
  return facet.slice(facet.indexOf("/") + 1, facet.indexOf("="));
}

export function objectAt(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

export function listAt(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** One text, or the texts of a list. */
export function textsAt(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
