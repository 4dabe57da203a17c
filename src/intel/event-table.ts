/**
 * Events of a pack from what people have: CSV with a header, or a JSON array of objects (SPEC 16.5.2).
 *
 * Guarantees: every line is an event or is listed with its number and why not; nothing is guessed: a time without
 * offset stays one, and an absent value is absent. Formulas and marks that steer the direction of text are no values.
 */
import { Compile } from "typebox/compile";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import { TRANSPORTS } from "#parley/protocols/evidence/codes.ts";
import { eventTimeToInstant } from "#parley/protocols/evidence/event-time.ts";
import { EventSchema, type PackEvent } from "#parley/protocols/evidence/pack.ts";
import { readAddress } from "./address.ts";
import { parseCsv } from "./csv.ts";
import { refang } from "./indicator.ts";
import { textFault } from "./text-fault.ts";

export type EventFault =
  | "time-wrong"
  | "address-wrong"
  | "port-wrong"
  | "number-wrong"
  | "protocol-unknown"
  | "nothing-located"
  | "too-long"
  | "control-character"
  | "bidi-mark"
  | "formula"
  | "label-wrong"
  | "not-an-object"
  | "column-unknown"
  | "quote-unclosed";

export interface EventTable {
  readonly events: readonly PackEvent[];
  /** Lines of a CSV file, places of an array, from 1. */
  readonly unread: readonly { readonly line: number; readonly reason: EventFault }[];
  /** Labels of events whose exchange was answered: their source is not forged. */
  readonly answered: readonly string[];
}

type Column = Exclude<keyof PackEvent, "id"> | "id" | "answered";

const COLUMNS: Readonly<Record<string, Column>> = {
  id: "id",
  time: "time",
  timestamp: "time",
  first_seen: "time",
  sensor: "sensor",
  src_address: "src_address",
  src_ip: "src_address",
  source_ip: "src_address",
  src: "src_address",
  src_port: "src_port",
  source_port: "src_port",
  sport: "src_port",
  protocol: "protocol",
  proto: "protocol",
  dst_address: "dst_address",
  dst_ip: "dst_address",
  destination_ip: "dst_address",
  dst: "dst_address",
  dst_port: "dst_port",
  destination_port: "dst_port",
  dport: "dst_port",
  duration_s: "duration_s",
  duration: "duration_s",
  volume_bytes: "volume_bytes",
  bytes: "volume_bytes",
  count: "count",
  host: "host",
  hostname: "host",
  domain: "host",
  sni: "sni",
  url: "url",
  answered: "answered",
};

/** Room of SPEC 10.2. */
export const EVENTS_LIMIT = 2_000;
const UNREAD_LIMIT = 10_000;

type Cells = readonly (readonly [column: Column, text: string])[];

interface Row {
  readonly line: number;
  readonly cells: Cells | EventFault;
}

