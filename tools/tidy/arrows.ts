/**
 * Arrows: which folder of `src/` may import which (ARCHITECTURE.md; the table itself is in `test/tidy.test.ts`).
 *
 * Every way of naming a module counts: `import`, `export … from`, `import()`, `import("…").Type`, `require`.
 * A type-only import is an arrow like any other: knowledge is what the arrows are about.
 */
import { dirname, join, normalize, sep } from "node:path";
import ts from "typescript";
import { lineOf, nodesOf, type Finding, type Report, type SourceFile } from "./sources.ts";

export interface ImportRow {
  /** Folder below `src/`, or a file there. */
  readonly name: string;
  readonly kind: "core" | "world" | "use-cases" | "door" | "root";
  /** Rows named in the table. What these may import is open too; so is the core, to every row outside it. */
  readonly mayImport: readonly string[];
  /** Taken away again from what the closure opens. */
  readonly never?: readonly string[];
}

/** Where each row of the table leads, itself included. */
export function closureOf(table: readonly ImportRow[]): ReadonlyMap<string, ReadonlySet<string>> {
  const core = table.filter((row) => row.kind === "core").map((row) => row.name);
  return new Map(
    table.map((row) => {
      const open = new Set([row.name]);
      const queue = [...row.mayImport, ...(row.kind === "core" ? [] : core)];
      for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
        if (open.has(name)) continue;
        open.add(name);
        queue.push(...(table.find((other) => other.name === name)?.mayImport ?? []));
      }
      for (const name of row.never ?? []) open.delete(name);
      return [row.name, open];
    }),
  );
}

/** Every import of every source against the table. */
export function checkArrows(sources: readonly SourceFile[], table: readonly ImportRow[]): Report {
  const closure = closureOf(table);
  const findings: Finding[] = [];
  let checked = 0;
  for (const source of sources) {
    const from = rowOf(source.path);
    const open = closure.get(from);
    if (open === undefined) {
      findings.push({ path: source.path, line: 1, says: `${from} has no row in the import table` });
      continue;
    }
    for (const { line, target } of localImportsOf(source)) {
      checked += 1;
      const to = rowOf(target);
      if (!target.startsWith("src/")) {
        findings.push({ path: source.path, line, says: `src/ may not import ${target}` });
      } else if (!open.has(to)) {
        findings.push({ path: source.path, line, says: `${from} may not import ${to} (${target})` });
      }
    }
  }
  return { checked, findings };
}

/**
 * Protocols meet by references alone. A file in `protocols/X/` may import its own folder, `protocols/system/`,
 * and files directly in `protocols/`, as long as such a file names no conversation itself.
 */
export function checkProtocolsApart(sources: readonly SourceFile[]): Report {
  const findings: Finding[] = [];
  let checked = 0;
  const conversationsOf = (source: SourceFile): readonly string[] =>
    localImportsOf(source).flatMap(({ target }) => protocolOf(target) ?? []);
  const registries = new Set(
    sources
      .filter(({ path }) => /^src\/protocols\/[^/]+$/.test(path))
      .filter((source) => conversationsOf(source).some((name) => name !== "system"))
      .map(({ path }) => path),
  );
  for (const source of sources) {
    const own = protocolOf(source.path);
    if (own === undefined) continue;
    for (const { line, target } of localImportsOf(source)) {
      checked += 1;
      const other = protocolOf(target);
      const foreign = other !== undefined && other !== own && other !== "system";
      if (!foreign && !registries.has(target)) continue;
      const says = `protocol ${own} may not know ${other ?? "the registry"} (${target}): let casework pass the result`;
      findings.push({ path: source.path, line, says });
    }
  }
  return { checked, findings };
}

export interface ModuleName {
  readonly line: number;
  readonly specifier: string;
}

/** Every module that a source names, however it names it. */
export function modulesOf(source: SourceFile): readonly ModuleName[] {
  return nodesOf(source).flatMap((node) => {
    const named = moduleNode(node);
    return named === undefined ? [] : [{ line: lineOf(source, named), specifier: named.text }];
  });
}

/** Package of a bare specifier (`@noble/hashes/sha2.js` → `@noble/hashes`); undefined for local and `node:` ones. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:[.#]|node:)/.test(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

interface LocalImport {
  readonly line: number;
  readonly target: string;
}

function localImportsOf(source: SourceFile): readonly LocalImport[] {
  return modulesOf(source).flatMap(({ line, specifier }) => {
    const target = localPath(source.path, specifier);
    return target === undefined ? [] : [{ line, target }];
  });
}

function localPath(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("#parley/")) return `src/${specifier.slice("#parley/".length)}`;
  if (!specifier.startsWith(".")) return undefined;
  return normalize(join(dirname(from), specifier))
    .split(sep)
    .join("/");
}

function rowOf(path: string): string {
  return path.split("/")[1] ?? path;
}

function protocolOf(path: string): string | undefined {
  return /^src\/protocols\/([^/]+)\//.exec(path)?.[1];
}

function moduleNode(node: ts.Node): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
  if (ts.isCallExpression(node)) {
    const loads =
      node.expression.kind === ts.SyntaxKind.ImportKeyword ||
      (ts.isIdentifier(node.expression) && node.expression.text === "require");
    return loads ? literal(node.arguments[0]) : undefined;
  }
  return undefined;
}

function literal(node: ts.Node | undefined): ts.StringLiteralLike | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node : undefined;
}
