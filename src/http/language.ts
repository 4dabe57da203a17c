/**
 * The language of an answer, by `Accept-Language` (RFC 9110 12.5.4): the best-weighted range whose primary subtag the
 * phrasebook has.
 *
 * A header that is absent, malformed or asks for other languages alone gives English: an answer is never refused for
 * its language. Ranges beyond the limit are not looked at.
 */
import type { Phrasebook } from "#parley/transcript/phrasebook.ts";

const DEFAULT_LANGUAGE = "en";
/** No browser sends more; a longer list is somebody's game. */
const RANGES_LIMIT = 32;
const RANGE =
  /^\s*(\*|[A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,64})?\s*(?:;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?$/;

/** Of ranges with the same weight the first counts; `*` is the default language; weight 0 is none. */
export function chooseLanguage({ langs }: Phrasebook, header: string | null | undefined): string {
  let best = { lang: DEFAULT_LANGUAGE, weight: 0 };
  for (const range of (header ?? "").split(",", RANGES_LIMIT)) {
    const [, subtag = "", weightText = "1"] = RANGE.exec(range) ?? [];
    const lang = subtag === "*" ? DEFAULT_LANGUAGE : subtag.toLowerCase();
    const weight = Number(weightText);
    if (weight > best.weight && langs.includes(lang)) best = { lang, weight };
  }
  return best.lang;
}
