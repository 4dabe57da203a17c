/** A JSON file as a person writes it: white space and any order of keys are welcome; the node judges what it holds. */
import { utf8ToText } from "#parley/codec/bytes.ts";
import type { Json } from "#parley/codec/json.ts";
import { MESSAGE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { readUpTo } from "./files.ts";
import type { CliPorts } from "./ports.ts";

/** Undefined when it is no JSON, holds a `null`, or is larger than a message may be. */
export async function readJsonFile(ports: CliPorts, path: string): Promise<Json | undefined> {
  const bytes = await readUpTo(ports, path, MESSAGE_SIZE_LIMIT_BYTES);
  if (bytes.length > MESSAGE_SIZE_LIMIT_BYTES) return undefined;
  try {
    const value = JSON.parse(utf8ToText(bytes) ?? "") as Json | null;
    return value ?? undefined;
  } catch {
    return undefined;
  }
}
