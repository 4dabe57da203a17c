/**
 * One warning list from the bytes of its file (SPEC 16.1): its name, what a hit means, and entries ready to be indexed.
 *
 * Guarantees: any bytes give a list or a refusal, in time and memory linear in the file; every entry is taken or
 * counted as rejected with its reason. It does not read files and looks nothing up.
 */
import { encodeBase64url, utf8ToText } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseRange, type AddressRange } from "./address.ts";
import type { IntelCode } from "./codes.ts";
import { daysOfName, knownMeaning, parseJsonText, type Assignment, type Meaning } from "./meaning.ts";
import { normalizeName, parseListedName } from "./name.ts";
import { parseLiteralRegex, type Part } from "./text-index.ts";

export const LIST_SIZE_LIMIT_BYTES = 64 * 1_048_576;
const ENTRIES_LIMIT = 2_000_000;
/** Longest indicator of SPEC 8-1.2. */
const ENTRY_LENGTH_LIMIT = 2_048;
/** Positions named for each reason. */
const POSITIONS_LIMIT = 5;
/** What `relay_lists` of a pack holds (SPEC 10.2). */
const NAME_LENGTH_LIMIT = 128;
const VERSION_LENGTH_LIMIT = 64;

export const LIST_TYPES = ["cidr", "hostname", "string", "substring", "regex"] as const;
export type ListType = (typeof LIST_TYPES)[number];

export type RejectReason = "address" | "name" | "too-long" | "control-character" | "regex" | "not-text";

export interface Rejected {
  readonly reason: RejectReason;
  readonly count: number;
  /** Of the first ones: lines of a text, places in an array, from 1. */
  readonly first: readonly number[];
}

/** Kinds of values, as far as lists tell them apart. */
export const VALUE_KINDS = ["address", "name", "url", "email", "hash", "other"] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

export interface WarningList {
  readonly path: string;
  readonly name: string;
  readonly version?: string;
  /** SHA-256 of the file, base64url. */
  readonly sha256: string;
  readonly type: ListType;
  readonly meaning: Meaning;
  readonly from?: string;
  readonly until?: string;
  /** Kinds that its publisher means it for. */
  readonly takes: ReadonlySet<ValueKind>;
  readonly entries: number;
  readonly rejected: readonly Rejected[];
  readonly ranges: readonly AddressRange[];
  readonly names: readonly string[];
  readonly texts: readonly string[];
  readonly parts: readonly Part[];
}

export interface ListSource {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** What the operator's settings say of it. */
  readonly assigned: Assignment;
}

export function parseWarningList(source: ListSource): WarningList | Refusal<IntelCode> {
  const { path, bytes, sha256 } = source;
  if (bytes.length > LIST_SIZE_LIMIT_BYTES)
    return refuse("list-too-large", { size: bytes.length, limit: LIST_SIZE_LIMIT_BYTES });
  const raw = path.toLowerCase().endsWith(".json") ? readJson(bytes) : readLines(bytes);
  if (isRefusal(raw)) return raw;
  const placed = place(source, raw.published);
  if (isRefusal(placed)) return placed;
  const taken = takeEntries(raw);
  const entries = taken.ranges.length + taken.names.length + taken.texts.length + taken.parts.length;
  if (entries === 0) return refuse("list-empty", { rejected: raw.entries.length });
  return {
    path,
    name: lineOf(raw.name, NAME_LENGTH_LIMIT) ?? path.slice(-NAME_LENGTH_LIMIT),
    ...(raw.version !== undefined && { version: raw.version }),
    sha256: encodeBase64url(sha256(bytes)),
    type: raw.type,
    ...placed,
    takes: raw.takes,
    entries,
    ...taken,
  };
}

interface Raw {
  readonly name?: string;
  readonly version?: string;
  readonly type: ListType;
  readonly takes: ReadonlySet<ValueKind>;
  /** Undefined: no text. */
  readonly entries: readonly (string | undefined)[];
  readonly isText: boolean;
  /** Published with a type of its own; a bare list of addresses means nothing by itself. */
  readonly published: boolean;
}

const EVERY_KIND: ReadonlySet<ValueKind> = new Set(VALUE_KINDS);

function readJson(bytes: Uint8Array): Raw | Refusal<IntelCode> {
  const value = parseJsonText(bytes);
  if (Array.isArray(value)) return toRaw(value, { type: "cidr", takes: EVERY_KIND, published: false });
  if (typeof value !== "object" || value === null) return refuse("list-malformed");
  const members = new Map<string, unknown>(Object.entries(value));
  const list = members.get("list");
  const stated = members.get("type");
  const type = LIST_TYPES.find((one) => one === stated);
  if (!Array.isArray(list)) return refuse("list-malformed");
  if (type === undefined) return refuse("list-type");
  const name = members.get("name");
  const version = versionOf(members.get("version"));
  return toRaw(list, {
    type,
    takes: kindsOf(members.get("matching_attributes"), type),
    published: true,
    ...(typeof name === "string" && { name }),
    ...(version !== undefined && { version }),
  });
}

function toRaw(list: readonly unknown[], head: Omit<Raw, "entries" | "isText">): Raw | Refusal<IntelCode> {
  if (list.length > ENTRIES_LIMIT)
    return refuse("list-too-large", { entries: list.length, limit: ENTRIES_LIMIT });
  return {
    ...head,
    isText: false,
    entries: list.map((entry) => (typeof entry === "string" ? entry : undefined)),
  };
}

const LINE_FEED = 0x0a;

