/** Every word of the protocol in every language (SPEC 8.7): presence, arguments, plural forms, clean text. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CASEWORK_CODES, ENGINE_REASONS } from "#parley/casework/codes.ts";
import { MESSAGE_RULES, PROTOCOLS } from "#parley/casework/registry.ts";
import { CHECK_CODES as GATE_CHECK_CODES } from "#parley/gate/checks/check-codes.ts";
import { RULE_NAMES, CHECKS, RESULTS } from "#parley/gate/checks/rule-list.ts";
import { GATE_CODES } from "#parley/gate/release.ts";
import { JUSTIFICATIONS } from "#parley/node/house-gate.ts";
import { ENTRY_KINDS } from "#parley/ledger/entry.ts";
import { PEER_CODES } from "#parley/peer/codes.ts";
import { CHANNEL_REASONS, CHANNEL_STATUSES, TERMINATED } from "#parley/protocols/agreement/codes.ts";
import { CHECK_REASONS, CHECK_STATUSES } from "#parley/protocols/comms_check/codes.ts";
import { DISPUTE_REASONS, DISPUTE_STATUSES } from "#parley/protocols/dispute/codes.ts";
import { ROLES } from "#parley/protocols/envelope.ts";
import { REASONS } from "#parley/protocols/evidence/codes.ts";
import { NOTICE_REASONS, NOTICE_STATUSES } from "#parley/protocols/notice/codes.ts";
import { argumentsOf, choicesOf, parsePhrase } from "#parley/protocols/phrase-format.ts";
import { TIMER_NAMES } from "#parley/protocols/protocol.ts";
import { DERIVED_STATUSES, REQUEST_REASONS, REQUEST_STATUSES } from "#parley/protocols/request/codes.ts";
import { CATALOGUE } from "#parley/transcript/catalogue.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import { WITHHELD_REASONS } from "#parley/transcript/sections.ts";
import { ARGUMENTS, CODE_LISTS, LANGUAGES, TELLS } from "#parley/transcript/wording.ts";
import { readCatalogue } from "../../tools/tidy/refusals.ts";
import { filesBelow, ROOT } from "../../tools/tidy/sources.ts";

const book = createPhrasebook();
const catalogues = new Map(
  LANGUAGES.map(({ lang, catalogues: all }) => [lang, new Map(all.flatMap((one) => Object.entries(one)))]),
);
const english = [...(catalogues.get("en")?.keys() ?? [])];

/** Fails with the whole list: a translator wants all that is missing at once. */
function hasAll(keys: readonly string[]): void {
  assert.ok(keys.length > 0, "nothing to look for");
  const missing = keys.flatMap((key) =>
    book.langs.flatMap((lang) => (book.has(lang, key) ? [] : [`${lang} ${key}`])),
  );
  assert.deepEqual(missing, []);
}

test("three languages have the same keys", () => {
  assert.deepEqual(book.langs, ["en", "ar", "ru"]);
  assert.ok(english.length > 900);
  for (const [lang, sentences] of catalogues) assert.deepEqual([...sentences.keys()], english, lang);
});

test("every message type has a sentence and says what its arguments are", () => {
  const types = [...MESSAGE_RULES.keys()];
  hasAll(types.map((type) => `message.${type}`));
  assert.deepEqual([...TELLS.keys()].toSorted(), types.toSorted());
});

test("every status has words", () => {
  const statuses = {
    agreement: [...CHANNEL_STATUSES, TERMINATED, "proposed", "degraded"],
    comms_check: CHECK_STATUSES,
    dispute: DISPUTE_STATUSES,
    notice: NOTICE_STATUSES,
    request: [...REQUEST_STATUSES, ...DERIVED_STATUSES],
  };
  assert.deepEqual(Object.keys(statuses).toSorted(), PROTOCOLS.map(({ name }) => name).toSorted());
  hasAll(Object.entries(statuses).flatMap(([name, all]) => all.map((status) => `status.${name}.${status}`)));
});

