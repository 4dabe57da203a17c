/** The gate's checks (SPEC 14): two corpora, spellings that were not tuned on, files that fight back, rules that are none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { parseRange } from "#parley/gate/checks/addresses.ts";
import { matchesGlob } from "#parley/gate/checks/matcher.ts";
import { Notes } from "#parley/gate/checks/notes.ts";
import { readContent } from "#parley/gate/checks/read-content.ts";
import { RULE_NAMES } from "#parley/gate/checks/rule-list.ts";
import { parseRuleFile, SHIPPED_RULES } from "#parley/gate/checks/rule-set.ts";
import { readText } from "#parley/gate/checks/spellings.ts";
import { Unpacking } from "#parley/gate/checks/unpacking.ts";
import { refusedWith } from "../kit/world.ts";
import { CLEAN } from "./corpus/clean.ts";
import * as make from "./corpus/files.ts";
import { LEAKS } from "./corpus/leaks.ts";
import { checkSample, file, rulesFound, RULES_OF_MERIDIA, words } from "./corpus/samples.ts";
import { UNTUNED } from "./corpus/untuned.ts";

test("sixty leaking drafts: each leak is found by its name", () => {
  assert.equal(LEAKS.length, 60);
  const missed = LEAKS.flatMap((sample) => {
    const found = rulesFound(sample);
    return sample.leaks.filter((rule) => !found.has(rule)).map((rule) => `${sample.name}: ${rule}`);
  });
  assert.deepEqual(missed, []);
});

test("sixty clean drafts: none has a flag", () => {
  assert.equal(CLEAN.length, 60);
  const flagged = CLEAN.flatMap((sample) =>
    checkSample(sample).findings.map(({ rule, at }) => `${sample.name}: ${rule} at ${at}`),
  );
  assert.deepEqual(flagged, []);
});

test("forty spellings that were not tuned on: what passes unseen is what is said to", () => {
  assert.equal(UNTUNED.length, 40);
  const wrong = UNTUNED.filter(({ rule, seen, sample }) => rulesFound(sample).has(rule) !== seen);
  assert.deepEqual(
    wrong.map(({ sample }) => sample.name),
    [],
  );
});

test("every rule is reached by some leaking draft or by a file that fights back", () => {
  const reached = new Set([
    ...LEAKS.flatMap(({ leaks }) => leaks),
    ...BAD_FILES.map(({ rule }) => rule),
    "unavailable",
  ]);
  assert.deepEqual(
    RULE_NAMES.filter((rule) => !reached.has(rule)),
    [],
  );
});

/** A member that unpacks to 200 MB. */
function bomb(): Uint8Array {
  return gzipSync(Buffer.alloc(200 * 1024 * 1024));
}

function nested(depth: number): Uint8Array {
  let content = make.text("x");
  for (let i = 0; i < depth; i++) content = make.zip({ "a.zip": content });
  return content;
}

const BAD_FILES = [
  { name: "a bomb", rule: "too-large", content: bomb },
  { name: "archives in archives", rule: "too-large", content: () => nested(8) },
  {
    name: "a picture that is an archive too",
    rule: "polyglot",
    content: () => Buffer.concat([make.jpeg(), make.zip({ a: make.text("b") })]),
  },
  {
    name: "random bytes",
    rule: "unreadable",
    content: () => deflateRawSync(Buffer.from("0".repeat(99) + "abc".repeat(50))),
  },
  {
    name: "an encrypted PDF",
    rule: "unreadable",
    content: () => make.pdf(["x"], { Title: ") /Encrypt 9 0 R (" }),
  },
  {
    name: "an archive cut in the middle",
    rule: "unreadable",
    content: () => cut(make.zip({ "a.txt": make.text("word ".repeat(4000)) })),
  },
] as const;

function cut(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, 34), bytes.subarray(bytes.length - 70)]);
}

for (const { name, rule, content } of BAD_FILES)
  test(`bad input: ${name} is said, not passed`, () => {
    assert.ok(rulesFound(file(name, [], content())).has(rule));
  });

