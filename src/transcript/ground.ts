/**
 * The ground on which feeds are judged (SPEC 7.2.2, 7.3.1, 7.3.2): genesis, parties, manifest, and whether the
 * reader's trust reaches them.
 *
 * It answers what stands and what is wrong; only a genesis or a chain that does not hold ends the verification,
 * because without them no signature means anything.
 */
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { isJsonObject, parseJson, type Json } from "#parley/codec/json.ts";
import { GENESIS_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal, type RefusalFacts } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { verifyHybrid, type NodeKey } from "#parley/crypto/node-key.ts";
import { isHashText } from "#parley/ledger/entry.ts";
import {
  keysAt,
  partyMessage,
  receiptKeys,
  verifyPartyChain,
  type PartyChain,
  type SignedVersion,
} from "#parley/party/chain.ts";
import { validateGenesis } from "#parley/protocols/agreement/terms.ts";
import { catalogued } from "./catalogue.ts";
import { parseManifest, verifyManifest, type Manifest } from "./manifest.ts";
import type { Fault } from "./report.ts";
import type { Sections } from "./sections.ts";
import type { Trust } from "./trust.ts";

/** A party of the channel with the keys of its chain. */
export interface Member {
  readonly party: string;
  /** The version that the genesis names (SPEC 4.3.1). */
  readonly initialVersion: number;
  readonly chain: PartyChain;
  readonly receiptKeys: readonly NodeKey[];
}

