/**
 * STIX by field (SPEC 13.5.2). Only its creator changes a STIX object, so a redacted one is a new object: another
 * id, the redactor as creator, its own times, and a `derived-from` relationship to the original.
 *
 * Guarantees: an object that no rule touches and that names no changed object stays byte for byte. Whatever names
 * a changed object is changed too. An observable gets no `derived-from`: its id is a plain hash of its value and
 * would give away what was left out.
 */
import { createHmac } from "node:crypto";
import { utf8 } from "#parley/codec/bytes.ts";
import { cutFields, hitsOf, JSON_SIZE_LIMIT_BYTES, type Hit, type JsonRule } from "./json.ts";
import { applyEdits, spansOfJson, textOfJson, type JsonSpan } from "./json-spans.ts";
import type { StixPlan } from "./plan.ts";
import { collect, refuseLeak, stop, type Source, type Work } from "./work.ts";

type Members = Readonly<Record<string, unknown>>;

interface StixObject {
  readonly index: number;
  readonly span: JsonSpan;
  readonly id: string;
  readonly type: string;
  readonly value: Members;
}

/** Without these an object is none. */
const NEVER_CUT = ["type", "id", "spec_version"];

export async function* redactStix(source: Source, plan: StixPlan, work: Work): AsyncGenerator<Uint8Array> {
  const text = textOfJson(await collect(source, JSON_SIZE_LIMIT_BYTES));
  const bundle = bundleOf(text);
  const touched = new Map<StixObject, readonly Hit[]>();
  for (const object of bundle.objects) {
    const hits = hitsIn(object, plan);
    if (hits.length > 0) touched.set(object, hits);
  }
  const ids = newIds(bundle.objects, touched, work);
  const hidden: Uint8Array[] = [];
  const copies: string[] = [];
  const links: string[] = [];
  for (const object of bundle.objects) {
    const raw = text.slice(object.span.start, object.span.end);
    const id = ids.get(object.id);
    if (id === undefined) {
      copies.push(raw);
      continue;
    }
    const hits = touched.get(object) ?? [];
    const cut = cutFields(text, object.span, hits, work, `/objects/${object.index}`);
    hidden.push(...cut.hidden);
    const moved = cut.edits.map(({ start, end, text: put }) => ({
      start: start - object.span.start,
      end: end - object.span.start,
      text: put,
    }));
    copies.push(JSON.stringify(renew(parseMembers(applyEdits(raw, moved)), id, ids, plan)));
    if (!isObservable(object.value) && object.type !== "relationship")
      links.push(JSON.stringify(derivedFrom(id, object.id, plan, work)));
  }
  const copy = utf8(writeBundle(bundle, [...copies, ...links], work));
  refuseLeak(copy, hidden);
  yield copy;
}

interface Bundle {
  readonly id: string | undefined;
  readonly objects: readonly StixObject[];
}

/** A bundle, or one object alone. An id twice with other bytes is two versions or a lie: refused either way. */
function bundleOf(text: string): Bundle {
  const root = spansOfJson(text);
  const value: unknown = JSON.parse(text);
  if (!isMembers(value) || typeof value["id"] !== "string") stop("redaction-format", { what: "stix" });
  const list = root.members?.find(({ key }) => key === "objects")?.value.members ?? [];
  const spans = value["type"] === "bundle" ? list.map((member) => member.value) : [root];
  const objects = spans.map((span, index): StixObject => {
    const object = parseMembers(text.slice(span.start, span.end));
    const { id, type } = object;
    if (typeof id !== "string" || typeof type !== "string" || !id.startsWith(`${type}--`))
      stop("redaction-format", { what: "stix" });
    return { index, span, id, type, value: object };
  });
  if (new Set(objects.map(({ id }) => id)).size !== objects.length)
    stop("redaction-ambiguous", { what: "duplicate-id" });
  return { id: value["type"] === "bundle" ? value["id"] : undefined, objects };
}

function hitsIn(object: StixObject, plan: StixPlan): readonly Hit[] {
  return plan.rules.flatMap((rule, index) => {
    if (rule.type !== undefined && rule.type !== object.type) return [];
    if (rule.id !== undefined && rule.id !== object.id) return [];
    const [, first = ""] = rule.at.split("/");
    if (first === "" || first === "*" || NEVER_CUT.includes(first)) stop("redaction-plan", { rule: index });
    return hitsOf(object.span, rule satisfies JsonRule, index);
  });
}

