/**
 * Where each value of a JSON text stands, so that a copy can leave one out and keep every other byte.
 *
 * Guarantees: one reading. A text that two parsers could read differently (a member twice, half a character, a byte
 * order mark) is refused. It deliberately is not the strict profile of `codec/json.ts`: evidence comes as it is.
 */
import { utf8ToText } from "#parley/codec/bytes.ts";
import { stop } from "./work.ts";

export interface JsonSpan {
  /** Offsets in the text, end excluded. */
  readonly start: number;
  readonly end: number;
  /** Undefined for a leaf. */
  readonly members?: readonly JsonMember[];
  readonly kind: "object" | "array" | "leaf";
}

export interface JsonMember {
  /** Member name, or the index of an element as text. */
  readonly key: string;
  /** From the first character of the name, or of the element. */
  readonly start: number;
  readonly value: JsonSpan;
}

const DEPTH_LIMIT = 64;

export function textOfJson(bytes: Uint8Array): string {
  const text = utf8ToText(bytes);
  if (text === undefined) stop("redaction-malformed", { what: "utf8" });
  if (text.charCodeAt(0) === 0xfeff) stop("redaction-ambiguous", { what: "byte-order-mark" });
  return text;
}

/** The platform's parser has the last word on syntax; this one only finds places. */
export function spansOfJson(text: string): JsonSpan {
  try {
    JSON.parse(text);
  } catch {
    stop("redaction-malformed", { what: "json" });
  }
  return new Places(text).value(skipBlank(text, 0), 0);
}

/** A cursor over a text that is known to be JSON. */
class Places {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(start: number, depth: number): JsonSpan {
    if (depth > DEPTH_LIMIT) stop("redaction-limit", { what: "depth", limit: DEPTH_LIMIT });
    const first = this.#text.charAt(start);
    if (first === "{") return this.#object(start, depth);
    if (first === "[") return this.#array(start, depth);
    LEAF.lastIndex = start;
    const end = first === '"' ? this.#endOfString(start) : start + (LEAF.exec(this.#text)?.[0].length ?? 0);
    return { start, end, kind: "leaf" };
  }

  #object(start: number, depth: number): JsonSpan {
    const members: JsonMember[] = [];
    const keys = new Set<string>();
    let at = skipBlank(this.#text, start + 1);
    while (this.#text.charAt(at) !== "}") {
      const endOfKey = this.#endOfString(at);
      const key = keyOf(this.#text.slice(at, endOfKey));
      if (keys.has(key)) stop("redaction-ambiguous", { what: "duplicate-member" });
      keys.add(key);
      const value = this.value(skipBlank(this.#text, skipBlank(this.#text, endOfKey) + 1), depth + 1);
      members.push({ key, start: at, value });
      at = this.#next(value.end);
    }
    return { start, end: at + 1, members, kind: "object" };
  }

  #array(start: number, depth: number): JsonSpan {
    const members: JsonMember[] = [];
    let at = skipBlank(this.#text, start + 1);
    while (this.#text.charAt(at) !== "]") {
      const value = this.value(at, depth + 1);
      members.push({ key: String(members.length), start: at, value });
      at = this.#next(value.end);
    }
    return { start, end: at + 1, members, kind: "array" };
  }

  /** After a value: past the comma, or at the closing bracket. */
  #next(end: number): number {
    const at = skipBlank(this.#text, end);
    return this.#text.charAt(at) === "," ? skipBlank(this.#text, at + 1) : at;
  }

  #endOfString(start: number): number {
    let at = start + 1;
    while (this.#text.charAt(at) !== '"') at += this.#text.charAt(at) === "\\" ? 2 : 1;
    return at + 1;
  }
}

const LEAF = /[-+0-9.eEa-z]+/y;

function skipBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text.charAt(at))) at++;
  return at;
}

function keyOf(token: string): string {
  const key: unknown = JSON.parse(token);
  if (typeof key !== "string" || !key.isWellFormed()) stop("redaction-ambiguous", { what: "half-character" });
  return key;
}

/** One edit of a text: what stood from `start` to `end` becomes `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Edits must not overlap; everything between them stays as it is. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    if (edit.start < at) throw new Error("edits overlap");
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/**
 * What removing members takes out of the text around them: each with the comma that follows it, or, for those at the
 * end, the comma before.
 */
export function removalEdits(parent: JsonSpan, removed: ReadonlySet<JsonMember>): readonly Edit[] {
  const members = parent.members ?? [];
  const edits: Edit[] = [];
  let lastKept: JsonMember | undefined;
  for (const [index, member] of members.entries()) {
    if (!removed.has(member)) {
      lastKept = member;
      continue;
    }
    const next = members[index + 1];
    if (next !== undefined) edits.push({ start: member.start, end: next.start, text: "" });
    else edits.push({ start: member.start, end: member.value.end, text: "" });
  }
  const trailing = members.length - 1 - (lastKept === undefined ? -1 : members.indexOf(lastKept));
  if (lastKept === undefined || trailing === 0) return edits;
  const first = members[members.length - trailing];
  const last = members.at(-1);
  if (first === undefined || last === undefined) return edits;
  return [
    ...edits.filter(({ start }) => start < first.start),
    { start: lastKept.value.end, end: last.value.end, text: "" },
  ];
}
