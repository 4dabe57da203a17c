/**
 * What the house feed says of evidence files (SPEC 12.3): items, every hand and every reading, holds, erasures, the
 * copies that were sealed for others, and what a peer sent that was not what it had named.
 *
 * A fold and nothing else: the blobs may be lost and this stays. No content, no key and no salt is in it.
 */
import type { JsonObject } from "#parley/codec/json.ts";
import type { CLOCK_SOURCES, Role } from "#parley/protocols/envelope.ts";

export const ITEM_ORIGINS = ["intake", "derived", "received"] as const;
export type ItemOrigin = (typeof ITEM_ORIGINS)[number];

/** SPEC 12.3.3: what was done with an item. `read` and `saved` opened it; `sealed` is the age file as it lies here. */
export const CUSTODY_ACTS = [
  "acquired",
  "derived",
  "received",
  "read",
  "saved",
  "sealed",
  "attached",
  "fetched",
  "verified",
  "altered",
  "held",
  "released",
  "erased",
] as const;
export type CustodyAct = (typeof CUSTODY_ACTS)[number];

/** When and with what it was acquired, as far as somebody says so. */
export interface Acquisition {
  /** RFC 3339 in UTC; a claim. */
  readonly acquired_at?: string;
  readonly tool?: string;
  readonly clock?: { readonly source: (typeof CLOCK_SOURCES)[number]; readonly max_error_ms: number };
}

/** The entry that named a received file. */
export interface ItemSource {
  readonly channel: string;
  readonly feed: string;
  readonly seq: number;
  /** The commitment of the attachment (SPEC 12.1.5). */
  readonly commit: string;
}

interface ItemRecord extends Acquisition {
  readonly type: "house.item";
  readonly item: string;
  readonly officer: number;
  readonly role: Role;
  readonly origin: ItemOrigin;
  /** SHA-256 of the content, and its size in bytes. */
  readonly digest: string;
  readonly size_bytes: number;
  /** As declared; nobody looked into the file. */
  readonly media_type: string;
  /** As it was given: text, never a path. */
  readonly name?: string;
  /** The sealed file: SHA-256 of its bytes, and their number. */
  readonly blob: string;
  readonly blob_size: number;
  /** Salted commitment to digest and size; the salt lies in the seal. */
  readonly commit: string;
  readonly retain_until?: string;
  /** The item that this one was made of, and what was left out. */
  readonly of?: string;
  readonly redaction?: JsonObject;
  readonly from?: ItemSource;
}

interface CustodyRecord {
  readonly type: "house.custody";
  readonly item: string;
  readonly act: Exclude<CustodyAct, "acquired" | "derived" | "received" | "held" | "released" | "erased">;
  readonly officer: number;
  readonly role: Role;
  readonly purpose?: string;
  readonly channel?: string;
  readonly party?: string;
}

export type EvidenceRecord =
  | ItemRecord
  | CustodyRecord
  | {
      readonly type: "house.hold";
      readonly item: string;
      readonly officer: number;
      readonly role: Role;
      readonly hold: boolean;
      readonly reason?: string;
    }
  | {
      readonly type: "house.item_erased";
      readonly item: string;
      readonly officer: number;
      readonly role: Role;
      readonly digest: string;
      readonly reason: string;
    }
  /** A copy sealed for the readers of a channel; it is served by its `ct` (SPEC 12.6). */
  | {
      readonly type: "house.copy";
      readonly item: string;
      readonly ct: string;
      readonly ct_size: number;
      readonly channel: string;
      readonly officer: number;
    }
  /** A peer sent something else than its entry had named (SPEC 12.7.8); or a person allows another attempt. */
  | {
      readonly type: "house.transfer";
      readonly ct: string;
      readonly channel: string;
      readonly feed: string;
      readonly seq: number;
      /** A refusal of SPEC 12.7, or `asked`. */
      readonly code: string;
      readonly officer: number;
    };

export interface CustodyEntry {
  readonly at: string;
  readonly act: CustodyAct;
  readonly officer: number;
  readonly role: Role;
  readonly note?: string;
  readonly channel?: string;
  readonly party?: string;
}

