/**
 * A file written as it is made: under a name beside it first, so that a reader never meets half a file, and gone
 * again if its maker gives up.
 */
import { link, open, rename, rm } from "node:fs/promises";

export interface WrittenFileOptions {
  readonly overwrite: boolean;
}

/** Keeps the file if `fill` resolves to true. Throws what the file system threw (EEXIST when the path is taken). */
export async function writeFileAs(
  path: string,
  fill: (write: (chunk: Uint8Array) => Promise<void>) => Promise<boolean>,
  { overwrite }: WrittenFileOptions,
): Promise<void> {
  const part = `${path}.part-${process.pid}`;
  const file = await open(part, "wx");
  try {
    const isWhole = await fill(async (chunk) => {
      for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
    });
    if (!isWhole) return;
    await file.sync();
    if (overwrite) await rename(part, path);
    else await link(part, path);
  } finally {
    await file.close();
    await rm(part, { force: true });
  }
}
