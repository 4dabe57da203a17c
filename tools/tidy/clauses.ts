/**
 * Clauses of `spec/`, and the places that cite them as `SPEC n.n`.
 *
 * A clause is a heading that begins with its number, or a paragraph that does (`3.8.4 Each payload's …`).
 * Chapters of single protocols are numbered `8-1`, their clauses `8-1.3`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { headingAnchorsOf, proseLinesOf, type Document } from "./links.ts";
import { filesBelow, ROOT, type Finding, type Report } from "./sources.ts";

export interface Clause {
  readonly number: string;
  readonly path: string;
  readonly line: number;
  /** Anchor of the nearest heading above; the clause's own where it is a heading. */
  readonly anchor: string;
}

const NUMBER = String.raw`\d+(?:-\d+)?(?:\.\d+)*`;
const HEADING = new RegExp(`^#{1,6}\\s+(${NUMBER})\\.?\\s`);
const PARAGRAPH = /^(?:\*\*)?(\d+(?:-\d+)?(?:\.\d+)+)\.?(?:\*\*)?\s+\S/;
/** `SPEC 3.4`, `SPEC 3.4, 3.5`, `SPEC 2.1 and 2.6`, `SPEC 2.2 to 2.4`, `SPEC 2.2–2.4`. */
const CITATION = new RegExp(`\\bSPEC (${NUMBER})((?:(?:, | and | to |–)\\d+(?:-\\d+)?(?:\\.\\d+)+)*)`, "g");

export function readClauses(): readonly Clause[] {
  return filesBelow("spec", [".md"]).flatMap((path) =>
    clausesOf({ path, text: readFileSync(join(ROOT, path), "utf8") }),
  );
}

export function clausesOf({ path, text }: Document): readonly Clause[] {
  const anchors = [...headingAnchorsOf(text)];
  let anchor = "";
  let fresh = true;
  return proseLinesOf(text).flatMap(({ line, text: prose }) => {
    const heading = /^#{1,6}\s/.test(prose);
    if (heading) anchor = anchors.shift() ?? "";
    const number = HEADING.exec(prose)?.[1] ?? (fresh ? PARAGRAPH.exec(prose)?.[1] : undefined);
    fresh = heading || prose.trim() === "";
    return number === undefined ? [] : [{ number, path, line, anchor }];
  });
}

/** Two clauses of one number: neither can be cited. */
export function checkClausesDistinct(clauses: readonly Clause[]): Report {
  const firsts = new Map<string, Clause>();
  const findings: Finding[] = [];
  for (const clause of clauses) {
    const first = firsts.get(clause.number);
    if (first === undefined) firsts.set(clause.number, clause);
    else
      findings.push({
        ...clause,
        says: `clause ${clause.number} stands already at ${first.path}:${first.line}`,
      });
  }
  return { checked: clauses.length, findings };
}

/** Every `SPEC n.n` in the given files names a clause. */
export function checkCitations(files: readonly Document[], clauses: readonly Clause[]): Report {
  const known = new Set(clauses.map(({ number }) => number));
  let checked = 0;
  const findings: Finding[] = [];
  for (const { path, text } of files) {
    for (const [index, line] of text.split("\n").entries()) {
      for (const number of citationsOf(line)) {
        checked += 1;
        if (!known.has(number))
          findings.push({ path, line: index + 1, says: `SPEC ${number} is not a clause of spec/` });
      }
    }
  }
  return { checked, findings };
}

export function citationsOf(line: string): readonly string[] {
  return [...line.matchAll(CITATION)].flatMap(([, first = "", more = ""]) => [
    first,
    ...(more.match(new RegExp(NUMBER, "g")) ?? []),
  ]);
}

/** Every `"clause": "n.n"` of the vectors names a clause. */
export function checkVectorClauses(vectors: readonly Document[], clauses: readonly Clause[]): Report {
  const known = new Set(clauses.map(({ number }) => number));
  const cited = vectors.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      [...line.matchAll(/"clause"\s*:\s*"([^"]*)"/g)].map((match) => ({
        path,
        line: index + 1,
        number: match[1] ?? "",
      })),
    ),
  );
  const findings = cited
    .filter(({ number }) => !known.has(number))
    .map(({ path, line, number }) => ({ path, line, says: `clause ${number} is not in spec/` }));
  return { checked: cited.length, findings };
}
