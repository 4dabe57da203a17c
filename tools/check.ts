/**
 * `npm run check`: types, lint, format, unused code. One line for each tool, its findings below, one exit code.
 *
 * Two tools run at once: the work is for two cores, and tsc alone takes as long as the others together.
 */
import { formatDuration, runNode } from "./command.ts";
import { requirePinnedNode } from "./pinned-node.ts";

interface Tool {
  readonly name: string;
  readonly args: readonly string[];
}

/** tsc reads again only what changed; ignored by git like all of node_modules. */
const TYPES_CACHE = "node_modules/.cache/parley/tsc.tsbuildinfo";

const TOOLS: readonly Tool[] = [
  {
    name: "tsc",
    args: ["node_modules/typescript/bin/tsc", "-p", ".", "--incremental", "--tsBuildInfoFile", TYPES_CACHE],
  },
  { name: "oxlint", args: ["node_modules/oxlint/bin/oxlint", "."] },
  {
    name: "prettier",
    args: ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
  },
  { name: "knip", args: ["node_modules/knip/bin/knip.js", "--no-progress", "--no-config-hints"] },
];

/** Tools at the same time. */
const CONCURRENCY = 2;

requirePinnedNode();
process.exitCode = (await runAll(TOOLS)) ? 0 : 1;

async function runAll(tools: readonly Tool[]): Promise<boolean> {
  const waiting = [...tools];
  let passed = true;
  const worker = async (): Promise<void> => {
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
      passed = (await runTool(tool)) && passed;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return passed;
}

async function runTool({ name, args }: Tool): Promise<boolean> {
  const { code, output, durationMs } = await runNode(args, { output: "collect" });
  const passed = code === 0;
  process.stdout.write(`${passed ? "✔" : "✖"} ${name} (${formatDuration(durationMs)})\n`);
  if (!passed) process.stdout.write(`${output.trimEnd()}\n`);
  return passed;
}
