/**
 * The entries of one feed: form, place and openings (SPEC 7.3.3 first half, 7.3.6).
 *
 * One pass. It notes every size of another feed that an entry names, so that each root is computed once and `seen`
 * becomes a look-up. Whether the author signed these bytes is judged afterwards, by the heads.
 */
import { bytesEqual, encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { isJsonObject, parseJson } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { parseEntry, type Entry } from "#parley/ledger/entry.ts";
import { encodePartyChain, parsePartyChain, type PartyChain } from "#parley/party/chain.ts";
import { addFault, addWarning, shownOf, type FeedWork } from "./feed-work.ts";
import type { Ground } from "./ground.ts";
import { createHasher, type Hasher } from "./hasher.ts";
import { HASH_SIZE_BYTES, type Opening } from "./sections.ts";

/** Fills `entries`, `leaves`, `firstDifference`, `updates`; adds faults of entries and openings. */
export function readEntries(backend: CryptoBackend, ground: Ground, work: FeedWork): void {
  const { section } = work;
  if (section.feed !== work.feed) addFault(work, "entry", "transcript-malformed", { index: 0 });
  if (section.brokenAt !== undefined) {
    addFault(work, "entry", "transcript-malformed", { index: section.brokenAt });
    distrustUpdates(work, section.brokenAt);
  }
  const hasher = createHasher(backend);
  let inOrder = true;
  for (const [index, slot] of section.slots.entries()) {
    const leaf = hasher.leaf(slot.entry);
    work.leaves.push(leaf);
    if (work.firstDifference === undefined && !isListed(section.listed, index, leaf))
      work.firstDifference = index;
    if (!inOrder) continue;
    const entry = parseEntry(slot.entry);
    const fault = isRefusal(entry) ? entry.code : placeFault(ground, work, entry);
    if (fault !== undefined || isRefusal(entry)) {
      addFault(work, "entry", fault ?? "", { index });
      distrustUpdates(work, index);
      inOrder = false;
      continue;
    }
    work.entries.push(entry);
    readOpening({ backend, hasher, ground, work }, entry, slot.opening);
  }
  if (section.listed.length !== shownOf(work) * HASH_SIZE_BYTES) {
    work.firstDifference ??= Math.min(shownOf(work), section.listed.length / HASH_SIZE_BYTES);
  }
  distrustUpdates(work, work.firstDifference ?? Number.MAX_SAFE_INTEGER);
}

function isListed(listed: Uint8Array, index: number, leaf: Uint8Array): boolean {
  const offset = index * HASH_SIZE_BYTES;
  if (offset + HASH_SIZE_BYTES > listed.length) return false;
  for (let i = 0; i < HASH_SIZE_BYTES; i++) if (listed[offset + i] !== leaf[i]) return false;
  return true;
}

/** SPEC 3.8.2, 3.8.3, 3.8.7: what the entry says of itself and of the entry before. */
function placeFault(ground: Ground, work: FeedWork, entry: Entry): string | undefined {
  if (entry.channel !== ground.channel) return "entry-channel";
  if (entry.feed !== work.feed) return "entry-feed";
  if (entry.seq !== work.entries.length) return "out-of-order";
  for (const before of work.entries.at(-1)?.seen ?? []) {
    const now = entry.seen.find(({ feed }) => feed === before.feed);
    if (now === undefined || now.size < before.size) return "seen-backwards";
  }
  return undefined;
}

interface Reading {
  readonly backend: CryptoBackend;
  readonly hasher: Hasher;
  readonly ground: Ground;
  readonly work: FeedWork;
}

/** SPEC 7.3.6. */
function readOpening({ backend, hasher, ground, work }: Reading, entry: Entry, opening: Opening): void {
  const index = entry.seq;
  if (opening.kind === "withheld") {
    if (entry.kind !== "party_update") return;
    addWarning(work, "update-withheld", {}, index);
    distrustUpdates(work, index);
    return;
  }
  if (encodeBase64url(hasher.commit(opening.salt, opening.message)) !== entry.commit) {
    addFault(work, "opening", "commit-mismatch", { index });
    distrustUpdates(work, index);
    return;
  }
  if (entry.kind === "genesis" && !bytesEqual(opening.message, ground.genesis)) {
    addFault(work, "opening", "opening-mismatch", { index });
  }
  if (entry.kind !== "party_update") return;
  const version = versionMadeKnown(backend, work.member.chain, opening.message);
  if (version === "void" && index > 1) {
    addWarning(work, "update-void", {}, index);
    return;
  }
  if (typeof version !== "number") {
    addFault(work, "opening", "opening-mismatch", { index });
    distrustUpdates(work, index);
    return;
  }
  work.updates.push({ seq: index, version });
}

/** A later head may be signed by keys that only a hidden or damaged update made known. */
function distrustUpdates(work: FeedWork, index: number): void {
  work.unknownUpdatesFrom = Math.min(work.unknownUpdatesFrom, index);
}

/**
 * SPEC 3.1.5: the message of a `party_update` is the party's chain as of then, a beginning of the chain shown. `void`
 * is what no reader takes for it (SPEC 4.3.5); undefined is a longer chain than the one shown.
 */
function versionMadeKnown(
  backend: CryptoBackend,
  chain: PartyChain,
  message: Uint8Array,
): number | "void" | undefined {
  const value = parseJson(message);
  const text = isRefusal(value) || !isJsonObject(value) ? undefined : value["chain"];
  const bytes = typeof text === "string" ? parseBase64url(text) : undefined;
  if (bytes === undefined || isRefusal(bytes)) return "void";
  for (let version = chain.signed.length; version > 0; version--) {
    if (bytesEqual(encodePartyChain(chain.signed.slice(0, version)), bytes)) return version;
  }
  // The same documents under other signatures of the roots are the same versions.
  const told = parsePartyChain(backend, bytes);
  if (isRefusal(told)) return "void";
  const common = Math.min(told.versions.length, chain.versions.length) - 1;
  if (told.versions[common]?.hash !== chain.versions[common]?.hash) return "void";
  return told.versions.length > chain.versions.length ? undefined : told.versions.length;
}
