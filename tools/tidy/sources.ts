/**
 * The files that the house rules are about, and the form in which a rule answers.
 *
 * Guarantees: paths are relative to the repository, with `/`, in ascending order; a parsed tree has parents.
 * It deliberately does not ask git: a rule holds for a file before it is committed, and in an unpacked archive.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** One broken rule; `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly says: string;
}

/** `checked` counts what a rule looked at: zero means that the rule looked in the wrong place. */
export interface Report {
  readonly checked: number;
  readonly findings: readonly Finding[];
}

/** Written by tools or by others; `.claude`-like dot folders apart from `.ci` hold nothing of the project. */
const OUTSIDE = new Set(["node_modules", "demo-out", "dist", "coverage", "reports"]);

/** Files below `folder` ("" = everything) whose name ends with one of `endings`; none when there is no such folder. */
export function filesBelow(folder: string, endings: readonly string[]): readonly string[] {
  return walk(join(ROOT, folder))
    .map((file) => relative(ROOT, file).split(sep).join("/"))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** TypeScript below the given folders, parsed. */
export function sourcesBelow(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => filesBelow(folder, [".ts", ".tsx", ".mts"]))
    .map((path) => parseSource(path, readText(path)));
}

export function parseSource(path: string, text: string): SourceFile {
  const kind = path.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind) };
}

export function lineOf(source: SourceFile, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

/** Every node of the tree, parents first. */
export function nodesOf(source: SourceFile): readonly ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return nodes;
}

/** One report of many; `checked` is the sum. */
export function mergeReports(reports: readonly Report[]): Report {
  return {
    checked: reports.reduce((sum, report) => sum + report.checked, 0),
    findings: reports.flatMap((report) => report.findings),
  };
}

function walk(folder: string): readonly string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    if (OUTSIDE.has(entry.name) || (entry.name.startsWith(".") && entry.name !== ".ci")) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}
