/**
 * The engine's memory read as disclosures (SPEC 15.1): one pass over one feed. Keeps nothing.
 */
import type { Instant } from "../codec/time.ts";
import type { EntryRef, PartyId } from "../protocols/protocol.ts";
import {
  attachmentsOf,
  fieldsOf,
  indicatorsOf,
  isDisclosing,
  limitsOf,
  type Disclosure,
} from "./disclosure.ts";
import { bucketFor, type Engine } from "./engine.ts";
import type { Item } from "./item.ts";
import type { CaseFold, Retraction } from "./opened-case.ts";
import type { RetractionView } from "./retraction.ts";
import type { Instants } from "./timers.ts";

/** Entries claimed or held after `asOf` are not known yet and have no row. */
export function disclosuresOf(engine: Engine, by: PartyId, instants: Instants): readonly Disclosure[] {
  const to = engine.config.terms.parties.filter((party) => party !== by);
  return (engine.feeds.get(by) ?? []).flatMap((item) => {
    const message = item.read?.message;
    const raw = item.entry.message;
    if (message === undefined || raw === undefined) return [];
    if (!isDisclosing(raw, item.read?.rule.protocol?.name)) return [];
    const { said_at, known_since } = momentsOf(item.ref, item.entry.claimedAt, instants);
    if ((known_since ?? said_at) > instants.asOf) return [];
    const opened = bucketFor(engine, item).opened;
    const acknowledged = ackOf(opened, item, instants);
    const reveals =
      opened?.reveals.filter(
        ({ of, ref }) => of === message.id && ref.feed === by && isUntil(ref, instants),
      ) ?? [];
    const open = new Set(reveals.map(({ path }) => path));
    return {
      ref: item.ref,
      id: message.id,
      case: message.case,
      type: message.type,
      nature: message.nature,
      by,
      to,
      said_at,
      ...(known_since !== undefined && { known_since }),
      ...(acknowledged !== undefined && { acknowledged_at: instants.momentOf(acknowledged.ref) }),
      limits: limitsOf(raw),
      fields: fieldsOf(raw),
      attachments: attachmentsOf(raw),
      indicators: indicatorsOf(raw),
      withheld: (message.withheld ?? []).map(({ path }) => path).filter((path) => !open.has(path)),
      revealed: reveals.map(({ path, ref }) => ({ path, ...since(ref, instants) })),
      retractions: opened === undefined ? [] : retractionsOf(opened, item, message.id, instants),
      message: raw,
    };
  });
}

function since(ref: EntryRef, { heldAt }: Instants): { readonly known_since?: Instant } {
  const known_since = heldAt(ref);
  return known_since === undefined ? {} : { known_since };
}

function momentsOf(ref: EntryRef, claimedAt: Instant, instants: Instants) {
  return { said_at: claimedAt, ...since(ref, instants) } as const;
}

function retractionsOf(
  { retractions, acks }: CaseFold,
  item: Item,
  id: string,
  instants: Instants,
): readonly RetractionView[] {
  return retractions
    .filter((one) => isAbout(one, item, id) && isUntil(one.item.ref, instants))
    .map(({ item: by, answers, effect, reason, items, replacement }) => {
      const acknowledged = ackOf({ acks }, by, instants);
      const view = {
        ref: by.ref,
        id: by.read?.message.id ?? "",
        type: by.read?.rule.type ?? "",
        effect,
        reason,
        ...(items !== undefined && { items }),
        ...(replacement !== undefined && { replacement }),
        ...momentsOf(by.ref, by.entry.claimedAt, instants),
        ...(acknowledged !== undefined && { acknowledged_at: instants.momentOf(acknowledged.ref) }),
      };
      const ack = answers.findLast(({ item: answer }) => isUntil(answer.ref, instants));
      if (ack === undefined) return view;
      const { complied, code } = ack;
      const at = instants.momentOf(ack.item.ref);
      const { ref } = ack.item;
      return {
        ...view,
        ack: { ref, complied, at, ...since(ref, instants), ...(code !== undefined && { code }) },
      };
    });
}

function isUntil(ref: EntryRef, { asOf, momentOf }: Instants): boolean {
  return momentOf(ref) <= asOf;
}

function ackOf(opened: Pick<CaseFold, "acks"> | undefined, item: Item, instants: Instants): Item | undefined {
  const ack = opened?.acks.get(item);
  return ack !== undefined && isUntil(ack.ref, instants) ? ack : undefined;
}

/** By the same author only; a withdrawal of the case takes back what was said before it, not what comes after. */
function isAbout({ item: by, of }: Retraction, item: Item, id: string): boolean {
  if (by.entry.feed !== item.entry.feed || by === item) return false;
  return of === undefined ? item.ref.seq < by.ref.seq : of === id;
}
