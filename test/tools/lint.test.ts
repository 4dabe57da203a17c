/**
 * The linter sees promises: each planted trap is named by the rule that is there for it.
 *
 * Without type information oxlint runs on happily and finds none of them; that must not look like success.
 */
import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ROOT, runNode } from "../../tools/command.ts";

/** One statement a line, with the rule that must refuse it; the last line is sound. */
const TRAPS: readonly (readonly [line: string, rule: string | undefined])[] = [
  ["verify(one);", "typescript(no-floating-promises)"],
  ["if (verify(one)) count += 1;", "typescript(no-misused-promises)"],
  ["count += all.filter(verify).length;", "typescript(no-misused-promises)"],
  ["count += all.every((each) => verify(each)) ? 1 : 0;", "typescript(no-misused-promises)"],
  ["all.forEach(async (each) => void (await verify(each)));", "typescript(no-misused-promises)"],
  ["await count;", "typescript(await-thenable)"],
  ["count += (await verify(one)) ? 1 : 0;", undefined],
];
/** Lines of the planted file before its first trap. */
const HEAD = [
  "declare function verify(signature: string): Promise<boolean>;",
  "export async function traps(one: string, all: readonly string[]): Promise<number> {",
  "let count = 0;",
];

const folder = await mkdtemp(join(tmpdir(), "parley-lint-"));
after(() => rm(folder, { recursive: true }));

test("oxlint names every planted promise trap, and nothing sound", async () => {
  const lines = [...HEAD, ...TRAPS.map(([line]) => line), "return count; }"];
  await writeFile(join(folder, "traps.ts"), lines.join("\n"));
  await copyFile(join(ROOT, "tsconfig.json"), join(folder, "tsconfig.json"));
  const named = await lint(join(folder, "traps.ts"));
  for (const [index, [line, rule]] of TRAPS.entries()) {
    const rules = named.filter((finding) => finding.line === index + HEAD.length + 1).map(({ code }) => code);
    if (rule === undefined) assert.deepEqual(rules, [], line);
    else assert.ok(rules.includes(rule), `${line} must be refused by ${rule}, not by: ${rules.join(", ")}`);
  }
});

interface LintFinding {
  readonly line: number;
  readonly code: string;
}

async function lint(file: string): Promise<readonly LintFinding[]> {
  const config = join(ROOT, ".oxlintrc.json");
  const args = ["node_modules/oxlint/bin/oxlint", "-c", config, "--format", "unix", file];
  const { output } = await runNode(args, { output: "collect" });
  return output.split("\n").flatMap((row) => {
    const [, line, code] = /:(\d+):\d+: .*\[(?:Error|Warning)\/(.+)\]$/.exec(row) ?? [];
    return line === undefined || code === undefined ? [] : [{ line: Number(line), code }];
  });
}