/** Lines are cut as bytes: one of ten megabytes is never made into text. */
function readLines(bytes: Uint8Array): Raw | Refusal<IntelCode> {
  const entries: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    if (entries.length >= ENTRIES_LIMIT) return refuse("list-too-large", { limit: ENTRIES_LIMIT });
    const text = end - start > ENTRY_LENGTH_LIMIT ? TOO_LONG : utf8ToText(bytes.subarray(start, end));
    entries.push((text ?? "\u0000").replace(/^\ufeff/, "").trim());
    start = end + 1;
  }
  return { type: "cidr", takes: EVERY_KIND, entries, isText: true, published: false };
}

/** Stands for a line that was not read. */
const TOO_LONG = "x".repeat(ENTRY_LENGTH_LIMIT + 1);

function versionOf(value: unknown): string | undefined {
  const text = typeof value === "number" || typeof value === "string" ? String(value) : undefined;
  return lineOf(text, VERSION_LENGTH_LIMIT);
}

/** One line of plain text, or nothing: names of lists travel in packs. */
function lineOf(text: string | undefined, limit: number): string | undefined {
  const plain = text
    ?.replace(/[\p{C}\p{Z}]+/gu, " ")
    .trim()
    .slice(0, limit)
    .trim();
  return plain === "" || plain?.isWellFormed() !== true ? undefined : plain;
}

/** Composite attributes (`domain|ip`) are named by their parts; a part of a text is meant for whole values alone. */
function kindsOf(attributes: unknown, type: ListType): ReadonlySet<ValueKind> {
  if (!Array.isArray(attributes)) return EVERY_KIND;
  const isWhole = type === "substring" || type === "regex";
  const kinds = new Set<ValueKind>();
  for (const attribute of attributes) {
    if (typeof attribute !== "string" || (isWhole && attribute.includes("|"))) continue;
    for (const part of attribute.split("|")) kinds.add(kindOfAttribute(part));
  }
  return kinds.size === 0 ? EVERY_KIND : kinds;
}

function kindOfAttribute(name: string): ValueKind {
  if (name.startsWith("ip")) return "address";
  if (/^(?:domain|hostname)$/.test(name)) return "name";
  if (/^(?:url|uri|link)$/.test(name)) return "url";
  if (/mail|soa/.test(name)) return "email";
  return /^(?:md5|sha|ssdeep|imphash|authentihash|tlsh)/.test(name) ? "hash" : "other";
}

type Placed = Pick<WarningList, "meaning" | "from" | "until">;

function place({ path, assigned }: ListSource, published: boolean): Placed | Refusal<IntelCode> {
  const meaning = assigned.meaning ?? knownMeaning(path) ?? (published ? "common" : undefined);
  if (meaning === undefined) return refuse("list-unassigned");
  const isStated = assigned.from !== undefined || assigned.until !== undefined;
  const days = isStated ? assigned : meaning === "tor-exit-on-date" ? daysOfName(path) : {};
  if (meaning === "tor-exit-on-date" && (days.from === undefined || days.until === undefined))
    return refuse("list-undated");
  const { from, until } = days;
  return { meaning, ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
}

interface Taken {
  readonly ranges: AddressRange[];
  readonly names: string[];
  readonly texts: string[];
  readonly parts: Part[];
  readonly rejected: readonly Rejected[];
}

function takeEntries({ entries, type, isText }: Raw): Taken {
  const taken = { ranges: [], names: [], texts: [], parts: [] } as Omit<Taken, "rejected">;
  const rejected = new Map<RejectReason, { count: number; first: number[] }>();
  for (const [index, entry] of entries.entries()) {
    const text = entry?.trim() ?? "";
    if (isText && (text === "" || text.startsWith("#"))) continue;
    const reason = entry === undefined ? "not-text" : (fault(text) ?? take(taken, type, text));
    if (reason === undefined) continue;
    const known = rejected.get(reason) ?? { count: 0, first: [] };
    known.count++;
    if (known.first.length < POSITIONS_LIMIT) known.first.push(index + 1);
    rejected.set(reason, known);
  }
  return {
    ...taken,
    rejected: [...rejected].map(([reason, { count, first }]) => ({ reason, count, first })),
  };
}

function fault(text: string): RejectReason | undefined {
  if (text.length > ENTRY_LENGTH_LIMIT) return "too-long";
  return /[\p{Cc}\p{Cf}\p{Cs}]/u.test(text) ? "control-character" : undefined;
}

function take(taken: Omit<Taken, "rejected">, type: ListType, text: string): RejectReason | undefined {
  const range = type === "substring" || type === "regex" ? undefined : parseRange(text.toLowerCase());
  if (range !== undefined) taken.ranges.push(range);
  switch (type) {
    case "cidr":
      return range === undefined ? "address" : undefined;
    case "hostname": {
      const name = range === undefined ? parseListedName(text) : undefined;
      if (name !== undefined) taken.names.push(name);
      return range === undefined && name === undefined ? "name" : undefined;
    }
    case "string":
      if (text === "") return "name";
      if (range === undefined) taken.texts.push(comparedText(text));
      return undefined;
    case "substring":
      if (text === "") return "name";
      taken.parts.push({ text: text.toLowerCase(), atStart: false, atEnd: false });
      return undefined;
    case "regex": {
      const part = parseLiteralRegex(text);
      if (part === undefined) return "regex";
      taken.parts.push(part);
      return undefined;
    }
  }
}

/** How a whole value is compared: as a name where it can be one, else in lower case. */
export function comparedText(text: string): string {
  return (/[/@:\s]/.test(text) ? undefined : normalizeName(text)) ?? text.toLowerCase();
}
