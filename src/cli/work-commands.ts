/** `task …`, `note`, `notes`, `open`, `handover`: work inside the house, none of which ever leaves (SPEC 15.5). */
import { ROLES } from "#parley/protocols/envelope.ts";
import { API, getJson, NODE_OPTIONS, postJson, resolveChannel, whoOf } from "./api.ts";
import { UsageFault, type OptionSpec } from "./arguments.ts";
import type { Call, Command } from "./command.ts";
import type { Who } from "./ports.ts";
import { parseNumber } from "./rows.ts";
import { needed, optional } from "./speak.ts";
import { printValue } from "./value-lines.ts";

const TASK = "0192f3a1-0000-7000-8000-0000000000d1";
const KASE = "0192f3a1-0000-7000-8000-0000000000c1";
const NOTE = { note: { kind: "value", value: "TEXT" } } as const;
const ABOUT = {
  channel: { kind: "value", value: "CHANNEL" },
  case: { kind: "value", value: "CASE" },
  message: { kind: "value", value: "MESSAGE" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export const WORK_COMMANDS: readonly Command[] = [
  {
    path: "task add",
    operands: [{ name: "TITLE" }],
    options: {
      ...NODE_OPTIONS,
      ...ABOUT,
      role: { kind: "value", choices: ROLES },
      agency: { kind: "value", value: "NAME" },
      due: { kind: "value", value: "TIME" },
      text: { kind: "value", value: "TEXT" },
    },
    examples: [
      'parley task add "Ask the operator" --agency network-office --due 2026-11-23T12:00:00Z',
      `parley task add "Read the log" --role analyst --due 2026-11-22T18:00:00Z --case ${KASE}`,
    ],
    run: addTask,
  },
  {
    path: "task list",
    operands: [],
    options: {
      ...NODE_OPTIONS,
      status: { kind: "value", choices: ["open", "done", "dropped"] },
      overdue: { kind: "flag" },
    },
    examples: ["parley task list", "parley task list --overdue"],
    run: listTasks,
  },
  {
    path: "task done",
    operands: [{ name: "TASK" }],
    options: { ...NODE_OPTIONS, ...NOTE },
    examples: [`parley task done ${TASK} --note "The operator answered."`],
    run: (call) => endTask(call, "done"),
  },
  {
    path: "task drop",
    operands: [{ name: "TASK" }],
    options: { ...NODE_OPTIONS, ...NOTE },
    examples: [`parley task drop ${TASK}`],
    run: (call) => endTask(call, "dropped"),
  },
  {
    path: "note add",
    operands: [{ name: "TEXT" }],
    options: { ...NODE_OPTIONS, ...ABOUT },
    examples: [`parley note add "Same tool as in spring?" --case ${KASE}`],
    run: addNote,
  },
  {
    path: "note list",
    operands: [],
    options: { ...NODE_OPTIONS, ...ABOUT },
    examples: ["parley note list", `parley note list --case ${KASE}`],
    run: listNotes,
  },
  {
    path: "open",
    operands: [],
    options: NODE_OPTIONS,
    examples: ["parley open"],
    run: async (call) => printValue(call, await getJson(call, whoOf(call, "watch"), API.open)),
  },
  {
    path: "handover",
    operands: [{ name: "OFFICER" }],
    options: { ...NODE_OPTIONS, ...NOTE, role: { kind: "value", choices: ROLES } },
    examples: ['parley handover 7 --role watch --note "Quiet night."'],
    run: handOver,
  },
];

async function addTask(call: Call): Promise<number> {
  const { args } = call;
  const who = whoOf(call, "watch");
  const [role, agency] = [args.one("role"), args.one("agency")];
  if (role !== undefined && agency !== undefined)
    throw new UsageFault("options-together", { options: "--role --agency" });
  if (role === undefined && agency === undefined)
    throw new UsageFault("option-missing", { option: "--role --agency" });
  const body = {
    title: args.operands[0] ?? "",
    to: role === undefined ? { agency } : { role },
    due: needed(call, "due"),
    about: await aboutOf(call, who),
    ...optional(args.one("text"), "text"),
  };
  return printValue(call, await postJson(call, who, API.tasks, body));
}

async function listTasks(call: Call): Promise<number> {
  const { args } = call;
  const query = new URLSearchParams();
  const status = args.one("status");
  if (status !== undefined) query.set("status", status);
  if (args.flag("overdue")) query.set("overdue", "true");
  return printValue(call, await getJson(call, whoOf(call, "watch"), `${API.tasks}?${query.toString()}`));
}

async function endTask(call: Call, as: "done" | "dropped"): Promise<number> {
  const [task = ""] = call.args.operands;
  const body = { as, ...optional(call.args.one("note"), "note") };
  return printValue(call, await postJson(call, whoOf(call, "watch"), API.taskEnd(task), body));
}

async function addNote(call: Call): Promise<number> {
  const who = whoOf(call, "analyst");
  const body = { text: call.args.operands[0] ?? "", about: await aboutOf(call, who) };
  return printValue(call, await postJson(call, who, API.notes, body));
}

async function listNotes(call: Call): Promise<number> {
  const who = whoOf(call, "analyst");
  const query = new URLSearchParams(await aboutOf(call, who));
  return printValue(call, await getJson(call, who, `${API.notes}?${query.toString()}`));
}

async function handOver(call: Call): Promise<number> {
  const to = parseNumber("OFFICER", call.args.operands[0] ?? "");
  const body = { to, role: needed(call, "role"), ...optional(call.args.one("note"), "note") };
  return printValue(call, await postJson(call, whoOf(call, "watch"), API.handovers, body));
}

async function aboutOf(call: Call, who: Who): Promise<Record<string, string>> {
  const { args } = call;
  const channel = args.one("channel");
  return {
    ...(channel !== undefined && { channel: await resolveChannel(call, who, channel) }),
    ...optional(args.one("case"), "case"),
    ...optional(args.one("message"), "message"),
  };
}
