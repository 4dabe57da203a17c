/**
 * The house rules as tests: arrows, lengths, banned calls, links, clauses, refusals, phrases.
 *
 * Each rule lives in `tools/tidy/`, fails when it found nothing to look at, and is shown here to catch a planted
 * fault. The import table stands twice: in ARCHITECTURE.md for people and here for the machine; they are compared.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkArrows,
  checkProtocolsApart,
  closureOf,
  modulesOf,
  packageOf,
  type ImportRow,
} from "../tools/tidy/arrows.ts";
import { BANS, checkBans, checkCasts, checkUnfinished, type CastAllowed } from "../tools/tidy/banned.ts";
import {
  checkCitations,
  checkClausesDistinct,
  checkVectorClauses,
  citationsOf,
  clausesOf,
  readClauses,
} from "../tools/tidy/clauses.ts";
import { checkFileLengths, checkFunctionLengths, checkLineWidths } from "../tools/tidy/lengths.ts";
import { checkLinks, headingAnchorsOf, readHeadings } from "../tools/tidy/links.ts";
import { checkPhrases, protocolFolders, readPhrases } from "../tools/tidy/phrases.ts";
import {
  CATALOGUE_PATH,
  catalogueToMarkdown,
  checkCatalogue,
  checkCodesTested,
  readCatalogue,
} from "../tools/tidy/refusals.ts";
import {
  filesBelow,
  mergeReports,
  parseSource,
  readText,
  sourcesBelow,
  type Report,
  type SourceFile,
} from "../tools/tidy/sources.ts";

const WORLD = ["gate", "peer", "intel", "match", "vault", "redaction", "people", "store"];
const BEHIND_THE_NODE = ["store", "vault", "peer"];

/** Which folder of `src/` may import which. */
const IMPORT_TABLE: readonly ImportRow[] = [
  { name: "codec", kind: "core", mayImport: [] },
  { name: "crypto", kind: "core", mayImport: ["codec"] },
  { name: "ledger", kind: "core", mayImport: ["codec", "crypto"] },
  { name: "party", kind: "core", mayImport: ["codec", "crypto"] },
  { name: "protocols", kind: "core", mayImport: ["codec"] },
  { name: "casework", kind: "core", mayImport: ["ledger", "party", "protocols"] },
  { name: "transcript", kind: "core", mayImport: ["casework"] },
  { name: "store", kind: "world", mayImport: ["ledger", "protocols"] },
  { name: "vault", kind: "world", mayImport: ["crypto", "store"] },
  { name: "redaction", kind: "world", mayImport: ["crypto"] },
  { name: "people", kind: "world", mayImport: ["crypto", "party", "store"] },
  { name: "gate", kind: "world", mayImport: ["casework", "vault", "store"] },
  { name: "peer", kind: "world", mayImport: ["ledger", "party", "store"] },
  { name: "intel", kind: "world", mayImport: ["store", "protocols"] },
  { name: "match", kind: "world", mayImport: ["crypto", "store"] },
  { name: "node", kind: "use-cases", mayImport: WORLD },
  { name: "http", kind: "door", mayImport: ["node"], never: BEHIND_THE_NODE },
  { name: "taxii", kind: "door", mayImport: ["node"], never: BEHIND_THE_NODE },
  { name: "cli", kind: "door", mayImport: ["node"], never: BEHIND_THE_NODE },
  { name: "web", kind: "door", mayImport: [] },
  { name: "main", kind: "root", mayImport: ["node", "http", "taxii", "cli"] },
  { name: "main.ts", kind: "root", mayImport: ["main"] },
];

/** Packages that the core may import: pure computation that also runs in a browser. */
const CORE_PACKAGES = new Set([
  "@formatjs/icu-messageformat-parser",
  "@noble/ciphers",
  "@noble/curves",
  "@noble/hashes",
  "@noble/post-quantum",
  "@scure/base",
  "@scure/bip39",
  "typebox",
]);

