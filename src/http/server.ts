/** The API on a socket: for the node's own people, on a loopback address unless told otherwise. */
import { getRequestListener } from "@hono/node-server";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { ParleyNode } from "#parley/node/node.ts";
import type { Log } from "#parley/node/ports.ts";
import { createApp } from "./app.ts";
import type { Page } from "./page.ts";

export interface ApiOptions {
  readonly node: ParleyNode;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
  /** Further names under which people reach it (SPEC 11.1.1). */
  readonly hosts?: readonly string[];
  /** Files of the node's own pages, by address. */
  readonly pages?: ReadonlyMap<string, Page>;
}

export interface RunningApi extends AsyncDisposable {
  readonly port: number;
}

/** A client that dribbles its request is let go. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** A file of any size may take long, as long as it moves. */
const UPLOAD_PATH = /^\/api\/v1\/evidence(?:\?|$)/;
const UPLOAD_TIMEOUT_MS = 24 * 3_600_000;
const CONNECTIONS_LIMIT = 256;
const HEADER_SIZE_LIMIT_BYTES = 16_384;

/** Resolves when it listens; rejects when it cannot. */
export async function startApi({
  node,
  host,
  port,
  log,
  hosts = [],
  pages,
}: ApiOptions): Promise<RunningApi> {
  const api = createApp(node, { log, hosts: [...hosts, host], ...(pages && { pages }) });
  const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: UPLOAD_TIMEOUT_MS,
      maxHeaderSize: HEADER_SIZE_LIMIT_BYTES,
    },
    (incoming, outgoing) => {
      endIfSlow(incoming);
      void listener(incoming, outgoing);
    },
  );
  server.maxConnections = CONNECTIONS_LIMIT;
  try {
    await listen(server, host, port);
  } catch (error) {
    api[Symbol.dispose]();
    throw error;
  }
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      api[Symbol.dispose]();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An upload may take as long as it moves; every other body is whole within a minute. */
function endIfSlow(incoming: IncomingMessage): void {
  if (UPLOAD_PATH.test(incoming.url ?? "")) {
    incoming.setTimeout(REQUEST_TIMEOUT_MS, () => incoming.destroy());
    return;
  }
  const timer = setTimeout(() => {
    if (!incoming.complete) incoming.destroy();
  }, REQUEST_TIMEOUT_MS);
  for (const event of ["end", "close"]) incoming.once(event, () => clearTimeout(timer));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
