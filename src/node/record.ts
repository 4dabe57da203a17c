/**
 * The record of one channel as this node holds it: the tips of all feeds, and the only two ways to grow one:
 * `say` for the own feed, `hold` for another party's.
 *
 * Guarantees: what `say` resolved is durable under a signed head; what `hold` receipted is durable with the receipt
 * in one transaction (SPEC 3.2.2, 3.5.2). Both are serialised per channel. A fault leaves the tips as the store has
 * them: after any error the tip is read again before the next write.
 */
import { bytesEqual, encodeBase64url } from "#parley/codec/bytes.ts";
import { encodeNote, parseNote } from "#parley/codec/note.ts";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { encodePlaintext, commitTo, SALT_SIZE_BYTES, type Plaintext } from "#parley/crypto/payload.ts";
import { seal } from "#parley/crypto/seal.ts";
import { extendFeed, type AdmittedBatch, type FeedState, type HeldHeads } from "#parley/ledger/admission.ts";
import {
  encodeCheckpoint,
  headToText,
  parseCheckpoint,
  signHead,
  signReceipt,
  type Head,
} from "#parley/ledger/checkpoint.ts";
import { encodeEntry, type EntryKind, type Seen } from "#parley/ledger/entry.ts";
import { rootAt, rootOf, type Sha256, type SubtreeReader } from "#parley/ledger/tree.ts";
import {
  StoreFault,
  type FeedKey,
  type StoredCheckpoint,
  type StoredEntry,
  type StoredReceipt,
  type StoredTip,
} from "#parley/store/store.ts";
import { sealAtRest } from "./at-rest.ts";
import type { NodePorts } from "./ports.ts";
import { queryTree } from "./tree-query.ts";

/** Something to say: bytes that the gate released, or that the protocol itself demands. */
export interface Saying {
  readonly kind: EntryKind;
  readonly message: Uint8Array;
}

/** An entry that has just become durable here, opened if this node can open it. */
export interface HeldEntry extends FeedKey {
  readonly stored: StoredEntry;
  readonly kind: EntryKind;
  readonly seen: readonly Seen[];
  readonly claimedAt: string;
  readonly opened: Plaintext | undefined;
}

/** One entry of a batch to hold, with its payload and what this node could open of it. */
export interface Arrival {
  readonly payload: Uint8Array;
  readonly opened: Plaintext | undefined;
}

/** One flush of the own feed. */
export interface JustSaid {
  readonly from: number;
  readonly entries: readonly StoredEntry[];
  readonly checkpoint: StoredCheckpoint;
}

export interface RecordOptions {
  readonly channel: string;
  readonly parties: readonly string[];
  /** Public keys of the other parties, asked for each batch: an epoch may have passed. */
  readonly recipients: () => readonly Uint8Array[];
  readonly onHeld: (entries: readonly HeldEntry[]) => void;
  readonly onReceipt: (receipt: StoredReceipt) => void;
}

/** SPEC 6.5.1; bytes bound what one bundle can carry. */
export const FLUSH_ENTRIES_LIMIT = 256;
export const FLUSH_SIZE_LIMIT_BYTES = 32 * 1_048_576;

