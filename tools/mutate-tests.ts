/**
 * What test files get for `node:test` under `tools/mutate-runner.ts`: tests are collected, and run one by one later.
 *
 * It has only what tests of the core use; a file that imports more of `node:test` fails to load and says which name.
 */

export interface CollectedTest {
  readonly name: string;
  readonly run: () => unknown;
}

const collected: CollectedTest[] = [];
const titles: string[] = [];

export function collectedTests(): readonly CollectedTest[] {
  return collected;
}

export function test(title: string, run: () => unknown): void {
  collected.push({ name: [...titles, title].join(" > "), run });
}

export { test as it };

export function describe(title: string, define: () => void): void {
  titles.push(title);
  define();
  titles.pop();
}
