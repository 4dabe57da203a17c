/**
 * The words of the page: the shared phrasebook with the page's own labels beside it, in three languages.
 *
 * Reports, stories and refusals read as they do everywhere else. It deliberately has no sentence about a record of
 * its own: the verdict on the page is the verdict of the command line.
 */
import { createPhrasebook, type Phrasebook } from "#parley/transcript/phrasebook.ts";
import { LANGUAGES as ROWS, type Catalogue } from "#parley/transcript/wording.ts";
import ar from "./phrases/ar.json" with { type: "json" };
import en from "./phrases/en.json" with { type: "json" };
import ru from "./phrases/ru.json" with { type: "json" };

export const LANGUAGES = ["en", "ar", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language in itself, as its readers look for it. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  ar: "العربية",
  ru: "Русский",
};

const LABELS: ReadonlyMap<string, Catalogue> = new Map([
  ["en", en],
  ["ar", ar],
  ["ru", ru],
]);

export function createVerifierBook(): Phrasebook {
  return createPhrasebook(
    ROWS.map((row) => ({ ...row, catalogues: [...row.catalogues, LABELS.get(row.lang) ?? {}] })),
  );
}

/** The first of the reader's languages that the page has; English if it has none. */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((lang) => lang === tag.toLowerCase().split("-", 1)[0]);
    if (found !== undefined) return found;
  }
  return "en";
}
