/**
 * When two disclosures hold the same item (SPEC 15.3.1), and which of them were told that it is taken back.
 *
 * Pure: rows in, rows out. An item is equal by digest, by value, or by content; never by resemblance.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { encodeJson, type Json, type JsonObject } from "#parley/codec/json.ts";
import type { Instant } from "#parley/codec/time.ts";
import { isCovered, type RetractedItem, type RetractionView } from "#parley/casework/retraction.ts";
import type { DisclosureRow } from "./disclosure.ts";

type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** What an officer names: an own message by id, an attachment by digest, or an indicator by value. */
export type Wanted =
  | { readonly kind: "message"; readonly id: string }
  | { readonly kind: "attachment"; readonly digest: string }
  | { readonly kind: "indicator"; readonly value: string };

/** An item of one row; `items` absent: the whole message. */
export interface Match {
  readonly row: DisclosureRow;
  readonly items?: readonly RetractedItem[];
}

/** Rows that hold the item, and where in them it stands. */
export function matchesOf(sha256: Sha256, rows: readonly DisclosureRow[], wanted: Wanted): readonly Match[] {
  if (wanted.kind === "message") {
    const named = rows.find(({ id }) => id === wanted.id);
    if (named === undefined) return [];
    const content = contentOf(sha256, named.message);
    return rows.filter(({ message }) => contentOf(sha256, message) === content).map((row) => ({ row }));
  }
  return rows.flatMap((row) => {
    const items = itemsIn(row, wanted);
    return items.length === 0 ? [] : [{ row, items }];
  });
}

function itemsIn(row: DisclosureRow, wanted: Exclude<Wanted, { kind: "message" }>): readonly RetractedItem[] {
  if (wanted.kind === "attachment") {
    const { digest } = wanted;
    return row.attachments.some((one) => one.digest === digest) ? [{ kind: "attachment", digest }] : [];
  }
  const value = wanted.value.toLowerCase();
  return row.indicators
    .filter((one) => one.value.toLowerCase() === value)
    .map(({ path }) => ({ kind: "path", path }));
}

/** SHA-256 of what people wrote: the same text to two parties has two ids and one content. */
export function contentOf(sha256: Sha256, message: JsonObject): string {
  const { type, body, texts, attach } = message;
  const digests = (Array.isArray(attach) ? (attach as readonly JsonObject[]) : []).map(
    ({ digest }) => digest,
  );
  const content: Record<string, Json> = { attach: digests.map(String) };
  if (type !== undefined) content["type"] = type;
  if (body !== undefined) content["body"] = body;
  if (texts !== undefined) content["texts"] = texts;
  return encodeBase64url(sha256(encodeJson(content)));
}

export const TELLING_STATES = ["not-told", "told", "received", "acknowledged", "answered"] as const;
export type TellingState = (typeof TELLING_STATES)[number];

/** One counterparty that holds something taken back, and how far it is with that. */
export interface RetractionRow {
  readonly party: string;
  readonly channel: string;
  readonly case: string;
  /** The message that holds the item. */
  readonly message: string;
  readonly items?: readonly RetractedItem[];
  readonly reason: string;
  readonly state: TellingState;
  /** The retracting message to this party. */
  readonly retraction?: string;
  readonly complied?: string;
  readonly code?: string;
  /** Until when the answer is due, once received. */
  readonly due?: Instant;
  readonly overdue: boolean;
}

/** Sent to the wrong party says nothing about those who were meant to get it. */
const LOCAL_REASONS: ReadonlySet<string> = new Set(["sent-in-error"]);

/**
 * Every withdrawn item at every counterparty that got it. `ackSeconds` is `t_ack` of the agreement for the row.
 * In the order of rows; those not told come after the told ones.
 */
export function retractionRows(
  sha256: Sha256,
  rows: readonly DisclosureRow[],
  options: { readonly asOf: Instant; readonly ackSeconds: (row: DisclosureRow) => number },
): readonly RetractionRow[] {
  const told = rows.flatMap((row) =>
    row.retractions
      .filter(({ effect }) => effect === "withdrawn")
      .map((one) => toldRow(row, one, options.asOf, options.ackSeconds(row))),
  );
  const untold = new Map<string, RetractionRow>();
  for (const row of rows) {
    for (const one of row.retractions) {
      if (one.effect !== "withdrawn" || LOCAL_REASONS.has(one.reason)) continue;
      for (const match of wantedBy(row, one).flatMap((wanted) => matchesOf(sha256, rows, wanted))) {
        if (isTold(match)) continue;
        const key = `${match.row.channel} ${match.row.id} ${JSON.stringify(match.items ?? null)}`;
        if (!untold.has(key)) untold.set(key, untoldRow(match, one.reason));
      }
    }
  }
  return [...told, ...untold.values()];
}

function isTold({ row, items }: Match): boolean {
  const withdrawn = row.retractions.filter(({ effect }) => effect === "withdrawn");
  const isDone = (item?: RetractedItem) => withdrawn.some((one) => isCovered(one.items, item));
  return items === undefined ? isDone() : items.every(isDone);
}

/** The whole message stands for its content and its attachments, not for each indicator in it. */
function wantedBy(row: DisclosureRow, { items }: RetractionView): readonly Wanted[] {
  if (items === undefined) {
    const files = row.attachments.map(({ digest }): Wanted => ({ kind: "attachment", digest }));
    return [{ kind: "message", id: row.id }, ...files];
  }
  return items.flatMap((item): readonly Wanted[] => {
    if (item.kind === "attachment") return [item];
    const found = row.indicators.filter(({ path }) => isCovered([item], { kind: "path", path }));
    const above = row.indicators.filter(({ path }) => item.path === `${path}/value`);
    return [...found, ...above].map(({ value }) => ({ kind: "indicator", value }));
  });
}

function toldRow(row: DisclosureRow, one: RetractionView, asOf: Instant, ackSeconds: number): RetractionRow {
  const { ack, known_since, acknowledged_at } = one;
  const due = known_since === undefined ? undefined : known_since + ackSeconds;
  const state =
    ack !== undefined
      ? "answered"
      : acknowledged_at !== undefined
        ? "acknowledged"
        : known_since !== undefined
          ? "received"
          : "told";
  return {
    ...placeOf(row),
    ...(one.items !== undefined && { items: one.items }),
    reason: one.reason,
    state,
    retraction: one.id,
    ...(ack !== undefined && { complied: ack.complied }),
    ...(ack?.code !== undefined && { code: ack.code }),
    ...(due !== undefined && { due }),
    overdue: ack === undefined && due !== undefined && asOf > due,
  };
}

function untoldRow({ row, items }: Match, reason: string): RetractionRow {
  return {
    ...placeOf(row),
    ...(items !== undefined && { items }),
    reason,
    state: "not-told",
    overdue: false,
  };
}

function placeOf({ party, channel, case: kase, id }: DisclosureRow) {
  return { party, channel, case: kase, message: id };
}
