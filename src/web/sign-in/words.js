/* oxlint-disable -- made by tools/build-sign-in.ts from its .ts */
/** The words of the node's own page, of the phrasebook in the language that was chosen. */
import { element, object } from "./elements.js";
export const LANGUAGES = { en: "English", ar: "العربية", ru: "Русский" };
/** The language now, and its phrasebook. */
export const speech = { language: chosenLanguage(), words: new Map() };
export function say(key, facts = {}) {
  const sentence = speech.words.get(key) ?? key;
  return sentence.replace(/\{([a-z]+)\}/g, (_, name) => facts[name] ?? "");
}
export function chosenLanguage() {
  for (const tag of navigator.languages) {
    const found = languageOf(tag.toLowerCase().split("-", 1)[0] ?? "");
    if (found !== undefined) return found;
  }
  return "en";
}
export function languageOf(text) {
  return text === "en" || text === "ar" || text === "ru" ? text : undefined;
}
export async function loadWords() {
  const answer = await fetch(`phrases/${speech.language}.json`);
  const value = await answer.json();
  speech.words = new Map(Object.entries(object(value)).map(([key, text]) => [key, String(text)]));
}
export function choice(id, values, words) {
  const select = element("select", { id });
  for (const one of values) select.append(element("option", { value: one }, say(`${words}.${one}`)));
  return select;
}
