/** What the readers of one text share, and how a hit of the operator's lists becomes a note (SPEC 14.4). */
import type { CompiledRules } from "./compiled-rules.ts";
import { rangeTagsOf, suffixTags, type Tag } from "./matcher.ts";
import type { Notes } from "./notes.ts";
import { isRuleName } from "./rule-list.ts";

export interface Scan {
  readonly text: string;
  /** The same with the case folded; the same length. */
  readonly folded: string;
  readonly rules: CompiledRules;
  readonly notes: Notes;
  readonly isIndicator: boolean;
}

/** How far apart a word of weakness and a name of the own side make one statement, in characters. */
const NEAR = 80;

export function noteTag(scan: Scan, tag: Tag, at: number, length: number): void {
  const { notes, rules } = scan;
  if (tag.rule === "part" && tag.of !== undefined) notes.facets.add(`part:${tag.of}`);
  else if (tag.rule === "canary" && tag.of !== undefined) notes.canaries.add(tag.of);
  else if (tag.rule === "weakness") {
    if (isNearOwn(scan, at, length)) notes.add("weakness-wording", at, length);
  } else if (isRuleName(tag.rule)) {
    if (tag.rule === "victim-listed" && tag.of !== undefined) {
      notes.victims.add(tag.of);
      const consents = rules.file.constituency?.some(
        ({ pseudonym, consent }) => pseudonym === tag.of && consent === true,
      );
      if (consents === true) return;
    }
    if (tag.rule === "internal-host" && !/[0-9]/.test(scan.text.slice(at, at + length))) return;
    notes.add(tag.rule, at, length);
  }
}

/** Whether a word that stands for the own side is in the same sentence, near. */
function isNearOwn({ folded, rules }: Scan, at: number, length: number): boolean {
  const from = Math.max(0, at - NEAR);
  const around = folded.slice(from, at + length + NEAR);
  const before = around.slice(0, at - from).replace(/^.*[.!?\n]\s/s, "");
  const after = around.slice(at - from + length).replace(/[.!?\n]\s.*$/s, "");
  return ownWords(rules).some((word) => hasWord(before, word) || hasWord(after, word));
}

const ownWordsBy = new WeakMap<CompiledRules, readonly string[]>();

function ownWords(rules: CompiledRules): readonly string[] {
  const known = ownWordsBy.get(rules);
  if (known !== undefined) return known;
  const words = (rules.file.own_names ?? []).map((one) =>
    (typeof one === "string" ? one : one.value).toLowerCase().replace(/[*]/g, ""),
  );
  ownWordsBy.set(rules, words);
  return words;
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const around = (text[at - 1] ?? " ") + (text[at + word.length] ?? " ");
    if (!/[\p{L}\p{N}]/u.test(around)) return true;
  }
  return false;
}

/** Announced already, or a decoy that the house declared. */
function isOpen({ rules }: Scan, tags: readonly Tag[], name: string): boolean {
  return tags.some(({ rule }) => rule === "public") || rules.decoyHosts.has(name.toLowerCase());
}

/** Notes of the lists of domains that a name stands under; true when it is public. */
export function noteHost(scan: Scan, host: string, at: number): boolean {
  const tags = suffixTags(scan.rules.matcher, host);
  if (isOpen(scan, tags, host)) return true;
  for (const tag of tags) {
    if (tag.rule === "internal-host") scan.notes.add("internal-host", at, host.length);
    else noteTag(scan, tag, at, host.length);
  }
  return false;
}

/** Notes of the lists of ranges that an address stands in; true when it is public. */
export function noteAddress(scan: Scan, address: string, at: number): boolean {
  const tags = rangeTagsOf(scan.rules.matcher, address);
  if (isOpen(scan, tags, address)) return true;
  for (const tag of tags) {
    if (tag.rule === "internal-host") scan.notes.add("internal-address", at, address.length);
    else noteTag(scan, tag, at, address.length);
  }
  return false;
}
