/**
 * Reads the body of a message into memory, never beyond its limit (threats.md 9).
 *
 * The answer to "too much" is a value, because it is the other side's doing; a connection that breaks is thrown.
 */
import type { IncomingMessage } from "node:http";

export interface BodyLimits {
  readonly sizeLimitBytes: number;
  /** Asked before bytes are kept; false ends the reading. */
  readonly grow: (bytes: number) => boolean;
}

export type Body =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  | { readonly kind: "over-quota" };

/** Undefined when it is absent; NaN when it is no number. */
export function declaredSize(message: IncomingMessage): number | undefined {
  const text = message.headers["content-length"];
  return text === undefined ? undefined : /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/** Leaves the rest of an unwanted body unread: the caller closes the connection. */
export async function readBody(message: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const declared = declaredSize(message);
  if (declared !== undefined && !(declared <= limits.sizeLimitBytes)) return { kind: "too-large" };
  const chunks: Buffer[] = [];
  let size = 0;
  const iterator = message.iterator({ destroyOnReturn: false });
  for await (const chunk of iterator) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("a body is read as bytes");
    size += chunk.length;
    if (size > limits.sizeLimitBytes) return { kind: "too-large" };
    if (!limits.grow(chunk.length)) return { kind: "over-quota" };
    chunks.push(chunk);
  }
  const [only] = chunks;
  return {
    kind: "whole",
    bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size),
  };
}
