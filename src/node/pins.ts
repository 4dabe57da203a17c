/**
 * TLS pins of parties (SPEC 4.4.3): one key stands for one party, so a connection cannot be taken for another's.
 *
 * A pairing or an offer that names a pin of somebody else is refused. A chain inside an entry cannot be (SPEC 3.8.1):
 * its keys count, its foreign pins do not, and people are told.
 */
import type { PartyChain } from "#parley/party/chain.ts";
import type { NodeCore } from "./core.ts";

/** Pins of this chain's newest version that are ours or another paired party's. */
export function findContestedPins(core: NodeCore, { party, latest }: PartyChain): readonly string[] {
  return latest.tls_pins.filter((pin) =>
    [core.me, ...core.house.state.pairings.keys()].some(
      (other) => other !== party && holds(core, other, pin),
    ),
  );
}

/** The paired party that a connection with this key is; its own word is not enough for a pin of another. */
export function partyOfPin(core: NodeCore, pin: string): string | undefined {
  for (const party of core.house.state.pairings.keys()) if (holds(core, party, pin)) return party;
  return undefined;
}

/** A longer chain that came in an entry. */
export async function takeChain(core: NodeCore, chain: PartyChain): Promise<void> {
  const { party } = chain;
  for (const pin of findContestedPins(core, chain))
    if (!core.house.ignoredPins.has(`${party}/${pin}`))
      await core.record({ type: "house.alarm", alarm: "pin", facts: { party, pin } });
  await core.keepParty(chain);
}

function holds(core: NodeCore, party: string, pin: string): boolean {
  const isListed = core.parties.get(party)?.latest.tls_pins.includes(pin) === true;
  return isListed && !core.house.ignoredPins.has(`${party}/${pin}`);
}
