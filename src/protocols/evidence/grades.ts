/**
 * Grades of sources, Admiralty and 4×4, and the way between them (SPEC 16.5.5).
 *
 * The scales ask different questions, so the way is lossy: it never makes a grade better, and a grade that a person
 * gave is never replaced. It judges no source.
 */
import type { PackSource } from "./pack.ts";

const TO_FOUR_BY_FOUR: Readonly<Record<string, string>> = {
  A: "A",
  B: "B",
  C: "C",
  D: "C",
  E: "C",
  F: "X",
  G: "C",
  "1": "1",
  "2": "2",
  "3": "3",
  "4": "4",
  "5": "4",
  "6": "4",
};
const TO_ADMIRALTY: Readonly<Record<string, string>> = {
  A: "A",
  B: "B",
  C: "D",
  D: "E",
  X: "F",
  "1": "1",
  "2": "2",
  "3": "3",
  "4": "6",
};

/** `B2` → `B2`, `F6` → `X4`; undefined for what is no Admiralty grade. */
export function admiraltyToFourByFour(grade: string): string | undefined {
  return convert(TO_FOUR_BY_FOUR, grade);
}

export function fourByFourToAdmiralty(grade: string): string | undefined {
  return convert(TO_ADMIRALTY, grade);
}

function convert(table: Readonly<Record<string, string>>, grade: string): string | undefined {
  const [source = "", information = "", ...rest] = grade;
  const [first, second] = [table[source], table[information]];
  const isGrade = rest.length === 0 && /[A-Z]/.test(source) && /[0-9]/.test(information);
  return isGrade && first !== undefined && second !== undefined ? first + second : undefined;
}

/** The source with both grades, as far as it has one. */
export function withBothGrades(source: PackSource): PackSource {
  const { admiralty, four_by_four } = source;
  const other = admiralty === undefined ? four_by_four && fourByFourToAdmiralty(four_by_four) : admiralty;
  const fours = four_by_four === undefined ? admiralty && admiraltyToFourByFour(admiralty) : four_by_four;
  return {
    ...source,
    ...(other !== undefined && { admiralty: other }),
    ...(fours !== undefined && { four_by_four: fours }),
  };
}

/** Both stand, and neither is what the table makes of the other. */
export function gradesDiffer({ admiralty, four_by_four }: PackSource): boolean {
  if (admiralty === undefined || four_by_four === undefined) return false;
  return (
    admiraltyToFourByFour(admiralty) !== four_by_four && fourByFourToAdmiralty(four_by_four) !== admiralty
  );
}
