/**
 * `npm test`: the pinned Node, then `tools/check.ts`, then every test of `test/` on node's own runner.
 *
 *     npm test                        everything
 *     npm test -- codec tidy          test files whose path contains one of the words; no check
 *     npm test -- --coverage          everything, with branch coverage of the core in coverage/lcov.info
 *
 * A failed check does not keep the tests from running: both are told in one go, and both make the exit code.
 * The closing lines of node's runner end the output.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatDuration, ROOT, run, runNode } from "./command.ts";
import { requirePinnedNode } from "./pinned-node.ts";
import { filesBelow } from "./tidy/sources.ts";

/** Test files at the same time: the machine that counts has two cores. */
const CONCURRENCY = 2;
/** Per cent of branches of the core (CONTRIBUTING.md). */
const BRANCH_COVERAGE = 95;
const CORE = ["codec", "crypto", "ledger", "party", "protocols", "casework", "transcript"];
/** Tests that drive a real browser. */
const NEEDS_BROWSER = /^test\/(?:journeys|verifier)\b/;
const DEBIAN_CHROMIUM = "/usr/bin/chromium";

requirePinnedNode();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { coverage: { type: "boolean", default: false } },
});
process.exitCode = await runTests(positionals, values.coverage);

async function runTests(words: readonly string[], coverage: boolean): Promise<number> {
  const all = filesBelow("test", [".test.ts"]);
  const files = words.length === 0 ? all : all.filter((path) => words.some((word) => path.includes(word)));
  if (files.length === 0) return fail(`no test file matches: ${words.join(" ")}`);
  const chromium = files.some((path) => NEEDS_BROWSER.test(path)) ? await findChromium() : "";
  if (chromium === undefined)
    return fail("tests in a browser need Chromium: install it, or name it in PARLEY_CHROMIUM");
  const checked = words.length > 0 || (await runCheck());
  const args = ["--test", `--test-concurrency=${CONCURRENCY}`, ...reporting(coverage), ...files];
  const env = chromium === "" ? {} : { PARLEY_CHROMIUM: chromium };
  const { code } = await runNode(args, { output: "terminal", env });
  return checked ? code : 1;
}

async function runCheck(): Promise<boolean> {
  const { code, durationMs } = await runNode(["tools/check.ts"], { output: "terminal" });
  process.stdout.write(`${code === 0 ? "✔" : "✖"} check (${formatDuration(durationMs)})\n\n`);
  return code === 0;
}

/** The spec reporter comes last, so that its closing lines do. */
function reporting(coverage: boolean): readonly string[] {
  const spec = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  if (!coverage) return spec;
  mkdirSync(join(ROOT, "coverage"), { recursive: true });
  return [
    "--experimental-test-coverage",
    `--test-coverage-branches=${BRANCH_COVERAGE}`,
    ...CORE.map((folder) => `--test-coverage-include=src/${folder}/**`),
    "--test-reporter=lcov",
    "--test-reporter-destination=coverage/lcov.info",
    ...spec,
  ];
}

/** The browser to use; undefined when there is none and none can be installed here. */
async function findChromium(): Promise<string | undefined> {
  const named = process.env["PARLEY_CHROMIUM"];
  if (named !== undefined && named !== "") return existsSync(named) ? named : undefined;
  if (existsSync(DEBIAN_CHROMIUM)) return DEBIAN_CHROMIUM;
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return undefined;
  const started = performance.now();
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]]) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const { code, output } = await run("apt-get", args, { output: "collect", env });
    if (code !== 0) process.stderr.write(output);
    if (code !== 0) return undefined;
  }
  process.stdout.write(`✔ chromium installed (${formatDuration(performance.now() - started)})\n`);
  return existsSync(DEBIAN_CHROMIUM) ? DEBIAN_CHROMIUM : undefined;
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}