export class ChannelRecord {
  readonly options: RecordOptions;
  readonly #ports: NodePorts;
  readonly #me: string;
  readonly #tips = new Map<string, StoredTip>();
  readonly #unkept: StoredReceipt[] = [];
  /** Whether anything was written since somebody last asked for idleness. */
  #wrote = false;
  #justSaid: JustSaid | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(ports: NodePorts, options: RecordOptions) {
    this.#ports = ports;
    this.#me = ports.identity.chain.party;
    this.options = options;
  }

  static async load(ports: NodePorts, options: RecordOptions): Promise<ChannelRecord> {
    const record = new ChannelRecord(ports, options);
    for (const feed of options.parties) await record.#reload(feed);
    return record;
  }

  tip(feed: string): StoredTip {
    const tip = this.#tips.get(feed);
    if (tip === undefined) throw new RangeError("the feed is not of this channel");
    return tip;
  }

  /** Runs `work` alone in this channel: no other write happens between its reads and its writes. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work, work);
    this.#turn = run.catch(() => undefined);
    return run;
  }

  /** Writes one batch into the own feed. Call inside `exclusively`. At most `FLUSH_ENTRIES_LIMIT` sayings. */
  async say(sayings: readonly Saying[]): Promise<readonly HeldEntry[]> {
    const { backend, identity, clock } = this.#ports;
    const recipients = [...this.options.recipients(), identity.archiveRecipient];
    const seen = this.#seenNow();
    const base = this.tip(this.#me).frontier.size;
    const time = encodeInstant(clock());
    const drafts = sayings.map(({ kind, message }, i) => {
      const salt = backend.randomBytes(SALT_SIZE_BYTES);
      const payload = seal(backend, recipients, encodePlaintext(salt, message));
      const bytes = encodeEntry({
        channel: this.options.channel,
        commit: encodeBase64url(commitTo(backend, salt, message)),
        ct: encodeBase64url(backend.sha256(payload)),
        ct_len: payload.length,
        feed: this.#me,
        kind,
        seen,
        seq: base + i,
        time,
        v: 1,
      });
      return { bytes, payload, opened: { salt, message } };
    });
    const held = await this.heldHeads(drafts.map(({ bytes }) => ({ bytes, seen })));
    const batch = extendFeed(
      backend,
      this.#state(this.#me),
      drafts.map(({ bytes }) => bytes),
      held,
    );
    if (isRefusal(batch)) throw new Error(`an own entry is not admissible: ${batch.code}`);
    const head = {
      channel: this.options.channel,
      feed: this.#me,
      size: batch.state.frontier.size,
      root: batch.root,
    };
    const note = encodeCheckpoint(head, signHead(backend, identity.secret, head));
    return this.#append(this.#me, batch, { head, note, arrivals: drafts, receipts: [] });
  }

  /**
   * Makes an admitted batch of another feed durable together with this node's receipt, and returns that receipt.
   * Call inside `exclusively`.
   */
  async hold(batch: AdmittedBatch, note: Uint8Array, arrivals: readonly Arrival[]): Promise<StoredReceipt> {
    const { feed, channel } = batch.state;
    const head = { channel, feed, size: batch.state.frontier.size, root: batch.root };
    const receipt = this.#makeReceipt(head);
    await this.#append(feed, batch, { head, note, arrivals, receipts: [receipt] });
    this.options.onReceipt(receipt);
    return receipt;
  }

  /** Own entries fetched back from a peer after a rollback: same checks, no receipt on one's own head. */
  async recover(batch: AdmittedBatch, note: Uint8Array, arrivals: readonly Arrival[]): Promise<void> {
    const { feed, channel } = batch.state;
    const head = { channel, feed, size: batch.state.frontier.size, root: batch.root };
    await this.#append(feed, batch, { head, note, arrivals, receipts: [] });
  }

  /** The receipt of this node on a head that it holds: the first one given, or a new one (SPEC 3.5.3). */
  async receiptOn(head: Head): Promise<StoredReceipt> {
    const given = await this.#ports.store.receiptAt(head, head.size, this.#me);
    if (given !== undefined) return given;
    const receipt = await this.#ports.store.putReceipt(this.#makeReceipt(head));
    this.options.onReceipt(receipt);
    return receipt;
  }

  /**
   * A verified receipt of another party; the first for a size stands. It becomes durable with the next write: lost in a
   * crash, it is asked for again, and the giver repeats the same bytes (SPEC 3.5.3).
   */
  async takeReceipt(receipt: StoredReceipt): Promise<void> {
    const { feed, size, by } = receipt;
    if ((await this.#ports.store.receiptAt(receipt, size, by)) !== undefined) return;
    if (this.#unkept.some((one) => one.feed === feed && one.size === size && one.by === by)) return;
    this.#unkept.push(receipt);
    this.options.onReceipt(receipt);
  }

  /** The same once nothing has been written for a while: under load the next write takes them along. */
  async keepReceiptsWhenIdle(): Promise<void> {
    if (!this.#wrote) await this.keepReceipts();
    this.#wrote = false;
  }

  /** The last flush if it began here: handed over once, so that what was just written is not read back to be sent. */
  takeJustSaid(from: number): JustSaid | undefined {
    const said = this.#justSaid;
    this.#justSaid = undefined;
    const isWhole = said?.from === from && said.checkpoint.size === this.tip(this.#me).frontier.size;
    return isWhole ? said : undefined;
  }

  /** Makes received receipts durable now; before an export, a rest or the end. */
  async keepReceipts(): Promise<void> {
    for (const receipt of this.#unkept.slice()) {
      await this.#ports.store.putReceipt(receipt);
      // Only now: on a full disk it stays here. Meanwhile an append may have kept it.
      const at = this.#unkept.indexOf(receipt);
      if (at >= 0) this.#unkept.splice(at, 1);
    }
  }

  state(feed: string): FeedState {
    return this.#state(feed);
  }

  /** A pure tree function over the held leaves of a feed. */
  query<T>(feed: string, query: (read: SubtreeReader) => T): Promise<T> {
    return queryTree(
      this.#ports.store,
      this.#ports.backend.sha256,
      { channel: this.options.channel, feed },
      query,
    );
  }

  async rootAt(feed: string, size: number): Promise<Uint8Array> {
    const checkpoint = await this.#ports.store.checkpointAt({ channel: this.options.channel, feed }, size);
    return checkpoint?.root ?? this.query(feed, (read) => rootAt(this.#ports.backend.sha256, read, size));
  }

  /** Heads and depths that these entries name, fetched before the pure admission asks for them. */
  async heldHeads(entries: readonly { readonly seen: readonly Seen[] }[]): Promise<HeldHeads> {
    const roots = new Map<string, string>();
    const depths = new Map<string, number>();
    for (const { seen } of entries) for (const head of seen) await this.#fetchHead(head, roots, depths);
    return {
      rootAt: (feed, size) => roots.get(`${feed}/${size}`),
      depthAt: (feed, size) => depths.get(`${feed}/${size}`) ?? 0,
    };
  }

  async #fetchHead(
    { feed, size }: Seen,
    roots: Map<string, string>,
    depths: Map<string, number>,
  ): Promise<void> {
    const name = `${feed}/${size}`;
    if (roots.has(name) || !this.#tips.has(feed)) return;
    const key = { channel: this.options.channel, feed };
    const checkpoint = await this.#ports.store.checkpointAt(key, size);
    if (checkpoint === undefined) return;
    const last = await this.#ports.store.entryAt(key, size - 1);
    roots.set(name, encodeBase64url(checkpoint.root));
    depths.set(name, last?.depth ?? 0);
  }

  #makeReceipt(head: Head): StoredReceipt {
    const { backend, identity, clock } = this.#ports;
    const at = clock();
    const lines = signReceipt(backend, identity.secret, { head, by: this.#me, at });
    return {
      channel: head.channel,
      feed: head.feed,
      size: head.size,
      by: this.#me,
      at,
      lines: linesToBytes(head, lines),
    };
  }

  #seenNow(): readonly Seen[] {
    const seen: Seen[] = [];
    for (const feed of [...this.options.parties].sort()) {
      const checkpoint = feed === this.#me ? undefined : this.tip(feed).checkpoint;
      if (checkpoint !== undefined)
        seen.push({ feed, root: encodeBase64url(checkpoint.root), size: checkpoint.size });
    }
    return seen;
  }

  #state(feed: string): FeedState {
    const { frontier, seen, depth } = this.tip(feed);
    return { channel: this.options.channel, feed, frontier, seen, depth };
  }

  async #append(
    feed: string,
    batch: AdmittedBatch,
    write: {
      readonly head: Head;
      readonly note: Uint8Array;
      readonly arrivals: readonly Arrival[];
      readonly receipts: readonly StoredReceipt[];
    },
  ): Promise<readonly HeldEntry[]> {
    const { store, backend, identity } = this.#ports;
    const channel = this.options.channel;
    const held = batch.entries.map(({ bytes, entry, leaf, depth }, i): HeldEntry => {
      const arrival = write.arrivals[i];
      const opened = arrival?.opened;
      const stored: StoredEntry = {
        seq: entry.seq,
        leaf,
        depth,
        bytes,
        ...(arrival && { payload: arrival.payload }),
        ...(opened && {
          opened: sealAtRest(backend, identity.storageKey, { channel, feed, seq: entry.seq }, opened),
        }),
      };
      return { channel, feed, stored, kind: entry.kind, seen: entry.seen, claimedAt: entry.time, opened };
    });
    const checkpoint = { size: write.head.size, root: write.head.root, note: write.note };
    const { frontier, seen, depth } = batch.state;
    const unkept = this.#unkept.slice();
    try {
      await store.append({
        channel,
        feed,
        from: this.tip(feed).frontier.size,
        entries: held.map(({ stored }) => stored),
        subtrees: batch.subtrees,
        tip: { frontier, seen, depth },
        checkpoint,
        receipts: [...write.receipts, ...unkept],
      });
    } catch (fault) {
      // Failed and persisted, or failed and not persisted: only the store knows, so it is asked.
      await this.#reload(feed).catch(() => undefined);
      throw fault;
    }
    this.#unkept.splice(0, unkept.length);
    this.#wrote = true;
    const from = this.tip(feed).frontier.size;
    if (feed === this.#me) this.#justSaid = { from, entries: held.map(({ stored }) => stored), checkpoint };
    this.#tips.set(feed, { frontier, seen, depth, checkpoint });
    this.options.onHeld(held);
    return held;
  }

  async #reload(feed: string): Promise<void> {
    const key = { channel: this.options.channel, feed };
    const tip = await this.#ports.store.tip(key);
    if (!isWholeTip(this.#ports.backend.sha256, key, tip)) throw new StoreFault("corrupt");
    this.#tips.set(feed, tip);
  }
}

/**
 * The next head is signed over these hashes: were one of them wrong, this node would fork itself (threats.md 24). So
 * they lead to the root of the last head, and its note says the same.
 */
function isWholeTip(
  sha256: Sha256,
  { channel, feed }: FeedKey,
  { checkpoint, frontier }: StoredTip,
): boolean {
  if (checkpoint === undefined) return frontier.size === 0;
  const { size, root, note } = checkpoint;
  const noted = parseCheckpoint(note);
  if (isRefusal(noted) || noted.note.text !== headToText({ channel, feed, size, root })) return false;
  return frontier.size === size && bytesEqual(rootOf(sha256, frontier), root);
}

/** Signature lines in their text form, as the store keeps them. */
export function linesToBytes(head: Head, lines: Parameters<typeof encodeCheckpoint>[1]): Uint8Array {
  const note = encodeCheckpoint(head, lines);
  const text = encodeCheckpoint(head, []);
  return note.subarray(text.length);
}

/** A stored author note with further stored lines: the bytes of a checkpoint with its receipts. */
export function noteWithReceipts(note: Uint8Array, receipts: readonly StoredReceipt[]): Uint8Array {
  const joined = new Uint8Array(
    note.length + receipts.reduce((sum, receipt) => sum + receipt.lines.length, 0),
  );
  joined.set(note);
  let offset = note.length;
  for (const { lines } of receipts) {
    joined.set(lines, offset);
    offset += lines.length;
  }
  return joined;
}

/** The note of a checkpoint with its author's lines only, as stored. */
export function authorNote(bytes: Uint8Array, feed: string): Uint8Array | Refusal {
  const note = parseNote(bytes);
  if (isRefusal(note)) return note;
  return encodeNote({ text: note.text, lines: note.lines.filter((line) => line.name === feed) });
}
