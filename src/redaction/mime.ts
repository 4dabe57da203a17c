/**
 * Where the parts of an e-mail stand (RFC 5322, 2046), so that a copy can leave one out and keep the others byte
 * for byte.
 *
 * Guarantees: one reading. A message that mail readers could split differently (two content types, a boundary
 * inside its own part, a multipart that never ends) is refused. Text is bytes, one character each.
 */
import { stop } from "./work.ts";

export interface Field {
  /** In lower case. */
  readonly name: string;
  /** With its continuation lines and line end. */
  readonly start: number;
  readonly end: number;
  /** After the colon. */
  readonly valueStart: number;
}

export interface Part {
  readonly fields: readonly Field[];
  /** Of the header, the blank line included. */
  readonly start: number;
  readonly bodyStart: number;
  /** Without the line end that belongs to the boundary. */
  readonly end: number;
  readonly type: string;
  readonly encoding: string;
  /** Of a multipart, or the one message inside a `message/rfc822`. */
  readonly parts: readonly Part[];
}

const DEPTH_LIMIT = 16;
const PARTS_LIMIT = 1_000;

export function readMime(text: string): Part {
  const counter = { parts: 0 };
  const root = readPart(text, { start: 0, end: text.length }, 0, counter);
  if (root.fields.length === 0) stop("redaction-format", { what: "mail" });
  return root;
}

/** Parts that hold content, in order. */
export function leavesOf(part: Part): readonly Part[] {
  return part.parts.length === 0 ? [part] : part.parts.flatMap(leavesOf);
}

/** The part itself and every part inside. */
export function partsOf(part: Part): readonly Part[] {
  return [part, ...part.parts.flatMap(partsOf)];
}

interface Bounds {
  readonly start: number;
  readonly end: number;
}

function readPart(text: string, { start, end }: Bounds, depth: number, counter: { parts: number }): Part {
  counter.parts++;
  if (depth > DEPTH_LIMIT) stop("redaction-limit", { what: "depth", limit: DEPTH_LIMIT });
  if (counter.parts > PARTS_LIMIT) stop("redaction-limit", { what: "parts", limit: PARTS_LIMIT });
  const { fields, bodyStart } = readFields(text, start, end);
  const type = only(text, fields, "content-type") ?? "text/plain";
  const encoding = (only(text, fields, "content-transfer-encoding") ?? "7bit").trim().toLowerCase();
  const kind = /^\s*([\w.+-]+\/[\w.+-]+)/.exec(type)?.[1]?.toLowerCase() ?? "text/plain";
  const whole = { fields, start, bodyStart, end, type: kind, encoding };
  const isPlain = ["7bit", "8bit", "binary"].includes(encoding);
  if (kind.startsWith("multipart/")) {
    if (!isPlain) stop("redaction-ambiguous", { what: "encoded-multipart" });
    const bounds = split(text, { start: bodyStart, end }, boundaryOf(type));
    return { ...whole, parts: bounds.map((inner) => readPart(text, inner, depth + 1, counter)) };
  }
  if (kind === "message/rfc822" && isPlain)
    return { ...whole, parts: [readPart(text, { start: bodyStart, end }, depth + 1, counter)] };
  return { ...whole, parts: [] };
}

function readFields(
  text: string,
  start: number,
  end: number,
): { readonly fields: readonly Field[]; readonly bodyStart: number } {
  const fields: Field[] = [];
  let at = start;
  while (at < end) {
    const blank = /^\r?\n/.exec(text.slice(at, at + 2));
    if (blank !== null) return { fields, bodyStart: at + blank[0].length };
    const colon = /^([!-9;-~]{1,256})[ \t]*:/.exec(text.slice(at, at + 300));
    if (colon === null) stop("redaction-malformed", { what: "header" });
    let next = lineEnd(text, at, end);
    while (next < end && " \t".includes(text.charAt(next))) next = lineEnd(text, next, end);
    fields.push({
      name: (colon[1] ?? "").toLowerCase(),
      start: at,
      end: next,
      valueStart: at + colon[0].length,
    });
    at = next;
  }
  return { fields, bodyStart: end };
}

function lineEnd(text: string, from: number, end: number): number {
  const found = text.indexOf("\n", from);
  return found < 0 || found >= end ? end : found + 1;
}

/** The value of a field that may occur once: readers differ on which of two counts. */
function only(text: string, fields: readonly Field[], name: string): string | undefined {
  const found = fields.filter((field) => field.name === name);
  if (found.length > 1) stop("redaction-ambiguous", { what: name });
  const [field] = found;
  return field === undefined ? undefined : unfold(text.slice(field.valueStart, field.end));
}

export function unfold(value: string): string {
  return value.replace(/\r?\n(?=[ \t])/g, "").trim();
}

function boundaryOf(type: string): string {
  const found = [...type.matchAll(/;\s*boundary\s*=\s*(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))/gi)];
  const boundary = found[0]?.[1] ?? found[0]?.[2];
  if (found.length > 1) stop("redaction-ambiguous", { what: "boundary" });
  if (boundary === undefined || /boundary\*/i.test(type)) stop("redaction-malformed", { what: "boundary" });
  return boundary;
}

/** The parts between delimiter lines. What stands before the first and after the last is shown by no reader. */
function split(text: string, { start, end }: Bounds, boundary: string): readonly Bounds[] {
  const parts: Bounds[] = [];
  const delimiter = `--${boundary}`;
  let open: number | undefined;
  for (let at = start; at < end;) {
    const next = lineEnd(text, at, end);
    if (text.startsWith(delimiter, at)) {
      const rest = text.slice(at + delimiter.length, next).replace(/[ \t]*\r?\n?$/, "");
      if (rest === "" || rest === "--") {
        if (open !== undefined) parts.push({ start: open, end: Math.max(open, beforeLineEnd(text, at)) });
        open = rest === "" ? next : undefined;
        if (rest === "--")
          return parts.length > 0 ? parts : stop("redaction-malformed", { what: "no-parts" });
      } else if (rest.startsWith("-") || !/^\S/.test(rest)) {
        stop("redaction-ambiguous", { what: "boundary" });
      }
    }
    at = next;
  }
  return stop("redaction-truncated", { what: "multipart" });
}

function beforeLineEnd(text: string, at: number): number {
  return at - (text.slice(at - 2, at) === "\r\n" ? 2 : 1);
}
