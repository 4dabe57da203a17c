/**
 * The parts of a transcript in their order (SPEC 7.1): from records to sections, still without belief.
 *
 * Guarantees that a fault inside one feed's section leaves the other sections readable: reading takes up again at
 * the next `leaves` record. Nothing is copied: all bytes are views into the file.
 */
import { bytesEqual, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { parseBundle, TRANSCRIPT_LIMITS, type BundleRecord } from "#parley/codec/bundle.ts";
import { MESSAGE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { SALT_SIZE_BYTES } from "#parley/crypto/payload.ts";
import { isHashText } from "#parley/ledger/entry.ts";
import { collectChains, type SignedVersion } from "#parley/party/chain.ts";

export const WITHHELD_REASONS = ["withheld", "erased", "unreadable"] as const;
export type WithheldReason = (typeof WITHHELD_REASONS)[number];

export type Opening =
  | { readonly kind: "opened"; readonly salt: Uint8Array; readonly message: Uint8Array }
  | { readonly kind: "withheld"; readonly reason: WithheldReason };

/** One place in a feed. */
export interface Slot {
  readonly entry: Uint8Array;
  readonly opening: Opening;
}

export interface FeedSection {
  /** As the `leaves` record says; undefined when it says nothing readable. */
  readonly feed: string | undefined;
  /** Leaf hashes as listed, 32 bytes each. */
  readonly listed: Uint8Array;
  readonly slots: readonly Slot[];
  readonly checkpoints: readonly Uint8Array[];
  /** SPEC 7.3.8: the first place whose records are not as 7.1 asks; slots end before it. */
  readonly brokenAt: number | undefined;
}

export interface Sections {
  readonly manifest: Uint8Array;
  readonly genesis: Uint8Array;
  readonly chains: readonly (readonly SignedVersion[])[];
  readonly feeds: readonly FeedSection[];
  /** A record that stands where none may. */
  readonly misplaced: number | undefined;
}

export const HASH_SIZE_BYTES = 32;
const FEED_LINE_BYTES = 44;
const NEWLINE = 0x0a;
const FEED_RECORDS: ReadonlySet<string> = new Set(["entry", "opened", "withheld", "checkpoint"]);

/** SPEC 7.1.1: there are three `withheld` records in the world. */
const WITHHELD_RECORDS: readonly { readonly reason: WithheldReason; readonly bytes: Uint8Array }[] =
  WITHHELD_REASONS.map((reason) => ({ reason, bytes: encodeWithheld(reason) }));

export function encodeWithheld(reason: WithheldReason): Uint8Array {
  return utf8(`{"reason":"${reason}","type":"withheld","v":1}`);
}

/** Bundle codes, or `transcript-malformed` where the file has no beginning to build on; records count from 0. */
export function readSections(bytes: Uint8Array): Sections | Refusal {
  const records = parseBundle(bytes, TRANSCRIPT_LIMITS);
  if (isRefusal(records)) return records;
  const [manifest, genesis] = records;
  if (manifest?.type !== "manifest") return refuse("transcript-malformed", { record: 0 });
  if (genesis?.type !== "genesis") return refuse("transcript-malformed", { record: 1 });
  const chainsEnd = endOfChains(records);
  const chains = collectChains(records.slice(2, chainsEnd));
  const versions = chains.reduce((sum, chain) => sum + chain.length, 0);
  if (chains.length === 0 || versions * 2 !== chainsEnd - 2) {
    return refuse("transcript-malformed", { record: chainsEnd });
  }
  const feeds: FeedSection[] = [];
  let misplaced: number | undefined;
  let next = chainsEnd;
  while (next < records.length) {
    const record = records[next];
    if (record?.type !== "leaves") {
      misplaced ??= next;
      next++;
      continue;
    }
    let end = next + 1;
    while (end < records.length && FEED_RECORDS.has(records[end]?.type ?? "")) end++;
    feeds.push(readFeedSection(record.bytes, records.slice(next + 1, end)));
    next = end;
  }
  return { manifest: manifest.bytes, genesis: genesis.bytes, chains, feeds, misplaced };
}

function endOfChains(records: readonly BundleRecord[]): number {
  let end = 2;
  while (records[end]?.type === "party" || records[end]?.type === "party_signatures") end++;
  return end;
}

function readFeedSection(leaves: Uint8Array, records: readonly BundleRecord[]): FeedSection {
  const slots: Slot[] = [];
  const checkpoints: Uint8Array[] = [];
  let brokenAt: number | undefined;
  for (let i = 0; i < records.length; i++) {
    const record = records[i];
    if (record === undefined) break;
    if (record.type === "checkpoint") {
      checkpoints.push(record.bytes);
      continue;
    }
    if (brokenAt !== undefined) continue;
    const opening =
      record.type === "entry" && checkpoints.length === 0 ? readOpening(records[i + 1]) : undefined;
    if (opening === undefined) {
      brokenAt = slots.length;
      continue;
    }
    slots.push({ entry: record.bytes, opening });
    i++;
  }
  return { ...readLeaves(leaves), slots, checkpoints, brokenAt };
}

function readLeaves(bytes: Uint8Array): Pick<FeedSection, "feed" | "listed"> {
  const feed = utf8ToText(bytes.subarray(0, FEED_LINE_BYTES - 1));
  const wellFormed =
    bytes[FEED_LINE_BYTES - 1] === NEWLINE && (bytes.length - FEED_LINE_BYTES) % HASH_SIZE_BYTES === 0;
  const whole = feed !== undefined && isHashText(feed) && wellFormed;
  const size = Math.max(0, Math.floor((bytes.length - FEED_LINE_BYTES) / HASH_SIZE_BYTES));
  const listed = bytes.subarray(FEED_LINE_BYTES, FEED_LINE_BYTES + size * HASH_SIZE_BYTES);
  return { feed: whole ? feed : undefined, listed };
}

function readOpening(record: BundleRecord | undefined): Opening | undefined {
  if (record?.type === "opened") {
    const { bytes } = record;
    const sized =
      bytes.length >= SALT_SIZE_BYTES && bytes.length <= SALT_SIZE_BYTES + MESSAGE_SIZE_LIMIT_BYTES;
    if (!sized) return undefined;
    return {
      kind: "opened",
      salt: bytes.subarray(0, SALT_SIZE_BYTES),
      message: bytes.subarray(SALT_SIZE_BYTES),
    };
  }
  if (record?.type !== "withheld") return undefined;
  const known = WITHHELD_RECORDS.find(({ bytes }) => bytesEqual(bytes, record.bytes));
  return known === undefined ? undefined : { kind: "withheld", reason: known.reason };
}
