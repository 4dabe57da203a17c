/** A vault in a scratch directory, for tests that need one. */
import { rm, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { openDiskVault, type DiskVaultOptions, type Vault } from "#parley/vault/vault.ts";

export interface ScratchVault extends AsyncDisposable {
  readonly vault: Vault;
  readonly directory: string;
  /** The same directory again, as after a crash. */
  readonly reopen: () => Promise<Vault>;
}

export async function scratchVault(
  backend: CryptoBackend,
  options: Partial<DiskVaultOptions> = {},
): Promise<ScratchVault> {
  const directory = await mkdtemp(join(tmpdir(), "parley-vault-"));
  const reopen = (): Promise<Vault> =>
    openDiskVault({ directory, backend, nowMs: () => performance.now(), ...options });
  return {
    directory,
    vault: await reopen(),
    reopen,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Bytes that no two sizes share, in pieces of uneven length. */
export async function* piecesOf(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function patternOf(size: number, seed = 7): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * seed + (i >> 9)) & 255;
  return bytes;
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part.slice());
  return Buffer.concat(parts);
}
