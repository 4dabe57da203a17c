/**
 * Strict JSON (SPEC 1.2): the only JSON that Parley hashes.
 *
 * Guarantees: `parseJson(bytes)` answers a frozen-by-type value only if `bytes` equal the RFC 8785 form of
 * that value under the narrow profile, so nobody re-encodes to check a hash. One scan finds the first byte
 * that is not canonical and names why; the platform's parser then builds the value.
 * It deliberately does not repair, default or normalise anything.
 */
import { utf8, utf8ToText } from "./bytes.ts";
import { JSON_DEPTH_LIMIT, MESSAGE_SIZE_LIMIT_BYTES } from "./limits.ts";
import { refuse, type Refusal } from "./refusal.ts";

export type Json = boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export type JsonCode =
  | "json-too-large"
  | "json-utf8"
  | "json-bom"
  | "json-syntax"
  | "json-whitespace"
  | "json-number"
  | "json-null"
  | "json-key"
  | "json-key-order"
  | "json-duplicate-key"
  | "json-escape"
  | "json-surrogate"
  | "json-depth";

export interface JsonParseOptions {
  /** Bytes; the limit is checked before anything is decoded. */
  readonly sizeLimitBytes?: number;
}

/** Bytes to value, or the first reason why not, with its character offset. */
export function parseJson(bytes: Uint8Array, options: JsonParseOptions = {}): Json | Refusal<JsonCode> {
  const limit = options.sizeLimitBytes ?? MESSAGE_SIZE_LIMIT_BYTES;
  if (bytes.length > limit) return refuse("json-too-large", { size: bytes.length, limit });
  const text = utf8ToText(bytes);
  if (text === undefined) return refuse("json-utf8");
  if (text.charCodeAt(0) === 0xfeff) return refuse("json-bom");
  const fault = firstFault(text);
  if (fault !== undefined) return refuse(fault.code, { offset: fault.offset });
  return JSON.parse(text) as Json;
}

/** The value again from text that `parseJson` let through before, and that was only kept since. */
export function jsonOfAcceptedText(text: string): Json {
  return JSON.parse(text) as Json;
}

/** Value to bytes. The value must be of the profile: anything else is a bug of the caller and throws. */
export function encodeJson(value: Json): Uint8Array {
  return utf8(jsonToText(value));
}

export function jsonToText(value: Json): string {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new TypeError("strict JSON cannot carry a lone surrogate");
      return JSON.stringify(value);
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0))
        throw new TypeError("strict JSON carries safe integers only");
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    default:
      return Array.isArray(value) ? arrayToText(value) : objectToText(value as JsonObject);
  }
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && !Array.isArray(value);
}

function arrayToText(values: readonly Json[]): string {
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined) throw new TypeError("strict JSON has no holes");
    text += (i > 0 ? "," : "") + jsonToText(value);
  }
  return text + "]";
}

function objectToText(value: JsonObject): string {
  let text = "{";
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    if (!KEY.test(key)) throw new TypeError("strict JSON keys are [a-z][a-z0-9_]{0,63}");
    text += (text.length > 1 ? "," : "") + '"' + key + '":' + jsonToText(member);
  }
  return text + "}";
}

const KEY = /^[a-z][a-z0-9_]{0,63}$/;

interface Fault {
  readonly code: JsonCode;
  readonly offset: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES = '"\\bfnrt';
const CONTROLS_WITH_SHORT_ESCAPE = "0008 0009 000a 000c 000d";

/** The first place where the text leaves the profile; undefined when every byte is canonical. */
function firstFault(text: string): Fault | undefined {
  const scan = new Scan(text);
  const fault = scan.value(0);
  if (fault !== undefined) return fault;
  return scan.at === text.length ? undefined : scan.misplaced();
}

/** A cursor over one text. It is discarded with the call that made it. */
class Scan {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): Fault | undefined {
    switch (this.text.charCodeAt(this.at)) {
      case QUOTE:
        return this.string();
      case 0x7b:
        return depth >= JSON_DEPTH_LIMIT ? this.fault("json-depth") : this.object(depth + 1);
      case 0x5b:
        return depth >= JSON_DEPTH_LIMIT ? this.fault("json-depth") : this.array(depth + 1);
      case 0x74:
        return this.word("true");
      case 0x66:
        return this.word("false");
      case 0x6e:
        return this.text.startsWith("null", this.at) ? this.fault("json-null") : this.fault("json-syntax");
      default:
        return this.number();
    }
  }

