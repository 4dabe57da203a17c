/**
 * JSON by field (SPEC 13.5.1). A field is masked or dropped; every other byte stays where it was, white space
 * included.
 *
 * The whole text is held: a member may repeat at its very end. It does not know what a field means; see `stix.ts`.
 */
import { utf8 } from "#parley/codec/bytes.ts";
import {
  applyEdits,
  removalEdits,
  spansOfJson,
  textOfJson,
  type Edit,
  type JsonMember,
  type JsonSpan,
} from "./json-spans.ts";
import type { JsonPlan } from "./plan.ts";
import { collect, refuseLeak, stop, type Source, type Work } from "./work.ts";

/** A document of evidence, not a data lake; the spans of one byte take about a hundred. */
export const JSON_SIZE_LIMIT_BYTES = 16 * 1_048_576;
export const JSON_MASK = '"[withheld]"';

export interface JsonRule {
  readonly at: string;
  readonly how: "drop" | "mask";
  readonly may_remain?: boolean;
}

export async function* redactJson(source: Source, plan: JsonPlan, work: Work): AsyncGenerator<Uint8Array> {
  const text = textOfJson(await collect(source, JSON_SIZE_LIMIT_BYTES));
  const root = spansOfJson(text);
  const hits = plan.rules.flatMap((rule, index) => hitsOf(root, rule, index));
  const { edits, hidden } = cutFields(text, root, hits, work, "");
  const copy = utf8(applyEdits(text, edits));
  refuseLeak(copy, hidden);
  yield copy;
}

/** A place that a rule names, with the way to it. */
export interface Hit {
  readonly rule: number;
  readonly how: "drop" | "mask";
  readonly mayRemain: boolean;
  readonly pointer: string;
  readonly parents: readonly JsonSpan[];
  readonly member: JsonMember | undefined;
  readonly value: JsonSpan;
}

export function hitsOf(root: JsonSpan, rule: JsonRule, index: number): readonly Hit[] {
  const tokens = rule.at.split("/").slice(1);
  let hits: readonly Hit[] = [
    {
      rule: index,
      how: rule.how,
      mayRemain: rule.may_remain === true,
      pointer: "",
      parents: [],
      member: undefined,
      value: root,
    },
  ];
  for (const token of tokens) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    hits = hits.flatMap((hit) =>
      (hit.value.members ?? []).flatMap((member) =>
        token !== "*" && member.key !== key
          ? []
          : [
              {
                ...hit,
                pointer: `${hit.pointer}/${member.key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
                parents: [...hit.parents, hit.value],
                member,
                value: member.value,
              },
            ],
      ),
    );
  }
  return hits;
}

/**
 * The edits of all hits below `root`, each place once and none inside another; pieces go to `work` in the order of
 * the text. Answers also the decoded strings that the copy must not show.
 */
export function cutFields(
  text: string,
  root: JsonSpan,
  hits: readonly Hit[],
  work: Work,
  prefix: string,
): { readonly edits: readonly Edit[]; readonly hidden: readonly Uint8Array[] } {
  for (const { rule } of hits) work.match(rule);
  const outer = outermost(hits);
  const edits: Edit[] = [];
  const hidden: Uint8Array[] = [];
  const removed = new Map<JsonSpan, Set<JsonMember>>();
  for (const { how, pointer, member, parents, value, mayRemain } of outer) {
    const raw = text.slice(value.start, value.end);
    const parent = parents.at(-1);
    if (value === root || parent === undefined || member === undefined)
      stop("redaction-plan", { what: "whole-document" });
    const at = prefix + pointer;
    if (how === "mask") {
      work.leaveOut({ at, how: "masked", value: utf8(raw) });
      edits.push({ start: value.start, end: value.end, text: JSON_MASK });
    } else {
      const shown = at.slice(0, at.lastIndexOf("/"));
      work.leaveOut({ at, shown, how: "dropped", value: utf8(raw) });
      removed.set(parent, (removed.get(parent) ?? new Set()).add(member));
    }
    if (!mayRemain) hidden.push(...stringsIn(JSON.parse(raw)));
  }
  for (const [parent, members] of removed) edits.push(...removalEdits(parent, members));
  return { edits, hidden };
}

/** In the order of the text; of two rules about one place the stricter, drop. */
function outermost(hits: readonly Hit[]): readonly Hit[] {
  const ordered = hits.toSorted(
    (a, b) =>
      a.value.start - b.value.start ||
      b.value.end - a.value.end ||
      (a.how === b.how ? 0 : a.how === "drop" ? -1 : 1),
  );
  const kept: Hit[] = [];
  let end = -1;
  for (const hit of ordered) {
    if (hit.value.start < end) continue;
    kept.push(hit);
    end = hit.value.end;
  }
  return kept;
}

/** As text and as JSON writes it; a number is too short to look for. */
function stringsIn(value: unknown): readonly Uint8Array[] {
  if (typeof value === "string")
    return [utf8(value.toWellFormed()), utf8(JSON.stringify(value).slice(1, -1))];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((inner: unknown) => stringsIn(inner));
}