/** Files that write `as unknown as`: parsers of a brand, and ways from a typed value to JSON. */
const CASTS_ALLOWED: readonly CastAllowed[] = [
  {
    path: "src/ledger/entry.ts",
    reason: "the parser of Entry, every member checked; and its way back to JSON",
  },
  { path: "src/node/agreements.ts", reason: "terms to JSON: an interface has no index signature" },
  { path: "src/node/core.ts", reason: "a house record to JSON: an interface has no index signature" },
  { path: "src/node/house.ts", reason: "records that this node wrote into its own house feed, by type" },
];

const src = sourcesBelow("src");
const code = [...src, ...sourcesBelow("test", "tools", "bench")];
const clauses = readClauses();
const documents = filesBelow("", [".md"]).map(read);
/** This file plants faults that other tests must not be measured by. */
const tests = sourcesBelow("test").filter(({ path }) => path !== "test/tidy.test.ts");
const vectors = filesBelow("vectors", [".json", ".jsonl", ".txt", ".md"]).map(read);
const core = IMPORT_TABLE.filter((row) => row.kind === "core").map((row) => row.name);

test("arrows: every import of src/ obeys the table", () => {
  holds(checkArrows(src, IMPORT_TABLE));
  catches("src/codec/x.ts", 'import { a } from "#parley/crypto/seal.ts";', (planted) =>
    checkArrows(planted, IMPORT_TABLE),
  );
  catches("src/http/x.ts", 'import type { a } from "../cli/a.ts";', (planted) =>
    checkArrows(planted, IMPORT_TABLE),
  );
  catches("src/http/x.ts", 'const a = await import("#parley/store/a.ts");', (planted) =>
    checkArrows(planted, IMPORT_TABLE),
  );
  catches("src/utils/x.ts", "", (planted) => checkArrows(planted, IMPORT_TABLE));
});

test("arrows: the table reads as the page says", () => {
  const closure = closureOf(IMPORT_TABLE);
  const doors = IMPORT_TABLE.filter((row) => row.kind === "door").map((row) => row.name);
  const opened = (name: string): readonly string[] => [...(closure.get(name) ?? [])].sort();
  assert.deepEqual(opened("ledger"), ["codec", "crypto", "ledger"]);
  assert.deepEqual(opened("transcript"), [...core].sort());
  assert.deepEqual(opened("store"), [...core, "store"].sort());
  assert.deepEqual(opened("web"), [...core, "web"].sort());
  assert.deepEqual(opened("node"), [...core, ...WORLD, "node"].sort());
  for (const door of doors) {
    const forbidden = [...BEHIND_THE_NODE, ...doors.filter((other) => other !== door), "main.ts"];
    assert.deepEqual(
      opened(door).filter((name) => forbidden.includes(name)),
      [],
    );
  }
});

test("arrows: ARCHITECTURE.md has the same table", () => {
  const rows = readText("ARCHITECTURE.md")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const names = new Set(IMPORT_TABLE.map((row) => row.name));
  const stated = IMPORT_TABLE.filter(({ name }) => !["http", "taxii", "cli", "web"].includes(name)).map(
    (row) => {
      const cells = rows.find(([, first = ""]) => first.replace(/[`/]/g, "") === row.name);
      assert.ok(cells, `ARCHITECTURE.md has no row for ${row.name}`);
      return { row, list: (cells[3] ?? "").replace(/[`/]/g, "") };
    },
  );
  const compared = stated.filter(
    ({ list }) => list === "–" || list.split(", ").every((name) => names.has(name)),
  );
  assert.ok(compared.length >= 10, "the lists of ARCHITECTURE.md could not be read");
  for (const { row, list } of compared) {
    assert.deepEqual(
      list === "–" ? [] : list.split(", "),
      row.mayImport,
      `row ${row.name} of ARCHITECTURE.md`,
    );
  }
});

test("arrows: no protocol knows another", () => {
  holds(checkProtocolsApart(src));
  catches("src/protocols/notice/x.ts", 'import { a } from "../request/state.ts";', checkProtocolsApart);
});

