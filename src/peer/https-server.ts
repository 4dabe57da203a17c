/**
 * The peer's door over HTTPS (SPEC 6.1): mutual TLS 1.3, one bundle in, one bundle out; to strangers the own
 * `.party` file.
 *
 * Guarantees: a body is read only from a caller whose key a paired party has published; every size, time and number
 * has a limit below; an answer to an error is constant and small; nothing that arrives ends the process.
 * Deliberately absent: HTTP/2, compression, redirects, any reading of what a bundle says.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { BUNDLE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import type { RefusalFacts } from "#parley/codec/refusal.ts";
import { StoreFault } from "#parley/store/store.ts";
import { declaredSize, readBody } from "./body.ts";
import { ConnectionLimits } from "./connections.ts";
import {
  QUOTA_LIMITS,
  Quotas,
  StrangerQuota,
  TokenBucket,
  type Admission,
  type QuotaLimits,
} from "./quota.ts";
import { pinOf, tlsOptions, type TlsIdentity } from "./tls.ts";

export interface PeerServerLimits {
  readonly bodySizeLimitBytes: number;
  readonly quota: QuotaLimits;
  /** From connection to a finished handshake, and from there to the end of the headers. */
  readonly handshakeTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** A whole request: 64 MiB at 5 Mbit/s. */
  readonly requestTimeoutMs: number;
  /** For the caller to take the answer, counted from its last sign of life. */
  readonly answerTimeoutMs: number;
  /** An idle connection of a paired party stays this long, so that its next delivery is one round trip. */
  readonly keepAliveMs: number;
}

export const PEER_SERVER_LIMITS: PeerServerLimits = {
  bodySizeLimitBytes: BUNDLE_SIZE_LIMIT_BYTES,
  quota: QUOTA_LIMITS,
  handshakeTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  answerTimeoutMs: 60_000,
  keepAliveMs: 600_000,
};

/** The only headers a node sends are some 300 bytes. */
const HEADERS_SIZE_LIMIT_BYTES = 8_192;
/** How often Node looks for connections that are over their time: the precision of the timeouts above. */
const TIMEOUT_CHECK_MS = 1_000;
/** After an early refusal the caller may still be sending: that long it can read the answer before the end. */
const LINGER_MS = 500;
/** `.party` files to strangers: per address and over all. */
const PARTY_FILE_EACH = { burst: 10, perSecond: 0.2 };
const PARTY_FILE_ALL = { burst: 60, perSecond: 5 };
/** Lines about refused calls: a flood of calls is not a flood of log. */
const REFUSAL_LINES = { burst: 20, perSecond: 1 };

export interface PeerServerOptions extends TlsIdentity {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** One bundle of a paired party to the answer. May throw; a `StoreFault` of a full disk is told to the caller. */
  readonly exchange: (body: Uint8Array, from: string) => Promise<Uint8Array>;
  /** Bytes of the own `.party` file. */
  readonly ownChain: () => Uint8Array;
  /** The paired party that published this pin (SPEC 6.1.1). */
  readonly partyOfPin: (pin: string) => string | undefined;
  readonly log: (event: string, facts: RefusalFacts) => void;
  readonly limits?: Partial<PeerServerLimits>;
}

export interface PeerServer extends AsyncDisposable {
  readonly port: number;
}

