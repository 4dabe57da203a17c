/**
 * The command-line door: words to a command, a command to a status. 0 done, 1 refused with the code, 2 wrong use.
 *
 * It never throws for anything a person typed, a file held or a node answered; what it throws is a bug.
 */
import { parseArguments, UsageFault } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { COMMON_OPTIONS, DONE, USAGE, type Command } from "./command.ts";
import { commandHelp, listHelp } from "./help.ts";
import { createOutput, printRefusal } from "./output.ts";
import { CliFault, type CliPorts } from "./ports.ts";
import { doorRefusal } from "./shown.ts";
import { chooseLanguage, createWords, type Words } from "./words.ts";
import { ApiRefusal } from "./api.ts";

export async function runCli(argv: readonly string[], ports: CliPorts): Promise<number> {
  const words = createWords(chooseLanguage(languageOf(argv), ports.env));
  const found = findCommand(argv);
  if (found.command === undefined) return withoutCommand(ports, words, found);
  const { command, rest } = found;
  const out = createOutput(ports, rest.includes("--json"));
  try {
    if (asksForHelp(rest)) {
      await ports.stdout(commandHelp(words, command));
      return DONE;
    }
    const args = parseArguments(rest, { ...command.options, ...COMMON_OPTIONS }, command.operands);
    return await command.run({ ports, args, words, out });
  } catch (thrown) {
    await out.done();
    if (thrown instanceof UsageFault) return printUsage(ports, words, thrown, command.path);
    if (thrown instanceof ApiRefusal) return printRefusal(out, words, thrown.refusal);
    if (thrown instanceof CliFault) return printFault(out, words, thrown);
    throw thrown;
  }
}

/** A file that cannot be read or written is wrong use; a node that cannot be reached refuses. */
async function printFault(
  out: ReturnType<typeof createOutput>,
  words: Words,
  fault: CliFault,
): Promise<number> {
  const status = await printRefusal(out, words, doorRefusal(fault.code));
  return fault.code.startsWith("file-") ? USAGE : status;
}

async function printUsage(ports: CliPorts, words: Words, fault: UsageFault, path: string): Promise<number> {
  await ports.stderr(`parley: ${words.say(`usage.${fault.code}`, fault.args)}\n`);
  await ports.stderr(`${words.say("usage.see", { command: `parley ${path} --help`.replace("  ", " ") })}\n`);
  return USAGE;
}

interface Found {
  readonly command: Command | undefined;
  readonly group: readonly Command[];
  readonly rest: readonly string[];
}

/** Two words before one: `answer verdict` is a command, `answer` a group. */
function findCommand(argv: readonly string[]): Found {
  for (const length of [2, 1]) {
    const path = argv.slice(0, length).join(" ");
    const command = COMMANDS.find((one) => one.path === path);
    if (command !== undefined) return { command, group: [], rest: argv.slice(length) };
  }
  const [first = ""] = argv;
  const group = COMMANDS.filter(({ path }) => path.startsWith(`${first} `));
  return { command: undefined, group: first === "" ? [] : group, rest: argv.slice(group.length > 0 ? 1 : 0) };
}

async function withoutCommand(ports: CliPorts, words: Words, { group, rest }: Found): Promise<number> {
  const [first] = rest;
  if (first === "help" || asksForHelp(rest)) {
    await ports.stdout(listHelp(words, group.length > 0 ? group : COMMANDS));
    return DONE;
  }
  if (first === undefined) {
    await ports.stderr(listHelp(words, group.length > 0 ? group : COMMANDS));
    return USAGE;
  }
  return printUsage(ports, words, new UsageFault("unknown-command", { command: first }), "");
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? undefined : end).some((word) => word === "--help" || word === "-h");
}

/** Known before anything is parsed, so that wrong use is said in the language asked for. */
function languageOf(argv: readonly string[]): string | undefined {
  const at = argv.indexOf("--lang");
  return at >= 0 ? argv[at + 1] : argv.find((word) => word.startsWith("--lang="))?.slice("--lang=".length);
}