export interface Ground {
  readonly channel: string;
  readonly genesis: Uint8Array;
  /** Ascending by id. */
  readonly members: readonly Member[];
  /** Undefined when the manifest has no readable claims. */
  readonly manifest: Manifest | undefined;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

interface Named {
  readonly party: string;
  readonly version: number;
  /** Undefined in a house feed, whose genesis names the party alone. */
  readonly documentHash: string | undefined;
}

export function toFault(code: string, facts: RefusalFacts = {}): Fault {
  return { ...catalogued(code), facts };
}

/** The ground, or why there is none. `facts.party` counts the parties of the genesis from 0. */
export function establishGround(backend: CryptoBackend, sections: Sections, trust: Trust): Ground | Refusal {
  const channel = encodeBase64url(backend.sha256(sections.genesis));
  const manifest = parseManifest(sections.manifest);
  if (!isRefusal(manifest) && manifest.channel !== channel) return refuse("genesis-hash");
  const named = partiesOfGenesis(sections.genesis);
  if (isRefusal(named)) return named;
  const members = establishMembers(backend, channel, named, sections.chains);
  if (isRefusal(members)) return members;
  const faults: Fault[] = [];
  const unsigned = isRefusal(manifest) ? manifest : manifestFault(backend, manifest, members);
  if (unsigned !== undefined) faults.push(toFault(unsigned.code, unsigned.facts));
  faults.push(...trustFaults(trust, channel, members));
  return {
    channel,
    genesis: sections.genesis,
    members,
    manifest: isRefusal(manifest) ? undefined : manifest,
    faults,
    warnings: [...manifestWarnings(manifest), ...rootSignatureWarnings(backend, members)],
  };
}

function partiesOfGenesis(bytes: Uint8Array): readonly Named[] | Refusal {
  const value = parseJson(bytes, { sizeLimitBytes: GENESIS_SIZE_LIMIT_BYTES });
  if (isRefusal(value)) return value;
  const house = partyOfHouse(value);
  if (house !== undefined) return [{ party: house, version: 1, documentHash: undefined }];
  const genesis = validateGenesis(value);
  if (isRefusal(genesis)) return genesis;
  return genesis.parties.map(({ party, version, document_hash: documentHash }) => ({
    party,
    version,
    documentHash,
  }));
}

/** SPEC 5.1.3. */
function partyOfHouse(value: Json): string | undefined {
  if (!isJsonObject(value) || Object.keys(value).join() !== "nonce,party,type,v") return undefined;
  const { nonce, party, type, v } = value;
  return type === "house" && v === 1 && isHashText(nonce) && isHashText(party) ? party : undefined;
}

function establishMembers(
  backend: CryptoBackend,
  channel: string,
  named: readonly Named[],
  chains: readonly (readonly SignedVersion[])[],
): readonly Member[] | Refusal {
  if (chains.length !== named.length) return refuse("transcript-malformed", { parties: chains.length });
  const members: Member[] = [];
  for (const [index, { party, version, documentHash }] of named.entries()) {
    const chain = verifyPartyChain(backend, chains[index] ?? []);
    if (isRefusal(chain)) return refuse(chain.code, { ...chain.facts, party: index });
    if (chain.party !== party) return refuse("party-id", { party: index });
    const document = chain.versions[version - 1];
    if (document === undefined || (documentHash !== undefined && document.hash !== documentHash)) {
      return refuse("party-version", { party: index, version });
    }
    members.push({ party, initialVersion: version, chain, receiptKeys: receiptKeys(chain, channel) });
  }
  return members;
}

/** SPEC 7.3.2, 5.3.1: an unrevoked node key of the newest version of a party of the genesis. */
function manifestFault(
  backend: CryptoBackend,
  manifest: Manifest,
  members: readonly Member[],
): Refusal | undefined {
  const exporter = members.find(({ party }) => party === manifest.exporter);
  if (exporter === undefined) return refuse("manifest-signature", { cause: "not-a-party" });
  const { chain } = exporter;
  const where = {
    channel: manifest.channel,
    size: Number.MAX_SAFE_INTEGER,
    initialVersion: chain.latest.version,
  };
  const signed = verifyManifest(backend, manifest, keysAt(chain, [], where));
  if (signed !== true) return signed;
  const complete =
    manifest.ends.length === members.length &&
    members.every(({ party }, i) => manifest.ends[i]?.feed === party);
  return complete ? undefined : refuse("transcript-malformed", { record: 0 });
}

function trustFaults(trust: Trust, channel: string, members: readonly Member[]): readonly Fault[] {
  const unlisted = members.flatMap(({ party }, index) =>
    trust.parties.includes(party) ? [] : [toFault("trust-party", { party: index })],
  );
  const foreign = trust.channels.length > 0 && !trust.channels.includes(channel);
  return foreign ? [...unlisted, toFault("trust-channel")] : unlisted;
}

/** A manifest has its exporter's two lines; any other line proves nothing here. */
function manifestWarnings(manifest: Manifest | Refusal): readonly Fault[] {
  if (isRefusal(manifest) || manifest.note.lines.length <= 2) return [];
  return [toFault("line-unrecognised", { record: 0, lines: manifest.note.lines.length - 2 })];
}

/** SPEC 7.3.9: a root signature that nobody needs to believe the document, because it does not verify. */
function rootSignatureWarnings(backend: CryptoBackend, members: readonly Member[]): readonly Fault[] {
  return members.flatMap(({ chain }, party) =>
    chain.versions.flatMap((document, i) => {
      const roots = [...(chain.versions[i - 1]?.rootKeys ?? []), ...document.rootKeys];
      const unused = countUnusedSignatures(backend, roots, chain.signed[i]);
      return unused === 0
        ? []
        : [toFault("root-signature-unused", { party, version: i + 1, signatures: unused })];
    }),
  );
}

function countUnusedSignatures(
  backend: CryptoBackend,
  roots: readonly NodeKey[],
  signed: SignedVersion | undefined,
): number {
  const value = signed === undefined ? undefined : parseJson(signed.signatures);
  if (signed === undefined || isRefusal(value) || !isJsonObject(value) || !Array.isArray(value["signatures"]))
    return 1;
  const message = partyMessage(signed.document);
  let unused = 0;
  for (const item of value["signatures"] as readonly Json[]) {
    const { ed25519: classic, key: name, ml_dsa_44: quantum } = isJsonObject(item) ? item : {};
    const key = roots.find((root) => encodeBase64url(root.ed25519) === name);
    const ed25519 = typeof classic === "string" ? parseBase64url(classic) : undefined;
    const mlDsa44 = typeof quantum === "string" ? parseBase64url(quantum) : undefined;
    const readable =
      ed25519 !== undefined && !isRefusal(ed25519) && mlDsa44 !== undefined && !isRefusal(mlDsa44);
    if (key === undefined || !readable || !verifyHybrid(backend, key, message, { ed25519, mlDsa44 }))
      unused++;
  }
  return unused;
}
