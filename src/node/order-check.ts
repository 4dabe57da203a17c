/**
 * Depth and `seen` as stored, against the entries they come from (SPEC 9.2, threats.md 24, 39).
 *
 * Both are columns beside the bytes that heads sign; who edits them moves what casework shows as order, and what the
 * next own entry names. Each feed is given once from its first entry on; the feeds in any order.
 */
import type { Entry, Seen } from "#parley/ledger/entry.ts";
import type { StoredTip } from "#parley/store/store.ts";

/** An entry that names other heads than the one before it. */
interface Turn {
  readonly depth: number;
  readonly before: number;
  readonly seen: readonly Seen[];
}

interface Walk {
  readonly depths: number[];
  seen: readonly Seen[];
}

export class OrderCheck {
  readonly #walks = new Map<string, Walk>();
  readonly #turns: Turn[] = [];
  #whole = true;

  add({ feed, seen }: Pick<Entry, "feed" | "seen">, depth: number): void {
    const walk = this.#walks.get(feed) ?? { depths: [], seen: [] };
    this.#walks.set(feed, walk);
    const before = walk.depths.at(-1) ?? 0;
    // Depths only rise, so heads that the entry before named already add nothing.
    if (!isSame(seen, walk.seen)) this.#turns.push({ depth, before, seen });
    else if (depth !== before + 1) this.#whole = false;
    walk.depths.push(depth);
    walk.seen = seen;
  }

  /** True when every depth follows from the entries, and the tips say the same as their last entries. */
  isWhole(tipOf: (feed: string) => Pick<StoredTip, "seen" | "depth">): boolean {
    return (
      this.#whole &&
      this.#turns.every((turn) => turn.depth === this.#depthOf(turn)) &&
      [...this.#walks].every(([feed, { depths, seen }]) => {
        const tip = tipOf(feed);
        return tip.depth === depths.at(-1) && isSame(tip.seen, seen);
      })
    );
  }

  /** NaN when the entry names what is not there. */
  #depthOf({ before, seen }: Turn): number {
    const named = seen.map(({ feed, size }) => this.#walks.get(feed)?.depths[size - 1] ?? Number.NaN);
    return 1 + Math.max(before, ...named);
  }
}

function isSame(a: readonly Seen[], b: readonly Seen[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ feed, root, size }, i) => {
      const other = b[i];
      return other?.feed === feed && other.size === size && other.root === root;
    })
  );
}
