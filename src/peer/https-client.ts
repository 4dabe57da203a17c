/**
 * Sends bundles to peers over HTTPS (SPEC 6.1), and fetches the `.party` file of somebody not yet known.
 *
 * Guarantees: no byte of a body leaves before the peer has proved a key that its party document pins; only https,
 * only addresses that the guard allows, judged after resolution and at connect; no redirect is followed; every size
 * and time has a limit. A connection stays open, so that a delivery is one round trip.
 * What comes back is bytes; whether they say anything is for whoever asked.
 */
import { lookup as systemLookup } from "node:dns/promises";
import { request as httpsRequest, type Agent } from "node:https";
import type { IncomingMessage } from "node:http";
import { BUNDLE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import type { RefusalFacts } from "#parley/codec/refusal.ts";
import { parsePeerUrl, type PeerUrl } from "./address-guard.ts";
import { readBody } from "./body.ts";
import { PinnedAgent, type Resolve } from "./pinned-agent.ts";
import { PeerFault, type PeerTransport } from "./transport.ts";
import type { TlsIdentity } from "./tls.ts";

export interface PeerTimeouts {
  /** Name, connection and handshake. */
  readonly connectMs: number;
  /** Without any byte in either direction. */
  readonly idleMs: number;
  /** One exchange with one URL, whatever trickles. */
  readonly exchangeMs: number;
  /** An unused connection is kept this long; less than the other side keeps it. */
  readonly keepAliveMs: number;
  /** After a failure to connect the party is not tried again for this long: a dead peer costs one wait, not many. */
  readonly pauseMs: number;
}

export const PEER_TIMEOUTS: PeerTimeouts = {
  connectMs: 5_000,
  idleMs: 30_000,
  exchangeMs: 120_000,
  keepAliveMs: 540_000,
  pauseMs: 1_000,
};

/** Connections to one party; more requests wait for a free one. */
const CONNECTIONS_PER_PARTY = 4;

/** Where a party says it listens, and which keys it says it shows there. */
export interface PeerAddress {
  readonly urls: readonly string[];
  readonly pins: readonly string[];
}

export interface PeerClientOptions extends TlsIdentity {
  /** From the newest version of the paired party's document; undefined when it is not paired. */
  readonly addressOf: (party: string) => PeerAddress | undefined;
  /** Decides about one resolved address (`addressGuard`). */
  readonly allowAddress: (address: string) => boolean;
  readonly log: (event: string, facts: RefusalFacts) => void;
  readonly timeouts?: Partial<PeerTimeouts>;
  /** Name to addresses; the system's resolver if absent. */
  readonly resolve?: Resolve;
}

/** Disposing ends what is under way with a fault; may be done twice. */
export interface PeerClient extends PeerTransport, Disposable {}

export function createPeerClient(options: PeerClientOptions): PeerClient {
  return new HttpsClient(options);
}

interface Connections {
  readonly addressKey: string;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly destinations: readonly PeerUrl[];
}

class HttpsClient implements PeerClient {
  readonly #options: PeerClientOptions;
  readonly #timeouts: PeerTimeouts;
  readonly #byParty = new Map<string, Connections>();
  readonly #pausedUntilMs = new Map<string, number>();
  #closed = false;

  constructor(options: PeerClientOptions) {
    this.#options = options;
    this.#timeouts = { ...PEER_TIMEOUTS, ...options.timeouts };
  }

  /** Tries the party's URLs in their order until one gives an answer, or says no. */
  async exchange(party: string, body: Uint8Array): Promise<Uint8Array> {
    const address = this.#options.addressOf(party);
    if (this.#closed || address === undefined) throw new PeerFault("unreachable");
    const { destinations, agents } = this.#connectionsTo(party, address);
    if (performance.now() < (this.#pausedUntilMs.get(party) ?? 0)) throw new PeerFault("unreachable");
    let last: PeerFault | undefined;
    for (const [i, url] of destinations.entries()) {
      const agent = agents.get(keyOf(url));
      if (agent === undefined) continue;
      try {
        return await this.#post(agent, url, body);
      } catch (fault) {
        if (!(fault instanceof PeerFault)) throw fault;
        last = fault;
        if (fault.kind === "refused" || fault.kind === "busy") break;
        this.#options.log("peer-url-failed", { kind: fault.kind, url: i });
      }
    }
    if (last === undefined || last.kind === "unreachable")
      this.#pausedUntilMs.set(party, performance.now() + this.#timeouts.pauseMs);
    throw last ?? new PeerFault("unreachable");
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { agents } of this.#byParty.values()) for (const agent of agents.values()) agent.destroy();
    this.#byParty.clear();
  }

  /** A new document of the party (other keys, other places) closes the connections made under the old one. */
  #connectionsTo(party: string, address: PeerAddress): Connections {
    const addressKey = JSON.stringify([address.urls, address.pins]);
    const known = this.#byParty.get(party);
    if (known?.addressKey === addressKey) return known;
    for (const agent of known?.agents.values() ?? []) agent.destroy();
    const destinations = address.urls.flatMap((text) => parsePeerUrl(text) ?? []);
    const agents = new Map(destinations.map((url) => [keyOf(url), this.#agentFor(address.pins)]));
    const connections = { addressKey, agents, destinations };
    this.#byParty.set(party, connections);
    this.#pausedUntilMs.delete(party);
    return connections;
  }

  #agentFor(pins: readonly string[]): Agent {
    const { cert, key, allowAddress, resolve } = this.#options;
    return new PinnedAgent({
      identity: { cert, key },
      isPinned: (pin) => pin !== undefined && pins.includes(pin),
      allowAddress,
      resolve: resolve ?? systemResolve,
      connectTimeoutMs: this.#timeouts.connectMs,
      keepAliveMs: this.#timeouts.keepAliveMs,
      maxSockets: CONNECTIONS_PER_PARTY,
    });
  }

  async #post(agent: Agent, url: PeerUrl, body: Uint8Array): Promise<Uint8Array> {
    const path = `${url.path}/v1/exchange`;
    const limitBytes = BUNDLE_SIZE_LIMIT_BYTES;
    const call = { agent, url, method: "POST", path, body, timeouts: this.#timeouts, limitBytes } as const;
    try {
      return await send(call);
    } catch (fault) {
      // The other side may close an idle connection just as we use it; an exchange may be repeated (SPEC 6.5.2).
      if (!(fault instanceof StaleConnection)) throw fault;
      return send(call);
    }
  }
}

export interface FetchOptions {
  /** A file, or a node by its base URL: then its `.party` file. */
  readonly url: string;
  readonly limitBytes: number;
  readonly allowAddress: (address: string) => boolean;
  readonly timeouts?: Partial<PeerTimeouts>;
  readonly resolve?: Resolve;
}

/**
 * The `.party` file that a node offers to strangers (SPEC 6.1.3). Nobody has vouched for it, whatever certificate
 * stood before it: it is believed only after its number was compared over another medium (SPEC 4.4).
 * Throws `PeerFault`.
 */
export async function fetchPartyFile(options: FetchOptions): Promise<Uint8Array> {
  const timeouts = { ...PEER_TIMEOUTS, ...options.timeouts };
  const url = parsePeerUrl(options.url);
  if (url === undefined) throw new PeerFault("unreachable");
  const agent = new PinnedAgent({
    identity: undefined,
    isPinned: () => true,
    allowAddress: options.allowAddress,
    resolve: options.resolve ?? systemResolve,
    connectTimeoutMs: timeouts.connectMs,
    keepAliveMs: 1,
    maxSockets: 1,
  });
  const path = url.path === "" ? "/v1/party" : url.path;
  try {
    return await send({ agent, url, method: "GET", path, timeouts, limitBytes: options.limitBytes });
  } finally {
    agent.destroy();
  }
}

async function systemResolve(host: string): ReturnType<Resolve> {
  return systemLookup(host, { all: true, verbatim: true });
}

interface Call {
  readonly agent: Agent;
  readonly url: PeerUrl;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: Uint8Array;
  readonly timeouts: PeerTimeouts;
  readonly limitBytes: number;
}

/** A kept connection was closed before any byte of an answer. */
class StaleConnection extends PeerFault {
  constructor(options: { readonly cause: unknown }) {
    super("unreachable", options);
  }
}

async function send(call: Call): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(call.timeouts.exchangeMs);
  const response = await respond(call, signal);
  try {
    return await readAnswer(response, call.limitBytes);
  } catch (cause) {
    throw cause instanceof PeerFault ? cause : new PeerFault("unreachable", { cause });
  } finally {
    if (!response.complete) response.destroy();
  }
}

function respond(
  { agent, url, method, path, body, timeouts }: Call,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body && { "content-type": "application/octet-stream", "content-length": body.length };
    const request = httpsRequest({
      agent,
      host: url.host,
      port: url.port,
      path,
      method,
      signal,
      timeout: timeouts.idleMs,
      ...(headers && { headers }),
    });
    request.on("timeout", () => request.destroy(new PeerFault("unreachable")));
    request.on("response", resolve);
    request.on("error", (cause) => {
      const stale = request.reusedSocket && "code" in cause && STALE.has(cause.code);
      reject(
        stale ? new StaleConnection({ cause }) : cause instanceof PeerFault ? cause : unreachable(cause),
      );
    });
    request.end(body);
  });
}

const STALE: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"]);

function unreachable(cause: unknown): PeerFault {
  return new PeerFault("unreachable", { cause });
}

async function readAnswer(response: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) {
    response.destroy();
    throw new PeerFault(kindOfStatus(statusCode));
  }
  const body =
    headers["content-encoding"] === undefined
      ? await readBody(response, { sizeLimitBytes: limitBytes, grow: () => true })
      : undefined;
  if (body?.kind !== "whole") throw new PeerFault("protocol");
  return body.bytes;
}

/** A redirect is no answer: where a node listens stands in its signed document and nowhere else. */
function kindOfStatus(status: number): PeerFault["kind"] {
  if (status === 429 || status === 503 || status === 507) return "busy";
  return status >= 400 && status < 500 ? "refused" : "protocol";
}

function keyOf({ host, port, path }: PeerUrl): string {
  return JSON.stringify([host, port, path]);
}
