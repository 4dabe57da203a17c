/**
 * What all use cases of a node share: its channels, its house feed, the parties it knows, and the one way to write.
 *
 * A `NodeCore` owns memory only; every fact in it can be read again from the store.
 */
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, type Instant } from "#parley/codec/time.ts";
import { createCasework, type Casework, type OpenedEntry } from "#parley/casework/index.ts";
import { evaluateMessage, PROTOCOLS } from "#parley/casework/registry.ts";
import { termsOf } from "#parley/casework/genesis-terms.ts";
import { keepInHouse, type Released } from "#parley/gate/release.ts";
import { parseEntry, type Entry } from "#parley/ledger/entry.ts";
import { leafHash } from "#parley/ledger/tree.ts";
import { parsePartyChain, encodePartyChain, type PartyChain } from "#parley/party/chain.ts";
import { StoreFault, type StoredEntry, type StoredReceipt } from "#parley/store/store.ts";
import { bytesEqual, encodeBase64url } from "#parley/codec/bytes.ts";
import type { EntryRef } from "#parley/protocols/protocol.ts";
import type { Genesis } from "#parley/protocols/agreement/terms.ts";
import { entryKindOf } from "#parley/protocols/system/messages.ts";
import { openAtRest } from "./at-rest.ts";
import { Attachments } from "./attachments.ts";
import { takePartyUpdate, type Channel } from "./channel.ts";
import { erasedBy } from "./erasure.ts";
import { channelIdOf, firstEntries, parseGenesis } from "./handshake.ts";
import { House, type HouseRecord } from "./house.ts";
import { RETRY_FIRST_SECONDS, type OutboxState } from "./outbox.ts";
import { OpenedEntries } from "./opened-entries.ts";
import type { NodePorts } from "./ports.ts";
import { OrderCheck } from "./order-check.ts";
import { ChannelRecord, type HeldEntry } from "./record.ts";
import { isWriteFault, watchWrites } from "./watched-store.ts";
import { ChannelWriter } from "./writer.ts";

export type NodeEvent =
  | {
      readonly type: "entry";
      readonly channel: string;
      readonly feed: string;
      readonly seq: number;
      readonly kind: string;
    }
  | {
      readonly type: "receipt";
      readonly channel: string;
      readonly feed: string;
      readonly size: number;
      readonly by: string;
    }
  | { readonly type: "house"; readonly record: string }
  | { readonly type: "mode"; readonly channel: string; readonly signing: Channel["signing"] }
  | { readonly type: "store"; readonly writable: boolean };

/** Whether opening a node waits until its channels are folded, or serves at once and folds beside. */
export interface LoadOptions {
  readonly fold: "before" | "beside";
}

/** A channel with everything that runs on it. */
export interface LiveChannel extends Channel {
  readonly writer: ChannelWriter;
  /** Made again from the store when content was erased. */
  casework: Casework | undefined;
  opened: OpenedEntries;
  readonly outboxes: ReadonlyMap<string, OutboxState>;
  /** False while stored entries are still being folded: until then nothing is said, taken or shown of the channel. */
  folded: boolean;
  /** Something arrived since the automatic answers were last considered. */
  dirty: boolean;
  /** This node said that it says nothing more here (SPEC 9.5.11). */
  closed: boolean;
  /** What own `erase` entries named, until it is known to be deleted (SPEC 3.9.2). */
  readonly erasures: EntryRef[];
  /** Parties with whom a head did not agree (`seen-mismatch`): heads are compared at the next tick. */
  readonly suspects: Set<string>;
}

/** Six digits are what people read aloud (SPEC 8.1.3). */
const SERIAL_LIMIT = 999_999;
/** Entries read at once while a channel is loaded. */
const LOAD_BATCH = 1024;

export class NodeCore {
  readonly ports: NodePorts;
  readonly me: string;
  readonly house: House;
  readonly channels = new Map<string, LiveChannel>();
  readonly parties = new Map<string, PartyChain>();
  /** Files that messages name. */
  readonly attachments = new Attachments();
  readonly listeners = new Set<(event: NodeEvent) => void>();
  /** False after the store could not write: the node answers and shows, and says nothing new. */
  writable = true;
  /** Ends when every channel that was stored is folded. */
  folding: Promise<void> = Promise.resolve();
  /** Delivers a channel now; set by the lifecycle. */
  deliver: (channel: LiveChannel) => Promise<void> = () => Promise.resolve();
  /** Alarms already recorded since the start, by subject: one entry each, however often they recur. */
  readonly alarmed = new Set<string>();
  /** Drafts on their way into the record. */
  readonly saying = new Set<string>();
  /** Deliveries under way, as channel/party. */
  readonly delivering = new Set<string>();
  /** What a tick began and has not ended, by the parties it is about. */
  readonly running = new Map<string, Promise<void>>();
  lastTickAt: Instant | undefined;
  /** Entries of the house feed without content, until the records that explain them are read. */
  readonly #houseGaps: number[] = [];
  #lastOfficer = 0;
  #houseChannel: LiveChannel | undefined;

