/**
 * Checkpoints and receipts (SPEC 3.4, 3.5): C2SP notes over the head of one feed.
 *
 * Author: an Ed25519 note signature (0x01) and an ML-DSA-44 cosignature (0x06) with timestamp 0.
 * Receipt: cosignatures 0x04 and 0x06 with one timestamp > 0: "I durably hold every entry up to this size".
 * Both lines are always required: there is no suite to negotiate and none to strip.
 */
import { bytesEqual, concatBytes, encodeBase64, parseBase64, u64be, utf8 } from "#parley/codec/bytes.ts";
import {
  encodeNote,
  KEY_ID_BYTES,
  parseNote,
  type Note,
  type NoteCode,
  type SignatureLine,
} from "#parley/codec/note.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { LAST_INSTANT, type Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeKey, NodeSecret } from "#parley/crypto/node-key.ts";
import { verifyEd25519, verifyMlDsa44 } from "#parley/crypto/signature.ts";
import { leafHash, type Hash, type Sha256 } from "./tree.ts";

export interface Head {
  readonly channel: string;
  readonly feed: string;
  readonly size: number;
  readonly root: Hash;
}

export interface Checkpoint extends Head {
  readonly note: Note;
}

export type CheckpointCode =
  NoteCode | "checkpoint-malformed" | "signature-missing" | "signature-bad" | "unknown-key" | "receipt-time";

const ED25519_NOTE = 1;
const ED25519_COSIGNATURE = 4;
const MLDSA44_COSIGNATURE = 6;
const ED25519_SIZE = 64;
const MLDSA44_SIZE = 2420;
const TIMESTAMP_SIZE = 8;
const FORM =
  /^parley1\/([A-Za-z0-9_-]{43})\/([A-Za-z0-9_-]{43})\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/;

export function originOf(head: Head): string {
  return `parley1/${head.channel}/${head.feed}`;
}

export function headToText(head: Head): string {
  return `${originOf(head)}\n${head.size}\n${encodeBase64(head.root)}\n`;
}

export function parseCheckpoint(bytes: Uint8Array): Checkpoint | Refusal<CheckpointCode> {
  const note = parseNote(bytes);
  if (isRefusal(note)) return note;
  const match = FORM.exec(note.text);
  if (match === null) return refuse("checkpoint-malformed");
  const [, channel = "", feed = "", size = "", rootText = ""] = match;
  const root = parseBase64(rootText, 32);
  if (isRefusal(root) || !Number.isSafeInteger(Number(size))) return refuse("checkpoint-malformed");
  return { channel, feed, size: Number(size), root, note };
}

export function encodeCheckpoint(head: Head, lines: readonly SignatureLine[]): Uint8Array {
  return encodeNote({ text: headToText(head), lines });
}

/** C2SP `signed-note`: the first four bytes of SHA-256(name ‖ "\n" ‖ type ‖ key). */
export function keyIdOf(sha256: Sha256, name: string, type: number, key: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8(`${name}\n`), new Uint8Array([type]), key)).slice(0, KEY_ID_BYTES);
}

