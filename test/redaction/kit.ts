/** What every test of redaction needs: a file in, copy and map out, and a look for what should not be there. */
import assert from "node:assert/strict";
import { utf8 } from "#parley/codec/bytes.ts";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { readRedactionPlan } from "#parley/redaction/plan.ts";
import { redact, type Redaction } from "#parley/redaction/redact.ts";

export const backend = createNodeBackend();
export const SEED: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i);

export interface Copied extends Redaction {
  readonly copy: Buffer;
}

export interface RunOptions {
  readonly seed?: Uint8Array;
  readonly reveal?: number;
  /** Bytes of each chunk that the source gives. */
  readonly chunkBytes?: number;
}

export async function run(
  file: string | Uint8Array,
  plan: unknown,
  { seed = SEED, reveal, chunkBytes = 65_536 }: RunOptions = {},
): Promise<Copied | Refusal> {
  const read = readRedactionPlan(plan);
  if (isRefusal(read)) return read;
  const bytes = typeof file === "string" ? utf8(file) : file;
  const chunks: Uint8Array[] = [];
  const done = await redact({
    source: chunksOf(bytes, chunkBytes),
    plan: read,
    seed,
    backend,
    write: (chunk) => void chunks.push(chunk.slice()),
    ...(reveal !== undefined && { reveal }),
  });
  return isRefusal(done) ? done : { ...done, copy: Buffer.concat(chunks) };
}

export async function copied(
  file: string | Uint8Array,
  plan: unknown,
  options?: RunOptions,
): Promise<Copied> {
  const done = await run(file, plan, options);
  assert(!isRefusal(done), isRefusal(done) ? `${done.code} ${JSON.stringify(done.facts)}` : "");
  return done;
}

export async function refused(file: string | Uint8Array, plan: unknown, code: string): Promise<void> {
  const done = await run(file, plan);
  assert(isRefusal(done), "accepted where a refusal was expected");
  assert.equal(done.code, code);
}

export async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.slice(at, at + size));
}

/** Raw, in base64 at each of its three alignments, and as quoted-printable would write it. */
export function shows(copy: Uint8Array, value: string): boolean {
  const text = Buffer.from(copy).toString("latin1");
  const raw = Buffer.from(value);
  const encoded = [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), raw]).toString("base64");
    return padded.slice(shift === 0 ? 0 : shift + 1, -4);
  });
  const joined = text.replace(/=?\r?\n/g, "");
  return [raw.toString("latin1"), ...encoded.filter((one) => one.length >= 6)].some(
    (form) => text.includes(form) || joined.includes(form),
  );
}
