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

/** The report: verdict first, then why, then feed by feed. */
export function renderReport(report: TranscriptReport, rendering: Rendering): readonly string[] {
  const say = speaker(rendering);
  const handles = new Map(report.parties.map(({ party, handle }) => [party, handle]));
  const nameOf = (party: string): string => handles.get(party) ?? party;
  const refusal = (code: string) => [refusalPhrase(rendering, code)];
  const bad = report.feeds.flatMap(({ feed, first_bad }) =>
    first_bad === undefined ? [] : [firstBad(say, nameOf(feed), first_bad, refusal(first_bad.code))],
  );
  return [
    say(`report.${report.verdict}`),
    ...bad,
    ...report.faults.map(({ code }) => say("report.fault", { refusal: refusal(code) })),
    ...report.reasons.map(({ code, feed }) =>
      feed === undefined
        ? say("report.reason", { refusal: refusal(code) })
        : say("report.reason_feed", { party: nameOf(feed), refusal: refusal(code) }),
    ),
    ...report.forks.map(({ feed }) => say("report.fork", { party: nameOf(feed) })),
    ...head(report, say, nameOf),
    ...report.feeds.flatMap((feed) => feedLines(report, feed, { say, nameOf, refusal })),
    ...report.warnings.map(({ code }) => say("report.warning", { refusal: refusal(code) })),
    say(`report.${report.signatures_checked}`),
  ];
}

/** The story: one line for each entry in the order of the channel, then where each case stands. */
export function renderStory(story: Story, rendering: Rendering): readonly string[] {
  const say = speaker(rendering);
  const handles = handlesOf(story);
  return [
    ...story.lines.map((line) => renderLine(line, rendering)),
    ...(story.channel?.cases.flatMap((one) => caseLines(one, rendering, say, handles)) ?? []),
  ];
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

function firstBad(say: Say, party: string, bad: FeedFault, refusal: readonly Phrase[]): string {
  const { index, certain, until } = bad;
  if (certain) return say("report.first_bad", { party, index, refusal });
  if (until === undefined) return say("report.first_bad_range", { party, index, refusal });
  return say("report.first_bad_between", { party, index, until, refusal });
}

function head(report: TranscriptReport, say: Say, nameOf: (party: string) => string): readonly string[] {
  const { channel, exporter, exported_at: time, parties } = report;
  return [
    ...(channel === undefined ? [] : [say("report.channel", { channel })]),
    ...(exporter === undefined || time === undefined
      ? []
      : [say("report.exported", { party: nameOf(exporter), time })]),
    ...parties.map(({ name, handle, versions }) =>
      say("report.party", { party: name, handle, count: versions }),
    ),
  ];
}

interface FeedWords {
  readonly say: Say;
  readonly nameOf: (party: string) => string;
  readonly refusal: (code: string) => readonly Phrase[];
}

function feedLines(
  report: TranscriptReport,
  feed: FeedReport,
  { say, nameOf, refusal }: FeedWords,
): readonly string[] {
  const party = nameOf(feed.feed);
  const { shown, signed_to: signed, proven_to: proven } = feed;
  const left = feed.warnings_left_off;
  const silent = report.parties.filter(
    (other) => other.party !== feed.feed && !feed.receipted.some(({ by }) => by === other.party),
  );
  return [
    say("report.feed", { party, shown, signed, proven }),
    ...feed.receipted.map(({ by, size, at }) =>
      say("report.receipted", { party: nameOf(by), count: size, time: at }),
    ),
    ...silent.map((other) => say("report.no_receipt", { party: nameOf(other.party) })),
    ...(["withheld", "erased", "unreadable"] as const).flatMap((what) =>
      feed[what] === 0 ? [] : [say(`report.${what}`, { count: feed[what] })],
    ),
    ...feed.warnings.map(({ code, index }) =>
      index === undefined
        ? say("report.warning_feed", { party, refusal: refusal(code) })
        : say("report.warning_entry", { party, index, refusal: refusal(code) }),
    ),
    ...(left === 0 ? [] : [say("report.warnings_left_off", { count: left })]),
  ];
}

function caseLines(
  one: CaseView,
  { book, lang }: Rendering,
  say: Say,
  handles: ReadonlyMap<string, string>,
): readonly string[] {
  const key = `status.${one.protocol}.${one.status}`;
  const status = book.has(lang, key) ? [phrase(key)] : one.status;
  const { nature } = one;
  return [
    nature === "real"
      ? say("report.case", { case: one.id, status })
      : say("report.case_marked", { case: one.id, status, nature }),
    ...(one.disputes.length === 0 ? [] : [say("report.disputed", { case: one.id })]),
    ...one.timers.flatMap(({ id, owing, status: timerStatus, due }) =>
      timerStatus !== "overdue" || due === undefined
        ? []
        : [say("report.overdue", { party: handles.get(owing) ?? owing, case: one.id, timer: id, time: due })],
    ),
  ];
}

function handlesOf({ lines }: Story): ReadonlyMap<string, string> {
  return new Map(lines.map(({ feed, phrase: { args } }) => [feed, String(args["party"] ?? feed)]));
}
