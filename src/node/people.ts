/** People and pairings of the own organisation: entries of the house feed (SPEC 4.4, 5.1.3). */
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { parsePartyChain, type PartyChain } from "#parley/party/chain.ts";
import { isPairingText } from "#parley/party/pairing.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { NodeCore } from "./core.ts";
import type { PairingMedium, Person } from "./house.ts";
import { findContestedPins } from "./pins.ts";

/** 256 bits: a token cannot be guessed, and only its hash is kept. */
const TOKEN_BYTES = 32;

/** A new person with a fresh token, which is shown to the caller and to nobody else, once. */
export async function addPerson(
  core: NodeCore,
  roles: readonly Role[],
): Promise<{ readonly officer: number; readonly token: string }> {
  const officer = core.nextOfficer();
  const token = encodeBase64url(core.ports.backend.randomBytes(TOKEN_BYTES));
  const token_hash = encodeBase64url(core.ports.backend.sha256(utf8(token)));
  await core.record({ type: "house.person", officer, roles, token_hash, active: true });
  return { officer, token };
}

export async function deactivatePerson(core: NodeCore, officer: number): Promise<true | Refusal> {
  const person = core.house.state.people.get(officer);
  if (person === undefined) return refuse("gate-role", { officer });
  const { roles, tokenHash } = person;
  await core.record({ type: "house.person", officer, roles, token_hash: tokenHash, active: false });
  return true;
}

export interface PairingInput {
  /** The other party's `.party` file. */
  readonly chain: Uint8Array;
  /** What the officer typed after hearing it over another medium. */
  readonly typed: string;
  readonly medium: PairingMedium;
}

/** SPEC 4.4: only what was heard and typed makes a pairing; the chain itself may come from anywhere. */
export async function pair(
  core: NodeCore,
  person: Person,
  input: PairingInput,
): Promise<PartyChain | Refusal> {
  const chain = parsePartyChain(core.ports.backend, input.chain);
  if (isRefusal(chain)) return chain;
  if (chain.party === core.me || !isPairingText(chain.party, input.typed)) return refuse("party-id");
  const expires = parseInstant(chain.latest.expires);
  if (isRefusal(expires) || expires <= core.ports.clock()) return refuse("party-expired");
  const known = core.parties.get(chain.party);
  if (known !== undefined && chain.versions[known.versions.length - 1]?.hash !== known.latest.hash)
    return refuse("party-chain", { version: known.versions.length });
  if (findContestedPins(core, chain).length > 0) return refuse("party-pin");
  await core.keepParty(chain);
  await core.record({
    type: "house.pairing",
    party: chain.party,
    medium: input.medium,
    officer: person.officer,
  });
  return core.parties.get(chain.party) ?? chain;
}
