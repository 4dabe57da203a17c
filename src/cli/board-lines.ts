/** Boards in words (SPEC 9.7, 9.8): one function for each, from the node's answer to lines in the reader's language. */
import { phrase, type Phrase } from "#parley/protocols/phrase-arguments.ts";
import { listIn, member, textIn, type Value } from "./api.ts";
import { countIn, instantIn, wholeIn, type Names } from "./names.ts";

export const BOARDS = ["duty", "overdue", "reciprocity", "line"] as const;
export type Board = (typeof BOARDS)[number];

/** `parties` are those of the channel. */
export function boardLines(
  board: Board,
  value: Value,
  names: Names,
  parties: readonly string[],
): readonly string[] {
  switch (board) {
    case "duty":
      return dutyLines(value, names, parties);
    case "overdue":
      return overdueLines(value, names);
    case "reciprocity":
      return reciprocityLines(value, names);
    case "line":
      return lineLines(value, names);
  }
}

function dutyLines(value: Value, names: Names, parties: readonly string[]): readonly string[] {
  const { say, me, handleOf, othersOf } = names;
  const [own, theirs] = [listIn(value, "youOwe"), listIn(value, "theyOwe")];
  const others = othersOf(parties);
  return [
    say("board.you_owe", { count: own.length }),
    ...own.map((duty) => `  ${dutyLine(duty, [handleOf(me)], names)}`),
    say("board.they_owe", { count: theirs.length }),
    ...theirs.map((duty) => `  ${dutyLine(duty, others, names)}`),
  ];
}

function dutyLine(duty: Value, party: readonly string[], { say }: Names): string {
  const told = tellDuty(duty, party);
  const [kase, protocol] = [textIn(duty, "case"), textIn(duty, "protocol")];
  if (kase === undefined) return say(told.key, told.args);
  const where = { sentence: [told], case: kase };
  return protocol === undefined
    ? say("board.in_case", where)
    : say("board.in_case_of", { ...where, protocol });
}

function tellDuty(duty: Value, party: readonly string[]): Phrase {
  if (textIn(duty, "kind") === "error") {
    const seq = countIn(member(duty, "entry"), "seq");
    return phrase("board.error", { party, seq, void_code: textIn(duty, "code") ?? "" });
  }
  const timer = textIn(duty, "timer") ?? "";
  if (textIn(duty, "status") === "paused") return phrase("board.paused", { party, timer });
  const left = wholeIn(duty, "leftSeconds") ?? 0;
  const args = { party, timer, time: instantIn(duty, "due") ?? 0, duration: Math.abs(left) };
  return phrase(left < 0 ? "board.overdue" : "board.due", args);
}

function overdueLines(value: Value, { say, handleOf }: Names): readonly string[] {
  const rows = listIn(value, "overdue");
  if (rows.length === 0) return [say("board.none_overdue")];
  return rows.map((row) =>
    say("report.overdue", {
      party: handleOf(textIn(row, "owing") ?? ""),
      case: textIn(row, "case") ?? "",
      timer: textIn(row, "timer") ?? "",
      time: instantIn(row, "due") ?? 0,
    }),
  );
}

const COUNTED = ["answered", "acted", "effective", "not_effective"] as const;

function reciprocityLines(value: Value, { say, handleOf }: Names): readonly string[] {
  const rows = listIn(value, "rows");
  if (rows.length === 0) return [say("reciprocity.none")];
  return rows.map((row) => {
    const opened = {
      party: handleOf(textIn(row, "party") ?? ""),
      count: countIn(row, "opened"),
      quarter: textIn(row, "quarter") ?? "",
    };
    const acknowledged = {
      count: countIn(row, "acknowledged"),
      in_time: countIn(row, "acknowledged_in_time"),
    };
    return say("reciprocity.row", {
      protocol: textIn(row, "protocol") ?? "",
      nature: textIn(row, "nature") ?? "",
      details: [
        phrase("reciprocity.opened", opened),
        phrase("reciprocity.acknowledged", acknowledged),
        ...COUNTED.map((name) => phrase(`reciprocity.${name}`, { count: countIn(row, name) })),
      ],
    });
  });
}

const LINE_STATUSES: readonly string[] = ["good", "degraded", "down"];

function lineLines(value: Value, { say }: Names): readonly string[] {
  const status = textIn(value, "status") ?? "";
  const [heartbeats, checks] = [member(value, "heartbeats"), member(value, "checks")];
  const since = instantIn(value, "noReceiptSince");
  return [
    say(`line.${LINE_STATUSES.includes(status) ? status : "unknown"}`),
    say("line.heartbeats", {
      count: countIn(heartbeats, "sent"),
      in_time: countIn(heartbeats, "receiptedInTime"),
    }),
    say("line.checks", { count: countIn(checks, "done"), missed: countIn(checks, "missed") }),
    ...(since === undefined ? [] : [say("line.no_receipt", { time: since })]),
  ];
}
