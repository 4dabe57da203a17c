/**
 * Arguments of one command: words into options and operands, against a table.
 *
 * It guarantees that nothing is ignored: an unknown option, a missing or surplus value, an option given twice
 * and a missing or surplus operand are each a `UsageFault`. An identifier of 43 characters is an operand even when
 * it begins with a hyphen. It deliberately does not read values; commands do.
 */

export interface OptionSpec {
  /** `flag` has no value; `many` may be repeated. */
  readonly kind: "flag" | "value" | "many";
  /** Placeholder in the help: `FILE`, `N`. */
  readonly value?: string;
  readonly short?: string;
  /** Closed list of values, refused otherwise. */
  readonly choices?: readonly string[];
}

export interface Operand {
  readonly name: string;
  readonly optional?: true;
  /** One or more; the last operand alone. */
  readonly many?: true;
}

export type UsageCode =
  | "unknown-command"
  | "unknown-option"
  | "option-value-missing"
  | "option-value-surplus"
  | "option-twice"
  | "option-choice"
  | "option-missing"
  | "option-malformed"
  | "options-together"
  | "operand-missing"
  | "operand-surplus"
  | "body-malformed";

/** Wrong use: said with the command's help named, status 2. */
export class UsageFault extends Error {
  readonly code: UsageCode;
  readonly args: Readonly<Record<string, string>>;

  constructor(code: UsageCode, args: Readonly<Record<string, string>> = {}) {
    super(code);
    this.name = "UsageFault";
    this.code = code;
    this.args = args;
  }
}

export interface Arguments {
  readonly operands: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly one: (name: string) => string | undefined;
  readonly many: (name: string) => readonly string[];
}

const IDENTIFIER = /^[A-Za-z0-9_-]{43}$/;

export function parseArguments(
  words: readonly string[],
  specs: Readonly<Record<string, OptionSpec>>,
  operands: readonly Operand[],
): Arguments {
  const values = new Map<string, string[]>();
  const found: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") {
      found.push(...words.slice(i + 1));
      break;
    }
    if (word === "-" || !word.startsWith("-") || isIdentifier(word, specs)) {
      found.push(word);
      continue;
    }
    const { name, inline } = nameOf(word, specs);
    const spec = specs[name];
    if (spec === undefined) throw new UsageFault("unknown-option", { option: word });
    const known = values.get(name) ?? [];
    if (known.length > 0 && spec.kind !== "many")
      throw new UsageFault("option-twice", { option: `--${name}` });
    if (spec.kind === "flag") {
      if (inline !== undefined) throw new UsageFault("option-value-surplus", { option: `--${name}` });
      values.set(name, [""]);
      continue;
    }
    const value = inline ?? words[++i];
    if (value === undefined) throw new UsageFault("option-value-missing", { option: `--${name}` });
    checkChoice(name, spec, value);
    values.set(name, [...known, value]);
  }
  checkOperands(found, operands);
  return {
    operands: found,
    flag: (name) => values.has(name),
    one: (name) => values.get(name)?.[0],
    many: (name) => values.get(name) ?? [],
  };
}

function isIdentifier(word: string, specs: Readonly<Record<string, OptionSpec>>): boolean {
  return IDENTIFIER.test(word) && !Object.hasOwn(specs, word.slice(2));
}

function nameOf(
  word: string,
  specs: Readonly<Record<string, OptionSpec>>,
): { readonly name: string; readonly inline?: string } {
  if (!word.startsWith("--")) {
    const name = Object.keys(specs).find((one) => specs[one]?.short === word.slice(1));
    return { name: name ?? "" };
  }
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  if (!Object.hasOwn(specs, name)) return { name: "" };
  return equals < 0 ? { name } : { name, inline: word.slice(equals + 1) };
}

function checkChoice(name: string, { choices }: OptionSpec, value: string): void {
  if (choices !== undefined && !choices.includes(value))
    throw new UsageFault("option-choice", { option: `--${name}`, value, choices: choices.join(" ") });
}

function checkOperands(found: readonly string[], operands: readonly Operand[]): void {
  const missing = operands[found.length];
  if (missing !== undefined && missing.optional !== true)
    throw new UsageFault("operand-missing", { operand: missing.name });
  const surplus = operands.at(-1)?.many === true ? undefined : found[operands.length];
  if (surplus !== undefined) throw new UsageFault("operand-surplus", { operand: surplus });
}
