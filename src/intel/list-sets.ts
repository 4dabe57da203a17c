/**
 * Sets of lists, each kept once and named by a number: what a place of an index points to.
 *
 * Adding a list to a set that was met before costs one look-up, so that building stays linear in the entries however
 * lists overlap.
 */

/** Positions of lists, ascending. */
export type ListSet = readonly number[];

export class ListSets {
  readonly #sets: ListSet[] = [[]];
  readonly #idByKey = new Map<string, number>([["", 0]]);
  readonly #steps = new Map<number, number>();
  readonly #listCount: number;

  constructor(listCount: number) {
    this.#listCount = listCount;
  }

  /** The empty set is 0. */
  at(id: number): ListSet {
    return this.#sets[id] ?? [];
  }

  with(id: number, list: number): number {
    return this.#step(
      2 * (id * this.#listCount + list),
      (set) => (set.includes(list) ? set : [...set, list].sort((a, b) => a - b)),
      id,
    );
  }

  without(id: number, list: number): number {
    return this.#step(2 * (id * this.#listCount + list) + 1, (set) => set.filter((one) => one !== list), id);
  }

  #step(step: number, change: (set: ListSet) => ListSet, from: number): number {
    const known = this.#steps.get(step);
    if (known !== undefined) return known;
    const set = change(this.at(from));
    const key = set.join(" ");
    let id = this.#idByKey.get(key);
    if (id === undefined) {
      id = this.#sets.length;
      this.#sets.push(set);
      this.#idByKey.set(key, id);
    }
    this.#steps.set(step, id);
    return id;
  }
}
