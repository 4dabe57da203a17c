/**
 * The disclosure ledger as use cases (SPEC 15.1, 15.2): what a party knows from us, and the balance of a channel.
 * Nothing here writes; every answer is folded again from the channels and the house feed.
 */
import { balance, type BalanceRow } from "#parley/casework/balance.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import { LOOK_BACK_SECONDS } from "#parley/gate/checks/combination.ts";
import { disclosedTo, foldDisclosures, type DisclosureRow, type Reason } from "#parley/gate/disclosure.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import type { DraftGate } from "./house-gate.ts";

/** Every own disclosure in every channel, as of an instant; now if none is given. */
export function disclosureRows(core: NodeCore, asOf?: Instant): readonly DisclosureRow[] {
  const at = asOf ?? core.ports.clock();
  const channels = channelsInOrder(core).flatMap(({ id, casework }) =>
    casework === undefined ? [] : [{ channel: id, disclosures: casework.disclosures(core.me, at) }],
  );
  const { drafts, work } = core.house.state;
  const reasonsOf = (draft: string): readonly Reason[] => reasonsIn(core.house.gate.of(draft));
  return foldDisclosures({ channels, drafts: drafts.values(), sightings: work.sightings, reasonsOf });
}

/** Justifications of findings that the last check has; one for a finding that is gone explains nothing. */
function reasonsIn({ check, justifications }: DraftGate): readonly Reason[] {
  return justifications.flatMap(({ finding, officer, role, code, text }) => {
    const found = check?.findings.find(({ id }) => id === finding);
    return found === undefined ? [] : [{ rule: found.rule, at: found.at, officer, role, code, text }];
  });
}

/** By id: the order in which they came to be is not the order in which a start finds them. */
export function channelsInOrder(core: NodeCore): readonly LiveChannel[] {
  return [...core.channels.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What was said to a party in the last 365 days: for the gate, before more is said. */
export function lookBack(core: NodeCore, party: string): readonly DisclosureRow[] {
  return disclosedTo(disclosureRows(core), { party, since: core.ports.clock() - LOOK_BACK_SECONDS });
}

/** Rows that the party is known to hold as of the instant. `not-paired`: never paired. */
export function whatTheyKnow(
  core: NodeCore,
  { party, asOf }: { readonly party: string; readonly asOf?: Instant },
): readonly DisclosureRow[] | Refusal {
  if (!core.house.state.pairings.has(party)) return refuse("not-paired");
  return disclosureRows(core, asOf).filter((row) => row.party === party && row.known_since !== undefined);
}

/** The same rows on both nodes when both hold the same entries and receipts. */
export function balanceOf(core: NodeCore, channel: LiveChannel, asOf?: Instant): readonly BalanceRow[] {
  const { casework, parties } = channel;
  if (casework === undefined) return [];
  const at = asOf ?? core.ports.clock();
  return balance(
    casework.view(at),
    parties.flatMap((party) => casework.disclosures(party, at)),
  );
}
