/**
 * The sealed item (SPEC 12.1): a file of any size as one age file whose plaintext is
 * content ‖ zeros up to the Padmé size ‖ salt (32) ‖ u64be(length of content).
 *
 * Guarantees: constant memory; one (content, salt) has one plaintext; `openItemContent` gives authentic bytes of the
 * content alone and throws `altered` where they are not, or where length, padding and salt are not as they must be.
 * It knows no file, no name and no store: streams come in, blobs go out.
 */
import { concatBytes, encodeBase64url, u64be } from "#parley/codec/bytes.ts";
import { encodeJson } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { TAG_SIZE_BYTES, type CryptoBackend } from "#parley/crypto/backend.ts";
import { commitTo, padmeSize, SALT_SIZE_BYTES } from "#parley/crypto/payload.ts";
import { CHUNK_SIZE_BYTES } from "#parley/crypto/seal-header.ts";
import { sealedSize } from "#parley/crypto/seal.ts";
import {
  createChunkOpener,
  createChunkSealer,
  SEAL_HEAD_LIMIT_BYTES,
  SEALED_CHUNK_SIZE_BYTES,
  type ChunkOpener,
  type ChunkSealer,
} from "#parley/crypto/seal-stream.ts";
import { VaultFault, type BlobStore, type BlobWriter, type StoredBlob } from "./blobs.ts";
import type { Hasher, HasherSource } from "./hasher.ts";

/** SPEC 12.1.2: salt and length. */
export const TRAILER_SIZE_BYTES: number = SALT_SIZE_BYTES + 8;
/** SPEC 12.1.4: 1 TiB. Far above what people hand over, far below what a counter of the format could hold. */
export const ITEM_SIZE_LIMIT_BYTES = 2 ** 40;

/** Chunks sealed and written together: one call to the disk and one message to a hashing thread for each. */
const CHUNKS_TOGETHER = 16;
const BLOCK_SIZE_BYTES = CHUNKS_TOGETHER * CHUNK_SIZE_BYTES;

/** What a commitment to a file covers (SPEC 12.1.5). */
export interface FileIdentity {
  readonly digest: string;
  readonly size_bytes: number;
}

/** SPEC 12.1.5: the commitment to a file, base64url. */
export function commitToFile(backend: CryptoBackend, salt: Uint8Array, file: FileIdentity): string {
  const { digest, size_bytes } = file;
  return encodeBase64url(commitTo(backend, salt, encodeJson({ digest, size_bytes })));
}

/** SPEC 12.1.2: bytes of the plaintext for a content of so many bytes. */
export function itemPlaintextSize(contentSize: number): number {
  return padmeSize(contentSize + TRAILER_SIZE_BYTES);
}

/** SPEC 12.1.2: bytes of the age file, exact. */
export function sealedItemSize(contentSize: number, recipients: number): number {
  return sealedSize(itemPlaintextSize(contentSize), recipients);
}

export interface SealedItem extends StoredBlob {
  readonly file: FileIdentity;
  /** 32 bytes, inside the seal as well. */
  readonly salt: Uint8Array;
  readonly commit: string;
}

export interface SealItemOptions {
  readonly backend: CryptoBackend;
  readonly blobs: BlobStore;
  readonly hashers: HasherSource;
  readonly recipients: readonly Uint8Array[];
  readonly source: AsyncIterable<Uint8Array>;
  /** Bytes that the source said it has; another number is refused (SPEC 12.2.3). */
  readonly declaredSize?: number;
  readonly sizeLimit: number;
  readonly onProgress?: (sizeBytes: number) => void;
  /** Told the blob's name before anybody can find it. */
  readonly announce?: (name: string) => Promise<void>;
}

/** SPEC 12.2: reads the source once, hashes and seals it, and stores the blob whole or not at all. */
export async function sealItem(
  options: SealItemOptions,
): Promise<SealedItem | Refusal<"item-changed" | "item-too-large">> {
  const { backend, blobs, hashers } = options;
  const writer = await blobs.create(options.announce && { announce: options.announce });
  try {
    const salt = backend.randomBytes(SALT_SIZE_BYTES);
    const hasher = hashers.create();
    const written = await writeSealed(options, { writer, hasher, salt });
    if (isRefusal(written)) {
      await writer.abort();
      return written;
    }
    const digest = await hasher.digest();
    const blob = await writer.commit();
    const file = { digest, size_bytes: written };
    return { ...blob, file, salt, commit: commitToFile(backend, salt, file) };
  } catch (fault) {
    await writer.abort();
    throw fault;
  }
}

