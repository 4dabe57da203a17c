/**
 * The manifest of a transcript (SPEC 7.1): who exported it when, and the end of each feed that the exporter claims.
 *
 *     parley-transcript/1
 *     <channel>
 *     <exporter's party id>
 *     <instant of export>
 *     <feed> <size> <root>          one line for each feed, ascending
 *
 * It guarantees form, and with `verifyManifest` the exporter's word. The word is a claim: the verifier compares it
 * with what the heads prove.
 */
import { encodeBase64, parseBase64 } from "#parley/codec/bytes.ts";
import { parseNote, type Note } from "#parley/codec/note.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, type Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeKey, NodeSecret } from "#parley/crypto/node-key.ts";
import { signText, verifyText } from "#parley/ledger/checkpoint.ts";
import { isHashText } from "#parley/ledger/entry.ts";
import type { Hash } from "#parley/ledger/tree.ts";

export interface ClaimedEnd {
  readonly feed: string;
  /** 0 for a feed that has said nothing; its root is then the hash of no bytes. */
  readonly size: number;
  readonly root: Hash;
}

export interface ManifestClaims {
  readonly channel: string;
  readonly exporter: string;
  readonly exportedAt: Instant;
  /** Ascending by feed. */
  readonly ends: readonly ClaimedEnd[];
}

export interface Manifest extends ManifestClaims {
  readonly note: Note;
}

const HEADER = "parley-transcript/1";
const END = /^([A-Za-z0-9_-]{43}) (0|[1-9][0-9]{0,15}) ([A-Za-z0-9+/]{43}=)$/;

export function manifestToText({ channel, exporter, exportedAt, ends }: ManifestClaims): string {
  const lines = ends.map(({ feed, size, root }) => `${feed} ${size} ${encodeBase64(root)}\n`);
  return `${HEADER}\n${channel}\n${exporter}\n${encodeInstant(exportedAt)}\n${lines.join("")}`;
}

/** The signed note; `secret` is a node key of the exporter (SPEC 5.3.1). */
export function signManifest(backend: CryptoBackend, secret: NodeSecret, claims: ManifestClaims): Uint8Array {
  return signText(backend, secret, claims.exporter, manifestToText(claims));
}

/** Form alone. `note-…` of SPEC 1.6 or `transcript-malformed`. */
export function parseManifest(bytes: Uint8Array): Manifest | Refusal {
  const note = parseNote(bytes);
  if (isRefusal(note)) return note;
  const [header, channel = "", exporter = "", time = "", ...rest] = note.text.split("\n");
  const exportedAt = parseInstant(time);
  const named = header === HEADER && isHashText(channel) && isHashText(exporter);
  if (!named || isRefusal(exportedAt) || rest.pop() !== "")
    return refuse("transcript-malformed", { record: 0 });
  const ends: ClaimedEnd[] = [];
  for (const line of rest) {
    const end = parseEnd(line);
    if (end === undefined || end.feed <= (ends.at(-1)?.feed ?? "")) {
      return refuse("transcript-malformed", { record: 0 });
    }
    ends.push(end);
  }
  return { channel, exporter, exportedAt, ends, note };
}

/** SPEC 7.3.2: one of `keys` of the exporter signed these claims with both algorithms. */
export function verifyManifest(
  backend: CryptoBackend,
  manifest: Manifest,
  keys: readonly NodeKey[],
): true | Refusal {
  const signed = verifyText(backend, manifest.note, manifest.exporter, keys);
  return signed === true ? true : refuse("manifest-signature", { cause: signed.code });
}

function parseEnd(line: string): ClaimedEnd | undefined {
  const [, feed = "", size = "", rootText = ""] = END.exec(line) ?? [];
  const root = parseBase64(rootText, 32);
  if (!isHashText(feed) || isRefusal(root) || !Number.isSafeInteger(Number(size))) return undefined;
  return { feed, size: Number(size), root };
}
