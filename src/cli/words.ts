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
  /** The word `<list>.<code>` of the command line; a code without one is shown as it is, for `say` to escape. */
  readonly word: (list: string, code: string) => string;
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
  const word: Words["word"] = (list, code) =>
    phrases.has(`${list}.${code}`) ? say(`${list}.${code}`) : code;
  const book = createPhrasebook();
  const refusal = (code: string): string | undefined => {
    const key = `refusal.${code}`;
    if (phrases.has(key)) return say(key);
    return book.has(lang, key) ? book.text(lang, key, {}, { isolate: lang === "ar" }) : undefined;
  };
  return { lang, say, word, book, refusal };
}

/** `--lang` alone, or the environment: Parley's own variable, then the locale in the order of POSIX. */
export function chooseLanguage(
  named: string | undefined,
  env: (name: string) => string | undefined,
): Language {
  if (named !== undefined) return toLanguage(named);
  const values = LANGUAGE_VARIABLES.map((name) => env(name) ?? "");
  return toLanguage(values.find((value) => value !== "") ?? "");
}

export const LANGUAGE_VARIABLES = ["PARLEY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"] as const;

/** `ru`, `ru-RU`, `ru_RU.UTF-8`; English where it is none of ours (`C`, `POSIX`, another language). */
function toLanguage(text: string): Language {
  const [subtag] = text.toLowerCase().split(/[-_.@]/);
  return LANGUAGES.find((lang) => lang === subtag) ?? "en";
}
