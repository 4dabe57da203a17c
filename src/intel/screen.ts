/**
 * The screen (SPEC 16.3, 16.4): what the loaded lists say of indicators and of the events of a pack.
 *
 * Guarantees: pure; the same lists, events and instant give the same rows. It never says that nothing was found when
 * the lists that would know were not asked: then `not-done` stands beside. It does not change events.
 */
import { encodeInstant, type Instant } from "#parley/codec/time.ts";
import type { RelayResult } from "#parley/protocols/evidence/codes.ts";
import { eventTimeToInstant } from "#parley/protocols/evidence/event-time.ts";
import type { Pack, PackEvent } from "#parley/protocols/evidence/pack.ts";
import { parseRange, readAddress } from "./address.ts";
import { dayOf } from "./day.ts";
import type { Indicator } from "./indicator.ts";
import type { WarningList } from "./list.ts";
import type { LoadedLists } from "./load.ts";
import type { Meaning } from "./meaning.ts";
import { hostOf, hostOfUrl } from "./name.ts";
import { buildRangeIndex } from "./range-index.ts";
import { ListSets, type ListSet } from "./list-sets.ts";

/** A hit of a list that speaks about other days is told, and counts for nothing. */
export interface Hit {
  readonly list: WarningList;
  readonly onDay: boolean;
}

export interface ScreenedIndicator {
  readonly indicator: Indicator;
  readonly hits: readonly Hit[];
  /** What was found, each once, sorted; of lists that speak about the day. */
  readonly found: readonly Meaning[];
}

