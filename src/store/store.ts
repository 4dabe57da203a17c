/**
 * The Store port: what a node must be able to keep, and nothing else. One contract suite tests every engine.
 *
 * Guarantees asked of an engine: a method that resolves has made its writes durable (fsync); `append` is one
 * transaction, all or nothing; what is in a feed is never updated or deleted, payloads under `erasePayload` apart.
 * A full disk or a read-only medium throws `StoreFault`; the caller goes read-only and says so.
 */
import type { Seen } from "#parley/ledger/entry.ts";
import type { Frontier, Hash, Subtree } from "#parley/ledger/tree.ts";

/** Disk, engine or lock trouble: a fault, not a refusal. */
export class StoreFault extends Error {
  readonly kind: "full" | "busy" | "corrupt" | "io";

  constructor(kind: StoreFault["kind"], options?: { readonly cause?: unknown }) {
    super(`the store cannot write or read (${kind})`, options);
    this.name = "StoreFault";
    this.kind = kind;
  }
}

/** Names one feed: the entries of one party in one channel. */
export interface FeedKey {
  readonly channel: string;
  readonly feed: string;
}

export interface StoredEntry {
  readonly seq: number;
  readonly leaf: Hash;
  /** Lamport depth (SPEC 9.2). */
  readonly depth: number;
  readonly bytes: Uint8Array;
  /** The age file; absent after erasure. */
  readonly payload?: Uint8Array;
  /** Salt and message under the node's storage key; absent when unreadable or erased. */
  readonly opened?: Uint8Array;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Hash;
  /** The note with its author lines only; receipts are kept apart. */
  readonly note: Uint8Array;
}

/** The first receipt that `by` gave for a head. Later ones for the same head are never stored. */
export interface StoredReceipt extends FeedKey {
  readonly size: number;
  readonly by: string;
  /** Seconds, from the receipt itself. */
  readonly at: number;
  /** The two signature lines, as text. */
  readonly lines: Uint8Array;
}

/** A feed's tip: all that appending needs. */
export interface StoredTip {
  readonly frontier: Frontier;
  readonly seen: readonly Seen[];
  readonly depth: number;
  readonly checkpoint: StoredCheckpoint | undefined;
}

export interface Append extends FeedKey {
  /** Size before; the engine refuses (throws) when the feed stands elsewhere, so no second history can start. */
  readonly from: number;
  readonly entries: readonly StoredEntry[];
  readonly subtrees: readonly Subtree[];
  readonly tip: Omit<StoredTip, "checkpoint">;
  readonly checkpoint: StoredCheckpoint;
  /** A receipt that this node gives or got together with the entries. */
  readonly receipts: readonly StoredReceipt[];
}

export interface StoredChannel {
  readonly channel: string;
  readonly genesis: Uint8Array;
}

export interface ForkRecord extends FeedKey {
  readonly proof: Uint8Array;
}

/** One row of a named read model: a cache of a fold, which may be dropped at any time. */
export interface ReadModelRow {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface Store extends AsyncDisposable {
  /** Small facts of the node itself (party id, incarnation), by name. */
  readonly meta: (name: string) => Promise<Uint8Array | undefined>;
  readonly setMeta: (name: string, value: Uint8Array) => Promise<void>;

  readonly putChannel: (channel: StoredChannel) => Promise<void>;
  readonly channels: () => Promise<readonly StoredChannel[]>;

  /** Replaces the party's chain by a longer one (bundle bytes of `party/chain.ts`). */
  readonly putParty: (party: string, chain: Uint8Array) => Promise<void>;
  readonly parties: () => Promise<readonly { readonly party: string; readonly chain: Uint8Array }[]>;

  readonly tip: (key: FeedKey) => Promise<StoredTip>;
  readonly feeds: (channel: string) => Promise<readonly { readonly feed: string; readonly size: number }[]>;
  readonly append: (append: Append) => Promise<void>;
  /** Entries with from ≤ seq < from + limit, ascending. `payloads: false` leaves payload bytes out. */
  readonly entries: (
    key: FeedKey,
    range: { readonly from: number; readonly limit: number; readonly payloads: boolean },
  ) => Promise<readonly StoredEntry[]>;
  readonly entryAt: (key: FeedKey, seq: number) => Promise<StoredEntry | undefined>;
  readonly checkpointAt: (key: FeedKey, size: number) => Promise<StoredCheckpoint | undefined>;
  /** Checkpoints with size ≥ from, ascending. */
  readonly checkpoints: (key: FeedKey, from: number, limit: number) => Promise<readonly StoredCheckpoint[]>;
  readonly subtree: (key: FeedKey, level: number, index: number) => Promise<Hash | undefined>;

  /** Keeps the first receipt per (feed, size, by) and answers the one that stands. */
  readonly putReceipt: (receipt: StoredReceipt) => Promise<StoredReceipt>;
  readonly receiptAt: (key: FeedKey, size: number, by: string) => Promise<StoredReceipt | undefined>;
  /** All first receipts of a channel, ascending by size within feed and giver. */
  readonly receipts: (channel: string) => Promise<readonly StoredReceipt[]>;

  readonly erasePayload: (key: FeedKey, seq: number) => Promise<void>;

  readonly putFork: (fork: ForkRecord) => Promise<void>;
  readonly forks: () => Promise<readonly ForkRecord[]>;

  readonly putReadModel: (model: string, rows: readonly ReadModelRow[]) => Promise<void>;
  readonly readModel: (model: string) => Promise<readonly ReadModelRow[]>;
  readonly dropReadModels: () => Promise<void>;
}
