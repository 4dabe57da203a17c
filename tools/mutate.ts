/**
 * `npm run mutate -- FOLDER [WORD…]`: does a test notice when the code of a core folder is changed?
 *
 * Stryker plants one small fault at a time into `src/FOLDER` (only files whose path contains a WORD, if given) and
 * runs `test/FOLDER/*.test.ts` in `tools/mutate-runner.ts`; a fault that no test notices is printed with its place.
 * Fails below 90 %.
 *
 * Nothing is built: Stryker works on a copy in `.stryker-tmp/` whose `node_modules` is a link, and Node strips the
 * types of the changed copy like those of the original. It deliberately stands outside `npm test`: it takes minutes.
 */
import { createHash } from "node:crypto";
import { loadavg } from "node:os";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { formatDuration } from "./command.ts";
import { MUTATION_TESTS } from "./mutate-runner.ts";
import { requirePinnedNode } from "./pinned-node.ts";
import { filesBelow, readText, ROOT } from "./tidy/sources.ts";

/** Per cent of the planted faults that a test must notice (CONTRIBUTING.md). */
const SCORE = 90;
/** Runs at the same time: one for each of two cores, unless others want them. */
const CONCURRENCY = 2;
/** Added to half as long again as the run without a fault; beyond it a fault counts as noticed: it loops. */
const TIMEOUT_MS = 5_000;
const REPORTS = "reports/mutation";

requirePinnedNode();
const [folder = "", ...words] = process.argv.slice(2);
const tests = filesBelow(`test/${folder}`, [".test.ts"]);
/** Code tables are data, held word for word by `spec/refusals.md` and its test. */
const mutated = filesBelow(`src/${folder}`, [".ts"])
  .filter((path) => !path.endsWith("/codes.ts"))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)));
if (folder === "" || tests.length === 0 || mutated.length === 0) {
  process.stderr.write("usage: npm run mutate -- FOLDER [WORD…], a folder of src/ that has tests in test/\n");
  process.exit(2);
}
process.chdir(ROOT);
process.env[MUTATION_TESTS] = tests.join(" ");
await mutate();

async function mutate(): Promise<void> {
  const started = performance.now();
  const surroundings = join(REPORTS, `${folder}.surroundings`);
  const digest = digestOf(surroundingFiles());
  const unchanged = existsSync(surroundings) && readFileSync(surroundings, "utf8") === digest;
  await new Stryker({
    testRunner: "core",
    appendPlugins: ["./tools/mutate-runner.ts"],
    mutate: [...mutated],
    ignorePatterns: ["/docs", "/bench", "/demo-out", "/dist", "/coverage", "/reports"],
    coverageAnalysis: "perTest",
    concurrency: (loadavg()[0] ?? 0) > CONCURRENCY ? 1 : CONCURRENCY,
    timeoutMS: TIMEOUT_MS,
    inPlace: false,
    incremental: true,
    incrementalFile: `${REPORTS}/${folder}.json`,
    force: !unchanged,
    reporters: process.stdout.isTTY ? ["clear-text", "progress", "html"] : ["clear-text", "html"],
    clearTextReporter: { allowColor: process.stdout.isTTY, reportTests: false, allowEmojis: false },
    htmlReporter: { fileName: `${REPORTS}/${folder}.html` },
    thresholds: { high: 100, low: SCORE, break: SCORE },
  }).runMutationTest();
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(surroundings, digest);
  process.stdout.write(
    `${folder} (${formatDuration(performance.now() - started)}), ${REPORTS}/${folder}.html\n`,
  );
}

/**
 * What a result depends on beside the mutated folder. With a command as test runner Stryker cannot see it change
 * and would repeat old results for ever; when it has changed, every fault is planted anew.
 */
function surroundingFiles(): readonly string[] {
  const others = filesBelow("src", [".ts"]).filter((path) => !path.startsWith(`src/${folder}/`));
  return [...others, ...filesBelow("test", [".ts"]), ...filesBelow("vectors", [""]), "package-lock.json"];
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(`${path}\0${readText(path)}\0`);
  return hash.digest("hex");
}
