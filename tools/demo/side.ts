/** One side of the demo: a node in a process of its own, and its people, who speak to it by its HTTP API alone. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { initParty } from "#parley/main/init-party.ts";
import type { Json, JsonObject } from "#parley/codec/json.ts";
import { freePort } from "../free-port.ts";

export interface Side {
  readonly name: string;
  readonly party: string;
  readonly dataDirectory: string;
  readonly api: string;
  readonly process: ChildProcess;
}

export type Who = "watch" | "analyst" | "releaser1" | "releaser2" | "authority" | "principal";

/** Fresh keys, then `parley start`; resolves when both of its doors answer. */
export async function openSide(directory: string, name: string, handle: string): Promise<Side> {
  const dataDirectory = join(directory, handle.toLowerCase());
  const [peerPort, apiPort] = [await freePort(), await freePort()];
  const made = await initParty({
    dataDirectory,
    name,
    handle,
    languages: ["en", "ar", "ru"],
    urls: [`https://127.0.0.1:${peerPort}`],
    api: { host: "127.0.0.1", port: apiPort },
    peer: { host: "127.0.0.1", port: peerPort },
    validDays: 365,
    allowAddresses: ["127.0.0.1"],
    backend: createNodeBackend(),
    clock: () => Math.floor(Date.now() / 1000),
  });
  if (isRefusal(made)) throw new Error(`the party was refused: ${made.code}`);
  const main = new URL("../../src/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, "start", "--data", dataDirectory], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const side: Side = {
    name,
    party: made.party,
    dataDirectory,
    api: `http://127.0.0.1:${apiPort}`,
    process: child,
  };
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said = (said + bytes.toString()).slice(-4_000)));
  await untilHealthy(side, () => said);
  return side;
}

/** One call of the API as one person. Throws with the code when it was refused. */
export async function call(
  side: Side,
  who: Who,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: Json,
): Promise<JsonObject> {
  const response = await request(side, who, method, path, body);
  const answer = response.status === 204 ? {} : ((await response.json()) as JsonObject);
  if (!response.ok)
    throw new Error(
      `${side.name}, ${who}: ${method} ${path} answered ${response.status} ${JSON.stringify(answer)}`,
    );
  return answer;
}

/** A call that may be refused: the answer, whatever it says. */
export async function attempt(side: Side, who: Who, path: string, body: Json): Promise<JsonObject> {
  return (await (await request(side, who, "POST", path, body)).json()) as JsonObject;
}

/** Takes a file in as evidence. */
export async function upload(side: Side, who: Who, path: string, bytes: Uint8Array): Promise<JsonObject> {
  const response = await request(side, who, "POST", path, bytes);
  const answer = (await response.json()) as JsonObject;
  if (!response.ok) throw new Error(`${side.name}: POST ${path} answered ${JSON.stringify(answer)}`);
  return answer;
}

export async function download(side: Side, who: Who, path: string): Promise<Uint8Array> {
  const response = await request(side, who, "GET", path);
  if (!response.ok) throw new Error(`${side.name}: GET ${path} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function request(
  side: Side,
  who: Who,
  method: string,
  path: string,
  body?: Json | Uint8Array,
): Promise<Response> {
  const token = readFileSync(join(side.dataDirectory, "tokens", `${who}.token`), "utf8").trim();
  const isFile = body instanceof Uint8Array;
  return fetch(`${side.api}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": isFile ? "application/octet-stream" : "application/json" }),
    },
    ...(body !== undefined && { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
  });
}

export async function closeSide(side: Side): Promise<void> {
  if (side.process.exitCode !== null) return;
  const gone = new Promise((resolve) => side.process.once("exit", resolve));
  side.process.kill("SIGTERM");
  await gone;
}

const START_TRIES = 200;
const TRY_MS = 50;

async function untilHealthy(side: Side, said: () => string): Promise<void> {
  for (let i = 0; i < START_TRIES && side.process.exitCode === null; i++) {
    const healthy = await fetch(`${side.api}/api/v1/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  }
  throw new Error(`the node of ${side.name} did not start: ${said()}`);
}
