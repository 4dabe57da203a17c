/** The chapters 8-1, 8-3, 8-4 and 8-5 of `spec/` say what the code does: every code, message and crossing. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as agreementCodes from "#parley/protocols/agreement/codes.ts";
import {
  agreement,
  CROSSINGS as agreementCrossings,
  defaultClocks,
} from "#parley/protocols/agreement/index.ts";
import * as checkCodes from "#parley/protocols/comms_check/codes.ts";
import { commsCheck, CORPUS, CROSSINGS as checkCrossings } from "#parley/protocols/comms_check/index.ts";
import type { Crossing } from "#parley/protocols/crossing.ts";
import * as disputeCodes from "#parley/protocols/dispute/codes.ts";
import { CROSSINGS as disputeCrossings, dispute } from "#parley/protocols/dispute/index.ts";
import * as noticeCodes from "#parley/protocols/notice/codes.ts";
import { CROSSINGS as noticeCrossings, notice } from "#parley/protocols/notice/index.ts";

interface Chapter {
  readonly file: string;
  readonly types: readonly string[];
  readonly lists: Readonly<Record<string, unknown>>;
  readonly crossings: readonly Crossing[];
}

const CHAPTERS: readonly Chapter[] = [
  chapter("8-1-notice.md", Object.keys(notice.messages), noticeCodes, noticeCrossings),
  chapter("8-3-dispute.md", Object.keys(dispute.messages), disputeCodes, disputeCrossings),
  chapter("8-4-comms-check.md", Object.keys(commsCheck.messages), checkCodes, checkCrossings),
  chapter("8-5-agreement.md", Object.keys(agreement.messages), agreementCodes, agreementCrossings),
];

function chapter(
  file: string,
  types: readonly string[],
  lists: Readonly<Record<string, unknown>>,
  crossings: readonly Crossing[],
): Chapter {
  return { file, types, lists, crossings };
}

function textOf(file: string): string {
  return readFileSync(new URL(`../../spec/${file}`, import.meta.url), "utf8");
}

/** Every string in an exported code list, whatever its shape. */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

test("every code and message type stands in its chapter", () => {
  for (const { file, types, lists } of CHAPTERS) {
    const text = textOf(file);
    const words = Object.values(lists).flatMap(wordsOf);
    assert.ok(words.length > 20, `${file} has codes`);
    // Kinds are names in a table of their own.
    const missing = [...types, ...words].filter(
      (word) => !text.includes("`" + word + "`") && !text.includes(`| ${word} |`),
    );
    assert.deepEqual(missing, [], file);
  }
});

test("the crossing tables of the chapters are those of the code", () => {
  for (const { file, crossings } of CHAPTERS) {
    const stated = [
      ...textOf(file).matchAll(/^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$/gm),
    ].map((row) => row.slice(1));
    const coded = crossings.map(({ from, initiator, respondent, result }) => [
      from,
      initiator,
      respondent,
      result,
    ]);
    assert.deepEqual(stated, coded, file);
  }
});

test("8-4.3: the corpus of the chapter is that of the code", () => {
  const stated = [
    ...textOf("8-4-comms-check.md").matchAll(/^\| `([a-z]{2}-\d\d)` \| (.+) \| `([^`]+)` \|$/gm),
  ].map((row) => row.slice(1));
  assert.deepEqual(
    stated,
    CORPUS.map(({ ref, text, hash }) => [ref, text, hash]),
  );
});

test("8-5.9.3: the clocks of the chapter are those of the code", () => {
  const text = textOf("8-5-agreement.md");
  for (const [timer, { flash, immediate, priority, routine }] of Object.entries(defaultClocks())) {
    assert.ok(text.includes(`| \`${timer}\` | ${flash} | ${immediate} | ${priority} | ${routine} |`), timer);
  }
});
