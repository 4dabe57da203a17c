/**
 * `npm run clauses`: every numbered clause of `spec/` with the vectors and the tests that name it.
 *
 * A clause without either is printed with a dash: it says something that nothing here would miss.
 */
import { readClauses } from "./tidy/clauses.ts";
import { filesBelow, readText } from "./tidy/sources.ts";

const clauses = [...new Set(readClauses().map(({ number }) => number))];
const vectors = countIn(filesBelow("vectors", [".json", ".jsonl"]), /"clause"\s*:\s*"([0-9][0-9.-]*)"/g);
const tests = countIn(filesBelow("test", [".ts"]), /SPEC ((?:[0-9]+[.-])*[0-9]+)/g);
let bare = 0;
for (const clause of clauses) {
  const [inVectors, inTests] = [vectors.get(clause) ?? 0, tests.get(clause) ?? 0];
  if (inVectors + inTests === 0) bare++;
  console.log(`${clause.padEnd(10)} ${shown(inVectors, "vectors")}${shown(inTests, "tests")}`);
}
console.log(
  `${clauses.length} clauses; ${clauses.length - bare} named by a vector or a test, ${bare} by neither`,
);

function shown(count: number, what: string): string {
  return count === 0 ? "–".padEnd(14) : `${count} ${what}`.padEnd(14);
}

function countIn(paths: readonly string[], pattern: RegExp): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths)
    for (const [, clause = ""] of readText(path).matchAll(pattern))
      counts.set(clause, (counts.get(clause) ?? 0) + 1);
  return counts;
}
