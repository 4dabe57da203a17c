/**
 * `board`, `show`, `export`, `import`: what stands in the record, and the record as a file.
 *
 * People read sentences; `--json` has the node's answer as it is, codes and all.
 */
import { BUNDLE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import {
  API,
  getBytes,
  getJson,
  listIn,
  NODE_OPTIONS,
  postBytes,
  resolveChannel,
  whoOf,
  type Value,
} from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { BOARDS, boardLines } from "./board-lines.ts";
import { caseLines } from "./case-lines.ts";
import { channelDetailLines, channelListLines } from "./channel-lines.ts";
import { DONE, FILE, type Call, type Command } from "./command.ts";
import { readUpTo } from "./files.ts";
import { readNames, textsIn, type Names } from "./names.ts";
import { writeOut } from "./partner-commands.ts";
import type { Who } from "./ports.ts";

const OUT = { kind: "value", value: "FILE", short: "o" } as const;
const OVERWRITE = { kind: "flag" } as const;

export const VIEW_COMMANDS: readonly Command[] = [
  {
    path: "board",
    operands: [{ name: "BOARD", optional: true }],
    options: { ...NODE_OPTIONS, channel: { kind: "value", value: "CHANNEL" } },
    examples: ["parley board", "parley board reciprocity --channel RIMAL", "parley board line --json"],
    run: board,
  },
  {
    path: "show",
    operands: [
      { name: "CHANNEL", optional: true },
      { name: "CASE", optional: true },
    ],
    options: NODE_OPTIONS,
    examples: ["parley show", "parley show RIMAL", "parley show RIMAL 0192f3a1-0000-7000-8000-0000000000c1"],
    run: show,
  },
  {
    path: "export",
    operands: [{ name: "CHANNEL", optional: true }],
    options: { ...NODE_OPTIONS, outbox: { kind: "flag" }, out: OUT, overwrite: OVERWRITE },
    examples: ["parley export RIMAL -o transcript.parley", "parley export RIMAL --outbox -o to-rimal.parley"],
    run: exportChannel,
  },
  {
    path: "import",
    operands: [FILE],
    options: { ...NODE_OPTIONS, out: OUT, overwrite: OVERWRITE },
    examples: ["parley import from-rimal.parley -o reply.parley"],
    run: importCarrier,
  },
];

async function board(call: Call): Promise<number> {
  const [named = "duty"] = call.args.operands;
  const which = BOARDS.find((one) => one === named);
  if (which === undefined)
    throw new UsageFault("option-choice", { option: "BOARD", value: named, choices: BOARDS.join(" ") });
  const who = whoOf(call, "watch");
  const channel = await resolveChannel(call, who, call.args.one("channel"));
  const value = await getJson(call, who, API.board(channel, which));
  return printLines(call, who, value, async (names) =>
    boardLines(which, value, names, await partiesOf(call, who, channel)),
  );
}

async function show(call: Call): Promise<number> {
  const who = whoOf(call, "watch");
  const [named, kase] = call.args.operands;
  if (named === undefined) {
    const channels = await getJson(call, who, API.channels);
    return printLines(call, who, channels, (names) => channelListLines(listIn(channels, "channels"), names));
  }
  const channel = await resolveChannel(call, who, named);
  if (kase !== undefined) {
    const value = await getJson(call, who, API.case(channel, kase));
    return printLines(call, who, value, async (names) =>
      caseLines(value, names, await partiesOf(call, who, channel)),
    );
  }
  const detail = await getJson(call, who, API.channel(channel));
  const cases = await getJson(call, who, API.cases(channel));
  return printLines(call, who, { channel: detail, cases }, (names) =>
    channelDetailLines(detail, listIn(cases, "cases"), names),
  );
}

async function partiesOf(call: Call, who: Who, channel: string): Promise<readonly string[]> {
  return textsIn(await getJson(call, who, API.channel(channel)), "parties");
}

async function exportChannel(call: Call): Promise<number> {
  const { args, out, words } = call;
  if (args.one("out") === undefined) throw new UsageFault("option-missing", { option: "--out" });
  const who = whoOf(call, "watch");
  const channel = await resolveChannel(call, who, args.operands[0]);
  await out.progress(words.say("export.working"));
  const bytes = await getBytes(
    call,
    who,
    args.flag("outbox") ? API.outbox(channel) : API.transcript(channel),
  );
  await out.done();
  return writeOut(call, bytes);
}

async function importCarrier(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const [path = "-"] = args.operands;
  if (args.one("out") === undefined) throw new UsageFault("option-missing", { option: "--out" });
  const bytes = await readUpTo(ports, path, BUNDLE_SIZE_LIMIT_BYTES);
  await out.progress(words.say("import.working", { size: bytes.length }));
  const reply = await postBytes(call, whoOf(call, "watch"), API.inbox, bytes);
  await out.done();
  return writeOut(call, reply);
}

/** The answer itself for a program, its lines for a person. */
export async function printLines(
  call: Call,
  who: Who,
  value: Value,
  linesOf: (names: Names) => readonly string[] | Promise<readonly string[]>,
): Promise<number> {
  const { out } = call;
  if (out.json) await out.value(value);
  else for (const line of await linesOf(await readNames(call, who))) await out.line(line);
  return DONE;
}
