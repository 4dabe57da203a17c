/**
 * Running the tools of `node_modules` on the Node that runs this file, never on another one in the path.
 */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../", import.meta.url));

export interface CommandResult {
  /** Exit code; 1 when a signal ended the process. */
  readonly code: number;
  /** Standard output and error as they came; empty when they went to the terminal. */
  readonly output: string;
  readonly durationMs: number;
}

export interface CommandOptions {
  readonly output: "collect" | "terminal";
  readonly env?: Readonly<Record<string, string>>;
}

/** A script of this repository or of a package, by its path from the root, and its arguments. */
export function runNode(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return run(process.execPath, args, options);
}

export async function run(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const started = performance.now();
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { ...process.env, ...options.env, PATH: childPath() },
    stdio: options.output === "terminal" ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
  return { code, output: Buffer.concat(chunks).toString("utf8"), durationMs: performance.now() - started };
}

/** `3.2 s`. */
export function formatDuration(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** Scripts that begin with `#!/usr/bin/env node` find this Node first. */
function childPath(): string {
  return [dirname(process.execPath), join(ROOT, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(
    delimiter,
  );
}
