/**
 * Which lists hold a value: one index over the entries of all lists (SPEC 16.2).
 *
 * Guarantees: no list that holds the value is left out, and none that does not is named. A miss makes no object, so
 * that a million values cost what their look-ups cost.
 */
import { parseRange, readAddress } from "./address.ts";
import type { IndicatorType } from "./indicator.ts";
import { comparedText, VALUE_KINDS, type ValueKind, type WarningList } from "./list.ts";
import { ListSets, type ListSet } from "./list-sets.ts";
import { hostOf, hostOfEmail, hostOfUrl, normalizeName } from "./name.ts";
import { buildRangeIndex, type ListedRange, type RangeIndex } from "./range-index.ts";
import { PartIndex, TextIndex } from "./text-index.ts";

export interface Matcher {
  /** Positions of the lists that hold it, ascending. */
  readonly match: (type: IndicatorType, value: string) => ListSet;
  readonly matchAddress: (address: string) => ListSet;
  readonly matchName: (name: string) => ListSet;
}

const NOTHING: ListSet = [];

const KIND_OF_TYPE: Readonly<Record<IndicatorType, ValueKind>> = {
  ipv4: "address",
  ipv6: "address",
  cidr: "address",
  domain: "name",
  url: "url",
  email: "email",
  md5: "hash",
  sha1: "hash",
  sha256: "hash",
  asn: "other",
  file_name: "other",
  other: "other",
};

export function buildMatcher(lists: readonly WarningList[]): Matcher {
  return new ListMatcher(lists);
}

class ListMatcher implements Matcher {
  readonly #lists: readonly WarningList[];
  readonly #sets: ListSets;
  readonly #four: RangeIndex;
  readonly #six: RangeIndex;
  readonly #names: TextIndex;
  readonly #texts: TextIndex;
  readonly #parts: PartIndex;
  /** Kinds that some list of parts takes: others need no scan of the value. */
  readonly #partKinds: ReadonlySet<ValueKind>;
  readonly #words = new Uint32Array(4);
  /** Sets cut down to the lists that take a kind, by set and kind. */
  readonly #taking = new Map<number, ListSet>();
  /** Sets found for the value at hand, each with the kind that it was found by. */
  #found: number[] = [];
  readonly #noteBy: Readonly<Record<ValueKind, (id: number) => void>>;

  constructor(lists: readonly WarningList[]) {
    const sets = new ListSets(Math.max(1, lists.length));
    const noteBy = (kind: ValueKind) => {
      const place = VALUE_KINDS.indexOf(kind);
      return (id: number): void => void (id !== 0 && this.#found.push(id * VALUE_KINDS.length + place));
    };
    this.#noteBy = {
      address: noteBy("address"),
      name: noteBy("name"),
      url: noteBy("url"),
      email: noteBy("email"),
      hash: noteBy("hash"),
      other: noteBy("other"),
    };
    this.#lists = lists;
    this.#sets = sets;
    this.#names = new TextIndex(sets);
    this.#texts = new TextIndex(sets);
    this.#parts = new PartIndex(sets);
    this.#partKinds = new Set(lists.flatMap(({ parts, takes }) => (parts.length > 0 ? [...takes] : [])));
    const four: ListedRange[] = [];
    const six: ListedRange[] = [];
    for (const [list, { ranges, names, texts, parts }] of lists.entries()) {
      for (const range of ranges) (range.family === 4 ? four : six).push({ range, list });
      for (const name of names) this.#names.add(name, list);
      for (const text of texts) this.#texts.add(text, list);
      for (const part of parts) this.#parts.add(part, list);
    }
    this.#four = buildRangeIndex(four, 1, sets);
    this.#six = buildRangeIndex(six, 4, sets);
  }

  match(type: IndicatorType, value: string): ListSet {
    switch (type) {
      case "ipv4":
      case "ipv6":
        return this.matchAddress(value);
      case "domain":
        return this.matchName(value);
      case "cidr":
        return this.#matchRange(value);
      case "url":
        this.#findHost(hostOfUrl(value));
        break;
      case "email":
        this.#findHost(hostOfEmail(value));
        break;
      case "other":
        this.#findHost(hostOf(value));
        break;
      default:
    }
    const kind = KIND_OF_TYPE[type];
    const lower = value.toLowerCase();
    this.#noteBy[kind](this.#texts.find(kind === "hash" ? lower : comparedText(value)));
    this.#findParts(kind, lower);
    return this.#take();
  }

  matchAddress(address: string): ListSet {
    this.#findAddress(address);
    return this.#take();
  }

  matchName(name: string): ListSet {
    const compared = normalizeName(name);
    if (compared === undefined) return NOTHING;
    this.#findName(compared);
    this.#findParts("name", compared);
    return this.#take();
  }

  #matchRange(text: string): ListSet {
    const range = parseRange(text);
    if (range === undefined) return NOTHING;
    const index = range.family === 4 ? this.#four : this.#six;
    for (const id of index.touching(range.low, range.high)) this.#noteBy.address(id);
    return this.#take();
  }

  #findAddress(text: string): boolean {
    const family = readAddress(text, this.#words);
    if (family === 0) return false;
    this.#noteBy.address((family === 4 ? this.#four : this.#six).find(this.#words));
    return true;
  }

  #findName(name: string): void {
    this.#names.findAbove(name, this.#noteBy.name);
    this.#noteBy.name(this.#texts.find(name));
  }

  #findParts(kind: ValueKind, text: string): void {
    if (this.#partKinds.has(kind)) this.#parts.find(text, this.#noteBy[kind]);
  }

  #findHost(host: string | undefined): void {
    if (host === undefined || this.#findAddress(host.toLowerCase())) return;
    const name = normalizeName(host);
    if (name !== undefined) this.#findName(name);
  }

  /** The lists of what was found that take its kind; begins anew for the next value. */
  #take(): ListSet {
    const found = this.#found;
    if (found.length === 0) return NOTHING;
    this.#found = [];
    if (found.length === 1) return this.#takenOf(found[0] ?? 0);
    return [...new Set(found.flatMap((key) => this.#takenOf(key)))].sort((a, b) => a - b);
  }

  #takenOf(key: number): ListSet {
    const known = this.#taking.get(key);
    if (known !== undefined) return known;
    const kind = VALUE_KINDS[key % VALUE_KINDS.length] ?? "other";
    const id = Math.floor(key / VALUE_KINDS.length);
    const taken = this.#sets.at(id).filter((list) => this.#lists[list]?.takes.has(kind));
    this.#taking.set(key, taken);
    return taken;
  }
}