export interface Item extends Omit<ItemRecord, "type"> {
  /** When it was recorded, by the node's clock. */
  readonly at: string;
  readonly held: boolean;
  readonly erased: boolean;
  readonly custody: readonly CustodyEntry[];
}

export interface SealedCopy {
  readonly item: string;
  readonly ct: string;
  readonly ct_size: number;
  readonly channel: string;
}

export interface RefusedTransfer {
  readonly ct: string;
  readonly channel: string;
  readonly feed: string;
  readonly code: string;
}

export interface EvidenceState {
  readonly items: ReadonlyMap<string, Item>;
  readonly copies: ReadonlyMap<string, SealedCopy>;
  /** By `ct`: what was received. */
  readonly received: ReadonlyMap<string, string>;
  readonly refused: ReadonlyMap<string, RefusedTransfer>;
  /** By `ct`: a person wants these fetched, whatever the quota says. */
  readonly asked: ReadonlySet<string>;
}

type Kept = EvidenceRecord & { readonly at: string };

const TYPES: ReadonlySet<string> = new Set<EvidenceRecord["type"]>([
  "house.item",
  "house.custody",
  "house.hold",
  "house.item_erased",
  "house.copy",
  "house.transfer",
]);

/** Which records of the house feed are of this file. */
export function isEvidenceRecord<T extends { readonly type: string }>(
  record: T,
): record is Extract<T, EvidenceRecord> {
  return TYPES.has(record.type);
}

export class HouseEvidence {
  readonly #items = new Map<string, Item>();
  readonly #copies = new Map<string, SealedCopy>();
  readonly #received = new Map<string, string>();
  readonly #refused = new Map<string, RefusedTransfer>();
  readonly #asked = new Set<string>();

  get state(): EvidenceState {
    return {
      items: this.#items,
      copies: this.#copies,
      received: this.#received,
      refused: this.#refused,
      asked: this.#asked,
    };
  }

  evolve(record: Kept): void {
    switch (record.type) {
      case "house.item":
        this.#add(record);
        return;
      case "house.custody": {
        const { purpose, ...entry } = record;
        this.#note(record.item, { ...entry, ...(purpose !== undefined && { note: purpose }) });
        return;
      }
      case "house.hold": {
        const { hold, reason } = record;
        this.#change(record.item, { held: hold });
        this.#note(record.item, {
          ...record,
          act: hold ? "held" : "released",
          ...(reason !== undefined && { note: reason }),
        });
        return;
      }
      case "house.item_erased":
        this.#change(record.item, { erased: true });
        this.#note(record.item, { ...record, act: "erased", note: record.reason });
        return;
      case "house.copy":
        this.#copies.set(record.ct, record);
        return;
      case "house.transfer":
        if (record.code === "asked") {
          this.#asked.add(record.ct);
          this.#refused.delete(record.ct);
        } else this.#refused.set(record.ct, record);
        return;
    }
  }

  #add(record: ItemRecord & { readonly at: string }): void {
    const { type, ...facts } = record;
    if (type !== "house.item" || this.#items.has(record.item)) return;
    this.#items.set(record.item, { ...facts, held: false, erased: false, custody: [] });
    if (record.from !== undefined) this.#received.set(record.blob, record.item);
    this.#note(record.item, { ...record, act: ACT_OF_ORIGIN[record.origin] });
  }

  #note(item: string, entry: CustodyEntry): void {
    const { at, act, officer, role, note, channel, party } = entry;
    const known = this.#items.get(item);
    if (known === undefined) return;
    const noted: CustodyEntry = {
      at,
      act,
      officer,
      role,
      ...(note !== undefined && { note }),
      ...(channel !== undefined && { channel }),
      ...(party !== undefined && { party }),
    };
    this.#items.set(item, { ...known, custody: [...known.custody, noted] });
  }

  #change(item: string, change: Partial<Pick<Item, "held" | "erased">>): void {
    const known = this.#items.get(item);
    if (known !== undefined) this.#items.set(item, { ...known, ...change });
  }
}

const ACT_OF_ORIGIN: Readonly<Record<ItemOrigin, CustodyAct>> = {
  intake: "acquired",
  derived: "derived",
  received: "received",
};
