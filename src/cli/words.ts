/**
 * The words of the command line, in three languages: every sentence a person reads comes from `phrases/`,
 * and what is said about records, messages and refusals from the phrasebook that every door shares.
 *
 * Arguments are escaped here, so that no value of others reaches a terminal raw; in Arabic each is isolated, so that
 * an address does not turn the line around it. Numbers stand after a colon: no phrase here needs a plural.
 */
import ar from "./phrases/ar.json" with { type: "json" };
import en from "./phrases/en.json" with { type: "json" };
import ru from "./phrases/ru.json" with { type: "json" };
import { formatPhrase, parsePhrase, renderText, type Sentence } from "#parley/protocols/phrase-format.ts";
import { createPhrasebook, type Phrasebook } from "#parley/transcript/phrasebook.ts";
import { escapeUntrusted } from "./safe-text.ts";

export const LANGUAGES = ["en", "ar", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Words {
  readonly lang: Language;
  /** Throws for a key that the phrasebook lacks: that is a bug. */
  readonly say: (key: string, args?: Readonly<Record<string, string | number>>) => string;
  /** Sentences about messages, cases, reports and refusals. */
  readonly book: Phrasebook;
  /** The sentence of a refusal code, if there is one. */
  readonly refusal: (code: string) => string | undefined;
}

const PHRASES: Readonly<Record<Language, Readonly<Record<string, string>>>> = { ar, en, ru };

export function createWords(lang: Language): Words {
  const phrases = new Map(Object.entries(PHRASES[lang]));
  const sentences = new Map<string, Sentence>();
  const sentenceOf = (key: string): Sentence => {
    const known = sentences.get(key);
    if (known !== undefined) return known;
    const phrase = phrases.get(key);
    if (phrase === undefined) throw new Error(`the phrasebook of the command line lacks ${key}`);
    const sentence = parsePhrase(phrase);
    sentences.set(key, sentence);
    return sentence;
  };
  const say: Words["say"] = (key, args = {}) => {
    const values = Object.entries(args).map(([name, raw]) => {
      const part = {
        kind: "arg",
        value: escapeUntrusted(String(raw)),
        direction: "auto",
        token: false,
      } as const;
      return [name, { raw, parts: [part] }] as const;
    });
    return renderText(formatPhrase(lang, sentenceOf(key), Object.fromEntries(values)), {
      isolate: lang === "ar",
    });
  };
  const book = createPhrasebook();
  const refusal = (code: string): string | undefined => {
    const key = `refusal.${code}`;
    if (phrases.has(key)) return say(key);
    return book.has(lang, key) ? book.text(lang, key, {}, { isolate: lang === "ar" }) : undefined;
  };
  return { lang, say, book, refusal };
}

export function toLanguage(text: string | undefined): Language {
  return LANGUAGES.find((lang) => lang === text) ?? "en";
}
