/**
 * CSV by column and record (SPEC 13.5.3), RFC 4180, as a stream: quoted line feeds belong to their field.
 *
 * Guarantees: a field that stays, stays byte for byte, with its quotes. A record that readers could split
 * differently (a quote inside a bare field, text after a closing quote, another number of fields) is refused: a
 * column that moves is a leak.
 */
import { latin1, latin1ToBytes, literal } from "./lines.ts";
import { TEXT_MASK } from "./log.ts";
import type { CsvPlan } from "./plan.ts";
import { stop, type Source, type Work } from "./work.ts";

/** More than this between two ends of a record is a quote that nobody closed. */
export const RECORD_SIZE_LIMIT_BYTES = 4 * 1_048_576;

interface Record_ {
  /** As they stand, quotes included. */
  readonly fields: readonly string[];
  /** Line end, or nothing at the end of the file. */
  readonly end: string;
}

interface Ready {
  readonly masked: ReadonlySet<number>;
  readonly dropped: ReadonlySet<number>;
  readonly ruleOf: ReadonlyMap<number, number>;
  readonly filters: readonly {
    readonly rule: number;
    readonly column: number;
    readonly values: ReadonlySet<string>;
  }[];
  readonly ranges: readonly { readonly rule: number; readonly from: number; readonly to: number }[];
}

export async function* redactCsv(source: Source, plan: CsvPlan, work: Work): AsyncGenerator<Uint8Array> {
  const separator = plan.separator ?? ",";
  let ready: Ready | undefined;
  let width = 0;
  let number = 0;
  for await (const records of recordsOf(source, separator)) {
    let copy = "";
    for (const record of records) {
      if (ready === undefined) {
        width = record.fields.length;
        ready = makeReady(plan, record.fields.map(unquote), work);
        if (plan.header) {
          copy += headerCopy(record, ready, separator, work);
          continue;
        }
      }
      number++;
      if (record.fields.length !== width) stop("redaction-ambiguous", { what: "fields", record: number });
      copy += recordCopy(record, number, ready, separator, work);
    }
    if (copy !== "") yield latin1ToBytes(copy);
  }
}

function makeReady({ rules, header }: CsvPlan, names: readonly string[], work: Work): Ready {
  const [masked, dropped, ruleOf] = [new Set<number>(), new Set<number>(), new Map<number, number>()];
  const filters: Ready["filters"][number][] = [];
  const ranges: Ready["ranges"][number][] = [];
  for (const [rule, one] of rules.entries()) {
    if ("records" in one) {
      const [from, to] = one.records;
      ranges.push({ rule, from, to });
      continue;
    }
    const column = columnOf(one.column, names, header);
    if (column === undefined) continue;
    if ("in" in one) filters.push({ rule, column, values: new Set(one.in.map(literal)) });
    else {
      (one.how === "drop" ? dropped : masked).add(column);
      ruleOf.set(column, rule);
      work.match(rule);
    }
  }
  if (dropped.size >= names.length) stop("redaction-plan", { what: "every-column" });
  return { masked, dropped, ruleOf, filters, ranges };
}

/** A name is only one where there is a header, and names one column: twice is nobody's guess. */
function columnOf(column: number | string, names: readonly string[], header: boolean): number | undefined {
  if (typeof column === "number") return column <= names.length ? column - 1 : undefined;
  if (!header) stop("redaction-plan", { what: "column-name" });
  const name = literal(column);
  const [first, second] = names.flatMap((one, index) => (one === name ? [index] : []));
  if (second !== undefined) stop("redaction-ambiguous", { what: "column-name" });
  return first;
}

function headerCopy(record: Record_, { dropped }: Ready, separator: string, work: Work): string {
  for (const [index, field] of record.fields.entries())
    if (dropped.has(index))
      work.leaveOut({
        at: `/header/${index + 1}`,
        shown: `/header/${index + 1}`,
        how: "dropped",
        value: latin1ToBytes(field),
      });
  return record.fields.filter((_, index) => !dropped.has(index)).join(separator) + record.end;
}

