/**
 * What the feeds of a channel say of one another (SPEC 3.8.5, 3.8.6, 7.3.7): `seen`, and the claimed ends.
 *
 * A feed is compared with the roots that the other author signed, not with the entries shown: an entry altered in one
 * feed is no fault of the feed that names it.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { addFault, shownOf, type FeedWork } from "./feed-work.ts";
import type { Manifest } from "./manifest.ts";

/** Before trees are grown: every size that an entry or the manifest names. */
export function noteWantedSizes(works: readonly FeedWork[], manifest: Manifest | undefined): void {
  const byFeed = new Map(works.map((work) => [work.feed, work]));
  for (const { entries } of works) {
    for (const { seen } of entries) for (const { feed, size } of seen) byFeed.get(feed)?.wanted.add(size);
  }
  for (const { feed, size } of manifest?.ends ?? []) byFeed.get(feed)?.wanted.add(size);
}

/** SPEC 7.3.3: each head that a said entry names is one of the other feed's history, and shown. */
export function checkSeen(works: readonly FeedWork[]): void {
  const byFeed = new Map(works.map((work) => [work.feed, work]));
  for (const work of works) {
    const end = Math.min(work.saidTo, work.entries.length);
    for (let index = 0; index < end; index++) {
      for (const { feed, size, root } of work.entries[index]?.seen ?? []) {
        const code = seenFault(byFeed.get(feed), size, root);
        if (code === undefined) continue;
        addFault(work, "entry", code, { index }, { size });
        index = end;
        break;
      }
    }
  }
}

function seenFault(other: FeedWork | undefined, size: number, root: string): string | undefined {
  if (other === undefined) return "seen-unknown";
  const cut = size > shownOf(other);
  if (cut && !other.faults.some(({ fault }) => fault.code === "truncated")) {
    addFault(other, "end", "truncated", { index: shownOf(other) }, { size });
  }
  const known = size <= other.authenticTo ? other.authenticRoots.get(size) : undefined;
  // Above what the author signed nothing is known, and that fault is already the other feed's.
  return known === undefined || known === root ? undefined : "seen-mismatch";
}

/** SPEC 7.3.7: the last head covers all entries, and the manifest claims that head. */
export function checkEnds(works: readonly FeedWork[], manifest: Manifest | undefined): void {
  for (const work of works) {
    const shown = shownOf(work);
    if (work.saidTo < shown)
      addFault(work, "end", "unsigned-tail", { index: work.saidTo }, { size: work.saidTo });
    const claimed = manifest?.ends.find(({ feed }) => feed === work.feed);
    if (claimed === undefined) continue;
    if (claimed.size > shown) {
      addFault(work, "end", "truncated", { index: shown }, { size: claimed.size });
      continue;
    }
    const end = claimed.size <= work.authenticTo ? work.authenticRoots.get(claimed.size) : undefined;
    const differs = end !== undefined && end !== encodeBase64url(claimed.root);
    if (claimed.size < shown || differs)
      addFault(work, "end", "manifest-end", { index: claimed.size }, { size: claimed.size });
  }
}
