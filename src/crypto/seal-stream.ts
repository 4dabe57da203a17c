/**
 * Sealing and opening chunk by chunk (SPEC 2.5): the age files that `seal.ts` makes, for what does not fit in memory.
 *
 * Guarantees: bytes in, bytes out, one chunk of 65,536 bytes at a time, in constant memory; each plaintext chunk that
 * `openChunk` gives is authentic and in its place. That the file ends there is known only with the chunk that was
 * opened as the last: whoever stops before has read a prefix, and must say so.
 * It deliberately does no I/O and holds no order of its own beyond the counter: the caller brings full chunks.
 */
import { STANZA_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { TAG_SIZE_BYTES, type CryptoBackend } from "./backend.ts";
import {
  CHUNK_SIZE_BYTES,
  headerSize,
  MAC_LINE_SIZE_BYTES,
  NONCE_SIZE_BYTES,
  parseHeader,
} from "./seal-header.ts";
import { beginOpen, beginSeal, nonceOf, type SealCode } from "./seal.ts";

export const SEALED_CHUNK_SIZE_BYTES: number = CHUNK_SIZE_BYTES + TAG_SIZE_BYTES;
/** SPEC 2.5.11: what must be read of a file before its chunks can be opened, at most. */
export const SEAL_HEAD_LIMIT_BYTES: number =
  headerSize(STANZA_LIMIT) + MAC_LINE_SIZE_BYTES + NONCE_SIZE_BYTES;

export interface ChunkSealer {
  /** Header, MAC line and nonce: the file begins with them. */
  readonly head: Uint8Array;
  /**
   * A full chunk, or with `isLast` one of 0 to 65,536 bytes, of which only a first one may be empty; into memory of
   * exactly 16 bytes more.
   */
  readonly sealChunk: (chunk: Uint8Array, isLast: boolean, target: Uint8Array) => void;
}

/** SPEC 2.5: recipients as for `seal`. A chunk of a wrong size, or one after the last, is a bug and throws. */
export function createChunkSealer(backend: CryptoBackend, recipients: readonly Uint8Array[]): ChunkSealer {
  const { head, payloadKey } = beginSeal(backend, recipients);
  const sealPiece = backend.chacha20poly1305.createSealer(payloadKey);
  let counter = 0;
  let ended = false;
  return {
    head,
    sealChunk: (chunk, isLast, target) => {
      if (ended) throw new RangeError("nothing follows the last chunk");
      const fits = isLast ? chunk.length > 0 || counter === 0 : chunk.length === CHUNK_SIZE_BYTES;
      if (!fits || chunk.length > CHUNK_SIZE_BYTES) throw new RangeError("a chunk has a fixed size");
      ended = isLast;
      sealPiece(nonceOf(counter++, isLast), chunk, target);
    },
  };
}

export interface ChunkOpener {
  /** Bytes of plaintext that the whole file has, as its size gives away. */
  readonly plaintextSize: number;
  /** Where the first chunk starts. */
  readonly chunksOffset: number;
  readonly stanzas: number;
  /** Undefined when the chunk is not authentic here: altered, moved, or not the last that it is said to be. */
  readonly openChunk: (chunk: Uint8Array, isLast: boolean) => Uint8Array | undefined;
}

/**
 * SPEC 2.5.9: `head` is the beginning of a file of `totalSize` bytes, `SEAL_HEAD_LIMIT_BYTES` of it or all. The first
 * of the seeds that opens it is taken.
 */
export function createChunkOpener(
  backend: CryptoBackend,
  seeds: readonly Uint8Array[],
  { head, totalSize }: { readonly head: Uint8Array; readonly totalSize: number },
): ChunkOpener | Refusal<SealCode> {
  const header = parseHeader(head, totalSize);
  if (isRefusal(header)) return header;
  const payloadKey = firstKey(seeds, (seed) => beginOpen(backend, seed, header, head));
  if (payloadKey === undefined) return refuse("cannot-open");
  let counter = 0;
  return {
    plaintextSize: header.plaintextSize,
    chunksOffset: header.payloadOffset + NONCE_SIZE_BYTES,
    stanzas: header.stanzas.length,
    openChunk: (chunk, isLast) =>
      backend.chacha20poly1305.open(payloadKey, nonceOf(counter++, isLast), chunk),
  };
}

function firstKey(
  seeds: readonly Uint8Array[],
  keyOf: (seed: Uint8Array) => Uint8Array | Refusal,
): Uint8Array | undefined {
  for (const seed of seeds) {
    const key = keyOf(seed);
    if (!isRefusal(key)) return key;
  }
  return undefined;
}
