/**
 * The balance of a channel (SPEC 15.2): what each side gave, and what became of what it asked for.
 *
 * Counted from the record and nothing else, and only from what both sides hold, so both nodes and any verifier of the
 * export get the same numbers. Exercises and tests are never added to real ones. It weighs nothing: a count is
 * no measure of worth.
 */
import { TLP, type Nature } from "../protocols/envelope.ts";
import { MARKS, type EntryRef, type PartyId } from "../protocols/protocol.ts";
import { COMPLIANCES } from "../protocols/system/messages.ts";
import { COUNTED_PROTOCOLS } from "./boards.ts";
import type { CaseView } from "./case-view.ts";
import type { ChannelView } from "./channel-view.ts";
import type { Disclosure } from "./disclosure.ts";

/** What was disclosed at one sensitivity. */
export interface Given {
  readonly tlp: string;
  readonly messages: number;
  readonly attachments: number;
  readonly attachment_bytes: number;
  readonly indicators: number;
  readonly revealed: number;
}

/** What became of the cases that a party opened. */
export interface Asked {
  readonly protocol: string;
  readonly sent: number;
  readonly acknowledged: number;
  readonly acknowledged_in_time: number;
  readonly answered: number;
  readonly acted: number;
  readonly effective: number;
  readonly not_effective: number;
}

/** Messages of the party that were taken back, and what the other side answered. */
export interface TakenBack {
  readonly corrected: number;
  readonly withdrawn: number;
  readonly deleted: number;
  readonly kept_legal: number;
  readonly cannot: number;
  readonly unanswered: number;
}

/** One party in one nature; what it got is what the other row gives. */
export interface BalanceRow {
  readonly party: PartyId;
  readonly nature: Nature;
  /** By sensitivity, the most sensitive first; only those that occur. */
  readonly given: readonly Given[];
  readonly asked: readonly Asked[];
  readonly taken_back: TakenBack;
}

/** `disclosures` of every party of the view, as of the view's instant. Rows by nature, then by party. */
export function balance(view: ChannelView, disclosures: readonly Disclosure[]): readonly BalanceRow[] {
  const held = disclosures.filter(({ known_since }) => known_since !== undefined);
  const cases = view.cases.filter((one) => isHeldByBoth(one, one.openedBy));
  const natures = new Set([...held, ...cases].map(({ nature }) => nature));
  const parties = view.parties.map(({ party }) => party).sort();
  return [...natures].sort().flatMap((nature) =>
    parties.map((party) => {
      const own = held.filter((one) => one.by === party && one.nature === nature);
      const opened = cases.filter((one) => one.initiator === party && one.nature === nature);
      return { party, nature, given: givenBy(own), asked: askedBy(opened), taken_back: takenBack(own) };
    }),
  );
}

function givenBy(own: readonly Disclosure[]): readonly Given[] {
  return TLP.flatMap((tlp) => {
    const rows = own.filter(({ limits }) => limits.tlp === tlp);
    if (rows.length === 0) return [];
    const attachments = rows.flatMap((row) => row.attachments);
    return {
      tlp,
      messages: rows.length,
      attachments: attachments.length,
      attachment_bytes: sum(attachments.map(({ size_bytes }) => size_bytes)),
      indicators: sum(rows.map((row) => row.indicators.length)),
      revealed: sum(rows.map(({ revealed }) => revealed.filter(isKnown).length)),
    };
  });
}

function askedBy(cases: readonly CaseView[]): readonly Asked[] {
  return [...COUNTED_PROTOCOLS].sort().flatMap((protocol) => {
    const opened = cases.filter((one) => one.protocol === protocol);
    if (opened.length === 0) return [];
    const marked = MARKS.map((mark) => {
      return [mark, opened.filter((one) => isHeldByBoth(one, one.state.marks[mark])).length] as const;
    });
    const counts = Object.fromEntries(marked) as Record<(typeof MARKS)[number], number>;
    const acknowledged_in_time = opened.filter(isInTime).length;
    return { protocol, sent: opened.length, ...counts, acknowledged_in_time };
  });
}

function isInTime(one: CaseView): boolean {
  const by = one.state.marks.acknowledged;
  return (
    isHeldByBoth(one, by) &&
    one.timers.some(
      ({ name, status, stoppedBy }) => name === "t_ack" && status === "met" && isSame(stoppedBy, by),
    )
  );
}

function takenBack(own: readonly Disclosure[]): TakenBack {
  const all = own.flatMap(({ retractions }) => retractions.filter(isKnown));
  const withdrawn = all.filter(({ effect }) => effect === "withdrawn");
  const answers = withdrawn.flatMap(({ ack }) => (ack !== undefined && isKnown(ack) ? [ack.complied] : []));
  const answered = Object.fromEntries(
    COMPLIANCES.map((code) => [code, answers.filter((one) => one === code).length]),
  );
  return {
    corrected: all.length - withdrawn.length,
    withdrawn: withdrawn.length,
    deleted: answered["deleted"] ?? 0,
    kept_legal: answered["kept-legal"] ?? 0,
    cannot: answered["cannot"] ?? 0,
    unanswered: withdrawn.length - answers.length,
  };
}

function isHeldByBoth({ entries }: CaseView, ref: EntryRef | undefined): boolean {
  return entries.some((entry) => isSame(ref, entry.ref) && entry.delivery.receiptedAt !== undefined);
}

function isKnown({ known_since }: { readonly known_since?: number }): boolean {
  return known_since !== undefined;
}

function isSame(a: EntryRef | undefined, b: EntryRef | undefined): boolean {
  return a !== undefined && b !== undefined && a.feed === b.feed && a.seq === b.seq;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
