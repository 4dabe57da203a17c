/**
 * SHA-256 on a thread of its own, so that hashing a large file runs beside sealing and writing it.
 *
 * Guarantees: `update` resolves when the thread has taken the piece, and a piece in shared memory is not copied: its
 * owner may change it only then. Small streams are hashed where they are, and start no thread.
 */
import { Worker } from "node:worker_threads";
import { INLINE_HASHERS, type Hasher, type HasherSource } from "./hasher.ts";
import type { HashAnswer, HashOrder } from "./hash-thread.ts";

/** A stream below this is hashed sooner than a thread starts. */
const INLINE_SIZE_LIMIT_BYTES = 4 * 1_048_576;

/** Starts its thread when the first large stream comes; the thread keeps no process alive. */
export function startHashers(): HasherSource {
  let thread: HashThread | undefined;
  return { create: () => new GrowingHasher(() => (thread ??= new HashThread())) };
}

/** Keeps what has come until it is known that the stream is large. */
class GrowingHasher implements Hasher {
  readonly #start: () => HashThread;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #stream: HashStream | undefined;

  constructor(start: () => HashThread) {
    this.#start = start;
  }

  async update(bytes: Uint8Array): Promise<void> {
    if (this.#stream !== undefined) return this.#stream.update(bytes);
    this.#size += bytes.length;
    this.#pieces.push(bytes.slice());
    if (this.#size < INLINE_SIZE_LIMIT_BYTES) return;
    const stream = (this.#stream = this.#start().begin());
    await Promise.all(this.#pieces.splice(0).map((piece) => stream.update(piece)));
  }

  async digest(): Promise<string> {
    if (this.#stream !== undefined) return this.#stream.digest();
    const hasher = INLINE_HASHERS.create();
    for (const piece of this.#pieces) await hasher.update(piece);
    return hasher.digest();
  }
}

type HashStream = Hasher;

interface Waiting {
  readonly resolve: (digest: string) => void;
  readonly reject: (cause: unknown) => void;
}

class HashThread {
  readonly #worker: Worker;
  /** Answers come in the order of the orders. */
  readonly #waiting: Waiting[] = [];
  #streams = 0;

  constructor() {
    this.#worker = new Worker(new URL("./hash-thread.ts", import.meta.url));
    this.#worker.unref();
    this.#worker.on("message", ({ digest = "" }: HashAnswer) => {
      this.#waiting.shift()?.resolve(digest);
      if (this.#waiting.length === 0) this.#worker.unref();
    });
    this.#worker.on("error", (cause) => {
      for (const { reject } of this.#waiting.splice(0)) reject(cause);
    });
  }

  begin(): HashStream {
    const stream = this.#streams++;
    return {
      update: async (bytes) => void (await this.#order({ kind: "update", stream, bytes })),
      digest: () => this.#order({ kind: "digest", stream }),
    };
  }

  #order(order: HashOrder): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#worker.ref();
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(order);
    });
  }
}
