/**
 * `pack build` and `pack check`: a pack from what an analyst has, and what it is worth (SPEC 16.5, 10), without a node.
 *
 * It guarantees that every line of a table is an event or is named with the reason. The profile is the default one:
 * what a channel agreed on instead is judged by the node. Nothing is said to anybody.
 */
import { utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { jsonToText, type Json } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { buildPack, type BuiltPack } from "#parley/intel/pack-builder.ts";
import { DEFAULT_PROFILE, evaluate, type Evaluation } from "#parley/protocols/evidence/index.ts";
import { PLAIN_LEGAL_BASES, REFERENCED_LEGAL_BASES } from "#parley/protocols/request/codes.ts";
import { ApiRefusal } from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, FILE, REFUSED, type Call, type Command } from "./command.ts";
import { evaluationLines } from "./evaluation-lines.ts";
import { readUpTo } from "./files.ts";
import { readJsonFile } from "./json-file.ts";
import { MATERIAL_SIZE_LIMIT_BYTES } from "./material-file.ts";
import { parseNumber } from "./rows.ts";
import { dayOf, LIST_OPTIONS, readLists } from "./screen-commands.ts";
import { doorRefusal, showRefusal } from "./shown.ts";

const LEGAL_BASES: readonly string[] = [...PLAIN_LEGAL_BASES, ...REFERENCED_LEGAL_BASES];

const JUDGE_OPTIONS = {
  ask: { kind: "many", value: "CODE[:BASIS]" },
  "life-safety": { kind: "flag" },
  at: { kind: "value", value: "TIME" },
} as const;

export const PACK_COMMANDS: readonly Command[] = [
  {
    path: "pack build",
    operands: [],
    options: {
      pack: { kind: "value", value: "FILE" },
      events: { kind: "value", value: "FILE" },
      indicators: { kind: "value", value: "FILE" },
      ...LIST_OPTIONS,
      "retention-days": { kind: "value", value: "N" },
      ...JUDGE_OPTIONS,
      out: { kind: "value", value: "FILE", short: "o" },
      overwrite: { kind: "flag" },
    },
    examples: [
      "parley pack build --events events.csv --pack written.json --lists warninglists -o pack.json",
      "parley pack build --indicators indicators.csv --retention-days 90 --ask A05 -o -",
    ],
    run: build,
  },
  {
    path: "pack check",
    operands: [FILE],
    options: JUDGE_OPTIONS,
    examples: [
      "parley pack check pack.json --ask A05 --ask A10:none-voluntary",
      "parley pack check --json -",
    ],
    run: check,
  },
];

async function build(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const path = args.one("out");
  if (path === undefined) throw new UsageFault("option-missing", { option: "--out" });
  const [events, indicators] = [await textOf(call, "events"), await textOf(call, "indicators")];
  const written = await packOf(call, args.one("pack"));
  const [lists, day] = [await readLists(call), dayOf(call)];
  const days = args.one("retention-days");
  const built = buildPack({
    asOf: ports.clock(),
    ...(written !== undefined && { written }),
    ...(events !== undefined && { events }),
    ...(indicators !== undefined && { indicators }),
    ...(lists !== undefined && { lists }),
    ...(day !== undefined && { day }),
    ...(days !== undefined && { receiver: { retentionDays: parseNumber("--retention-days", days) } }),
  });
  if (isRefusal(built)) throw new ApiRefusal(showRefusal(built));
  const { evaluation } = judge(call, built);
  const bytes = utf8(`${jsonToText(built.pack)}\n`);
  await ports.writeFile(path, bytes, { overwrite: args.flag("overwrite") });
  await report(call, built);
  for (const line of evaluationLines(evaluation, words)) await out.note(line);
  if (path === "-") return DONE;
  if (out.json) await out.value({ file: path, ...reportOf(built), evaluation });
  else await out.line(words.say("file.written", { file: path, size: bytes.length }));
  return DONE;
}

