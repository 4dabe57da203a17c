/**
 * `screen`: what the warning lists of a folder say of indicators, without a node (SPEC 16).
 *
 * It guarantees that every file of the folder and every line of the material is accounted for. It decides nothing: a
 * hit says that many use the address, not that nobody misused it.
 */
import { isRefusal } from "#parley/codec/refusal.ts";
import { isDay } from "#parley/intel/day.ts";
import { loadLists, type ListReport, type LoadedLists } from "#parley/intel/load.ts";
import { MEANINGS, type Meaning } from "#parley/intel/meaning.ts";
import { indicatorScreen, type ScreenedIndicator } from "#parley/intel/screen.ts";
import { ApiRefusal } from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, FILE, type Call, type Command } from "./command.ts";
import { readMaterial } from "./material-file.ts";
import { escapeUntrusted } from "./safe-text.ts";
import { showRefusal } from "./shown.ts";

export const LIST_OPTIONS = {
  lists: { kind: "value", value: "DIR" },
  date: { kind: "value", value: "YYYY-MM-DD" },
} as const;

export const SCREEN: Command = {
  path: "screen",
  operands: [FILE],
  options: LIST_OPTIONS,
  examples: [
    "parley screen indicators.csv --lists warninglists --date 2026-11-22",
    "parley screen --lists warninglists --json -",
  ],
  run: screen,
};

async function screen(call: Call): Promise<number> {
  const { args, out, words } = call;
  const loaded = await readLists(call);
  if (loaded === undefined) throw new UsageFault("option-missing", { option: "--lists" });
  const day = dayOf(call);
  const { indicators, unread, repeated } = await readMaterial(call, args.operands[0] ?? "-");
  const screened = indicators.map(indicatorScreen(loaded, day));
  const counts = MEANINGS.flatMap((meaning) => {
    const count = screened.filter(({ found }) => found.includes(meaning)).length;
    return count > 0 ? [{ meaning, count }] : [];
  });
  const weak = screened.filter(({ found }) => found.length > 0).length;
  const otherDays = screened.filter(({ hits }) => hits.some(({ onDay }) => !onDay)).length;
  if (out.json) {
    const found = screened.map(shown);
    const totals = { counts, weak, of: screened.length, other_days: otherDays };
    await out.value({ lists: loaded.report, indicators: found, unread, repeated, ...totals });
    return DONE;
  }
  for (const one of screened.filter(({ found }) => found.length > 0)) await out.line(lineOf(call, one));
  if (day === undefined) await out.note(words.say("screen.no_date"));
  for (const { meaning, count } of counts)
    await out.note(words.say("screen.count", { meaning: meaningText(call, meaning), count }));
  if (otherDays > 0) await out.note(words.say("screen.other_days", { count: otherDays }));
  await out.note(words.say("screen.weak", { weak, of: screened.length }));
  return DONE;
}

function shown({ indicator, found, hits }: ScreenedIndicator) {
  const { type, value } = indicator;
  return { type, value, found, hits: hits.map(({ list, onDay }) => ({ path: list.path, on_day: onDay })) };
}

function lineOf(call: Call, { indicator, found }: ScreenedIndicator): string {
  return `${escapeUntrusted(indicator.value)}  ${found.map((one) => meaningText(call, one)).join("; ")}`;
}

function meaningText({ words }: Call, meaning: Meaning): string {
  if (meaning === "common" || meaning === "reserved") return words.say(`screen.${meaning}`);
  const { book, lang } = words;
  return book.text(lang, `code.relay_result.${meaning}`, {}, { isolate: lang === "ar" });
}

/** `--date`; a day that does not exist is wrong use. */
export function dayOf({ args }: Call): string | undefined {
  const day = args.one("date");
  if (day !== undefined && (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !isDay(day)))
    throw new UsageFault("option-malformed", { option: "--date", value: day });
  return day;
}

/** The lists of `--lists`, with a note of what was loaded and of each file that was not. */
export async function readLists(call: Call): Promise<LoadedLists | undefined> {
  const { args, ports, out, words } = call;
  const folder = args.one("lists");
  if (folder === undefined) return undefined;
  const loaded = loadLists(await ports.readLists(folder), (bytes) => ports.backend.sha256(bytes));
  if (isRefusal(loaded)) throw new ApiRefusal(showRefusal(loaded));
  const { lists, report } = loaded;
  const entries = lists.reduce((sum, list) => sum + list.entries, 0);
  await out.note(
    words.say("lists.read", { lists: lists.length, entries, refused: report.length - lists.length }),
  );
  for (const one of report) await noteList(call, one);
  return loaded;
}

async function noteList({ out, words }: Call, report: ListReport): Promise<void> {
  const { path } = report;
  if (!report.loaded) await out.note(words.say("lists.refused", { path, code: report.code }));
  else
    for (const { reason, count, first } of report.rejected)
      await out.note(words.say("lists.rejected", { path, reason, count, first: first.join(", ") }));
}
