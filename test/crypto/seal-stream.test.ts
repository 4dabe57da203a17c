/** SPEC 2.5 chunk by chunk: the same files as in one piece, with `age-encryption` as the oracle. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as age from "age-encryption";
import { concatBytes } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeIdentity, encodeRecipient } from "#parley/crypto/recipient.ts";
import { open, seal, sealedSize } from "#parley/crypto/seal.ts";
import {
  createChunkOpener,
  createChunkSealer,
  SEAL_HEAD_LIMIT_BYTES,
  SEALED_CHUNK_SIZE_BYTES,
} from "#parley/crypto/seal-stream.ts";
import { BACKENDS, nodeBackend } from "./backends.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";

const CHUNK = 65_536;
const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17];

function plaintextOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 255);
}

function sealInChunks(
  backend: CryptoBackend,
  seeds: readonly Uint8Array[],
  plaintext: Uint8Array,
): Uint8Array {
  const sealer = createChunkSealer(
    backend,
    seeds.map((seed) => backend.xWing.publicKey(seed)),
  );
  const parts = [sealer.head];
  for (let at = 0; at === 0 || at < plaintext.length; at += CHUNK) {
    const chunk = plaintext.subarray(at, at + CHUNK);
    const target = new Uint8Array(chunk.length + 16);
    sealer.sealChunk(chunk, at + CHUNK >= plaintext.length, target);
    parts.push(target);
  }
  return concatBytes(...parts);
}

function openInChunks(backend: CryptoBackend, seeds: readonly Uint8Array[], file: Uint8Array) {
  const head = file.subarray(0, SEAL_HEAD_LIMIT_BYTES);
  const opener = createChunkOpener(backend, seeds, { head, totalSize: file.length });
  if (isRefusal(opener)) return opener;
  const parts: Uint8Array[] = [];
  for (let at = opener.chunksOffset; at < file.length; at += SEALED_CHUNK_SIZE_BYTES) {
    const end = Math.min(at + SEALED_CHUNK_SIZE_BYTES, file.length);
    const chunk = opener.openChunk(file.subarray(at, end), end === file.length);
    if (chunk === undefined) return undefined;
    parts.push(chunk);
  }
  return concatBytes(...parts);
}

for (const backend of BACKENDS) {
  test(`chunks and whole files are the same format (${backend.name})`, () => {
    const seeds = [backend.randomBytes(32), backend.randomBytes(32)];
    for (const size of SIZES) {
      const plaintext = plaintextOf(size);
      const streamed = sealInChunks(backend, seeds, plaintext);
      assert.equal(streamed.length, sealedSize(size, 2));
      for (const seed of seeds) assert.deepEqual(open(backend, seed, streamed), plaintext);
      const recipients = seeds.map((seed) => backend.xWing.publicKey(seed));
      const whole = seal(backend, recipients, plaintext);
      assert.deepEqual(openInChunks(backend, [backend.randomBytes(32), ...seeds], whole), plaintext);
    }
  });
}

test("age opens what is sealed in chunks, and the other way round", async () => {
  const seed = nodeBackend.randomBytes(32);
  const plaintext = plaintextOf(2 * CHUNK + 5);
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(encodeIdentity(seed));
  assert.deepEqual(await decrypter.decrypt(sealInChunks(nodeBackend, [seed], plaintext)), plaintext);
  const encrypter = new age.Encrypter();
  encrypter.addRecipient(encodeRecipient(nodeBackend.xWing.publicKey(seed)));
  assert.deepEqual(openInChunks(nodeBackend, [seed], await encrypter.encrypt(plaintext)), plaintext);
});

test("a truncated, reordered or altered stream never opens to its end", () => {
  const seed = nodeBackend.randomBytes(32);
  const file = sealInChunks(nodeBackend, [seed], plaintextOf(3 * CHUNK));
  const chunksAt = file.length - 3 * SEALED_CHUNK_SIZE_BYTES;
  const cut = file.subarray(0, file.length - SEALED_CHUNK_SIZE_BYTES);
  assert.equal(openInChunks(nodeBackend, [seed], cut), undefined);
  const swapped = concatBytes(
    file.subarray(0, chunksAt),
    file.subarray(chunksAt + SEALED_CHUNK_SIZE_BYTES, chunksAt + 2 * SEALED_CHUNK_SIZE_BYTES),
    file.subarray(chunksAt, chunksAt + SEALED_CHUNK_SIZE_BYTES),
    file.subarray(chunksAt + 2 * SEALED_CHUNK_SIZE_BYTES),
  );
  assert.equal(openInChunks(nodeBackend, [seed], swapped), undefined);
  const altered = file.slice();
  altered[chunksAt + 100] = (altered[chunksAt + 100] ?? 0) ^ 1;
  assert.equal(openInChunks(nodeBackend, [seed], altered), undefined);
  const stranger = openInChunks(nodeBackend, [nodeBackend.randomBytes(32)], file);
  assert(isRefusal(stranger));
  assert.equal(stranger.code, "cannot-open");
});

test("a sealer takes full chunks and one last one", () => {
  const recipients = [nodeBackend.xWing.publicKey(nodeBackend.randomBytes(32))];
  const sealer = createChunkSealer(nodeBackend, recipients);
  assert.throws(() => sealer.sealChunk(new Uint8Array(1), false, new Uint8Array(17)), RangeError);
  assert.throws(
    () => sealer.sealChunk(new Uint8Array(CHUNK + 1), true, new Uint8Array(CHUNK + 17)),
    RangeError,
  );
  sealer.sealChunk(new Uint8Array(CHUNK), false, new Uint8Array(CHUNK + 16));
  assert.throws(() => sealer.sealChunk(new Uint8Array(0), true, new Uint8Array(16)), RangeError);
  sealer.sealChunk(new Uint8Array(1), true, new Uint8Array(17));
  assert.throws(() => sealer.sealChunk(new Uint8Array(1), true, new Uint8Array(17)), RangeError);
});
