/** The disk engine under the contract, and what only a disk can do. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { nameToHex } from "#parley/vault/blobs.ts";
import { openDiskBlobs } from "#parley/vault/disk-blobs.ts";
import { INLINE_HASHERS } from "#parley/vault/hasher.ts";
import { safeName } from "#parley/vault/names.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { patternOf, scratchVault } from "../kit/vault.ts";
import { scratchDirectory } from "../store/scratch-directory.ts";
import { blobContract, hashOf, store } from "./blob-contract.ts";

blobContract("disk", async () => {
  const scratch = await scratchDirectory();
  const open = () =>
    openDiskBlobs({ directory: scratch.path, backend: nodeBackend, hashers: INLINE_HASHERS });
  return {
    blobs: await open(),
    reopen: open,
    tamper: async (name, change) => {
      const hex = nameToHex(name);
      const path = join(scratch.path, "blobs", hex.slice(0, 2), hex);
      await writeFile(path, change(await readFile(path)));
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});

test("a start removes what the journal names and nothing else", async () => {
  await using scratch = await scratchVault(nodeBackend);
  const { vault } = scratch;
  const kept = await store(vault.blobs, patternOf(10));
  await vault.pending.add(kept);
  assert.deepEqual(await vault.pending.names(), [kept]);
  await vault.pending.settle(kept);
  await mkdir(join(scratch.directory, "incoming", "left"), { recursive: true });
  const again = await scratch.reopen();
  assert.deepEqual(await again.pending.names(), []);
  assert.equal(await again.blobs.sizeOf(kept), 10);
});

test("a file that arrives goes on from its last durable byte, and never from a torn one", async () => {
  let nowMs = 0;
  await using scratch = await scratchVault(nodeBackend, { nowMs: () => nowMs });
  const bytes = patternOf(300_000, 21);
  const name = hashOf(bytes);
  const { vault } = scratch;
  const first = await vault.arriving.open(name);
  nowMs += 1_000;
  await first.append(bytes.subarray(0, 100_000)); // durable: the interval has passed
  await first.append(bytes.subarray(100_000, 200_000)); // not yet
  await using again = await vault.arriving.open(name); // as after a crash: the first was never closed
  assert.equal(again.sizeBytes, 100_000);
  await again.append(bytes.subarray(100_000));
  await again.finish(vault.blobs);
  await vault.blobs.verify(name);
  assert.deepEqual(await vault.arriving.names(), []);
  await first[Symbol.asyncDispose]();
});

test("names are made harmless and stay readable", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["auth.log", "auth.log"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\x\\day 1.pcap", "day 1.pcap"],
    ["invoice\u202efdp.exe", "invoicefdp.exe"],
    ["a\u0000b\u001b[31m\nc", "ab[31mc"],
    ["..", "_"],
    ["", "_"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    [".htaccess", "htaccess"],
    ["журнал.log", "журнал.log"],
    ["سجل.log", "سجل.log"],
    ["x".repeat(500), "x".repeat(120)],
    ['<script>?*|".js', "script.js"],
  ];
  for (const [given, safe] of cases) assert.equal(safeName(given), safe);
});
