/** The peer's door and its client over real TLS on loopback: what they let through, and what they do not. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttps, request as httpsRequest, type RequestOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { addressGuard } from "#parley/peer/address-guard.ts";
import { createPeerClient, fetchPartyFile, type PeerClientOptions } from "#parley/peer/https-client.ts";
import { startPeerServer, type PeerServerOptions } from "#parley/peer/https-server.ts";
import { PeerFault } from "#parley/peer/transport.ts";
import { StoreFault } from "#parley/store/store.ts";
import { makeIdentity, type TestIdentity } from "./keys.ts";

const [server, client, stranger] = [makeIdentity(), makeIdentity(), makeIdentity()];
const CHAIN = new TextEncoder().encode("the chain");
const HYBRID = { minVersion: "TLSv1.3", ecdhCurve: "X25519MLKEM768", rejectUnauthorized: false } as const;

interface Door extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly seen: { readonly body: Uint8Array; readonly from: string }[];
  readonly events: string[];
}

async function open(more: Partial<PeerServerOptions> = {}): Promise<Door> {
  const [seen, events]: [Door["seen"], string[]] = [[], []];
  const running = await startPeerServer({
    ...server,
    host: "127.0.0.1",
    port: 0,
    exchange: async (body, from) => {
      seen.push({ body, from });
      return body.toReversed();
    },
    ownChain: () => CHAIN,
    partyOfPin: (pin) => (pin === client.pin ? "the client" : undefined),
    log: (event) => events.push(event),
    ...more,
  });
  const url = `https://127.0.0.1:${running.port}`;
  return {
    port: running.port,
    url,
    seen,
    events,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function clientOf(urls: readonly string[], more: Partial<PeerClientOptions> = {}) {
  return createPeerClient({
    ...client,
    addressOf: () => ({ urls, pins: [server.pin] }),
    allowAddress: addressGuard(["127.0.0.1"]),
    log: () => undefined,
    ...more,
  });
}

async function faultOf(work: Promise<unknown>): Promise<PeerFault["kind"]> {
  const fault: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert(fault instanceof PeerFault, String(fault));
  return fault.kind;
}

/** A raw request with any headers, as the paired client or as somebody else. Answers the status; 0 when cut off. */
async function call(
  port: number,
  options: RequestOptions & {
    readonly as?: TestIdentity;
    readonly body?: Uint8Array | readonly Uint8Array[];
  },
): Promise<number> {
  const { as = client, body = new Uint8Array(0), headers, ...rest } = options;
  const request = httpsRequest({
    ...HYBRID,
    cert: as.cert,
    key: as.key,
    host: "127.0.0.1",
    port,
    path: "/v1/exchange",
    method: "POST",
    headers: { "content-type": "application/octet-stream", ...headers },
    agent: false,
    ...rest,
  });
  const status = new Promise<number>((resolve) => {
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", () => resolve(0));
  });
  if (body instanceof Uint8Array) request.end(body);
  else {
    for (const chunk of body) if (!request.destroyed && !request.write(chunk)) await drained(request);
    request.end();
  }
  return status;
}

async function drained(stream: NodeJS.EventEmitter): Promise<void> {
  await Promise.race([once(stream, "drain"), once(stream, "close"), once(stream, "response")]).catch(
    () => undefined,
  );
}

test("exchange: bytes there and back, known by the certificate, on one connection", async () => {
  await using door = await open();
  using peer = clientOf([door.url]);
  for (const length of [0, 1, 100_000]) {
    const body = new Uint8Array(length).map((_, i) => i);
    assert.deepEqual(Buffer.from(await peer.exchange("them", body)), Buffer.from(body.toReversed()));
  }
  assert.deepEqual(
    door.seen.map(({ from }) => from),
    ["the client", "the client", "the client"],
  );
});

test("exchange: one kept connection, so that a delivery is one round trip", async () => {
  let connections = 0;
  await using door = await open({ log: () => undefined });
  const ports = new Set<number>();
  const spy = createHttps({ ...HYBRID, cert: server.cert, key: server.key }, (request, response) => {
    ports.add(request.socket.remotePort ?? 0);
    request
      .resume()
      .on("end", () => response.writeHead(200, { "content-type": "application/octet-stream" }).end("x"));
  });
  spy.on("secureConnection", () => connections++);
  await using _spy = await listening(spy);
  using peer = clientOf([`https://127.0.0.1:${portOf(spy)}`]);
  for (let i = 0; i < 5; i++) await peer.exchange("them", Buffer.of(i));
  assert.deepEqual([connections, ports.size], [1, 1]);
  assert(door.port > 0);
});

