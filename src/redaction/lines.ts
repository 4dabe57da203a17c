/** Lines and records of a byte stream, without decoding: one byte is one character, so nothing can change by itself. */
import { stop, type Source } from "./work.ts";

/** A line longer than this is no line. */
export const LINE_SIZE_LIMIT_BYTES = 1_048_576;
const LINE_FEED = 0x0a;

/** Bytes as text of the same length, and back. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function latin1ToBytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** A literal of a plan as it stands in UTF-8 bytes, one character for each. */
export function literal(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Lines with their line feed, in batches of one chunk; the last may have none. Text with zero bytes is none. */
export async function* linesOf(source: Source): AsyncGenerator<readonly string[]> {
  let rest = "";
  for await (const chunk of source) {
    if (chunk.includes(0)) stop("redaction-format", { what: "zero-byte" });
    const text = rest + latin1(chunk);
    const end = chunk.includes(LINE_FEED) ? text.lastIndexOf("\n") + 1 : 0;
    rest = text.slice(end);
    if (rest.length > LINE_SIZE_LIMIT_BYTES) stop("redaction-limit", { what: "line" });
    if (end > 0) yield text.slice(0, end).match(/[^\n]*\n/g) ?? [];
  }
  if (rest !== "") yield [rest];
}
