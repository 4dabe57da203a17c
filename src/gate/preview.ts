/**
 * The preview (SPEC 8.6.1): exactly what the other side will get, field by field, before anybody approves.
 *
 * It is made from the same bytes that will be sealed. Nothing is summarised away: every leaf of the message has a row.
 */
import { isJsonObject, jsonToText, type Json, type JsonObject } from "#parley/codec/json.ts";
import { findMixedWords } from "#parley/codec/scripts.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { GateCode } from "./release.ts";

export interface PreviewRow {
  /** JSON pointer. */
  readonly path: string;
  readonly value: string;
}

export interface Preview {
  readonly audience: readonly string[];
  /** The message as text: these characters in UTF-8 are the bytes that leave. */
  readonly text: string;
  readonly size_bytes: number;
  readonly rows: readonly PreviewRow[];
  /**
   * Characters that a screen does not show or that change direction, and letters of another alphabet inside a word, by
   * pointer (threats.md 8).
   */
  readonly hidden: readonly { readonly path: string; readonly code_points: readonly string[] }[];
}

/** TLP of a message against who will read it: RED names its readers, so only a channel of two can carry it. */
export function checkAudience(message: JsonObject, audience: readonly string[]): true | Refusal<GateCode> {
  if (audience.length === 0) return refuse("gate-audience", { reason: "nobody" });
  return message["tlp"] === "RED" && audience.length > 1
    ? refuse("gate-audience", { reason: "tlp-red" })
    : true;
}

export function makePreview(message: JsonObject, audience: readonly string[]): Preview {
  const text = jsonToText(message);
  const rows = [...leaves(message, "")];
  const hidden = rows.flatMap(({ path, value }) => {
    const unseen = Array.from(value).filter((character) => HIDDEN.test(character));
    const strangers = findMixedWords(value).flatMap((mixed) => mixed.strangers);
    const found = [...unseen, ...strangers].map(codePoint);
    return found.length > 0 ? [{ path, code_points: [...new Set(found)] }] : [];
  });
  return { audience, text, size_bytes: new TextEncoder().encode(text).length, rows, hidden };
}

/** Default-ignorable characters, bidirectional controls and unassigned look-alikes of nothing. */
const HIDDEN = /[\p{Cf}\p{Co}\p{Cn}\u115f\u1160\u3164\uffa0]/u;

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function* leaves(value: Json, path: string): Generator<PreviewRow> {
  if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Json[]).entries()) yield* leaves(item, `${path}/${i}`);
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value).sort()) yield* leaves(value[key] ?? "", `${path}/${key}`);
  } else {
    yield { path, value: String(value) };
  }
}
