/**
 * The rule set (SPEC 14.3): what the gate looks for, as data. Shipped lists, and an operator's own additions.
 *
 * Guarantees: a set that was parsed has only patterns that match in time linear in the text; nobody's regular
 * expression is ever run. What an operator leaves out keeps its shipped value; lists are added, never replaced.
 */
import { Type, type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type CodeEntry, type Refusal } from "#parley/codec/refusal.ts";
import { closed, codes, Digest, EXPOSURES, LAYERS, line } from "#parley/protocols/envelope.ts";
import { SECTORS } from "#parley/protocols/harm.ts";
import { parseRange } from "./addresses.ts";
import { isRuleName, RULES } from "./rule-list.ts";
import shipped from "./shipped-rules.json" with { type: "json" };

/** An operator's file; a list of ten thousand names is about 0.5 MB. */
export const RULE_FILE_LIMIT_BYTES = 4 * 1024 * 1024;
/** Patterns of one list. Each costs memory and, where its first word stands in a text, one comparison. */
const LIST_LIMIT = 20_000;
/** Patterns that begin with `*` are tried at every name of a text. */
const OPEN_GLOB_LIMIT = 64;
const STARS_LIMIT = 4;

export const PATTERN_KINDS = ["literal", "prefix", "suffix", "glob", "cidr", "shape"] as const;

/**
 * A bare text is a `literal`: whole words, case and width ignored. `prefix`: how a word begins. `suffix`: a domain
 * and everything below it. `glob`: one name with up to four `*`. `cidr`: addresses. `shape`: `9` any digit, `A` any
 * letter, the rest as it stands.
 */
export const PatternSchema = Type.Union([
  line(256),
  closed({ kind: codes(PATTERN_KINDS), value: line(256) }),
]);
export type Pattern = Static<typeof PatternSchema>;

const list = <T extends TSchema>(item: T) => Type.Optional(Type.Array(item, { maxItems: LIST_LIMIT }));
const patterns = list(PatternSchema);
const Id = Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" });
/** What can make an exposure class necessary. */
export const EXPOSED = ["attachments", "indicators", "packs"] as const;

export const RuleFileSchema = closed({
  format: Type.Literal("parley-gate-rules"),
  version: Type.Literal(1),
  /** Rules raised from flagged to blocked. */
  blocked: list(Type.String()),
  /** What is public already and never a hit: own role mailboxes, announced ranges, product names. */
  public: patterns,
  sensors: patterns,
  methods: patterns,
  officers: patterns,
  internal: patterns,
  national_ids: patterns,
  originator_marks: patterns,
  weakness_words: patterns,
  own_names: patterns,
  role_mailboxes: patterns,
  common_users: patterns,
  sensor_words: patterns,
  /** CVE ids that stand open at the operator's own side. */
  open_weaknesses: list(Type.String({ pattern: "^CVE-[0-9]{4}-[0-9]{4,19}$" })),
  constituency: list(
    closed({ pseudonym: Id, consent: Type.Optional(Type.Boolean()), any: Type.Array(PatternSchema) }),
  ),
  /** Sources to protect: told by `limit` of their parts together. */
  sources: list(
    closed({
      id: Id,
      limit: Type.Integer({ minimum: 2, maximum: 16 }),
      parts: Type.Array(closed({ id: Id, any: Type.Array(PatternSchema) }), { minItems: 2, maxItems: 32 }),
    }),
  ),
  exposure: Type.Optional(
    closed({ required_for: Type.Array(codes(EXPOSED), { maxItems: 3 }), highest: codes(EXPOSURES) }),
  ),
  canaries: Type.Optional(
    closed({
      agreed: list(Digest),
      markers: list(closed({ id: Id, value: line(256), party: Type.Optional(Digest) })),
    }),
  ),
  /** Material of others that may be passed on: its digest, and to whom. */
  consents: list(closed({ digest: Digest, party: Digest })),
  /** What an agreement with a party covers; a party without a row is not limited. */
  scopes: list(
    closed({
      party: Digest,
      sectors: list(codes(SECTORS)),
      layers: list(codes(LAYERS)),
      refs: list(line(64)),
    }),
  ),
});

type Deep<T> = T extends readonly (infer E)[]
  ? readonly Deep<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Deep<T[K]> }
    : T;
export type RuleFile = Deep<Static<typeof RuleFileSchema>>;

