/**
 * Entries as casework reads them, with their messages kept as text and taken apart when somebody asks.
 *
 * A parsed message is several times its text; of a hundred thousand, a few are in use at a time. The last ones asked
 * for stay parsed. Guarantees the same value on every reading; a caller that keeps a message keeps its memory.
 */
import { encodeBase64url, utf8ToText } from "#parley/codec/bytes.ts";
import { isJsonObject, jsonOfAcceptedText, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import type { OpenedEntry } from "#parley/casework/index.ts";
import type { HeldEntry } from "./record.ts";

/** Messages that stay parsed: more than a screen or a judged case asks for. */
const PARSED_LIMIT = 1_024;

export class OpenedEntries {
  readonly #parsed = new Map<TextEntry, JsonObject>();
  readonly #parties = new Map<string, string>();
  /** The last heads that each feed named: a flush names the same ones in every entry. */
  readonly #seen = new Map<string, OpenedEntry["seen"]>();
  readonly #read: Read = (entry, text) => this.#messageOf(entry, text);

  /** Content that is not strict JSON folds as an empty message, so that both sides find the same thing void. */
  take({ feed, stored, seen, claimedAt, kind, opened }: HeldEntry): OpenedEntry {
    const at = parseInstant(claimedAt);
    const party = this.#party(feed);
    const place: Place = {
      feed: party,
      seq: stored.seq,
      leaf: encodeBase64url(stored.leaf),
      depth: stored.depth,
      seen: this.#heads(party, seen),
      claimedAt: isRefusal(at) ? 0 : at,
      kind,
    };
    if (opened === undefined) return place;
    const message = parseJson(opened.message);
    const text = utf8ToText(opened.message);
    if (isRefusal(message) || !isJsonObject(message) || text === undefined) return { ...place, message: {} };
    const entry = new TextEntry(place, text, this.#read);
    this.#keep(entry, message);
    return entry;
  }

  #messageOf(entry: TextEntry, text: string): JsonObject {
    const known = this.#parsed.get(entry);
    if (known !== undefined) return known;
    const message = jsonOfAcceptedText(text);
    if (!isJsonObject(message)) throw new Error("a kept text is no message");
    this.#keep(entry, message);
    return message;
  }

  #keep(entry: TextEntry, message: JsonObject): void {
    this.#parsed.set(entry, message);
    if (this.#parsed.size <= PARSED_LIMIT) return;
    const [oldest] = this.#parsed.keys();
    if (oldest !== undefined) this.#parsed.delete(oldest);
  }

  /** One string for each party: a name cut out of a line would keep the whole line. */
  #party(name: string): string {
    const known = this.#parties.get(name);
    if (known !== undefined) return known;
    const own = Array.from(name).join("");
    this.#parties.set(own, own);
    return own;
  }

  #heads(feed: string, seen: HeldEntry["seen"]): OpenedEntry["seen"] {
    const last = this.#seen.get(feed);
    const isSame =
      last?.length === seen.length &&
      seen.every((head, i) => head.feed === last[i]?.feed && head.size === last[i].size);
    if (isSame) return last;
    const heads = seen.map(({ feed: other, size }) => ({ feed: this.#party(other), size }));
    this.#seen.set(feed, heads);
    return heads;
  }
}

type Place = Omit<OpenedEntry, "message">;
type Read = (entry: TextEntry, text: string) => JsonObject;

class TextEntry implements OpenedEntry {
  readonly feed: string;
  readonly seq: number;
  readonly leaf: string;
  readonly depth: number;
  readonly seen: OpenedEntry["seen"];
  readonly claimedAt: number;
  readonly kind: OpenedEntry["kind"];
  readonly #text: string;
  readonly #read: Read;

  constructor(place: Place, text: string, read: Read) {
    this.feed = place.feed;
    this.seq = place.seq;
    this.leaf = place.leaf;
    this.depth = place.depth;
    this.seen = place.seen;
    this.claimedAt = place.claimedAt;
    this.kind = place.kind;
    this.#text = text;
    this.#read = read;
  }

  get message(): JsonObject {
    return this.#read(this, this.#text);
  }
}
