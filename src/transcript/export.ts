/**
 * Export (SPEC 7.1): from what a party holds to the bytes of a transcript.
 *
 * It guarantees the order of records, the `leaves` records and a signed manifest. It deliberately checks nothing:
 * who exports a record that does not hold gets a transcript that does not verify.
 */
import { concatBytes, utf8 } from "#parley/codec/bytes.ts";
import { encodeBundle, type BundleRecord } from "#parley/codec/bundle.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeSecret } from "#parley/crypto/node-key.ts";
import { appendLeaf, EMPTY_FRONTIER, leafHash, rootOf, type Hash } from "#parley/ledger/tree.ts";
import { chainRecords, type SignedVersion } from "#parley/party/chain.ts";
import { signManifest, type ClaimedEnd } from "./manifest.ts";
import { encodeWithheld, type Opening, type Slot } from "./sections.ts";

export interface ExportFeed {
  readonly feed: string;
  readonly entries: readonly Slot[];
  /** Notes, each with its author's lines and all receipts known; any order, one per head. */
  readonly checkpoints: readonly { readonly size: number; readonly bytes: Uint8Array }[];
}

export interface ExportInput {
  readonly channel: string;
  readonly genesis: Uint8Array;
  /** Any order. */
  readonly chains: readonly { readonly party: string; readonly signed: readonly SignedVersion[] }[];
  /** One for each party, any order. */
  readonly feeds: readonly ExportFeed[];
  readonly exporter: { readonly party: string; readonly secret: NodeSecret };
  readonly exportedAt: Instant;
}

export function encodeTranscript(backend: CryptoBackend, input: ExportInput): Uint8Array {
  const feeds = input.feeds.toSorted((a, b) => (a.feed < b.feed ? -1 : 1));
  const trees = feeds.map((feed) => treeOf(backend, feed));
  const manifest = signManifest(backend, input.exporter.secret, {
    channel: input.channel,
    exporter: input.exporter.party,
    exportedAt: input.exportedAt,
    ends: trees.map(({ end }) => end),
  });
  const chains = input.chains.toSorted((a, b) => (a.party < b.party ? -1 : 1));
  return encodeBundle([
    { type: "manifest", bytes: manifest },
    { type: "genesis", bytes: input.genesis },
    ...chains.flatMap(({ signed }) => chainRecords(signed)),
    ...feeds.flatMap((feed, i) => feedRecords(feed, trees[i]?.leaves ?? [])),
  ]);
}

/** `leaves`, entries with their openings, checkpoints. */
export function feedRecords(feed: ExportFeed, leaves: readonly Hash[]): readonly BundleRecord[] {
  const records: BundleRecord[] = [{ type: "leaves", bytes: concatBytes(utf8(`${feed.feed}\n`), ...leaves) }];
  for (const { entry, opening } of feed.entries) {
    records.push({ type: "entry", bytes: entry }, openingRecord(opening));
  }
  for (const { bytes } of feed.checkpoints.toSorted((a, b) => a.size - b.size)) {
    records.push({ type: "checkpoint", bytes });
  }
  return records;
}

export function openingRecord(opening: Opening): BundleRecord {
  return opening.kind === "opened"
    ? { type: "opened", bytes: concatBytes(opening.salt, opening.message) }
    : { type: "withheld", bytes: encodeWithheld(opening.reason) };
}

function treeOf(
  backend: CryptoBackend,
  { feed, entries }: ExportFeed,
): { readonly leaves: readonly Hash[]; readonly end: ClaimedEnd } {
  const leaves: Hash[] = [];
  let frontier = EMPTY_FRONTIER;
  for (const { entry } of entries) {
    const leaf = leafHash(backend.sha256, entry);
    leaves.push(leaf);
    frontier = appendLeaf(backend.sha256, frontier, leaf).frontier;
  }
  return { leaves, end: { feed, size: leaves.length, root: rootOf(backend.sha256, frontier) } };
}