export const RULE_CODES = {
  "gate-rules": { layer: "gate", clause: "14.3.2" },
} as const satisfies Readonly<Record<string, CodeEntry>>;
export type RuleCode = keyof typeof RULE_CODES;

const check = Compile(RuleFileSchema);

/** The operator's file from its bytes; `at` of the refusal is a pointer of the schema, never a pattern. */
export function parseRuleFile(bytes: Uint8Array): RuleFile | Refusal<RuleCode> {
  if (bytes.length > RULE_FILE_LIMIT_BYTES) return refuse("gate-rules", { at: "size" });
  const value = readJson(bytes);
  return isObject(value) ? readRuleFile(value) : refuse("gate-rules", { at: "json" });
}

/** Any JSON: an operator writes it by hand, and nothing of it is ever signed. */
function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function readRuleFile(value: JsonObject): RuleFile | Refusal<RuleCode> {
  if (!check.Check(value)) {
    const [first] = check.Errors(value);
    return refuse("gate-rules", { at: (first?.schemaPath ?? "").slice(0, 256) });
  }
  const unknown = (value.blocked ?? []).some((name) => !isRuleName(name));
  if (unknown) return refuse("gate-rules", { at: "blocked" });
  const all = patternsOf(value);
  const bad = all.findIndex((pattern) => !isUsable(pattern));
  if (bad !== -1) return refuse("gate-rules", { at: "pattern", number: bad + 1 });
  const open = all.filter((pattern) => kindOf(pattern) === "glob" && valueOf(pattern).startsWith("*"));
  return open.length > OPEN_GLOB_LIMIT ? refuse("gate-rules", { at: "globs" }) : value;
}

/** Every pattern of a file in the order of its members. */
function patternsOf(file: RuleFile): readonly Pattern[] {
  return Object.values(file).flatMap((member): readonly Pattern[] => {
    if (!Array.isArray(member)) return [];
    return member.flatMap((one: unknown): readonly Pattern[] => {
      if (isPattern(one)) return [one];
      if (typeof one !== "object" || one === null) return [];
      if ("any" in one && Array.isArray(one.any)) return one.any.filter(isPattern);
      if (!("parts" in one) || !Array.isArray(one.parts)) return [];
      return one.parts.flatMap((part: { readonly any: readonly Pattern[] }) => part.any);
    });
  });
}

function isPattern(one: unknown): one is Pattern {
  return typeof one === "string" || (typeof one === "object" && one !== null && "kind" in one);
}

export function kindOf(pattern: Pattern): (typeof PATTERN_KINDS)[number] {
  return typeof pattern === "string" ? "literal" : pattern.kind;
}

export function valueOf(pattern: Pattern): string {
  return typeof pattern === "string" ? pattern : pattern.value;
}

function isUsable(pattern: Pattern): boolean {
  const value = valueOf(pattern);
  switch (kindOf(pattern)) {
    case "literal":
    case "prefix":
      return /[\p{L}\p{N}]{2}/u.test(value);
    case "suffix":
      return /^[.]?[a-z0-9_-]+([.][a-z0-9_-]+)*$/i.test(value);
    case "glob":
      return (
        /[\p{L}\p{N}]{2}/u.test(value) && !/\s/.test(value) && value.split("*").length <= STARS_LIMIT + 1
      );
    case "cidr":
      return parseRange(value) !== undefined;
    case "shape":
      return /^[9A][9A /.-]{3,}$/.test(value);
  }
}

/** What the gate ships with. */
export const SHIPPED_RULES: RuleFile = mustRead(shipped);

function mustRead(value: unknown): RuleFile {
  const read = isObject(value) ? readRuleFile(value) : undefined;
  if (read === undefined || isRefusal(read)) throw new TypeError("the shipped rules do not parse");
  return read;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Shipped and own together: lists one after another, single settings by the operator where it has them. */
export function mergeRules(own: RuleFile, base: RuleFile = SHIPPED_RULES): RuleFile {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, member] of Object.entries(own)) {
    const before: unknown = merged[name];
    merged[name] = isList(before) && isList(member) ? [...before, ...member] : member;
  }
  if (!check.Check(merged)) throw new RangeError("two rule files together pass a limit");
  return merged;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Rules of the shipped list with those that the operator raised. */
export function resultOf(file: RuleFile, rule: keyof typeof RULES): "flagged" | "blocked" {
  return file.blocked?.includes(rule) === true ? "blocked" : RULES[rule].result;
}
