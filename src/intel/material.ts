/**
 * Indicators from what people have: a CSV file with a column of values, or a text with one value on each line.
 *
 * Nothing is lost silently: every line is an indicator, a repetition, a comment, blank, or listed in `unread` with its
 * number and why. Defanged forms (`hxxp`, `[.]`) become plain. It deliberately does not look anything up and does
 * not judge whether an indicator is bad.
 */
import { parseCsv } from "./csv.ts";
import { detectIndicator, fitsType, refang, type Indicator, type IndicatorType } from "./indicator.ts";
import { textFault, type TextFault } from "./text-fault.ts";

export type UnreadReason =
  "not-recognised" | "type-differs" | "empty-value" | "too-long" | "quote-unclosed" | TextFault;

export interface UnreadLine {
  /** Counted from 1. */
  readonly line: number;
  readonly reason: UnreadReason;
}

export interface Material {
  /** In the order of the file, each value once. */
  readonly indicators: readonly Indicator[];
  readonly unread: readonly UnreadLine[];
  /** Lines that repeat an earlier value. */
  readonly repeated: number;
}

/** Longest indicator of SPEC 8-1.2. */
const VALUE_LENGTH_LIMIT = 2_048;
const VALUE_COLUMNS = ["indicator_value", "indicator", "value", "ioc", "observable"];
const TYPE_COLUMNS = ["type", "indicator_type", "ioc_type"];
const ROLE_COLUMNS = ["role"];
const COMMENT_COLUMNS = ["comment", "comments"];
/** Other hashes of the same file, or the only one of a row without a value: `SHA256:` and its digits. */
const HASH_IN_COMMENT = /\b(?:md5|sha-?1|sha-?256)\s*[:=]\s*([0-9a-f]{32,64})\b/gi;

/** Names that tools give to types; compared in lower case without separators. */
const TYPE_NAMES: Readonly<Record<string, IndicatorType>> = {
  ipv4addr: "ipv4",
  ipv4: "ipv4",
  ipv6addr: "ipv6",
  ipv6: "ipv6",
  cidr: "cidr",
  fqdn: "domain",
  domain: "domain",
  domainname: "domain",
  hostname: "domain",
  url: "url",
  uri: "url",
  sha256: "sha256",
  sha1: "sha1",
  md5: "md5",
  email: "email",
  emailaddr: "email",
  asn: "asn",
  filename: "file_name",
};

const ROLE_NAMES: Readonly<Record<string, NonNullable<Indicator["role"]>>> = {
  c2: "command-and-control",
  source: "source",
  relay: "relay",
  payload: "payload",
  target: "target",
  observed: "observed",
};

interface Cell {
  readonly line: number;
  readonly value: string;
  readonly type?: string;
  readonly role?: string;
}

export function parseMaterial(text: string): Material {
  const csv = readTable(text);
  const unread: UnreadLine[] = csv === undefined ? [] : [...csv.unread];
  const cells = csv?.cells ?? readList(text);
  const byValue = new Map<string, Indicator>();
  let repeated = 0;
  for (const cell of cells) {
    const read = readCell(cell);
    if (typeof read === "string") {
      unread.push({ line: cell.line, reason: read });
      continue;
    }
    const key = `${read.type} ${read.value}`;
    if (byValue.has(key)) repeated++;
    else byValue.set(key, read);
  }
  unread.sort((a, b) => a.line - b.line);
  return { indicators: [...byValue.values()], unread, repeated };
}

function readCell({ value: written, type, role }: Cell): Indicator | UnreadReason {
  const value = refang(written.trim());
  if (value === "") return "empty-value";
  const fault = textFault(value);
  if (fault !== undefined) return fault;
  if (value.length > VALUE_LENGTH_LIMIT) return "too-long";
  const declared = type === undefined ? undefined : TYPE_NAMES[nameOf(type)];
  const found = declared === undefined ? detectIndicator(value) : fitsType(declared, value);
  if (found === undefined) return declared === undefined ? "not-recognised" : "type-differs";
  const known = role === undefined ? undefined : ROLE_NAMES[nameOf(role)];
  return known === undefined ? found : { ...found, role: known };
}

/** One value on each line. A comment begins with `#`. */
function readList(text: string): readonly Cell[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  return lines.flatMap((value, i): readonly Cell[] => {
    const plain = value.trim();
    return plain === "" || plain.startsWith("#") ? [] : [{ line: i + 1, value: plain }];
  });
}

interface Table {
  readonly cells: readonly Cell[];
  readonly unread: readonly UnreadLine[];
}

/** Undefined when the first row that is no comment names no column of values: then it is a list. */
function readTable(text: string): Table | undefined {
  const first = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .find((line) => line.trim() !== "" && !line.startsWith("#"));
  if (first === undefined || columnOf(parseCsv(first).rows[0]?.fields ?? [], VALUE_COLUMNS) < 0)
    return undefined;
  const { rows, unclosedAt } = parseCsv(text);
  const isText = ({ fields }: { readonly fields: readonly string[] }): boolean =>
    fields.some((field) => field.trim() !== "") && fields[0]?.startsWith("#") !== true;
  const [header, ...body] = rows.filter(isText);
  const columns = header?.fields ?? [];
  const value = columnOf(columns, VALUE_COLUMNS);
  const type = columnOf(columns, TYPE_COLUMNS);
  const role = columnOf(columns, ROLE_COLUMNS);
  const comment = columnOf(columns, COMMENT_COLUMNS);
  const cells = body.flatMap(({ line, fields }): readonly Cell[] => {
    const named = role < 0 ? {} : { role: fields[role] ?? "" };
    const written = (fields[value] ?? "").trim();
    const hashes = [...(fields[comment] ?? "").matchAll(HASH_IN_COMMENT)].map(([, hash = ""]): Cell => ({
      line,
      value: hash,
      ...named,
    }));
    if (written === "" && hashes.length > 0) return hashes;
    return [{ line, value: written, ...(type >= 0 && { type: fields[type] ?? "" }), ...named }, ...hashes];
  });
  return { cells, unread: unclosedAt === undefined ? [] : [{ line: unclosedAt, reason: "quote-unclosed" }] };
}

function columnOf(fields: readonly string[], names: readonly string[]): number {
  return fields.findIndex((field) => names.includes(field.trim().toLowerCase()));
}

function nameOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, "");
}
