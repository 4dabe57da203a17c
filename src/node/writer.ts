/**
 * The writer of one channel (SPEC 6.5.1): what was released queues here and is said in natural batches.
 *
 * While one flush runs (seal, sign, make durable, send), new sayings queue; the next flush takes them all, up to the
 * limits of one bundle. Idle means a batch of one without delay; under load batches grow by themselves.
 */
import type { Released } from "#parley/gate/release.ts";
import { FLUSH_ENTRIES_LIMIT, FLUSH_SIZE_LIMIT_BYTES, type ChannelRecord, type HeldEntry } from "./record.ts";

interface Waiting {
  readonly released: Released;
  readonly resolve: (entry: HeldEntry) => void;
  readonly reject: (cause: unknown) => void;
}

/** Sayings that may wait at once in one channel; more is back-pressure to the caller (threats.md 9). */
export const QUEUE_LIMIT = 65_536;

export class QueueFull extends Error {
  constructor() {
    super("too many sayings wait in this channel");
    this.name = "QueueFull";
  }
}

export class ChannelWriter {
  readonly #record: ChannelRecord;
  /** Runs after each durable flush and is awaited: the send that belongs to the flush. */
  readonly #afterFlush: () => Promise<void>;
  readonly #queue: Waiting[] = [];
  #running = false;

  constructor(record: ChannelRecord, afterFlush: () => Promise<void>) {
    this.#record = record;
    this.#afterFlush = afterFlush;
  }

  /** Resolves when the entry is said and durable; delivery is the outbox's. Rejects if it could not be made durable. */
  say(released: Released): Promise<HeldEntry> {
    if (this.#queue.length >= QUEUE_LIMIT) return Promise.reject(new QueueFull());
    return new Promise((resolve, reject) => {
      this.#queue.push({ released, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // One turn of the event loop lets callers that speak in the same moment share a batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        const held = await this.#record.exclusively(() =>
          this.#record.say(batch.map(({ released: { kind, message } }) => ({ kind, message }))),
        );
        batch.forEach(({ resolve, reject }, i) => {
          const entry = held[i];
          if (entry === undefined) reject(new Error("a flush returned fewer entries than it was given"));
          else resolve(entry);
        });
        await this.#afterFlush();
      } catch (cause) {
        for (const { reject } of batch) reject(cause);
      }
    }
    this.#running = false;
  }

  #takeBatch(): readonly Waiting[] {
    let size = 0;
    let count = 0;
    for (const { released } of this.#queue) {
      size += released.message.length;
      if (count > 0 && (count === FLUSH_ENTRIES_LIMIT || size > FLUSH_SIZE_LIMIT_BYTES)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }
}
