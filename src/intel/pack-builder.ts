/**
 * A pack from what an analyst has (SPEC 16.5): a written part, a table of events, a list of indicators, and the lists
 * that a screen asks.
 *
 * Guarantees: pure; what is returned passes the schema of SPEC 10.2 and fits a message; nothing that was written is
 * changed but for the second grade of a source. It warns about what a reader would ask, and decides nothing.
 */
import { Compile } from "typebox/compile";
import { encodeJson, isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import { gradesDiffer, withBothGrades } from "#parley/protocols/evidence/grades.ts";
import { countIndependentSources, isTraceable } from "#parley/protocols/evidence/independence.ts";
import { PackSchema, type Pack, type PackEvent } from "#parley/protocols/evidence/pack.ts";
import type { IntelCode } from "./codes.ts";
import { parseEventTable, type EventTable } from "./event-table.ts";
import { indicatorsToPack, PACK_SIZE_LIMIT_BYTES } from "./indicator-pack.ts";
import type { LoadedLists } from "./load.ts";
import { parseMaterial, type Material } from "./material.ts";
import { isSharedAddress, screenEvents } from "./screen.ts";

export interface PackInput {
  /** Members of a pack as a person wrote them; lists of the other parts are added behind its lists. */
  readonly written?: Json;
  /** Text of a CSV file or of a JSON array. */
  readonly events?: string;
  /** Text of a list or a CSV file of indicators. */
  readonly indicators?: string;
  /** Without lists nothing is screened. */
  readonly lists?: LoadedLists;
  readonly asOf: Instant;
  /** `YYYY-MM-DD` for events whose time cannot be placed. */
  readonly day?: string;
  /** What the receiver declared, where the pack does not say it. */
  readonly receiver?: { readonly retentionDays?: number; readonly languages?: readonly string[] };
}

export const PACK_WARNINGS = [
  "claim-without-exhibit",
  "event-without-sensor",
  "source-untraceable",
  "sources-collapsed",
  "grades-differ",
  "label-twice",
  "address-not-public",
  "screen-not-done",
  "indicators-left-out",
] as const;
export type PackWarning = (typeof PACK_WARNINGS)[number];

export interface BuiltPack {
  readonly pack: Pack;
  readonly events?: Pick<EventTable, "unread">;
  readonly indicators?: Pick<Material, "unread" | "repeated">;
  /** Events by result of the screen. */
  readonly results: Readonly<Record<string, number>>;
  readonly warnings: readonly { readonly code: PackWarning; readonly count: number }[];
}

const packs = Compile(PackSchema);

export function buildPack(input: PackInput): BuiltPack | Refusal<IntelCode> {
  const table = input.events === undefined ? undefined : parseEventTable(input.events);
  if (isRefusal(table)) return table;
  const material = input.indicators === undefined ? undefined : parseMaterial(input.indicators);
  const listed = material && indicatorsToPack(material.indicators);
  if (material !== undefined && listed === undefined) return refuse("pack-too-large");
  const joined = join(input, table, listed);
  if (!packs.Check(joined)) return schemaRefusal(joined);
  const pack = complete(joined, input, new Set(table?.answered ?? []));
  if (!packs.Check(pack)) return schemaRefusal(pack);
  const size = encodeJson(pack).length;
  if (size > PACK_SIZE_LIMIT_BYTES) return refuse("pack-too-large", { size, limit: PACK_SIZE_LIMIT_BYTES });
  return {
    pack,
    ...(table !== undefined && { events: { unread: table.unread } }),
    ...(material !== undefined && {
      indicators: { unread: material.unread, repeated: material.repeated },
    }),
    results: countResults(pack),
    warnings: warningsOf(pack, material),
  };
}

function schemaRefusal(value: unknown): Refusal<"pack-schema"> {
  const [first] = packs.Errors(value);
  return refuse("pack-schema", { at: (first?.instancePath ?? "").slice(0, 128) });
}

/** The parts as one object; not yet known to be a pack. */
function join(
  { written = {}, receiver }: PackInput,
  table: EventTable | undefined,
  listed: JsonObject | undefined,
): unknown {
  if (!isJsonObject(written)) return written;
  const { language } = written;
  const declared = receiver?.languages ?? [];
  const isOpen = language !== undefined && isJsonObject(language) && !("receiver_declared" in language);
  const parts: readonly object[] = [
    written,
    { events: table?.events ?? [] },
    listed ?? {},
    isOpen && declared.length > 0 ? { language: { ...language, receiver_declared: declared } } : {},
  ];
  const joined = new Map<string, unknown>();
  for (const part of parts)
    for (const [key, value] of Object.entries(part) as readonly (readonly [string, unknown])[]) {
      if (!Array.isArray(value)) joined.set(key, value);
      else if (value.length > 0) joined.set(key, [...listOf(joined.get(key)), ...listOf(value)]);
    }
  return Object.fromEntries(joined);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function complete(pack: Pack, input: PackInput, answered: ReadonlySet<string>): Pack {
  const { lists, asOf, day, receiver } = input;
  const events = pack.events ?? [];
  const screen =
    lists === undefined || events.length === 0
      ? undefined
      : screenEvents(lists, events, { asOf, answered, ...(day !== undefined && { day }) });
  const retentionDays = receiver?.retentionDays;
  const needsRetention = pack.receiver_retention === undefined && retentionDays !== undefined;
  return {
    ...pack,
    ...(pack.sources !== undefined && { sources: pack.sources.map(withBothGrades) }),
    ...(events.some(isBehindTranslation) && { nat_suspected: true }),
    ...(screen !== undefined && {
      relay_lists: [...(pack.relay_lists ?? []), ...screen.relay_lists],
      relay_screen: [...(pack.relay_screen ?? []), ...screen.relay_screen],
    }),
    ...(needsRetention && { receiver_retention: { days: retentionDays } }),
  };
}

function isBehindTranslation({ src_address: address }: PackEvent): boolean {
  return address !== undefined && isSharedAddress(address);
}

function countResults(pack: Pack): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { events, results } of pack.relay_screen ?? [])
    for (const result of results) counts.set(result, (counts.get(result) ?? 0) + events.length);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function warningsOf(pack: Pack, material: Material | undefined): BuiltPack["warnings"] {
  const { events = [], claims = [], sources = [], sensors = [], exhibits = [] } = pack;
  const exhibitIds = new Set(exhibits.map(({ id }) => id));
  const sensorIds = new Set(sensors.map(({ id }) => id));
  const labels = [events, claims, sources, sensors, exhibits].flatMap((list) =>
    repeats(list.map(({ id }) => id)),
  );
  const distinct = new Set(sources.map(({ id }) => id)).size;
  const screens = pack.relay_screen ?? [];
  const undone = screens.filter(({ results }) => results.includes("not-done"));
  const leftOut = (material?.indicators.length ?? 0) - listedEvents(pack);
  const counts: Readonly<Record<PackWarning, number>> = {
    "claim-without-exhibit": claims.filter(
      (claim) => claim.exhibits.length === 0 || claim.exhibits.some((id) => !exhibitIds.has(id)),
    ).length,
    "event-without-sensor": events.filter(({ sensor }) => sensor === undefined || !sensorIds.has(sensor))
      .length,
    "source-untraceable": sources.filter((source) => !isTraceable(source)).length,
    "sources-collapsed": distinct - countIndependentSources(sources),
    "grades-differ": sources.filter(gradesDiffer).length,
    "label-twice": labels.length,
    "address-not-public": events.filter(isBehindTranslation).length,
    "screen-not-done": undone.reduce((sum, { events: ids }) => sum + ids.length, 0),
    "indicators-left-out": Math.max(0, leftOut),
  };
  return PACK_WARNINGS.flatMap((code) => (counts[code] > 0 ? [{ code, count: counts[code] }] : []));
}

function repeats(ids: readonly string[]): readonly string[] {
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}

/** Indicators that stand as events or as malware; the rest stands in exhibits alone. */
function listedEvents(pack: Pack): number {
  const events = (pack.events ?? []).filter(({ id }) => /^i-[0-9]+$/.test(id)).length;
  return events + (pack.malware ?? []).length;
}