function recordCopy(record: Record_, number: number, ready: Ready, separator: string, work: Work): string {
  const at = `/records/${number}`;
  const { fields, end } = record;
  let gone = false;
  for (const { rule, from, to } of ready.ranges)
    if (number >= from && number <= to) {
      work.match(rule);
      gone = true;
    }
  for (const { rule, column, values } of ready.filters)
    if (values.has(unquote(fields[column] ?? ""))) {
      work.match(rule);
      gone = true;
    }
  if (gone) {
    work.leaveOut({ at, how: "dropped", value: latin1ToBytes(fields.join(separator) + end) });
    return "";
  }
  const kept: string[] = [];
  for (const [index, field] of fields.entries()) {
    const drop = ready.dropped.has(index);
    if (!drop && !ready.masked.has(index)) {
      kept.push(field);
      continue;
    }
    const how = drop ? "dropped" : "masked";
    work.leaveOut({ at: `${at}/${index + 1}`, how, value: latin1ToBytes(field) });
    if (!drop) kept.push(TEXT_MASK);
  }
  return kept.join(separator) + end;
}

function unquote(field: string): string {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}

/** Whole records in batches of one chunk. */
async function* recordsOf(source: Source, separator: string): AsyncGenerator<readonly Record_[]> {
  let rest = "";
  for await (const chunk of source) {
    if (chunk.includes(0)) stop("redaction-format", { what: "zero-byte" });
    const text = rest + latin1(chunk);
    const records: Record_[] = [];
    let at = 0;
    for (
      let next = readRecord(text, at, separator);
      next !== undefined;
      next = readRecord(text, at, separator)
    ) {
      records.push(next.record);
      at = next.end;
    }
    rest = text.slice(at);
    if (rest.length > RECORD_SIZE_LIMIT_BYTES) stop("redaction-limit", { what: "record" });
    if (records.length > 0) yield records;
  }
  if (rest === "") return;
  const last = readRecord(`${rest}\n`, 0, separator);
  if (last?.end !== rest.length + 1) stop("redaction-truncated", { what: "quote" });
  yield [{ ...last.record, end: last.record.end.slice(0, -1) }];
}

/** The record at `start`, or undefined while its end is not there yet. */
function readRecord(
  text: string,
  start: number,
  separator: string,
): { readonly record: Record_; readonly end: number } | undefined {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const end = endOfField(text, at, separator);
    if (end === undefined) return undefined;
    fields.push(text.slice(at, end));
    const after = text.charAt(end);
    if (after === separator) {
      at = end + 1;
      continue;
    }
    const size = after === "\r" ? 2 : 1;
    if (after === "\r" && end + 1 >= text.length) return undefined;
    return { record: { fields, end: text.slice(end, end + size) }, end: end + size };
  }
}

/** Where the field at `start` ends: at a separator, a line feed, or the carriage return of a line end. */
function endOfField(text: string, start: number, separator: string): number | undefined {
  if (text.charAt(start) === '"') return endOfQuoted(text, start, separator);
  let at = start;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === separator || character === "\n") return at;
    if (character === '"') stop("redaction-ambiguous", { what: "quote" });
    if (character !== "\r") continue;
    if (at + 1 >= text.length) return undefined;
    if (text.charAt(at + 1) === "\n") return at;
    // Alone it ends a line for some readers and not for others.
    stop("redaction-ambiguous", { what: "carriage-return" });
  }
  return undefined;
}

function endOfQuoted(text: string, start: number, separator: string): number | undefined {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 2)) {
    if (at + 1 >= text.length) return undefined;
    const after = text.charAt(at + 1);
    if (after === '"') continue;
    if (after === "\r" && at + 2 >= text.length) return undefined;
    if (after === separator || after === "\n" || (after === "\r" && text.charAt(at + 2) === "\n"))
      return at + 1;
    stop("redaction-ambiguous", { what: "quote" });
  }
  return undefined;
}
