/** Fifty storms in every test run; a failure names the seed, and `npm run soak -- --seed NAME` repeats it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate, type SimulationResult } from "./simulation.ts";

const SEEDS = 50;
const ACTS = 24;

test(`${SEEDS} seeded storms: nothing confirmed is lost, both sides agree, every transcript verifies`, async (t) => {
  const totals = { said: 0, crashes: 0, lost: 0, duplicated: 0, cases: 0 };
  for (let i = 1; i <= SEEDS; i++) {
    const seed = `test-${i}`;
    let result: SimulationResult;
    try {
      result = await simulate({ seed, acts: ACTS });
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += result[key];
  }
  t.diagnostic(JSON.stringify(totals));
  assert(
    totals.crashes > 10 && totals.lost > 10 && totals.duplicated > 10 && totals.said > SEEDS,
    "the storms were storms",
  );
});
