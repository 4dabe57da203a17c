/**
 * The handshake (SPEC 5.2): an offer is the offerer's own first two entries under the terms, so offering is signing
 * and accepting is writing one's own. No further signature format is needed.
 */
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, parseJson } from "#parley/codec/json.ts";
import { GENESIS_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { isProfile } from "#parley/casework/registry.ts";
import { releaseRecord, type Released } from "#parley/gate/release.ts";
import {
  chainRecords,
  collectChains,
  encodePartyChain,
  verifyPartyChain,
  type PartyChain,
} from "#parley/party/chain.ts";
import type { Group } from "#parley/peer/groups.ts";
import { validateGenesis, type Genesis } from "#parley/protocols/agreement/index.ts";

export const DECLINE_REASONS = ["terms", "scope", "capacity", "legal", "other"] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** Bytes to terms; the channel id is their hash. */
export function parseGenesis(bytes: Uint8Array): Genesis | Refusal {
  const value = parseJson(bytes, { sizeLimitBytes: GENESIS_SIZE_LIMIT_BYTES });
  const genesis = isRefusal(value) ? value : validateGenesis(value);
  // A profile that `evaluate` cannot read would leave both sides without a measure.
  return isRefusal(genesis) || isProfile(genesis.profile) ? genesis : refuse("genesis-schema");
}

export function channelIdOf(backend: CryptoBackend, genesis: Uint8Array): string {
  return encodeBase64url(backend.sha256(genesis));
}

/** Entries 0 and 1 of a party in a channel (SPEC 3.1.5). */
export function firstEntries(
  channel: string,
  genesis: Uint8Array,
  chain: PartyChain,
): readonly [Released, Released] {
  const update = encodeJson({
    chain: encodeBase64url(encodePartyChain(chain.signed)),
    type: "party_update",
    v: 1,
  });
  return [releaseRecord(channel, "genesis", genesis), releaseRecord(channel, "party_update", update)];
}

export function makeOffer(
  push: Group,
  offer: {
    readonly channel: string;
    readonly genesis: Uint8Array;
    readonly chain: PartyChain;
    readonly counters?: string;
  },
): Group {
  const { channel, genesis, chain, counters } = offer;
  return {
    kind: "request",
    head: { type: "offer", channel, ...(counters !== undefined && { counters }) },
    records: [{ type: "genesis", bytes: genesis }, ...chainRecords(chain.signed), ...push.records],
  };
}

export interface ReceivedOffer {
  readonly channel: string;
  readonly genesisBytes: Uint8Array;
  readonly genesis: Genesis;
  readonly chain: PartyChain;
}

/** Form and identity of an offer made to `me`; its entries are judged as any push. */
export function readOffer(
  backend: CryptoBackend,
  me: PartyChain,
  channel: string,
  records: readonly BundleRecord[],
): ReceivedOffer | Refusal {
  const genesisBytes = records.find(({ type }) => type === "genesis")?.bytes;
  if (genesisBytes === undefined) return refuse("incomplete", { missing: "genesis" });
  if (channelIdOf(backend, genesisBytes) !== channel) return refuse("genesis-hash");
  const genesis = parseGenesis(genesisBytes);
  if (isRefusal(genesis)) return genesis;
  const [signed, ...others] = collectChains(records);
  if (signed === undefined || others.length > 0) return refuse("party-chain", { version: 0 });
  const chain = verifyPartyChain(backend, signed);
  if (isRefusal(chain)) return chain;
  const fits = [me, chain].every((known) => isNamed(genesis, known)) && chain.party !== me.party;
  return fits ? { channel, genesisBytes, genesis, chain } : refuse("genesis-parties");
}

/** The genesis names this party with a version and hash that its chain has. */
function isNamed(genesis: Genesis, chain: PartyChain): boolean {
  return genesis.parties.some(
    ({ party, version, document_hash }) =>
      party === chain.party && chain.versions[version - 1]?.hash === document_hash,
  );
}

/** SPEC 5.2.3. */
export function declineText(channel: string, party: string, reason: DeclineReason): string {
  return `parley-decline/1\n${channel}\n${party}\n${reason}\n`;
}

export function parseDeclineText(
  text: string,
): { readonly channel: string; readonly party: string; readonly reason: DeclineReason } | undefined {
  const [magic, channel = "", party = "", reasonText, end, ...rest] = text.split("\n");
  const reason = DECLINE_REASONS.find((code) => code === reasonText);
  const formed = magic === "parley-decline/1" && end === "" && rest.length === 0;
  const ids = [channel, party].every((id) => !isRefusal(parseBase64url(id, 32)));
  return formed && ids && reason !== undefined ? { channel, party, reason } : undefined;
}
