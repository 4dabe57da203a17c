/** Words of mixed alphabets: which are found, by which letters, and how they are marked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findMixedWords, markMixedWords } from "#parley/codec/scripts.ts";

test("a word of two alphabets is found, with the letters that are strangers in it", () => {
  assert.deepEqual(findMixedWords("see раypal now"), [
    { word: "раypal", alphabets: ["Latn", "Cyrl"], strangers: ["р", "а"] },
  ]);
  assert.deepEqual(findMixedWords("приvет"), [
    { word: "приvет", alphabets: ["Cyrl", "Latn"], strangers: ["v"] },
  ]);
  const alphabets = [
    ["aaα", "Latn", "Grek", "α"],
    ["aaա", "Latn", "Armn", "ա"],
    ["aaᎠ", "Latn", "Cher", "Ꭰ"],
    ["ααа", "Grek", "Cyrl", "а"],
  ] as const;
  for (const [word, first, second, stranger] of alphabets)
    assert.deepEqual(findMixedWords(word), [{ word, alphabets: [first, second], strangers: [stranger] }]);
});

test("equal counts stand in the order of the registry, each stranger once", () => {
  assert.deepEqual(findMixedWords("аa"), [{ word: "аa", alphabets: ["Latn", "Cyrl"], strangers: ["а"] }]);
  assert.deepEqual(findMixedWords("xyzаαаα"), [
    { word: "xyzаαаα", alphabets: ["Latn", "Cyrl", "Grek"], strangers: ["а", "α"] },
  ]);
});

test("words of one alphabet, digits and other letters are nobody's business", () => {
  for (const text of [
    "",
    "plain",
    "привет",
    "привет world",
    "αβγ-abc",
    "مرحبا",
    "abc漢字",
    "а1",
    "é̂x",
    "a.а",
  ])
    assert.deepEqual(findMixedWords(text), [], text);
  assert.deepEqual(
    findMixedWords("раy e\u0301а 1аz2").map(({ word }) => word),
    ["раy", "e\u0301а", "1аz2"],
  );
});

test("a mark follows each such word, once", () => {
  assert.equal(markMixedWords("раypal, ok"), "раypal⟨Latn+Cyrl⟩, ok");
  assert.equal(markMixedWords("xyzаαа раy"), "xyzаαа⟨Latn+Cyrl+Grek⟩ раy⟨Cyrl+Latn⟩");
  for (const text of ["plain", "привет — hello", "раypal, ok", "раy раy⟨Cyrl+Latn⟩"]) {
    const marked = markMixedWords(text);
    assert.equal(markMixedWords(marked), marked);
  }
  assert.equal(markMixedWords("раy⟨other⟩"), "раy⟨Cyrl+Latn⟩⟨other⟩");
});
