/** What every blob engine owes (src/vault/blobs.ts), as one suite that runs on each. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { BlobStore } from "#parley/vault/blobs.ts";
import { collect, patternOf, piecesOf } from "../kit/vault.ts";
import { scratchDirectory } from "../store/scratch-directory.ts";

export interface Engine extends AsyncDisposable {
  readonly blobs: BlobStore;
  /** The same store, opened again as after a crash. */
  readonly reopen: () => Promise<BlobStore>;
  /** Changes what is stored behind the engine's back. */
  readonly tamper: (name: string, change: (bytes: Uint8Array) => Uint8Array) => Promise<void>;
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

export async function store(blobs: BlobStore, bytes: Uint8Array): Promise<string> {
  const writer = await blobs.create();
  for await (const piece of piecesOf(bytes)) await writer.write(piece);
  return (await writer.commit()).name;
}

async function namesOf(blobs: BlobStore): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const name of blobs.names()) names.push(name);
  return names.sort();
}

export function blobContract(engine: string, open: () => Promise<Engine>): void {
  test(`${engine}: what was committed is there under its hash, in every size and range`, async () => {
    await using it = await open();
    const { blobs } = it;
    for (const size of [0, 1, 65_536, 8 * 1_048_576, 8 * 1_048_576 + 1, 20_000_003]) {
      const bytes = patternOf(size, size + 3);
      const name = await store(blobs, bytes);
      assert.equal(name, hashOf(bytes));
      assert.equal(await blobs.sizeOf(name), size);
      await blobs.verify(name);
      for (const [from, length] of [
        [0, size],
        [Math.floor(size / 2), Math.min(1_000, Math.ceil(size / 2))],
        [size, 0],
      ] as const) {
        const read = await collect(blobs.read(name, { from, length }));
        assert.equal(
          Buffer.compare(read, bytes.subarray(from, from + length)),
          0,
          `${size} ${from} ${length}`,
        );
      }
    }
    assert.equal((await namesOf(await it.reopen())).length, 6);
  });

  test(`${engine}: what was aborted or never committed is nowhere, also after a crash`, async () => {
    await using it = await open();
    const kept = await store(it.blobs, patternOf(10));
    const aborted = await it.blobs.create();
    await aborted.write(patternOf(200_000));
    await aborted.abort();
    const left = await it.blobs.create();
    await left.write(patternOf(300_000));
    const refused = await it.blobs.create({ announce: () => Promise.reject(new Error("not this one")) });
    await refused.write(patternOf(20));
    await assert.rejects(refused.commit(), /not this one/);
    await refused.abort();
    assert.deepEqual(await namesOf(it.blobs), [kept]);
    assert.deepEqual(await namesOf(await it.reopen()), [kept]);
  });

  test(`${engine}: a name is announced before the blob can be found`, async () => {
    await using it = await open();
    const bytes = patternOf(100_000, 5);
    const seen: (number | undefined)[] = [];
    const writer = await it.blobs.create({
      announce: async (name) => void seen.push(await it.blobs.sizeOf(name)),
    });
    await writer.write(bytes);
    await writer.commit();
    assert.deepEqual(seen, [undefined]);
  });

  test(`${engine}: a whole file is adopted and gone from where it was`, async () => {
    await using it = await open();
    await using scratch = await scratchDirectory();
    const bytes = patternOf(3_000_000, 9);
    await writeFile(scratch.file("whole"), bytes);
    const blob = { name: hashOf(bytes), sizeBytes: bytes.length };
    await it.blobs.adopt(scratch.file("whole"), blob);
    await it.blobs.verify(blob.name);
    await assert.rejects(writeFile(scratch.file("whole"), "", { flag: "r+" }), { code: "ENOENT" });
  });

  test(`${engine}: removed is removed, twice too`, async () => {
    await using it = await open();
    const name = await store(it.blobs, patternOf(10_000));
    await it.blobs.remove(name);
    await it.blobs.remove(name);
    assert.equal(await it.blobs.sizeOf(name), undefined);
    await assert.rejects(it.blobs.verify(name), { name: "VaultFault", kind: "missing" });
    await assert.rejects(collect(it.blobs.read(name, { from: 0, length: 1 })), { kind: "missing" });
  });

  test(`${engine}: altered, cut and grown bytes are found`, async () => {
    await using it = await open();
    const bytes = patternOf(1_500_000, 3);
    const name = await store(it.blobs, bytes);
    const whole = { from: 0, length: bytes.length };
    await it.tamper(name, (old) => old.map((byte, i) => (i === 1_000_000 ? byte ^ 1 : byte)));
    await assert.rejects(it.blobs.verify(name), { name: "VaultFault", kind: "altered" });
    await it.tamper(name, (old) => old.subarray(0, 1_400_000));
    await assert.rejects(collect(it.blobs.read(name, whole)), { name: "VaultFault", kind: "length" });
    await assert.rejects(it.blobs.verify(name), { kind: "altered" });
    await it.tamper(name, () => Buffer.concat([bytes, bytes]));
    await assert.rejects(it.blobs.verify(name), { kind: "altered" });
  });

  test(`${engine}: no name but a hash is taken`, async () => {
    await using it = await open();
    for (const name of ["../../etc/passwd", "", "a/b", "A".repeat(44)])
      await assert.rejects(it.blobs.sizeOf(name), TypeError);
  });
}
