/**
 * A verification in words (SPEC 7.4, 8.7): what was established, what is missing and what is wrong, in a language.
 *
 * Guarantees that only a complete record is called complete, and that a failed one names its first bad entry and the
 * cause. It adds nothing to the report and judges nothing; every line is one sentence or a few.
 */
import type { CaseView } from "#parley/casework/index.ts";
import type { Instant } from "#parley/codec/time.ts";
import { phrase, type Phrase, type PhraseArguments } from "#parley/protocols/phrase-arguments.ts";
import type { Phrasebook } from "./phrasebook.ts";
import type { Bracket, FeedFault, FeedReport, TranscriptReport } from "./report.ts";
import type { Story, StoryLine } from "./story.ts";

export interface Rendering {
  readonly book: Phrasebook;
  readonly lang: string;
  /** For text between other text; see `Phrasebook.text`. By default true. */
  readonly isolate?: boolean;
}

/** Why a code refuses, as a sentence; a code of a newer version is shown as it is. */
export function refusalPhrase({ book, lang }: Rendering, code: string): Phrase {
  const key = `refusal.${code}`;
  return book.has(lang, key) ? phrase(key) : phrase("refusal.unknown", { unknown_code: code });
}

/** Why an entry is void: the fixed reason of casework, a member's place, or the bare code. */
export function reasonPhrase({ book, lang }: Rendering, reason: string): Phrase {
  if (reason === "") return phrase("reason.schema_whole");
  if (reason.startsWith("/")) return phrase("reason.schema", { pointer: reason });
  const key = `reason.${reason}`;
  return book.has(lang, key) ? phrase(key) : phrase("refusal.unknown", { unknown_code: reason });
}

/** A report as phrases, in the groups in which a page lays them out; a list of lines is all of them in this order. */
export interface ReportPhrases {
  readonly verdict: Phrase;
  /** The first bad entry of each feed that has one. */
  readonly bad: readonly Phrase[];
  /** Of the file as a whole, one for each of `TranscriptReport.faults`. */
  readonly faults: readonly Phrase[];
  /** One for each of `TranscriptReport.reasons`. */
  readonly reasons: readonly Phrase[];
  readonly forks: readonly Phrase[];
  /** The channel and its export; then the parties. */
  readonly head: readonly Phrase[];
  readonly parties: readonly Phrase[];
  readonly feeds: readonly { readonly feed: string; readonly lines: readonly Phrase[] }[];
  readonly warnings: readonly Phrase[];
  readonly signatures: Phrase;
}

export function reportPhrases(report: TranscriptReport, rendering: Rendering): ReportPhrases {
  const handles = new Map(report.parties.map(({ party, handle }) => [party, handle]));
  const nameOf = (party: string): string => handles.get(party) ?? party;
  const refusal = (code: string) => [refusalPhrase(rendering, code)];
  return {
    verdict: phrase(`report.${report.verdict}`),
    bad: report.feeds.flatMap(({ feed, first_bad }) =>
      first_bad === undefined ? [] : [firstBad(nameOf(feed), first_bad, refusal(first_bad.code))],
    ),
    faults: report.faults.map(({ code }) => phrase("report.fault", { refusal: refusal(code) })),
    reasons: report.reasons.map(({ code, feed }) =>
      feed === undefined
        ? phrase("report.reason", { refusal: refusal(code) })
        : phrase("report.reason_feed", { party: nameOf(feed), refusal: refusal(code) }),
    ),
    forks: report.forks.map(({ feed }) => phrase("report.fork", { party: nameOf(feed) })),
    head: head(report, nameOf),
    parties: report.parties.map(({ name, handle, versions }) =>
      phrase("report.party", { party: name, handle, count: versions }),
    ),
    feeds: report.feeds.map((feed) => ({ feed: feed.feed, lines: feedLines(report, feed, nameOf, refusal) })),
    warnings: report.warnings.map(({ code }) => phrase("report.warning", { refusal: refusal(code) })),
    signatures: phrase(`report.${report.signatures_checked}`),
  };
}

/** The report: verdict first, then why, then feed by feed. */
export function renderReport(report: TranscriptReport, rendering: Rendering): readonly string[] {
  const say = speaker(rendering);
  const all = reportPhrases(report, rendering);
  return [
    all.verdict,
    ...all.bad,
    ...all.faults,
    ...all.reasons,
    ...all.forks,
    ...all.head,
    ...all.parties,
    ...all.feeds.flatMap(({ lines }) => lines),
    ...all.warnings,
    all.signatures,
  ].map(({ key, args }) => say(key, args));
}

/** The story: one line for each entry in the order of the channel, then where each case stands. */
export function renderStory(story: Story, rendering: Rendering): readonly string[] {
  const say = speaker(rendering);
  return [
    ...story.lines.map((line) => renderLine(line, rendering)),
    ...casePhrases(story, rendering).map(({ key, args }) => say(key, args)),
  ];
}

/** Where each case stands, whether it is disputed, and what is overdue. */
export function casePhrases(story: Story, rendering: Rendering): readonly Phrase[] {
  const handles = handlesOf(story);
  const cases = story.channel?.cases.flatMap((one) => caseLines(one, rendering, handles)) ?? [];
  return [...cases, ...withheldPhrases(story)];
}

