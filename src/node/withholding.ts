/**
 * Withholding members of a message, and revealing them later (SPEC 13.3.4). Salts and values are durable in the
 * house feed before the draft is, so nothing that was withheld can become impossible to reveal.
 */
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { commitToValue, SALT_SIZE_BYTES } from "#parley/crypto/payload.ts";
import { originalSalt } from "#parley/redaction/work.ts";
import type { NodeCore } from "./core.ts";
import type { KeptValue } from "./house-redaction.ts";

export interface Withheld {
  readonly body: JsonObject;
  /** For the house feed, one for each pointer. */
  readonly values: readonly KeptValue[];
}

/** SPEC 13.3.5: members alone; an element that goes would move the others. */
export function withholdMembers(
  backend: CryptoBackend,
  body: JsonObject,
  pointers: readonly string[],
): Withheld | Refusal {
  let left: JsonObject = { body };
  const values: KeptValue[] = [];
  for (const path of pointers) {
    const names = path.split("/").slice(1);
    const cut = names.length > 1 && names[0] === "body" ? without(left, names) : undefined;
    if (cut === undefined) return refuse("withheld-unknown", { place: pointers.indexOf(path) });
    left = cut.left;
    const salt = backend.randomBytes(SALT_SIZE_BYTES);
    const commit = commitToValue(backend, salt, cut.value);
    values.push({ commit, path, salt: encodeBase64url(salt), value: cut.value });
  }
  const kept = left["body"];
  return isJsonObject(kept) ? { body: kept, values } : refuse("withheld-unknown");
}

interface Cut {
  readonly left: JsonObject;
  readonly value: Json;
}

/** Strict JSON has no name that a pointer would have to escape. */
function without(value: Json | undefined, names: readonly string[]): Cut | undefined {
  const [name, ...rest] = names;
  if (!isJsonObject(value) || name === undefined) return undefined;
  const member = value[name];
  if (member === undefined) return undefined;
  if (rest.length === 0) {
    const { [name]: _, ...left } = value;
    return { left, value: member };
  }
  const inner = without(member, rest);
  return inner && { left: { ...value, [name]: inner.left }, value: inner.value };
}

/** SPEC 13.3.4: members that were cut, and the original of each redacted copy that is attached. */
export function withheldIn(
  core: NodeCore,
  values: readonly KeptValue[],
  attached: readonly { readonly digest: string }[],
): readonly { readonly path: string; readonly commit: string }[] {
  const members = values.map(({ path, commit }) => ({ path, commit }));
  const originals = attached.flatMap(({ digest }, index) => {
    const map = core.house.state.redaction.copies.get(digest)?.map;
    const original = map?.["original"];
    const commit = isJsonObject(original) ? original["commit"] : undefined;
    return typeof commit === "string" ? [{ path: `/attach/${index}/original`, commit }] : [];
  });
  return [...members, ...originals];
}

export interface RevealInput {
  readonly channel: string;
  /** Id of the own message. */
  readonly message: string;
  /** As it stands in the message's `withheld`. */
  readonly path: string;
}

/** Case and body of the `reveal` that opens one withheld place. */
export function revealOf(
  core: NodeCore,
  { channel, message: id, path }: RevealInput,
): { readonly case: string; readonly body: JsonObject } | Refusal {
  for (const draft of core.house.state.drafts.values()) {
    const { message } = draft;
    if (draft.channel !== channel || message["id"] !== id) continue;
    const commit = commitAt(message["withheld"], path);
    const opening = commit === undefined ? undefined : openingOf(core, commit);
    if (opening === undefined) break;
    return { case: String(message["case"]), body: { of: id, path, ...opening } };
  }
  return refuse("withheld-unknown");
}

function commitAt(withheld: Json | undefined, path: string): string | undefined {
  const rows: readonly Json[] = Array.isArray(withheld) ? withheld : [];
  const row = rows.find((one) => isJsonObject(one) && one["path"] === path);
  const commit = isJsonObject(row) ? row["commit"] : undefined;
  return typeof commit === "string" ? commit : undefined;
}

/** A member that was kept, or the original of a redacted copy. */
function openingOf(
  core: NodeCore,
  commit: string,
): { readonly salt: string; readonly value: Json } | undefined {
  const { values, copies } = core.house.state.redaction;
  const kept = values.get(commit);
  if (kept !== undefined) return { salt: kept.salt, value: kept.value };
  for (const { of, seed, map } of copies.values()) {
    const original = map["original"];
    if (!isJsonObject(original) || original["commit"] !== commit) continue;
    const item = core.house.state.evidence.items.get(of);
    const bytes = parseBase64url(seed, SALT_SIZE_BYTES);
    if (item === undefined || isRefusal(bytes)) return undefined;
    const value = { digest: item.digest, size_bytes: item.size_bytes };
    const salt = encodeBase64url(originalSalt(core.ports.backend, bytes));
    return { salt, value };
  }
  return undefined;
}