export function parseEventTable(text: string): EventTable | Refusal<"events-none" | "events-columns"> {
  const rows = /^\s*\[/.test(text.replace(/^\ufeff/, "")) ? readArray(text) : readTable(text);
  if (rows === undefined) return refuse("events-columns");
  const events: PackEvent[] = [];
  const answered: string[] = [];
  const unread: { line: number; reason: EventFault }[] = [];
  const labels = new Set<string>();
  for (const { line, cells } of rows) {
    const event = typeof cells === "string" ? cells : toEvent(cells, `e-${line}`);
    if (typeof event === "string") {
      if (unread.length < UNREAD_LIMIT) unread.push({ line, reason: event });
      continue;
    }
    if (labels.has(event.id)) unread.push({ line, reason: "label-wrong" });
    else {
      labels.add(event.id);
      events.push(event);
      if (typeof cells !== "string" && cells.some(isAnswered)) answered.push(event.id);
    }
  }
  if (events.length === 0) return refuse("events-none", { unread: unread.length });
  if (events.length > EVENTS_LIMIT)
    return refuse("events-none", { events: events.length, limit: EVENTS_LIMIT });
  return { events, unread: unread.toSorted((a, b) => a.line - b.line), answered };
}

function isAnswered([column, text]: readonly [Column, string]): boolean {
  return column === "answered" && /^(?:yes|true|1)$/i.test(text);
}

function readTable(text: string): readonly Row[] | undefined {
  const { rows, unclosedAt } = parseCsv(text);
  const [header, ...body] = rows.filter(({ fields }) => fields.some((field) => field.trim() !== ""));
  const columns = header?.fields.map((field) => COLUMNS[field.trim().toLowerCase()]) ?? [];
  if (!columns.some((column) => column !== undefined && column !== "id")) return undefined;
  const read = body.map(({ line, fields }): Row => ({
    line,
    cells: fields.flatMap((field, i): Cells => {
      const column = columns[i];
      return column === undefined || field.trim() === "" ? [] : [[column, field.trim()]];
    }),
  }));
  return unclosedAt === undefined ? read : [...read, { line: unclosedAt, cells: "quote-unclosed" }];
}

function readArray(text: string): readonly Row[] | undefined {
  const values = parseArray(text);
  return values?.map((value, i): Row => {
    const line = i + 1;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return { line, cells: "not-an-object" };
    const cells: [Column, string][] = [];
    for (const [key, cell] of Object.entries(value) as readonly (readonly [string, unknown])[]) {
      const column = COLUMNS[key.toLowerCase()];
      if (column === undefined) return { line, cells: "column-unknown" };
      if (typeof cell !== "string" && typeof cell !== "number" && typeof cell !== "boolean")
        return { line, cells: "not-an-object" };
      cells.push([column, String(cell)]);
    }
    return { line, cells };
  });
}

function parseArray(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const schema = Compile(EventSchema);

function toEvent(cells: Cells, label: string): PackEvent | EventFault {
  const event: Record<string, string | number> = { id: label };
  for (const [column, text] of cells) {
    const fault = textFault(text);
    if (fault !== undefined) return fault;
    if (column === "answered") continue;
    const value = toValue(column, text);
    if (typeof value === "object") return value.fault;
    event[column] = value;
  }
  if (![event["src_address"], event["dst_address"], event["host"], event["sni"], event["url"]].some(Boolean))
    return "nothing-located";
  return schema.Check(event) ? event : "too-long";
}

type Faulty = { readonly fault: EventFault };

function toValue(column: Column, text: string): string | number | Faulty {
  switch (column) {
    case "id":
    case "sensor":
      return /^[a-z0-9._-]{1,64}$/.test(text) ? text : { fault: "label-wrong" };
    case "time":
      return toTime(text);
    case "src_address":
    case "dst_address": {
      const address = refang(text).toLowerCase();
      return readAddress(address, new Uint32Array(4)) === 0 ? { fault: "address-wrong" } : address;
    }
    case "src_port":
    case "dst_port":
      return toNumber(text, 65_535) ?? { fault: "port-wrong" };
    case "protocol":
      return TRANSPORTS.find((one) => one === text.toLowerCase()) ?? { fault: "protocol-unknown" };
    case "duration_s":
    case "volume_bytes":
    case "count":
      return toNumber(text, Number.MAX_SAFE_INTEGER) ?? { fault: "number-wrong" };
    default:
      return refang(text);
  }
}

function toNumber(text: string, limit: number): number | undefined {
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return value <= limit ? value : undefined;
}

/** A blank between date and time is common, and means nothing else; a missing offset is not added. */
function toTime(text: string): string | Faulty {
  const written = text
    .replace(/^(\d{4}-\d{2}-\d{2}) (\d{2}:)/, "$1T$2")
    .replace(/[tz]/g, (c) => c.toUpperCase());
  const placed = /(?:Z|[+-]\d{2}:\d{2})$/.test(written) ? written : `${written}Z`;
  return eventTimeToInstant(placed) === undefined ? { fault: "time-wrong" } : written;
}