/** By the id that was: every object that is touched, and every one that names such an object, over any steps. */
function newIds(
  objects: readonly StixObject[],
  touched: ReadonlyMap<StixObject, unknown>,
  work: Work,
): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const rename = ({ id, type, value }: StixObject): void => {
    ids.set(id, newId(work, type, `${id}\n${textOf(value["modified"])}`));
  };
  for (const object of touched.keys()) rename(object);
  for (let before = -1; before !== ids.size;) {
    before = ids.size;
    for (const object of objects)
      if (!ids.has(object.id) && referencesOf(object.value).some((id) => ids.has(id))) rename(object);
  }
  return ids;
}

/** SPEC 13.5.2: keyed, so that nobody finds the original by trying values; the same again for the same seed. */
function newId(work: Work, type: string, name: string): string {
  const bytes = createHmac("sha256", work.key("stix-id")).update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `${type}--${parts.join("-")}`;
}

/** Values of every `…_ref` and `…_refs`, at any depth. */
function referencesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (!isMembers(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key.endsWith("_ref") && typeof inner === "string") return [inner];
    if (key.endsWith("_refs") && Array.isArray(inner)) return inner.filter((one) => typeof one === "string");
    return referencesOf(inner);
  });
}

function renew(value: Members, id: string, ids: ReadonlyMap<string, string>, plan: StixPlan): Members {
  const moved = toMembers(withNewReferences(value, ids));
  const times = isObservable(value)
    ? {}
    : { created_by_ref: plan.redactor, created: plan.at, modified: plan.at };
  return withoutDeadSelectors({ ...moved, ...times, id });
}

function withNewReferences(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => withNewReferences(one, ids));
  if (!isMembers(value)) return value;
  const rename = (one: unknown): unknown => (typeof one === "string" ? (ids.get(one) ?? one) : one);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]): [string, unknown] => {
      if (key.endsWith("_ref")) return [key, rename(inner)];
      if (key.endsWith("_refs") && Array.isArray(inner)) return [key, inner.map(rename)];
      return [key, withNewReferences(inner, ids)];
    }),
  );
}

/** A granular marking that selects what is gone would make the object invalid. */
function withoutDeadSelectors(value: Members): Members {
  const { granular_markings: markings } = value;
  if (!Array.isArray(markings)) return value;
  const alive = markings.flatMap((marking: unknown): readonly Members[] => {
    if (!isMembers(marking) || !Array.isArray(marking["selectors"])) return [];
    const selectors = marking["selectors"].filter(
      (selector) => typeof selector === "string" && (selector.split(/[.[]/)[0] ?? "") in value,
    );
    return selectors.length === 0 ? [] : [{ ...marking, selectors }];
  });
  const { granular_markings: _, ...rest } = value;
  return alive.length === 0 ? rest : { ...rest, granular_markings: alive };
}

function derivedFrom(id: string, original: string, plan: StixPlan, work: Work): Members {
  return {
    type: "relationship",
    spec_version: "2.1",
    id: newId(work, "relationship", `${id}\n${original}`),
    created_by_ref: plan.redactor,
    created: plan.at,
    modified: plan.at,
    relationship_type: "derived-from",
    source_ref: id,
    target_ref: original,
  };
}

/** Observables have no creator and no version (STIX 2.1, 3.7). */
function isObservable(value: Members): boolean {
  return value["created"] === undefined && value["type"] !== "marking-definition";
}

/** A bundle is no object with a creator: it is wrapped anew. One object alone becomes a bundle with its link. */
function writeBundle({ id }: Bundle, copies: readonly string[], work: Work): string {
  const name = newId(work, "bundle", id ?? "one");
  return `{"type":"bundle","id":${JSON.stringify(name)},"objects":[${copies.join(",")}]}`;
}

function parseMembers(text: string): Members {
  return toMembers(JSON.parse(text));
}

function toMembers(value: unknown): Members {
  if (!isMembers(value)) stop("redaction-format", { what: "stix" });
  return value;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
