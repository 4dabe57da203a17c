/**
 * Entries (SPEC 3.1): one line of strict JSON that commits to one sealed message.
 *
 * `parseEntry` guarantees form only. Who wrote it, in which order and whether it may be believed is decided by
 * admission under a signed checkpoint (`admission.ts`).
 */
import {
  encodeJson,
  isJsonObject,
  parseJson,
  type Json,
  type JsonCode,
  type JsonObject,
} from "#parley/codec/json.ts";
import { utf8ToText } from "#parley/codec/bytes.ts";
import { ENTRY_SIZE_LIMIT_BYTES, PAYLOAD_SIZE_LIMIT_BYTES, SEEN_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";

export const ENTRY_KINDS = [
  "genesis",
  "message",
  "party_update",
  "key_epoch",
  "erase",
  "heartbeat",
  "close",
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Size and root of another feed that the author held when writing. */
export interface Seen {
  readonly feed: string;
  readonly root: string;
  readonly size: number;
}

export interface Entry {
  readonly channel: string;
  readonly commit: string;
  readonly ct: string;
  readonly ct_len: number;
  readonly feed: string;
  readonly kind: EntryKind;
  readonly seen: readonly Seen[];
  readonly seq: number;
  readonly time: string;
  readonly v: 1;
}

export type EntryCode = JsonCode | "entry-too-large" | "entry-schema" | "entry-seen" | "entry-kind";

const MEMBERS = "channel,commit,ct,ct_len,feed,kind,seen,seq,time,v";

/** `facts.member` names the member at fault. */
export function parseEntry(bytes: Uint8Array): Entry | Refusal<EntryCode> {
  if (bytes.length > ENTRY_SIZE_LIMIT_BYTES) return refuse("entry-too-large", { size: bytes.length });
  return parseUsualLine(bytes) ?? parseAnyLine(bytes);
}

const HASH = '"([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])"';
const COUNT = "(0|[1-9][0-9]{0,14})";
const SEEN = `\\{"feed":${HASH},"root":${HASH},"size":${COUNT}\\}`;
/** An entry with at most one other feed, as every channel of two has. */
const USUAL_LINE = new RegExp(
  `^\\{"channel":${HASH},"commit":${HASH},"ct":${HASH},"ct_len":${COUNT},"feed":${HASH},` +
    `"kind":"([a-z_]+)","seen":\\[(?:${SEEN})?\\],"seq":${COUNT},"time":"([0-9TZ:-]{20})","v":1\\}$`,
);

/**
 * One match takes the usual line apart, three times faster than the general way. What it lets through, the general
 * way accepts with the same value (a property test); everything else, faults included, is left to that.
 */
function parseUsualLine(bytes: Uint8Array): Entry | undefined {
  const match = USUAL_LINE.exec(utf8ToText(bytes) ?? "");
  if (match === null) return undefined;
  const [
    ,
    channel = "",
    commit = "",
    ct = "",
    ctLen,
    feed = "",
    kind,
    other,
    root = "",
    size,
    seq,
    time = "",
  ] = match;
  const known = ENTRY_KINDS.find((name) => name === kind);
  const ct_len = Number(ctLen);
  if (known === undefined || ct_len > PAYLOAD_SIZE_LIMIT_BYTES || isRefusal(parseInstant(time)))
    return undefined;
  const seen = other === undefined ? [] : [{ feed: other, root, size: Number(size) }];
  const entry: Entry = { channel, commit, ct, ct_len, feed, kind: known, seen, seq: Number(seq), time, v: 1 };
  return placeFaultOf(entry) === undefined ? entry : undefined;
}

function parseAnyLine(bytes: Uint8Array): Entry | Refusal<EntryCode> {
  const value = parseJson(bytes, { sizeLimitBytes: ENTRY_SIZE_LIMIT_BYTES });
  if (isRefusal(value)) return value;
  if (!isJsonObject(value) || Object.keys(value).join() !== MEMBERS)
    return refuse("entry-schema", { member: "" });
  const member = firstBadMember(value);
  if (member !== undefined) return refuse("entry-schema", { member });
  const entry = value as unknown as Entry; // the one parser of this brand: every member was just checked
  return placeFaultOf(entry) ?? entry;
}

function placeFaultOf(entry: Entry): Refusal<"entry-seen" | "entry-kind"> | undefined {
  const seenFault = seenFaultOf(entry);
  if (seenFault !== undefined) return seenFault;
  const expected = entry.seq === 0 ? "genesis" : entry.seq === 1 ? "party_update" : undefined;
  const misplaced = expected === undefined ? entry.kind === "genesis" : entry.kind !== expected;
  return misplaced ? refuse("entry-kind", { seq: entry.seq }) : undefined;
}

/** The line that is hashed. */
export function encodeEntry(entry: Entry): Uint8Array {
  return encodeJson(entry as unknown as JsonObject);
}

/** 32 bytes in base64url (SPEC 1.3): spare bits of the last character are zero, so each hash has one spelling. */
export function isHashText(value: Json | undefined): value is string {
  return typeof value === "string" && HASH_TEXT.test(value);
}

const HASH_TEXT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

function isCount(value: Json | undefined, limit: number): value is number {
  return typeof value === "number" && value >= 0 && value <= limit;
}

function firstBadMember(value: JsonObject): string | undefined {
  for (const name of ["channel", "commit", "ct", "feed"] as const) if (!isHashText(value[name])) return name;
  if (!isCount(value["ct_len"], PAYLOAD_SIZE_LIMIT_BYTES)) return "ct_len";
  if (!ENTRY_KINDS.some((kind) => kind === value["kind"])) return "kind";
  if (!isCount(value["seq"], Number.MAX_SAFE_INTEGER)) return "seq";
  const time = value["time"];
  if (typeof time !== "string" || isRefusal(parseInstant(time))) return "time";
  if (value["v"] !== 1) return "v";
  return Array.isArray(value["seen"]) && value["seen"].every(isSeen) ? undefined : "seen";
}

function isSeen(value: Json): boolean {
  if (!isJsonObject(value) || Object.keys(value).join() !== "feed,root,size") return false;
  return (
    isHashText(value["feed"]) && isHashText(value["root"]) && isCount(value["size"], Number.MAX_SAFE_INTEGER)
  );
}

function seenFaultOf(entry: Entry): Refusal<"entry-seen"> | undefined {
  if (entry.seen.length > SEEN_LIMIT) return refuse("entry-seen", { reason: "too-many" });
  let previous = "";
  for (const { feed, size } of entry.seen) {
    if (feed <= previous) return refuse("entry-seen", { reason: "order" });
    if (feed === entry.feed) return refuse("entry-seen", { reason: "own-feed" });
    if (size < 1) return refuse("entry-seen", { reason: "empty-head" });
    previous = feed;
  }
  return undefined;
}
