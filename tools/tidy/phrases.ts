/**
 * Phrases: every protocol says the same things in English, Arabic and Russian.
 *
 * Only presence is checked here: same keys, no empty value. Plural categories and arguments are the business of
 * the phrasebook's own tests. A phrasebook is a module or a JSON file of strings, nested or flat.
 */
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { filesBelow, readText, ROOT, type Finding, type Report } from "./sources.ts";

export const LANGUAGES = ["en", "ar", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Phrases by language: key path (`notice.open/title`) to sentence. */
export type Phrases = Readonly<Partial<Record<Language, ReadonlyMap<string, string>>>>;

/** Folders below `src/protocols/`. */
export function protocolFolders(): readonly string[] {
  const folders = filesBelow("src/protocols", [".ts"]).flatMap(
    (path) => path.split("/").slice(0, -1)[2] ?? [],
  );
  return [...new Set(folders)];
}

/** Undefined when the folder has no `phrases/` at all. */
export async function readPhrases(folder: string): Promise<Phrases | undefined> {
  const files = filesBelow(`${folder}/phrases`, [".ts", ".json"]);
  if (files.length === 0) return undefined;
  const phrases: Partial<Record<Language, ReadonlyMap<string, string>>> = {};
  for (const language of LANGUAGES) {
    const path = files.find((file) => /\/([a-z]+)\.(?:ts|json)$/.exec(file)?.[1] === language);
    if (path !== undefined) phrases[language] = new Map(flatten(await load(path), ""));
  }
  return phrases;
}

export function checkPhrases(folder: string, phrases: Phrases): Report {
  const findings: Finding[] = [];
  const keys = new Set(LANGUAGES.flatMap((language) => [...(phrases[language]?.keys() ?? [])]));
  for (const language of LANGUAGES) {
    const path = `${folder}/phrases/${language}`;
    const own = phrases[language];
    if (own === undefined || own.size === 0) {
      findings.push({ path, line: 1, says: `no phrases in ${language}` });
      continue;
    }
    for (const key of keys) {
      const sentence = own.get(key);
      if (sentence === undefined) findings.push({ path, line: 1, says: `${key} is missing in ${language}` });
      else if (sentence.trim() === "")
        findings.push({ path, line: 1, says: `${key} is empty in ${language}` });
    }
  }
  return { checked: keys.size, findings };
}

/** What a phrasebook exports; a lone export is the phrasebook itself, whatever it is called. */
async function load(path: string): Promise<unknown> {
  if (path.endsWith(".json")) return JSON.parse(readText(path)) as unknown;
  const module: unknown = await import(pathToFileURL(join(ROOT, path)).href);
  const values: readonly unknown[] =
    typeof module === "object" && module !== null ? Object.values(module) : [];
  return values.length === 1 ? values[0] : module;
}

function flatten(value: unknown, key: string): readonly (readonly [string, string])[] {
  if (typeof value === "string") return [[key, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: readonly [string, unknown]) =>
    flatten(inner, key === "" ? name : `${key}/${name}`),
  );
}
