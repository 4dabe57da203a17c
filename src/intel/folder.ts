/**
 * The files of the folder that an operator names for lists (SPEC 16.1.1, 16.1.2).
 *
 * Guarantees: bounded memory whatever the folder holds; links are not followed; a file that is too large is named and
 * not read. Throws what the file system says when the folder itself cannot be read.
 */
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { refuse } from "#parley/codec/refusal.ts";
import { LIST_SIZE_LIMIT_BYTES } from "./list.ts";
import { LISTS_LIMIT, type ListFile } from "./load.ts";

const DEPTH_LIMIT = 3;
const FOLDER_SIZE_LIMIT_BYTES = 512 * 1_048_576;
const ENDING = /\.(?:json|lst|txt)$/i;

export async function readListFolder(folder: string): Promise<readonly ListFile[]> {
  const files: ListFile[] = [];
  let room = FOLDER_SIZE_LIMIT_BYTES;
  for (const path of (await pathsBelow(folder, "", 1)).toSorted()) {
    // One more for the settings, one more to say that there are more.
    if (files.length > LISTS_LIMIT + 1) break;
    const file = await readWithin(folder, path, Math.min(LIST_SIZE_LIMIT_BYTES, room));
    if ("bytes" in file) room -= file.bytes.length;
    files.push(file);
  }
  return files;
}

async function pathsBelow(folder: string, below: string, depth: number): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isFile() && ENDING.test(entry.name)) paths.push(path);
    else if (entry.isDirectory() && depth < DEPTH_LIMIT)
      paths.push(...(await pathsBelow(folder, path, depth + 1)));
  }
  return paths;
}

async function readWithin(folder: string, path: string, limit: number): Promise<ListFile> {
  await using file = await open(join(folder, path), "r");
  const { size } = await file.stat();
  if (size > limit) return { path, refused: refuse("list-too-large", { size, limit }) };
  const bytes = await file.readFile();
  // It may have grown while it was read.
  return bytes.length > limit
    ? { path, refused: refuse("list-too-large", { size: bytes.length, limit }) }
    : { path, bytes };
}
