/** Proof of one entry (SPEC 3.6): C2SP `tlog-proof`, one text file that needs nothing of the rest of the channel. */
import { bytesEqual, encodeBase64, parseBase64, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { NOTE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseCheckpoint, type Checkpoint, type CheckpointCode } from "./checkpoint.ts";
import { leafHash, rootFromInclusion, type Hash, type Sha256 } from "./tree.ts";

export interface EntryProof {
  readonly index: number;
  readonly path: readonly Hash[];
  readonly checkpoint: Checkpoint;
}

export type ProofCode = CheckpointCode | "proof-malformed" | "proof-index" | "proof-mismatch";

const HEADER = "c2sp.org/tlog-proof@v1";
/** A path in a tree of 2^53 leaves, one line of 45 bytes each, and the header lines. */
const PROOF_SIZE_LIMIT_BYTES = NOTE_SIZE_LIMIT_BYTES + 64 * 45 + 128;

export function encodeProof(proof: {
  readonly index: number;
  readonly path: readonly Hash[];
  readonly checkpoint: Uint8Array;
}): Uint8Array {
  const path = proof.path.map((hash) => `${encodeBase64(hash)}\n`).join("");
  const head = utf8(`${HEADER}\nindex ${proof.index}\n${path}\n`);
  const bytes = new Uint8Array(head.length + proof.checkpoint.length);
  bytes.set(head);
  bytes.set(proof.checkpoint, head.length);
  return bytes;
}

export function parseProof(bytes: Uint8Array): EntryProof | Refusal<ProofCode> {
  const text = bytes.length > PROOF_SIZE_LIMIT_BYTES ? undefined : utf8ToText(bytes);
  const split = text?.indexOf("\n\n") ?? -1;
  if (text === undefined || split < 0) return refuse("proof-malformed");
  const [header, ...rest] = text.slice(0, split).split("\n");
  const lines = rest[0]?.startsWith("extra ") ? rest.slice(1) : rest;
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines[0] ?? "")?.[1];
  if (header !== HEADER || index === undefined || lines.length > 65) return refuse("proof-malformed");
  const path: Hash[] = [];
  for (const line of lines.slice(1)) {
    const hash = parseBase64(line, 32);
    if (isRefusal(hash)) return refuse("proof-malformed");
    path.push(hash);
  }
  const checkpoint = parseCheckpoint(utf8(text.slice(split + 2)));
  if (isRefusal(checkpoint)) return checkpoint;
  return Number(index) < checkpoint.size ? { index: Number(index), path, checkpoint } : refuse("proof-index");
}

/** Establishes that these entry bytes stand at the proof's index under the proof's head; keys are judged apart. */
export function verifyInclusion(
  sha256: Sha256,
  proof: EntryProof,
  entry: Uint8Array,
): true | Refusal<"proof-mismatch"> {
  const { index, path, checkpoint } = proof;
  const root = rootFromInclusion(sha256, leafHash(sha256, entry), index, checkpoint.size, path);
  return root !== undefined && bytesEqual(root, checkpoint.root) ? true : refuse("proof-mismatch");
}
