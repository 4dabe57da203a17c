/**
 * `npm run soak -- --seeds N [--acts N] [--from N] [--seed NAME] [--minutes N]`: the simulation, longer.
 *
 * Bounded in time. A failure prints the seed and the commit: everything needed to see it again.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { simulate } from "../test/simulation/simulation.ts";
import { requirePinnedNode } from "./pinned-node.ts";

requirePinnedNode();

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    acts: { type: "string", default: "60" },
    minutes: { type: "string", default: "20" },
    seed: { type: "string" },
  },
});

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const acts = Number(values.acts);
const first = Number(values.from);
const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(values.seeds) }, (_, i) => `soak-${first + i}`)
    : [values.seed];
const deadline = Date.now() + Number(values.minutes) * 60_000;
const totals = { runs: 0, said: 0, crashes: 0, lost: 0, duplicated: 0, cases: 0 };

for (const seed of seeds) {
  if (Date.now() > deadline) break;
  try {
    const result = await simulate({ seed, acts });
    totals.runs++;
    for (const key of ["said", "crashes", "lost", "duplicated", "cases"] as const) totals[key] += result[key];
    if (totals.runs % 25 === 0) report();
  } catch (fault) {
    console.error(`failed: seed ${seed}, acts ${acts}, commit ${commit}`);
    console.error(fault);
    process.exit(1);
  }
}
report();

function report(): void {
  const memory = Math.round(process.memoryUsage().rss / 1_048_576);
  console.log(`commit ${commit} ${JSON.stringify(totals)} memory ${memory} MB`);
}