test("bad input: an attachment that the node does not hold is said", () => {
  const found = rulesFound({ ...file("x", [], make.text("x")), files: [undefined] });
  assert.deepEqual([...found], ["unavailable"]);
});

test("bad input: no bytes at all make a reader throw, whatever kind they begin as", () => {
  const heads = [
    "",
    "\x89PNG\r\n\x1a\n",
    "\xff\xd8\xff\xe1\x00\x20Exif\0\0MM\0*",
    "PK\x03\x04",
    "%PDF-1.4\nstream\n",
    "\xd4\xc3\xb2\xa1",
    "\n\r\r\n",
    "RIFF\0\0\0\0WEBPEXIF",
    "\x1f\x8b\x08",
    "From: a\r\nTo: b\r\nSubject: c\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    "II*\0",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), (head, tail) => {
      const unpacking = new Unpacking(RULES_OF_MERIDIA, 2);
      const run = readContent(Buffer.concat([Buffer.from(head, "latin1"), tail]), unpacking);
      for (let step = run.next(); step.done !== true; step = run.next());
    }),
    { numRuns: 400 },
  );
});

test("time is linear: texts made to be slow take as long as others", () => {
  const size = 200_000;
  const hostile = [
    "a".repeat(size),
    "1.".repeat(size / 2),
    "a:".repeat(size / 2),
    "ids-".repeat(size / 4),
    "@a.".repeat(size / 3),
    "%41".repeat(size / 3),
    "/home/".repeat(size / 6),
    "(".repeat(size),
    "&#".repeat(size / 2),
    "our tap ".repeat(size / 8),
    "=\n".repeat(size / 2),
  ];
  for (const text of hostile) {
    const started = performance.now();
    readText(text, RULES_OF_MERIDIA, new Notes(2));
    assert.ok(performance.now() - started < 3_000, text.slice(0, 8));
  }
});

test("a finding names a place and holds nothing of what was found", () => {
  const report = checkSample(words("x", [], "first line\nthe host dc01.ad.meridia.internal spoke"));
  const [finding] = report.findings;
  assert.equal(finding?.rule, "internal-host");
  assert.equal(finding?.at, "/texts/0/text");
  assert.ok(!JSON.stringify(report).includes("dc01"));
  const inFile = checkSample(file("x", [], make.text("one", "two", "peer 10.1.2.3"))).findings[0];
  assert.equal(inFile?.at, "/attach/0/content");
  assert.equal(inFile?.places[0]?.line, 3);
});

test("rules: an operator's file is data, and what is none is refused", () => {
  const rules = (value: unknown): unknown => parseRuleFile(Buffer.from(JSON.stringify(value)));
  const head = { format: "parley-gate-rules", version: 1 };
  refusedWith(rules({ ...head, version: 2 }), "gate-rules");
  refusedWith(rules({ ...head, sensors: [{ kind: "regex", value: "(a+)+$" }] }), "gate-rules");
  refusedWith(rules({ ...head, internal: [{ kind: "cidr", value: "192.0.2.1/24" }] }), "gate-rules");
  refusedWith(rules({ ...head, officers: ["."] }), "gate-rules");
  refusedWith(rules({ ...head, blocked: ["no-such-rule"] }), "gate-rules");
  refusedWith(rules({ ...head, sensors: [{ kind: "glob", value: "a*b*c*d*e*f" }] }), "gate-rules");
  refusedWith(parseRuleFile(Buffer.from("{")), "gate-rules");
  refusedWith(rules([]), "gate-rules");
  assert.equal(SHIPPED_RULES.version, 1);
});

test("patterns: globs and ranges", () => {
  assert.ok(matchesGlob("mer-*-obs", "mer-north-obs"));
  assert.ok(!matchesGlob("mer-*-obs", "mer-north-obs2"));
  assert.ok(matchesGlob("a*b*c", "aXbYbZc"));
  assert.ok(!matchesGlob("a*b*c", "a".repeat(200)));
  assert.equal(parseRange("192.0.2.0/33"), undefined);
  assert.equal(parseRange("2001:db8::/32")?.family, 6);
});
