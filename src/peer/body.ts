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
  // Written where it will stay, when its size was declared: memory that is not yet written to is not yet taken.
  const whole = declared === undefined ? undefined : Buffer.allocUnsafeSlow(declared);
  const chunks: Buffer[] = [];
  let size = 0;
  const iterator = message.iterator({ destroyOnReturn: false });
  for await (const chunk of iterator) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("a body is read as bytes");
    size += chunk.length;
    if (size > limits.sizeLimitBytes) return { kind: "too-large" };
    if (!limits.grow(chunk.length)) return { kind: "over-quota" };
    if (whole === undefined) chunks.push(chunk);
    else whole.set(chunk, size - chunk.length);
  }
  return { kind: "whole", bytes: whole?.subarray(0, size) ?? Buffer.concat(chunks, size) };
}
