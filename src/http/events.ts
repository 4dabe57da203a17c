/**
 * Live updates (SPEC 11.3): what happened and where, never what was said.
 *
 * The log keeps the last events in a ring, so that a reader who comes back goes on where it was; one who stayed away
 * too long, or over a restart, is told to read again. A reader who does not keep up is let go: memory is bounded by
 * the ring and the number of readers, whatever anybody does.
 */
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { NodeEvent } from "#parley/node/core.ts";
import type { Person } from "#parley/node/house.ts";
import type { ParleyNode } from "#parley/node/node.ts";

export interface EventLimits {
  /** Events kept for those who come back. */
  readonly ring: number;
  readonly readers: number;
  /** Chunks that may wait for one reader. */
  readonly backlog: number;
  readonly heartbeatMs: number;
}

export const EVENT_LIMITS: EventLimits = { ring: 1_024, readers: 64, backlog: 2_048, heartbeatMs: 15_000 };

interface Reader {
  readonly person: Person;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

export class EventLog implements Disposable {
  readonly #node: ParleyNode;
  readonly #limits: EventLimits;
  /** Another start of the node counts from zero again; its ids must not be mistaken for these. */
  readonly #start: string;
  readonly #ring: { readonly id: number; readonly chunk: Uint8Array }[] = [];
  readonly #readers = new Set<Reader>();
  readonly #unsubscribe: () => void;
  readonly #heart: NodeJS.Timeout;
  #last = 0;

  constructor(node: ParleyNode, limits: EventLimits = EVENT_LIMITS) {
    this.#node = node;
    this.#limits = limits;
    this.#start = encodeBase64url(node.core.ports.backend.randomBytes(6));
    this.#unsubscribe = node.subscribe((event) => this.#take(event));
    this.#heart = setInterval(() => this.#beat(), limits.heartbeatMs);
    this.#heart.unref();
  }

  /** From the event after `lastEventId` on, or from now. */
  open(person: Person, lastEventId: string | undefined): ReadableStream<Uint8Array> | Refusal {
    if (this.#readers.size >= this.#limits.readers)
      return refuse("api-busy", { readers: this.#readers.size });
    const missed = this.#missedSince(lastEventId);
    let reader: Reader | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          reader = { person, controller };
          this.#readers.add(reader);
          // The first bytes tell a client, and whatever stands in between, that the stream is open.
          controller.enqueue(utf8(": open\n\n"));
          for (const chunk of missed) controller.enqueue(chunk);
        },
        cancel: () => {
          if (reader !== undefined) this.#readers.delete(reader);
        },
      },
      new CountQueuingStrategy({ highWaterMark: this.#limits.backlog }),
    );
  }

  /** How many streams are open. */
  get readers(): number {
    return this.#readers.size;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    clearInterval(this.#heart);
    for (const reader of this.#readers) this.#close(reader);
  }

  #take(event: NodeEvent): void {
    const id = ++this.#last;
    const chunk = utf8(`id: ${this.#start}.${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    this.#ring.push({ id, chunk });
    if (this.#ring.length > this.#limits.ring) this.#ring.shift();
    this.#send(chunk);
  }

  #beat(): void {
    this.#send(utf8(": beat\n\n"));
  }

  #send(chunk: Uint8Array): void {
    for (const reader of this.#readers) {
      const { desiredSize } = reader.controller;
      const isActive = this.#node.core.house.state.people.get(reader.person.officer)?.active === true;
      if (!isActive || desiredSize === null || desiredSize <= 0) this.#close(reader);
      else reader.controller.enqueue(chunk);
    }
  }

  #close(reader: Reader): void {
    this.#readers.delete(reader);
    try {
      reader.controller.close();
    } catch (error) {
      // The reader went away in the same turn: there is nothing left to close.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  #missedSince(lastEventId: string | undefined): readonly Uint8Array[] {
    if (lastEventId === undefined) return [];
    const [start, text = ""] = lastEventId.split(".");
    const last = /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
    const oldest = this.#last - this.#ring.length;
    if (start !== this.#start || last < oldest || last > this.#last) {
      return [utf8(`id: ${this.#start}.${this.#last}\nevent: reset\ndata: {"type":"reset"}\n\n`)];
    }
    return this.#ring.filter(({ id }) => id > last).map(({ chunk }) => chunk);
  }
}