test("every code of every list has words", () => {
  const lists = CODE_LISTS.flatMap((all) => Object.entries(all));
  hasAll(lists.flatMap(([list, codes]) => codes.map((code) => `code.${list}.${code}`)));
  const known = new Set(lists.flatMap(([list, codes]) => codes.map((code) => `code.${list}.${code}`)));
  for (const reason of WITHHELD_REASONS) known.add(`code.opaque.${reason}`);
  assert.deepEqual(
    english.filter((key) => key.startsWith("code.") && !known.has(key)),
    [],
    "words for codes that no list has",
  );
});

test("every enumeration of every schema is a list with words", () => {
  const lists = [...CODE_LISTS.flatMap((all) => Object.values(all)), ROLES].map(
    (codes) => new Set<unknown>(codes),
  );
  const enums = [...MESSAGE_RULES.values()].flatMap(({ schema }) => enumsOf(schema));
  assert.ok(enums.length > 500);
  const homeless = enums.filter(
    (values) => !lists.some((codes) => values.every((value) => codes.has(value))),
  );
  const texts = new Set(homeless.map((values) => values.join(" ")));
  // References of the check corpus name sentences, not meanings.
  assert.deepEqual(
    [...texts].filter((text) => !/^en-\d/.test(text)),
    [],
  );
});

function enumsOf(schema: unknown): readonly (readonly unknown[])[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "enum" in schema && Array.isArray(schema.enum) ? [schema.enum] : [];
  // `propertyNames` enumerates members of an object, not codes.
  const inside = Object.entries(schema).filter(([name]) => name !== "propertyNames");
  return [...own, ...inside.flatMap(([, inner]: readonly [string, unknown]) => enumsOf(inner))];
}

test("every refusal code has a sentence, and no sentence is left over", async () => {
  const codes = new Set([
    ...CATALOGUE.keys(),
    ...Object.keys(PEER_CODES),
    ...Object.keys(GATE_CODES),
    ...Object.keys(GATE_CHECK_CODES),
    ...Object.keys(CASEWORK_CODES),
    ...(await readCatalogue()).map(({ code }) => code),
  ]);
  hasAll([...codes].map((code) => `refusal.${code}`));
  const extra = english.filter(
    (key) => key.startsWith("refusal.") && !codes.has(key.slice("refusal.".length)),
  );
  assert.deepEqual(extra, ["refusal.unknown"]);
  hasAll(["full", "busy", "corrupt", "io", "locked"].map((fault) => `fault.${fault}`));
});

test("every check, rule, result and justification of the gate has words", () => {
  hasAll(CHECKS.map((check) => `gate-check.${check}`));
  hasAll(RESULTS.map((result) => `gate-result.${result}`));
  hasAll(RULE_NAMES.map((rule) => `gate-rule.${rule}`));
  hasAll(JUSTIFICATIONS.map((code) => `gate-justification.${code}`));
});

test("every reason of a void entry has a sentence", () => {
  const engine = Object.keys(ENGINE_REASONS).filter((reason) => !reason.startsWith("/"));
  const all = [
    engine,
    NOTICE_REASONS,
    REQUEST_REASONS,
    DISPUTE_REASONS,
    CHECK_REASONS,
    CHANNEL_REASONS,
  ].flat();
  hasAll(all.map((reason) => `reason.${reason}`));
  // The last two are the desk's own: it refuses a draft that would not be void but have no effect.
  hasAll(["reason.schema", "reason.schema_whole", "reason.not-in-force", "reason.crossed"]);
  hasAll(REASONS.map((reason) => `evidence.reason.${reason}`));
});

