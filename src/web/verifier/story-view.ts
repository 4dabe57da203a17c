/**
 * The story of a record on the page (SPEC 7.4.4): who said what, inside which provable bracket of time.
 *
 * Guarantees one item for each proven entry, in the order of the channel. What people wrote is shown only when the
 * reader opens it, as rows of member and value, each value isolated with the direction of its own letters.
 */
import { utf8ToText } from "#parley/codec/bytes.ts";
import { isJsonObject, parseJson, type Json } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { visible } from "#parley/protocols/phrase-format.ts";
import { bracketPhrase, casePhrases, refusalPhrase } from "#parley/transcript/render.ts";
import type { TranscriptReport, VerifiedEntry } from "#parley/transcript/report.ts";
import type { Story, StoryLine } from "#parley/transcript/story.ts";
import { el, icon, isolated, token, type Speaker } from "./dom.ts";

/** Parties beyond these share the last colour; their handles tell them apart. */
const SIDES = ["side-a", "side-b"] as const;

const CLOCK = ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z", "M12 7v5l3 2"];
const WARNING = ["M12 4 2.5 20h19L12 4Z", "M12 10v4", "M12 17v.5"];

export function sideOf({ parties }: TranscriptReport, party: string): string {
  return (
    SIDES[
      Math.min(
        parties.findIndex((one) => one.party === party),
        SIDES.length - 1,
      )
    ] ?? SIDES[0]
  );
}

export function storySection(report: TranscriptReport, story: Story, speaker: Speaker): HTMLElement {
  const { say } = speaker;
  const heading = el("h2", { id: "story" }, say("verifier.story"));
  const section = el("section", { class: "panel story", "aria-labelledby": "story" }, heading);
  if (story.lines.length === 0) {
    section.append(el("p", { class: "quiet" }, say("verifier.nothing_told")));
    return section;
  }
  const items = story.lines.map((line, at) => storyItem(report, line, report.entries[at], speaker));
  section.append(el("ol", { class: "lines" }, ...items));
  const cases = casePhrases(story, { book: speaker.book, lang: speaker.lang });
  if (cases.length > 0) {
    section.append(
      el("h2", { id: "cases" }, say("verifier.cases")),
      el(
        "ul",
        { class: "plain cases", "aria-labelledby": "cases" },
        ...cases.map((one) => caseItem(one.key, speaker.sayPhrase(one))),
      ),
    );
  }
  return section;
}

function caseItem(key: string, sentence: Node): HTMLElement {
  const marked = key === "report.case" ? undefined : "marked";
  return el(
    "li",
    { class: marked, "data-line": true },
    ...(marked === undefined ? [] : [icon(...WARNING)]),
    el("span", {}, sentence),
  );
}

function storyItem(
  report: TranscriptReport,
  line: StoryLine,
  entry: VerifiedEntry | undefined,
  speaker: Speaker,
): HTMLElement {
  const { say, sayPhrase } = speaker;
  const rendering = { book: speaker.book, lang: speaker.lang };
  const handle = report.parties.find(({ party }) => party === line.feed)?.handle ?? line.feed;
  const bracket = bracketPhrase(line.bracket, line.claimed_at);
  return el(
    "li",
    { class: `line ${sideOf(report, line.feed)} ${line.outcome}` },
    el(
      "div",
      { class: "place" },
      el("strong", {}, token(handle)),
      el("span", { class: "quiet" }, say("verifier.entry", { seq: line.seq })),
      ...(line.outcome === "accepted"
        ? []
        : [el("span", { class: "badge" }, say(`verifier.${line.outcome}`))]),
    ),
    el(
      "div",
      { class: "said" },
      el("p", { class: "sentence" }, sayPhrase(line.phrase)),
      el("p", { class: "bracket" }, icon(...CLOCK), el("span", {}, sayPhrase(bracket))),
      ...line.warnings.map((code) =>
        el(
          "p",
          { class: "marked" },
          icon(...WARNING),
          el("span", {}, sayPhrase(refusalPhrase(rendering, code))),
        ),
      ),
      ...(entry?.opening.kind === "opened" ? [written(entry.opening.message, line, speaker)] : []),
    ),
  );
}

/** Filled when it is opened: most are not, and a record may have many thousand. */
function written(message: Uint8Array, line: StoryLine, speaker: Speaker): HTMLElement {
  const { say } = speaker;
  const summary = el("summary", {}, say("verifier.written"));
  const details = el("details", {}, summary);
  details.addEventListener(
    "toggle",
    () => {
      details.append(
        el("p", { class: "quiet" }, say("verifier.claimed", { time: line.claimed_at })),
        messageRows(message, speaker),
      );
    },
    { once: true },
  );
  return details;
}

/** A message as member and value; the bytes as they are where they are not strict JSON. */
export function messageRows(message: Uint8Array, { text: label }: Speaker): HTMLElement {
  const value = parseJson(message);
  if (isRefusal(value)) return el("p", { class: "raw" }, isolated(utf8ToText(message) ?? ""));
  const rows = leavesOf(value, "");
  const list = el(
    "dl",
    { class: "members" },
    ...rows.flatMap(({ path, text, human }) => [
      el("dt", {}, token(path)),
      el("dd", {}, human ? humanText(text) : token(text)),
    ]),
  );
  // A long message scrolls, so the keyboard must reach it.
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": label("verifier.written") },
    list,
  );
}

interface Leaf {
  readonly path: string;
  readonly text: string;
  readonly human: boolean;
}

function leavesOf(value: Json, path: string): readonly Leaf[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((one: Json, index) => leavesOf(one, `${path}/${index}`));
  if (isJsonObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, one]) => leavesOf(one, `${path}/${name}`));
  if (typeof value === "string")
    return [{ path, text: value, human: /\s/.test(value) || /[^\x20-\x7e]/.test(value) }];
  return [{ path, text: JSON.stringify(value), human: false }];
}

/** Line ends are shown as such; every other control as a mark. */
function humanText(text: string): HTMLElement {
  return el("bdi", { dir: "auto", class: "human" }, text.split("\n").map(visible).join("\n"));
}
