/** Offline verification, one core: entries a second against what hashing and signatures alone cost in this run. */
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseCheckpoint, verifyAuthor, verifyReceipt, encodeCheckpoint } from "#parley/ledger/checkpoint.ts";
import { leafHash, nodeHash } from "#parley/ledger/tree.ts";
import { commitTo } from "#parley/crypto/payload.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { exportTranscript, feedOf, makePair, receiptAll, say } from "../test/kit/record.ts";
import { cpuMs, median, microsEach, printRows, type Row } from "./kit.ts";
import { backend } from "./synthetic.ts";

const ENTRIES = 20_000;
const BATCH = 16;
const MESSAGE_BYTES = 500;
const ROUNDS = 5;

export async function benchVerify(): Promise<void> {
  const { channel, a, b } = makePair(backend, "bench");
  const message = { pad: "x".repeat(MESSAGE_BYTES - 10) };
  const batch = Array.from({ length: BATCH }, () => message);
  for (let i = 0; i < ENTRIES; i += 2 * BATCH) {
    for (const party of [a, b]) {
      say(channel, party, batch);
      receiptAll(channel);
    }
  }
  const bytes = exportTranscript(channel, a);
  const trust = trustParties([a.id, b.id], [channel.id]);
  const { slots, heads } = feedOf(channel, a.id);
  const entry = slots[5]?.entry;
  const head = heads[5];
  if (entry === undefined || head === undefined) throw new Error("the bench has no record");
  const leaf = leafHash(backend.sha256, entry);
  const hashMicros =
    (await microsEach(5_000, () => leafHash(backend.sha256, entry))) +
    (await microsEach(5_000, () => nodeHash(backend.sha256, leaf, leaf))) +
    (await microsEach(5_000, () => commitTo(backend, leaf, entry)));
  const checkpoint = parseCheckpoint(encodeCheckpoint(head.head, head.lines));
  if (isRefusal(checkpoint)) throw new Error(checkpoint.code);
  const keys = [a, b].map(({ node }) => node.key);
  const signatureMicros =
    (await microsEach(300, () => verifyAuthor(backend, checkpoint, keys.slice(0, 1)))) +
    (await microsEach(300, () => verifyReceipt(backend, checkpoint, b.id, keys.slice(1))));
  const rows: Row[] = [];
  for (const signatures of ["last", "all"] as const) {
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      rounds.push(await cpuMs(() => verifyTranscript(backend, bytes, trust, { signatures })));
    const micros = (median(rounds) * 1000) / ENTRIES;
    const floor = hashMicros + (signatures === "all" ? signatureMicros / BATCH : 0);
    rows.push({
      what: `offline verification, ${signatures === "all" ? "every signature" : "last head"}, ${ENTRIES} entries`,
      figure: `${Math.round(1e6 / micros)} entries per CPU-second`,
      against: `hash and signature floor ${Math.round(1e6 / floor)}`,
      ratio: micros / floor,
      asked: "≤ 1.5",
    });
  }
  printRows("verify", rows);
}
