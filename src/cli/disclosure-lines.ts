/** What was given and what was taken back, in words (SPEC 15.1 to 15.3): from the node's answers to lines. */
import { phrase, type Phrase } from "#parley/protocols/phrase-arguments.ts";
import { listIn, member, textIn, type Value } from "./api.ts";
import { countIn, instantIn, isTrue, textsIn, type Names } from "./names.ts";

/** One line for each message that the party knows. */
export function knownLines(
  rows: readonly Value[],
  party: string,
  { say, handleOf }: Names,
): readonly string[] {
  if (rows.length === 0) return [say("knows.nothing", { party: handleOf(party) })];
  return rows.map((row) =>
    say("knows.row", {
      party: handleOf(textIn(row, "party") ?? party),
      type: textIn(row, "type") ?? "",
      id: textIn(row, "id") ?? "",
      case: textIn(row, "case") ?? "",
      time: instantIn(row, "known_since") ?? 0,
      details: [...limits(member(row, "limits")), ...contents(row), ...fate(row)],
    }),
  );
}

function limits(value: Value): readonly Phrase[] {
  const uses = textsIn(value, "use");
  const [pap, exposure] = [textIn(value, "pap"), textIn(value, "exposure")];
  return [
    phrase("knows.tlp", { tlp: textIn(value, "tlp") ?? "" }),
    ...(pap === undefined ? [] : [phrase("knows.pap", { pap })]),
    ...(exposure === undefined ? [] : [phrase("knows.exposure", { exposure })]),
    ...(uses.length === 0 ? [] : [phrase("knows.uses", { uses })]),
  ];
}

function contents(row: Value): readonly Phrase[] {
  const values = listIn(row, "indicators").map((one) => textIn(one, "value") ?? "");
  const digests = listIn(row, "attachments").map((one) => textIn(one, "digest") ?? "");
  const pointers = textsIn(row, "withheld");
  return [
    ...(values.length === 0 ? [] : [phrase("knows.indicators", { values })]),
    ...(digests.length === 0 ? [] : [phrase("knows.attachments", { values: digests })]),
    ...(pointers.length === 0 ? [] : [phrase("knows.withheld", { pointers })]),
    ...listIn(row, "revealed").map((one) => {
      const [pointer, time] = [textIn(one, "path") ?? "", instantIn(one, "known_since")];
      return time === undefined
        ? phrase("knows.revealed", { pointer })
        : phrase("knows.revealed_at", { pointer, time });
    }),
  ];
}

/** Acknowledged, taken back and answered, seen elsewhere, released by whom. */
function fate(row: Value): readonly Phrase[] {
  const time = instantIn(row, "acknowledged_at");
  const officers = listIn(member(row, "released"), "approvals").map((one) => textIn(one, "officer") ?? "");
  return [
    ...(time === undefined ? [] : [phrase("knows.acknowledged", { time })]),
    ...listIn(row, "retractions").flatMap((one) => [
      phrase(textIn(one, "effect") === "corrected" ? "knows.corrected" : "knows.withdrawn", {
        time: instantIn(one, "said_at") ?? 0,
      }),
      ...answered(member(one, "ack")),
    ]),
    ...listIn(row, "sightings").map((one) => phrase("knows.seen", { time: textIn(one, "at") ?? "" })),
    ...(officers.length === 0 ? [] : [phrase("knows.released", { officers })]),
  ];
}

function answered(value: Value): readonly Phrase[] {
  const [complied, kept_reason] = [textIn(value, "complied"), textIn(value, "code")];
  return [
    ...(complied === undefined ? [] : [phrase("taken.complied", { complied })]),
    ...(kept_reason === undefined ? [] : [phrase("taken.kept", { kept_reason })]),
  ];
}

/** Under a heading for each party: given by sensitivity, what became of its cases, what it took back. */
export function balanceLines(rows: readonly Value[], { say, handleOf }: Names): readonly string[] {
  if (rows.length === 0) return [say("balance.none")];
  return rows.flatMap((row) => [
    say("balance.party", {
      nature: textIn(row, "nature") ?? "",
      party: handleOf(textIn(row, "party") ?? ""),
    }),
    ...listIn(row, "given").map((one) => `  ${say("balance.given", givenOf(one))}`),
    ...listIn(row, "asked").map((one) => `  ${say("balance.asked", askedOf(one))}`),
    `  ${say("balance.taken_back", countsIn(member(row, "taken_back"), TAKEN_BACK))}`,
  ]);
}

function givenOf(one: Value) {
  return {
    tlp: textIn(one, "tlp") ?? "",
    count: countIn(one, "messages"),
    bytes: countIn(one, "attachment_bytes"),
    ...countsIn(one, ["attachments", "indicators", "revealed"]),
  };
}

const MARKS = ["answered", "acted", "effective", "not_effective"] as const;

function askedOf(one: Value) {
  const count = countIn(one, "acknowledged");
  return {
    protocol: textIn(one, "protocol") ?? "",
    count: countIn(one, "sent"),
    details: [
      phrase("reciprocity.acknowledged", { count, in_time: countIn(one, "acknowledged_in_time") }),
      ...MARKS.map((name) => phrase(`reciprocity.${name}`, { count: countIn(one, name) })),
    ],
  };
}

const TAKEN_BACK = ["corrected", "withdrawn", "deleted", "kept_legal", "cannot", "unanswered"] as const;

function countsIn(value: Value, names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name) => [name, countIn(value, name)]));
}

const STATES: readonly string[] = ["not-told", "told", "received", "acknowledged", "answered"];

export function retractionLines(lists: Value, { say, handleOf }: Names): readonly string[] {
  const [told, received] = [listIn(lists, "told"), listIn(lists, "received")];
  if (told.length + received.length === 0) return [say("taken.none")];
  const line = (key: string, row: Value, id: string, details: readonly Phrase[]): string =>
    say(key, {
      party: handleOf(textIn(row, "party") ?? ""),
      id,
      case: textIn(row, "case") ?? "",
      retraction_reason: textIn(row, "reason") ?? "",
      details,
    });
  return [
    ...told.map((row) =>
      line("taken.told", row, textIn(row, "message") ?? "", [...stateOf(row), ...answered(row)]),
    ),
    ...received.map((row) => {
      const answer = answered(row);
      const details = answer.length === 0 ? [phrase("taken.unanswered")] : answer;
      return line("taken.received", row, textIn(row, "retraction") ?? "", details);
    }),
  ];
}

function stateOf(row: Value): readonly Phrase[] {
  const [state = "", time] = [textIn(row, "state"), instantIn(row, "due")];
  const due = time === undefined || state === "answered" ? [] : [time];
  return [
    ...(STATES.includes(state) ? [phrase(`taken.state_${state}`)] : []),
    ...due.map((at) => phrase(isTrue(row, "overdue") ? "taken.overdue" : "taken.due", { time: at })),
  ];
}
