/**
 * The heads of one feed: form, author's signatures, roots, forks and receipts (SPEC 7.3.4, 7.3.5).
 *
 * What the largest good head covers is what the author said. From there it is known which entries were altered,
 * whether the `leaves` record is right, and which signed heads belong to another history.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeKey } from "#parley/crypto/node-key.ts";
import { parseCheckpoint, verifyAuthor, verifyReceipt, type Checkpoint } from "#parley/ledger/checkpoint.ts";
import { forkPath, makeForkProof } from "#parley/ledger/fork.ts";
import { keysAt } from "#parley/party/chain.ts";
import { authenticReader } from "./feed-roots.ts";
import { addFault, addWarning, shownOf, type FeedWork } from "./feed-work.ts";
import type { Ground, Member } from "./ground.ts";
import type { LineCounter } from "./head-lines.ts";
import type { FoundFork } from "./report.ts";

export type SignatureScope = "all" | "last";

/** A receipt is read as an instant of SPEC 1.4; what lies behind the year 9999 is none. */
const LAST_INSTANT = Number(parseInstant("9999-12-31T23:59:59Z"));

interface JudgedHead {
  readonly head: Checkpoint;
  readonly signed: boolean;
  readonly root: string;
}

/** Fills `heads` and notes their sizes. Faults: form, origin, order. */
export function readHeads(ground: Ground, work: FeedWork): void {
  let covered = 0;
  let last: Checkpoint | undefined;
  for (const bytes of work.section.checkpoints) {
    const head = parseCheckpoint(bytes);
    if (isRefusal(head)) {
      addFault(work, "head", head.code, { index: covered });
    } else if (head.channel !== ground.channel || head.feed !== work.feed) {
      addFault(work, "head", "checkpoint-origin", { index: covered }, { size: head.size });
    } else if (last !== undefined && !isNext(last, head)) {
      addFault(work, "head", "transcript-malformed", { index: covered }, { size: head.size });
    } else {
      work.heads.push(head);
      work.wanted.add(head.size);
      covered = head.size;
      last = head;
    }
  }
}

/** Ascending; the same size again only with another root, which is a fork if both are signed. */
function isNext(last: Checkpoint, head: Checkpoint): boolean {
  return (
    head.size > last.size ||
    (head.size === last.size && encodeBase64url(head.root) !== encodeBase64url(last.root))
  );
}

/** Fills `authentic…`, `saidTo`, `signedTo`, `receipts`; answers the forks it can prove. */
export function judgeHeads(
  backend: CryptoBackend,
  ground: Ground,
  work: FeedWork,
  options: { readonly signatures: SignatureScope; readonly countUnread: LineCounter },
): readonly FoundFork[] {
  const scope = options.signatures === "last" && isPlain(work) ? "last" : "all";
  const heads = work.heads.map((head, i): JudgedHead => {
    const checked = scope === "all" || i === work.heads.length - 1;
    const signed = !checked || signsHead(backend, ground, work, head);
    return { head, signed, root: encodeBase64url(head.root) };
  });
  if (scope === "last" && heads.at(-1)?.signed !== true) {
    return judgeHeads(backend, ground, work, { ...options, signatures: "all" });
  }
  findAuthentic(work, heads);
  const good = heads.filter(({ head, signed, root }) => signed && isAuthentic(work, head.size, root));
  const forks = faultyHeads(backend, ground, work, { heads, good });
  leafFaults(work);
  const receipted = scope === "all" ? good : good.slice(-1);
  for (const { head } of receipted) readReceipts(backend, ground, work, head, options.countUnread);
  return forks;
}

/** Nothing so far contradicts the entries shown: then one signed head over all of them proves every root below. */
function isPlain(work: FeedWork): boolean {
  if (work.faults.length > 0 || work.firstDifference !== undefined) return false;
  return work.heads.every(({ size, root }) => work.rootsShown.get(size) === encodeBase64url(root));
}

function signsHead(backend: CryptoBackend, ground: Ground, work: FeedWork, head: Checkpoint): boolean {
  return verifyAuthor(backend, head, authorKeys(ground, work, head.size)) === true;
}

/** SPEC 4.3; above an update that the file does not show, any newer version may have been known (SPEC 7.3.10). */
function authorKeys(ground: Ground, work: FeedWork, size: number): readonly NodeKey[] {
  const { chain, initialVersion } = work.member;
  const where = { channel: ground.channel, size, initialVersion };
  const keys = keysAt(chain, work.updates, where);
  if (size <= work.unknownUpdatesFrom) return keys;
  const possible = new Set(keys);
  for (let version = initialVersion; version <= chain.versions.length; version++) {
    for (const key of keysAt(chain, [], { ...where, initialVersion: version })) possible.add(key);
  }
  return [...possible];
}

function findAuthentic(work: FeedWork, heads: readonly JudgedHead[]): void {
  let [shownTo, listedTo] = [0, 0];
  for (const { head, signed, root } of heads) {
    if (!signed) continue;
    if (work.rootsShown.get(head.size) === root) shownTo = Math.max(shownTo, head.size);
    if (work.rootsListed.get(head.size) === root) listedTo = Math.max(listedTo, head.size);
  }
  const listedLeads = listedTo > shownTo;
  work.authenticTo = Math.max(shownTo, listedTo);
  work.authenticRoots = listedLeads ? work.rootsListed : work.rootsShown;
  work.signedTo = shownTo;
  work.saidTo = listedLeads ? Math.min(work.firstDifference ?? shownOf(work), shownOf(work)) : shownTo;
}

