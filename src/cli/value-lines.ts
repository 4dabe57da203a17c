/**
 * Any answer of the API as indented `name: value` lines, for what has no sentences of its own.
 * Names and codes of the wire stay as they are; every text is escaped, so that none steers a terminal.
 */
import { entriesOf, type Value } from "./api.ts";
import { DONE, type Call } from "./command.ts";
import { escapeUntrusted } from "./safe-text.ts";

export async function printValue({ out }: Call, value: Value): Promise<number> {
  if (out.json) await out.value(value);
  else for (const line of valueToLines(value, "")) await out.line(line);
  return DONE;
}

export function* valueToLines(value: Value, indent: string): Generator<string> {
  for (const [key, inner] of entriesOf(value)) {
    const name = Array.isArray(value) ? "-" : `${escapeUntrusted(key)}:`;
    if (typeof inner === "object" && inner !== null) {
      if (entriesOf(inner).length === 0) continue;
      yield `${indent}${name}`;
      yield* valueToLines(inner, `${indent}  `);
    } else {
      yield `${indent}${name} ${escapeUntrusted(String(inner))}`;
    }
  }
}