/** Status 1 when something was asked that the pack does not carry. */
async function check(call: Call): Promise<number> {
  const { args, out, words } = call;
  const written = await packOf(call, args.operands[0] ?? "-");
  const built = buildPack({ asOf: call.ports.clock(), ...(written !== undefined && { written }) });
  if (isRefusal(built)) throw new ApiRefusal(showRefusal(built));
  const { evaluation, named } = judge(call, built);
  if (out.json) await out.value({ evaluation, ...reportOf(built) });
  else {
    for (const line of evaluationLines(evaluation, words)) await out.line(line);
    await report(call, built);
  }
  return named && evaluation.asks.some(({ supported }) => !supported) ? REFUSED : DONE;
}

interface Judged {
  readonly evaluation: Evaluation;
  /** Asks were named; otherwise every ask of the profile is judged. */
  readonly named: boolean;
}

function judge({ args, ports }: Call, { pack }: BuiltPack): Judged {
  const named = args.many("ask").map((text) => {
    const [ask = "", basis = "none-voluntary", ...rest] = text.split(":");
    const isAsk = /^A\d{2}$/.test(ask) && LEGAL_BASES.includes(basis) && rest.length === 0;
    if (!isAsk) throw new UsageFault("option-malformed", { option: "--ask", value: text });
    return { ask, legal_basis: basis };
  });
  const every = DEFAULT_PROFILE.levels
    .flatMap(({ supports }) => supports)
    .map((ask) => ({ ask, legal_basis: "none-voluntary" }));
  const at = args.one("at");
  const referenceTime = at === undefined ? ports.clock() : parseInstant(at);
  if (isRefusal(referenceTime)) throw new UsageFault("option-malformed", { option: "--at", value: at ?? "" });
  const asks = named.length > 0 ? named : every;
  const lifeSafety = args.flag("life-safety");
  return {
    evaluation: evaluate(DEFAULT_PROFILE, pack, { asks, referenceTime, lifeSafety }),
    named: named.length > 0,
  };
}

function reportOf({ results, warnings, events, indicators }: BuiltPack) {
  return {
    results,
    warnings,
    unread_events: events?.unread ?? [],
    unread_indicators: indicators?.unread ?? [],
  };
}

/** Lines named one by one; the rest by their number. */
const UNREAD_SHOWN_LIMIT = 20;

async function report(
  { out, words }: Call,
  { results, warnings, events, indicators }: BuiltPack,
): Promise<void> {
  const { book, lang } = words;
  for (const [result, count] of Object.entries(results)) {
    const meaning = book.text(lang, `code.relay_result.${result}`, {}, { isolate: lang === "ar" });
    await out.note(words.say("screen.count", { meaning, count }));
  }
  for (const { code, count } of warnings) await out.note(words.say(`pack.${code}`, { count }));
  const unread = [...(events?.unread ?? []), ...(indicators?.unread ?? [])];
  for (const { line, reason } of unread.slice(0, UNREAD_SHOWN_LIMIT))
    await out.note(words.say("material.unread", { line, reason: words.say(`material.${reason}`) }));
  if (unread.length > UNREAD_SHOWN_LIMIT)
    await out.note(words.say("material.unread_more", { lines: unread.length - UNREAD_SHOWN_LIMIT }));
}

async function textOf(call: Call, option: string): Promise<string | undefined> {
  const path = call.args.one(option);
  if (path === undefined) return undefined;
  const bytes = await readUpTo(call.ports, path, MATERIAL_SIZE_LIMIT_BYTES);
  const text = bytes.length > MATERIAL_SIZE_LIMIT_BYTES ? undefined : utf8ToText(bytes);
  if (text !== undefined) return text;
  const code = bytes.length > MATERIAL_SIZE_LIMIT_BYTES ? "material-too-large" : "material-empty";
  throw new ApiRefusal(doorRefusal(code, { limit: MATERIAL_SIZE_LIMIT_BYTES }));
}

async function packOf({ ports }: Call, path: string | undefined): Promise<Json | undefined> {
  if (path === undefined) return undefined;
  const value = await readJsonFile(ports, path);
  if (value === undefined) throw new UsageFault("body-malformed", { file: path });
  return value;
}