test("every timer, role, entry kind and void code has words", () => {
  const ids = filesBelow("src/protocols", [".ts"])
    .flatMap((path) => [
      ...readFileSync(join(ROOT, path), "utf8").matchAll(/\b(?:id|base): ["`](t_[a-z]+|remind_)/g),
    ])
    .map((match) => match[1] ?? "")
    .filter((id) => id !== "remind_");
  assert.ok(ids.length > 8);
  hasAll([...TIMER_NAMES, ...ids].map((id) => `timer.${id}`));
  hasAll(["full", "interim", "final"].map((stage) => `timer.remind_${stage}`));
  hasAll(ROLES.map((role) => `role.${role}`));
  hasAll(ENTRY_KINDS.map((kind) => `entry.${kind}`));
});

test("arguments are the same in every language, known, and only counts choose a plural", () => {
  for (const key of english) {
    const perLanguage = [...catalogues].map(([lang, sentences]) => {
      const found = argumentsOf(parsePhrase(sentences.get(key) ?? ""));
      for (const [name, uses] of found) {
        const kind = ARGUMENTS[name];
        assert.ok(kind !== undefined, `${lang} ${key}: nothing is known about {${name}}`);
        if (uses.has("plural")) assert.equal(kind.kind, "count", `${lang} ${key}`);
      }
      return [...found.keys()].toSorted();
    });
    for (const names of perLanguage) assert.deepEqual(names, perLanguage[0], key);
  }
});

test("each plural has every category of its language, and each select an other", () => {
  const seen = new Map<string, number>();
  for (const [lang, sentences] of catalogues) {
    const needed = new Intl.PluralRules(lang).resolvedOptions().pluralCategories.toSorted();
    for (const [key, text] of sentences) {
      for (const { kind, options } of choicesOf(parsePhrase(text))) {
        seen.set(lang, (seen.get(lang) ?? 0) + 1);
        if (kind === "select") assert.ok(options.includes("other"), `${lang} ${key}`);
        else
          assert.deepEqual(
            options.filter((one) => !one.startsWith("=")).toSorted(),
            needed,
            `${lang} ${key}`,
          );
      }
    }
  }
  assert.deepEqual([...seen.keys()], book.langs);
  assert.equal(new Set(seen.values()).size, 1, "a count that one language does not inflect");
});

test("text is clean: no markup, no hidden character, no loose or doubled space, the right script", () => {
  for (const [lang, sentences] of catalogues) {
    for (const [key, text] of sentences) {
      const where = `${lang} ${key}: ${text}`;
      assert.doesNotMatch(text, /[<>]/, where);
      assert.doesNotMatch(text, /[\p{Cf}\p{Cc}]/u, where);
      assert.equal(text, text.trim(), where);
      assert.doesNotMatch(text, / {2}| [.,;:؛،؟]/, where);
      if (lang === "ar") assert.doesNotMatch(text.replace(/\{[^{}]*,/g, ""), /[٠-٩,;?]/, where);
      const words = text.replace(/\{[a-z_0-9]+(?:, plural,)?/g, "");
      if (lang === "ru") assert.doesNotMatch(words, /\p{Script=Arabic}/u, where);
      if (lang === "en") assert.match(words + "a", /^[\x20-\x7e–]+$/u, where);
    }
  }
});

test("a further language is one row", () => {
  const row = LANGUAGES[0];
  assert.ok(row !== undefined);
  const upper = row.catalogues.map((one) =>
    Object.fromEntries(Object.entries(one).map(([key]) => [key, `${key.length}`])),
  );
  const four = createPhrasebook([...LANGUAGES, { ...row, lang: "fr", catalogues: upper }]);
  assert.deepEqual(four.langs, ["en", "ar", "ru", "fr"]);
  assert.equal(four.text("fr", "story.unread", { party: "A", seq: 1 }), String("story.unread".length));
  assert.throws(() => book.text("fr", "story.unread"), RangeError);
  assert.throws(
    () => createPhrasebook([{ ...row, catalogues: [...row.catalogues, { "story.unread": "x" }] }]),
    /share/,
  );
});
