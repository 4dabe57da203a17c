/** The page's own labels: the same keys and arguments in three languages, every one used, every plural whole. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { argumentsOf, choicesOf, parsePhrase } from "#parley/protocols/phrase-format.ts";
import ar from "#parley/web/verifier/phrases/ar.json" with { type: "json" };
import en from "#parley/web/verifier/phrases/en.json" with { type: "json" };
import ru from "#parley/web/verifier/phrases/ru.json" with { type: "json" };
import { chooseLanguage, createVerifierBook } from "#parley/web/verifier/words.ts";
import { ARGUMENTS } from "#parley/transcript/wording.ts";
import { filesBelow } from "../../tools/tidy/sources.ts";

const BOOKS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["en", en],
  ["ar", ar],
  ["ru", ru],
];
const keys = Object.keys(en);

test("three languages have the same keys and arguments, and none is empty", () => {
  assert.ok(keys.length > 40);
  for (const [lang, book] of BOOKS) assert.deepEqual(Object.keys(book), keys, lang);
  for (const key of keys) {
    const named = BOOKS.map(([, book]) =>
      [...argumentsOf(parsePhrase(book[key] ?? "")).keys()].sort().join(),
    );
    assert.equal(new Set(named).size, 1, key);
    for (const name of argumentsOf(parsePhrase(en[key as keyof typeof en])).keys())
      assert.ok(ARGUMENTS[name] !== undefined, `${key}: nothing is known about {${name}}`);
  }
});

test("text is clean, and each plural has every category of its language", () => {
  for (const [lang, book] of BOOKS) {
    const needed = new Intl.PluralRules(lang).resolvedOptions().pluralCategories.toSorted();
    for (const [key, text] of Object.entries(book)) {
      const where = `${lang} ${key}: ${text}`;
      assert.equal(text, text.trim(), where);
      assert.notEqual(text, "", where);
      assert.doesNotMatch(text, /[<>]|[\p{Cf}\p{Cc}]| {2}| [.,;:؛،؟]/u, where);
      if (lang === "ar") assert.doesNotMatch(text.replace(/\{[^{}]*,/g, ""), /[٠-٩,;?]/, where);
      for (const { options } of choicesOf(parsePhrase(text)))
        assert.deepEqual(options.toSorted(), needed, where);
    }
  }
});

test("every label is used, and the book has both them and the shared sentences", () => {
  const source = filesBelow("src/web/verifier", [".ts"])
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const prefixes = [...source.matchAll(/[`"](verifier\.(?:[a-z]+[._])*)\$\{/g)].map(
    (match) => match[1] ?? "",
  );
  const unused = keys.filter(
    (key) =>
      !source.includes(`"${key}"`) &&
      !prefixes.some((prefix) => prefix !== "verifier." && key.startsWith(prefix)),
  );
  const named = ["about", "parties", "feeds", "notes"].map((name) => `verifier.${name}`);
  const outcomes = ["void", "crossed", "opaque"].map((name) => `verifier.${name}`);
  assert.deepEqual(
    unused.filter((key) => ![...named, ...outcomes].includes(key)),
    [],
  );
  const book = createVerifierBook();
  for (const lang of book.langs) {
    assert.ok(book.has(lang, "verifier.verify"));
    assert.ok(book.has(lang, "report.complete"));
  }
});

test("the page opens in the reader's first language that it has", () => {
  assert.equal(chooseLanguage(["fr", "ar-MA", "ru"]), "ar");
  assert.equal(chooseLanguage(["RU"]), "ru");
  assert.equal(chooseLanguage(["fr"]), "en");
  assert.equal(chooseLanguage([]), "en");
});
