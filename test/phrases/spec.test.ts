/** `spec/8-messages.md` and `spec/schemas/` say what the program does. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { EnvelopeFields, PRECEDENCES, ROLES } from "#parley/protocols/envelope.ts";
import { checkPhrase, serialText } from "#parley/protocols/serial.ts";
import { schemaFiles, SCHEMA_FOLDER, staleSchemas } from "../../tools/make-schemas.ts";
import { ROOT } from "../../tools/tidy/sources.ts";

const chapter = readFileSync(join(ROOT, "spec/8-messages.md"), "utf8");

test("the examples of the words are what the phrasebook says", () => {
  const examples = [...chapter.matchAll(/^- `([a-z_.]+)` (en|ar|ru): (.+)$/gm)];
  assert.equal(examples.length, 6);
  for (const [, type, lang, sentence] of examples) {
    const golden = readFileSync(join(import.meta.dirname, "golden", `messages.${lang}.txt`), "utf8");
    assert.ok(golden.split("\n").includes(`${type}\t${sentence}`), `${type} ${lang}`);
  }
});

test("the table of the envelope has every member, and no other", () => {
  const rows = [...chapter.matchAll(/^\| `([a-z_]+)`\??\s*\|/gm)].map(([, member]) => member);
  assert.deepEqual(rows.toSorted(), ["body", "type", ...Object.keys(EnvelopeFields)].toSorted());
  for (const value of [...PRECEDENCES, ...ROLES]) assert.ok(chapter.includes(`\`${value}\``), value);
});

test("the examples of serial number and check phrase are what the code makes", () => {
  const by = { from: "A", to: "B", time: "2026-11-22T15:25:00Z" };
  const text = serialText({ type: "request.open", serial: 123, precedence: "flash" }, by);
  assert.ok(chapter.includes(`Example: \`${text}\``));
  const { sha256 } = createNodeBackend();
  assert.ok(chapter.includes(`has \`${checkPhrase(utf8('{"a":1}'), sha256)}\``));
});

test("spec/schemas/ has exactly the schemas that the program checks", () => {
  assert.deepEqual(staleSchemas(), [], "run node tools/make-schemas.ts --write");
  const there = readdirSync(join(ROOT, SCHEMA_FOLDER)).toSorted();
  assert.deepEqual(there, [...schemaFiles().keys()].toSorted());
});
