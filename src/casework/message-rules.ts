/**
 * From raw message to rule (SPEC 9.3.8, first half): which protocol a type belongs to, and its schema check.
 *
 * Guarantees that schemas are compiled once per process, and that what is judged here depends on nothing but
 * the entry itself. It deliberately knows no case, no time and no other entry.
 */
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { JsonObject } from "../codec/json.ts";
import type { Envelope } from "../protocols/envelope.ts";
import { voided, type MessageRule, type Outcome, type Protocol } from "../protocols/protocol.ts";
import { entryKindOf, SYSTEM_MESSAGES } from "../protocols/system/messages.ts";
import { voidFor } from "./codes.ts";
import type { OpenedEntry } from "./opened-entry.ts";

/** A message that passed its schema. */
export interface OpenedMessage extends Envelope {
  readonly body: JsonObject;
}

export interface TypeRule {
  readonly type: string;
  readonly rule: MessageRule;
  /** Undefined for system messages. */
  readonly protocol: Protocol | undefined;
  readonly opens: boolean;
}

export type TypeRules = ReadonlyMap<string, TypeRule>;

/** Throws when two protocols claim one type: a bug of the registry. */
export function typeRules(protocols: readonly Protocol[]): TypeRules {
  const rules = new Map<string, TypeRule>();
  for (const [type, rule] of Object.entries(SYSTEM_MESSAGES)) {
    rules.set(type, { type, rule, protocol: undefined, opens: false });
  }
  for (const protocol of protocols) {
    for (const [type, rule] of Object.entries(protocol.messages)) {
      const known = rules.get(type);
      if (known?.protocol !== undefined) throw new Error(`two protocols claim the message type ${type}`);
      // A protocol may list `ack` for its readers; the system's rule stands.
      if (known === undefined)
        rules.set(type, { type, rule, protocol, opens: protocol.opens.includes(type) });
    }
  }
  return rules;
}

/** A protocol that no suspension can touch, so that its cases may decide what is suspended. */
export function isUnscoped(protocol: Protocol): boolean {
  return Object.values(protocol.messages).every(({ scope }) => scope === undefined);
}

export type Read =
  | { readonly kind: "read"; readonly rule: TypeRule; readonly message: OpenedMessage }
  | { readonly kind: "void"; readonly outcome: Outcome }
  | { readonly kind: "unread" };

/** An entry whose message passed its schema. It keeps no message: the entry may make it anew on each reading. */
export class ReadEntry {
  readonly rule: TypeRule;
  readonly #entry: OpenedEntry;

  constructor(rule: TypeRule, entry: OpenedEntry) {
    this.rule = rule;
    this.#entry = entry;
  }

  get message(): OpenedMessage {
    const { message } = this.#entry;
    if (!isKept(message)) throw new Error("an entry that was read has lost its message");
    return message;
  }
}

/** The schema was checked when the entry was read; the same value needs no second check. */
function isKept(message: unknown): message is OpenedMessage {
  return message !== undefined;
}

/** The checks that need the entry alone, in the order of SPEC 9.3.8. */
export function readMessage(rules: TypeRules, { kind, message }: OpenedEntry): Read {
  if (message === undefined) return { kind: "unread" };
  const type = message["type"];
  const rule = typeof type === "string" ? rules.get(type) : undefined;
  if (rule === undefined) return { kind: "void", outcome: voidFor("unknown-type") };
  if (kind !== entryKindOf(rule.type)) return { kind: "void", outcome: voidFor("wrong-kind") };
  if (!isOfRule(rule, message)) return { kind: "void", outcome: schemaFault(rule, message) };
  const pointer = rule.rule.check?.(message.body);
  if (pointer !== undefined) return { kind: "void", outcome: voided("E-SCHEMA", pointer) };
  if (!rule.rule.roles.includes(message.from_role)) return { kind: "void", outcome: voidFor("wrong-role") };
  return { kind: "read", rule, message };
}

const validators = new WeakMap<TSchema, ReturnType<typeof Compile>>();

function validatorOf(schema: TSchema) {
  let validator = validators.get(schema);
  if (validator === undefined) validators.set(schema, (validator = Compile(schema)));
  return validator;
}

/** Every rule's schema contains the envelope and a closed body (`messageSchema`). */
function isOfRule(rule: TypeRule, message: unknown): message is OpenedMessage {
  return validatorOf(rule.rule.schema).Check(message);
}

/** The outermost place at fault, so that the pointer names members of the schema and no content. */
function schemaFault(rule: TypeRule, message: JsonObject): Outcome {
  const pointers = validatorOf(rule.rule.schema)
    .Errors(message)
    // A foreign member is reported at its parent: its name is the sender's text.
    .filter(({ keyword }) => keyword !== "boolean")
    .map(({ instancePath }) => instancePath);
  pointers.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return voided("E-SCHEMA", pointers[0] ?? "");
}
