/** Files read up to a limit, lines read one by one: memory is bounded whatever the file is. */
import { concatBytes, utf8ToText } from "#parley/codec/bytes.ts";
import type { CliPorts } from "./ports.ts";

/** Enough to tell one kind of bundle from another. */
const START_SIZE_BYTES = 64;

/**
 * The whole file, or its first `limit + 1` bytes: one more than a parser takes, so that the parser itself refuses
 * what is too large. The limit may depend on how the file begins.
 */
export async function readUpTo(
  ports: CliPorts,
  path: string,
  limit: number | ((start: Uint8Array) => number),
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let limitBytes = typeof limit === "number" ? limit : undefined;
  for await (const chunk of ports.readFile(path)) {
    chunks.push(chunk);
    size += chunk.length;
    if (typeof limit === "function" && size >= START_SIZE_BYTES) limitBytes ??= limit(concatBytes(...chunks));
    if (limitBytes !== undefined && size > limitBytes) break;
  }
  const bytes = concatBytes(...chunks);
  return limitBytes !== undefined && size > limitBytes ? bytes.subarray(0, limitBytes + 1) : bytes;
}

/** A line of a file: its text, or why it has none. */
export type Line = { readonly text: string } | { readonly fault: "line-too-long" | "line-utf8" };

const LINE_FEED = 0x0a;

/** Lines in batches, one batch for each chunk; a last line without a line feed counts, an empty rest does not. */
export async function* readLines(
  ports: CliPorts,
  path: string,
  limitBytes: number,
): AsyncGenerator<readonly Line[]> {
  let held: Uint8Array[] = [];
  let size = 0;
  const keep = (part: Uint8Array): void => {
    size += part.length;
    if (size > limitBytes) held = [];
    else if (part.length > 0) held.push(part);
  };
  const take = (): Line => {
    const line = toLine(size > limitBytes ? undefined : concatBytes(...held));
    held = [];
    size = 0;
    return line;
  };
  for await (const chunk of ports.readFile(path)) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      keep(chunk.subarray(start, end));
      lines.push(take());
      start = end + 1;
    }
    keep(chunk.slice(start));
    yield lines;
  }
  if (size > 0) yield [take()];
}

function toLine(bytes: Uint8Array | undefined): Line {
  if (bytes === undefined) return { fault: "line-too-long" };
  const text = utf8ToText(bytes);
  return text === undefined ? { fault: "line-utf8" } : { text };
}
