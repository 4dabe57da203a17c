/**
 * Which lists hold a text: whole values, names with everything below them, and literal parts of a value.
 *
 * Guarantees: each look-up is bounded by the length of the value times the longest entry, whatever the lists hold: no
 * regular expression runs on a value. Cost of building is linear in the text of the entries.
 */
import type { ListSets } from "./list-sets.ts";

/** Whole values; also names, of which `findAbove` finds those above a value. */
export class TextIndex {
  readonly #idByText = new Map<string, number>();
  readonly #sets: ListSets;

  constructor(sets: ListSets) {
    this.#sets = sets;
  }

  get size(): number {
    return this.#idByText.size;
  }

  add(text: string, list: number): void {
    this.#idByText.set(text, this.#sets.with(this.#idByText.get(text) ?? 0, list));
  }

  find(text: string): number {
    return this.#idByText.get(text) ?? 0;
  }

  /** Ids of the name and of each name above it, label by label. */
  findAbove(name: string, found: (id: number) => void): void {
    if (this.#idByText.size === 0) return;
    for (let at = 0; ;) {
      const id = this.#idByText.get(at === 0 ? name : name.slice(at));
      if (id !== undefined) found(id);
      at = name.indexOf(".", at) + 1;
      if (at === 0) return;
    }
  }
}

/** A text that a value holds: anywhere, or only at its start, at its end, or as the whole of it. */
export interface Part {
  readonly text: string;
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/** The regular expressions of SPEC 16.1.4; undefined for any other. Delimiters `/…/` and the flag `i` may stand. */
export function parseLiteralRegex(pattern: string): Part | undefined {
  const inner = /^\/(.*)\/i?$/s.exec(pattern)?.[1] ?? pattern;
  const atStart = inner.startsWith("^");
  const body = atStart ? inner.slice(1) : inner;
  const opened = body.startsWith(".*") ? body.slice(2) : body;
  const isEscaped = (at: number): boolean => {
    let slashes = 0;
    while (opened[at - 1 - slashes] === "\\") slashes++;
    return slashes % 2 === 1;
  };
  const last = opened.length - 1;
  const atEnd = opened.endsWith("$") && !isEscaped(last);
  const ended = atEnd ? opened.slice(0, -1) : opened;
  const hasTail = ended.endsWith(".*") && !isEscaped(ended.length - 2);
  const text = unescapeLiteral(hasTail ? ended.slice(0, -2) : ended);
  if (text === undefined || text === "") return undefined;
  return {
    text: text.toLowerCase(),
    atStart: atStart && opened === body,
    atEnd: atEnd && !hasTail,
  };
}

const SIGNS = ".^$*+?()[]{}|\\/-";

function unescapeLiteral(text: string): string | undefined {
  let literal = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? "";
    if (char === "\\") {
      const next = text[++i] ?? "";
      if (next === "" || !SIGNS.includes(next)) return undefined;
      literal += next;
    } else if (SIGNS.includes(char) && char !== "-" && char !== "/") return undefined;
    else literal += char;
  }
  return literal;
}

const ANYWHERE = 0;
const AT_START = 1;
const AT_END = 2;

/** A trie of parts in typed arrays: a step is one look-up by node and character. */
export class PartIndex {
  readonly #sets: ListSets;
  /** Four sets for each node: of parts anywhere, at the start, at the end, and whole. */
  readonly #ends: number[] = [0, 0, 0, 0];
  #steps = new StepTable(1_024);
  #size = 0;

  constructor(sets: ListSets) {
    this.#sets = sets;
  }

  get size(): number {
    return this.#size;
  }

  add({ text, atStart, atEnd }: Part, list: number): void {
    let node = 0;
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i);
      const next = this.#steps.get(node, char);
      if (next > 0) {
        node = next;
        continue;
      }
      const made = this.#ends.length / 4;
      this.#ends.push(0, 0, 0, 0);
      this.#steps = this.#steps.withRoom();
      this.#steps.set(node, char, made);
      node = made;
    }
    const place = 4 * node + (atStart ? AT_START : 0) + (atEnd ? AT_END : 0);
    this.#ends[place] = this.#sets.with(this.#ends[place] ?? 0, list);
    this.#size++;
  }

  /** Ids of all parts that the value holds; the same id may come more than once. */
  find(value: string, found: (id: number) => void): void {
    if (this.#size === 0) return;
    for (let start = 0; start < value.length; start++) {
      let node = 0;
      for (let at = start; at < value.length; at++) {
        node = this.#steps.get(node, value.charCodeAt(at));
        if (node === 0) break;
        const isEnd = at === value.length - 1;
        this.#report(node, ANYWHERE, found);
        if (start === 0) this.#report(node, AT_START, found);
        if (isEnd) this.#report(node, AT_END, found);
        if (isEnd && start === 0) this.#report(node, AT_START + AT_END, found);
      }
    }
  }

  #report(node: number, kind: number, found: (id: number) => void): void {
    const id = this.#ends[4 * node + kind] ?? 0;
    if (id !== 0) found(id);
  }
}

/** (node, character) → node, open addressing; never more than half full. */
class StepTable {
  readonly #nodes: Int32Array;
  readonly #chars: Uint16Array;
  readonly #next: Int32Array;
  readonly #mask: number;
  #used = 0;

  constructor(capacity: number) {
    this.#nodes = new Int32Array(capacity).fill(-1);
    this.#chars = new Uint16Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  get(node: number, char: number): number {
    const place = this.#placeOf(node, char);
    return this.#nodes[place] === -1 ? 0 : (this.#next[place] ?? 0);
  }

  set(node: number, char: number, next: number): void {
    const place = this.#placeOf(node, char);
    this.#nodes[place] = node;
    this.#chars[place] = char;
    this.#next[place] = next;
    this.#used++;
  }

  withRoom(): StepTable {
    if (2 * (this.#used + 1) <= this.#mask) return this;
    const grown = new StepTable(2 * (this.#mask + 1));
    for (let i = 0; i <= this.#mask; i++) {
      const node = this.#nodes[i] ?? -1;
      if (node !== -1) grown.set(node, this.#chars[i] ?? 0, this.#next[i] ?? 0);
    }
    return grown;
  }

  #placeOf(node: number, char: number): number {
    let place = (Math.imul(node, 0x9e3779b1) ^ Math.imul(char, 0x85ebca6b)) >>> 0;
    place = (place ^ (place >>> 15)) & this.#mask;
    while (this.#nodes[place] !== -1 && (this.#nodes[place] !== node || this.#chars[place] !== char))
      place = (place + 1) & this.#mask;
    return place;
  }
}
