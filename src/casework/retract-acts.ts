/**
 * What taking back does in a case (SPEC 9.5.7 to 9.5.9): `retract`, `retract.ack`, and the corrections and
 * withdrawals of protocols, which are retractions too.
 *
 * It deletes nothing: the message stays in the record, with the retraction and the answer to it beside it.
 */
import { isJsonObject, type Json, type JsonObject } from "../codec/json.ts";
import { stringIn } from "../protocols/body.ts";
import { ACCEPTED, type Outcome, type Retracts } from "../protocols/protocol.ts";
import { messageBy, messageTo, type Bucket } from "./bucket.ts";
import { voidFor } from "./codes.ts";
import { isDisclosing } from "./disclosure.ts";
import type { Item } from "./item.ts";
import type { OpenedMessage } from "./message-rules.ts";
import type { CaseFold, Retraction } from "./opened-case.ts";
import { knows } from "./opened-entry.ts";
import { isCovered, type RetractedItem } from "./retraction.ts";

export function applyRetract(bucket: Bucket, opened: CaseFold, item: Item, { body }: OpenedMessage): Outcome {
  const of = stringIn(body, "of");
  const target = messageBy(bucket, item.entry.feed, of);
  const message = target?.entry.message;
  if (target === undefined || message === undefined) return voidFor("unknown-message");
  if (!isDisclosing(message, target.read?.rule.protocol?.name)) return voidFor("not-retractable");
  const items = retractedItems(body["items"]);
  const revealed = opened.reveals.flatMap((one) => (one.of === of ? [one.path] : []));
  if (items?.some((one) => !isIn(message, revealed, one)) === true) return voidFor("unknown-item");
  const earlier = opened.retractions.filter((one) => one.of === of && one.effect === "withdrawn");
  const isDone = (one?: RetractedItem) => earlier.some((known) => isCovered(known.items, one));
  if (items === undefined ? isDone() : items.every(isDone)) return voidFor("already-retracted");
  const replacement = body["replacement"];
  const isKnown =
    typeof replacement !== "string" || messageBy(bucket, item.entry.feed, replacement) !== undefined;
  if (!isKnown || replacement === of) return voidFor("unknown-message");
  opened.retractions.push({
    item,
    effect: "withdrawn",
    of,
    reason: stringIn(body, "reason"),
    answers: [],
    ...(items !== undefined && { items }),
    ...(typeof replacement === "string" && { replacement }),
  });
  return ACCEPTED;
}

/** The last word counts, so that "cannot yet" may become "deleted"; nothing comes after "deleted". */
export function applyRetractAck(
  bucket: Bucket,
  opened: CaseFold,
  item: Item,
  { body }: OpenedMessage,
): Outcome {
  const of = stringIn(body, "of");
  const target = messageTo(bucket, item.entry.feed, of);
  if (target === undefined || !knows(item.entry, target.ref)) {
    return voidFor(messageBy(bucket, item.entry.feed, of) === undefined ? "unknown-message" : "own-message");
  }
  const retraction = opened.retractions.find((one) => one.item === target);
  if (retraction === undefined) return voidFor("no-retraction");
  const complied = stringIn(body, "complied");
  const { code } = body;
  if ((complied === "deleted") !== (code === undefined)) return voidFor("/body/code");
  if (retraction.answers.at(-1)?.complied === "deleted") return voidFor("already-deleted");
  retraction.answers.push({ item, complied, ...(typeof code === "string" && { code }) });
  return ACCEPTED;
}

/** SPEC 9.5.9: what an accepted message of a protocol takes back by its rule. */
export function noteRetraction(
  opened: CaseFold,
  item: Item,
  { body }: OpenedMessage,
  retracts: Retracts | undefined,
): void {
  if (retracts === undefined) return;
  const { effect, of } = retracts;
  const retraction: Retraction = {
    item,
    effect,
    reason: stringIn(body, "reason"),
    answers: [],
    ...(of !== undefined && { of: stringIn(body, of) }),
  };
  opened.retractions.push(retraction);
}

function retractedItems(value: Json | undefined): readonly RetractedItem[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return (value as readonly Json[]).filter(isJsonObject).map((one) => {
    const { kind, digest, path } = one;
    return kind === "attachment"
      ? { kind: "attachment", digest: String(digest) }
      : { kind: "path", path: String(path) };
  });
}

/** Attachments are named by the plain digest of the envelope; pointers must lead to something that was said. */
function isIn(message: JsonObject, revealed: readonly string[], item: RetractedItem): boolean {
  if (item.kind === "path") return revealed.includes(item.path) || leadsSomewhere(message, item.path);
  const attached = message["attach"];
  return (
    Array.isArray(attached) &&
    (attached as readonly Json[]).some((one) => isJsonObject(one) && one["digest"] === item.digest)
  );
}

/** Only what people wrote can be taken back: body, texts and attachments, never ids or numbers of the envelope. */
const RETRACTABLE = /^[/](?:body|texts|attach)(?:[/]|$)/;

function leadsSomewhere(message: JsonObject, pointer: string): boolean {
  if (!RETRACTABLE.test(pointer)) return false;
  let value: Json | undefined = message;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) value = INDEX.test(key) ? (value as readonly Json[])[Number(key)] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (value === undefined) return false;
  }
  return true;
}

const INDEX = /^(?:0|[1-9][0-9]{0,8})$/;