test("exchange: a connection that the other side closed meanwhile is made anew", async () => {
  await using door = await open({ limits: { keepAliveMs: 1 } });
  using peer = clientOf([door.url]);
  for (let i = 0; i < 3; i++) {
    assert.equal((await peer.exchange("them", Buffer.of(i))).length, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test("TLS: only X25519MLKEM768 and only 1.3, on both sides", async () => {
  await using door = await open();
  const handshake = async (options: ConnectionOptions): Promise<string | undefined> => {
    const socket = connect({
      host: "127.0.0.1",
      port: door.port,
      ...client,
      rejectUnauthorized: false,
      ...options,
    });
    try {
      await once(socket, "secureConnect");
      return socket.getProtocol() ?? undefined;
    } catch {
      return undefined;
    } finally {
      socket.destroy();
    }
  };
  assert.equal(await handshake({ ecdhCurve: "X25519MLKEM768" }), "TLSv1.3");
  for (const ecdhCurve of ["X25519", "P-256", "X25519:P-256:P-384", "SecP256r1MLKEM768"])
    assert.equal(await handshake({ ecdhCurve }), undefined, ecdhCurve);
  assert.equal(await handshake({ maxVersion: "TLSv1.2" }), undefined);
  const classic = createHttps({ cert: server.cert, key: server.key, ecdhCurve: "X25519:P-256" }, () =>
    assert.fail(),
  );
  await using _classic = await listening(classic);
  using peer = clientOf([`https://127.0.0.1:${portOf(classic)}`]);
  assert.equal(await faultOf(peer.exchange("them", Buffer.of(1))), "unreachable");
});

test("pin: a server with another key gets no byte of the request", async () => {
  let bytes = 0;
  const other = createHttps({ ...HYBRID, cert: stranger.cert, key: stranger.key }, () =>
    assert.fail("a request came"),
  );
  other.on("secureConnection", (socket: TLSSocket) =>
    socket.on("data", (chunk: Buffer) => (bytes += chunk.length)),
  );
  await using _other = await listening(other);
  using peer = clientOf([`https://127.0.0.1:${portOf(other)}`]);
  assert.equal(await faultOf(peer.exchange("them", Buffer.from("secret"))), "unreachable");
  assert.equal(bytes, 0);
});

test("pin: a caller with another key, or none, is refused before its body is read", async () => {
  await using door = await open();
  assert.equal(await call(door.port, { as: stranger, body: Buffer.alloc(100) }), 401);
  assert.equal(await call(door.port, { cert: "", key: "" }), 401);
  assert.equal(door.seen.length, 0);
});

test("pin: unpairing counts from the next request on, on an open connection too", async () => {
  let paired = true;
  await using door = await open({ partyOfPin: () => (paired ? "the client" : undefined) });
  using peer = clientOf([door.url]);
  await peer.exchange("them", Buffer.of(1));
  paired = false;
  assert.equal(await faultOf(peer.exchange("them", Buffer.of(2))), "refused");
  assert.equal(door.seen.length, 1);
});

test("door: each thing it does not take, with its own constant answer", async () => {
  await using door = await open({ limits: { bodySizeLimitBytes: 1_000 } });
  const refusals: readonly (readonly [number, Parameters<typeof call>[1]])[] = [
    [404, { path: "/" }],
    [404, { path: "/v1/exchange/../party" }],
    [405, { method: "GET" }],
    [405, { path: "/v1/party" }],
    [415, { headers: { "content-encoding": "gzip" } }],
    [415, { headers: { "content-encoding": "identity" } }],
    [415, { headers: { "content-type": "application/json" } }],
    [413, { body: new Uint8Array(1_001) }],
    [413, { body: [new Uint8Array(600), new Uint8Array(600)], headers: { "transfer-encoding": "chunked" } }],
    [413, { headers: { "content-length": "99999999999" } }],
    [400, { headers: { "x-large": "x".repeat(20_000) } }],
    [400, { insecureHTTPParser: true, headers: { "transfer-encoding": "chunked, gzip" } }],
  ];
  for (const [status, options] of refusals)
    assert.equal(await call(door.port, options), status, JSON.stringify(options.headers ?? options));
  assert.equal(door.seen.length, 0);
  assert.equal(await call(door.port, { body: new Uint8Array(1_000) }), 200);
  assert.equal(door.seen.length, 1);
});

test("door: over quota is 429, and tells the client to come back", async () => {
  const quota = {
    requests: { burst: 2, perSecond: 0 },
    reserve: { burst: 1, perSecond: 0 },
    reserveSizeLimitBytes: 10,
    partyBytesInFlight: 1_000,
    totalBytesInFlight: 1_000,
  };
  await using door = await open({ limits: { quota } });
  assert.equal(await call(door.port, { body: new Uint8Array(1_001) }), 429);
  assert.equal(await call(door.port, { body: new Uint8Array(400) }), 200);
  assert.equal(await call(door.port, { body: new Uint8Array(400) }), 429);
  assert.equal(await call(door.port, { body: new Uint8Array(10) }), 200, "small requests have a reserve");
  using peer = clientOf([door.url]);
  assert.equal(await faultOf(peer.exchange("them", Buffer.of(1))), "busy");
});

test("door: a full disk is 507, a bug is 500, neither says more nor ends the process", async () => {
  const faults = [new StoreFault("full"), new StoreFault("io"), new Error("words that must not travel")];
  await using door = await open({ exchange: () => Promise.reject(faults.shift() ?? new Error()) });
  for (const status of [507, 500, 500]) assert.equal(await call(door.port, { body: Buffer.of(1) }), status);
  assert.equal(door.events.filter((event) => event === "peer-exchange-fault").length, 3);
});

test("party file: to anybody, and rate-limited", async () => {
  await using door = await open();
  const fetched = await fetchPartyFile({ url: door.url, limitBytes: 100, allowAddress: () => true });
  assert.deepEqual(Buffer.from(fetched), Buffer.from(CHAIN));
  const refused = fetchPartyFile({ url: door.url, limitBytes: 1, allowAddress: () => true });
  assert.equal(await faultOf(refused), "protocol");
  const asked = Array.from({ length: 12 }, () =>
    call(door.port, { path: "/v1/party", method: "GET", as: stranger }),
  );
  assert.equal((await Promise.all(asked)).includes(429), true);
  assert.equal(await call(door.port, { body: Buffer.of(1) }), 200, "a paired party does not notice");
});

test("party file: not from an address that is not allowed", async () => {
  await using door = await open();
  const options = { url: door.url, limitBytes: 100, allowAddress: addressGuard([]) };
  assert.equal(await faultOf(fetchPartyFile(options)), "unreachable");
});

test("slow-loris: a caller that trickles is cut off, a slow handshake too", async () => {
  const times = { handshakeTimeoutMs: 200, headersTimeoutMs: 200, requestTimeoutMs: 400 };
  await using door = await open({ limits: times });
  const { connect: connectTcp } = await import("node:net");
  const silent = connectTcp(door.port, "127.0.0.1");
  const headers = connect({
    host: "127.0.0.1",
    port: door.port,
    ...HYBRID,
    cert: client.cert,
    key: client.key,
  });
  const body = connect({ host: "127.0.0.1", port: door.port, ...HYBRID, cert: client.cert, key: client.key });
  const head = "POST /v1/exchange HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n";
  headers.write(head);
  body.write(`${head}content-length: 100000\r\n\r\n`);
  const trickle = setInterval(() => {
    if (headers.writable) headers.write("x-a: b\r\n");
    if (body.writable) body.write("x");
  }, 50);
  const startedMs = performance.now();
  for (const socket of [silent, headers, body]) socket.on("error", () => undefined).resume();
  await Promise.all([silent, headers, body].map((socket) => once(socket, "close")));
  clearInterval(trickle);
  assert(performance.now() - startedMs < 4_000, "cut off soon after its time");
  assert.equal(door.seen.length, 0);
  assert.equal(await call(door.port, { body: Buffer.of(1) }), 200, "others are served");
});

test("connections: one address cannot take them all, and closing gives them back", async () => {
  await using door = await open();
  const { connect: connectTcp } = await import("node:net");
  const sockets = Array.from({ length: 64 }, () =>
    connectTcp(door.port, "127.0.0.1").on("error", () => undefined),
  );
  const ended = sockets.map((socket) => once(socket, "close").catch(() => undefined));
  await Promise.all(ended.slice(32));
  assert.equal(sockets.filter(({ destroyed }) => !destroyed).length, 32);
  for (const socket of sockets) socket.destroy();
  await Promise.all(ended);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await call(door.port, { body: Buffer.of(1) }), 200);
});

test("client: no redirect, no encoding, no oversize, no nonsense", async () => {
  const answers: Readonly<Record<string, [number, Record<string, string>, string]>> = {
    redirect: [307, { location: "https://127.0.0.1:1/v1/exchange" }, ""],
    moved: [301, { location: "/v1/exchange" }, ""],
    encoded: [200, { "content-encoding": "gzip" }, "x"],
    declared: [200, { "content-length": String(65 * 1_048_576) }, "x"],
    nothing: [204, {}, ""],
    fault: [500, {}, ""],
    full: [507, {}, ""],
    quota: [429, {}, ""],
    unknown: [401, {}, ""],
  };
  let requests = 0;
  const liar = createHttps({ ...HYBRID, cert: server.cert, key: server.key }, (request, response) => {
    requests++;
    const [status = 200, headers = {}, body = ""] = answers[String(request.url).split("/")[1] ?? ""] ?? [];
    request.resume().on("end", () => response.writeHead(status, headers).end(body));
  });
  await using _liar = await listening(liar);
  const kinds = { full: "busy", quota: "busy", unknown: "refused" } as const;
  for (const [name, expected] of Object.entries({ ...mapOf(answers, "protocol"), ...kinds })) {
    using peer = clientOf([`https://127.0.0.1:${portOf(liar)}/${name}`]);
    assert.equal(await faultOf(peer.exchange("them", Buffer.of(1))), expected, name);
  }
  assert.equal(requests, Object.keys(answers).length, "nothing was followed or repeated");
});

test("client: an answer beyond 64 MiB is cut off while it comes", async () => {
  const flood = createHttps({ ...HYBRID, cert: server.cert, key: server.key }, (request, response) => {
    request.resume();
    const chunk = Buffer.alloc(1_048_576);
    const pour = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", pour);
    pour();
  });
  await using _flood = await listening(flood);
  using peer = clientOf([`https://127.0.0.1:${portOf(flood)}`]);
  assert.equal(await faultOf(peer.exchange("them", Buffer.of(1))), "protocol");
});

test("client: a peer that trickles, hangs or breaks off costs a bounded time", async () => {
  const slow = createHttps({ ...HYBRID, cert: server.cert, key: server.key }, (request, response) => {
    request.resume();
    if (request.url?.startsWith("/break")) request.socket.destroy();
    if (!request.url?.startsWith("/trickle")) return;
    response.writeHead(200, { "content-type": "application/octet-stream" });
    const timer = setInterval(() => response.write("x"), 20);
    response.on("close", () => clearInterval(timer));
  });
  await using _slow = await listening(slow);
  for (const path of ["/hang", "/trickle", "/break"]) {
    using peer = clientOf([`https://127.0.0.1:${portOf(slow)}${path}`], {
      timeouts: { idleMs: 200, exchangeMs: 400 },
    });
    const startedMs = performance.now();
    assert.equal(await faultOf(peer.exchange("them", Buffer.of(1))), "unreachable", path);
    assert(performance.now() - startedMs < 2_000, path);
  }
});

test("client: tries the URLs in order, rests after a failure, and forgets it with a new document", async () => {
  await using door = await open();
  const closed = "https://127.0.0.1:1";
  using peer = clientOf([closed, "http://127.0.0.1/", door.url]);
  assert.equal((await peer.exchange("them", Buffer.of(1))).length, 1);
  let urls: readonly string[] = [closed];
  const more = { addressOf: () => ({ urls, pins: [server.pin] }), timeouts: { pauseMs: 60_000 } };
  using resting = clientOf([], more);
  for (let i = 0; i < 2; i++)
    assert.equal(await faultOf(resting.exchange("them", Buffer.of(1))), "unreachable");
  urls = [door.url];
  assert.equal((await resting.exchange("them", Buffer.of(1))).length, 1);
  using unknown = clientOf([], { addressOf: () => undefined });
  assert.equal(await faultOf(unknown.exchange("them", Buffer.of(1))), "unreachable");
});

test("addresses: a name that resolves inwards is refused, also the second time it is asked", async () => {
  await using door = await open();
  const answers = [["8.8.8.8"], ["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], [], ["::1"], ["169.254.169.254"]];
  for (const addresses of answers.slice(1)) {
    using peer = clientOf([`https://node.example:${door.port}`], {
      allowAddress: addressGuard([]),
      resolve: async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    });
    assert.equal(await faultOf(peer.exchange("them", Buffer.of(1))), "unreachable", addresses.join());
  }
  let asked = 0;
  using rebinding = clientOf([`https://node.example:${door.port}`], {
    resolve: async () =>
      asked++ === 0 ? [{ address: "127.0.0.1", family: 4 }] : [{ address: "127.0.0.2", family: 4 }],
  });
  assert.equal((await rebinding.exchange("them", Buffer.of(1))).length, 1);
  assert.equal(asked, 1, "resolved once, and connected to what was judged");
  using literal = clientOf([door.url], { allowAddress: addressGuard([]) });
  assert.equal(await faultOf(literal.exchange("them", Buffer.of(1))), "unreachable");
  assert.equal(door.seen.length, 1);
});

function mapOf<V>(record: Readonly<Record<string, unknown>>, value: V): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.keys(record).map((key) => [key, value]));
}

type HttpsServer = ReturnType<typeof createHttps>;

async function listening(https: HttpsServer): Promise<AsyncDisposable> {
  https.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
  await once(https, "listening");
  return {
    [Symbol.asyncDispose]: async () => {
      https.closeAllConnections();
      https.close();
    },
  };
}

function portOf(https: HttpsServer): number {
  return (https.address() as AddressInfo).port;
}
