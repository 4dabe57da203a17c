/**
 * Party chains (SPEC 4.2, 4.3): the versions of one party, each signed by a threshold of the previous roots and of
 * its own, and which node key was valid at which position of a feed.
 */
import { encodeBase64url, parseBase64url, utf8, concatBytes } from "#parley/codec/bytes.ts";
import { encodeBundle, parseBundle, type BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, isJsonObject, parseJson, type Json, type JsonObject } from "#parley/codec/json.ts";
import { PARTY_CHAIN_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import {
  signHybrid,
  verifyHybrid,
  type HybridSignature,
  type NodeKey,
  type NodeSecret,
} from "#parley/crypto/node-key.ts";
import {
  parsePartyDocument,
  rootHash,
  rootsHashOf,
  type PartyDocument,
  type PartyDocumentCode,
} from "./document.ts";

/** One version with its root signatures, as stored and sent. */
export interface SignedVersion {
  readonly document: Uint8Array;
  readonly signatures: Uint8Array;
}

/** A chain whose every step was verified; `party` is its id for ever. */
export interface PartyChain {
  readonly party: string;
  readonly versions: readonly PartyDocument[];
  readonly signed: readonly SignedVersion[];
  readonly latest: PartyDocument;
}

export type PartyCode =
  PartyDocumentCode | "party-chain" | "party-signatures" | "party-roots" | "party-id" | "party-expired";

/** Verifies from version 1; `facts.version` names the version at fault. */
export function verifyPartyChain(
  backend: CryptoBackend,
  signed: readonly SignedVersion[],
): PartyChain | Refusal<PartyCode> {
  if (signed.length === 0 || signed.length > PARTY_CHAIN_LIMIT) return refuse("party-chain", { version: 0 });
  const versions: PartyDocument[] = [];
  for (const step of signed) {
    const version = versions.length + 1;
    const first = versions[0];
    const document = parsePartyDocument(backend, step.document, first && rootsHashOf(backend, first));
    if (isRefusal(document)) return refuse(document.code, { ...document.facts, version });
    const fault = stepFault(backend, versions.at(-1), document, step.signatures);
    if (fault !== undefined) return refuse(fault, { version });
    versions.push(document);
  }
  const [first, latest] = [versions[0], versions.at(-1)];
  if (first === undefined || latest === undefined) return refuse("party-chain", { version: 0 });
  return { party: first.hash, versions, signed, latest };
}

/** Bundle of `party` and `party_signatures` records in turn: the `.party` file. */
export function encodePartyChain(signed: readonly SignedVersion[]): Uint8Array {
  return encodeBundle(chainRecords(signed));
}

export function chainRecords(signed: readonly SignedVersion[]): readonly BundleRecord[] {
  return signed.flatMap(({ document, signatures }) => [
    { type: "party", bytes: document } as const,
    { type: "party_signatures", bytes: signatures } as const,
  ]);
}

export function parsePartyChain(backend: CryptoBackend, bytes: Uint8Array): PartyChain | Refusal {
  const records = parseBundle(bytes);
  if (isRefusal(records)) return records;
  const chains = collectChains(records);
  const signed =
    chains.length === 1 && records.length === (chains[0]?.length ?? 0) * 2 ? chains[0] : undefined;
  return signed === undefined ? refuse("party-chain", { version: 0 }) : verifyPartyChain(backend, signed);
}

/** The chains that stand in a bundle, in order: a document without `prev` begins the next chain. */
export function collectChains(records: readonly BundleRecord[]): readonly (readonly SignedVersion[])[] {
  const chains: SignedVersion[][] = [];
  for (let i = 0; i + 1 < records.length; i++) {
    const [document, signatures] = [records[i], records[i + 1]];
    if (document?.type !== "party" || signatures?.type !== "party_signatures") continue;
    const value = parseJson(document.bytes);
    const begins = isRefusal(value) || !isJsonObject(value) || value["prev"] === undefined;
    const step = { document: document.bytes, signatures: signatures.bytes };
    const chain = chains.at(-1);
    if (begins || chain === undefined) chains.push([step]);
    else chain.push(step);
  }
  return chains;
}

/** SPEC 4.2.2: what roots sign. */
export function partyMessage(document: Uint8Array): Uint8Array {
  return concatBytes(utf8("parley/party/v1\n"), document);
}

/** The `party_signatures` record by these roots over this document. */
export function signPartyDocument(
  backend: CryptoBackend,
  roots: readonly NodeSecret[],
  document: Uint8Array,
): Uint8Array {
  const signatures = roots.map((root): JsonObject => {
    const signature = signHybrid(backend, root, partyMessage(document));
    return {
      ed25519: encodeBase64url(signature.ed25519),
      key: encodeBase64url(root.key.ed25519),
      ml_dsa_44: encodeBase64url(signature.mlDsa44),
    };
  });
  return encodeJson({ signatures, type: "party_signatures", v: 1 });
}

/**
 * SPEC 4.3: keys that may sign a head of `size` of this party's feed in `channel`. `updates` are the positions of
 * the feed's `party_update` entries with the newest version each made known, ascending.
 */
export function keysAt(
  chain: PartyChain,
  updates: readonly { readonly seq: number; readonly version: number }[],
  where: { readonly channel: string; readonly size: number; readonly initialVersion: number },
): readonly NodeKey[] {
  let version = where.initialVersion;
  for (const update of updates) if (update.seq < where.size) version = Math.max(version, update.version);
  const document = chain.versions[version - 1];
  if (document === undefined) return [];
  return document.nodeKeys.filter((_, i) => !isRevoked(chain, document.node_keys[i]?.ed25519 ?? "", where));
}

/** Keys under which a receipt of this party is believed: of any version, unless revoked in this channel at all. */
export function receiptKeys(chain: PartyChain, channel: string): readonly NodeKey[] {
  const keys = new Map<string, NodeKey>();
  for (const document of chain.versions) {
    document.node_keys.forEach((listed, i) => {
      const key = document.nodeKeys[i];
      const where = { channel, size: Number.MAX_SAFE_INTEGER };
      if (key !== undefined && !isRevoked(chain, listed.ed25519, where)) keys.set(listed.ed25519, key);
    });
  }
  return [...keys.values()];
}

/** SPEC 4.3.3: a key revoked at size N signs no head above N, whatever version lists the revocation. */
function isRevoked(
  chain: PartyChain,
  ed25519: string,
  where: { readonly channel: string; readonly size: number },
): boolean {
  return chain.versions.some((document) =>
    document.node_keys.some(
      (key) =>
        key.ed25519 === ed25519 &&
        key.revoked?.some(({ channel, size }) => channel === where.channel && where.size > size),
    ),
  );
}

function stepFault(
  backend: CryptoBackend,
  previous: PartyDocument | undefined,
  document: PartyDocument,
  signatureBytes: Uint8Array,
): PartyCode | undefined {
  if (document.version !== (previous?.version ?? 0) + 1 || document.prev !== previous?.hash)
    return "party-chain";
  const signatures = parseSignatures(signatureBytes);
  if (signatures === undefined) return "party-signatures";
  const signers = distinctSigners(backend, document.bytes, signatures, [
    ...(previous?.rootKeys ?? []),
    ...document.rootKeys,
  ]);
  if (countOf(document, signers) < document.roots.threshold) return "party-threshold";
  if (previous === undefined) return undefined;
  if (countOf(previous, signers) < previous.roots.threshold) return "party-threshold";
  const known = new Set(previous.roots.keys.map((key) => key.ed25519));
  const announced = document.rootKeys.every(
    (key) => known.has(encodeBase64url(key.ed25519)) || previous.next_roots.includes(rootHash(backend, key)),
  );
  return announced ? undefined : "party-roots";
}

/** "n of m" counts distinct keys (SPEC 4.2.3). */
function distinctSigners(
  backend: CryptoBackend,
  document: Uint8Array,
  signatures: ReadonlyMap<string, HybridSignature>,
  keys: readonly NodeKey[],
): ReadonlySet<string> {
  const signers = new Set<string>();
  for (const key of keys) {
    const name = encodeBase64url(key.ed25519);
    const signature = signatures.get(name);
    if (signature !== undefined && verifyHybrid(backend, key, partyMessage(document), signature))
      signers.add(name);
  }
  return signers;
}

function countOf(document: PartyDocument, signers: ReadonlySet<string>): number {
  return document.roots.keys.filter((key) => signers.has(key.ed25519)).length;
}

function parseSignatures(bytes: Uint8Array): ReadonlyMap<string, HybridSignature> | undefined {
  const value = parseJson(bytes);
  if (isRefusal(value) || !isJsonObject(value) || Object.keys(value).join() !== "signatures,type,v")
    return undefined;
  const list = value["signatures"];
  if (value["type"] !== "party_signatures" || value["v"] !== 1 || !Array.isArray(list) || list.length > 64)
    return undefined;
  const byKey = new Map<string, HybridSignature>();
  for (const item of list as readonly Json[]) {
    if (!isJsonObject(item) || Object.keys(item).join() !== "ed25519,key,ml_dsa_44") return undefined;
    const { ed25519: classic, key, ml_dsa_44: quantum } = item;
    if (typeof classic !== "string" || typeof key !== "string" || typeof quantum !== "string")
      return undefined;
    const [ed25519, mlDsa44] = [parseBase64url(classic), parseBase64url(quantum)];
    if (isRefusal(ed25519) || isRefusal(mlDsa44) || byKey.has(key)) return undefined;
    byKey.set(key, { ed25519, mlDsa44 });
  }
  return byKey;
}
