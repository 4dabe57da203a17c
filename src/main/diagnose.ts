/** What `doctor` asks about a data directory and its machine. It changes the holder's number in the lock at most. */
import { readdir, stat, statfs } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Diagnosis } from "#parley/cli/ports.ts";
import { DataDirectoryLocked, lockDataDirectory } from "#parley/store/lock.ts";
import { FILE, readConfig, rootFile } from "./data-directory.ts";

/** Nothing that others may read: mode bits beyond the owner's. */
const OTHERS = 0o077;
const ROOTS = 3;

/** Never throws for what it finds: a directory that is not there is a finding. */
export async function diagnose(directory: string): Promise<Diagnosis> {
  const there = await stat(directory).catch(() => undefined);
  const files = there === undefined ? [] : await filesBelow(directory);
  const names = new Set(files.map(({ name }) => name));
  const modes = process.platform === "win32" ? [] : files;
  const disk = await statfs(directory).catch(() => undefined);
  const configured = await readConfig(directory).then(
    () => true,
    () => false,
  );
  return {
    nodeVersion: process.version,
    configured,
    ...(there !== undefined && process.platform !== "win32" && { directoryMode: there.mode & 0o777 }),
    openToOthers: modes
      .filter(({ name, mode }) => isSecret(name) && (mode & OTHERS) !== 0)
      .map(({ name }) => name),
    locked: configured && (await isLocked(directory)),
    ...(disk !== undefined && { diskFreeBytes: disk.bavail * disk.bsize }),
    keysMissing: [FILE.nodeKeys, FILE.tlsKey].filter((name) => !names.has(name)),
    rootsHere: rootNames().filter((name) => names.has(name)),
  };
}

function isSecret(name: string): boolean {
  return !name.endsWith(".party") && name !== FILE.cert && !name.startsWith("lock.db");
}

function rootNames(): readonly string[] {
  const numbers = Array.from({ length: ROOTS }, (_, i) => i + 1);
  return (["root", "next-root"] as const).flatMap((kind) => numbers.map((number) => rootFile(number, kind)));
}

async function isLocked(directory: string): Promise<boolean> {
  try {
    await using _lock = await lockDataDirectory(directory);
    return false;
  } catch (fault) {
    return fault instanceof DataDirectoryLocked;
  }
}

interface FoundFile {
  readonly name: string;
  readonly mode: number;
}

async function filesBelow(directory: string): Promise<readonly FoundFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async (entry): Promise<readonly FoundFile[]> => {
      const path = join(entry.parentPath, entry.name);
      const about = await stat(path).catch(() => undefined);
      return about === undefined
        ? []
        : [{ name: relative(directory, path).split(sep).join("/"), mode: about.mode }];
    });
  return (await Promise.all(found)).flat();
}