  object(depth: number): Fault | undefined {
    this.at++;
    if (this.text.charCodeAt(this.at) === 0x7d) {
      this.at++;
      return undefined;
    }
    let previous = "";
    for (;;) {
      const start = this.at;
      const key = this.key();
      if (typeof key !== "string") return key;
      if (key === previous) return this.fault("json-duplicate-key", start);
      if (key < previous) return this.fault("json-key-order", start);
      previous = key;
      if (this.text.charCodeAt(this.at) !== 0x3a) return this.misplaced();
      this.at++;
      const fault = this.value(depth);
      if (fault !== undefined) return fault;
      const next = this.text.charCodeAt(this.at);
      if (next !== 0x2c && next !== 0x7d) return this.misplaced();
      this.at++;
      if (next === 0x7d) return undefined;
    }
  }

  array(depth: number): Fault | undefined {
    this.at++;
    if (this.text.charCodeAt(this.at) === 0x5d) {
      this.at++;
      return undefined;
    }
    for (;;) {
      const fault = this.value(depth);
      if (fault !== undefined) return fault;
      const next = this.text.charCodeAt(this.at);
      if (next !== 0x2c && next !== 0x5d) return this.misplaced();
      this.at++;
      if (next === 0x5d) return undefined;
    }
  }

  /** A key of the profile, or the fault. Escapes never occur in one. */
  key(): string | Fault {
    if (this.text.charCodeAt(this.at) !== QUOTE) return this.misplaced();
    const start = this.at + 1;
    let end = start;
    for (;;) {
      const code = this.text.charCodeAt(end);
      const letter = code >= 0x61 && code <= 0x7a;
      const later = (code >= 0x30 && code <= 0x39) || code === 0x5f;
      if (!letter && !(later && end > start)) break;
      end++;
    }
    if (end === start || end - start > 64 || this.text.charCodeAt(end) !== QUOTE)
      return this.fault("json-key", start - 1);
    this.at = end + 1;
    return this.text.slice(start, end);
  }

  string(): Fault | undefined {
    let at = this.at + 1;
    for (;;) {
      const code = this.text.charCodeAt(at);
      if (code === QUOTE) {
        this.at = at + 1;
        return undefined;
      }
      if (code === BACKSLASH) {
        const width = this.escapeWidth(at);
        if (typeof width !== "number") return width;
        at += width;
      } else if (code >= 0x20) {
        at++;
      } else {
        return this.fault("json-syntax", at); // a raw control character, or the end of the text (NaN)
      }
    }
  }

  /** RFC 8785: the two-character form where there is one, else \u00xx in lower case, for controls alone. */
  escapeWidth(at: number): number | Fault {
    const letter = this.text.charAt(at + 1);
    if (letter !== "u") {
      if (letter !== "" && SHORT_ESCAPES.includes(letter)) return 2;
      return this.fault(letter === "/" ? "json-escape" : "json-syntax", at);
    }
    const digits = this.text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) return this.fault("json-syntax", at);
    const unit = Number.parseInt(digits, 16);
    if (unit >= 0xd800 && unit <= 0xdfff)
      return this.fault(this.isPair(at, unit) ? "json-escape" : "json-surrogate", at);
    const canonical =
      unit < 0x20 && digits === digits.toLowerCase() && !CONTROLS_WITH_SHORT_ESCAPE.includes(digits);
    return canonical ? 6 : this.fault("json-escape", at);
  }

  isPair(at: number, unit: number): boolean {
    const low = /^\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(this.text.slice(at + 6, at + 12));
    return unit < 0xdc00 && low !== null;
  }

  number(): Fault | undefined {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) return this.misplaced();
    const digits = match[0];
    if (!INTEGER.test(digits) || !Number.isSafeInteger(Number(digits))) return this.fault("json-number");
    this.at += digits.length;
    return undefined;
  }

  word(word: string): Fault | undefined {
    if (!this.text.startsWith(word, this.at)) return this.fault("json-syntax");
    this.at += word.length;
    return undefined;
  }

  /** A character where the grammar wants another: white space has a code of its own. */
  misplaced(): Fault {
    const code = this.text.charCodeAt(this.at);
    const white = code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
    return this.fault(white ? "json-whitespace" : "json-syntax");
  }

  fault(code: JsonCode, offset: number = this.at): Fault {
    return { code, offset };
  }
}

/** Anything that starts like a number of any dialect, so that `1.0`, `01`, `-0` and `1e2` are named as numbers. */
const NUMBER = /[-+]?[0-9.][0-9.eE+-]*|-/y;
const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;