/** Resolves when it listens; throws when it cannot (port taken, not permitted). */
export async function startPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const limits = { ...PEER_SERVER_LIMITS, ...options.limits };
  const door = new PeerDoor(options, limits);
  const server = createServer(
    {
      ...tlsOptions(options),
      requestCert: true,
      rejectUnauthorized: false, // a self-signed certificate carries the key; the pin decides, per request
      handshakeTimeout: limits.handshakeTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      maxHeaderSize: HEADERS_SIZE_LIMIT_BYTES,
      insecureHTTPParser: false,
    },
    (request, response) => void door.serve(request, response),
  );
  const connections = new ConnectionLimits((socket) => door.callerOf(socket));
  server.on("connection", (socket: Socket) => connections.open(socket));
  server.on("secureConnection", (socket: TLSSocket) => connections.secured(socket));
  server.on("tlsClientError", (_fault, socket) => socket.destroy());
  server.on("clientError", (fault: Error, socket) => {
    const timedOut = "code" in fault && fault.code === "ERR_HTTP_REQUEST_TIMEOUT";
    const answer = `HTTP/1.1 ${timedOut ? 408 : 400} -\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
    if (socket.writable) socket.end(answer, () => socket.destroy());
    else socket.destroy();
  });
  const port = await listen(server, options);
  // A fault of the listening socket after the start (out of file descriptors) passes; existing connections live on.
  server.on("error", () => options.log("peer-server-fault", {}));
  return { port, [Symbol.asyncDispose]: () => close(server) };
}

function listen(server: Server, { host, port }: PeerServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.removeListener("error", reject);
      resolve(portOf(server.address()));
    });
  });
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new Error("the peer server has no port");
  return address.port;
}

/** Lets requests under way finish for a moment, then ends what is left. */
const CLOSE_WAIT_MS = 2_000;

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_WAIT_MS);
  await closed;
  clearTimeout(timer);
}

type Refused = 400 | 401 | 404 | 405 | 413 | 415 | 429 | 500 | 507;

class PeerDoor {
  readonly #options: PeerServerOptions;
  readonly #limits: PeerServerLimits;
  readonly #quotas: Quotas;
  readonly #strangers = new StrangerQuota(PARTY_FILE_EACH, PARTY_FILE_ALL);
  readonly #lines = new TokenBucket(REFUSAL_LINES);
  readonly #pins = new WeakMap<TLSSocket, string>();

  constructor(options: PeerServerOptions, limits: PeerServerLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#quotas = new Quotas(limits.quota);
  }

  /** The key is proved once for each connection; whose it is may change while the connection lasts. */
  callerOf(socket: TLSSocket): string | undefined {
    const pin = this.#pins.get(socket) ?? pinOf(socket);
    if (pin === undefined) return undefined;
    this.#pins.set(socket, pin);
    return this.#options.partyOfPin(pin);
  }

  /** Never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => undefined); // a caller that goes away; whoever reads the body hears of it too
    response.on("error", () => undefined);
    request.socket.setTimeout(this.#limits.answerTimeoutMs); // Node ends a silent socket, and waits longer when idle
    try {
      const status = await this.#answer(request, response);
      if (status !== "answered") this.#refuse(request, response, status);
    } catch (fault) {
      if (request.destroyed && !request.complete) return; // it broke off in the middle of its body
      this.#fault(request, response, fault);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Refused | "answered"> {
    if (request.url === "/v1/party") return this.#answerParty(request, response);
    if (request.url !== "/v1/exchange") return 404;
    if (request.method !== "POST") return 405;
    const party = request.socket instanceof TLSSocket ? this.callerOf(request.socket) : undefined;
    if (party === undefined) return 401;
    if (request.headers["content-encoding"] !== undefined) return 415;
    if (request.headers["content-type"] !== "application/octet-stream") return 415;
    const declared = declaredSize(request);
    if (declared !== undefined && !(declared <= this.#limits.bodySizeLimitBytes)) return 413;
    const admission = this.#quotas.admit(party, declared, performance.now());
    if (admission === undefined) return 429;
    // Held until the caller took the answer: an answer that waits in memory counts like a body.
    response.on("close", admission.release);
    return this.#exchange(request, response, { party, admission });
  }

  async #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    { party, admission }: { readonly party: string; readonly admission: Admission },
  ): Promise<Refused | "answered"> {
    const body = await readBody(request, {
      sizeLimitBytes: this.#limits.bodySizeLimitBytes,
      grow: admission.grow,
    });
    if (body.kind === "too-large") return 413;
    if (body.kind === "over-quota") return 429;
    const answer = await this.#options.exchange(body.bytes, party);
    if (!admission.grow(answer.length)) return 429;
    send(response, 200, answer);
    return "answered";
  }

  #answerParty(request: IncomingMessage, response: ServerResponse): Refused | "answered" {
    if (request.method !== "GET") return 405;
    if (!this.#strangers.take(request.socket.remoteAddress ?? "", performance.now())) return 429;
    response.setHeader("connection", "close");
    send(response, 200, this.#options.ownChain());
    return "answered";
  }

  #fault(request: IncomingMessage, response: ServerResponse, fault: unknown): void {
    const full = fault instanceof StoreFault && fault.kind === "full";
    const kind =
      fault instanceof StoreFault ? `store-${fault.kind}` : fault instanceof Error ? fault.name : "unknown";
    this.#options.log("peer-exchange-fault", { kind });
    if (!response.headersSent) this.#refuse(request, response, full ? 507 : 500);
    else response.destroy();
  }

  #refuse(request: IncomingMessage, response: ServerResponse, status: Refused): void {
    if (response.destroyed) return;
    if (this.#lines.take(performance.now())) this.#options.log("peer-call-refused", { status });
    if (status === 429) response.setHeader("retry-after", "1");
    if (request.complete) {
      send(response, status);
      return;
    }
    // The rest of the body is thrown away unread by us, so that the caller gets to see the answer.
    response.writeHead(status, { "content-length": 0, connection: "close" }).flushHeaders();
    request.resume();
    const timer = setTimeout(() => response.end(), LINGER_MS);
    response.on("close", () => clearTimeout(timer));
  }
}

function send(response: ServerResponse, status: number, body: Uint8Array = new Uint8Array(0)): void {
  const headers = { "content-type": "application/octet-stream", "content-length": body.length };
  response.writeHead(status, headers).end(body);
}
