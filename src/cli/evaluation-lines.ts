/**
 * What an evaluation says, in the sentences that every door shares (SPEC 10.7): the level, for which asks it is enough,
 * what is missing for the others, and why.
 */
import { enoughFor, type Evaluation } from "#parley/protocols/evidence/index.ts";
import type { PhraseArguments } from "#parley/protocols/phrase-arguments.ts";
import type { Words } from "./words.ts";

export function evaluationLines(evaluation: Evaluation, { book, lang }: Words): readonly string[] {
  const say = (key: string, args: PhraseArguments = {}): string =>
    book.text(lang, key, args, { isolate: lang === "ar" });
  const enough = enoughFor(evaluation);
  const plain = enough.enoughFor.filter((one) => one.expiresAfterSeconds === undefined);
  const limited = enough.enoughFor.flatMap(({ ask, expiresAfterSeconds: duration }) =>
    duration === undefined ? [] : [{ ask_code: ask, duration }],
  );
  const reasons = new Set(evaluation.reasons.map(({ code }) => code));
  return [
    say("evidence.level", { level: evaluation.level }),
    ...(plain.length > 0 ? [say("evidence.enough", { asks: plain.map(({ ask }) => ask) })] : []),
    ...limited.map((args) => say("evidence.enough_limited", args)),
    ...enough.missingFor
      .filter(({ anyOf }) => anyOf.length > 0)
      .map(({ ask, anyOf }) =>
        say("evidence.missing", {
          ask_code: ask,
          count: anyOf.length,
          items: anyOf.map((group) => group.join("|")),
        }),
      ),
    ...(enough.alsoEnoughFor.length > 0 ? [say("evidence.also_enough", { asks: enough.alsoEnoughFor })] : []),
    ...[...reasons].map((code) => say(`evidence.reason.${code}`)),
    say("evidence.not_true"),
  ];
}
