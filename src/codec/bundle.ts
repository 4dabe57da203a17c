/**
 * Bundles (SPEC 1.5): the HTTPS body, the `.parley` file and the mail attachment are the same bytes.
 *
 *     parley-bundle/1\n
 *     <type> <decimal length>\n<bytes>\n        any number of times
 *
 * A bundle has records and no paths, no compression and no nesting. `parseBundle` copies nothing: record bytes
 * are views into the input.
 */
import { concatBytes, utf8 } from "./bytes.ts";
import { BUNDLE_ENTRIES_LIMIT, BUNDLE_RECORDS_LIMIT, BUNDLE_SIZE_LIMIT_BYTES } from "./limits.ts";
import { refuse, type Refusal } from "./refusal.ts";

export const RECORD_TYPES = [
  "manifest",
  "genesis",
  "party",
  "party_signatures",
  "entry",
  "payload",
  "opened",
  "withheld",
  "leaves",
  "checkpoint",
  "request",
  "reply",
  "fork",
  "decline",
] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export interface BundleRecord {
  readonly type: RecordType;
  readonly bytes: Uint8Array;
}

export type BundleCode =
  "bundle-magic" | "bundle-record" | "bundle-type" | "bundle-truncated" | "too-large" | "too-many";

/** An exchange bundle is bounded in entries, records and bytes; a transcript by the memory of who verifies it. */
export interface BundleLimits {
  readonly sizeBytes: number;
  readonly entries: number;
  readonly records: number;
}

export const EXCHANGE_LIMITS: BundleLimits = {
  sizeBytes: BUNDLE_SIZE_LIMIT_BYTES,
  entries: BUNDLE_ENTRIES_LIMIT,
  records: BUNDLE_RECORDS_LIMIT,
};
/** A transcript is read whole: 2 GiB less one byte is what one buffer holds everywhere. */
export const TRANSCRIPT_LIMITS: BundleLimits = {
  sizeBytes: 2 ** 31 - 1,
  entries: 2 ** 31 - 1,
  records: 2 ** 31 - 1,
};

const MAGIC = utf8("parley-bundle/1\n");
const NEWLINE = 0x0a;
/** Longest type name, a blank and ten digits. */
const HEADER_LIMIT_BYTES = 32;

export function encodeBundle(records: readonly BundleRecord[]): Uint8Array {
  const parts: Uint8Array[] = [MAGIC];
  for (const { type, bytes } of records) parts.push(utf8(`${type} ${bytes.length}\n`), bytes, NEWLINE_BYTES);
  return concatBytes(...parts);
}

/** Bytes to records. `facts.record` is the index of the record at fault. */
export function parseBundle(
  bytes: Uint8Array,
  limits: BundleLimits = EXCHANGE_LIMITS,
): readonly BundleRecord[] | Refusal<BundleCode> {
  if (bytes.length > limits.sizeBytes)
    return refuse("too-large", { size: bytes.length, limit: limits.sizeBytes });
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC[i]) return refuse("bundle-magic");
  const records: BundleRecord[] = [];
  let entries = 0;
  let offset = MAGIC.length;
  while (offset < bytes.length) {
    const header = parseHeader(bytes, offset, records.length);
    if (!("bodyOffset" in header)) return header;
    const end = header.bodyOffset + header.length;
    if (end >= bytes.length) return refuse("bundle-truncated", { record: records.length });
    if (bytes[end] !== NEWLINE) return refuse("bundle-record", { record: records.length });
    if (header.type === "entry" && ++entries > limits.entries)
      return refuse("too-many", { limit: limits.entries });
    if (records.length === limits.records) return refuse("too-many", { limit: limits.records });
    records.push({ type: header.type, bytes: bytes.subarray(header.bodyOffset, end) });
    offset = end + 1;
  }
  return records;
}

const NEWLINE_BYTES = new Uint8Array([NEWLINE]);
const HEADER = /^([a-z_]+) (0|[1-9][0-9]{0,9})$/;

interface Header {
  readonly type: RecordType;
  readonly length: number;
  readonly bodyOffset: number;
}

function parseHeader(bytes: Uint8Array, offset: number, record: number): Header | Refusal<BundleCode> {
  const limit = Math.min(bytes.length, offset + HEADER_LIMIT_BYTES);
  let end = offset;
  let text = "";
  while (end < limit && bytes[end] !== NEWLINE) text += String.fromCharCode(bytes[end++] ?? 0);
  if (end === bytes.length) return refuse("bundle-truncated", { record });
  const match = HEADER.exec(text);
  if (end === limit || match === null) return refuse("bundle-record", { record });
  const type = RECORD_TYPES.find((name) => name === match[1]);
  if (type === undefined) return refuse("bundle-type", { record });
  return { type, length: Number(match[2]), bodyOffset: end + 1 };
}