/** The content, then padding and trailer. Answers the content's size. */
async function writeSealed(
  { backend, recipients, source, declaredSize, sizeLimit, onProgress }: SealItemOptions,
  {
    writer,
    hasher,
    salt,
  }: { readonly writer: BlobWriter; readonly hasher: Hasher; readonly salt: Uint8Array },
): Promise<number | Refusal<"item-changed" | "item-too-large">> {
  const sealer = createChunkSealer(backend, recipients);
  await writer.write(sealer.head);
  await using lanes = new SealLanes(writer, hasher, sealer.sealChunk);
  let size = 0;
  for await (const bytes of source) {
    size += bytes.length;
    if (size > sizeLimit) return refuse("item-too-large", { limit: sizeLimit });
    if (declaredSize !== undefined && size > declaredSize)
      return refuse("item-changed", { declared: declaredSize });
    await lanes.add(bytes, "content");
    onProgress?.(size);
  }
  if (declaredSize !== undefined && size !== declaredSize)
    return refuse("item-changed", { declared: declaredSize, read: size });
  for (let zeros = itemPlaintextSize(size) - size - TRAILER_SIZE_BYTES; zeros > 0; zeros -= BLOCK_SIZE_BYTES)
    await lanes.add(new Uint8Array(Math.min(zeros, BLOCK_SIZE_BYTES)), "padding");
  await lanes.add(concatBytes(salt, u64be(size)), "padding");
  await lanes.end();
  return size;
}

/** A block of plaintext and what it becomes, in memory that a hashing thread shares. */
interface Lane {
  readonly plain: Uint8Array;
  readonly sealed: Uint8Array;
  /** Ends when nobody reads the memory any more. */
  busy: Promise<unknown>;
}

/** One is filled while one is hashed and one is written. */
const LANES = 3;

/** Cuts a stream into blocks of chunks; the last chunk is known as such only at the end. */
class SealLanes implements AsyncDisposable {
  readonly #writer: BlobWriter;
  readonly #hasher: Hasher;
  readonly #seal: ChunkSealer["sealChunk"];
  readonly #lanes: readonly Lane[] = Array.from({ length: LANES }, () => ({
    plain: new Uint8Array(new SharedArrayBuffer(BLOCK_SIZE_BYTES)),
    sealed: new Uint8Array(new SharedArrayBuffer(CHUNKS_TOGETHER * SEALED_CHUNK_SIZE_BYTES)),
    busy: Promise.resolve(),
  }));
  #turn = 0;
  #filled = 0;
  /** Of the filled bytes, those that are content: they alone are hashed. */
  #content = 0;

  constructor(writer: BlobWriter, hasher: Hasher, seal: ChunkSealer["sealChunk"]) {
    this.#writer = writer;
    this.#hasher = hasher;
    this.#seal = seal;
  }

  async add(bytes: Uint8Array, kind: "content" | "padding"): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      // A full block waits until more is known to follow: it may hold the last chunk.
      if (this.#filled === BLOCK_SIZE_BYTES) await this.#flush(false);
      const part = bytes.subarray(at, at + BLOCK_SIZE_BYTES - this.#filled);
      this.#lane.plain.set(part, this.#filled);
      this.#filled += part.length;
      if (kind === "content") this.#content += part.length;
      at += part.length;
    }
  }

  async end(): Promise<void> {
    await this.#flush(true);
    await Promise.all(this.#lanes.map(({ busy }) => busy));
  }

  /** Nobody may still read the memory, or write a file that is being removed, when a failed intake goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#lanes.map(({ busy }) => busy));
  }

  get #lane(): Lane {
    const lane = this.#lanes[this.#turn % LANES];
    if (lane === undefined) throw new RangeError("there is no lane");
    return lane;
  }

  async #flush(isEnd: boolean): Promise<void> {
    const lane = this.#lane;
    const filled = this.#filled;
    const hashed = this.#hasher.update(lane.plain.subarray(0, this.#content));
    let size = 0;
    for (let at = 0; at < filled; at += CHUNK_SIZE_BYTES) {
      const end = Math.min(at + CHUNK_SIZE_BYTES, filled);
      const next = size + end - at + TAG_SIZE_BYTES;
      this.#seal(lane.plain.subarray(at, end), isEnd && end === filled, lane.sealed.subarray(size, next));
      size = next;
    }
    lane.busy = Promise.all([hashed, this.#writer.write(lane.sealed.subarray(0, size))]);
    lane.busy.catch(() => undefined); // it is awaited before the lane is used again, and at the end
    this.#turn += 1;
    this.#filled = 0;
    this.#content = 0;
    await this.#lane.busy;
  }
}

/** What is known of a blob before its content is read. */
export interface OpenedItem {
  readonly contentSize: number;
  /**
   * Authentic bytes of the content. Throws `VaultFault` `altered` where the blob is not what was sealed. `onSalt` hears
   * the salt when all of it was read.
   */
  readonly content: (onSalt?: (salt: Uint8Array) => void) => AsyncIterable<Uint8Array>;
  /** Reads all of it for the 32 bytes behind it. Throws `VaultFault` as above. */
  readonly salt: () => Promise<Uint8Array>;
}

/** SPEC 12.1.6: opens a stored blob for the holder of one of the seeds. `contentSize` is what was recorded of it. */
export async function openSealedItem(options: {
  readonly backend: CryptoBackend;
  readonly blobs: BlobStore;
  readonly seeds: readonly Uint8Array[];
  readonly name: string;
  readonly contentSize: number;
}): Promise<OpenedItem | Refusal> {
  const { backend, blobs, seeds, name, contentSize } = options;
  const totalSize = await blobs.sizeOf(name);
  if (totalSize === undefined) throw new VaultFault("missing");
  const head = await readRange(blobs, name, 0, Math.min(totalSize, SEAL_HEAD_LIMIT_BYTES));
  const openAgain = (): ChunkOpener | Refusal => createChunkOpener(backend, seeds, { head, totalSize });
  const first = openAgain();
  if (isRefusal(first)) return first;
  if (first.plaintextSize !== itemPlaintextSize(contentSize)) return refuse("item-malformed");
  const plaintext = (): AsyncIterable<Uint8Array> => readPlaintext(blobs, name, totalSize, openAgain());
  return {
    contentSize,
    content: (onSalt = () => undefined) => contentOf(plaintext(), contentSize, onSalt),
    salt: async () => {
      let salt: Uint8Array = new Uint8Array(0);
      for await (const piece of contentOf(plaintext(), contentSize, (found) => (salt = found))) void piece;
      return salt;
    },
  };
}

async function readRange(blobs: BlobStore, name: string, from: number, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of blobs.read(name, { from, length })) parts.push(part);
  return concatBytes(...parts);
}

