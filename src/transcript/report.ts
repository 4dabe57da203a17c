/**
 * What a verification established (SPEC 7.3, 7.4), as plain data: the command line, the page and the story render it.
 *
 * Positions count from 0; a size is a number of entries. Codes are of `catalogue.ts`; nothing here is free text
 * of a party but names and messages, which a door has to isolate.
 */
import type { RefusalFacts } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { Entry, EntryKind } from "#parley/ledger/entry.ts";
import type { ForkProof } from "#parley/ledger/fork.ts";
import type { CataloguedCode } from "./catalogue.ts";
import type { Opening } from "./sections.ts";

export interface Fault extends CataloguedCode {
  readonly facts: RefusalFacts;
}

/** A fault with its place in a feed. */
export interface FeedFault extends Fault {
  readonly index: number;
  /** True: `index` is the entry at fault. False: the fault is at `index` or later, before `until`. */
  readonly certain: boolean;
  readonly until?: number;
}

/** `index` where the warning is about an entry. */
export interface FeedWarning extends Fault {
  readonly index?: number;
}

export interface Receipted {
  readonly by: string;
  readonly size: number;
  readonly at: Instant;
}

export interface PartyReport {
  readonly party: string;
  readonly name: string;
  readonly handle: string;
  readonly versions: number;
}

export interface FeedReport {
  readonly feed: string;
  /** Entries in the file. */
  readonly shown: number;
  /** Size of the largest head that the author signed and that the entries shown lead to. */
  readonly signed_to: number;
  /** Entries below this are shown, signed and without fault. */
  readonly proven_to: number;
  /** The largest size that each other party receipted, with the time of that receipt. */
  readonly receipted: readonly Receipted[];
  readonly withheld: number;
  readonly erased: number;
  readonly unreadable: number;
  readonly first_bad?: FeedFault;
  /** By index; at most 32. */
  readonly faults: readonly FeedFault[];
  /** At most 256. */
  readonly warnings: readonly FeedWarning[];
  readonly warnings_left_off: number;
}

/** Neither end is somebody's claim alone: `after` is a receipt by the author itself, `before` by another party. */
export interface Bracket {
  readonly after?: Instant;
  readonly before?: Instant;
}

export interface VerifiedEntry {
  readonly feed: string;
  readonly seq: number;
  /** Leaf hash, base64url. */
  readonly leaf: string;
  readonly depth: number;
  readonly kind: EntryKind;
  readonly entry: Entry;
  readonly claimed_at: Instant;
  readonly bracket: Bracket;
  readonly warnings: readonly string[];
  readonly opening: Opening;
}

/** The first receipt of `by` for `size` of `feed` (SPEC 3.5.3). */
export interface VerifiedReceipt extends Receipted {
  readonly feed: string;
}

/** A reason why the record is not complete, beside faults. */
export interface Reason extends Fault {
  readonly feed?: string;
}

export interface FoundFork {
  readonly feed: string;
  readonly proof: ForkProof;
}

export type Verdict = "complete" | "incomplete" | "failed";

export interface TranscriptReport {
  readonly verdict: Verdict;
  /** Why not complete: every fault first, then what is missing. Empty exactly when complete. */
  readonly reasons: readonly Reason[];
  /** `all`: every head and receipt. `last`: the last head of each feed; times of receipts before it are not used. */
  readonly signatures_checked: "all" | "last";
  readonly channel?: string;
  readonly exporter?: string;
  readonly exported_at?: Instant;
  readonly genesis?: Uint8Array;
  readonly parties: readonly PartyReport[];
  readonly feeds: readonly FeedReport[];
  /** Faults of the file as a whole. */
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  readonly forks: readonly FoundFork[];
  /** In the order of the channel (SPEC 9.1.2): by depth, then by leaf. Proven entries alone. */
  readonly entries: readonly VerifiedEntry[];
  readonly receipts: readonly VerifiedReceipt[];
}