test("arrows: the core imports packages of pure computation alone", () => {
  const findings = src
    .filter(({ path }) => core.includes(path.split("/")[1] ?? ""))
    .flatMap((source) => modulesOf(source).map((named) => ({ ...named, path: source.path })))
    .flatMap(({ path, line, specifier }) => {
      const name = packageOf(specifier);
      if (name === undefined) return [];
      return [
        { path, line, says: CORE_PACKAGES.has(name) ? "" : `the core may not import the package ${name}` },
      ];
    });
  holds({ checked: findings.length, findings: findings.filter(({ says }) => says !== "") });
});

test("lengths: files, functions, lines", () => {
  // A scenario reads best in one piece and hostile bytes in one line, so tests are held to file length alone.
  const ours = code.filter(({ path }) => !path.startsWith("test/"));
  holds(checkFileLengths(code), checkFunctionLengths(ours), checkLineWidths(ours));
  catches("src/codec/x.ts", "\n".repeat(502), checkFileLengths);
  catches("src/codec/x.ts", `const a = () => {${"\n".repeat(70)}};`, checkFunctionLengths);
  catches("src/codec/x.ts", `// ${"word ".repeat(24)}`, checkLineWidths);
});

test("banned: calls and forms, each with its replacement", () => {
  holds(checkBans(code));
  for (const [path, text] of PLANTED) catches(path, text, checkBans);
  const reached = BANS.filter((ban) =>
    PLANTED.some(([path, text]) => checkBans([parseSource(path, text)], [ban]).findings.length > 0),
  );
  assert.deepEqual(
    BANS.filter((ban) => !reached.includes(ban)).map((ban) => ban.says),
    [],
    "bans without a planted fault",
  );
});

const PLANTED: readonly (readonly [path: string, text: string])[] = [
  ["src/codec/x.ts", "export const a = (b: any) => b;"],
  ["test/x.test.ts", "const a = b as any;"],
  ["src/node/x.ts", "const a = b!.c;"],
  ["src/node/x.ts", "let a!: string;"],
  ["src/codec/x.ts", "enum A { B }"],
  ["src/http/x.ts", "const a = process.env;"],
  ["src/codec/x.ts", 'import { a } from "node:fs";'],
  ["src/party/x.ts", "process.exit(1);"],
  ["src/casework/x.ts", "const a = fetch;\nawait fetch(b);"],
  ["src/casework/x.ts", "setTimeout(a, 1);"],
  ["src/ledger/x.ts", "performance.now();"],
  ["src/ledger/x.ts", "const a = new Date();"],
  ["src/peer/x.ts", "const a = Date.now();"],
  ["src/peer/x.ts", "const a = Math.random();"],
  ["src/peer/x.ts", 'import { randomUUID as a } from "node:crypto";'],
  ["src/web/x.ts", "globalThis.crypto.getRandomValues(a);"],
  ["src/node/x.ts", 'import { a } from "#parley/crypto/backend-node.ts";'],
  ["src/node/x.ts", "console.log(a);"],
  ["test/x.test.ts", 'test.skip("a", b);'],
  ["test/x.test.ts", 'test("a", { todo: true }, b);'],
];

test("banned: what the rules must leave alone", () => {
  const fine = [
    'const a = "any enum process.env"; // Date.now() in words',
    "const b = new Date(0).toISOString();",
    "const c = backend.randomBytes(16);",
    "const d = { skip: 1 };",
  ];
  assert.deepEqual(checkBans([parseSource("src/codec/x.ts", fine.join("\n"))]).findings, []);
});

test("banned: as unknown as, outside the list", () => {
  holds(checkCasts(src, CASTS_ALLOWED));
  catches("src/codec/x.ts", "const a = (b as unknown) as C;", (planted) => checkCasts(planted, []));
  catches("src/codec/x.ts", "", (planted) =>
    checkCasts(planted, [{ path: "src/codec/x.ts", reason: "none" }]),
  );
});

test("banned: marks of unfinished work", () => {
  holds(checkUnfinished([...code, ...documents]));
  catches("src/codec/x.ts", `// ${"TO" + "DO"} later`, checkUnfinished);
});

