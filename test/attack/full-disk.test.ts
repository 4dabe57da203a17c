/**
 * A disk that is really full (threats.md 25): the node goes read-only, says so, keeps what it held, and recovers.
 *
 * The limit for the size of a file needs no rights and always runs; a full file system of its own runs wherever this
 * user may mount one in a namespace. Neither is a mock: SQLite gets its error from the kernel.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const SCRIPT = fileURLToPath(new URL("full-disk.ts", import.meta.url));
const MOUNT = 'mount -t tmpfs -o size=8m tmpfs "$1" && shift && exec "$@"';

function inNamespace(directory: string, command: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync("unshare", ["-Urm", "sh", "-c", MOUNT, "sh", directory, ...command], { encoding: "utf8" });
}

async function inScratch(run: (directory: string) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "parley-full-"));
  try {
    run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("threat 25: no byte more in any file: read-only, said once, nothing lost, and back by itself", () =>
  inScratch((directory) => {
    const child = spawnSync(process.execPath, [SCRIPT, directory, "size"], { encoding: "utf8" });
    assert.equal(child.status, 0, child.stderr);
  }));

test("threat 25: a full file system, or where none can be mounted, the same by the limit alone", () =>
  inScratch((directory) => {
    const mounts = inNamespace(directory, ["true"]).status === 0;
    const child = mounts
      ? inNamespace(directory, [process.execPath, SCRIPT, directory, "space"])
      : spawnSync(process.execPath, [SCRIPT, directory, "size"], { encoding: "utf8" });
    assert.equal(child.status, 0, String(child.stderr));
  }));
