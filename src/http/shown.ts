/** What several operations show: a channel, and what casework made of an entry. */
import type { Static } from "typebox";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Casework, EntryView } from "#parley/casework/index.ts";
import type { LiveChannel } from "#parley/node/core.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import type { Genesis } from "#parley/protocols/agreement/terms.ts";
import type { Shown } from "./route.ts";
import type * as schema from "./schemas.ts";

/** A channel under an agreement; the house feed and unknown ids are none. */
export interface Agreed {
  readonly live: LiveChannel;
  readonly casework: Casework;
  readonly genesis: Genesis;
}

export function agreed(node: ParleyNode, id: string): Agreed | Refusal {
  const live = node.channel(id);
  if (live?.casework === undefined || live.genesis === undefined)
    return refuse("api-unknown", { what: "channel" });
  if (!live.folded) return refuse("api-busy", { what: "folding" });
  return { live, casework: live.casework, genesis: live.genesis };
}

export function showChannel(node: ParleyNode, live: LiveChannel): Shown<Static<typeof schema.ChannelShown>> {
  const { id, parties, genesis, signing } = live;
  const term = live.casework?.view(node.core.ports.clock()).term;
  if (genesis === undefined || term === undefined) throw new Error("the channel has no agreement");
  return { channel: id, parties, nature: genesis.nature, in_force: node.isInForce(live), term, signing };
}

/** What casework made of an entry. */
export function showFolded({ type, id, role, claimedAt, outcome, delivery, concurrentCount }: EntryView) {
  return {
    ...(type !== undefined && { type }),
    ...(id !== undefined && { id }),
    ...(role !== undefined && { role }),
    claimedAt,
    outcome,
    delivery,
    concurrentCount,
  };
}
