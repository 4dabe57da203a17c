/** The parent's end of node-process.ts. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Place } from "./two-nodes.ts";

export interface ChildNode extends AsyncDisposable {
  /** The first line: it serves, or why not. */
  readonly first: Readonly<Record<string, unknown>>;
  readonly ask: (line: string) => Promise<Readonly<Record<string, unknown>>>;
  /** kill -9. */
  readonly kill: () => Promise<void>;
}

export async function startChildNode({ directory, port }: Place): Promise<ChildNode> {
  const script = fileURLToPath(new URL("node-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, directory, String(port)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Readonly<Record<string, unknown>>> => {
    const line = await lines.next();
    assert(line.done !== true, "the child ended");
    return JSON.parse(line.value) as Readonly<Record<string, unknown>>;
  };
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  const ask = (line: string): ReturnType<typeof next> => {
    child.stdin.write(`${line}\n`);
    return next();
  };
  return { first: await next(), ask, kill, [Symbol.asyncDispose]: kill };
}