test("documents: every relative link leads somewhere", () => {
  holds(checkLinks(documents, readHeadings));
  const planted = [
    { path: "spec/README.md", text: "[a](nowhere.md)\n[b](1-bytes.md#no-such-heading)\n[c](1-bytes.md)" },
  ];
  assert.deepEqual(
    checkLinks(planted, readHeadings).findings.map(({ line }) => line),
    [1, 2],
  );
  assert.deepEqual(headingAnchorsOf("# 1.2 Strict JSON, here\n```\n# no\n```\n## A\n## A"), [
    "12-strict-json-here",
    "a",
    "a-1",
  ]);
});

test("clauses: numbered once", () => {
  holds(checkClausesDistinct(clauses));
  const planted = clausesOf({ path: "spec/x.md", text: "# 1 A\n\n1.1 b\n1.2 wrapped words\n\n1.1 c\n" });
  assert.deepEqual(
    planted.map(({ number }) => number),
    ["1", "1.1", "1.1"],
  );
  assert.equal(checkClausesDistinct(planted).findings.length, 1);
});

test("clauses: every SPEC n.n cited in code and documents exists", () => {
  const citing = [...sourcesBelow("tools", "bench"), ...tests, ...documents];
  holds(checkCitations(src, clauses), checkCitations(citing, clauses));
  assert.deepEqual(citationsOf("SPEC 2.2 to 2.4, SPEC 8-1.3; SPEC 3.4, 3.5 and 12"), [
    "2.2",
    "2.4",
    "8-1.3",
    "3.4",
    "3.5",
  ]);
  catches("src/codec/x.ts", "// SPEC 99.1", (planted) => checkCitations(planted, clauses));
});

test("clauses: every clause named by a vector exists", () => {
  holds(checkVectorClauses(vectors, clauses));
  const planted = [{ path: "vectors/x.json", text: '{"clause": "99.1"}' }];
  assert.equal(checkVectorClauses(planted, clauses).findings.length, 1);
});

const catalogue = await readCatalogue();

test("refusals: spec/refusals.md is what the code tables say", () => {
  holds(checkCatalogue(catalogue, clauses));
  assert.equal(
    readText(CATALOGUE_PATH),
    catalogueToMarkdown(catalogue, clauses),
    "run tools/make-refusals.ts --write",
  );
  const planted = { folder: "codec", code: "x", layer: "json", clause: "99.1" };
  assert.equal(checkCatalogue([planted, planted], clauses).findings.length, 3);
});

test("refusals: each code is expected by a test or a vector", () => {
  const expecting = [...tests, ...vectors];
  holds(checkCodesTested(catalogue, expecting));
  const planted = { folder: "codec", code: "expected-by-nobody", layer: "json", clause: "1.2" };
  assert.equal(checkCodesTested([planted], expecting).findings.length, 1);
});

test("phrases: the same keys in every language, none empty", async () => {
  const folders = protocolFolders();
  assert.ok(folders.length > 0, "no protocol found");
  const reports = await Promise.all(
    folders.map(async (name): Promise<Report> => {
      const folder = `src/protocols/${name}`;
      const phrases = await readPhrases(folder);
      return phrases === undefined ? { checked: 1, findings: [] } : checkPhrases(folder, phrases);
    }),
  );
  for (const report of reports) holds(report);
  const planted = {
    en: new Map([
      ["a", "b"],
      ["c", "d"],
    ]),
    ar: new Map([["a", " "]]),
  };
  assert.equal(checkPhrases("src/protocols/x", planted).findings.length, 3);
});

function read(path: string): { readonly path: string; readonly text: string } {
  return { path, text: readText(path) };
}

/** Each rule looked at something and found nothing wrong. */
function holds(...reports: readonly Report[]): void {
  for (const { checked } of reports) assert.ok(checked > 0, "nothing found to check");
  const lines = mergeReports(reports).findings.map(({ path, line, says }) => `${path}:${line} ${says}`);
  assert.equal(lines.length, 0, `\n${lines.join("\n")}\n`);
}

/** The rule finds the planted fault. */
function catches(path: string, text: string, rule: (planted: readonly SourceFile[]) => Report): void {
  const { findings } = rule([parseSource(path, text)]);
  assert.ok(findings.length > 0, `not caught: ${text}`);
}
