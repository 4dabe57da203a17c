/**
 * What the house feed deleted of itself (SPEC 3.9.2): the drafts of own messages whose content was erased.
 *
 * An entry of the house that does not open would silently give back a right that it had taken, so each one without
 * content must be named by a later record of this kind; anything else is damage.
 */

export interface ErasureRecord {
  readonly type: "house.erasure";
  /** The erased entry of the shared record. */
  readonly channel: string;
  readonly feed: string;
  readonly seq: number;
  readonly draft: string;
  /** Where the draft stands in the house feed. */
  readonly house_seq: number;
}

export class HouseErasures {
  readonly #seqs = new Set<number>();

  apply({ house_seq }: ErasureRecord): void {
    this.#seqs.add(house_seq);
  }

  /** Whether every one of these entries was erased by a record. */
  explains(seqs: readonly number[]): boolean {
    return seqs.every((seq) => this.#seqs.has(seq));
  }
}
