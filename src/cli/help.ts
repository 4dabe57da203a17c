/** Help: of everything, of a group (`parley answer --help`) and of one command, with its examples. */
import type { Operand, OptionSpec } from "./arguments.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";
import type { Words } from "./words.ts";

export function commandHelp(words: Words, command: Command): string {
  const options = { ...command.options, ...COMMON_OPTIONS };
  const rows = Object.entries(options).map(([name, spec]): readonly [string, string] => [
    optionText(name, spec),
    words.say(`option.${name}`),
  ]);
  return [
    words.say(`command.${keyOf(command.path)}`),
    "",
    `${words.say("help.usage")} parley ${[command.path, ...command.operands.map(operandText)].join(" ")} [--…]`,
    "",
    words.say("help.options"),
    ...toColumns(rows),
    "",
    words.say("help.examples"),
    ...command.examples.map((example) => `  ${example}`),
    "",
    words.say("help.status"),
    "",
  ].join("\n");
}

/** One line for each command; all of them, or those of a group. */
export function listHelp(words: Words, commands: readonly Command[]): string {
  const rows = commands.map((command): readonly [string, string] => [
    [command.path, ...command.operands.map(operandText)].join(" "),
    words.say(`command.${keyOf(command.path)}`),
  ]);
  return [
    words.say("help.intro"),
    "",
    `${words.say("help.usage")} parley COMMAND [--…]`,
    "",
    words.say("help.commands"),
    ...toColumns(rows),
    "",
    words.say("help.more"),
    words.say("help.status"),
    "",
  ].join("\n");
}

export function keyOf(path: string): string {
  return path.replace(/[ -]/g, "_");
}

function operandText({ name, optional, many }: Operand): string {
  if (many === true) return `${name}…`;
  return optional === true ? `[${name}]` : name;
}

function optionText(name: string, { kind, value, short, choices }: OptionSpec): string {
  const flag = short === undefined ? `--${name}` : `-${short}, --${name}`;
  if (kind === "flag") return flag;
  const placeholder = value ?? choices?.join("|") ?? "…";
  return `${flag} ${placeholder}${kind === "many" ? " …" : ""}`;
}

/** A long first column takes a line of its own. */
function toColumns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = 34;
  return rows.flatMap(([first, second]) =>
    first.length < width
      ? [`  ${first.padEnd(width)}${second}`]
      : [`  ${first}`, `  ${" ".repeat(width)}${second}`],
  );
}
