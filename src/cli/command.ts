/** What a command is: its words, operands, options, examples, and the function that runs it. */
import type { Arguments, Operand, OptionSpec } from "./arguments.ts";
import type { Output } from "./output.ts";
import type { CliPorts } from "./ports.ts";
import type { Words } from "./words.ts";

/** Done · refused, with the code · wrong use. */
export const DONE = 0;
export const REFUSED = 1;
export const USAGE = 2;

export interface Call {
  readonly ports: CliPorts;
  readonly args: Arguments;
  readonly words: Words;
  readonly out: Output;
}

export interface Command {
  /** One or two words: `init`, `inspect json`. */
  readonly path: string;
  readonly operands: readonly Operand[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Whole command lines. Those of `inspect` and `verify` run as tests. */
  readonly examples: readonly string[];
  /** Resolves to the exit status. */
  readonly run: (call: Call) => Promise<number>;
}

/** Options that every command has. */
export const COMMON_OPTIONS = {
  help: { kind: "flag", short: "h" },
  json: { kind: "flag" },
  lang: { kind: "value", value: "en|ar|ru", choices: ["en", "ar", "ru"] },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export const FILE: Operand = { name: "FILE" };
