/**
 * Banned calls and forms. Each message names what to write instead: a rule that only says no teaches nothing.
 *
 * Rules look at the syntax tree, so a word in a comment or a string is never a finding; markers of unfinished
 * work are the exception, and are looked for in the text.
 */
import ts from "typescript";
import { lineOf, nodesOf, type Finding, type Report, type SourceFile } from "./sources.ts";

export interface Ban {
  /** Which files it binds. */
  readonly where: (path: string) => boolean;
  /** What the form is, if this node has it. */
  readonly found: (node: ts.Node) => boolean;
  readonly says: string;
}

const CORE = /^src\/(?:codec|crypto|ledger|party|protocols|casework|transcript)\//;
/** Composition roots: here the real clock, the environment and the random source are made, and handed down. */
const COMPOSITION_ROOT = /^src\/(?:main|web\/main)\.ts$/;
/** The system's random source behind `CryptoBackend.randomBytes`; `main.ts` injects it (style, architecture). */
const NATIVE_BACKEND = "src/crypto/backend-node.ts";
const RANDOM_NAMES = new Set(["randomBytes", "randomFill", "randomFillSync", "randomInt", "randomUUID"]);

const everywhere = (): boolean => true;
const inCore = (path: string): boolean => CORE.test(path);
const inSrc = (path: string): boolean => path.startsWith("src/");
const inSrcBelowRoot = (path: string): boolean => inSrc(path) && !COMPOSITION_ROOT.test(path);
const inTests = (path: string): boolean => path.startsWith("test/");

export const BANS: readonly Ban[] = [
  {
    where: everywhere,
    found: (node) => node.kind === ts.SyntaxKind.AnyKeyword,
    says: "any: write unknown and parse it, or a generic parameter",
  },
  {
    where: everywhere,
    found: (node) =>
      ts.isNonNullExpression(node) || (ts.isVariableDeclaration(node) && node.exclamationToken !== undefined),
    says: "non-null !: test for undefined, or give the loop or the type the value it has",
  },
  {
    where: everywhere,
    found: ts.isEnumDeclaration,
    says: 'enum: write `["a", "b"] as const` and its union type',
  },
  {
    where: (path) => inSrc(path) && path !== "src/main.ts",
    found: (node) => isMember(node, "process", "env"),
    says: "process.env: main.ts alone reads the environment and passes values down",
  },
  {
    where: (path) => inCore(path) && path !== NATIVE_BACKEND,
    found: (node) => isModule(node, /^node:/),
    says: "node: in the core: take what it gives as a parameter; the core also runs in a browser",
  },
  {
    where: inCore,
    found: (node) => ts.isPropertyAccessExpression(node) && isNamed(node.expression, "process"),
    says: "process in the core: take the value as a parameter",
  },
  {
    where: inCore,
    found: (node) => isCallOf(node, "fetch") || isCallOf(node, "setTimeout") || isCallOf(node, "setInterval"),
    says: "I/O or a timer in the core: return what is to be done and let node/ or peer/ do it",
  },
  {
    where: inCore,
    found: (node) => ts.isPropertyAccessExpression(node) && isNamed(node.expression, "performance"),
    says: "performance in the core: measure in bench/",
  },
  {
    where: inSrcBelowRoot,
    found: (node) => isMember(node, "Date", "now") || isBareDate(node),
    says: "the clock of the machine: take `clock` or `asOf` as a parameter; main.ts makes the real one",
  },
  {
    where: (path) => inSrcBelowRoot(path) && path !== NATIVE_BACKEND,
    found: (node) => isMember(node, "Math", "random") || isSystemRandom(node),
    says: "a random source of its own: take `random` or `backend.randomBytes`; main.ts injects the real one",
  },
  {
    where: (path) => inSrc(path) && path !== "src/main.ts" && !path.startsWith("src/crypto/"),
    found: (node) => isModule(node, /(?:^|\/)backend-node\.ts$/),
    says: "backend-node.ts: take a CryptoBackend; main.ts injects the native one",
  },
  {
    where: (path) => (inSrc(path) && !path.startsWith("src/cli/")) || path.endsWith(".test.ts"),
    found: (node) => ts.isPropertyAccessExpression(node) && isNamed(node.expression, "console"),
    says: "console: write through the injected log, or return the words to cli/",
  },
  {
    where: inTests,
    found: isSwitchedOff,
    says: "a skipped, lone or unwritten test: run it, or delete it and say why in the commit",
  },
];

