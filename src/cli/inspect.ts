/**
 * `parley inspect KIND FILE`: whether bytes are what they claim, by the parsers that a node runs on them.
 *
 * It guarantees an answer for any bytes and bounded memory: reading stops one byte past the limit of the kind.
 * `checkpoint` and `proof` are judged by form alone, and the answer says so: whose key signed needs a party chain.
 */
import { EXCHANGE_LIMITS, parseBundle, TRANSCRIPT_LIMITS } from "#parley/codec/bundle.ts";
import { bytesEqual, utf8 } from "#parley/codec/bytes.ts";
import { parseJson } from "#parley/codec/json.ts";
import {
  BUNDLE_SIZE_LIMIT_BYTES,
  ENTRY_SIZE_LIMIT_BYTES,
  MESSAGE_SIZE_LIMIT_BYTES,
  NOTE_SIZE_LIMIT_BYTES,
} from "#parley/codec/limits.ts";
import { isRefusal, type Refusal, type RefusalFacts } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { parseCheckpoint } from "#parley/ledger/checkpoint.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import { parseProof } from "#parley/ledger/proof.ts";
import { parsePartyChain } from "#parley/party/chain.ts";
import { DONE, FILE, type Call, type Command } from "./command.ts";
import { readUpTo } from "./files.ts";
import { printRefusal } from "./output.ts";
import { showRefusal } from "./shown.ts";

interface Inspection {
  readonly limitBytes: number;
  /** Form alone: signatures are not judged. */
  readonly formOnly: boolean;
  /** What was read, or the refusal. */
  readonly read: (backend: CryptoBackend, bytes: Uint8Array) => RefusalFacts | Refusal;
}

const TRANSCRIPT_START = utf8("parley-bundle/1\nmanifest ");

const INSPECTIONS: Readonly<Record<string, Inspection>> = {
  json: {
    limitBytes: MESSAGE_SIZE_LIMIT_BYTES,
    formOnly: false,
    read: (_backend, bytes) => {
      const value = parseJson(bytes);
      return isRefusal(value) ? value : { size: bytes.length };
    },
  },
  entry: {
    limitBytes: ENTRY_SIZE_LIMIT_BYTES,
    formOnly: false,
    read: (_backend, bytes) => {
      const entry = parseEntry(bytes);
      return isRefusal(entry)
        ? entry
        : { channel: entry.channel, feed: entry.feed, seq: entry.seq, kind: entry.kind };
    },
  },
  checkpoint: {
    limitBytes: NOTE_SIZE_LIMIT_BYTES,
    formOnly: true,
    read: (_backend, bytes) => {
      const head = parseCheckpoint(bytes);
      return isRefusal(head) ? head : { channel: head.channel, feed: head.feed, size: head.size };
    },
  },
  bundle: {
    limitBytes: TRANSCRIPT_LIMITS.sizeBytes,
    formOnly: false,
    read: (_backend, bytes) => {
      const whole = isTranscript(bytes);
      const records = parseBundle(bytes, whole ? TRANSCRIPT_LIMITS : EXCHANGE_LIMITS);
      return isRefusal(records)
        ? records
        : { records: records.length, kind: whole ? "transcript" : "exchange" };
    },
  },
  party: {
    limitBytes: BUNDLE_SIZE_LIMIT_BYTES,
    formOnly: false,
    read: (backend, bytes) => {
      const chain = parsePartyChain(backend, bytes);
      return isRefusal(chain) ? chain : { party: chain.party, versions: chain.versions.length };
    },
  },
  proof: {
    limitBytes: 2 * NOTE_SIZE_LIMIT_BYTES,
    formOnly: true,
    read: (_backend, bytes) => {
      const proof = parseProof(bytes);
      return isRefusal(proof) ? proof : { index: proof.index, size: proof.checkpoint.size };
    },
  },
};

export const INSPECT_COMMANDS: readonly Command[] = Object.entries(INSPECTIONS).map(([kind, inspection]) => ({
  path: `inspect ${kind}`,
  operands: [FILE],
  options: {},
  examples: [`parley inspect ${kind} example.${kind}`, `parley inspect ${kind} --json -`],
  run: (call) => inspect(call, inspection),
}));

async function inspect({ ports, args, words, out }: Call, inspection: Inspection): Promise<number> {
  const [path = "-"] = args.operands;
  const bytes = await readInspected(ports, path, inspection);
  const read = inspection.read(ports.backend, bytes);
  if (isRefusal(read)) return printRefusal(out, words, showRefusal(read));
  const facts = inspection.formOnly ? { ...read, judged: "form" } : read;
  if (out.json) await out.value({ accepted: true, facts });
  else {
    await out.line(out.paint("good", "accepted"));
    if (inspection.formOnly) await out.note(words.say("inspect.form_only"));
  }
  return DONE;
}

/** An exchange bundle is read up to its own limit; only what begins as a transcript is read on. */
async function readInspected(
  ports: Call["ports"],
  path: string,
  { limitBytes }: Inspection,
): Promise<Uint8Array> {
  if (limitBytes !== TRANSCRIPT_LIMITS.sizeBytes) return readUpTo(ports, path, limitBytes);
  return readUpTo(ports, path, (start) => (isTranscript(start) ? limitBytes : EXCHANGE_LIMITS.sizeBytes));
}

function isTranscript(bytes: Uint8Array): boolean {
  return bytesEqual(bytes.subarray(0, TRANSCRIPT_START.length), TRANSCRIPT_START);
}
