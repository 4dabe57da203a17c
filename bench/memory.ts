/** Resident memory of a node process: idle after its handshake, and after many messages. */
import { printRows } from "./kit.ts";
import { ask, startPair, type Pair } from "./two-processes.ts";

/** The issue asks for 100,000; each step of the way is delivered for real, so this takes minutes. */
const MESSAGES = 100_000;
const SIZE_BYTES = 400;
/** What a long life holds is asked for, not what a burst of a thousand sealings leaves behind in the allocator. */
const IN_FLIGHT = 64;

export async function benchMemory(): Promise<void> {
  await using pair = await startPair();
  const idle = await memoryOf(pair);
  await ask(pair.a, {
    kind: "say",
    channel: pair.channel,
    messages: MESSAGES,
    inFlight: IN_FLIGHT,
    sizeBytes: SIZE_BYTES,
  });
  const loaded = await memoryOf(pair);
  printRows("memory", [
    {
      what: "idle node",
      figure: `${Math.round(idle.rssMb)} MB, peak ${Math.round(idle.peakMb)} MB`,
      against: "–",
      asked: "≤ 150 MB",
    },
    {
      what: `node with ${MESSAGES} entries`,
      figure: `${Math.round(loaded.rssMb)} MB, peak ${Math.round(loaded.peakMb)} MB`,
      against: "–",
      asked: "≤ 250 MB",
    },
  ]);
}

async function memoryOf(pair: Pair): Promise<{ readonly rssMb: number; readonly peakMb: number }> {
  const answer = await ask(pair.a, { kind: "memory" });
  if (answer.kind !== "memory") throw new Error("the node answered something else");
  return answer;
}
