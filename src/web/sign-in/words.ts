/// <reference lib="dom" />
/** The words of the node's own page, of the phrasebook in the language that was chosen. */
import { element, object } from "./elements.ts";

export const LANGUAGES = { en: "English", ar: "العربية", ru: "Русский" } as const;
export type Language = keyof typeof LANGUAGES;

/** The language now, and its phrasebook. */
export const speech = { language: chosenLanguage(), words: new Map<string, string>() };

export function say(key: string, facts: Readonly<Record<string, string>> = {}): string {
  const sentence = speech.words.get(key) ?? key;
  return sentence.replace(/\{([a-z]+)\}/g, (_, name: string) => facts[name] ?? "");
}

export function chosenLanguage(): Language {
  for (const tag of navigator.languages) {
    const found = languageOf(tag.toLowerCase().split("-", 1)[0] ?? "");
    if (found !== undefined) return found;
  }
  return "en";
}

export function languageOf(text: string): Language | undefined {
  return text === "en" || text === "ar" || text === "ru" ? text : undefined;
}

export async function loadWords(): Promise<void> {
  const answer = await fetch(`phrases/${speech.language}.json`);
  const value: unknown = await answer.json();
  speech.words = new Map(Object.entries(object(value)).map(([key, text]) => [key, String(text)]));
}

export function choice(id: string, values: readonly string[], words: string): HTMLSelectElement {
  const select = element("select", { id });
  for (const one of values) select.append(element("option", { value: one }, say(`${words}.${one}`)));
  return select;
}
