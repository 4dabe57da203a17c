/**
 * Blobs as files of one directory: `blobs/ab/abcd…`, written under `incoming/` and renamed.
 *
 * Guarantees: a file below `blobs/` is whole and on the disk, its directory too; what a crash left under `incoming/`
 * is gone after the next start; a full disk or a full quota is `full` and leaves nothing. Only the owner reads files.
 * It does not hash on reading: `verify` does, and whoever opens a seal learns of an altered byte anyway.
 */
import { mkdir, open, opendir, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { encodeHex } from "#parley/codec/bytes.ts";
import {
  hexToName,
  nameToHex,
  VaultFault,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  type CreateOptions,
  type StoredBlob,
} from "./blobs.ts";
import type { Hasher, HasherSource } from "./hasher.ts";

export interface DiskBlobsOptions {
  readonly directory: string;
  readonly backend: CryptoBackend;
  readonly hashers: HasherSource;
  /** Bytes that all blobs together may take; beyond it the vault is full, as on a full disk. */
  readonly quotaBytes?: number;
}

/** What a written piece is read back in: large enough that the disk and not the call is the limit. */
const READ_SIZE_BYTES = 2 * 1_048_576;
/** Written this far ahead, the disk is asked to begin: at the end little is left to wait for. */
const SYNC_AHEAD_BYTES = 32 * 1_048_576;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Makes the directory if there is none, and sweeps what a crash left half-written. Throws `VaultFault`. */
export async function openDiskBlobs(options: DiskBlobsOptions): Promise<BlobStore> {
  const incoming = join(options.directory, "incoming");
  await guarded(async () => {
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming, { recursive: true, mode: DIRECTORY_MODE });
    await mkdir(join(options.directory, "blobs"), { recursive: true, mode: DIRECTORY_MODE });
  });
  const blobs = new DiskBlobs(options);
  if (options.quotaBytes !== undefined) await blobs.measure();
  return blobs;
}

class DiskBlobs implements BlobStore {
  readonly #options: DiskBlobsOptions;
  #usedBytes = 0;

  constructor(options: DiskBlobsOptions) {
    this.#options = options;
  }

  async measure(): Promise<void> {
    for await (const name of this.names()) this.#usedBytes += (await this.sizeOf(name)) ?? 0;
  }

  async create({ announce }: CreateOptions = {}): Promise<BlobWriter> {
    const { directory, backend, hashers } = this.#options;
    const path = join(directory, "incoming", encodeHex(backend.randomBytes(16)));
    const file = await guarded(() => open(path, "wx", FILE_MODE));
    return new DiskWriter({
      path,
      file,
      hasher: hashers.create(),
      reserve: (bytes) => this.#reserve(bytes),
      release: (bytes) => {
        this.#usedBytes -= bytes;
      },
      pathOf: (name) => this.#pathOf(name),
      announce,
    });
  }

