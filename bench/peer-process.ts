/** A node in a process of its own, driven by its parent: the other half of `messages`, `latency` and `memory`. */
import { utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { releaseRecord } from "#parley/gate/release.ts";
import { letHeapGrow } from "../src/main/heap.ts";
import { startNode } from "../src/main/start-node.ts";
import type { Person } from "#parley/node/house.ts";
import type { LiveChannel } from "#parley/node/core.ts";
import type { Answer, Order } from "./two-processes.ts";

letHeapGrow();
const [dataDirectory = ""] = process.argv.slice(2);
const running = await startNode({
  dataDirectory,
  backend: createNodeBackend(),
  clock: () => Date.now() / 1000 - ((Date.now() / 1000) % 1),
  log: () => undefined,
});
const { node } = running;

process.on("message", (order: Order) => {
  void obey(order).then(
    (answer) => process.send?.(answer),
    (fault: unknown) => process.send?.({ kind: "fault", text: String(fault) } satisfies Answer),
  );
});
process.send?.({ kind: "ready" } satisfies Answer);

async function obey(order: Order): Promise<Answer> {
  switch (order.kind) {
    case "pair": {
      const chain = Uint8Array.from(Buffer.from(order.chain, "base64"));
      const paired = await node.pair(personIn("watch"), { chain, typed: order.digits, medium: "phone" });
      return isRefusal(paired) ? { kind: "fault", text: paired.code } : { kind: "done" };
    }
    case "offer": {
      const channel = await node.offer(personIn("principal"), { party: order.party });
      return isRefusal(channel)
        ? { kind: "fault", text: channel.code }
        : { kind: "channel", channel: channel.id };
    }
    case "accept": {
      const channel = await node.acceptOffer(personIn("principal"), order.channel);
      return isRefusal(channel) ? { kind: "fault", text: channel.code } : { kind: "done" };
    }
    case "inForce": {
      const channel = node.channel(order.channel);
      return { kind: "inForce", inForce: channel !== undefined && node.isInForce(channel) };
    }
    case "say":
      return say(order.channel, order.messages, order.inFlight, order.sizeBytes);
    case "usage": {
      const { user, system } = process.cpuUsage();
      return { kind: "usage", cpuMs: (user + system) / 1000 };
    }
    case "memory": {
      const peakMb = process.resourceUsage().maxRSS / 1024;
      globalThis.gc?.();
      return { kind: "memory", rssMb: process.memoryUsage().rss / 1_048_576, peakMb };
    }
    case "stop":
      await running[Symbol.asyncDispose]();
      setImmediate(() => process.disconnect()); // after this answer is sent
      return { kind: "done" };
  }
}

/** `heartbeat` entries of the wanted size: the record's own cost, without what people and casework add. */
async function say(id: string, messages: number, inFlight: number, sizeBytes: number): Promise<Answer> {
  const channel = node.channel(id);
  if (channel === undefined) return { kind: "fault", text: "no channel" };
  const message = utf8(`{"pad":"${"x".repeat(sizeBytes - 10)}"}`);
  const delivered = deliveryWaiter(channel);
  const latencies: number[] = [];
  let next = 0;
  const start = performance.now();
  const speak = async (): Promise<void> => {
    while (next++ < messages) {
      const began = performance.now();
      const held = await node.core.say(channel, releaseRecord(id, "heartbeat", message));
      await delivered(held.stored.seq + 1);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, speak));
  return { kind: "said", wallMs: performance.now() - start, latenciesMs: latencies };
}

/** Resolves when the other party's receipt covers a size. */
function deliveryWaiter(channel: LiveChannel): (size: number) => Promise<void> {
  const waiting: { readonly size: number; readonly resolve: () => void }[] = [];
  node.subscribe((event) => {
    if (event.type !== "receipt" || event.channel !== channel.id || event.feed !== node.core.me) return;
    for (let i = waiting.length - 1; i >= 0; i--) {
      const one = waiting[i];
      if (one === undefined || one.size > event.size) continue;
      waiting.splice(i, 1);
      one.resolve();
    }
  });
  return (size) => {
    const receipted = [...channel.outboxes.values()].every((outbox) => outbox.receipted >= size);
    return receipted ? Promise.resolve() : new Promise((resolve) => waiting.push({ size, resolve }));
  };
}

function personIn(role: "watch" | "principal"): Person {
  for (const person of node.core.house.state.people.values()) if (person.roles.includes(role)) return person;
  throw new Error(`nobody is ${role}`);
}
