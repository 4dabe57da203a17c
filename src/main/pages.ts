/**
 * The files of the node's own page, read once at start: a missing one is a broken installation and stops it.
 *
 * Its scripts are served from their source by the runtime's own type stripping, as everything here runs unbuilt.
 */
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { utf8, utf8ToText } from "#parley/codec/bytes.ts";

/** As the HTTP door serves them, by address. */
export type Pages = ReadonlyMap<string, { readonly type: string; readonly bytes: Uint8Array }>;

const FOLDER = new URL("../web/sign-in/", import.meta.url);
const FILES: readonly (readonly [address: string, file: string, type: string])[] = [
  ["/sign-in/", "index.html", "text/html; charset=utf-8"],
  ["/sign-in/page.css", "page.css", "text/css; charset=utf-8"],
  ...["main.ts", "elements.ts", "shown.ts", "words.ts"].map(
    (file) => [`/sign-in/${file}`, file, "text/javascript; charset=utf-8"] as const,
  ),
  ...["en", "ar", "ru"].map(
    (lang) => [`/sign-in/phrases/${lang}.json`, `phrases/${lang}.json`, "application/json"] as const,
  ),
];

export async function readPages(): Promise<Pages> {
  const pages = FILES.map(async ([address, file, type]) => {
    const bytes = await readFile(fileURLToPath(new URL(file, FOLDER)));
    return [address, { type, bytes: file.endsWith(".ts") ? withoutTypes(bytes) : bytes }] as const;
  });
  return new Map(await Promise.all(pages));
}

/** The runtime is one pinned version: its warning that this function may change in another says nothing here. */
export function withoutTypes(source: Uint8Array): Uint8Array {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return utf8(stripTypeScriptTypes(utf8ToText(source) ?? ""));
  } finally {
    process.emitWarning = emitWarning;
  }
}
