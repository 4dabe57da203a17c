/**
 * URLs of a peer that lead into our own network (threats.md 12; SPEC 6.1.2): a service behind the node, with the very
 * key that the peer pins, must never see a connection, however the way to it is written.
 *
 * Real sockets on loopback; 127.0.0.2 plays the inside, 127.0.0.1 is the one address that an operator listed.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { LookupAddress } from "node:dns";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { addressGuard } from "#parley/peer/address-guard.ts";
import { createPeerClient, fetchPartyFile } from "#parley/peer/https-client.ts";
import { PeerFault } from "#parley/peer/transport.ts";
import { makeIdentity } from "../peer/keys.ts";

const [peer, me] = [makeIdentity(), makeIdentity()];
const TLS = { minVersion: "TLSv1.3", ecdhCurve: "X25519MLKEM768", cert: peer.cert, key: peer.key } as const;

/** The service inside: counts who comes. */
let inside: Server;
/** The peer's real node, at the listed address; answers what the test says. */
let outside: Server;
let connections = 0;
let answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> };

async function listen(server: Server, host: string, port = 0): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  const { port: taken } = server.address() as AddressInfo;
  return taken;
}

let port = 0;
before(async () => {
  inside = createServer(TLS, (_request, response) => response.end("secret of the inside"));
  inside.on("connection", () => connections++);
  port = await listen(inside, "127.0.0.2");
  outside = createServer(TLS, (request, response) => {
    request.resume().on("end", () => response.writeHead(answer.status, answer.headers).end("x"));
  });
  await listen(outside, "127.0.0.1", port);
});
after(() => {
  for (const server of [inside, outside]) {
    server.closeAllConnections();
    server.close();
  }
});

async function ask(
  urls: readonly string[],
  resolve?: (host: string) => Promise<readonly LookupAddress[]>,
  listed: readonly string[] = ["127.0.0.1"],
): Promise<string> {
  using client = createPeerClient({
    ...me,
    addressOf: () => ({ urls, pins: [peer.pin] }),
    allowAddress: addressGuard(listed),
    log: () => undefined,
    ...(resolve !== undefined && { resolve }),
    timeouts: { connectMs: 2_000, pauseMs: 0 },
  });
  try {
    return Buffer.from(await client.exchange("them", Buffer.of(1))).toString();
  } catch (fault) {
    assert(fault instanceof PeerFault, String(fault));
    return fault.kind;
  }
}

const at = (address: string): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 });

/** Ways to write 127.0.0.2, and addresses that lead there on some systems. */
const WAYS_IN = [
  "127.0.0.2",
  "127.2",
  "127.0.2",
  "2130706434",
  "0x7f000002",
  "0x7f.0.0.2",
  "0177.0.0.2",
  "017700000002",
  "127.0.0.2.",
  "%31%32%37.0.0.2",
  "１２７.０.０.２",
  "127。0。0。2",
  "①②⑦.⓪.⓪.②",
  "[::ffff:127.0.0.2]",
  "[::ffff:7f00:2]",
  "[0:0:0:0:0:ffff:127.0.0.2]",
  "[::127.0.0.2]",
  "[64:ff9b::127.0.0.2]",
  "[2002:7f00:2::]",
  "[::1]",
  "[::]",
  "0.0.0.0",
  "0",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.0.1",
  "100.64.0.1",
  "169.254.169.254",
  "[fd00::1]",
  "[fe80::1]",
  "224.0.0.1",
  "255.255.255.255",
];

