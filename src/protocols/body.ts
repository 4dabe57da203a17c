/**
 * Reading members of a message body whose schema has already been checked (SPEC 9.1).
 *
 * Guarantees a typed value or a thrown TypeError: a member of the wrong shape here means that an unchecked
 * message reached a state machine, which is a bug of the caller, not a fault of the partner.
 * It deliberately gives no defaults.
 */
import { isJsonObject, type Json, type JsonObject } from "../codec/json.ts";

export function stringIn(body: JsonObject, key: string): string {
  const value = body[key];
  if (typeof value !== "string") throw unchecked(key);
  return value;
}

export function integerIn(body: JsonObject, key: string): number {
  const value = body[key];
  if (typeof value !== "number") throw unchecked(key);
  return value;
}

/** An absent flag is false. */
export function flagIn(body: JsonObject, key: string): boolean {
  return body[key] === true;
}

export function codeIn<const T extends string>(values: readonly T[], body: JsonObject, key: string): T {
  const code = values.find((value) => value === body[key]);
  if (code === undefined) throw unchecked(key);
  return code;
}

/** Every listed code in the order of the code list, so that two nodes hold the same array. */
export function codesIn<const T extends string>(
  values: readonly T[],
  body: JsonObject,
  key: string,
): readonly T[] {
  const listed = arrayIn(body, key);
  return values.filter((value) => listed.includes(value));
}

export function objectIn(body: JsonObject, key: string): JsonObject {
  const value = body[key];
  if (!isJsonObject(value)) throw unchecked(key);
  return value;
}

export function objectsIn(body: JsonObject, key: string): readonly JsonObject[] {
  return arrayIn(body, key).map((value) => {
    if (!isJsonObject(value)) throw unchecked(key);
    return value;
  });
}

function arrayIn(body: JsonObject, key: string): readonly Json[] {
  const value = body[key];
  if (value === undefined || !isJsonArray(value)) throw unchecked(key);
  return value;
}

/** `Array.isArray` alone would widen a readonly array to `any[]`. */
function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function unchecked(key: string): TypeError {
  return new TypeError(`body member ${key} was not checked against its schema`);
}
