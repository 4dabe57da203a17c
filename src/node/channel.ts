/** One channel as a node holds it in memory: terms, record, key positions, forks. */
import { parseBase64url } from "#parley/codec/bytes.ts";
import { isJsonObject, parseJson } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeKey } from "#parley/crypto/node-key.ts";
import { keysAt, parsePartyChain, type PartyChain } from "#parley/party/chain.ts";
import type { Genesis } from "#parley/protocols/agreement/index.ts";
import type { ChannelRecord } from "./record.ts";

export interface KeyUpdate {
  readonly seq: number;
  readonly version: number;
}

export interface Channel {
  readonly id: string;
  readonly genesisBytes: Uint8Array;
  /** Undefined for the house feed, which has no agreement. */
  readonly genesis: Genesis | undefined;
  readonly parties: readonly string[];
  readonly record: ChannelRecord;
  /** Positions of `party_update` entries with the version each made known (SPEC 4.3.2). */
  readonly updates: Map<string, KeyUpdate[]>;
  /** Fork proofs by feed: a frozen feed takes nothing more (SPEC 3.7.3). */
  readonly frozen: Map<string, Uint8Array>;
  /**
   * Whether this node may sign here: before its first signature after a start it asks for its own head.
   * `asking` answers and reads only; `frozen` needs the roots.
   */
  signing: "asking" | "allowed" | "frozen";
}

/** SPEC 3.1.5: the chain inside a `party_update` message, verified and of this feed. */
export function parsePartyUpdate(
  backend: CryptoBackend,
  feed: string,
  message: Uint8Array,
): PartyChain | Refusal {
  const value = parseJson(message);
  if (isRefusal(value)) return value;
  const text = isJsonObject(value) ? value["chain"] : undefined;
  const bytes = typeof text === "string" ? parseBase64url(text) : undefined;
  if (bytes === undefined || isRefusal(bytes)) return refuse("party-schema");
  const chain = parsePartyChain(backend, bytes);
  if (isRefusal(chain)) return chain;
  return chain.party === feed ? chain : refuse("party-id");
}

/**
 * SPEC 4.3.5: what a `party_update` entry makes known, beside the newest chain known; undefined when it makes known
 * nothing: an entry that does not say what it should is void, and blocks neither the feed nor its keys.
 */
export function takePartyUpdate(
  backend: CryptoBackend,
  known: PartyChain,
  message: Uint8Array,
): PartyChain | undefined {
  const update = parsePartyUpdate(backend, known.party, message);
  if (isRefusal(update)) return undefined;
  const common = Math.min(update.versions.length, known.versions.length) - 1;
  return update.versions[common]?.hash === known.versions[common]?.hash ? update : undefined;
}

/** Keys valid for a head of `size` of `feed`, under the newest chain known. */
export function channelKeysAt(
  channel: Channel,
  chain: PartyChain,
  size: number,
  inBatch: readonly KeyUpdate[] = [],
): readonly NodeKey[] {
  const named = channel.genesis?.parties.find(({ party }) => party === chain.party);
  const updates = [...(channel.updates.get(chain.party) ?? []), ...inBatch];
  return keysAt(chain, updates, { channel: channel.id, size, initialVersion: named?.version ?? 1 });
}
