/**
 * Files that are arriving piece by piece (SPEC 12.7): what is here already survives a cut and a crash.
 *
 * Guarantees: `sizeOf` never counts a byte that is not on the disk: pieces are made durable at least every
 * `SYNC_INTERVAL_MS`, and a mark beside the file says up to where, so after a power cut no torn page is taken for what
 * a peer sent. Nothing here is believed: the whole is hashed when it is complete.
 */
import { mkdir, open, readdir, readFile, rm, type FileHandle } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { hexToName, nameToHex, VaultFault, type BlobStore } from "./blobs.ts";
import { guarded, writeWhole } from "./disk-blobs.ts";
import type { Hasher, HasherSource } from "./hasher.ts";

/** A cut costs at most this much of work. */
export const SYNC_INTERVAL_MS = 500;
const FILE_MODE = 0o600;
const MARK_SIZE_BYTES = 16;
const READ_SIZE_BYTES = 1_048_576;

export interface ArrivingFile extends AsyncDisposable {
  /** Bytes that are here. */
  readonly sizeBytes: number;
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Into the blobs; throws `altered` when the hash of its bytes is not the name, and is gone then. */
  readonly finish: (blobs: BlobStore) => Promise<void>;
}

export interface Arriving {
  readonly open: (name: string) => Promise<ArrivingFile>;
  readonly drop: (name: string) => Promise<void>;
  readonly names: () => Promise<readonly string[]>;
}

export interface ArrivingOptions {
  readonly directory: string;
  readonly nowMs: () => number;
  readonly hashers: HasherSource;
}

export async function openArriving({ directory, nowMs, hashers }: ArrivingOptions): Promise<Arriving> {
  await guarded(() => mkdir(directory, { recursive: true, mode: 0o700 }));
  const paths = (name: string): { readonly part: string; readonly mark: string } => {
    const path = join(directory, nameToHex(name));
    return { part: `${path}.part`, mark: `${path}.mark` };
  };
  const drop = async (name: string): Promise<void> => {
    const { part, mark } = paths(name);
    await guarded(() => rm(mark, { force: true }));
    await guarded(() => rm(part, { force: true }));
  };
  return {
    open: (name) =>
      openFile({ name, ...paths(name), nowMs, drop: () => drop(name), hasher: hashers.create() }),
    drop,
    names: async () =>
      (await guarded(() => readdir(directory))).flatMap((file) =>
        file.endsWith(".part") ? (hexToName(file.slice(0, -5)) ?? []) : [],
      ),
  };
}

interface ToOpen {
  readonly name: string;
  readonly part: string;
  readonly mark: string;
  readonly nowMs: () => number;
  readonly drop: () => Promise<void>;
  readonly hasher: Hasher;
}

async function openFile({ part: path, mark: markPath, ...rest }: ToOpen): Promise<ArrivingFile> {
  const size = await readMark(markPath);
  const part = await guarded(() => open(path, size === 0 ? "w+" : "r+", FILE_MODE));
  const mark = await guarded(() => open(markPath, size === 0 ? "w+" : "r+", FILE_MODE));
  await guarded(() => part.truncate(size)); // what came after the last mark may be torn
  for await (const bytes of createReadStream(path, { highWaterMark: READ_SIZE_BYTES }))
    if (bytes instanceof Uint8Array) await rest.hasher.update(bytes);
  return new OpenArriving({ ...rest, path, part, mark, size });
}

async function readMark(path: string): Promise<number> {
  const text = await readFile(path, "latin1").catch(() => "");
  return /^[0-9]{16}$/.test(text) ? Number(text) : 0;
}

interface OpenParts {
  readonly name: string;
  readonly path: string;
  readonly part: FileHandle;
  readonly mark: FileHandle;
  readonly nowMs: () => number;
  readonly drop: () => Promise<void>;
  readonly size: number;
  /** Has taken the first `size` bytes. */
  readonly hasher: Hasher;
}

class OpenArriving implements ArrivingFile {
  readonly #parts: OpenParts;
  #size: number;
  #durable: number;
  #syncedAtMs: number;
  #open = true;

  constructor(parts: OpenParts) {
    this.#parts = parts;
    this.#size = parts.size;
    this.#durable = parts.size;
    this.#syncedAtMs = parts.nowMs();
  }

  get sizeBytes(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    const { part, nowMs, hasher } = this.#parts;
    const at = this.#size;
    await Promise.all([hasher.update(bytes), guarded(() => writeWhole(part, bytes, at))]);
    this.#size = at + bytes.length;
    if (nowMs() - this.#syncedAtMs >= SYNC_INTERVAL_MS) await this.#sync();
  }

  async finish(blobs: BlobStore): Promise<void> {
    const { name, path, drop, hasher } = this.#parts;
    await this.#close();
    if ((await hasher.digest()) !== name) {
      await drop();
      throw new VaultFault("altered");
    }
    await blobs.adopt(path, { name, sizeBytes: this.#size });
    await drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    await this.#sync().catch(() => undefined); // what is not marked is fetched again
    await this.#close();
  }

  /** First the bytes, then the mark: it never says more than there is. */
  async #sync(): Promise<void> {
    const { part, mark, nowMs } = this.#parts;
    if (this.#durable === this.#size) return;
    const size = this.#size;
    await guarded(() => part.datasync());
    await guarded(() => writeWhole(mark, Buffer.from(String(size).padStart(MARK_SIZE_BYTES, "0")), 0));
    await guarded(() => mark.datasync());
    this.#durable = size;
    this.#syncedAtMs = nowMs();
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#parts.part.close();
    await this.#parts.mark.close();
  }
}
