/**
 * One case in words: where it stands, its clocks, its asks, and each of its messages as the transcript would tell it.
 *
 * What people wrote is shown beneath the sentence that has no place for it, escaped. A message that does not have the
 * form of its type is not told: its type is named.
 */
import { readMessage, typeRules } from "#parley/casework/message-rules.ts";
import { PROTOCOLS } from "#parley/casework/registry.ts";
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import { phrase, type Phrase } from "#parley/protocols/phrase-arguments.ts";
import { entryKindOf } from "#parley/protocols/system/messages.ts";
import { tellMessage, type Naming } from "#parley/transcript/telling.ts";
import { listIn, member, textIn, type Value } from "./api.ts";
import { caseLine, moveLines, timerLines } from "./channel-lines.ts";
import { countIn, instantIn, isTrue, textsIn, type Names } from "./names.ts";
import { escapeUntrusted } from "./safe-text.ts";

/** `parties` are those of the channel. */
export function caseLines(one: Value, names: Names, parties: readonly string[]): readonly string[] {
  const { say, handleOf } = names;
  return [
    caseLine(one, names),
    say("view.opened", {
      party: handleOf(textIn(one, "initiator") ?? ""),
      time: instantIn(one, "opened_at") ?? 0,
      precedence: textIn(one, "precedence") ?? "",
    }),
    ...(isTrue(one, "life_safety") ? [say("detail.request.life_safety")] : []),
    ...textsIn(one, "disputes").map((dispute) => say("view.disputed", { case: dispute })),
    ...moveLines(one, names),
    ...timerLines(one, names),
    ...listIn(one, "matrix").map((row) => askLine(row, names)),
    ...entryLines(listIn(one, "entries"), names, parties),
  ];
}

/** Each step of an ask that was taken, in the order in which they are taken. */
function askLine(row: Value, { say }: Names): string {
  const [verdict, decision, decline] = ["verdict", "decision", "decline"].map((name) => textIn(row, name));
  const [number, verification] = [countIn(row, "ask"), textIn(row, "verification")];
  const outcome = textsIn(row, "outcome");
  const steps = [
    phrase("row.ask", { number, ask_code: textIn(row, "code") ?? "" }),
    ...(verdict === undefined ? [] : [phrase("step.verdict", { verdict })]),
    ...(decision === undefined ? [] : [phrase("step.decision", { decision })]),
    ...(decline === undefined ? [] : [phrase("step.decline", { decline_code: decline })]),
    ...(outcome.length === 0 ? [] : [phrase("step.outcome", { outcome })]),
    ...(verification === undefined ? [] : [phrase("step.verification", { verification })]),
  ];
  return say("view.ask", { rows: steps });
}

const RULES = typeRules(PROTOCOLS);

function entryLines(entries: readonly Value[], names: Names, parties: readonly string[]): readonly string[] {
  const places = new Map(
    entries.map((entry) => {
      const ref = member(entry, "ref");
      return [textIn(entry, "id") ?? "", { party: textIn(ref, "feed") ?? "", seq: countIn(ref, "seq") }];
    }),
  );
  return entries.flatMap((entry) => {
    const ref = member(entry, "ref");
    const feed = textIn(ref, "feed") ?? "";
    const naming: Naming = {
      from: names.handleOf(feed),
      to: parties.filter((party) => party !== feed).map(names.handleOf),
      handleOf: names.handleOf,
      placeOf: (id) => places.get(id),
    };
    const message = messageIn(entry);
    const said = names.say("view.entry", {
      seq: countIn(ref, "seq"),
      party: naming.from,
      time: instantIn(entry, "claimedAt") ?? 0,
      sentence: [tellEntry(entry, message, naming)],
      delivery: textIn(member(entry, "delivery"), "stage") ?? "",
    });
    return [said, ...(message === undefined ? [] : writtenIn(message).map((line) => `    ${line}`))];
  });
}

function tellEntry(entry: Value, message: JsonObject | undefined, naming: Naming): Phrase {
  const outcome = member(entry, "outcome");
  const args = {
    party: naming.from,
    seq: countIn(member(entry, "ref"), "seq"),
    type: textIn(entry, "type") ?? "",
  };
  const kind = textIn(outcome, "kind");
  if (kind === "void") return phrase("story.void", { ...args, code: textIn(outcome, "code") ?? "" });
  if (kind === "crossed") return phrase("story.crossed", args);
  if (kind !== "accepted" || message === undefined) return phrase("story.unread", args);
  return tellDraft(message, naming) ?? phrase("story.unknown", args);
}

/** Undefined where the message does not have the form of its type. */
export function tellDraft(message: JsonObject, naming: Naming): Phrase | undefined {
  const kind = entryKindOf(String(message["type"]));
  const unplaced = { feed: "", seq: 0, leaf: "", depth: 0, seen: [], claimedAt: 0 } as const;
  const read = readMessage(RULES, { ...unplaced, kind, message });
  return read.kind === "read" ? tellMessage(message, naming) : undefined;
}

function messageIn(entry: Value): JsonObject | undefined {
  const message = member(entry, "message");
  return isJson(message) && isJsonObject(message) ? message : undefined;
}

/** What was parsed from JSON is JSON; a node's answer came over HTTP. */
function isJson(value: Value): value is Json {
  return typeof value === "object" && value !== null;
}

/** Members whose values no sentence says: what a person wrote, and what it is about. */
const WRITTEN: ReadonlySet<string> = new Set([
  "text",
  "note",
  "conditions",
  "part",
  "other",
  "instrument",
  "reference",
  "target",
  "value",
  "moved_to",
  "next_hop",
]);
/** A pack of indicators would drown the case; `--json` has them all. */
const WRITTEN_LIMIT = 12;

function writtenIn(message: JsonObject): readonly string[] {
  const found: string[] = [];
  const visit = (value: Json | undefined, key: string): void => {
    if (typeof value === "string") {
      if (WRITTEN.has(key)) found.push(...value.split("\n").map(escapeUntrusted));
    } else if (isList(value)) for (const one of value) visit(one, key);
    else if (value !== undefined && isJsonObject(value))
      for (const [name, inner] of Object.entries(value)) visit(inner, name);
  };
  visit(message["texts"], "texts");
  visit(message["body"], "body");
  return found.length > WRITTEN_LIMIT ? [...found.slice(0, WRITTEN_LIMIT), "…"] : found;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