/** What an author's two lines sign: a note text, and the tree statement that ML-DSA-44 covers. */
interface Statement {
  readonly text: string;
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

function headStatement(head: Head): Statement {
  return { text: headToText(head), origin: originOf(head), size: head.size, root: head.root };
}

/** SPEC 5.3.1: any other text counts as the only leaf of a tree whose origin is its first line. */
function textStatement(sha256: Sha256, text: string): Statement {
  return { text, origin: text.slice(0, text.indexOf("\n")), size: 1, root: leafHash(sha256, utf8(text)) };
}

/** The author's two lines over its own head. */
export function signHead(backend: CryptoBackend, secret: NodeSecret, head: Head): readonly SignatureLine[] {
  return signStatement(backend, secret, head.feed, headStatement(head));
}

/** A note that is not a checkpoint, signed by `name` (SPEC 5.3). The text ends with a line feed. */
export function signText(backend: CryptoBackend, secret: NodeSecret, name: string, text: string): Uint8Array {
  return encodeNote({
    text,
    lines: signStatement(backend, secret, name, textStatement(backend.sha256, text)),
  });
}

/** Establishes that one of `keys` of `name` signed this text with both algorithms. */
export function verifyText(
  backend: CryptoBackend,
  note: Note,
  name: string,
  keys: readonly NodeKey[],
): true | Refusal<CheckpointCode> {
  return verifyStatement(backend, note, { name, keys, statement: textStatement(backend.sha256, note.text) });
}

/** A receipt by `by` at `at` (seconds, > 0). The caller has made the entries durable first (SPEC 3.5.2). */
export function signReceipt(
  backend: CryptoBackend,
  secret: NodeSecret,
  receipt: { readonly head: Head; readonly by: string; readonly at: Instant },
): readonly SignatureLine[] {
  const { head, by, at } = receipt;
  const ed25519 = backend.ed25519.sign(secret.ed25519Seed, ed25519CosignedMessage(at, head));
  const mlDsa44 = backend.mlDsa44.sign(secret.mlDsa44Seed, cosignedMessage(by, at, headStatement(head)));
  return [
    lineOf(backend, by, ED25519_COSIGNATURE, secret.key, concatBytes(u64be(at), ed25519)),
    lineOf(backend, by, MLDSA44_COSIGNATURE, secret.key, concatBytes(u64be(at), mlDsa44)),
  ];
}

/**
 * Establishes that one of `keys` signed this head as its author, with both algorithms. Lines of other names and
 * unknown keys are ignored, as C2SP asks; a missing pair is `unknown-key` when the name signed with other keys.
 */
export function verifyAuthor(
  backend: CryptoBackend,
  checkpoint: Checkpoint,
  keys: readonly NodeKey[],
): true | Refusal<CheckpointCode> {
  return verifyStatement(backend, checkpoint.note, {
    name: checkpoint.feed,
    keys,
    statement: headStatement(checkpoint),
  });
}

/** A receipt that verifies: its time, and exactly the two lines that say so. */
export interface EstablishedReceipt {
  readonly at: Instant;
  readonly lines: readonly SignatureLine[];
}

/** Establishes a receipt of `by` on this head. */
export function establishReceipt(
  backend: CryptoBackend,
  checkpoint: Head & { readonly note: { readonly lines: readonly SignatureLine[] } },
  by: string,
  keys: readonly NodeKey[],
): EstablishedReceipt | Refusal<CheckpointCode> {
  const lines = receiptLinesOf(checkpoint.note.lines, by);
  const pair = pairOf(backend, lines, { name: by, type: ED25519_COSIGNATURE, keys });
  if (isRefusal(pair)) return pair;
  const { key, classic, quantum } = pair;
  if (classic.signature.length !== TIMESTAMP_SIZE + ED25519_SIZE) return refuse("signature-bad");
  if (quantum.signature.length !== TIMESTAMP_SIZE + MLDSA44_SIZE) return refuse("signature-bad");
  const at = timestampOf(classic);
  if (at === undefined || at < 1 || at > LAST_INSTANT || at !== timestampOf(quantum))
    return refuse("receipt-time");
  const established =
    verifyEd25519(backend, key.ed25519, ed25519CosignedMessage(at, checkpoint), afterTimestamp(classic)) ===
      true &&
    verifyMlDsa44(
      backend,
      key.mlDsa44,
      cosignedMessage(by, at, headStatement(checkpoint)),
      afterTimestamp(quantum),
    ) === true;
  return established ? { at, lines: [classic, quantum] } : refuse("signature-bad");
}

/** The time of a receipt of `by` on this head, or why there is none. */
export function verifyReceipt(
  backend: CryptoBackend,
  checkpoint: Head & { readonly note: { readonly lines: readonly SignatureLine[] } },
  by: string,
  keys: readonly NodeKey[],
): Instant | Refusal<CheckpointCode> {
  const receipt = establishReceipt(backend, checkpoint, by, keys);
  return isRefusal(receipt) ? receipt : receipt.at;
}

/** Lines of `by`; the author's own name never gives a receipt on its own head. */
export function receiptLinesOf(lines: readonly SignatureLine[], by: string): readonly SignatureLine[] {
  return lines.filter((line) => line.name === by);
}

function signStatement(
  backend: CryptoBackend,
  secret: NodeSecret,
  name: string,
  statement: Statement,
): readonly SignatureLine[] {
  const note = backend.ed25519.sign(secret.ed25519Seed, utf8(statement.text));
  const cosignature = backend.mlDsa44.sign(secret.mlDsa44Seed, cosignedMessage(name, 0, statement));
  return [
    lineOf(backend, name, ED25519_NOTE, secret.key, note),
    lineOf(backend, name, MLDSA44_COSIGNATURE, secret.key, concatBytes(u64be(0), cosignature)),
  ];
}

function verifyStatement(
  backend: CryptoBackend,
  note: Note,
  by: { readonly name: string; readonly keys: readonly NodeKey[]; readonly statement: Statement },
): true | Refusal<CheckpointCode> {
  const { name, keys, statement } = by;
  const own = note.lines.filter((line) => line.name === name);
  const pair = pairOf(backend, own, { name, type: ED25519_NOTE, keys });
  if (isRefusal(pair)) return pair;
  const { key, classic, quantum } = pair;
  if (quantum.signature.length !== TIMESTAMP_SIZE + MLDSA44_SIZE || timestampOf(quantum) !== 0)
    return refuse("signature-bad");
  const established =
    verifyEd25519(backend, key.ed25519, utf8(statement.text), classic.signature) === true &&
    verifyMlDsa44(backend, key.mlDsa44, cosignedMessage(name, 0, statement), afterTimestamp(quantum)) ===
      true;
  return established || refuse("signature-bad");
}

interface KeyedPair {
  readonly key: NodeKey;
  readonly classic: SignatureLine;
  readonly quantum: SignatureLine;
}

function pairOf(
  backend: CryptoBackend,
  lines: readonly SignatureLine[],
  wanted: { readonly name: string; readonly type: number; readonly keys: readonly NodeKey[] },
): KeyedPair | Refusal<"signature-missing" | "unknown-key"> {
  let half = false;
  for (const key of wanted.keys) {
    const classicId = keyIdOf(backend.sha256, wanted.name, wanted.type, key.ed25519);
    const quantumId = keyIdOf(backend.sha256, wanted.name, MLDSA44_COSIGNATURE, key.mlDsa44);
    const classic = lines.find((line) => bytesEqual(line.keyId, classicId));
    const quantum = lines.find((line) => bytesEqual(line.keyId, quantumId));
    if (classic !== undefined && quantum !== undefined) return { key, classic, quantum };
    half ||= classic !== undefined || quantum !== undefined;
  }
  return refuse(half || lines.length === 0 ? "signature-missing" : "unknown-key");
}

function lineOf(
  backend: CryptoBackend,
  name: string,
  type: number,
  key: NodeKey,
  signature: Uint8Array,
): SignatureLine {
  const bytes = type === MLDSA44_COSIGNATURE ? key.mlDsa44 : key.ed25519;
  return { name, keyId: keyIdOf(backend.sha256, name, type, bytes), signature };
}

/** C2SP `tlog-cosignature`, Ed25519. */
function ed25519CosignedMessage(at: Instant, head: Head): Uint8Array {
  return utf8(`cosignature/v1\ntime ${at}\n${headToText(head)}`);
}

/** C2SP `tlog-cosignature`, ML-DSA-44: the `cosigned_message` structure for a whole tree. */
function cosignedMessage(name: string, at: Instant, statement: Omit<Statement, "text">): Uint8Array {
  const origin = utf8(statement.origin);
  const cosigner = utf8(name);
  return concatBytes(
    utf8("subtree/v1\n\0"),
    new Uint8Array([cosigner.length]),
    cosigner,
    u64be(at),
    new Uint8Array([origin.length]),
    origin,
    u64be(0),
    u64be(statement.size),
    statement.root,
  );
}

function timestampOf(line: SignatureLine): number | undefined {
  const bytes = line.signature;
  const value = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0));
  return Number.isSafeInteger(value) ? value : undefined;
}

function afterTimestamp(line: SignatureLine): Uint8Array {
  return line.signature.subarray(TIMESTAMP_SIZE);
}
