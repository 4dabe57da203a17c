/**
 * Two heads of one feed, ours and one that somebody shows (SPEC 3.7): can one history have both?
 *
 * Only what the feed's own keys signed is judged, and only a proof that verifies is returned: wrong entries under a
 * right head convict nobody but who sent them, and they cost a bounded number of requests.
 */
import { bytesEqual } from "#parley/codec/bytes.ts";
import { BUNDLE_ENTRIES_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseCheckpoint, type Checkpoint } from "#parley/ledger/checkpoint.ts";
import { encodeForkProof, forkPath, makeForkProof, verifyForkProof } from "#parley/ledger/fork.ts";
import { leafHash, nodeHash, rootAt, type Hash, type SubtreeReader } from "#parley/ledger/tree.ts";
import type { PartyChain } from "#parley/party/chain.ts";
import { channelKeysAt, type Channel } from "./channel.ts";
import type { NodePorts } from "./ports.ts";
import { askPeer } from "./ask-peer.ts";

/** One request brings the entries of one head. A minute on a usual line; more would let a liar keep us busy. */
const REQUESTS_LIMIT = 16_384;

export interface ShownHead {
  /** Who shows it and can be asked for the entries below it. */
  readonly peer: string;
  /** Of the feed's party. */
  readonly chain: PartyChain;
  /** Verified as its author's. */
  readonly head: Checkpoint;
}

/** The proof, or undefined when one history has both heads, or when `peer` cannot show what its head covers. */
export async function proveAgainst(
  ports: NodePorts,
  channel: Channel,
  shown: ShownHead,
): Promise<Uint8Array | undefined> {
  const feed = shown.chain.party;
  const held = channel.record.tip(feed).checkpoint;
  const mine = held && parseCheckpoint(held.note);
  if (mine === undefined || isRefusal(mine)) return undefined;
  const { head } = shown;
  const path =
    head.size > mine.size
      ? await pathInTheirs(ports, channel, shown, mine)
      : await pathInOurs(ports, channel, head, mine);
  if (path === undefined) return undefined;
  const proof = makeForkProof(mine, head, path);
  const keysAt = (size: number) => channelKeysAt(channel, shown.chain, size);
  return verifyForkProof(ports.backend, proof, keysAt) === true ? encodeForkProof(proof) : undefined;
}

async function pathInOurs(
  { backend }: NodePorts,
  { record }: Channel,
  head: Checkpoint,
  mine: Checkpoint,
): Promise<readonly Hash[] | undefined> {
  if (bytesEqual(await record.rootAt(mine.feed, head.size), head.root)) return undefined;
  if (head.size === mine.size) return [];
  return record.query(mine.feed, (read) => forkPath(backend.sha256, read, head.size, mine.size));
}

/**
 * A longer tree: its leaves are fetched from further and further back, until together with ours below them they lead
 * to the root that was signed. Then it is known, and so is its root at our size.
 */
async function pathInTheirs(
  ports: NodePorts,
  channel: Channel,
  shown: ShownHead,
  mine: Checkpoint,
): Promise<readonly Hash[] | undefined> {
  const { sha256 } = ports.backend;
  const { size, root } = shown.head;
  const leaves = new Map<number, Hash>();
  const budget = { requests: REQUESTS_LIMIT };
  let end = size;
  for (let back = 0; ; back = Math.max(1, back * 2)) {
    const start = Math.max(0, mine.size - back);
    if (!(await fetchLeaves(ports, channel, shown, { start, end, leaves, budget }))) return undefined;
    end = start;
    const found = await channel.record.query(mine.feed, (ours) => {
      const read = mixed(sha256, ours, leaves, start);
      if (!bytesEqual(rootAt(sha256, read, size), root)) return undefined;
      const same = bytesEqual(rootAt(sha256, read, mine.size), mine.root);
      return { path: same ? undefined : forkPath(sha256, read, mine.size, size) };
    });
    if (found !== undefined) return found.path;
    if (start === 0) return undefined;
  }
}

/** Our tree below `start`, their leaves from there on. */
function mixed(
  sha256: NodePorts["backend"]["sha256"],
  ours: SubtreeReader,
  theirs: ReadonlyMap<number, Hash>,
  start: number,
): SubtreeReader {
  const read: SubtreeReader = (level, index) => {
    if ((index + 1) * 2 ** level <= start) return ours(level, index);
    const leaf = level === 0 ? theirs.get(index) : undefined;
    if (leaf !== undefined) return leaf;
    if (level === 0) throw new RangeError("a leaf is neither ours nor fetched");
    return nodeHash(sha256, read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
  };
  return read;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly leaves: Map<number, Hash>;
  readonly budget: { requests: number };
}

/** False when the peer does not give them all. */
async function fetchLeaves(
  ports: NodePorts,
  channel: Channel,
  { peer, chain }: ShownHead,
  { start, end, leaves, budget }: Span,
): Promise<boolean> {
  for (let from = start; from < end;) {
    if (budget.requests-- <= 0) return false;
    const answer = await askPeer(ports, peer, {
      type: "fetch",
      channel: channel.id,
      feed: chain.party,
      from,
    });
    if (isRefusal(answer)) return false;
    const entries = answer.records.filter(({ type }) => type === "entry").slice(0, BUNDLE_ENTRIES_LIMIT);
    if (entries.length === 0) return false;
    for (const { bytes } of entries) leaves.set(from++, leafHash(ports.backend.sha256, bytes));
  }
  return true;
}
