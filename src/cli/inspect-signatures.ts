/**
 * `parley inspect signatures`: lines of `{"public_key","message","signature"}` in hex, one verdict for each line.
 *
 * It streams: one chunk of input and its verdicts are in memory. A line that cannot be read gets a code of its own
 * and the next is judged. Other members of a line are ignored, so that test vectors can be fed as they are.
 */
import { hexToBytes } from "#parley/codec/bytes.ts";
import { MESSAGE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { judgeEd25519Signature } from "#parley/crypto/signature.ts";
import { DONE, REFUSED, type Call, type Command } from "./command.ts";
import { readLines, type Line } from "./files.ts";
import { showRefusal } from "./shown.ts";

/** A message of the largest size in hex, with room for key, signature and names. */
const LINE_SIZE_LIMIT_BYTES = 2 * MESSAGE_SIZE_LIMIT_BYTES + 4_096;
/** Lines between two reports of progress. */
const PROGRESS_EVERY = 10_000;

export const INSPECT_SIGNATURES: Command = {
  path: "inspect signatures",
  operands: [{ name: "FILE", optional: true }],
  options: {},
  examples: [
    "parley inspect signatures < signatures.jsonl",
    "parley inspect signatures --json signatures.jsonl",
  ],
  run,
};

async function run({ ports, args, words, out }: Call): Promise<number> {
  const [path = "-"] = args.operands;
  let lines = 0;
  let refused = 0;
  for await (const batch of readLines(ports, path, LINE_SIZE_LIMIT_BYTES)) {
    let text = "";
    for (const line of batch) {
      const code = judgeLine(ports.backend, line);
      lines++;
      if (code !== "accept") refused++;
      text += (out.json ? verdictToJson(code) : code) + "\n";
      if (lines % PROGRESS_EVERY === 0) await out.progress(words.say("inspect.signatures_done", { lines }));
    }
    if (text !== "") await out.raw(text);
  }
  await out.done();
  return refused === 0 ? DONE : REFUSED;
}

function verdictToJson(code: string): string {
  if (code === "accept") return '{"accepted":true}';
  const { layer, clause } = showRefusal({ code, facts: {} });
  return JSON.stringify({ accepted: false, code, layer, clause });
}

function judgeLine(backend: CryptoBackend, line: Line): string {
  if ("fault" in line) return line.fault;
  const parts = parseLine(line.text);
  if (parts === undefined) return "line-malformed";
  const judged = judgeEd25519Signature(backend, parts.publicKey, parts.message, parts.signature);
  return isRefusal(judged) ? judged.code : "accept";
}

interface Parts {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

function parseLine(text: string): Parts | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const publicKey = hexMember(value, "public_key");
  const message = hexMember(value, "message");
  const signature = hexMember(value, "signature");
  if (publicKey === undefined || message === undefined || signature === undefined) return undefined;
  return { publicKey, message, signature };
}

function hexMember(value: object, name: string): Uint8Array | undefined {
  const member: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
  return typeof member === "string" ? hexToBytes(member) : undefined;
}