describe("threat 12: addresses", () => {
  for (const host of WAYS_IN) {
    it(`threat 12: ${host} gets no connection`, async () => {
      connections = 0;
      assert.equal(await ask([`https://${host}:${port}/`]), "unreachable");
      const file = fetchPartyFile({
        url: `https://${host}:${port}`,
        limitBytes: 1_000,
        allowAddress: addressGuard(["127.0.0.1"]),
      });
      await assert.rejects(file, PeerFault);
      assert.equal(connections, 0);
    });
  }

  it("threat 12: other schemes, users, queries and fragments are no URL of a peer", async () => {
    connections = 0;
    for (const url of [
      `http://127.0.0.2:${port}/`,
      `file:///etc/passwd`,
      `ftp://127.0.0.2:${port}/`,
      `gopher://127.0.0.2:${port}/_x`,
      `https://user@127.0.0.1:${port}/`,
      `https://127.0.0.1:${port}@127.0.0.2:${port}/`,
      `https://127.0.0.2:${port}\\@127.0.0.1:${port}/`,
      `https://127.0.0.1:${port}/?to=127.0.0.2`,
      `https://127.0.0.1:${port}/#@127.0.0.2`,
    ])
      assert.equal(await ask([url]), "unreachable", url);
    assert.equal(connections, 0);
  });

  it("threat 12: the operator's list is of exact addresses: the listed one is reached, its neighbour is not", async () => {
    answer = { status: 200, headers: {} };
    assert.equal(await ask([`https://127.0.0.1:${port}/`]), "x");
    assert.equal(await ask([`https://127.0.0.1:${port}/`], undefined, []), "unreachable");
    connections = 0;
    for (const listed of [["127.0.0.0/8"], ["127.0.0"], ["127.0.0.1/31"], ["localhost"], ["*"]])
      assert.equal(await ask([`https://127.0.0.2:${port}/`], undefined, listed), "unreachable", listed[0]);
    assert.equal(connections, 0);
  });
});

describe("threat 12: names", () => {
  const url = (): readonly string[] => [`https://node.example:${port}/`];

  it("threat 12: a name is used if it resolves outside alone, and not if one result is inside", async () => {
    answer = { status: 200, headers: {} };
    connections = 0;
    assert.equal(await ask(url(), () => Promise.resolve([at("127.0.0.1")])), "x");
    for (const results of [
      [at("127.0.0.2")],
      [at("127.0.0.1"), at("127.0.0.2")],
      [at("127.0.0.2"), at("127.0.0.1")],
      [at("::ffff:127.0.0.2")],
      [at("127.0.0.1"), at("fd00::1")],
      [],
    ])
      assert.equal(await ask(url(), () => Promise.resolve(results)), "unreachable");
    assert.equal(connections, 0);
  });

  it("threat 12: a name that turns inwards between two questions: the answer that is judged is the one connected to", async () => {
    answer = { status: 200, headers: { connection: "close" } };
    connections = 0;
    let questions = 0;
    const rebinding = (): Promise<readonly LookupAddress[]> =>
      Promise.resolve([at(questions++ % 2 === 0 ? "127.0.0.1" : "127.0.0.2")]);
    using client = createPeerClient({
      ...me,
      addressOf: () => ({ urls: url(), pins: [peer.pin] }),
      allowAddress: addressGuard(["127.0.0.1"]),
      log: () => undefined,
      resolve: rebinding,
      timeouts: { connectMs: 2_000, pauseMs: 0 },
    });
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++)
      outcomes.push(
        await client.exchange("them", Buffer.of(i)).then(
          (body) => Buffer.from(body).toString(),
          (fault: unknown) => (fault instanceof PeerFault ? fault.kind : "bug"),
        ),
      );
    assert.deepEqual(outcomes, ["x", "unreachable", "x", "unreachable", "x", "unreachable"]);
    assert.equal(
      questions,
      6,
      "one question for each connection: nothing is asked again after it was judged",
    );
    assert.equal(connections, 0);
  });
});

describe("threat 12: redirects", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it(`threat 12: ${status} is no answer, wherever it points`, async () => {
      connections = 0;
      for (const location of [`https://127.0.0.2:${port}/`, `//127.0.0.2:${port}/`, "/v1/exchange"]) {
        answer = { status, headers: { location } };
        assert.equal(await ask([`https://127.0.0.1:${port}/`]), "protocol");
      }
      assert.equal(connections, 0);
    });
  }
});
