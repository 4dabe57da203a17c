/**
 * Who used a message id (SPEC 9.3.8). Ids mean something only together with their author: two sides that use one
 * id without knowing of each other rob nobody, and a side that pretends not to have known cannot void a message.
 *
 * Nearly every id is used once; that case costs one map entry and no look-up in the fold.
 */
import type { PartyId } from "../protocols/protocol.ts";
import { compareItems, type Item } from "./item.ts";
import { knows } from "./opened-entry.ts";

export interface MessageIds {
  /** Takes a message; answers the others whose standing this may have changed. */
  readonly add: (id: string, item: Item) => readonly Item[];
  /** The id stands in an earlier message of the same feed, or in one that the author knew. */
  readonly isDuplicate: (id: string, item: Item) => boolean;
  /** The first message with this id by somebody else than `reader`. */
  readonly byOther: (id: string, reader: PartyId) => Item | undefined;
}

export function createMessageIds(): MessageIds {
  const single = new Map<string, Item>();
  /** By id and feed the first in order, where an id is used more than once. */
  const shared = new Map<string, Map<PartyId, Item>>();
  return {
    add: (id, item) => {
      const known = single.get(id);
      if (known === undefined) {
        single.set(id, item);
        return NONE;
      }
      return addShared(shared, id, known, item);
    },
    isDuplicate: (id, item) => {
      const firsts = shared.get(id);
      if (firsts === undefined) return isKnownBefore(single.get(id), item);
      return [...firsts.values()].some((first) => isKnownBefore(first, item));
    },
    byOther: (id, reader) => {
      const users = shared.get(id)?.values() ?? [single.get(id)];
      return [...users].find((item) => item !== undefined && item.entry.feed !== reader);
    },
  };
}

const NONE: readonly Item[] = Object.freeze([]);

function addShared(
  shared: Map<string, Map<PartyId, Item>>,
  id: string,
  known: Item,
  item: Item,
): readonly Item[] {
  let firsts = shared.get(id);
  if (firsts === undefined) shared.set(id, (firsts = new Map([[known.entry.feed, known]])));
  const { feed } = item.entry;
  const first = firsts.get(feed);
  // A later one of the same feed is itself the duplicate and changes nothing for others.
  if (first !== undefined && compareItems(first, item) < 0) return NONE;
  const disturbed = [...firsts.values()];
  firsts.set(feed, item);
  return disturbed;
}

function isKnownBefore(first: Item | undefined, { entry }: Item): boolean {
  return first !== undefined && first.entry !== entry && knows(entry, first.ref);
}
