/** Channels and their cases in words: with whom, until when, how far delivery is, and where each case stands. */
import { refusalPhrase } from "#parley/transcript/render.ts";
import { phrase, type Phrase } from "#parley/protocols/phrase-arguments.ts";
import { listIn, member, textIn, type Value } from "./api.ts";
import { countIn, instantIn, isTrue, textsIn, wholeIn, type Names } from "./names.ts";

/** All channels, each by its parties, its term and whether it may sign. */
export function channelListLines(channels: readonly Value[], names: Names): readonly string[] {
  if (channels.length === 0) return [names.say("view.no_channels")];
  return channels.flatMap((channel) => channelLines(channel, names));
}

/** One channel with its feeds, its delivery and its cases. */
export function channelDetailLines(channel: Value, cases: readonly Value[], names: Names): readonly string[] {
  return [
    ...channelLines(channel, names),
    ...feedLines(channel, names),
    ...lineLines(channel, names),
    ...suspensionLines(channel, names),
    ...(cases.length === 0 ? [names.say("view.no_cases")] : cases.map((one) => caseLine(one, names))),
  ];
}

const TERM_STATUSES: readonly string[] = ["not_begun", "in_force", "expiring", "ended"];
const SIGNING: readonly string[] = ["allowed", "asking", "frozen"];
const UNREAL: readonly string[] = ["exercise", "test"];

function channelLines(channel: Value, { say, othersOf }: Names): readonly string[] {
  const nature = textIn(channel, "nature") ?? "";
  const signing = textIn(channel, "signing") ?? "";
  return [
    say("view.channel", {
      channel: textIn(channel, "channel") ?? "",
      party: othersOf(textsIn(channel, "parties")),
    }),
    ...(UNREAL.includes(nature) ? [`  ${say(`board.${nature}`)}`] : []),
    ...termLines(channel, say).map((line) => `  ${line}`),
    ...(SIGNING.includes(signing) ? [`  ${say(`view.signing.${signing}`)}`] : []),
  ];
}

function termLines(channel: Value, say: Names["say"]): readonly string[] {
  const term = member(channel, "term");
  const status = textIn(term, "status") ?? "";
  if (!TERM_STATUSES.includes(status)) return [];
  const [from, until] = [instantIn(term, "from") ?? 0, instantIn(term, "until") ?? 0];
  // What is left is said by the node's own clock in its boards; a term is told by its dates.
  const key = status === "expiring" ? "in_force" : status;
  const said = say(`term.${key}`, { time: key === "not_begun" ? from : until });
  const isHeld = (key === "in_force") === isTrue(channel, "in_force");
  return isHeld ? [said] : [said, say("view.not_in_force")];
}

function feedLines(channel: Value, { say, words, handleOf }: Names): readonly string[] {
  const rendering = { book: words.book, lang: words.lang };
  return [
    ...listIn(channel, "feeds").flatMap((feed) => {
      const party = handleOf(textIn(feed, "party") ?? "");
      const said = say("view.feed", { party, count: countIn(feed, "size") });
      return isTrue(feed, "frozen") ? [said, say("view.frozen", { party })] : [said];
    }),
    ...listIn(channel, "delivery").flatMap((one) => {
      const party = handleOf(textIn(one, "party") ?? "");
      const counts = { count: countIn(one, "receipted"), number: countIn(one, "said") };
      const refusal = textIn(one, "last_refusal");
      return [
        say("view.delivery", { party, ...counts }),
        ...(refusal === undefined
          ? []
          : [say("view.refused", { party, refusal: [refusalPhrase(rendering, refusal)] })]),
      ];
    }),
  ];
}

function lineLines(channel: Value, { say, handleOf }: Names): readonly string[] {
  return listIn(channel, "line").flatMap((one) => {
    const party = handleOf(textIn(one, "party") ?? "");
    const [heard, silent] = [instantIn(one, "lastHeardAt"), instantIn(one, "silentSince")];
    if (silent !== undefined) return [say("board.silent", { party, time: silent })];
    return heard === undefined ? [] : [say("view.heard", { party, time: heard })];
  });
}

function suspensionLines(channel: Value, { say, handleOf }: Names): readonly string[] {
  const suspended = listIn(channel, "suspensions").filter((one) => member(one, "until") === undefined);
  const flash = listIn(channel, "flash");
  return [
    ...suspended.map((one) =>
      say("view.suspended", {
        party: handleOf(textIn(member(one, "from"), "feed") ?? ""),
        time: instantIn(one, "since") ?? 0,
        scopes: textsIn(one, "scopes"),
      }),
    ),
    ...flash.map((one) =>
      say("board.flash_used", {
        party: handleOf(textIn(one, "party") ?? ""),
        used: countIn(one, "used"),
        budget: countIn(one, "budget"),
        month: textIn(one, "month") ?? "",
      }),
    ),
  ];
}

/** A case by its protocol and where it stands. */
export function caseLine(one: Value, names: Names): string {
  const { say } = names;
  const [nature = "real", protocol = ""] = [textIn(one, "nature"), textIn(one, "protocol")];
  const args = { case: textIn(one, "case") ?? "", protocol, status: statusOf(one, names) };
  return nature === "real" ? say("view.case", args) : say("view.case_marked", { ...args, nature });
}

function statusOf(one: Value, { words }: Names): string | readonly Phrase[] {
  const status = textIn(one, "status") ?? "";
  const key = `status.${textIn(one, "protocol") ?? ""}.${status}`;
  return words.book.has(words.lang, key) ? [phrase(key)] : status;
}

/** What a case waits for. */
export function moveLines(one: Value, { say, handleOf }: Names): readonly string[] {
  const [move = "", ...further] = textsIn(one, "whose_move");
  if (move === "") return [say("move.none")];
  return [further.length > 0 ? say("move.either") : say("move.initiator", { party: handleOf(move) })];
}

/** Of the clocks of a case those that are owed or were answered late; what was met or fell away is history. */
export function timerLines(one: Value, { say, handleOf }: Names): readonly string[] {
  return listIn(one, "timers").flatMap((timer) => {
    const status = textIn(timer, "status") ?? "";
    if (status === "met" || status === "cancelled") return [];
    const due = wholeIn(timer, "due");
    const args = {
      timer: textIn(timer, "id") ?? "",
      party: handleOf(textIn(timer, "owing") ?? ""),
      timer_status: status,
    };
    return [due === undefined ? say("view.timer", args) : say("view.timer_due", { ...args, time: due })];
  });
}
