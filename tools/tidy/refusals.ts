/**
 * The refusal catalogue: every `src/FOLDER/codes.ts` in one document, `spec/refusals.md`.
 *
 * A code table is an exported constant whose name ends in `_CODES` and whose values have a layer and a clause.
 * It deliberately reads the running tables and not their source: what is listed is what is raised.
 */
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import type { Clause } from "./clauses.ts";
import type { Document } from "./links.ts";
import { filesBelow, ROOT, type Finding, type Report } from "./sources.ts";

export const CATALOGUE_PATH = "spec/refusals.md";

export interface CatalogueEntry {
  readonly folder: string;
  readonly code: string;
  readonly layer: string;
  readonly clause: string;
}

/** Folders in alphabetical order, codes in the order of their tables (which is that of the clauses). */
export async function readCatalogue(): Promise<readonly CatalogueEntry[]> {
  const entries: CatalogueEntry[] = [];
  for (const path of filesBelow("src", ["/codes.ts"]).filter((file) => file.split("/").length === 3)) {
    const module: unknown = await import(pathToFileURL(join(ROOT, path)).href);
    const own = tablesOf(module).map((entry) => ({ folder: folderOf(path), ...entry }));
    if (own.length === 0) throw new Error(`${path} exports no table named …_CODES`);
    entries.push(...own);
  }
  return entries;
}

export function catalogueToMarkdown(entries: readonly CatalogueEntry[], clauses: readonly Clause[]): string {
  const folders = [...new Set(entries.map(({ folder }) => folder))];
  const sections = folders.map((folder) => {
    const rows = entries
      .filter((entry) => entry.folder === folder)
      .map(({ code, layer, clause }) => `| \`${code}\` | ${layer} | ${clauseToLink(clause, clauses)} |`);
    return [`## ${folder}`, "| code | layer | clause |", "| --- | --- | --- |", ...rows].join("\n");
  });
  const intro = [
    "# Refusals",
    "",
    "A refusal is the answer to input that breaks a clause (1.1.3). The layer says which step of the reader",
    "refuses, the clause says why. Written by `node tools/make-refusals.ts --write` from `src/*/codes.ts`;",
    "a test compares.",
  ];
  return [intro.join("\n"), ...sections].join("\n\n") + "\n";
}

/** One code, one meaning, one clause that exists. */
export function checkCatalogue(entries: readonly CatalogueEntry[], clauses: readonly Clause[]): Report {
  const known = new Set(clauses.map(({ number }) => number));
  const findings: Finding[] = [];
  for (const [index, { folder, code, clause }] of entries.entries()) {
    const path = `src/${folder}/codes.ts`;
    const first = entries.findIndex((other) => other.code === code);
    if (first !== index)
      findings.push({ path, line: 1, says: `${code} is already a code of ${entries[first]?.folder}` });
    if (!known.has(clause))
      findings.push({ path, line: 1, says: `${code}: clause ${clause} is not in spec/` });
  }
  return { checked: entries.length, findings };
}

/** Every code is expected somewhere, in quotes, by a test or a vector. */
export function checkCodesTested(entries: readonly CatalogueEntry[], tests: readonly Document[]): Report {
  const texts = tests.map(({ text }) => text).join("\n");
  const untested = entries.filter(
    ({ code }) => !['"', "'", "`"].some((quote) => texts.includes(quote + code + quote)),
  );
  const findings = untested.map(({ folder, code }) => ({
    path: `src/${folder}/codes.ts`,
    line: 1,
    says: `${code} is expected by no test and no vector`,
  }));
  return { checked: tests.length === 0 ? 0 : entries.length, findings };
}

function tablesOf(module: unknown): readonly Omit<CatalogueEntry, "folder">[] {
  if (typeof module !== "object" || module === null) return [];
  return Object.entries(module).flatMap(([name, table]: readonly [string, unknown]) => {
    if (!name.endsWith("_CODES") || typeof table !== "object" || table === null) return [];
    return Object.entries(table).flatMap(([code, entry]: readonly [string, unknown]) => {
      const placed = placeOf(entry);
      return placed === undefined ? [] : [{ code, ...placed }];
    });
  });
}

function placeOf(entry: unknown): { readonly layer: string; readonly clause: string } | undefined {
  if (typeof entry !== "object" || entry === null || !("layer" in entry) || !("clause" in entry))
    return undefined;
  const { layer, clause } = entry;
  return typeof layer === "string" && typeof clause === "string" ? { layer, clause } : undefined;
}

function clauseToLink(number: string, clauses: readonly Clause[]): string {
  const clause = clauses.find((candidate) => candidate.number === number);
  return clause === undefined
    ? number
    : `[${number}](${clause.path.replace(/^spec\//, "")}#${clause.anchor})`;
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}
