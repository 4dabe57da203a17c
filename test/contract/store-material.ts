/** Appends for store tests: real trees over invented entries, and a deterministic filler for sealed bytes. */
import { createHash } from "node:crypto";
import { utf8 } from "#parley/codec/bytes.ts";
import {
  appendLeaf,
  EMPTY_FRONTIER,
  leafHash,
  rootOf,
  type Sha256,
  type Subtree,
} from "#parley/ledger/tree.ts";
import type { Append, FeedKey, StoredEntry, StoredReceipt } from "#parley/store/store.ts";

export const sha256: Sha256 = (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());

export const MERIDIA: FeedKey = { channel: "channel-1", feed: "cert-meridia" };
export const RIMAL: FeedKey = { channel: "channel-1", feed: "csirt-rimal" };

export function filler(text: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const pattern = sha256(utf8(text));
  for (let i = 0; i < size; i++) bytes[i] = pattern[i % pattern.length] ?? 0;
  return bytes;
}

export interface Batch {
  readonly entries: number;
  readonly payloadSizeBytes?: number;
  readonly receipts?: readonly StoredReceipt[];
}

/** Successive appends of one feed, each starting where the last ended. */
export function feedWriter(key: FeedKey): (batch: Batch) => Append {
  let frontier = EMPTY_FRONTIER;
  return ({ entries: count, payloadSizeBytes = 64, receipts = [] }) => {
    const from = frontier.size;
    const entries: StoredEntry[] = [];
    const subtrees: Subtree[] = [];
    for (let seq = from; seq < from + count; seq++) {
      const entry = entryOf(key, seq, payloadSizeBytes);
      const appended = appendLeaf(sha256, frontier, entry.leaf);
      frontier = appended.frontier;
      subtrees.push(...appended.completed);
      entries.push(entry);
    }
    const seen = [{ feed: "csirt-rimal", root: `root-${frontier.size}`, size: frontier.size }];
    const root = rootOf(sha256, frontier);
    const checkpoint = { size: frontier.size, root, note: filler(`note ${frontier.size}`, 3_400) };
    const tip = { frontier, seen, depth: frontier.size * 2 };
    return { ...key, from, entries, subtrees, tip, checkpoint, receipts };
  };
}

export function receiptOf(key: FeedKey, size: number, by: string, at: number): StoredReceipt {
  return { channel: key.channel, feed: key.feed, size, by, at, lines: utf8(`receipt of ${by} at ${at}\n`) };
}

function entryOf(key: FeedKey, seq: number, payloadSizeBytes: number): StoredEntry {
  const bytes = filler(`${key.channel} ${key.feed} ${seq}`, 420);
  const payload = filler(`payload ${key.feed} ${seq}`, payloadSizeBytes);
  return {
    seq,
    leaf: leafHash(sha256, bytes),
    depth: seq * 2 + 2,
    bytes,
    payload,
    opened: filler(`opened ${seq}`, 48),
  };
}
