/**
 * Fork detection on arrival (SPEC 3.7): a signed head that contradicts what this node holds is kept as proof.
 *
 * Only signed heads prove anything: a bundle of wrong bytes under no valid signature is refused, not a fork.
 */
import { bytesEqual } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseCheckpoint, verifyAuthor, type Checkpoint } from "#parley/ledger/checkpoint.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import { encodeForkProof, forkPath, makeForkProof, verifyForkProof } from "#parley/ledger/fork.ts";
import { leafHash, nodeHash, rootAt, type Hash, type SubtreeReader } from "#parley/ledger/tree.ts";
import { StoreFault } from "#parley/store/store.ts";
import { channelKeysAt } from "./channel.ts";
import type { Push, PushContext } from "./receive.ts";

/** The proof, stored and frozen, or undefined when this head contradicts nothing provable. */
export async function proveForkAgainst(context: PushContext, push: Push): Promise<Uint8Array | undefined> {
  const { channel, feed, ports } = context;
  const held = channel.record.tip(feed).checkpoint;
  const mine = held && parseCheckpoint(held.note);
  if (mine === undefined || isRefusal(mine) || !mayContradict(push, mine)) return undefined;
  // The signature first: an unsigned head proves nothing and must not cost a walk through the tree.
  const signed = verifyAuthor(
    ports.backend,
    push.checkpoint,
    channelKeysAt(channel, context.chain, push.checkpoint.size),
  );
  const path = signed === true ? await contradiction(context, push, mine.size) : undefined;
  if (path === undefined) return undefined;
  const fork = makeForkProof(mine, push.checkpoint, path);
  // A proof that does not hold would mean that our own copy is damaged, not that they lied.
  const keysAt = (size: number) => channelKeysAt(channel, context.chain, size);
  if (verifyForkProof(ports.backend, fork, keysAt) !== true) throw new StoreFault("corrupt");
  const proof = encodeForkProof(fork);
  await ports.store.putFork({ channel: channel.id, feed, proof });
  channel.frozen.set(feed, proof);
  ports.log("fork", { size: push.checkpoint.size });
  return proof;
}

function mayContradict(push: Push, mine: Checkpoint): boolean {
  const { size, root } = push.checkpoint;
  if (size === mine.size) return !bytesEqual(root, mine.root);
  return size < mine.size || firstSeq(push) < mine.size;
}

function firstSeq(push: Push): number {
  const first = push.entries[0] && parseEntry(push.entries[0]);
  return first === undefined || isRefusal(first) ? Number.MAX_SAFE_INTEGER : first.seq;
}

/** The consistency path that shows the contradiction; undefined when there is none to show. */
async function contradiction(
  context: PushContext,
  push: Push,
  size: number,
): Promise<readonly Hash[] | undefined> {
  const { record } = context.channel;
  const { checkpoint } = push;
  const { sha256 } = context.ports.backend;
  if (checkpoint.size > size) return rewritten(context, push, size);
  const root = await record.rootAt(context.feed, checkpoint.size);
  if (bytesEqual(root, checkpoint.root)) return undefined;
  if (checkpoint.size === size) return [];
  return record.query(context.feed, (read) => forkPath(sha256, read, checkpoint.size, size));
}

/** A longer history whose entries below the held size are others: together with the held leaves they prove it. */
async function rewritten(
  context: PushContext,
  push: Push,
  size: number,
): Promise<readonly Hash[] | undefined> {
  const { sha256 } = context.ports.backend;
  const start = firstSeq(push);
  const theirs = push.entries.map((bytes) => leafHash(sha256, bytes));
  const total = start + theirs.length;
  if (total !== push.checkpoint.size) return undefined;
  const held = await context.channel.record.rootAt(context.feed, size);
  return context.channel.record.query(context.feed, (mine) => {
    const read: SubtreeReader = (level, index) => {
      if ((index + 1) * 2 ** level <= start) return mine(level, index);
      if (level === 0) return theirs[index - start] ?? mine(0, index);
      return nodeHash(sha256, read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
    };
    if (!bytesEqual(rootAt(sha256, read, total), push.checkpoint.root)) return undefined;
    return bytesEqual(rootAt(sha256, read, size), held) ? undefined : forkPath(sha256, read, size, total);
  });
}
