/**
 * What one party has disclosed in a channel (SPEC 15.1): a fold of its messages, their receipts, acknowledgements,
 * reveals and retractions, and of nothing else, so both sides compute the same rows.
 *
 * It guarantees a row for every message that can carry knowledge, void ones included: they were read all the same. It
 * knows nothing of who approved inside the house, nor of sightings; the gate adds those.
 */
import { isJsonObject, type Json, type JsonObject } from "../codec/json.ts";
import type { Instant } from "../codec/time.ts";
import type { Nature } from "../protocols/envelope.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";
import { SYSTEM_MESSAGES } from "../protocols/system/messages.ts";
import type { RetractionView } from "./retraction.ts";

export interface DisclosureLimits {
  readonly tlp: string;
  readonly use: readonly string[];
  readonly pap?: string;
  readonly exposure?: string;
}

export interface DisclosedAttachment {
  /** SHA-256 of the plain bytes, base64url. */
  readonly digest: string;
  readonly size_bytes: number;
  readonly media_type: string;
  readonly name?: string;
}

export interface DisclosedIndicator {
  readonly type: string;
  readonly value: string;
  /** JSON pointer in the message. */
  readonly path: string;
}

/** One message and what the other side of the channel learnt from it. */
export interface Disclosure {
  readonly ref: EntryRef;
  /** The message id: the name of this row. */
  readonly id: string;
  readonly case: string;
  readonly type: string;
  readonly nature: Nature;
  readonly by: PartyId;
  readonly to: readonly PartyId[];
  /** As its author claims. */
  readonly said_at: Instant;
  /** The first receipt: since then they know. Absent: said, and perhaps not read by anybody. */
  readonly known_since?: Instant;
  readonly acknowledged_at?: Instant;
  readonly limits: DisclosureLimits;
  /** Pointers of the leaves of `body` and `texts`, sorted, with `*` for positions in lists. */
  readonly fields: readonly string[];
  readonly attachments: readonly DisclosedAttachment[];
  readonly indicators: readonly DisclosedIndicator[];
  /** Pointers committed to and not revealed. */
  readonly withheld: readonly string[];
  /** Pointers revealed later, with the instant from which it is known. */
  readonly revealed: readonly { readonly path: string; readonly known_since?: Instant }[];
  readonly retractions: readonly RetractionView[];
  readonly message: JsonObject;
}

/** Protocols whose bodies are terms, codes and corpus texts: nothing that one side knows and the other does not. */
const WITHOUT_KNOWLEDGE: ReadonlySet<string> = new Set(["agreement", "comms_check"]);

/** `protocol` is undefined for system messages. Free text and attachments make any message a disclosure. */
export function isDisclosing(message: JsonObject, protocol: string | undefined): boolean {
  if (message["texts"] !== undefined || message["attach"] !== undefined) return true;
  return (
    protocol !== undefined &&
    !WITHOUT_KNOWLEDGE.has(protocol) &&
    SYSTEM_MESSAGES[String(message["type"])] === undefined
  );
}

export function limitsOf(message: JsonObject): DisclosureLimits {
  const { pap, exposure, use } = message;
  return {
    tlp: String(message["tlp"]),
    use: Array.isArray(use) ? (use as readonly Json[]).map(String) : [],
    ...(typeof pap === "string" && { pap }),
    ...(typeof exposure === "string" && { exposure }),
  };
}

export function attachmentsOf(message: JsonObject): readonly DisclosedAttachment[] {
  return rows(message["attach"]).flatMap(({ digest, size_bytes, media_type, name }) =>
    typeof digest !== "string"
      ? []
      : [
          {
            digest,
            size_bytes: Number(size_bytes),
            media_type: String(media_type),
            ...(typeof name === "string" && { name }),
          },
        ],
  );
}

/** Members of a pack's events that name something on the network (SPEC 10.2). */
const EVENT_INDICATORS = ["src_address", "dst_address", "host", "sni", "url"] as const;

/** Structured indicators: lists of `{type, value}`, and addresses and names in the events of a pack. */
export function indicatorsOf(message: JsonObject): readonly DisclosedIndicator[] {
  const body = message["body"];
  if (!isJsonObject(body)) return [];
  const listed = rows(body["indicators"]).map(({ type, value }, i) => ({
    type: String(type),
    value: String(value),
    path: `/body/indicators/${i}`,
  }));
  const pack = body["pack"];
  const events = isJsonObject(pack) ? rows(pack["events"]) : [];
  const seen = events.flatMap((event, i) =>
    EVENT_INDICATORS.flatMap((member) => {
      const value = event[member];
      return typeof value === "string"
        ? [{ type: member, value, path: `/body/pack/events/${i}/${member}` }]
        : [];
    }),
  );
  return [...listed, ...seen];
}

/** The field set of a message. */
export function fieldsOf(message: JsonObject): readonly string[] {
  const found = new Set<string>();
  const walk = (value: Json | undefined, path: string): void => {
    if (Array.isArray(value)) for (const item of value as readonly Json[]) walk(item, `${path}/*`);
    else if (isJsonObject(value))
      for (const key of Object.keys(value)) walk(value[key], `${path}/${pointerPart(key)}`);
    else if (value !== undefined) found.add(path);
  };
  walk(message["body"], "/body");
  walk(message["texts"], "/texts");
  return [...found].sort();
}

export function pointerPart(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function rows(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : [];
}
