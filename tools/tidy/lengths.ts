/** Lengths (CONTRIBUTING.md): a file, a function and a line that a reader can hold at once. */
import ts from "typescript";
import { lineOf, nodesOf, type Finding, type Report, type SourceFile } from "./sources.ts";

/** Lines. About 150 is the aim; beyond this a file is no longer one noun. */
export const FILE_LINES_LIMIT = 500;
/** Lines from the first of the signature to the closing brace. About 25 is the aim. */
export const FUNCTION_LINES_LIMIT = 70;
/** UTF-16 code units. Prettier aims at 110 and cannot break every line; this is where reading stops. */
export const LINE_WIDTH_LIMIT = 120;
/** A hash, an address or a key in a line excuses its width: nothing can break it. */
const UNBREAKABLE = /\S{80,}/;

const DECLARES_TESTS = new Set(["test", "it", "describe", "suite"]);

export function checkFileLengths(sources: readonly SourceFile[]): Report {
  const findings = sources.flatMap((source): readonly Finding[] => {
    const lines = source.text.replace(/\n$/, "").split("\n").length;
    if (lines <= FILE_LINES_LIMIT) return [];
    const says = `file has ${lines} lines, at most ${FILE_LINES_LIMIT}: split it by nouns`;
    return [{ path: source.path, line: FILE_LINES_LIMIT + 1, says }];
  });
  return { checked: sources.length, findings };
}

/** In `test/` a function that declares tests is a list of tests, as a file is: only what it lists is measured. */
export function checkFunctionLengths(sources: readonly SourceFile[]): Report {
  let checked = 0;
  const findings: Finding[] = [];
  for (const source of sources) {
    for (const node of nodesOf(source)) {
      if (
        !ts.isFunctionLike(node) ||
        !("body" in node) ||
        node.body === undefined ||
        isSuite(source.path, node.body)
      )
        continue;
      checked += 1;
      const first = lineOf(source, node);
      const lines = source.tree.getLineAndCharacterOfPosition(node.end).line + 2 - first;
      if (lines <= FUNCTION_LINES_LIMIT) continue;
      const says = `function has ${lines} lines, at most ${FUNCTION_LINES_LIMIT}: branches stay, loops move down`;
      findings.push({ path: source.path, line: first, says });
    }
  }
  return { checked, findings };
}

/** Phrasebooks are exempt: a sentence with all its plural forms is one string. */
export function checkLineWidths(sources: readonly SourceFile[]): Report {
  const measured = sources.filter(({ path }) => !path.includes("/phrases/"));
  const findings = measured.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index): readonly Finding[] => {
      if (line.length <= LINE_WIDTH_LIMIT || UNBREAKABLE.test(line)) return [];
      return [{ path, line: index + 1, says: `line is ${line.length} wide, at most ${LINE_WIDTH_LIMIT}` }];
    }),
  );
  return { checked: measured.length, findings };
}

function isSuite(path: string, body: ts.Node): boolean {
  if (!path.startsWith("test/") || !ts.isBlock(body)) return false;
  return body.statements.some((statement) => {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return false;
    const callee = statement.expression.expression;
    return ts.isIdentifier(callee) && DECLARES_TESTS.has(callee.text);
  });
}
