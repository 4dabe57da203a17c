/**
 * What a node is given to keep evidence in: the blobs, the files that are still arriving, and the names of blobs that
 * are stored but not yet recorded.
 *
 * Guarantees: a blob whose record never became durable, because the process ended in between, is removed at the next
 * start; a blob that the journal does not name is never removed by a start, so that an older copy of the record
 * that was restored destroys nothing.
 */
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { openArriving, type Arriving } from "./arriving.ts";
import { hexToName, nameToHex, type BlobStore } from "./blobs.ts";
import { guarded, openDiskBlobs, syncDirectory } from "./disk-blobs.ts";
import { INLINE_HASHERS, type HasherSource } from "./hasher.ts";
import { ITEM_SIZE_LIMIT_BYTES } from "./sealed-item.ts";

export interface PendingNames {
  /** Durable when it resolves. */
  readonly add: (name: string) => Promise<void>;
  readonly settle: (name: string) => Promise<void>;
  readonly names: () => Promise<readonly string[]>;
}

export interface Vault extends AsyncDisposable {
  readonly blobs: BlobStore;
  readonly arriving: Arriving;
  readonly pending: PendingNames;
  readonly hashers: HasherSource;
  /** Bytes of one file that is taken in. */
  readonly itemSizeLimit: number;
}

const FILE_MODE = 0o600;

/** One empty file for each name. */
export async function openPendingNames(directory: string): Promise<PendingNames> {
  await guarded(() => mkdir(directory, { recursive: true, mode: 0o700 }));
  return {
    add: (name) =>
      guarded(async () => {
        const file = await open(join(directory, nameToHex(name)), "w", FILE_MODE);
        await file.close();
        await syncDirectory(directory);
      }),
    settle: (name) => guarded(() => rm(join(directory, nameToHex(name)), { force: true })),
    names: async () => (await guarded(() => readdir(directory))).flatMap((file) => hexToName(file) ?? []),
  };
}

export interface DiskVaultOptions {
  /** Made if there is none; everything below it is the vault's. */
  readonly directory: string;
  readonly backend: CryptoBackend;
  readonly nowMs: () => number;
  readonly itemSizeLimit?: number;
  readonly quotaBytes?: number;
  readonly hashers?: HasherSource;
}

/** A vault on this machine's disk. Throws `VaultFault`. */
export async function openDiskVault(options: DiskVaultOptions): Promise<Vault> {
  const { directory, backend, nowMs, quotaBytes, itemSizeLimit = ITEM_SIZE_LIMIT_BYTES } = options;
  const { hashers = INLINE_HASHERS } = options;
  const blobs = await openDiskBlobs({
    directory,
    backend,
    hashers,
    ...(quotaBytes !== undefined && { quotaBytes }),
  });
  return assembleVault({ directory, blobs, hashers, nowMs, itemSizeLimit });
}

/** What every engine has beside it on the local disk. */
export async function assembleVault(parts: {
  readonly directory: string;
  readonly blobs: BlobStore;
  readonly hashers: HasherSource;
  readonly nowMs: () => number;
  readonly itemSizeLimit: number;
}): Promise<Vault> {
  const { directory, blobs, hashers, nowMs, itemSizeLimit } = parts;
  return {
    blobs,
    hashers,
    itemSizeLimit,
    arriving: await openArriving({ directory: join(directory, "arriving"), nowMs, hashers }),
    pending: await openPendingNames(join(directory, "pending")),
    [Symbol.asyncDispose]: () => blobs[Symbol.asyncDispose](),
  };
}
