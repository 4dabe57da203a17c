/**
 * Log files by line, column and literal (SPEC 13.5.4), as a stream. There is no pattern language: a rule names
 * lines by number, or bytes that stand in them. What no rule names stays byte for byte, control characters
 * included.
 */
import { LINE_SIZE_LIMIT_BYTES, latin1ToBytes, linesOf, literal } from "./lines.ts";
import type { LogPlan } from "./plan.ts";
import { stop, type Source, type Work } from "./work.ts";

export const TEXT_MASK = "[masked]";

type Rule = LogPlan["rules"][number];
type Verdict = "drop" | "mask" | undefined;

/** From and to in a line, end excluded. */
interface Cut {
  readonly start: number;
  readonly end: number;
}

/** A rule made ready: what it says of a whole line, and which bytes of a line it masks. */
interface Ready {
  readonly index: number;
  readonly line?: (text: string, number: number) => Verdict;
  readonly cuts?: (text: string) => readonly Cut[];
  /** Must not stand in any line of the copy. */
  readonly never?: string;
}

export async function* redactLog(source: Source, plan: LogPlan, work: Work): AsyncGenerator<Uint8Array> {
  const rules = plan.rules.map(makeReady);
  let number = 0;
  for await (const lines of linesOf(source)) {
    const kept: string[] = [];
    for (const line of lines) {
      number++;
      const copy = redactLine(line, number, rules, work);
      if (copy !== undefined) kept.push(copy);
    }
    yield latin1ToBytes(kept.join(""));
  }
}

function makeReady(rule: Rule, index: number): Ready {
  if ("lines" in rule) {
    const [from, to] = rule.lines;
    return { index, line: (_, number) => (number >= from && number <= to ? rule.how : undefined) };
  }
  if ("containing" in rule) {
    const found = literal(rule.containing);
    return { index, line: (text) => (text.includes(found) ? rule.how : undefined) };
  }
  if ("literal" in rule) {
    const found = literal(rule.literal);
    if (found.includes("\n") || TEXT_MASK.includes(found)) stop("redaction-plan", { rule: index });
    return { index, cuts: (text) => occurrences(text, found), never: found };
  }
  if ("after" in rule) {
    const [after, until] = [literal(rule.after), rule.until === undefined ? "\n" : literal(rule.until)];
    return { index, cuts: (text) => spansAfter(text, after, until) };
  }
  const [from, to] = rule.columns;
  return { index, cuts: (text) => (text.length >= from ? [{ start: from - 1, end: to }] : []) };
}

function redactLine(line: string, number: number, rules: readonly Ready[], work: Work): string | undefined {
  const body = line.replace(/\r?\n$/, "");
  const end = line.slice(body.length);
  if (body.length > LINE_SIZE_LIMIT_BYTES) stop("redaction-limit", { what: "line", line: number });
  let whole: Verdict;
  const cuts: Cut[] = [];
  for (const { index, line: judge, cuts: find } of rules) {
    const verdict = judge?.(body, number);
    const found = find?.(body) ?? [];
    if (verdict !== undefined || found.length > 0) work.match(index);
    if (verdict === "drop" || (verdict === "mask" && whole === undefined)) whole = verdict;
    cuts.push(...found);
  }
  const at = `/lines/${number}`;
  if (whole === "drop") {
    work.leaveOut({ at, how: "dropped", value: latin1ToBytes(line) });
    return undefined;
  }
  if (whole === "mask") return maskLine(body, end, at, work);
  if (cuts.length === 0) return line;
  const merged = merge(cuts, body.length);
  const copy = cutOut(body, merged);
  // Two pieces left standing side by side may spell what was masked: then nothing of the line stays.
  if (rules.some(({ never }) => never !== undefined && copy.includes(never)))
    return maskLine(body, end, at, work);
  for (const cut of merged)
    work.leaveOut({
      at: `${at}/bytes/${cut.start + 1}-${cut.end}`,
      how: "masked",
      value: latin1ToBytes(body.slice(cut.start, cut.end)),
    });
  return copy + end;
}

function maskLine(body: string, end: string, at: string, work: Work): string {
  work.leaveOut({ at, how: "masked", value: latin1ToBytes(body) });
  return TEXT_MASK + end;
}

function occurrences(text: string, found: string): readonly Cut[] {
  const cuts: Cut[] = [];
  for (let at = text.indexOf(found); at >= 0; at = text.indexOf(found, at + 1))
    cuts.push({ start: at, end: at + found.length });
  return cuts;
}

/** What follows each `after`, up to the next `until` or the end of the line; nothing is masked where nothing stands. */
function spansAfter(text: string, after: string, until: string): readonly Cut[] {
  const cuts: Cut[] = [];
  for (let at = text.indexOf(after); at >= 0; at = text.indexOf(after, at + after.length)) {
    const start = at + after.length;
    const stopAt = text.indexOf(until, start);
    const end = stopAt < 0 ? text.length : stopAt;
    if (end > start) cuts.push({ start, end });
  }
  return cuts;
}

function merge(cuts: readonly Cut[], length: number): readonly Cut[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of cuts.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    const clipped = Math.min(end, length);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, clipped);
    else merged.push({ start, end: clipped });
  }
  return merged;
}

function cutOut(text: string, cuts: readonly Cut[]): string {
  let copy = "";
  let at = 0;
  for (const { start, end } of cuts) {
    copy += text.slice(at, start) + TEXT_MASK;
    at = end;
  }
  return copy + text.slice(at);
}
