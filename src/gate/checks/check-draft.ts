/**
 * All checks over one draft (SPEC 14.1): its message leaf by leaf, its attachments byte by byte, and what it tells
 * together with what was told before.
 *
 * A pure function of its input, as a generator: who drives it lets other work run at each pause.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { encodeJson, isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import type { Instant } from "#parley/codec/time.ts";
import { checkMembers } from "./check-members.ts";
import { combine, victimFacets } from "./combination.ts";
import type { CompiledRules } from "./compiled-rules.ts";
import type { CheckReport, Finding, Received, Told } from "./finding.ts";
import { Notes, type Hits } from "./notes.ts";
import { readContent } from "./read-content.ts";
import { tlpRank } from "./read-words.ts";
import { RULES, type RuleName } from "./rule-list.ts";
import { resultOf } from "./rule-set.ts";
import { readText } from "./spellings.ts";
import { Unpacking } from "./unpacking.ts";

/** Bytes of one attachment that the checks look at; beyond it the finding `too-large` says so. */
export const CHECKED_LIMIT_BYTES = 64 * 1024 * 1024;

/** One attachment's bytes in the order of `attach`; undefined where the node does not hold them. */
export interface AttachmentContent {
  readonly bytes: Uint8Array | undefined;
  /** False when only the beginning was read. */
  readonly isWhole: boolean;
}

export interface CheckInput {
  readonly message: JsonObject;
  readonly attachments: readonly AttachmentContent[];
  readonly audience: readonly string[];
  readonly rules: CompiledRules;
  readonly told: readonly Told[];
  readonly received: ReadonlyMap<string, Received>;
  readonly asOf: Instant;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

interface Found {
  readonly at: string;
  readonly hits: Hits;
}

export function* checkDraft(input: CheckInput): Generator<void, CheckReport> {
  const { message, rules, audience } = input;
  const found: Found[] = [];
  const facets = new Set(victimFacets(message));
  const canaries = new Set<string>();
  const keep = (notes: Notes, at: string): void => {
    for (const hits of notes.hits) found.push({ at, hits });
    for (const facet of notes.facets) facets.add(facet);
    for (const canary of notes.canaries) canaries.add(canary);
  };
  const rank = tlpRank(String(message["tlp"]));
  for (const { at, text } of leaves(message, "")) {
    const notes = new Notes(rank);
    readText(text, rules, notes, { isIndicator: /^\/body\/indicators\/[0-9]+\/value$/.test(at) });
    keep(notes, at);
  }
  yield;
  for (const [i, content] of input.attachments.entries()) {
    const unpacking = new Unpacking(rules, rank);
    const own = unpacking.notesOf("");
    if (content.bytes === undefined) own.add("unavailable", 0, 0);
    else yield* readContent(content.bytes, unpacking);
    if (!content.isWhole && content.bytes !== undefined) own.add("too-large", content.bytes.length, 0);
    for (const { inner, notes } of unpacking.parts)
      keep(notes, `/attach/${i}/content${inner === "" ? "" : `/${inner}`}`);
    yield;
  }
  const single = (rule: RuleName, at: string): Found => ({ at, hits: { rule, count: 1, places: [] } });
  const { file, declared } = rules;
  const context = { audience, file, declared, received: input.received, canaries };
  for (const { rule, at } of checkMembers(message, context)) found.push(single(rule, at));
  // What was told before is asked for only where this draft adds to it.
  const told = facets.size === 0 ? [] : input.told;
  for (const party of audience) {
    const combined = combine([...facets], told, { party, asOf: input.asOf, file: rules.file });
    if (combined.sources.length > 0) found.push(single("source-combined", ""));
    if (combined.victims.length > 0) found.push(single("victim-combined", ""));
  }
  return makeReport(found, [...facets].sort(), input);
}

/** What the texts and members of a message tell towards a combination; its attachments are not looked at. */
export function facetsOf(message: JsonObject, rules: CompiledRules): readonly string[] {
  const notes = new Notes(tlpRank(String(message["tlp"])));
  for (const { text } of leaves(message, "")) readText(text, rules, notes);
  return [...new Set([...victimFacets(message), ...notes.facets])].sort();
}

/** The report of a draft whose checks nobody needs to wait for: for tests and tools. */
export function checkDraftNow(input: CheckInput): CheckReport {
  const run = checkDraft(input);
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
  }
}

function makeReport(
  found: readonly Found[],
  facets: readonly string[],
  { rules, sha256 }: CheckInput,
): CheckReport {
  const findings = found.map(({ at, hits }): Finding => {
    const identity: JsonObject = {
      at,
      count: hits.count,
      first: hits.places[0]?.offset ?? 0,
      rule: hits.rule,
    };
    return {
      id: encodeBase64url(sha256(encodeJson(identity))).slice(0, 22),
      check: RULES[hits.rule].check,
      rule: hits.rule,
      result: resultOf(rules.file, hits.rule),
      at,
      count: hits.count,
      places: hits.places,
    };
  });
  const covered: JsonObject = {
    findings: findings.map(({ id, result }) => ({ id, result })),
    rules: rules.digest,
  };
  return { rules: rules.digest, digest: encodeBase64url(sha256(encodeJson(covered))), findings, facets };
}

function* leaves(value: Json, at: string): Generator<{ readonly at: string; readonly text: string }> {
  if (typeof value === "string") yield { at, text: value };
  else if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Json[]).entries()) yield* leaves(item, `${at}/${i}`);
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value).sort()) yield* leaves(value[key] ?? "", `${at}/${key}`);
  }
}
