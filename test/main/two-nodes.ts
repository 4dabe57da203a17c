/** Two real nodes on loopback, from data directories in /tmp, and the people's way through them. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { initParty } from "#parley/main/init-party.ts";
import { startNode, type RunningNode, type StartNodeOptions } from "#parley/main/start-node.ts";
import type { Person } from "#parley/node/house.ts";
import { partyToDigits } from "#parley/party/pairing.ts";
import { CORPUS_REFS } from "#parley/protocols/comms_check/corpus.ts";
import { fetchPartyFile } from "#parley/peer/https-client.ts";

export const backend = createNodeBackend();
export const clock = (): number => Math.floor(Date.now() / 1000);

export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

export async function scratch(): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), "parley-main-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A port that was free a moment ago: a party document names the port before the node listens there. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Place {
  readonly directory: string;
  readonly port: number;
  readonly url: string;
}

/** A party on loopback, which a real party would never list. */
export async function makeParty(root: string, handle: string): Promise<Place> {
  const port = await freePort();
  const directory = join(root, handle.toLowerCase());
  const url = `https://127.0.0.1:${port}`;
  const report = await initParty({
    dataDirectory: directory,
    name: `CERT ${handle}`,
    handle,
    languages: ["en", "ar", "ru"],
    urls: [url],
    peer: { host: "127.0.0.1", port },
    api: { host: "127.0.0.1", port: 0 },
    validDays: 365,
    allowAddresses: ["127.0.0.1"],
    backend,
    clock,
  });
  accepted(report);
  return { directory, port, url };
}

export interface LogLine {
  readonly event: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Started extends RunningNode {
  readonly lines: LogLine[];
}

export async function start(place: Place, more: Partial<StartNodeOptions> = {}): Promise<Started> {
  const lines: LogLine[] = [];
  const log = (event: string, facts: LogLine["facts"]): void => void lines.push({ event, facts });
  const running = await startNode({ dataDirectory: place.directory, backend, clock, log, ...more });
  return { ...running, lines };
}

export async function personOf({ node }: RunningNode, { directory }: Place, who: string): Promise<Person> {
  const token = (await readFile(join(directory, "tokens", `${who}.token`), "utf8")).trim();
  const person = node.personOf(token);
  assert(person !== undefined, who);
  return person;
}

/** `a` fetches the `.party` file of `b` as a stranger and pairs after hearing the number. */
export async function pairWith(a: Started, placeA: Place, b: Started, placeB: Place): Promise<void> {
  const chain = await fetchPartyFile({ url: placeB.url, limitBytes: 1_000_000, allowAddress: () => true });
  const typed = partyToDigits(b.party);
  accepted(await a.node.pair(await personOf(a, placeA, "watch"), { chain, typed, medium: "phone" }));
}

export interface Pair {
  readonly a: Started;
  readonly b: Started;
  readonly placeA: Place;
  readonly placeB: Place;
  readonly channel: string;
}

export async function agreed(
  root: string,
  more: Partial<StartNodeOptions> = {},
): Promise<Pair & AsyncDisposable> {
  const [placeA, placeB] = [await makeParty(root, "MERIDIA"), await makeParty(root, "RIMAL")];
  const a = await start(placeA);
  const b = await start(placeB, more);
  await pairWith(a, placeA, b, placeB);
  await pairWith(b, placeB, a, placeA);
  const { id: channel } = accepted(
    await a.node.offer(await personOf(a, placeA, "principal"), { party: b.party }),
  );
  await until(() => b.node.channel(channel) !== undefined, "the offer arrives");
  accepted(await b.node.acceptOffer(await personOf(b, placeB, "principal"), channel));
  await until(() => isInForce(a, channel) && isInForce(b, channel), "the agreement is in force");
  const dispose = async (): Promise<void> => {
    await a[Symbol.asyncDispose]();
    await b[Symbol.asyncDispose]();
  };
  return { a, b, placeA, placeB, channel, [Symbol.asyncDispose]: dispose };
}

export function isInForce({ node }: RunningNode, id: string): boolean {
  const channel = node.channel(id);
  return channel !== undefined && node.isInForce(channel);
}

/** Own entries in the channel, and how many of them the other side receipted. */
export function progress(
  { node, party }: RunningNode,
  id: string,
): { readonly said: number; readonly receipted: number } {
  const channel = node.channel(id);
  assert(channel !== undefined);
  const receipted = Math.min(...[...channel.outboxes.values()].map((outbox) => outbox.receipted));
  return { said: channel.record.tip(party).frontier.size, receipted };
}

/** One comms check, which leaves without further approval: the smallest real message. */
export async function say(running: RunningNode, place: Place, id: string): Promise<void> {
  const channel = running.node.channel(id);
  assert(channel !== undefined);
  const watch = await personOf(running, place, "watch");
  const [corpusRef] = CORPUS_REFS;
  assert(corpusRef !== undefined);
  const body = { kind: "K1", corpus_ref: corpusRef, sent_at: encodeInstant(clock()), path: "https" };
  const envelope = { precedence: "immediate" };
  const input = { type: "comms_check.ping", role: "watch", body, envelope } as const;
  const draft = accepted(await running.node.draft(channel, watch, input));
  assert(draft.said !== undefined, "a ping leaves at once");
}

export function accepted<T>(value: T | Refusal): T {
  assert(!isRefusal(value), isRefusal(value) ? `${value.code} ${JSON.stringify(value.facts)}` : "");
  return value;
}

/** Polls a condition of this process; fails after ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const endMs = performance.now() + 10_000; !(await condition());) {
    assert(performance.now() < endMs, `waited too long: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
