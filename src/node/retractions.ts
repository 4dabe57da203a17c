/**
 * Taking back as a use case (SPEC 15.3): one order of an officer becomes a `retract` in every channel where the
 * item was disclosed, through the same desk as every message; and the list of who has not answered.
 */
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { RetractedItem, RetractionView } from "#parley/casework/retraction.ts";
import { termsOf } from "#parley/casework/genesis-terms.ts";
import type { DisclosureRow } from "#parley/gate/disclosure.ts";
import {
  matchesOf,
  retractionRows,
  type Match,
  type RetractionRow,
  type Wanted,
} from "#parley/gate/items.ts";
import { isRetracted } from "#parley/gate/disclosure.ts";
import { PRECEDENCES, type Role } from "#parley/protocols/envelope.ts";
import { codeIn } from "#parley/protocols/body.ts";
import type { RETRACTION_REASONS } from "#parley/protocols/system/messages.ts";
import type { NodeCore } from "./core.ts";
import { makeDraft } from "./desk.ts";
import { channelsInOrder, disclosureRows } from "./disclosures.ts";
import type { Person } from "./house.ts";

export interface RetractionOrder {
  readonly wanted: Wanted;
  readonly reason: (typeof RETRACTION_REASONS)[number];
  readonly role: Role;
  /** Only in this channel; else everywhere. */
  readonly channel?: string;
  /** Id of an own message that replaces the whole message; only where a single row is meant. */
  readonly replacement?: string;
}

/** What became of the order towards one holder of the item. */
export interface Told {
  readonly party: string;
  readonly channel: string;
  readonly message: string;
  /** The draft, and whether it was said at once; or why the desk refused it. */
  readonly draft?: string;
  readonly said: boolean;
  readonly refused?: string;
}

/** `retract-nothing`: nobody holds the item, or everybody was told already. */
export async function retractItem(
  core: NodeCore,
  person: Person,
  order: RetractionOrder,
): Promise<readonly Told[] | Refusal> {
  if (!person.roles.includes(order.role)) return refuse("gate-role", { role: order.role });
  const matches = matchesOf(core.ports.backend.sha256, disclosureRows(core), order.wanted)
    .filter(({ row }) => order.channel === undefined || row.channel === order.channel)
    .flatMap(leftOf);
  if (matches.length === 0) return refuse("retract-nothing");
  const told: Told[] = [];
  for (const match of matches) told.push(await tell(core, person, order, match));
  return told;
}

export function listRetractions(core: NodeCore): readonly RetractionRow[] {
  const { backend, clock } = core.ports;
  return retractionRows(backend.sha256, disclosureRows(core), {
    asOf: clock(),
    ackSeconds: (row) => ackSecondsOf(core, row),
  });
}

/** Something another party took back, and what this house answered. */
export interface ReceivedRetraction {
  readonly party: string;
  readonly channel: string;
  readonly case: string;
  readonly retraction: string;
  readonly type: string;
  readonly effect: RetractionView["effect"];
  readonly reason: string;
  /** The messages that it is about. */
  readonly messages: readonly string[];
  readonly items?: readonly RetractedItem[];
  readonly complied?: string;
  readonly code?: string;
}

/** Retractions by others, each once, in the order of channels and feeds. */
export function receivedRetractions(core: NodeCore): readonly ReceivedRetraction[] {
  const now = core.ports.clock();
  const found = new Map<string, ReceivedRetraction>();
  for (const { id: channel, casework, parties } of channelsInOrder(core)) {
    for (const party of parties) {
      if (party === core.me || casework === undefined) continue;
      for (const row of casework.disclosures(party, now)) {
        for (const one of row.retractions) {
          const key = `${channel} ${one.id}`;
          const messages = [...(found.get(key)?.messages ?? []), row.id];
          found.set(key, { ...receivedOf(one), party, channel, case: row.case, messages });
        }
      }
    }
  }
  return [...found.values()];
}

function receivedOf({ id, type, effect, reason, items, ack }: RetractionView) {
  return {
    retraction: id,
    type,
    effect,
    reason,
    ...(items !== undefined && { items }),
    ...(ack !== undefined && { complied: ack.complied }),
    ...(ack?.code !== undefined && { code: ack.code }),
  };
}

/** What of the match is not taken back yet. */
function leftOf({ row, items }: Match): readonly Match[] {
  if (items === undefined) return isRetracted(row.retractions) ? [] : [{ row }];
  const left = items.filter((item) => !isRetracted(row.retractions, item));
  return left.length === 0 ? [] : [{ row, items: left }];
}

async function tell(
  core: NodeCore,
  person: Person,
  { reason, role, replacement }: RetractionOrder,
  { row, items }: Match,
): Promise<Told> {
  const holder = { party: row.party, channel: row.channel, message: row.id };
  const channel = core.channels.get(row.channel);
  if (channel === undefined) return { ...holder, said: false, refused: "channel-unknown" };
  const body: JsonObject = {
    of: row.id,
    reason,
    ...(items !== undefined && { items: items.map((item) => ({ ...item })) }),
    ...(replacement !== undefined && { replacement }),
  };
  const view = await makeDraft(core, channel, person, { type: "retract", case: row.case, role, body });
  if (isRefusal(view)) return { ...holder, said: false, refused: view.code };
  return { ...holder, draft: view.draft.id, said: view.said !== undefined };
}

function ackSecondsOf(core: NodeCore, { channel, message }: DisclosureRow): number {
  const genesis = core.channels.get(channel)?.genesis;
  if (genesis === undefined) throw new Error("a disclosure stands in a channel with an agreement");
  return termsOf(genesis).clocks.t_ack[codeIn(PRECEDENCES, message, "precedence")];
}