  constructor(ports: NodePorts) {
    const store = watchWrites(ports.store, (taken) => this.#setWritable(taken));
    this.ports = { ...ports, store };
    this.me = ports.identity.chain.party;
    this.house = new House(ports.backend);
    this.parties.set(this.me, ports.identity.chain);
  }

  emit(event: NodeEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** Everything the store knows, into memory. The house feed first: it says who is paired. */
  async load(options: LoadOptions): Promise<void> {
    const { store, backend } = this.ports;
    for (const { party, chain } of await store.parties()) {
      const parsed = parsePartyChain(backend, chain);
      if (isRefusal(parsed) || parsed.party !== party) throw new StoreFault("corrupt");
      if (party !== this.me) this.parties.set(party, parsed);
    }
    await this.#loadHouse();
    for (const { channel, genesis } of await store.channels()) {
      if (channel === this.#houseChannel?.id) continue;
      if (channelIdOf(backend, genesis) !== channel) throw new StoreFault("corrupt");
      await this.openChannel(genesis, { fold: false });
    }
    // An offer is recorded after its channel, so each has one: a channel that is gone is damage.
    for (const channel of this.house.state.offers.keys())
      if (!this.channels.has(channel)) throw new StoreFault("corrupt");
    await this.#checkForks();
    this.folding = this.#foldAll();
    if (options.fold === "before") await this.folding;
    else this.folding.catch(() => this.ports.log("fold-fault", {}));
  }

  get houseChannel(): LiveChannel {
    if (this.#houseChannel === undefined) throw new Error("the node is not loaded");
    return this.#houseChannel;
  }

  /** The author's claim in a held entry. */
  claimedAt(bytes: Uint8Array): Instant | undefined {
    const entry = parseEntry(bytes);
    const at = isRefusal(entry) ? entry : parseInstant(entry.time);
    return isRefusal(at) ? undefined : at;
  }

  /** An own message as casework would meet it if it were said now. */
  provisionalEntry(channel: LiveChannel, message: JsonObject): OpenedEntry {
    const own = channel.record.tip(this.me);
    const others = channel.parties
      .filter((party) => party !== this.me)
      .map((party) => channel.record.tip(party));
    return {
      feed: this.me,
      seq: own.frontier.size,
      leaf: "~",
      depth: 1 + Math.max(own.depth, ...others.map(({ depth }) => depth)),
      seen: channel.parties
        .filter((party) => party !== this.me)
        .map((feed) => ({ feed, size: channel.record.tip(feed).frontier.size })),
      claimedAt: this.ports.clock(),
      kind: entryKindOf(String(message["type"])),
      message,
    };
  }

  /** The human number of the next own message: it counts entries, restarts never, and need not be dense. */
  nextSerial(channel: LiveChannel): number {
    return (channel.record.tip(this.me).frontier.size % SERIAL_LIMIT) + 1;
  }

  /** The number of the next person: never given twice, even to two who are added in the same moment. */
  nextOfficer(): number {
    // A link that nobody used yet holds its number too.
    const linked = [...this.house.people.state.links.values()].map(({ officer }) => officer);
    this.#lastOfficer = Math.max(this.#lastOfficer, ...this.house.state.people.keys(), ...linked) + 1;
    return this.#lastOfficer;
  }

  /** Keeps a chain that is new or longer than the one known. */
  async keepParty(chain: PartyChain): Promise<void> {
    const known = this.parties.get(chain.party);
    if (known !== undefined && known.versions.length >= chain.versions.length) return;
    await this.guard(() => this.ports.store.putParty(chain.party, encodePartyChain(chain.signed)));
    this.parties.set(chain.party, chain);
  }

  /** Writes one record into the house feed; durable when it resolves. */
  async record(record: HouseRecord): Promise<void> {
    const message: JsonObject = {
      ...(record as unknown as JsonObject),
      at: encodeInstant(this.ports.clock()),
      v: 1,
    };
    await this.say(this.houseChannel, keepInHouse(this.houseChannel.id, message));
    this.emit({ type: "house", record: record.type });
  }

  async say(channel: LiveChannel, released: Released): Promise<HeldEntry> {
    return this.guard(() => channel.writer.say(released));
  }

  /** Runs what reads or writes; a full or failing disk makes the node read-only until a write succeeds again. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      if (isWriteFault(fault)) this.#setWritable(false);
      throw fault;
    }
  }

  /** Makes a channel live; idempotent. The genesis was verified by whoever calls. */
  async openChannel(genesisBytes: Uint8Array, options = { fold: true }): Promise<LiveChannel> {
    const id = channelIdOf(this.ports.backend, genesisBytes);
    const known = this.channels.get(id);
    if (known !== undefined) return known;
    const genesis = parseGenesis(genesisBytes);
    if (isRefusal(genesis)) throw new StoreFault("corrupt");
    await this.guard(() => this.ports.store.putChannel({ channel: id, genesis: genesisBytes }));
    const parties = genesis.parties.map(({ party }) => party);
    const casework = this.#newCasework(genesis);
    const live = await this.#assemble({ id, genesisBytes, genesis, parties, casework });
    this.channels.set(id, live);
    if (options.fold) await this.#replay(live);
    return live;
  }

  #newCasework(genesis: Genesis): Casework {
    return createCasework({
      terms: termsOf(genesis),
      protocols: PROTOCOLS,
      digest: this.ports.backend.sha256,
      evaluate: evaluateMessage,
    });
  }

  /** Folds a channel again from the store, after content was deleted; nothing is said, taken or shown meanwhile. */
  async refold(live: LiveChannel): Promise<void> {
    const { genesis } = live;
    if (genesis === undefined) throw new Error("the house feed has no cases");
    await live.record.exclusively(async () => {
      await this.guard(() => live.record.keepReceipts());
      live.folded = false;
      live.casework = this.#newCasework(genesis);
      live.opened = new OpenedEntries();
      live.updates.clear();
      live.erasures.splice(0);
      this.attachments.forget(live.id);
      await this.#replay(live);
    });
  }

  /** A proof that the house recorded and the store lacks was deleted: it would let a frozen feed go on. */
  async #checkForks(): Promise<void> {
    const forks = await this.ports.store.forks();
    const proved = new Set(forks.map(({ channel, feed }) => `${channel}/${feed}`));
    for (const fork of this.house.forks) if (!proved.has(fork)) throw new StoreFault("corrupt");
  }

  /** Channel by channel, letting other work run in between. */
  async #foldAll(): Promise<void> {
    const faults: unknown[] = [];
    for (const live of this.channels.values())
      if (!live.folded)
        await this.#replay(live).catch((fault: unknown) => {
          faults.push(fault); // a damaged channel stays closed, and closes no other
        });
    const [first] = faults;
    if (faults.length > 0) throw first instanceof Error ? first : new AggregateError(faults);
  }

  async #loadHouse(): Promise<void> {
    const { store, backend } = this.ports;
    let genesisBytes = await store.meta("house-genesis");
    if (genesisBytes === undefined) {
      const nonce = encodeBase64url(backend.randomBytes(32));
      genesisBytes = encodeJson({ nonce, party: this.me, type: "house", v: 1 });
      await store.setMeta("house-genesis", genesisBytes);
    }
    const id = channelIdOf(backend, genesisBytes);
    await store.putChannel({ channel: id, genesis: genesisBytes });
    const parties = [this.me];
    const live = await this.#assemble({ id, genesisBytes, genesis: undefined, parties, casework: undefined });
    live.signing = "allowed";
    this.#houseChannel = live;
    await this.#replay(live);
    if (live.record.tip(this.me).frontier.size > 0) return;
    const [genesis, update] = firstEntries(id, genesisBytes, this.ports.identity.chain);
    await Promise.all([this.say(live, genesis), this.say(live, update)]);
  }

  async #assemble(
    parts: Pick<LiveChannel, "id" | "genesisBytes" | "genesis" | "parties" | "casework">,
  ): Promise<LiveChannel> {
    const others = parts.parties.filter((party) => party !== this.me);
    const record = await ChannelRecord.load(this.ports, {
      channel: parts.id,
      parties: parts.parties,
      recipients: () => others.flatMap((party) => this.parties.get(party)?.latest.recipient ?? []),
      onHeld: (entries) => this.#onHeld(live, entries),
      onReceipt: (receipt) => this.#onReceipt(live, receipt),
    });
    const outboxes = new Map<string, OutboxState>();
    for (const party of others)
      outboxes.set(party, {
        receipted: 0,
        resendFrom: undefined,
        nextAttemptAt: 0,
        delaySeconds: RETRY_FIRST_SECONDS,
        lastRefusal: undefined,
      });
    const live: LiveChannel = {
      ...parts,
      record,
      outboxes,
      writer: new ChannelWriter(record, () => this.deliver(live)),
      opened: new OpenedEntries(),
      updates: new Map(),
      frozen: new Map(),
      // A node that never signed here has nothing to be rolled back from (wire.md 6).
      signing: record.tip(this.me).frontier.size === 0 ? "allowed" : "asking",
      folded: false,
      dirty: true,
      closed: false,
      erasures: [],
      suspects: new Set(),
    };
    return live;
  }

  async #replay(live: LiveChannel): Promise<void> {
    const { store } = this.ports;
    for (const fork of await store.forks())
      if (fork.channel === live.id) live.frozen.set(fork.feed, fork.proof);
    if (live.frozen.has(this.me)) live.signing = "frozen";
    for (const receipt of await store.receipts(live.id)) this.#applyReceipt(live, receipt);
    const order = new OrderCheck();
    for (const feed of live.parties) {
      const size = live.record.tip(feed).frontier.size;
      for (let from = 0; from < size; from += LOAD_BATCH) {
        const entries = await store.entries(
          { channel: live.id, feed },
          { from, limit: LOAD_BATCH, payloads: false },
        );
        for (const stored of entries) order.add(this.#applyStored(live, feed, stored), stored.depth);
        await this.ports.pause();
      }
    }
    if (!order.isWhole((feed) => live.record.tip(feed))) throw new StoreFault("corrupt");
    if (live.casework === undefined && !this.house.erasures.explains(this.#houseGaps))
      throw new StoreFault("corrupt");
    live.folded = true;
  }

  #applyStored(live: LiveChannel, feed: string, stored: StoredEntry): Entry {
    const entry = parseEntry(stored.bytes);
    const { sha256 } = this.ports.backend;
    if (isRefusal(entry) || entry.seq !== stored.seq) throw new StoreFault("corrupt");
    // An altered line of a shared record is served as it is, under no new signature, until the re-hash names it.
    const isWhole = bytesEqual(leafHash(sha256, stored.bytes), stored.leaf);
    if (!isWhole && live.casework === undefined) throw new StoreFault("corrupt");
    if (!isWhole) live.signing = "frozen";
    const place = { channel: live.id, feed, seq: stored.seq };
    const opened =
      stored.opened && openAtRest(this.ports.backend, this.ports.identity.storageKey, place, stored.opened);
    // In the house an entry that does not open would silently give back a right that it had taken.
    const isNeeded = stored.opened !== undefined || live.casework === undefined;
    if (opened === undefined && stored.opened === undefined && live.casework === undefined)
      this.#houseGaps.push(stored.seq);
    else if (opened === undefined && isNeeded) throw new StoreFault("corrupt");
    this.#apply(live, {
      channel: live.id,
      feed,
      stored,
      kind: entry.kind,
      seen: entry.seen,
      claimedAt: entry.time,
      opened,
    });
    return entry;
  }

  #onHeld(live: LiveChannel, entries: readonly HeldEntry[]): void {
    for (const held of entries) {
      live.dirty ||= held.feed !== this.me && held.kind === "message";
      this.#apply(live, held);
      this.emit({ type: "entry", channel: live.id, feed: held.feed, seq: held.stored.seq, kind: held.kind });
    }
  }

  #apply(live: LiveChannel, held: HeldEntry): void {
    if (live.casework === undefined) {
      if (held.opened !== undefined) this.house.apply(held.opened.message);
      return;
    }
    const entry = live.opened.take(held);
    live.casework.add(entry);
    const { feed, stored } = held;
    if (entry.message !== undefined)
      this.attachments.note(this.me, { channel: live.id, feed, seq: stored.seq }, entry.message);
    if (held.feed === this.me && typeof entry.message?.["id"] === "string")
      this.house.markSaid(entry.message["id"]);
    if (held.feed === this.me && entry.message !== undefined)
      this.#noteEnding(live, held.kind, entry.message);
    const chain = this.parties.get(held.feed);
    if (held.kind !== "party_update" || held.opened === undefined || chain === undefined) return;
    const update = takePartyUpdate(this.ports.backend, chain, held.opened.message);
    if (update === undefined) return;
    const known = live.updates.get(held.feed) ?? [];
    live.updates.set(held.feed, [...known, { seq: held.stored.seq, version: update.versions.length }]);
  }

  /** Own entries that end something: they were judged before they were said. */
  #noteEnding(live: LiveChannel, kind: HeldEntry["kind"], message: JsonObject): void {
    if (kind === "close") live.closed = true;
    if (kind === "erase") live.erasures.push(erasedBy(message));
  }

  #onReceipt(live: LiveChannel, receipt: StoredReceipt): void {
    this.#applyReceipt(live, receipt);
    this.emit({ type: "receipt", channel: live.id, feed: receipt.feed, size: receipt.size, by: receipt.by });
  }

  #applyReceipt(live: LiveChannel, { feed, size, by, at }: StoredReceipt): void {
    live.casework?.receive({ feed, size, by, at });
    const outbox = feed === this.me ? live.outboxes.get(by) : undefined;
    if (outbox !== undefined) outbox.receipted = Math.max(outbox.receipted, size);
  }

  #setWritable(writable: boolean): void {
    if (this.writable === writable) return;
    this.writable = writable;
    this.ports.log(writable ? "store-recovered" : "store-read-only", {});
    this.emit({ type: "store", writable });
  }
}
