/** A thread that hashes: takes pieces of many streams, each under its number, and says when a piece was taken. */
import { createHash, type Hash } from "node:crypto";
import { parentPort } from "node:worker_threads";

export type HashOrder =
  | { readonly kind: "update"; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: "digest"; readonly stream: number };

/** In the order of the orders: `digest` is base64url. */
export interface HashAnswer {
  readonly stream: number;
  readonly digest?: string;
}

const streams = new Map<number, Hash>();

parentPort?.on("message", (order: HashOrder) => {
  const { stream } = order;
  const hash = streams.get(stream) ?? createHash("sha256");
  if (order.kind === "update") {
    streams.set(stream, hash.update(order.bytes));
    parentPort?.postMessage({ stream } satisfies HashAnswer);
    return;
  }
  streams.delete(stream);
  parentPort?.postMessage({ stream, digest: hash.digest("base64url") } satisfies HashAnswer);
});
