/**
 * Commands that say something in a channel: each makes a draft through the API, and says what is still to be done.
 *
 * A body comes from `--body FILE`, from flags, or from both, flags winning. The node judges it; nothing is
 * checked twice here. The role is that of the person who speaks.
 */
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { LAYERS, NATURES, PRECEDENCES, TLP } from "#parley/protocols/envelope.ts";
import { API, NODE_OPTIONS, postJson, resolveChannel, whoOf, type Value } from "./api.ts";
import { UsageFault, type Operand, type OptionSpec } from "./arguments.ts";
import { DONE, type Call, type Command } from "./command.ts";
import { readJsonFile } from "./json-file.ts";
import { printDraft } from "./release.ts";
import { roleToWho, whoToRole } from "./who.ts";

export const CHANNEL: Operand = { name: "CHANNEL" };
export const CASE: Operand = { name: "CASE" };

/** What a verb is made of; `body` reads its flags. */
export interface Verb {
  readonly path: string;
  /** Message type; from the first operand where it is absent (`say`). */
  readonly type?: string;
  readonly operands: readonly Operand[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  readonly body: (call: Call) => Promise<JsonObject> | JsonObject;
  /** Members of the envelope that the type demands. */
  readonly envelope?: JsonObject;
}

const SPEECH_OPTIONS = {
  ...NODE_OPTIONS,
  body: { kind: "value", value: "FILE" },
  text: { kind: "value", value: "TEXT" },
  "text-lang": { kind: "value", value: "LANG" },
  precedence: { kind: "value", choices: PRECEDENCES },
  layer: { kind: "value", choices: LAYERS },
  nature: { kind: "value", choices: NATURES },
  tlp: { kind: "value", choices: TLP },
  ref: { kind: "many", value: "KIND:ID" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export function speechCommand(verb: Verb): Command {
  return {
    path: verb.path,
    operands: verb.operands,
    options: { ...verb.options, ...SPEECH_OPTIONS },
    examples: verb.examples,
    run: (call) => speak(call, verb),
  };
}

async function speak(call: Call, verb: Verb): Promise<number> {
  const named = new Map(verb.operands.map(({ name }, i) => [name, call.args.operands[i]]));
  const type = verb.type ?? named.get("TYPE") ?? "";
  const rule = MESSAGE_RULES.get(type);
  if (rule === undefined) throw new UsageFault("unknown-command", { command: type });
  const who = whoOf(call, roleToWho(rule.roles[0] ?? "watch"));
  const role = whoToRole(who);
  const body = { ...(await readBody(call)), ...(await verb.body(call)) };
  const envelope = { ...verb.envelope, ...envelopeOf(call) };
  const channel = await resolveChannel(call, who, named.get("CHANNEL"));
  const inCase = named.get("CASE");
  const draft: Value = await postJson(call, who, API.newDraft(channel), {
    type,
    ...(inCase !== undefined && { case: inCase }),
    role,
    body,
    ...(Object.keys(envelope).length > 0 && { envelope }),
  });
  await printDraft(call, draft);
  return DONE;
}

async function readBody({ args, ports }: Call): Promise<JsonObject> {
  const path = args.one("body");
  if (path === undefined) return {};
  const value = await readJsonFile(ports, path);
  if (value !== undefined && isJsonObject(value)) return value;
  throw new UsageFault("body-malformed", { file: path });
}

function envelopeOf({ args, words }: Call): JsonObject {
  const text = args.one("text");
  const lang = args.one("text-lang") ?? words.lang;
  const refs = args.many("ref").map((ref): JsonObject => {
    const at = ref.indexOf(":");
    if (at < 1) throw new UsageFault("option-malformed", { option: "--ref", value: ref });
    return { kind: ref.slice(0, at), id: ref.slice(at + 1) };
  });
  return {
    ...(text !== undefined && { texts: [{ form: "original", lang, text }] }),
    ...(refs.length > 0 && { refs }),
    ...optional(args.one("precedence"), "precedence"),
    ...optional(args.one("layer"), "layer"),
    ...optional(args.one("nature"), "nature"),
    ...optional(args.one("tlp"), "tlp"),
  };
}

/** A member where a value was given. */
export function optional(value: Json | undefined, key: string): JsonObject {
  return value === undefined ? {} : { [key]: value };
}

/** The value of an option that a command cannot do without, unless a body file brings it. */
export function needed({ args }: Call, option: string): string | undefined {
  const value = args.one(option);
  if (value === undefined && args.one("body") === undefined)
    throw new UsageFault("option-missing", { option: `--${option}` });
  return value;
}
