/** Messages with both receipts, 2 kB, two processes on loopback; and one idle message with its receipt. */
import { encodePlaintext, SALT_SIZE_BYTES } from "#parley/crypto/payload.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { makeNodeSecret } from "#parley/crypto/node-key.ts";
import { open, seal } from "#parley/crypto/seal.ts";
import { encodeNote, parseNote } from "#parley/codec/note.ts";
import {
  headToText,
  parseCheckpoint,
  signHead,
  signReceipt,
  verifyAuthor,
  verifyReceipt,
} from "#parley/ledger/checkpoint.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { fsyncCost, median, microsEach, printRows, type Row } from "./kit.ts";
import { ask, startPair, type Pair } from "./two-processes.ts";

const SIZE_BYTES = 2_000;
const ROUNDS = 5;

export async function benchMessages(): Promise<void> {
  await using pair = await startPair();
  const floor = await floorCosts();
  const rows: Row[] = [await idle(pair)];
  for (const inFlight of [1, 16, 256]) rows.push(await throughput(pair, inFlight, floor));
  printRows("messages", rows);
}

interface FloorCosts {
  /** µs of CPU for both sides: per message, and per flush. */
  readonly messageMicros: number;
  readonly flushMicros: number;
}

/** What the primitives cost: seal to two stanzas, open; per flush sign, verify, receipt, verify, two fsync. */
async function floorCosts(): Promise<FloorCosts> {
  const backend = createNodeBackend();
  const secret = makeNodeSecret(backend, backend.randomBytes(32), backend.randomBytes(32));
  const seeds = [backend.randomBytes(32), backend.randomBytes(32)];
  const recipients = seeds.map((seed) => backend.xWing.publicKey(seed));
  const plaintext = encodePlaintext(backend.randomBytes(SALT_SIZE_BYTES), backend.randomBytes(SIZE_BYTES));
  const sealed = seal(backend, recipients, plaintext);
  const sealMicros = await microsEach(400, () => seal(backend, recipients, plaintext));
  const openMicros = await microsEach(400, () => open(backend, seeds[0] ?? plaintext, sealed));
  const party = "A".repeat(43);
  const head = { channel: party, feed: party, size: 17, root: backend.sha256(plaintext) };
  const other = "B".repeat(43);
  const note = encodeNote({ text: headToText(head), lines: signHead(backend, secret, head) });
  const checkpoint = parseCheckpoint(note);
  const receipt = { head, by: other, at: 1_795_000_000 };
  const receipted = parseNote(
    encodeNote({ text: headToText(head), lines: signReceipt(backend, secret, receipt) }),
  );
  if (isRefusal(checkpoint) || isRefusal(receipted)) throw new Error("the bench made a bad note");
  const keys = [secret.key];
  const signMicros = await microsEach(200, () => signHead(backend, secret, head));
  const verifyMicros = await microsEach(200, () => verifyAuthor(backend, checkpoint, keys));
  const receiptMicros = await microsEach(200, () => signReceipt(backend, secret, receipt));
  const checkMicros = await microsEach(200, () =>
    verifyReceipt(backend, { ...head, note: receipted }, other, keys),
  );
  const fsync = await fsyncCost();
  const flushMicros = signMicros + verifyMicros + receiptMicros + checkMicros + 2000 * fsync.cpuMs;
  return { messageMicros: sealMicros + openMicros, flushMicros };
}

async function throughput(pair: Pair, inFlight: number, floor: FloorCosts): Promise<Row> {
  const messages = inFlight === 1 ? 300 : 2_000;
  await run(pair, Math.min(messages, 500), inFlight);
  const rounds: { readonly perSecond: number; readonly micros: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await cpuOfBoth(pair);
    const { wallMs } = await run(pair, messages, inFlight);
    const micros = (((await cpuOfBoth(pair)) - before) / messages) * 1000;
    rounds.push({ perSecond: (messages / wallMs) * 1000, micros });
  }
  const micros = median(rounds.map((round) => round.micros));
  const wall = median(rounds.map(({ perSecond }) => perSecond));
  const floorMicros = floor.messageMicros + floor.flushMicros / inFlight;
  return {
    what: `messages with both receipts, ${inFlight} in flight`,
    figure: `${Math.round(1e6 / micros)} per CPU-second of both, ${Math.round(wall)}/s wall`,
    against: `floor ${Math.round(1e6 / floorMicros)} per CPU-second (batch ${inFlight})`,
    ratio: micros / floorMicros,
    asked: inFlight === 16 ? "≤ 1.5" : "–",
  };
}

async function idle(pair: Pair): Promise<Row> {
  await run(pair, 50, 1);
  const latencies: number[] = [];
  const fsyncs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    fsyncs.push((await fsyncCost(50)).wallMs);
    const { latenciesMs } = await run(pair, 60, 1);
    latencies.push(...latenciesMs);
  }
  const p50 = median(latencies);
  const limit = 2 * median(fsyncs) + 6;
  return {
    what: "one message, idle, with post-quantum receipt",
    figure: `p50 ${p50.toFixed(2)} ms`,
    against: `2 fsync + 6 ms = ${limit.toFixed(2)} ms (fsync ${median(fsyncs).toFixed(2)} ms)`,
    ratio: p50 / limit,
    asked: "≤ 1",
  };
}

async function run(
  pair: Pair,
  messages: number,
  inFlight: number,
): Promise<{ readonly wallMs: number; readonly latenciesMs: readonly number[] }> {
  const answer = await ask(pair.a, {
    kind: "say",
    channel: pair.channel,
    messages,
    inFlight,
    sizeBytes: SIZE_BYTES,
  });
  if (answer.kind !== "said") throw new Error("the node answered something else");
  return answer;
}

async function cpuOfBoth(pair: Pair): Promise<number> {
  let sum = 0;
  for (const peer of [pair.a, pair.b]) {
    const answer = await ask(peer, { kind: "usage" });
    if (answer.kind === "usage") sum += answer.cpuMs;
  }
  return sum;
}
