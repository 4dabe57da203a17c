/**
 * Rows about asks on a command line: `2=insufficient,items=E04+E09` is `{ask: 2, verdict: "insufficient", items: […]}`.
 *
 * Values with a comma or a line break do not fit; they come with `--body FILE`. Lists are joined by `+`.
 */
import type { Json, JsonObject } from "#parley/codec/json.ts";
import { UsageFault } from "./arguments.ts";

export interface RowForm {
  /** Member that takes the number: `ask`, `question`. */
  readonly number: string;
  /** Member that takes the code after `=`. */
  readonly code: string;
  /** Members that are lists. */
  readonly lists?: readonly string[];
}

export function parseRow(option: string, text: string, form: RowForm): JsonObject {
  const [head = "", ...rest] = text.split(",");
  const match = /^([1-9][0-9]?)=(.+)$/.exec(head);
  if (match === null) throw new UsageFault("option-malformed", { option, value: text });
  const members = rest.map((part): readonly [string, Json] => {
    const pair = /^([a-z][a-z0-9_]*)=(.*)$/s.exec(part);
    if (pair === null) throw new UsageFault("option-malformed", { option, value: text });
    const [, key = "", value = ""] = pair;
    return [key, form.lists?.includes(key) === true ? value.split("+") : value];
  });
  return { ...Object.fromEntries(members), [form.number]: Number(match[1]), [form.code]: match[2] ?? "" };
}

export function parseNumber(option: string, text: string): number {
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text))
    throw new UsageFault("option-malformed", { option, value: text });
  return Number(text);
}
