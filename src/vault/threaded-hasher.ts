/**
 * SHA-256 on a thread of its own, so that hashing a large file runs beside sealing and writing it.
 *
 * Guarantees: a piece in shared memory is not copied, and `update` resolves when the thread has hashed it: its owner
 * may change it only then. Any other piece is copied into a slab that is used again and again, and is its owner's when
 * `update` resolves. Small streams are hashed where they are, and start no thread.
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

/** What a thread is handed at a time: a message for each smaller piece costs more than hashing it. */
const SLAB_SIZE_BYTES = 1_048_576;
/** Slabs kept for the next stream. */
const SLABS_KEPT = 4;

interface Waiting {
  readonly resolve: (digest: string) => void;
  readonly reject: (cause: unknown) => void;
}

class HashThread {
  readonly #worker: Worker;
  /** Answers come in the order of the orders. */
  readonly #waiting: Waiting[] = [];
  readonly #slabs: Uint8Array[] = [];
  #streams = 0;
  #fault: Error | undefined;

  constructor() {
    this.#worker = new Worker(new URL("./hash-thread.ts", import.meta.url));
    this.#worker.unref();
    this.#worker.on("message", ({ digest = "" }: HashAnswer) => {
      this.#waiting.shift()?.resolve(digest);
      if (this.#waiting.length === 0) this.#worker.unref();
    });
    this.#worker.on("error", (cause) => {
      this.#fault = new Error("the hashing thread ended", { cause });
      for (const { reject } of this.#waiting.splice(0)) reject(cause);
    });
  }

  begin(): HashStream {
    return new HashStream(this, this.#streams++);
  }

  order(order: HashOrder): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== undefined) {
        reject(this.#fault);
        return;
      }
      this.#worker.ref();
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(order);
    });
  }

  takeSlab(): Uint8Array {
    return this.#slabs.pop() ?? new Uint8Array(new SharedArrayBuffer(SLAB_SIZE_BYTES));
  }

  giveSlab(slab: Uint8Array): void {
    if (this.#slabs.length < SLABS_KEPT) this.#slabs.push(slab);
  }
}

/** Two slabs in turn: one is filled while the other is hashed. Shared memory goes to the thread as it is. */
class HashStream implements Hasher {
  readonly #thread: HashThread;
  readonly #stream: number;
  #slab: Uint8Array | undefined;
  #filled = 0;
  #queued = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** The slab before, and when the thread is done with it. */
  #other: { readonly slab: Uint8Array; readonly done: Promise<string> } | undefined;

  constructor(thread: HashThread, stream: number) {
    this.#thread = thread;
    this.#stream = stream;
  }

  /** Calls may overlap; their order is the order of bytes. */
  async update(bytes: Uint8Array): Promise<void> {
    if (bytes.buffer instanceof SharedArrayBuffer && this.#queued === 0 && this.#filled === 0) {
      await this.#hand(bytes); // at once: the thread hashes while the caller goes on
      return;
    }
    await this.#enqueue(() => this.#take(bytes));
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    this.#queued += 1;
    const done = this.#last.then(work);
    this.#last = done.then(() => void (this.#queued -= 1));
    this.#last.catch(() => undefined); // whoever comes next hears of it
    return done;
  }

  async #take(bytes: Uint8Array): Promise<void> {
    if (bytes.buffer instanceof SharedArrayBuffer) {
      await this.#flush();
      await this.#hand(bytes);
      return;
    }
    for (let at = 0; at < bytes.length;) {
      const slab = (this.#slab ??= this.#thread.takeSlab());
      const part = bytes.subarray(at, at + slab.length - this.#filled);
      slab.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === slab.length) await this.#flush();
    }
  }

  digest(): Promise<string> {
    return this.#enqueue(() => this.#end());
  }

  async #end(): Promise<string> {
    await this.#flush();
    const digest = await this.#thread.order({ kind: "digest", stream: this.#stream });
    for (const slab of [this.#slab, this.#other?.slab]) if (slab !== undefined) this.#thread.giveSlab(slab);
    this.#slab = undefined;
    this.#other = undefined;
    return digest;
  }

  /** Hands over what is filled, and goes on in the other slab when the thread has left it. */
  async #flush(): Promise<void> {
    if (this.#slab === undefined || this.#filled === 0) return;
    const slab = this.#slab;
    const done = this.#hand(slab.subarray(0, this.#filled));
    done.catch(() => undefined); // it is awaited before the slab is used again, and `digest` hears of it too
    this.#filled = 0;
    const before = this.#other;
    this.#other = { slab, done };
    this.#slab = undefined;
    await before?.done;
    this.#slab = before?.slab;
  }

  #hand(bytes: Uint8Array): Promise<string> {
    return this.#thread.order({ kind: "update", stream: this.#stream, bytes });
  }
}