/** SPEC 13.3.6: what was not shown, and whether it was revealed later. */
function withheldPhrases({ lines }: Story): readonly Phrase[] {
  return lines.flatMap(({ seq, withheld = [], phrase: { args } }) => {
    const party = args["party"] ?? args["from"] ?? "";
    return withheld.map(({ path, revealed_by: index }) =>
      index === undefined
        ? phrase("story.still_withheld", { party, seq, path })
        : phrase("story.revealed_later", { party, seq, path, index }),
    );
  });
}

/** Who said what at which place, and the bracket of time that is provable; an exercise is marked as one. */
export function renderLine(line: StoryLine, rendering: Rendering): string {
  const { seq, bracket, claimed_at, nature } = line;
  const args = {
    seq,
    party: line.phrase.args["party"] ?? "",
    sentence: [line.phrase],
    bracket: [bracketPhrase(bracket, claimed_at)],
  };
  const say = speaker(rendering);
  return nature === undefined ? say("story.line", args) : say("story.line_marked", { ...args, nature });
}

export function bracketPhrase({ after, before }: Bracket, claimed: Instant): Phrase {
  if (after !== undefined && before !== undefined) return phrase("bracket.both", { after, before });
  if (before !== undefined) return phrase("bracket.before", { before });
  return after === undefined ? phrase("bracket.none", { time: claimed }) : phrase("bracket.after", { after });
}

type Say = (key: string, args?: PhraseArguments) => string;

function speaker({ book, lang, isolate = true }: Rendering): Say {
  return (key, args = {}) => book.text(lang, key, args, { isolate });
}

function firstBad(party: string, bad: FeedFault, refusal: readonly Phrase[]): Phrase {
  const { index, certain, until } = bad;
  if (certain) return phrase("report.first_bad", { party, index, refusal });
  if (until === undefined) return phrase("report.first_bad_range", { party, index, refusal });
  return phrase("report.first_bad_between", { party, index, until, refusal });
}

function head(report: TranscriptReport, nameOf: (party: string) => string): readonly Phrase[] {
  const { channel, exporter, exported_at: time } = report;
  return [
    ...(channel === undefined ? [] : [phrase("report.channel", { channel })]),
    ...(exporter === undefined || time === undefined
      ? []
      : [phrase("report.exported", { party: nameOf(exporter), time })]),
    ...knownTo(report),
  ];
}

/** threats.md 3: an end that was cut off where nothing names it cannot be seen, so the last known time is said. */
function knownTo({ receipts }: TranscriptReport): readonly Phrase[] {
  if (receipts.length === 0) return [];
  const time = receipts.reduce((latest, { at }) => Math.max(latest, at), 0);
  return [phrase("report.known_to", { time })];
}

function feedLines(
  report: TranscriptReport,
  feed: FeedReport,
  nameOf: (party: string) => string,
  refusal: (code: string) => readonly Phrase[],
): readonly Phrase[] {
  const party = nameOf(feed.feed);
  const { shown, signed_to: signed, proven_to: proven } = feed;
  const left = feed.warnings_left_off;
  const silent = report.parties.filter(
    (other) => other.party !== feed.feed && !feed.receipted.some(({ by }) => by === other.party),
  );
  return [
    phrase("report.feed", { party, shown, signed, proven }),
    ...feed.receipted.map(({ by, size, at }) =>
      phrase("report.receipted", { party: nameOf(by), count: size, time: at }),
    ),
    ...silent.map((other) => phrase("report.no_receipt", { party: nameOf(other.party) })),
    ...(["withheld", "erased", "unreadable"] as const).flatMap((what) =>
      feed[what] === 0 ? [] : [phrase(`report.${what}`, { count: feed[what] })],
    ),
    ...feed.warnings.map(({ code, index }) =>
      index === undefined
        ? phrase("report.warning_feed", { party, refusal: refusal(code) })
        : phrase("report.warning_entry", { party, index, refusal: refusal(code) }),
    ),
    ...(left === 0 ? [] : [phrase("report.warnings_left_off", { count: left })]),
  ];
}

function caseLines(
  one: CaseView,
  { book, lang }: Rendering,
  handles: ReadonlyMap<string, string>,
): readonly Phrase[] {
  const key = `status.${one.protocol}.${one.status}`;
  const status = book.has(lang, key) ? [phrase(key)] : one.status;
  const { nature } = one;
  return [
    nature === "real"
      ? phrase("report.case", { case: one.id, status })
      : phrase("report.case_marked", { case: one.id, status, nature }),
    ...(one.disputes.length === 0 ? [] : [phrase("report.disputed", { case: one.id })]),
    ...one.timers.flatMap(({ id, owing, status: timerStatus, due }) =>
      timerStatus !== "overdue" || due === undefined
        ? []
        : [
            phrase("report.overdue", {
              party: handles.get(owing) ?? owing,
              case: one.id,
              timer: id,
              time: due,
            }),
          ],
    ),
  ];
}

function handlesOf({ lines }: Story): ReadonlyMap<string, string> {
  return new Map(lines.map(({ feed, phrase: { args } }) => [feed, String(args["party"] ?? feed)]));
}
