/**
 * Lists of indicators as a canary sees them (SPEC 15.4.2): rows that keep their bytes, and in each row the value that
 * names it. And the other way round: the values in any text, in order, whatever its format.
 *
 * It knows the shapes of values, not their meaning, and changes nothing of a row.
 */
import { utf8ToText } from "#parley/codec/bytes.ts";
import { isJsonObject, jsonToText, parseJson, type Json } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { DisclosureCode } from "./disclosure-codes.ts";

export const LIST_FORMATS = ["text", "csv", "json", "log"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export const VALUE_KINDS = ["hash", "url", "ipv6", "ipv4", "host"] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** A list of more is an archive and not a list that somebody reads. */
export const LIST_SIZE_LIMIT_BYTES = 8 * 1_048_576;
export const LIST_ROWS_LIMIT = 100_000;
/** Below this order and writing say nothing. */
export const LIST_ROWS_MINIMUM = 8;

export interface ListRow {
  /** The row as it stands: a line, or a JSON value as text. */
  readonly text: string;
  /** The value as written. */
  readonly value: string;
  /** The value without differences of writing. */
  readonly key: string;
}

export interface IndicatorList {
  readonly format: ListFormat;
  /** Of most rows: decoys are of this kind. */
  readonly kind: ValueKind;
  /** Lines before the rows, as they stand. */
  readonly head: readonly string[];
  readonly rows: readonly ListRow[];
}

export interface Value {
  readonly kind: ValueKind;
  readonly text: string;
  readonly key: string;
}

const HASH = "(?<hash>\\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\\b)";
const URL_ = "(?<url>\\bh(?:tt|xx)ps?:[/]{2}[^\\s\"'<>,;|]{1,2000})";
const IPV6 =
  "(?<ipv6>(?<![0-9a-f:.])(?:[0-9a-f]{1,4}:){2,7}(?:[0-9a-f]{1,4})?(?::[0-9a-f]{1,4}){0,6}(?![0-9a-f:]))";
const IPV4 = "(?<ipv4>(?<![0-9.])(?:[0-9]{1,3}\\[?[.]\\]?){3}[0-9]{1,3}(?![0-9]))";
const HOST = "(?<host>\\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\[?[.]\\]?){1,8}[a-z]{2,24}\\b)";
const VALUES = new RegExp([HASH, URL_, IPV6, IPV4, HOST].join("|"), "gi");

/** Every value of a text in its order, defanged writing included. */
export function* valuesIn(text: string): Generator<Value> {
  for (const { groups = {} } of text.matchAll(VALUES)) {
    const kind = VALUE_KINDS.find((one) => groups[one] !== undefined);
    const found = kind && groups[kind];
    if (kind !== undefined && found !== undefined) yield { kind, text: found, key: keyOf(kind, found) };
  }
}

/** Refanged and in lower case; of a URL only scheme and host are, since its path may depend on case. */
export function keyOf(kind: ValueKind, text: string): string {
  const plain = text.replaceAll("[.]", ".").replace(/^hxxp/i, "http");
  if (kind !== "url") return plain.toLowerCase();
  const host = /^[a-z]+:[/]{2}[^/?#]*/i.exec(plain)?.[0] ?? "";
  return host.toLowerCase() + plain.slice(host.length);
}

/** `canary-format`: not of the format, a row without a value, too few rows, or too many. */
export function parseList(
  bytes: Uint8Array,
  { format, column }: { readonly format: ListFormat; readonly column?: string },
): IndicatorList | Refusal<DisclosureCode> {
  const text = bytes.length <= LIST_SIZE_LIMIT_BYTES ? utf8ToText(bytes) : undefined;
  if (text === undefined) return refuse("canary-format", { reason: "bytes" });
  const parts = format === "json" ? jsonRows(bytes, column) : lineRows(text, format, column);
  if (parts === undefined) return refuse("canary-format", { reason: "rows" });
  const rows: ListRow[] = [];
  const kinds = new Map<ValueKind, number>();
  for (const { text: row, value } of parts.rows) {
    const [found] = valuesIn(value);
    if (found === undefined) return refuse("canary-format", { reason: "value", row: rows.length });
    kinds.set(found.kind, (kinds.get(found.kind) ?? 0) + 1);
    rows.push({ text: row, value: found.text, key: found.key });
  }
  if (rows.length < LIST_ROWS_MINIMUM || rows.length > LIST_ROWS_LIMIT)
    return refuse("canary-format", { reason: "count", rows: rows.length });
  const [kind] = [...kinds].sort(([, a], [, b]) => b - a)[0] ?? [];
  return { format, kind: kind ?? "host", head: parts.head, rows };
}

export function listToBytes({ format, head }: IndicatorList, rows: readonly string[]): Uint8Array {
  const text = format === "json" ? `[\n${rows.join(",\n")}\n]\n` : `${[...head, ...rows].join("\n")}\n`;
  return new TextEncoder().encode(text);
}

interface RawRows {
  readonly head: readonly string[];
  readonly rows: readonly { readonly text: string; readonly value: string }[];
}

function lineRows(text: string, format: ListFormat, column: string | undefined): RawRows | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (format !== "csv") {
    const comments = lines.filter((line) => line.startsWith("#"));
    const rows = lines.filter((line) => !line.startsWith("#")).map((line) => ({ text: line, value: line }));
    return { head: comments, rows };
  }
  const [header, ...rest] = lines;
  const names = header === undefined ? undefined : cellsOf(header);
  const at = column === undefined ? 0 : (names?.indexOf(column) ?? -1);
  if (header === undefined || names === undefined || at < 0) return undefined;
  const rows = rest.map((line) => ({ text: line, value: cellsOf(line)?.[at] ?? "" }));
  return { head: [header], rows };
}

/** Cells of one line (RFC 4180); undefined where a quoted cell goes on in the next line. */
function cellsOf(line: string): readonly string[] | undefined {
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const found = cell.exec(line);
    if (found === null) return undefined;
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    if (found[3] === "") return cells;
  }
}

function jsonRows(bytes: Uint8Array, column = "value"): RawRows | undefined {
  const parsed = parseJson(bytes);
  if (isRefusal(parsed) || !Array.isArray(parsed)) return undefined;
  const rows = (parsed as readonly Json[]).map((one) => ({
    text: jsonToText(one),
    value: valueOf(one, column),
  }));
  return { head: [], rows };
}

function valueOf(row: Json, column: string): string {
  const value = isJsonObject(row) ? row[column] : row;
  return typeof value === "string" ? value : "";
}
