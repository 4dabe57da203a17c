/**
 * Groups (SPEC 6.2–6.4): what travels between nodes, over HTTPS and by file alike.
 *
 * `parseGroups` gives form only; nothing in a group is believed until `node/receive.ts` verified it.
 */
import { encodeBundle, parseBundle, type BundleCode, type BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, isJsonObject, parseJson, type Json, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal, type RefusalFacts } from "#parley/codec/refusal.ts";
import { isHashText } from "#parley/ledger/entry.ts";

export type RequestHead =
  | { readonly type: "push"; readonly channel: string; readonly feed: string }
  | { readonly type: "head"; readonly channel: string; readonly feed: string }
  | { readonly type: "fetch"; readonly channel: string; readonly feed: string; readonly from: number }
  | {
      readonly type: "blob";
      readonly channel: string;
      readonly ct: string;
      readonly from: number;
      readonly size: number;
    }
  | { readonly type: "offer"; readonly channel: string; readonly counters?: string }
  | { readonly type: "decline"; readonly channel: string };

export type ReplyHead =
  | { readonly type: "receipt"; readonly channel: string; readonly feed: string; readonly size: number }
  | { readonly type: "head"; readonly channel: string; readonly feed: string; readonly size: number }
  | { readonly type: "entries"; readonly channel: string; readonly feed: string; readonly from: number }
  | {
      readonly type: "blob";
      readonly channel: string;
      readonly ct: string;
      readonly from: number;
      /** Of the whole file. */
      readonly size: number;
    }
  | {
      readonly type: "refused";
      readonly channel: string;
      readonly code: string;
      readonly facts: RefusalFacts;
    }
  | { readonly type: "noted"; readonly channel: string };

export type Group =
  | { readonly kind: "request"; readonly head: RequestHead; readonly records: readonly BundleRecord[] }
  | { readonly kind: "reply"; readonly head: ReplyHead; readonly records: readonly BundleRecord[] };

export type GroupCode = BundleCode | "request-schema";

export function encodeGroups(groups: readonly Group[]): Uint8Array {
  return encodeBundle(
    groups.flatMap(({ kind, head, records }) => [
      { type: kind, bytes: encodeJson({ ...head, v: 1 }) },
      ...records,
    ]),
  );
}

export function parseGroups(bytes: Uint8Array): readonly Group[] | Refusal<GroupCode> {
  const records = parseBundle(bytes);
  if (isRefusal(records)) return records;
  const groups: Group[] = [];
  let start = 0;
  while (start < records.length) {
    const first = records[start];
    let end = start + 1;
    while (end < records.length && !isGroupHead(records[end])) end++;
    const group = first && parseGroup(first, records.slice(start + 1, end));
    if (group === undefined) return refuse("request-schema", { record: start });
    groups.push(group);
    start = end;
  }
  return groups.length > 0 ? groups : refuse("request-schema", { record: 0 });
}

function isGroupHead(record: BundleRecord | undefined): boolean {
  return record?.type === "request" || record?.type === "reply";
}

function parseGroup(first: BundleRecord, records: readonly BundleRecord[]): Group | undefined {
  const value = parseJson(first.bytes);
  if (isRefusal(value) || !isJsonObject(value) || value["v"] !== 1 || !isHashText(value["channel"]))
    return undefined;
  if (first.type === "request") {
    const head = parseRequestHead(value, value["channel"]);
    return head && { kind: "request", head, records };
  }
  const head = first.type === "reply" ? parseReplyHead(value, value["channel"]) : undefined;
  return head && { kind: "reply", head, records };
}

function hasMembers(value: JsonObject, members: string): boolean {
  return Object.keys(value).join() === members;
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && value >= 0;
}

function parseRequestHead(value: JsonObject, channel: string): RequestHead | undefined {
  const { type, feed, from, counters } = value;
  if (type === "offer") {
    if (hasMembers(value, "channel,type,v")) return { type, channel };
    return hasMembers(value, "channel,counters,type,v") && isHashText(counters)
      ? { type, channel, counters }
      : undefined;
  }
  if (type === "blob") return parseBlobHead(value, channel);
  if (type === "decline") return hasMembers(value, "channel,type,v") ? { type, channel } : undefined;
  if (!isHashText(feed)) return undefined;
  if (type === "fetch")
    return hasMembers(value, "channel,feed,from,type,v") && isCount(from)
      ? { type, channel, feed, from }
      : undefined;
  return (type === "push" || type === "head") && hasMembers(value, "channel,feed,type,v")
    ? { type, channel, feed }
    : undefined;
}

function parseReplyHead(value: JsonObject, channel: string): ReplyHead | undefined {
  const { type, feed, size, from, code, facts } = value;
  if (type === "blob") return parseBlobHead(value, channel);
  if (type === "noted") return hasMembers(value, "channel,type,v") ? { type, channel } : undefined;
  if (type === "refused") {
    const known =
      hasMembers(value, "channel,code,facts,type,v") &&
      typeof code === "string" &&
      /^[a-z0-9-]{1,64}$/.test(code);
    return known && isFacts(facts) ? { type, channel, code, facts } : undefined;
  }
  if (!isHashText(feed)) return undefined;
  if (type === "entries")
    return hasMembers(value, "channel,feed,from,type,v") && isCount(from)
      ? { type, channel, feed, from }
      : undefined;
  const sized =
    (type === "receipt" || type === "head") && hasMembers(value, "channel,feed,size,type,v") && isCount(size);
  return sized ? { type, channel, feed, size } : undefined;
}

/** SPEC 12.7.1: the same members in request and answer. */
function parseBlobHead(
  value: JsonObject,
  channel: string,
): Extract<RequestHead, { type: "blob" }> | undefined {
  const { ct, from, size } = value;
  const formed = hasMembers(value, "channel,ct,from,size,type,v") && isHashText(ct);
  return formed && isCount(from) && isCount(size) ? { type: "blob", channel, ct, from, size } : undefined;
}

function isFacts(value: Json | undefined): value is JsonObject & RefusalFacts {
  return (
    isJsonObject(value) &&
    Object.values(value).every(
      (fact) => typeof fact === "number" || (typeof fact === "string" && fact.length <= 64),
    )
  );
}