export function checkBans(sources: readonly SourceFile[], bans: readonly Ban[] = BANS): Report {
  let checked = 0;
  const findings: Finding[] = [];
  for (const source of sources) {
    const binding = bans.filter((ban) => ban.where(source.path));
    checked += binding.length;
    for (const node of nodesOf(source)) {
      for (const ban of binding) {
        if (ban.found(node)) findings.push({ path: source.path, line: lineOf(source, node), says: ban.says });
      }
    }
  }
  return { checked, findings };
}

/** A file that may write `as unknown as`, and why nothing else serves there. */
export interface CastAllowed {
  readonly path: string;
  readonly reason: string;
}

/** `as unknown as` outside the list, and entries of the list that are no longer needed. */
export function checkCasts(sources: readonly SourceFile[], allowed: readonly CastAllowed[]): Report {
  const used = new Set<string>();
  const findings: Finding[] = [];
  for (const source of sources) {
    for (const node of nodesOf(source)) {
      if (!isDoubleCast(node)) continue;
      used.add(source.path);
      if (allowed.some(({ path }) => path === source.path)) continue;
      const says = "as unknown as: parse the value, or list the file with its reason in test/tidy.test.ts";
      findings.push({ path: source.path, line: lineOf(source, node), says });
    }
  }
  const stale = allowed.filter(({ path }) => !used.has(path));
  const says = "has no `as unknown as` any more: take it off the list in test/tidy.test.ts";
  return {
    checked: sources.length,
    findings: [...findings, ...stale.map(({ path }) => ({ path, line: 1, says }))],
  };
}

/** Spelled apart, so that this file is not a finding of its own. */
const UNFINISHED = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);

/** Work that is not done belongs in an issue, not in a comment. */
export function checkUnfinished(files: readonly { readonly path: string; readonly text: string }[]): Report {
  const findings = files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index): readonly Finding[] => {
      const marker = UNFINISHED.exec(line)?.[0];
      return marker === undefined
        ? []
        : [{ path, line: index + 1, says: `${marker}: do it now, or open an issue` }];
    }),
  );
  return { checked: files.length, findings };
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

function isMember(node: ts.Node, object: string, member: string): boolean {
  return ts.isPropertyAccessExpression(node) && isNamed(node.expression, object) && node.name.text === member;
}

function isCallOf(node: ts.Node, name: string): boolean {
  return ts.isCallExpression(node) && isNamed(node.expression, name);
}

function isModule(node: ts.Node, pattern: RegExp): boolean {
  return ts.isStringLiteral(node) && pattern.test(node.text) && isModulePlace(node.parent);
}

function isModulePlace(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
}

function isBareDate(node: ts.Node): boolean {
  if (ts.isNewExpression(node))
    return isNamed(node.expression, "Date") && (node.arguments ?? []).length === 0;
  return isCallOf(node, "Date");
}

/** Names of node:crypto and of the web's `crypto`. `backend.randomBytes` is the injected one and is meant. */
function isSystemRandom(node: ts.Node): boolean {
  if (ts.isImportSpecifier(node)) return RANDOM_NAMES.has((node.propertyName ?? node.name).text);
  if (!ts.isPropertyAccessExpression(node)) return false;
  if (node.name.text === "getRandomValues") return true;
  return RANDOM_NAMES.has(node.name.text) && /(?:^|\.)(?:web)?crypto$/i.test(node.expression.getText());
}

function isDoubleCast(node: ts.Node): boolean {
  if (!ts.isAsExpression(node)) return false;
  let inner: ts.Expression = node.expression;
  while (ts.isParenthesizedExpression(inner)) inner = inner.expression;
  return ts.isAsExpression(inner) && inner.type.kind === ts.SyntaxKind.UnknownKeyword;
}

const SWITCHES = new Set(["skip", "only", "todo"]);
const RUNNERS = new Set(["test", "it", "describe", "suite", "t"]);

function isSwitchedOff(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const callee = node.expression;
  if (ts.isPropertyAccessExpression(callee) && SWITCHES.has(callee.name.text) && isRunner(callee.expression))
    return true;
  return isRunner(callee) && node.arguments.some(switchesOff);
}

function isRunner(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return RUNNERS.has(node.text);
  return ts.isPropertyAccessExpression(node) && isRunner(node.expression);
}

function switchesOff(argument: ts.Expression): boolean {
  if (!ts.isObjectLiteralExpression(argument)) return false;
  return argument.properties.some(
    (property) => property.name !== undefined && SWITCHES.has(property.name.getText()),
  );
}
