/** `board`, `show`, `export`, `import`: what stands in the record, and the record as a file. */
import { BUNDLE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import {
  API,
  entriesOf,
  getBytes,
  getJson,
  NODE_OPTIONS,
  postBytes,
  resolveChannel,
  whoOf,
  type Value,
} from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, FILE, type Call, type Command } from "./command.ts";
import { readUpTo } from "./files.ts";
import { writeOut } from "./partner-commands.ts";
import { escapeUntrusted } from "./safe-text.ts";

const BOARDS = ["duty", "overdue", "reciprocity", "line"] as const;
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
  return printValue(call, await getJson(call, who, API.board(channel, which)));
}

async function show(call: Call): Promise<number> {
  const who = whoOf(call, "watch");
  const [named, kase] = call.args.operands;
  if (named === undefined) return printValue(call, await getJson(call, who, API.channels));
  const channel = await resolveChannel(call, who, named);
  if (kase !== undefined) return printValue(call, await getJson(call, who, API.case(channel, kase)));
  const detail = await getJson(call, who, API.channel(channel));
  const cases = await getJson(call, who, API.cases(channel));
  return printValue(call, { channel: detail, cases });
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

/** Any answer of the API as indented `name: value` lines; names and codes of the wire stay as they are. */
async function printValue({ out }: Call, value: Value): Promise<number> {
  if (out.json) await out.value(value);
  else for (const line of valueToLines(value, "")) await out.line(line);
  return DONE;
}

function* valueToLines(value: Value, indent: string): Generator<string> {
  for (const [key, inner] of entriesOf(value)) {
    const name = Array.isArray(value) ? "-" : `${escapeUntrusted(key)}:`;
    if (typeof inner === "object" && inner !== null) {
      if (entriesOf(inner).length === 0) continue;
      yield `${indent}${name}`;
      yield* valueToLines(inner, `${indent}  `);
    } else {
      yield `${indent}${name} ${escapeUntrusted(String(inner))}`;
    }
  }
}
