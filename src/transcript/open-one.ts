/**
 * One message shown to a third party (SPEC 7.5): entry, proof under a signed head, salt and message, the author's
 * chain, the genesis, and nothing else of the channel.
 *
 * It establishes that this party said this message in this channel. It deliberately says nothing of what came before
 * or after, and counts no receipts: their givers' chains are not in the file.
 */
import { bytesEqual, concatBytes, encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { encodeBundle, parseBundle, type RecordType } from "#parley/codec/bundle.ts";
import { encodeJson, isJsonObject, parseJson, type Json } from "#parley/codec/json.ts";
import { GENESIS_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeKey } from "#parley/crypto/node-key.ts";
import { commitTo, SALT_SIZE_BYTES } from "#parley/crypto/payload.ts";
import { verifyAuthor } from "#parley/ledger/checkpoint.ts";
import { parseEntry, type Entry } from "#parley/ledger/entry.ts";
import { encodeProof, parseProof, verifyInclusion, type EntryProof } from "#parley/ledger/proof.ts";
import type { Hash } from "#parley/ledger/tree.ts";
import {
  chainRecords,
  collectChains,
  keysAt,
  verifyPartyChain,
  type PartyChain,
  type SignedVersion,
} from "#parley/party/chain.ts";
import { validateGenesis, type Genesis } from "#parley/protocols/agreement/terms.ts";
import type { Trust } from "./trust.ts";

export interface OneMessage {
  readonly entry: Uint8Array;
  /** RFC 6962 inclusion path of the entry under `checkpoint`. */
  readonly path: readonly Hash[];
  /** With the author's two lines alone: receipts cannot be verified without their givers' chains. */
  readonly checkpoint: Uint8Array;
  readonly salt: Uint8Array;
  readonly message: Uint8Array;
  /** The author's. */
  readonly signed: readonly SignedVersion[];
  readonly genesis: Uint8Array;
  readonly seq: number;
}

/** What holds: `party` said `message` as entry `seq` of its feed in `channel`, under its own head of `size`. */
export interface SaidMessage {
  readonly channel: string;
  readonly party: string;
  readonly name: string;
  readonly handle: string;
  readonly seq: number;
  readonly size: number;
  readonly entry: Entry;
  readonly message: Uint8Array;
  /** The author's. */
  readonly chain: PartyChain;
}

const AUTHOR_LINES = 2;
const RECORDS: readonly RecordType[] = ["entry", "reply", "opened"];

export function encodeOneMessage(one: OneMessage): Uint8Array {
  const proof = utf8ToText(encodeProof({ index: one.seq, path: one.path, checkpoint: one.checkpoint })) ?? "";
  return encodeBundle([
    { type: "entry", bytes: one.entry },
    { type: "reply", bytes: encodeJson({ proof, type: "proof", v: 1 }) },
    { type: "opened", bytes: concatBytes(one.salt, one.message) },
    ...chainRecords(one.signed),
    { type: "genesis", bytes: one.genesis },
  ]);
}

/** The refusal is the first in the order of SPEC 7.5: form, genesis, chain, trust, entry, proof, head, opening. */
export function verifyOneMessage(
  backend: CryptoBackend,
  bytes: Uint8Array,
  trust: Trust,
): SaidMessage | Refusal {
  const parts = readParts(bytes);
  if (isRefusal(parts)) return parts;
  const genesis = parseGenesis(parts.genesis);
  if (isRefusal(genesis)) return genesis;
  const channel = encodeBase64url(backend.sha256(parts.genesis));
  const chain = verifyPartyChain(backend, parts.signed);
  if (isRefusal(chain)) return chain;
  if (!trust.parties.includes(chain.party)) return refuse("trust-party");
  if (trust.channels.length > 0 && !trust.channels.includes(channel)) return refuse("trust-channel");
  const entry = parseEntry(parts.entry);
  if (isRefusal(entry)) return entry;
  if (entry.channel !== channel) return refuse("entry-channel", { seq: entry.seq });
  if (entry.feed !== chain.party) return refuse("entry-feed", { seq: entry.seq });
  const version = versionInGenesis(genesis, chain);
  if (isRefusal(version)) return version;
  const size = verifyUnderHead(backend, { entry, bytes: parts.entry, proof: parts.proof, chain, version });
  if (isRefusal(size)) return size;
  const salt = parts.opened.subarray(0, SALT_SIZE_BYTES);
  const message = parts.opened.subarray(SALT_SIZE_BYTES);
  if (encodeBase64url(commitTo(backend, salt, message)) !== entry.commit) {
    return refuse("commit-mismatch", { seq: entry.seq });
  }
  const { name, handle } = chain.latest;
  return { channel, party: chain.party, name, handle, seq: entry.seq, size, entry, message, chain };
}

interface Parts {
  readonly entry: Uint8Array;
  readonly proof: Uint8Array;
  readonly opened: Uint8Array;
  readonly signed: readonly SignedVersion[];
  readonly genesis: Uint8Array;
}

function readParts(bytes: Uint8Array): Parts | Refusal {
  const records = parseBundle(bytes);
  if (isRefusal(records)) return records;
  const misplaced = RECORDS.findIndex((type, i) => records[i]?.type !== type);
  if (misplaced !== -1) return refuse("transcript-malformed", { record: misplaced });
  const [entry, reply, opened] = records;
  const genesis = records.at(-1);
  const chains = collectChains(records.slice(RECORDS.length, -1));
  const [signed = []] = chains;
  const whole = chains.length === 1 && signed.length * 2 === records.length - RECORDS.length - 1;
  if (genesis?.type !== "genesis" || !whole)
    return refuse("transcript-malformed", { record: RECORDS.length });
  const proof = reply === undefined ? undefined : proofOfReply(reply.bytes);
  if (proof === undefined) return refuse("transcript-malformed", { record: 1 });
  if (entry === undefined || opened === undefined || opened.bytes.length < SALT_SIZE_BYTES) {
    return refuse("transcript-malformed", { record: 2 });
  }
  return { entry: entry.bytes, proof, opened: opened.bytes, signed, genesis: genesis.bytes };
}

function proofOfReply(bytes: Uint8Array): Uint8Array | undefined {
  const value: Json | Refusal = parseJson(bytes);
  if (isRefusal(value) || !isJsonObject(value) || Object.keys(value).join() !== "proof,type,v")
    return undefined;
  const { proof, type, v } = value;
  return typeof proof === "string" && type === "proof" && v === 1 ? utf8(proof) : undefined;
}

function parseGenesis(bytes: Uint8Array): Genesis | Refusal {
  const value = parseJson(bytes, { sizeLimitBytes: GENESIS_SIZE_LIMIT_BYTES });
  return isRefusal(value) ? value : validateGenesis(value);
}

function versionInGenesis({ parties }: Genesis, chain: PartyChain): number | Refusal {
  const named = parties.find(({ party }) => party === chain.party);
  if (named === undefined) return refuse("party-id");
  const document = chain.versions[named.version - 1];
  return document?.hash === named.document_hash
    ? named.version
    : refuse("party-version", { version: named.version });
}

interface UnderHead {
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  readonly proof: Uint8Array;
  readonly chain: PartyChain;
  readonly version: number;
}

/** Size of the head. Its key is of any version from the genesis on: the updates in between are not in the file. */
function verifyUnderHead(backend: CryptoBackend, under: UnderHead): number | Refusal {
  const { entry, chain } = under;
  const proof: EntryProof | Refusal = parseProof(under.proof);
  if (isRefusal(proof)) return proof;
  const { checkpoint } = proof;
  if (checkpoint.channel !== entry.channel || checkpoint.feed !== entry.feed)
    return refuse("checkpoint-origin");
  // No `extra` line and no third signature: every byte of the proof is one that something depends on.
  const lean = isCanonical(under.proof, proof) && checkpoint.note.lines.length <= AUTHOR_LINES;
  if (proof.index !== entry.seq || !lean) return refuse("proof-malformed");
  const included = verifyInclusion(backend.sha256, proof, under.bytes);
  if (included !== true) return included;
  const keys = new Set<NodeKey>();
  for (let version = under.version; version <= chain.versions.length; version++) {
    const where = { channel: entry.channel, size: checkpoint.size, initialVersion: version };
    for (const key of keysAt(chain, [], where)) keys.add(key);
  }
  const signed = verifyAuthor(backend, checkpoint, [...keys]);
  return signed === true ? checkpoint.size : signed;
}

function isCanonical(bytes: Uint8Array, { index, path }: EntryProof): boolean {
  const head = encodeProof({ index, path, checkpoint: new Uint8Array(0) });
  return bytesEqual(bytes.subarray(0, head.length), head);
}
