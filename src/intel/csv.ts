/**
 * RFC 4180: comma-separated values, quoted fields, quoted line breaks. Rows carry the line on which they begin.
 *
 * It reads what tools write: CR LF or LF, a byte order mark before the first field, a last row without an end of
 * line. A quote that never closes is reported with its line and ends the reading there: guessing would move every
 * later field. It does not trim and does not guess separators.
 */

export interface CsvRow {
  /** Counted from 1, as editors do. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface Csv {
  readonly rows: readonly CsvRow[];
  /** Line of a quote that is not closed; what follows it is not in `rows`. */
  readonly unclosedAt?: number;
}

export function parseCsv(text: string): Csv {
  const rows: CsvRow[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    for (;;) {
      const field = readField(text, at);
      if (field === undefined) return { rows, unclosedAt: line };
      fields.push(field.value);
      line += field.lines;
      at = field.end;
      if (text[at] !== ",") break;
      at++;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    line++;
    rows.push({ line: start, fields });
  }
  return { rows };
}

interface Field {
  readonly value: string;
  /** Index of the character after the field. */
  readonly end: number;
  /** Line breaks inside. */
  readonly lines: number;
}

const PLAIN_END = /[,\r\n]/g;

/** A quote inside a plain field, and text after a closing quote, are kept as they are written. */
function readField(text: string, start: number): Field | undefined {
  if (text[start] !== '"') {
    const end = plainEnd(text, start);
    return { value: text.slice(start, end), end, lines: 0 };
  }
  let value = "";
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    value += text.slice(at, quote);
    at = quote + 1;
    if (text[at] !== '"') break;
    value += '"';
    at++;
  }
  const end = plainEnd(text, at);
  const lines = value.split("\n").length - 1;
  return { value: value + text.slice(at, end), end, lines };
}

function plainEnd(text: string, start: number): number {
  PLAIN_END.lastIndex = start;
  for (let match = PLAIN_END.exec(text); match !== null; match = PLAIN_END.exec(text)) {
    const { index } = match;
    // A lone carriage return is a character of the field; before a line feed it ends the row.
    if (match[0] !== "\r" || text[index + 1] === "\n" || index + 1 === text.length) return index;
  }
  return text.length;
}
