/**
 * Real records for tests: parties with signed chains, a channel, entries, heads and receipts, and a transcript.
 *
 * Everything follows from seeds: ids, entries and roots are the same in every run. Signatures on heads are too with the
 * noble backend; the other one hedges ML-DSA. Payloads are not sealed; an entry has the hash of a
 * stand-in of the right size, because nothing that reads a transcript sees payloads. The kit is honest; tests make the
 * lies from its parts.
 */
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { parseBundle, TRANSCRIPT_LIMITS, type BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import type { SignatureLine } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, type Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { makeNodeSecret, signHybrid, type NodeSecret } from "#parley/crypto/node-key.ts";
import { commitTo, padmeSize } from "#parley/crypto/payload.ts";
import { encodeRecipient } from "#parley/crypto/recipient.ts";
import { encodeCheckpoint, signHead, signReceipt, type Head } from "#parley/ledger/checkpoint.ts";
import { encodeEntry, type Entry, type EntryKind, type Seen } from "#parley/ledger/entry.ts";
import {
  appendLeaf,
  EMPTY_FRONTIER,
  leafHash,
  rootOf,
  type Frontier,
  type Hash,
} from "#parley/ledger/tree.ts";
import {
  encodePartyChain,
  signPartyDocument,
  verifyPartyChain,
  type PartyChain,
  type SignedVersion,
} from "#parley/party/chain.ts";
import {
  encodePartyDocument,
  parsePartyDocument,
  possessionMessage,
  rootHash,
  rootsHashOf,
  type PartyMembers,
} from "#parley/party/document.ts";
import { defaultClocks, defaultTerm } from "#parley/protocols/agreement/terms.ts";
import { encodeTranscript } from "#parley/transcript/export.ts";
import type { Opening, Slot, WithheldReason } from "#parley/transcript/sections.ts";

export interface KitParty {
  readonly id: string;
  readonly seed: string;
  readonly roots: readonly NodeSecret[];
  /** Of the newest version. */
  readonly node: NodeSecret;
  readonly members: PartyMembers;
  readonly signed: readonly SignedVersion[];
  readonly chain: PartyChain;
}

export interface KitHead {
  readonly head: Head;
  /** The author's two lines, then receipts in the order given. */
  readonly lines: SignatureLine[];
}

export interface KitFeed {
  party: KitParty;
  readonly slots: Slot[];
  readonly entries: Entry[];
  readonly leaves: Hash[];
  frontier: Frontier;
  readonly heads: KitHead[];
}

export interface KitChannel {
  readonly backend: CryptoBackend;
  readonly id: string;
  readonly genesis: Uint8Array;
  readonly feeds: ReadonlyMap<string, KitFeed>;
  /** Advances by one second with every entry and receipt. */
  now: Instant;
}

export const KIT_START: Instant = Number(parseInstant("2026-11-22T15:00:00Z"));

/** Signs documents, whose bytes become ids: it signs the same way every time. */
const STEADY = createNobleBackend({
  randomBytes: () => {
    throw new Error("the kit draws no randomness");
  },
});

export function seedBytes(backend: CryptoBackend, ...parts: readonly (string | number)[]): Uint8Array {
  return backend.sha256(utf8(`parley-kit ${parts.join(" ")}`));
}

export function makeSecret(backend: CryptoBackend, seed: string): NodeSecret {
  return makeNodeSecret(backend, seedBytes(backend, seed, "ed25519"), seedBytes(backend, seed, "ml-dsa-44"));
}

/** Version 1: three roots, threshold two, one node key, unless the options say otherwise. */
export function makeParty(
  backend: CryptoBackend,
  seed: string,
  options: {
    readonly name?: string;
    readonly handle?: string;
    readonly nodeSeeds?: readonly string[];
    readonly roots?: number;
  } = {},
): KitParty {
  const count = options.roots ?? 3;
  const roots = Array.from({ length: count }, (_, i) => makeSecret(backend, `${seed} root ${i}`));
  const rootKeys = { keys: roots.map(({ key }) => keyMembers(key)), threshold: Math.min(2, count) };
  const anchor = rootsHashOf(backend, { roots: rootKeys });
  const nodes = (options.nodeSeeds ?? [`${seed} node 1`]).map((nodeSeed) => makeSecret(backend, nodeSeed));
  const members: PartyMembers = {
    expires: "2029-11-22T00:00:00Z",
    handle: options.handle ?? "RIMAL",
    kem: [{ epoch: 1, recipient: encodeRecipient(backend.xWing.publicKey(seedBytes(backend, seed, "kem"))) }],
    languages: ["en"],
    name: options.name ?? "CSIRT Rimal",
    next_roots: [0, 1, 2].map((i) => rootHash(backend, makeSecret(backend, `${seed} next root ${i}`).key)),
    node_keys: nodes.map((node) => nodeKeyMembers(anchor, node)),
    offices: [],
    passkeys: [],
    roots: rootKeys,
    tls_pins: [encodeBase64url(seedBytes(backend, seed, "tls"))],
    type: "party",
    urls: ["https://node.example/"],
    v: 1,
    version: 1,
  };
  return signVersion(backend, {
    seed,
    roots,
    node: nodes[0] ?? makeSecret(backend, seed),
    members,
    signed: [],
  });
}

/** The next version with changed members; by default under a new node key of its own. */
export function renewParty(
  backend: CryptoBackend,
  party: KitParty,
  change: { readonly nodeSeed?: string; readonly members?: Partial<PartyMembers> } = {},
): KitParty {
  const version = party.members.version + 1;
  const node = makeSecret(backend, change.nodeSeed ?? `${party.seed} node ${version}`);
  const first = party.chain.versions[0] ?? party.members;
  const members: PartyMembers = {
    ...party.members,
    node_keys: [nodeKeyMembers(rootsHashOf(backend, first), node)],
    prev: party.chain.latest.hash,
    version,
    ...change.members,
  };
  return signVersion(backend, { seed: party.seed, roots: party.roots, node, members, signed: party.signed });
}

export function keyMembers(key: NodeSecret["key"]): { readonly ed25519: string; readonly ml_dsa_44: string } {
  return { ed25519: encodeBase64url(key.ed25519), ml_dsa_44: encodeBase64url(key.mlDsa44) };
}

export function nodeKeyMembers(anchor: Uint8Array, { key, ...secret }: NodeSecret) {
  const proof = signHybrid(STEADY, { key, ...secret }, possessionMessage(anchor, key.ed25519, key.mlDsa44));
  return {
    ...keyMembers(key),
    proof_ed25519: encodeBase64url(proof.ed25519),
    proof_ml_dsa_44: encodeBase64url(proof.mlDsa44),
  };
}

function signVersion(backend: CryptoBackend, draft: Omit<KitParty, "id" | "chain">): KitParty {
  const document = encodePartyDocument(draft.members);
  const signatures = signPartyDocument(STEADY, draft.roots.slice(0, draft.members.roots.threshold), document);
  const signed = [...draft.signed, { document, signatures }];
  const chain = verifyPartyChain(backend, signed);
  if (isRefusal(chain)) {
    const parsed = parsePartyDocument(backend, document);
    throw new Error(
      `the kit made a chain that is refused: ${chain.code} ${isRefusal(parsed) ? parsed.code : ""}`,
    );
  }
  return { ...draft, signed, chain, id: chain.party };
}

/** A genesis that `validateGenesis` accepts; members of `change` replace its own. */
export function makeGenesis(
  parties: readonly KitParty[],
  nonce: Uint8Array,
  change: JsonObject = {},
): Uint8Array {
  const sorted = parties.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return encodeJson({
    clocks: defaultClocks(),
    flash_budget_per_month: 5,
    heartbeat_seconds: 86_400,
    languages: ["en"],
    nature: "exercise",
    nonce: encodeBase64url(nonce),
    parties: sorted.map(({ id, chain }) => ({
      document_hash: chain.latest.hash,
      party: id,
      version: chain.latest.version,
    })),
    profile: { name: "kit" },
    protocols: ["agreement", "comms_check", "dispute", "notice", "request"].map((name) => ({
      name,
      version: 1,
    })),
    retention_days: 3_652,
    term: { ...defaultTerm(KIT_START) },
    type: "genesis",
    v: 1,
    witness: "",
    ...change,
  });
}

/** A channel in which nothing has been said. */
export function makeChannel(
  backend: CryptoBackend,
  parties: readonly KitParty[],
  options: { readonly seed?: string; readonly genesis?: Uint8Array } = {},
): KitChannel {
  const genesis =
    options.genesis ?? makeGenesis(parties, seedBytes(backend, options.seed ?? "channel", "nonce"));
  const feeds = new Map(parties.map((party) => [party.id, emptyFeed(party)]));
  return { backend, id: encodeBase64url(backend.sha256(genesis)), genesis, feeds, now: KIT_START };
}

/** The handshake of SPEC 5.2: entries 0 and 1 of each feed, and receipts by everybody. */
export function openChannel(channel: KitChannel): void {
  for (const { party } of channel.feeds.values()) {
    say(channel, party, [channel.genesis], { kind: "genesis", checkpoint: false });
    sayUpdate(channel, party);
  }
  receiptAll(channel);
}

export interface SayOptions {
  readonly kind?: EntryKind;
  /** The claim; by default the channel's time. */
  readonly time?: Instant;
  /** False: the author holds nothing new of the others. */
  readonly sees?: false;
  /** False: no head after these entries. */
  readonly checkpoint?: false;
  /** Members that replace those of an honest entry. */
  readonly entry?: Partial<Entry>;
}

/** Entries under one checkpoint. A message is an object or bytes. */
export function say(
  channel: KitChannel,
  party: KitParty,
  messages: readonly (JsonObject | Uint8Array)[],
  options: SayOptions = {},
): void {
  const feed = feedOf(channel, party.id);
  for (const message of messages) {
    const bytes = message instanceof Uint8Array ? message : encodeJson(message);
    append(channel, feed, bytes, options);
  }
  if (options.checkpoint !== false) checkpoint(channel, party);
}

/** An entry of kind `party_update` with the whole chain, under one checkpoint; the party's keys change with it. */
export function sayUpdate(channel: KitChannel, party: KitParty): void {
  feedOf(channel, party.id).party = party;
  const chain = encodeBase64url(encodePartyChain(party.signed));
  say(channel, party, [{ chain, type: "party_update", v: 1 }], { kind: "party_update" });
}

/** The author signs its tree as it is. */
export function checkpoint(channel: KitChannel, party: KitParty): KitHead {
  const { backend } = channel;
  const feed = feedOf(channel, party.id);
  const head = { channel: channel.id, feed: party.id, ...tipOf(channel, feed) };
  const signed = { head, lines: [...signHead(backend, feed.party.node, head)] };
  feed.heads.push(signed);
  return signed;
}

/** `by` receipts the last head of `feed`, or that of a size. */
export function receipt(
  channel: KitChannel,
  by: KitParty,
  feed: KitParty,
  options: { readonly at?: Instant; readonly size?: number } = {},
): void {
  const { heads } = feedOf(channel, feed.id);
  const target =
    options.size === undefined ? heads.at(-1) : heads.find(({ head }) => head.size === options.size);
  if (target === undefined) throw new Error("the kit has no such head");
  const secret = feedOf(channel, by.id).party.node;
  target.lines.push(
    ...signReceipt(channel.backend, secret, {
      head: target.head,
      by: by.id,
      at: options.at ?? channel.now++,
    }),
  );
}

/** Everybody receipts everybody's last head, once. */
export function receiptAll(channel: KitChannel): void {
  for (const { party, heads } of channel.feeds.values()) {
    for (const { party: by } of channel.feeds.values()) {
      const given = heads.at(-1)?.lines.some(({ name }) => name === by.id);
      if (by.id !== party.id && given === false) receipt(channel, by, party);
    }
  }
}

export interface ExportOptions {
  readonly at?: Instant;
  /** Reasons by `<feed> <seq>`. */
  readonly withhold?: ReadonlyMap<string, WithheldReason>;
  /** Entries of each feed that the file shows; its manifest claims that end. */
  readonly sizes?: ReadonlyMap<string, number>;
}

export function exportTranscript(
  channel: KitChannel,
  exporter: KitParty,
  options: ExportOptions = {},
): Uint8Array {
  const feeds = [...channel.feeds.values()].map(({ party, slots, heads }) => {
    const size = options.sizes?.get(party.id) ?? slots.length;
    return {
      feed: party.id,
      entries: slots.slice(0, size).map(({ entry, opening }, seq) => {
        const reason = options.withhold?.get(`${party.id} ${seq}`);
        return {
          entry,
          opening: reason === undefined ? opening : ({ kind: "withheld", reason } satisfies Opening),
        };
      }),
      checkpoints: heads
        .filter(({ head }) => head.size <= size)
        .map(({ head, lines }) => ({ size: head.size, bytes: encodeCheckpoint(head, lines) })),
    };
  });
  return encodeTranscript(channel.backend, {
    channel: channel.id,
    genesis: channel.genesis,
    chains: [...channel.feeds.values()].map(({ party }) => ({ party: party.id, signed: party.signed })),
    feeds,
    exporter: { party: exporter.id, secret: feedOf(channel, exporter.id).party.node },
    exportedAt: options.at ?? channel.now,
  });
}

export function feedOf(channel: KitChannel, party: string): KitFeed {
  const feed = channel.feeds.get(party);
  if (feed === undefined) throw new Error("the kit has no such party in this channel");
  return feed;
}

/** Size and root of the whole feed. */
export function tipOf(
  { backend }: KitChannel,
  { frontier }: KitFeed,
): { readonly size: number; readonly root: Hash } {
  return { size: frontier.size, root: rootOf(backend.sha256, frontier) };
}

/** Appends entry bytes as they are: for lies that the author itself tells. */
export function appendBytes(channel: KitChannel, feed: KitFeed, entry: Uint8Array, opening: Opening): void {
  const leaf = leafHash(channel.backend.sha256, entry);
  feed.slots.push({ entry, opening });
  feed.leaves.push(leaf);
  feed.frontier = appendLeaf(channel.backend.sha256, feed.frontier, leaf).frontier;
}

function append(channel: KitChannel, feed: KitFeed, message: Uint8Array, options: SayOptions): void {
  const { backend } = channel;
  const seq = feed.frontier.size;
  const salt = seedBytes(backend, feed.party.id, "salt", seq);
  const entry: Entry = {
    channel: channel.id,
    commit: encodeBase64url(commitTo(backend, salt, message)),
    ct: encodeBase64url(seedBytes(backend, feed.party.id, "payload", seq)),
    ct_len: padmeSize(message.length + 36) + 2_700,
    feed: feed.party.id,
    kind: options.kind ?? "message",
    seen: seenBy(channel, feed, options),
    seq,
    time: encodeInstant(options.time ?? channel.now++),
    v: 1,
    ...options.entry,
  };
  feed.entries.push(entry);
  appendBytes(channel, feed, encodeEntry(entry), { kind: "opened", salt, message });
}

/** SPEC 3.5.5: the last head of every other feed that the author receipted; as before when `sees` is false. */
function seenBy(channel: KitChannel, feed: KitFeed, options: SayOptions): readonly Seen[] {
  if (options.sees === false) return feed.entries.at(-1)?.seen ?? [];
  const others = [...channel.feeds.values()].filter(({ party }) => party.id !== feed.party.id);
  const seen = others.flatMap(({ party, heads }): readonly Seen[] => {
    const head = heads.findLast(({ lines }) => lines.some(({ name }) => name === feed.party.id))?.head;
    return head === undefined ? [] : [{ feed: party.id, root: encodeBase64url(head.root), size: head.size }];
  });
  return seen.sort((a, b) => (a.feed < b.feed ? -1 : 1));
}

function emptyFeed(party: KitParty): KitFeed {
  return { party, slots: [], entries: [], leaves: [], frontier: EMPTY_FRONTIER, heads: [] };
}

/** Two parties, an open channel and a few turns: the record most tests start from. */
export interface KitPair {
  readonly channel: KitChannel;
  /** Sorts first in the channel. */
  readonly a: KitParty;
  readonly b: KitParty;
}

/** Feed of `a`: 2 + 3 + 1 entries, heads at 2, 5, 6; feed of `b`: 2 + 2 entries, heads at 2, 4; all receipted. */
export function makePair(
  backend: CryptoBackend,
  seed = "pair",
  options: { readonly roots?: number } = {},
): KitPair {
  const one = makeParty(backend, `${seed} one`, { ...options, name: "CERT Meridia", handle: "MERIDIA" });
  const two = makeParty(backend, `${seed} two`, options);
  const [a, b] = one.id < two.id ? [one, two] : [two, one];
  const channel = makeChannel(backend, [a, b], { seed });
  openChannel(channel);
  say(channel, a, [{ n: 2 }, { n: 3 }, { n: 4 }]);
  receipt(channel, b, a);
  say(channel, b, [{ n: 2 }, { n: 3 }]);
  receipt(channel, a, b);
  say(channel, a, [{ n: 5 }]);
  receipt(channel, b, a);
  return { channel, a, b };
}

export type Records = { type: BundleRecord["type"]; bytes: Uint8Array }[];

/** Records of a bundle, copied, so that a test can change them. */
export function recordsOf(bundle: Uint8Array): Records {
  const records = parseBundle(bundle, TRANSCRIPT_LIMITS);
  if (isRefusal(records)) throw new Error(`the kit made a bundle that is refused: ${records.code}`);
  return records.map(({ type, bytes }) => ({ type, bytes: bytes.slice() }));
}

/** Index of the `nth` record of a type in the section of the `feed`-th party. */
export function recordAt(records: Records, type: BundleRecord["type"], nth: number, feed = 0): number {
  let section = -1;
  let left = nth;
  for (const [index, record] of records.entries()) {
    if (record.type === "leaves") section++;
    if (section === feed && record.type === type && left-- === 0) return index;
  }
  throw new Error(`the kit finds no such ${type}`);
}
