/** One sentence per message type and language, against golden files that a reader of each language went through. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Check } from "typebox/value";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import { tellMessage, type Naming } from "#parley/transcript/telling.ts";
import { BODIES, messageOf, OTHER } from "./samples.ts";

const book = createPhrasebook();
const naming: Naming = {
  from: "MERIDIA",
  to: ["RIMAL"],
  handleOf: () => "RIMAL",
  placeOf: (id) => (id === OTHER ? { party: "x", seq: 4 } : undefined),
};

test("every message type has a sample, and every sample is a valid message", () => {
  assert.deepEqual(Object.keys(BODIES).toSorted(), [...MESSAGE_RULES.keys()].toSorted());
  for (const [type, bodies] of Object.entries(BODIES)) {
    const schema = MESSAGE_RULES.get(type)?.schema;
    assert.ok(schema !== undefined && bodies.length > 0);
    for (const body of bodies) assert.ok(Check(schema, messageOf(type, body)), type);
  }
});

for (const lang of book.langs) {
  test(`messages read as in the golden file: ${lang}`, () => {
    const lines = Object.entries(BODIES).flatMap(([type, bodies]) =>
      bodies.map((body) => {
        const told = tellMessage(messageOf(type, body), naming);
        assert.ok(told !== undefined);
        // Isolates have their own test; a person reads the file without them.
        return `${type}\t${book.text(lang, told.key, told.args).replace(/[\u2066-\u2069]/g, "")}`;
      }),
    );
    const path = join(import.meta.dirname, "golden", `messages.${lang}.txt`);
    const text = `${lines.join("\n")}\n`;
    if (process.env["WRITE_GOLDEN"] === "1") writeFileSync(path, text);
    assert.equal(readFileSync(path, "utf8"), text);
  });
}

test("a type that this version does not know tells nothing", () => {
  assert.equal(tellMessage({ type: "no.such.message", body: {} }, naming), undefined);
});