async function* readPlaintext(
  blobs: BlobStore,
  name: string,
  totalSize: number,
  opener: ChunkOpener | Refusal,
): AsyncGenerator<Uint8Array> {
  if (isRefusal(opener)) throw new VaultFault("altered");
  const from = opener.chunksOffset;
  let left = totalSize - from;
  for await (const sealed of inPieces(blobs.read(name, { from, length: left }), SEALED_CHUNK_SIZE_BYTES)) {
    left -= sealed.length;
    const chunk = opener.openChunk(sealed, left === 0);
    if (chunk === undefined) throw new VaultFault("altered");
    yield chunk;
  }
}

/** The content's bytes; behind them only zeros, a salt and the same length may stand (SPEC 12.1.3). */
async function* contentOf(
  plaintext: AsyncIterable<Uint8Array>,
  contentSize: number,
  onSalt: (salt: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const paddingEnd = itemPlaintextSize(contentSize) - TRAILER_SIZE_BYTES;
  const trailer = new Uint8Array(TRAILER_SIZE_BYTES);
  let at = 0;
  for await (const piece of plaintext) {
    const end = at + piece.length;
    if (at < contentSize) yield piece.subarray(0, contentSize - at);
    for (let i = Math.max(contentSize, at); i < Math.min(paddingEnd, end); i++)
      if (piece[i - at] !== 0) throw new VaultFault("altered");
    const tail = Math.max(paddingEnd, at);
    if (tail < end) trailer.set(piece.subarray(tail - at), tail - paddingEnd);
    at = end;
  }
  const length = Number(new DataView(trailer.buffer).getBigUint64(SALT_SIZE_BYTES));
  if (length !== contentSize) throw new VaultFault("altered");
  onSalt(trailer.slice(0, SALT_SIZE_BYTES));
}

/** Pieces of exactly `size` bytes, the last one shorter. No piece is copied that arrives whole. */
async function* inPieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const bytes of source) {
    let at = 0;
    if (rest.length > 0) {
      at = Math.min(size - rest.length, bytes.length);
      rest = concatBytes(rest, bytes.subarray(0, at));
      if (rest.length < size) continue;
      yield rest;
      rest = new Uint8Array(0);
    }
    for (; at + size <= bytes.length; at += size) yield bytes.subarray(at, at + size);
    rest = bytes.slice(at);
  }
  if (rest.length > 0) yield rest;
}