function isAuthentic(work: FeedWork, size: number, root: string): boolean {
  return size <= work.authenticTo && work.authenticRoots.get(size) === root;
}

/** Every head that does not stand, placed at the first entry that no smaller good head covers. */
function faultyHeads(
  backend: CryptoBackend,
  ground: Ground,
  work: FeedWork,
  { heads, good }: { readonly heads: readonly JudgedHead[]; readonly good: readonly JudgedHead[] },
): readonly FoundFork[] {
  const forks: FoundFork[] = [];
  const unplaced: JudgedHead[] = [];
  let covered = 0;
  let nextGood = 0;
  for (const judged of heads) {
    const { head, signed, root } = judged;
    for (
      let size = good[nextGood]?.head.size;
      size !== undefined && size < head.size;
      size = good[nextGood]?.head.size
    ) {
      covered = size;
      nextGood++;
    }
    const place = { index: covered };
    if (!signed) {
      const refusal = verifyAuthor(backend, head, authorKeys(ground, work, head.size));
      if (refusal !== true) addFault(work, "head", refusal.code, place, { size: head.size });
      continue;
    }
    if (head.size > shownOf(work)) {
      addFault(work, "end", "truncated", { index: shownOf(work) }, { size: head.size });
    }
    if (isAuthentic(work, head.size, root)) continue;
    const rival = rivalOf(judged, good) ?? rivalOf(judged, unplaced);
    unplaced.push(judged);
    if (rival !== undefined) {
      addFault(work, "head", "fork", place, { size: head.size, rival: rival.size });
      forks.push({ feed: work.feed, proof: proveFork(backend, work, head, rival) });
    } else if (head.size <= shownOf(work)) {
      addFault(work, "head", "root-mismatch", { index: covered, until: head.size }, { size: head.size });
    }
  }
  return forks;
}

/** A signed head that cannot be of the same history: of the same size, or a larger one whose tree is known. */
function rivalOf({ head, root }: JudgedHead, others: readonly JudgedHead[]): Checkpoint | undefined {
  const same = others.find((other) => other.head.size === head.size && other.root !== root);
  if (same !== undefined) return same.head;
  const largest = others.at(-1);
  return largest !== undefined && largest.head.size > head.size ? largest.head : undefined;
}

function proveFork(backend: CryptoBackend, work: FeedWork, head: Checkpoint, rival: Checkpoint) {
  const path =
    head.size === rival.size
      ? []
      : forkPath(backend.sha256, authenticReader(backend.sha256, work), head.size, rival.size);
  return makeForkProof(head, rival, path);
}

/** SPEC 7.1.2: a listed hash that leads to a signed root convicts the entry; a proven entry convicts the list. */
function leafFaults(work: FeedWork): void {
  const { firstDifference } = work;
  if (firstDifference === undefined) return;
  if (work.authenticRoots === work.rootsListed) {
    if (firstDifference >= shownOf(work)) return;
    // The right bytes in the wrong place were moved, or an entry before them was taken out.
    const code = isListedElsewhere(work, firstDifference) ? "out-of-order" : "entry-altered";
    addFault(work, "altered", code, { index: firstDifference });
  } else if (firstDifference <= work.signedTo) {
    addFault(work, "end", "leaves-mismatch", { index: firstDifference });
  }
}

function isListedElsewhere(work: FeedWork, index: number): boolean {
  const leaf = work.leaves[index];
  if (leaf === undefined) return false;
  const wanted = encodeBase64url(leaf);
  const { listed } = work.section;
  for (let offset = 0; offset + 32 <= listed.length; offset += 32) {
    if (listed[offset] === leaf[0] && encodeBase64url(listed.subarray(offset, offset + 32)) === wanted)
      return true;
  }
  return false;
}

/** SPEC 7.3.5. Also counts the lines that nobody reads. */
function readReceipts(
  backend: CryptoBackend,
  ground: Ground,
  work: FeedWork,
  head: Checkpoint,
  countUnread: LineCounter,
): void {
  const others = ground.members.filter(({ party }) => party !== work.feed);
  for (const member of others) {
    if (!head.note.lines.some(({ name }) => name === member.party)) continue;
    const at = receiptTime(backend, head, member);
    if (typeof at === "number")
      work.receipts.push({ feed: work.feed, by: member.party, size: head.size, at });
    else addWarning(work, at.code, { size: head.size, by: member.party });
  }
  const unread = countUnread(head.note.lines, [
    { name: work.feed, as: "author", keys: authorKeys(ground, work, head.size) },
    ...others.map((member) => ({ name: member.party, as: "receiver" as const, keys: member.receiptKeys })),
  ]);
  if (unread > 0) addWarning(work, "line-unrecognised", { size: head.size, lines: unread });
}

function receiptTime(backend: CryptoBackend, head: Checkpoint, { party, receiptKeys }: Member) {
  const at = verifyReceipt(backend, head, party, receiptKeys);
  return typeof at === "number" && at > LAST_INSTANT ? ({ code: "receipt-time" } as const) : at;
}
