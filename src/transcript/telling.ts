/**
 * What one message says, as a phrase (SPEC 8.7.2): its type as key, its codes and numbers as arguments.
 * Free text of people never becomes an argument: it is shown beside the sentence, in its own language.
 */
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import { phrase, pick, type Phrase } from "#parley/protocols/phrase-arguments.ts";
import { TELLS } from "./wording.ts";

export interface Naming {
  /** Handle of the author. */
  readonly from: string;
  /** Handles of the others. */
  readonly to: readonly string[];
  /** Party id to handle; an unknown id stays as it is. */
  readonly handleOf: (party: string) => string;
  /** Where in the record the message with this id stands. */
  readonly placeOf: (id: string) => { readonly party: string; readonly seq: number } | undefined;
}

/** Undefined when this version knows no such type. The message must have passed its schema. */
export function tellMessage(message: JsonObject, naming: Naming): Phrase | undefined {
  const { type, body } = message;
  const tell = typeof type === "string" ? TELLS.get(type) : undefined;
  if (tell === undefined || !isJsonObject(body)) return undefined;
  const { variant, args } = tell(body, (id) => [named(id, naming)]);
  const feed = args["feed_of"];
  return phrase(`message.${variant ?? String(type)}`, {
    ...pick(message, { from_role: "role", officer: "officer" }),
    ...args,
    ...(typeof feed === "string" ? { feed_of: naming.handleOf(feed) } : {}),
    from: naming.from,
    to: naming.to,
  });
}

function named(id: Json | undefined, { placeOf, handleOf }: Naming): Phrase {
  if (typeof id !== "string") return phrase("of.unnamed");
  const place = placeOf(id);
  if (place === undefined) return phrase("of.message", { id });
  return phrase("of.entry", { party: handleOf(place.party), seq: place.seq });
}
