/**
 * Files of any size between this machine and the node's API: read while they are sent, written while they arrive.
 *
 * Guarantees: constant memory; what is saved is whole under its name or not there at all; symbolic links below a folder
 * are not followed, so a folder of evidence brings nothing from beside it.
 */
import { createReadStream } from "node:fs";
import { link, lstat, open, opendir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { CliFault, type ApiRequest, type ApiResponse, type FoundFile } from "#parley/cli/ports.ts";
import { requestApi } from "./api-call.ts";
import { isCode } from "./files.ts";

const READ_SIZE_BYTES = 1_048_576;

/** The file itself, or every regular file below the folder in the order of names. Throws `CliFault`. */
export async function* filesBelow(path: string): AsyncGenerator<FoundFile> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new CliFault("file-unreadable", { cause });
  });
  if (!found.isDirectory()) {
    yield { path, name: basename(path), sizeBytes: found.size };
    return;
  }
  const names: string[] = [];
  for await (const entry of await opendir(path)) names.push(entry.name);
  for (const name of names.sort()) {
    const inside = join(path, name);
    const kind = await lstat(inside);
    if (kind.isDirectory()) yield* filesBelow(inside);
    else if (kind.isFile()) yield { path: inside, name, sizeBytes: kind.size };
  }
}

/** Throws `CliFault`: `file-unreadable` when the file cannot be opened. */
export async function uploadFile(
  request: ApiRequest,
  path: string,
  onProgress: (readBytes: number) => void,
): Promise<ApiResponse> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw new CliFault("file-unreadable", { cause });
  });
  await file.close();
  let readBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void> {
    for await (const bytes of createReadStream(path, { highWaterMark: READ_SIZE_BYTES })) {
      if (!(bytes instanceof Uint8Array)) continue;
      readBytes += bytes.length;
      onProgress(readBytes);
      yield bytes;
    }
  }
  return toResponse(await requestApi(request, streamOf(counted())));
}

/** An answer of 400 or more is given back and writes nothing. Throws `CliFault`. */
export async function downloadFile(
  request: ApiRequest,
  path: string,
  options: { readonly overwrite: boolean; readonly onProgress: (bytes: number) => void },
): Promise<ApiResponse> {
  const response = await requestApi(request);
  if (!response.ok || response.body === null) return toResponse(response);
  const part = `${path}.part-${process.pid}`;
  let size = 0;
  try {
    const file = await open(part, "wx", 0o600);
    try {
      for await (const bytes of response.body) {
        await file.writeFile(bytes);
        options.onProgress((size += bytes.length));
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    if (options.overwrite) await rename(part, path);
    else await link(part, path);
  } catch (cause) {
    if (isCode(cause, "EEXIST")) throw new CliFault("file-exists", { cause });
    const isDisk = cause instanceof Error && "syscall" in cause;
    throw new CliFault(isDisk ? "file-unwritable" : "api-unreachable", { cause });
  } finally {
    await rm(part, { force: true });
  }
  return { status: response.status, contentType: "", body: new Uint8Array(0) };
}

function streamOf(source: AsyncGenerator<Uint8Array, void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: async (controller) => {
      const given = await source.next();
      if (given.done === true) controller.close();
      else controller.enqueue(given.value);
    },
    cancel: async () => {
      await source.return(undefined);
    },
  });
}

async function toResponse(response: Response): Promise<ApiResponse> {
  const contentType = response.headers.get("content-type") ?? "";
  return { status: response.status, contentType, body: new Uint8Array(await response.arrayBuffer()) };
}
