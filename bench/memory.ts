/** Resident memory of a node process: idle after its handshake, and after many messages. */
import { printRows } from "./kit.ts";
import { ask, startPair, type Pair } from "./two-processes.ts";

/** The issue asks for 100,000; each step of the way is delivered for real, so this takes minutes. */
const MESSAGES = 100_000;
const SIZE_BYTES = 400;

export async function benchMemory(): Promise<void> {
  await using pair = await startPair();
  const idle = await rssOf(pair);
  await ask(pair.a, {
    kind: "say",
    channel: pair.channel,
    messages: MESSAGES,
    inFlight: 1_024,
    sizeBytes: SIZE_BYTES,
  });
  const loaded = await rssOf(pair);
  printRows("memory", [
    { what: "idle node", figure: `${Math.round(idle)} MB`, against: "–", asked: "≤ 150 MB" },
    {
      what: `node with ${MESSAGES} entries`,
      figure: `${Math.round(loaded)} MB`,
      against: "–",
      asked: "≤ 250 MB",
    },
  ]);
}

async function rssOf(pair: Pair): Promise<number> {
  const answer = await ask(pair.a, { kind: "usage" });
  if (answer.kind !== "usage") throw new Error("the node answered something else");
  return answer.rssMb;
}
