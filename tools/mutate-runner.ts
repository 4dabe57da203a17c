/**
 * The test runner of `tools/mutate.ts`, a plugin of Stryker: all tests of a folder in one process that stays.
 *
 * A fault is switched on by one variable, so most need no new process and take milliseconds; only those that act while
 * a module loads get one. Tests that never reach a fault are not run for it. The first test that fails ends the run.
 * It deliberately knows nothing of `node:test` but names and functions: tests here are those of the pure core.
 */
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { collectedTests, type CollectedTest } from "./mutate-tests.ts";

/** Names the test files, for the processes of the runner. Stryker's own option for it filters faults that act early. */
export const MUTATION_TESTS = "PARLEY_MUTATION_TESTS";

/** What code with faults in it looks at, under `__stryker__`. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: unknown;
}

interface MutantRun {
  readonly activeMutant: { readonly id: string };
  readonly testFilter?: readonly string[];
  /** A fault passed more often than this loops for ever. */
  readonly hitLimit?: number;
}

const switches: Switches = {};
Object.assign(globalThis, { __stryker__: switches });

class CoreTestRunner {
  loaded = false;

  capabilities(): object {
    return { reloadEnvironment: false };
  }

  async dryRun(): Promise<object> {
    await this.load();
    const tests: object[] = [];
    for (const one of collectedTests()) {
      const started = performance.now();
      const failure = await failureOf(one);
      const timeSpentMs = performance.now() - started;
      const status = failure === undefined ? 0 : 1;
      tests.push({ id: one.name, name: one.name, timeSpentMs, status, failureMessage: failure });
    }
    return { status: "complete", tests, mutantCoverage: switches.mutantCoverage };
  }

  async mutantRun(run: MutantRun): Promise<object> {
    // On before the modules load: a fault that acts only then gets a process of its own from Stryker.
    switches.activeMutant = run.activeMutant.id;
    try {
      await this.load();
    } catch (error) {
      // A file that does not load fails all its tests.
      return killed(run.testFilter?.slice(0, 1) ?? [], String(error), 0);
    }
    Object.assign(switches, { hitCount: 0, hitLimit: run.hitLimit });
    let ran = 0;
    for (const one of collectedTests()) {
      if (run.testFilter !== undefined && !run.testFilter.includes(one.name)) continue;
      ran++;
      const failure = await failureOf(one);
      if (run.hitLimit !== undefined && (switches.hitCount ?? 0) > run.hitLimit) return { status: "timeout" };
      if (failure !== undefined) return killed([one.name], failure, ran);
    }
    return { status: "survived", nrOfTests: ran };
  }

  async load(): Promise<void> {
    if (this.loaded) return;
    const stand = new URL("./mutate-tests.ts", import.meta.url).href;
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === "node:test" ? { url: stand, shortCircuit: true } : next(specifier, context),
    });
    for (const file of (process.env[MUTATION_TESTS] ?? "").split(" "))
      await import(pathToFileURL(resolve(file)).href);
    this.loaded = true;
  }
}

async function failureOf({ name, run }: CollectedTest): Promise<string | undefined> {
  switches.currentTestId = name;
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "thrown without an error";
  } finally {
    switches.currentTestId = undefined;
  }
}

function killed(killedBy: readonly string[], failureMessage: string, nrOfTests: number): object {
  return { status: "killed", killedBy, failureMessage, nrOfTests };
}

export const strykerPlugins = [{ kind: "TestRunner", name: "core", injectableClass: CoreTestRunner }];
