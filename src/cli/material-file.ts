/** `--indicators FILE`: read, reported line by line where it could not be read, and never cut short silently. */
import { utf8ToText } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { ApiRefusal } from "./api.ts";
import type { Call } from "./command.ts";
import { readUpTo } from "./files.ts";
import { parseMaterial, type Material } from "#parley/intel/material.ts";
import { doorRefusal } from "./shown.ts";

/** A list of a hundred thousand indicators; more is an attachment. */
export const MATERIAL_SIZE_LIMIT_BYTES = 16 * 1_048_576;
/** Unread lines named one by one; the rest by their number. */
const UNREAD_SHOWN_LIMIT = 20;

export async function readMaterial(call: Call, path: string): Promise<Material> {
  const bytes = await readUpTo(call.ports, path, MATERIAL_SIZE_LIMIT_BYTES);
  const material = toMaterial(bytes);
  if (isRefusal(material)) throw new ApiRefusal(doorRefusal(material.code, material.facts));
  await report(call, material);
  return material;
}

function toMaterial(bytes: Uint8Array): Material | Refusal {
  if (bytes.length > MATERIAL_SIZE_LIMIT_BYTES)
    return refuse("material-too-large", { limit: MATERIAL_SIZE_LIMIT_BYTES });
  const text = utf8ToText(bytes);
  const material = text === undefined ? undefined : parseMaterial(text);
  if (material === undefined || material.indicators.length === 0)
    return refuse("material-empty", { unread: material?.unread.length ?? 0 });
  return material;
}

async function report({ out, words }: Call, { indicators, unread, repeated }: Material): Promise<void> {
  const facts = { indicators: indicators.length, repeated, unread: unread.length };
  await out.note(words.say("material.read", facts));
  for (const { line, reason } of unread.slice(0, UNREAD_SHOWN_LIMIT))
    await out.note(words.say("material.unread", { line, reason: words.say(`material.${reason}`) }));
  if (unread.length > UNREAD_SHOWN_LIMIT)
    await out.note(words.say("material.unread_more", { lines: unread.length - UNREAD_SHOWN_LIMIT }));
}