  async adopt(path: string, { name, sizeBytes }: StoredBlob): Promise<void> {
    this.#reserve(sizeBytes);
    try {
      await guarded(async () => {
        await syncFile(path);
        await moveInto(path, this.#pathOf(name));
      });
    } catch (fault) {
      this.#usedBytes -= sizeBytes;
      throw fault;
    }
  }

  async *read(name: string, { from, length }: ByteRange): AsyncGenerator<Uint8Array> {
    const file = await guarded(() => open(this.#pathOf(name), "r"));
    try {
      for (let at = from; at < from + length;) {
        const want = Math.min(READ_SIZE_BYTES, from + length - at);
        const { bytesRead, buffer } = await guarded(() =>
          file.read(Buffer.allocUnsafeSlow(want), 0, want, at),
        );
        if (bytesRead === 0) throw new VaultFault("length");
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async sizeOf(name: string): Promise<number | undefined> {
    try {
      return (await stat(this.#pathOf(name))).size;
    } catch (cause) {
      if (codeOf(cause) === "ENOENT") return undefined;
      throw toFault(cause);
    }
  }

  async verify(name: string): Promise<void> {
    const size = await this.sizeOf(name);
    if (size === undefined) throw new VaultFault("missing");
    const hasher = this.#options.hashers.create();
    for await (const bytes of this.read(name, { from: 0, length: size })) await hasher.update(bytes);
    if ((await hasher.digest()) !== name) throw new VaultFault("altered");
  }

  async remove(name: string): Promise<void> {
    const size = await this.sizeOf(name);
    if (size === undefined) return;
    const path = this.#pathOf(name);
    await guarded(() => rm(path, { force: true }));
    await guarded(() => syncDirectory(dirname(path)));
    this.#usedBytes -= size;
  }

  async *names(): AsyncGenerator<string> {
    const root = join(this.#options.directory, "blobs");
    for (const folder of await guarded(() => readdir(root))) {
      for await (const entry of await guarded(() => opendir(join(root, folder)))) {
        const name = hexToName(entry.name);
        if (name !== undefined) yield name;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #pathOf(name: string): string {
    const hex = nameToHex(name);
    return join(this.#options.directory, "blobs", hex.slice(0, 2), hex);
  }

  #reserve(bytes: number): void {
    const { quotaBytes = Number.MAX_SAFE_INTEGER } = this.#options;
    if (this.#usedBytes + bytes > quotaBytes) throw new VaultFault("full");
    this.#usedBytes += bytes;
  }
}

interface WriterParts {
  readonly path: string;
  readonly file: FileHandle;
  readonly hasher: Hasher;
  readonly reserve: (bytes: number) => void;
  readonly release: (bytes: number) => void;
  readonly pathOf: (name: string) => string;
  readonly announce: CreateOptions["announce"] | undefined;
}

class DiskWriter implements BlobWriter {
  readonly #parts: WriterParts;
  #size = 0;
  #open = true;
  /** Up to where the disk was asked to keep the bytes, and that asking. */
  #synced = 0;
  #syncing: Promise<unknown> = Promise.resolve();

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { file, hasher, reserve } = this.#parts;
    reserve(bytes.length);
    const at = this.#size;
    this.#size += bytes.length;
    await Promise.all([hasher.update(bytes), guarded(() => writeWhole(file, bytes, at))]);
    if (at - this.#synced < SYNC_AHEAD_BYTES) return;
    this.#synced = at;
    // The disk works beside the cipher; the last sync of `commit` is the one that counts.
    this.#syncing = this.#syncing.then(() => file.datasync()).catch(() => undefined);
  }

  async commit(): Promise<{ readonly name: string; readonly sizeBytes: number }> {
    const { file, hasher, path, pathOf, announce } = this.#parts;
    const name = await hasher.digest();
    await announce?.(name);
    const target = pathOf(name);
    await this.#syncing;
    await guarded(async () => {
      await file.datasync();
      await file.close();
      this.#open = false;
      await moveInto(path, target);
    });
    return { name, sizeBytes: this.#size };
  }

  async abort(): Promise<void> {
    const { file, path, release } = this.#parts;
    await this.#syncing;
    if (this.#open) await file.close().catch(() => undefined);
    this.#open = false;
    await rm(path, { force: true }).catch(() => undefined);
    release(this.#size);
    this.#size = 0;
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function moveInto(path: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: DIRECTORY_MODE });
  await rename(path, target);
  await syncDirectory(dirname(target));
  await syncDirectory(dirname(dirname(target)));
}

export async function writeWhole(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** A rename is durable only with its directory. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Runs work of the file system; what it throws becomes a `VaultFault`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw toFault(cause);
  }
}

const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

function toFault(cause: unknown): unknown {
  if (cause instanceof VaultFault) return cause;
  const code = codeOf(cause);
  if (code === undefined) return cause;
  return new VaultFault(FULL.has(code) ? "full" : code === "ENOENT" ? "missing" : "io", { cause });
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
