/** Two nodes in two processes on loopback with fresh keys, paired and with an agreement in force. */
import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { partyToDigits } from "#parley/party/pairing.ts";
import { initParty } from "../src/main/init-party.ts";
import { freePort } from "../tools/free-port.ts";

export type Order =
  | { readonly kind: "pair"; readonly chain: string; readonly digits: string }
  | { readonly kind: "offer"; readonly party: string }
  | { readonly kind: "accept" | "inForce"; readonly channel: string }
  | {
      readonly kind: "say";
      readonly channel: string;
      readonly messages: number;
      readonly inFlight: number;
      readonly sizeBytes: number;
    }
  | { readonly kind: "usage" | "memory" | "stop" };

export type Answer =
  | { readonly kind: "ready" | "done" }
  | { readonly kind: "fault"; readonly text: string }
  | { readonly kind: "channel"; readonly channel: string }
  | { readonly kind: "inForce"; readonly inForce: boolean }
  | { readonly kind: "said"; readonly wallMs: number; readonly latenciesMs: readonly number[] }
  | { readonly kind: "usage"; readonly cpuMs: number }
  | { readonly kind: "memory"; readonly rssMb: number; readonly peakMb: number };

export interface Peer {
  readonly party: string;
  readonly chain: string;
  readonly process: ChildProcess;
}

export interface Pair extends AsyncDisposable {
  readonly a: Peer;
  readonly b: Peer;
  readonly channel: string;
}

export async function startPair(): Promise<Pair> {
  const directory = mkdtempSync(join(tmpdir(), "parley-bench-"));
  const a = await startPeer(join(directory, "a"), "MERIDIA");
  const b = await startPeer(join(directory, "b"), "RIMAL");
  await ask(a, { kind: "pair", chain: b.chain, digits: partyToDigits(b.party) });
  await ask(b, { kind: "pair", chain: a.chain, digits: partyToDigits(a.party) });
  const offered = await ask(a, { kind: "offer", party: b.party });
  const channel = offered.kind === "channel" ? offered.channel : "";
  await ask(b, { kind: "accept", channel });
  for (const peer of [a, b]) await untilInForce(peer, channel);
  return {
    a,
    b,
    channel,
    [Symbol.asyncDispose]: async () => {
      for (const peer of [a, b]) {
        const gone = new Promise((resolve) => peer.process.once("exit", resolve));
        peer.process.send({ kind: "stop" } satisfies Order);
        await gone;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function ask(peer: Peer, order: Order): Promise<Exclude<Answer, { kind: "fault" }>> {
  const answer = nextAnswer(peer.process);
  peer.process.send(order);
  return answer;
}

function nextAnswer(process: ChildProcess): Promise<Exclude<Answer, { kind: "fault" }>> {
  return new Promise((resolve, reject) => {
    process.once("message", (answer: Answer) => {
      if (answer.kind === "fault") reject(new Error(answer.text));
      else resolve(answer);
    });
  });
}

async function startPeer(dataDirectory: string, handle: string): Promise<Peer> {
  const port = await freePort();
  const made = await initParty({
    dataDirectory,
    name: handle,
    handle,
    languages: ["en"],
    urls: [`https://127.0.0.1:${port}`],
    api: { host: "127.0.0.1", port: 0 },
    peer: { host: "127.0.0.1", port },
    validDays: 30,
    allowAddresses: ["127.0.0.1"],
    backend: createNodeBackend(),
    clock: () => Math.floor(Date.now() / 1000),
  });
  if (isRefusal(made)) throw new Error(made.code);
  const chain = readFileSync(join(dataDirectory, `${handle}.party`)).toString("base64");
  const child = fork(new URL("./peer-process.ts", import.meta.url), [dataDirectory], {
    execArgv: ["--expose-gc"],
  });
  await nextAnswer(child);
  return { party: made.party, chain, process: child };
}

async function untilInForce(peer: Peer, channel: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const answer = await ask(peer, { kind: "inForce", channel });
    if (answer.kind === "inForce" && answer.inForce) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the agreement did not come into force within ten seconds");
}
