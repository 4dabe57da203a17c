/**
 * Screening: a million indicators against about 160,000 entries of warning lists, held against one bare hash probe
 * for each in the same run. The real lists are read in place where they are; else lists of the same size are made.
 */
import { existsSync } from "node:fs";
import { utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { readListFolder } from "#parley/intel/folder.ts";
import type { Indicator, IndicatorType } from "#parley/intel/indicator.ts";
import { loadLists, type ListFile, type LoadedLists } from "#parley/intel/load.ts";
import { indicatorScreen } from "#parley/intel/screen.ts";
import { cpuMs, median, printRows } from "./kit.ts";

const REAL_FOLDERS = [
  ["", "/work/shared/data/misp-warninglists"],
  ["tor/", "/work/shared/data/tor"],
] as const;
const INDICATORS = 1_000_000;
const ROUNDS = 5;
const DAY = "2021-07-02";

export async function benchScreen(): Promise<void> {
  const isReal = REAL_FOLDERS.every(([, folder]) => existsSync(folder));
  const files = isReal ? await realFiles() : madeFiles();
  let loaded: ReturnType<typeof loadLists> | undefined;
  const loadCost = await cpuMs(() => {
    loaded = loadLists(files, createNodeBackend().sha256);
  });
  if (loaded === undefined || isRefusal(loaded)) throw new Error("the lists do not load");
  const lists = loaded;
  const entries = lists.lists.reduce((sum, list) => sum + list.entries, 0);
  const indicators = makeIndicators(lists);
  const probe = new Map(textsOf(lists).map((text, i) => [text, i]));
  const [screens, probes, matches]: [number[], number[], number[]] = [[], [], []];
  let hits = 0;
  const screen = indicatorScreen(lists, DAY);
  for (let round = 0; round < ROUNDS; round++) {
    probes.push(await cpuMs(() => (hits = count(indicators, ({ value }) => probe.has(value)))));
    matches.push(
      await cpuMs(() => count(indicators, ({ type, value }) => lists.matcher.match(type, value).length > 0)),
    );
    screens.push(await cpuMs(() => (hits = count(indicators, (one) => screen(one).found.length > 0))));
  }
  const perSecond = (ms: number): string => Math.round((INDICATORS / ms) * 1000).toLocaleString("en");
  const [screened, match, bare] = [median(screens), median(matches), median(probes)];
  printRows("screen", [
    {
      what: `look-up of ${INDICATORS} indicators in ${entries} entries, ${isReal ? "real lists" : "made lists"}`,
      figure: `${perSecond(match)}/s`,
      against: `one hash probe of the text: ${perSecond(bare)}/s`,
      ratio: match / bare,
      asked: "≥ 500,000/s",
    },
    {
      what: `the same with meanings and days, ${hits} hits`,
      figure: `${perSecond(screened)}/s`,
      against: "same",
      ratio: screened / bare,
      asked: "≥ 500,000/s",
    },
    {
      what: "loading the lists",
      figure: `${Math.round(loadCost)} ms CPU`,
      against: `${lists.lists.length} lists, ${files.length - lists.lists.length} refused`,
      asked: "–",
    },
  ]);
}

function count(indicators: readonly Indicator[], test: (one: Indicator) => boolean): number {
  let found = 0;
  for (const one of indicators) if (test(one)) found++;
  return found;
}

async function realFiles(): Promise<readonly ListFile[]> {
  const files: ListFile[] = [];
  for (const [prefix, folder] of REAL_FOLDERS)
    for (const file of await readListFolder(folder)) files.push({ ...file, path: prefix + file.path });
  return files;
}

/** As large and as mixed as the published lists: resolvers, ranges, names, parts of names. */
function madeFiles(): readonly ListFile[] {
  const random = seededRandom(7);
  const below = (limit: number): number => Math.floor(random() * limit);
  const four = (): string => [below(224), below(256), below(256), below(256)].join(".");
  const made = (path: string, type: string, size: number, entry: (i: number) => string): ListFile => {
    const list = Array.from({ length: size }, (_, i) => entry(i));
    return { path: `${path}/list.json`, bytes: utf8(JSON.stringify({ name: path, type, version: 1, list })) };
  };
  return [
    made("public-dns-v4", "cidr", 62_745, four),
    made("vpn-ipv4", "cidr", 42_426, () => `${four()}/${14 + below(18)}`),
    made("vpn-ipv6", "cidr", 1_250, () => `2001:${below(65_536).toString(16)}::/${32 + below(32)}`),
    made("amazon-aws", "cidr", 15_000, () => `${four()}/${16 + below(12)}`),
    made("university_domains", "string", 22_000, (i) => `u${i}.example`),
    made("url-shortener", "hostname", 4_000, (i) => `s${i}.example`),
    made("disposable-email", "substring", 8_201, (i) => `mail${i}.example`),
    made("tor-2021-07-02", "cidr", 4_000, four),
  ];
}

/** Entries that are one value, as text. */
function textsOf({ lists }: LoadedLists): readonly string[] {
  return lists.flatMap(({ ranges, names, texts, parts }) => [
    ...ranges.map(({ low }) => addressText(low)),
    ...names,
    ...texts,
    ...parts.map(({ text }) => text),
  ]);
}

function addressText(words: Uint32Array): string {
  const parts = [...words].flatMap((word) =>
    words.length === 1
      ? [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]
      : [word >>> 16, word & 0xffff],
  );
  return words.length === 1 ? parts.join(".") : parts.map((part) => part.toString(16)).join(":");
}

/** Six of ten IPv4, one IPv6, two names, one hash; every third from the lists themselves. */
function makeIndicators(lists: LoadedLists): readonly Indicator[] {
  const random = seededRandom(11);
  const below = (limit: number): number => Math.floor(random() * limit);
  const known = textsOf(lists);
  const kinds: readonly IndicatorType[] = [
    "ipv4",
    "ipv4",
    "ipv4",
    "ipv4",
    "ipv4",
    "ipv4",
    "ipv6",
    "domain",
    "domain",
    "sha256",
  ];
  const fresh = (type: IndicatorType): string => {
    if (type === "ipv4") return [below(224), below(256), below(256), below(256)].join(".");
    if (type === "ipv6")
      return `2001:${below(65_536).toString(16)}:${below(65_536).toString(16)}::${below(9_999)}`;
    if (type === "domain") return `host${below(1e6)}.dept${below(1e3)}.example${below(1e4)}.net`;
    return below(2 ** 31)
      .toString(16)
      .padStart(64, "a");
  };
  return Array.from({ length: INDICATORS }, (_, i): Indicator => {
    const type = kinds[i % kinds.length] ?? "ipv4";
    if (i % 3 !== 0) return { type, value: fresh(type) };
    const value = known[below(known.length)] ?? "";
    return { type: /^[\d.]+$/.test(value) ? "ipv4" : value.includes(":") ? "ipv6" : "domain", value };
  });
}

/** mulberry32: repeatable, and as random as a benchmark needs. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
