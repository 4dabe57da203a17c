/**
 * What was established, on the page: the verdict in words and a sign, why, the parties, their feeds, notes, the story.
 *
 * Every sentence is one of the report's own (SPEC 7.4, 8.7). It judges nothing; a reason that the lines above it
 * already gave is not repeated.
 */
import { lookUpCode } from "#parley/transcript/catalogue.ts";
import type { Refusal } from "#parley/codec/refusal.ts";
import type { Phrase } from "#parley/protocols/phrase-arguments.ts";
import type { SaidMessage } from "#parley/transcript/open-one.ts";
import { refusalPhrase, reportPhrases, type ReportPhrases } from "#parley/transcript/render.ts";
import type { TranscriptReport } from "#parley/transcript/report.ts";
import type { Story } from "#parley/transcript/story.ts";
import { el, icon, token, type Child, type Speaker } from "./dom.ts";
import type { Outcome } from "./outcome.ts";
import { messageRows, sideOf, storySection } from "./story-view.ts";

const GOOD = ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z", "m8 12.5 2.8 2.8L16.2 9.5"];
const PARTIAL = ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z", "M8 12h8"];
const BAD = ["M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3L8.3 3Z", "m9 9 6 6", "m15 9-6 6"];

const SIGNS: Readonly<Record<string, { readonly tone: string; readonly paths: readonly string[] }>> = {
  complete: { tone: "good", paths: GOOD },
  said: { tone: "good", paths: GOOD },
  incomplete: { tone: "warn", paths: PARTIAL },
  failed: { tone: "bad", paths: BAD },
  refused: { tone: "bad", paths: BAD },
};

export function resultView(outcome: Outcome, speaker: Speaker): HTMLElement {
  if (outcome.kind === "report") return reportView(outcome.report, outcome.story, speaker);
  if (outcome.kind === "said") return saidView(outcome.said, speaker);
  return refusedView(outcome.refusal, speaker);
}

function reportView(report: TranscriptReport, story: Story, speaker: Speaker): HTMLElement {
  const { sayPhrase } = speaker;
  const all = reportPhrases(report, { book: speaker.book, lang: speaker.lang });
  const why = whyItems(report, all, speaker);
  return el(
    "div",
    { class: "result" },
    verdictView(report.verdict, speaker, [
      line("p", sayPhrase(all.verdict), "verdict-sentence"),
      ...(why.length === 0 ? [] : [el("ul", { class: "why plain" }, ...why)]),
      line("p", sayPhrase(all.signatures), "quiet"),
    ]),
    el(
      "div",
      { class: "columns" },
      storySection(report, story, speaker),
      ...(report.parties.length === 0 && all.warnings.length === 0 ? [] : [asideView(report, all, speaker)]),
    ),
  );
}

/** First bad entries, faults of the file, forks; then what else is missing. */
function whyItems(report: TranscriptReport, all: ReportPhrases, speaker: Speaker): readonly HTMLElement[] {
  const firsts = report.feeds.flatMap(({ first_bad }) => first_bad ?? []);
  const told = new Set([
    ...report.faults.map(({ code }) => ` ${code}`),
    ...report.feeds.map(({ feed, first_bad }) => `${feed} ${first_bad?.code ?? ""}`),
  ]);
  const others = report.reasons.flatMap(({ code, feed = "" }, at) => {
    const phrase = all.reasons[at];
    return phrase === undefined || told.has(`${feed} ${code}`) ? [] : [{ phrase, code }];
  });
  return [
    ...all.bad.map((phrase, at) => whyItem(phrase, firsts[at]?.code, speaker)),
    ...all.faults.map((phrase, at) => whyItem(phrase, report.faults[at]?.code, speaker)),
    ...all.forks.map((phrase) => whyItem(phrase, undefined, speaker)),
    ...others.map(({ phrase, code }) => whyItem(phrase, code, speaker)),
  ];
}

function whyItem(phrase: Phrase, code: string | undefined, speaker: Speaker): HTMLElement {
  const sentence = line("span", speaker.sayPhrase(phrase));
  return el("li", {}, sentence, ...(code === undefined ? [] : [codeView(code, speaker)]));
}

/** For whoever looks it up in the specification. */
function codeView(code: string, { say }: Speaker): HTMLElement {
  const clause = lookUpCode(code)?.clause;
  const where: readonly Child[] = clause === undefined ? [] : [" ", say("verifier.clause", { path: clause })];
  return el("span", { class: "code" }, token(code), ...where);
}

function asideView(report: TranscriptReport, all: ReportPhrases, speaker: Speaker): HTMLElement {
  const { say, sayPhrase } = speaker;
  const lines = (phrases: readonly Phrase[]): readonly HTMLElement[] =>
    phrases.map((one) => line("li", sayPhrase(one)));
  const group = (key: string, ...children: readonly Child[]): HTMLElement =>
    el("section", { "aria-labelledby": key }, el("h2", { id: key }, say(`verifier.${key}`)), ...children);
  const list = (phrases: readonly Phrase[]): HTMLElement => el("ul", { class: "plain" }, ...lines(phrases));
  const feeds = all.feeds.map(({ feed, lines: own }) =>
    el("ul", { class: `plain feed ${sideOf(report, feed)}` }, ...lines(own)),
  );
  return el(
    "aside",
    { class: "panel facts" },
    ...(all.head.length === 0 ? [] : [group("about", list(all.head))]),
    ...(all.parties.length === 0 ? [] : [group("parties", list(all.parties))]),
    ...(feeds.length === 0 ? [] : [group("feeds", ...feeds)]),
    ...(all.warnings.length === 0 ? [] : [group("notes", list(all.warnings))]),
  );
}

function saidView(said: SaidMessage, speaker: Speaker): HTMLElement {
  const { say } = speaker;
  const { name: party, handle, seq, size: last, channel: id, message } = said;
  const heading = el("h2", { id: "written" }, say("verifier.written"));
  return el(
    "div",
    { class: "result" },
    verdictView("said", speaker, [
      line("p", say("verifier.one", { party, handle, seq, last }), "verdict-sentence"),
      line("p", say("verifier.channel", { id })),
      line("p", say("verifier.one_limits"), "quiet"),
    ]),
    el("section", { class: "panel", "aria-labelledby": "written" }, heading, messageRows(message, speaker)),
  );
}

function refusedView({ code }: Refusal, speaker: Speaker): HTMLElement {
  const sentence = speaker.sayPhrase(refusalPhrase({ book: speaker.book, lang: speaker.lang }, code));
  return el(
    "div",
    { class: "result" },
    verdictView("refused", speaker, [line("p", sentence, "verdict-sentence"), codeView(code, speaker)]),
  );
}

/** Takes the focus when it appears, so that a reader of the screen hears it first. */
function verdictView(verdict: string, { say }: Speaker, children: readonly Child[]): HTMLElement {
  const { tone, paths } = SIGNS[verdict] ?? { tone: "bad", paths: BAD };
  return el(
    "section",
    {
      class: `verdict ${tone}`,
      id: "verdict",
      tabindex: "-1",
      "aria-labelledby": "verdict-word",
      "data-verdict": verdict,
    },
    icon(...paths),
    el("div", {}, el("h2", { id: "verdict-word" }, say(`verifier.verdict.${verdict}`)), ...children),
  );
}

function line(name: "li" | "p" | "span", sentence: Node, className?: string): HTMLElement {
  return el(name, { class: className, "data-line": true }, sentence);
}