/** SPEC 16.3.4: shared by many by their nature, whatever lists are loaded. */
const SHARED_RANGES = ["100.64.0.0/10", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
/** How the text of such an address can begin, in any of its forms. */
const SHARED_START = /^(?:10\.|100\.|172\.|192\.168\.|[fF]|[0:]*:)/;
const shared = { 4: sharedIndex(4), 6: sharedIndex(6) } as const;

function sharedIndex(family: 4 | 6) {
  const ranges = SHARED_RANGES.flatMap((text) => parseRange(text) ?? []).filter(
    (range) => range.family === family,
  );
  return buildRangeIndex(
    ranges.map((range) => ({ range, list: 0 })),
    family === 4 ? 1 : 4,
    new ListSets(1),
  );
}

/** An address that stands for many subscribers: a carrier's translation, or a private network. */
export function isSharedAddress(address: string): boolean {
  if (!SHARED_START.test(address)) return false;
  const words = new Uint32Array(4);
  const family = readAddress(address, words);
  return family !== 0 && shared[family].find(words) !== 0;
}

/**
 * A screen of many indicators for one day. Without a day, lists of every day count: the caller says so to its reader.
 * What a set of lists means is worked out once.
 */
export function indicatorScreen(
  { lists, matcher }: LoadedLists,
  day?: string,
): (indicator: Indicator) => ScreenedIndicator {
  const said = new Map<ListSet, Omit<ScreenedIndicator, "indicator">>();
  const saidOf = (set: ListSet): Omit<ScreenedIndicator, "indicator"> => {
    const hits = set.flatMap((at): readonly Hit[] => {
      const list = lists[at];
      return list === undefined ? [] : [{ list, onDay: day === undefined || isAbout(list, day) }];
    });
    const found = new Set(hits.filter(({ onDay }) => onDay).map(({ list }) => list.meaning));
    return { hits, found: [...found].sort() };
  };
  return (indicator) => {
    const { type, value } = indicator;
    const set = matcher.match(type, value);
    let known = said.get(set);
    if (known === undefined) {
      known = saidOf(set);
      if (said.size < SAID_LIMIT) said.set(set, known);
    }
    const { hits, found } = known;
    const isShared =
      (type === "ipv4" || type === "ipv6") && isSharedAddress(value) && !found.includes("cgnat");
    return { indicator, hits, found: isShared ? [...found, "cgnat" as const].sort() : found };
  };
}

/** Sets of lists kept with what they mean; there are few unless lists are made to overlap in every way. */
const SAID_LIMIT = 10_000;

function isAbout({ from, until }: WarningList, day: string): boolean {
  return (from === undefined || from <= day) && (until === undefined || day <= until);
}

export interface EventScreenOptions {
  /** When the lists are asked. */
  readonly asOf: Instant;
  /** `YYYY-MM-DD` for events whose own time cannot be placed. */
  readonly day?: string;
  /** Labels of UDP events of which a person states that the exchange was answered. */
  readonly answered?: ReadonlySet<string>;
}

/** The members of a pack that a screen adds (SPEC 16.4). */
export interface EventScreen {
  readonly relay_lists: NonNullable<Pack["relay_lists"]>;
  readonly relay_screen: NonNullable<Pack["relay_screen"]>;
}

export function screenEvents(
  loaded: LoadedLists,
  events: readonly PackEvent[],
  options: EventScreenOptions,
): EventScreen {
  const rows = new Map<
    string,
    { results: readonly RelayResult[]; lists: readonly number[]; events: string[] }
  >();
  const askedByDay = new Map<string | undefined, readonly number[]>();
  for (const event of events) {
    const day = dayOfEvent(event) ?? options.day;
    const asked = askedByDay.get(day) ?? askedOn(loaded.lists, day);
    askedByDay.set(day, asked);
    const results = resultsOf(loaded, event, new Set(asked), options);
    const key = `${results.join(" ")}/${asked.join(" ")}`;
    const row = rows.get(key) ?? { results, lists: asked, events: [] };
    rows.set(key, row);
    if (!row.events.includes(event.id)) row.events.push(event.id);
  }
  const used = [...new Set([...rows.values()].flatMap(({ lists }) => lists))].sort((a, b) => a - b);
  const as_of = encodeInstant(options.asOf);
  return {
    relay_lists: used.flatMap((at) => {
      const list = loaded.lists[at];
      return list === undefined ? [] : [shownList(at, list)];
    }),
    relay_screen: [...rows.values()].map(({ results, lists, events: ids }) => ({
      events: ids,
      results,
      lists: lists.map(labelOf),
      as_of,
    })),
  };
}

function labelOf(at: number): string {
  return `list-${at + 1}`;
}

function shownList(at: number, list: WarningList): EventScreen["relay_lists"][number] {
  const { name, version, sha256, meaning, from, until } = list;
  return {
    id: labelOf(at),
    name,
    sha256,
    ...(version !== undefined && { version }),
    ...(meaning !== "common" && meaning !== "reserved" && { result: meaning }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
  };
}

function dayOfEvent({ time }: PackEvent): string | undefined {
  const instant = time === undefined ? undefined : eventTimeToInstant(time);
  return instant === undefined ? undefined : dayOf(instant);
}

/** Lists that a result can come from, and that speak about the day; without a day those that speak about all. */
function askedOn(lists: readonly WarningList[], day: string | undefined): readonly number[] {
  return lists.flatMap((list, at) => {
    if (list.meaning === "common" || list.meaning === "reserved") return [];
    const isDated = list.from !== undefined || list.until !== undefined;
    return (day === undefined ? !isDated : isAbout(list, day)) ? [at] : [];
  });
}

function resultsOf(
  { lists, matcher }: LoadedLists,
  event: PackEvent,
  asked: ReadonlySet<number>,
  { answered }: EventScreenOptions,
): readonly RelayResult[] {
  const found = new Set<RelayResult>();
  const note = (hits: readonly number[]): void => {
    for (const at of hits) {
      const meaning = asked.has(at) ? lists[at]?.meaning : undefined;
      if (meaning !== undefined && meaning !== "common" && meaning !== "reserved") found.add(meaning);
    }
  };
  const { addresses, names } = askedOf(event);
  for (const address of addresses) {
    note(matcher.matchAddress(address));
    if (isSharedAddress(address)) found.add("cgnat");
  }
  for (const name of names) note(matcher.matchName(name));
  if (event.protocol === "udp" && answered?.has(event.id) !== true) found.add("spoofable-udp");
  if (!isDone(lists, asked, addresses.length > 0)) found.add("not-done");
  return found.size === 0 ? ["none-found"] : [...found].sort();
}

/** SPEC 16.3.1. */
function askedOf(event: PackEvent): {
  readonly addresses: readonly string[];
  readonly names: readonly string[];
} {
  const addresses = [event.src_address ?? event.dst_address].flatMap((address) => address ?? []);
  const names: string[] = [];
  const hosts = [event.host, event.sni].map((host) => host && hostOf(host));
  for (const host of [...hosts, event.url && hostOfUrl(event.url)]) {
    if (host === undefined || host === "") continue;
    const isAddress = readAddress(host.toLowerCase(), new Uint32Array(4)) !== 0;
    (isAddress ? addresses : names).push(host.toLowerCase());
  }
  return { addresses, names };
}

/** SPEC 16.3.3. */
function isDone(lists: readonly WarningList[], asked: ReadonlySet<number>, hasAddress: boolean): boolean {
  const some = (test: (list: WarningList) => boolean): boolean =>
    lists.some((list, at) => asked.has(at) && test(list));
  if (!hasAddress) return some(({ names, texts, parts }) => names.length + texts.length + parts.length > 0);
  return (
    some(({ meaning }) => meaning === "tor-exit-on-date") && some(({ meaning }) => meaning === "vpn-proxy")
  );
}
