/**
 * Files of the data directory: written whole and durable, read with a limit.
 *
 * Guarantees: a file that exists is never overwritten by `writeNew`; when it resolves, file and directory entry are
 * on disk. Secrets get their mode with their creation, so that there is no moment in which others could read.
 */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

export const SECRET_MODE = 0o600;
export const PUBLIC_MODE = 0o644;
export const DIRECTORY_MODE = 0o700;

/** Throws EEXIST when the path is taken. */
export async function writeNew(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(path));
}

/** Whole or not at all, over an old file too. */
export async function replaceFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const fresh = `${path}.new`;
  const file = await open(fresh, "w", mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  await syncDirectory(dirname(path));
}

export async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  await syncDirectory(dirname(path));
}

/** Undefined when there is no such file. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (fault) {
    if (isCode(fault, "ENOENT") || isCode(fault, "ENOTDIR")) return undefined;
    throw fault;
  }
}

export function isCode(fault: unknown, code: string): boolean {
  return fault instanceof Error && "code" in fault && fault.code === code;
}

/** POSIX wants it for the name to survive a crash; Windows has no such call and keeps the name with the file. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
