/** What every benchmark shares: the machine's line, medians, and rows that say figure, floor or peer, and ratio. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

export interface Row {
  readonly what: string;
  readonly figure: string;
  /** What it is held against, measured in the same run. */
  readonly against: string;
  readonly ratio?: number;
  /** The ratio or figure that the issue asks for. */
  readonly asked: string;
}

export function printMachine(): void {
  const [cpu] = cpus();
  console.log(
    `machine: ${cpus().length} × ${cpu?.model.trim() ?? "unknown"}, Node ${process.versions.node}, ${process.platform}`,
  );
}

export function printRows(name: string, rows: readonly Row[]): void {
  console.log(`\n## ${name}`);
  console.log("| what | figure | against | ratio | asked |\n| --- | --- | --- | --- | --- |");
  for (const { what, figure, against, ratio, asked } of rows)
    console.log(
      `| ${what} | ${figure} | ${against} | ${ratio === undefined ? "–" : ratio.toFixed(2)} | ${asked} |`,
    );
  console.log(`peak memory of the bench process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Wall milliseconds of one call. */
export async function wallMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** CPU milliseconds of this process, user and system. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Microseconds of CPU for one call, median of five rounds after a warm-up. */
export async function microsEach(calls: number, work: (i: number) => unknown): Promise<number> {
  for (let i = 0; i < Math.min(calls, 200); i++) work(i);
  const rounds: number[] = [];
  for (let round = 0; round < 5; round++) rounds.push((await cpuMs(() => repeat(calls, work))) * 1000);
  return median(rounds) / calls;
}

function repeat(calls: number, work: (i: number) => unknown): void {
  for (let i = 0; i < calls; i++) work(i);
}

export interface FsyncCost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** One small write and fdatasync on the disk that benches use: median wall, mean CPU. */
export async function fsyncCost(calls = 200): Promise<FsyncCost> {
  const directory = mkdtempSync(join(tmpdir(), "parley-fsync-"));
  const file = openSync(join(directory, "probe"), "w");
  const bytes = new Uint8Array(4096);
  const walls: number[] = [];
  const cpu = await cpuMs(() => {
    for (let i = 0; i < calls; i++) {
      const start = performance.now();
      writeSync(file, bytes);
      fdatasyncSync(file);
      walls.push(performance.now() - start);
    }
  });
  closeSync(file);
  rmSync(directory, { recursive: true });
  return { wallMs: median(walls), cpuMs: cpu / calls };
}
