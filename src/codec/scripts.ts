/**
 * Words that mix alphabets whose letters look alike (SPEC 8.7.5, threats.md 8): a Cyrillic а among Latin letters reads
 * as a name that it is not.
 *
 * It deliberately does not judge whole words of one alphabet, however much they look like words of another: they may be
 * what somebody meant, and no list of look-alikes is ever whole.
 */

/** ISO 15924 names. Alphabets with letters that screens draw alike. */
const ALPHABETS = [
  ["Latn", /\p{Script=Latin}/u],
  ["Cyrl", /\p{Script=Cyrillic}/u],
  ["Grek", /\p{Script=Greek}/u],
  ["Armn", /\p{Script=Armenian}/u],
  ["Cher", /\p{Script=Cherokee}/u],
] as const;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

export interface MixedWord {
  readonly word: string;
  /** Most letters first; of equal ones in the order of the standard's registry above. */
  readonly alphabets: readonly string[];
  /** The letters that are not of the first alphabet, each once. */
  readonly strangers: readonly string[];
}

export function findMixedWords(text: string): readonly MixedWord[] {
  return isAscii(text) ? [] : (text.match(WORD) ?? []).flatMap((word) => mixedWord(word) ?? []);
}

/** Each such word followed by a mark that names its alphabets: `раypal⟨Latn+Cyrl⟩`. Marking twice changes nothing. */
export function markMixedWords(text: string): string {
  if (isAscii(text)) return text;
  return text.replace(WORD, (word, at: number) => {
    const mixed = mixedWord(word);
    const mark = mixed && `⟨${mixed.alphabets.join("+")}⟩`;
    return mark === undefined || text.startsWith(mark, at + word.length) ? word : word + mark;
  });
}

function isAscii(text: string): boolean {
  return /^[\p{ASCII}]*$/u.test(text);
}

function mixedWord(word: string): MixedWord | undefined {
  if (isAscii(word)) return undefined;
  const letters = Array.from(word);
  const found = ALPHABETS.map(([name, pattern]) => ({
    name,
    letters: letters.filter((letter) => pattern.test(letter)),
  }))
    .filter((alphabet) => alphabet.letters.length > 0)
    .sort((a, b) => b.letters.length - a.letters.length);
  if (found.length < 2) return undefined;
  const strangers = new Set(found.slice(1).flatMap((alphabet) => alphabet.letters));
  return { word, alphabets: found.map(({ name }) => name), strangers: [...strangers] };
}
