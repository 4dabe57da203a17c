/** A real S3 server process for a test, and a door before it that lies when told to. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { freePort } from "../../tools/free-port.ts";
import { ROOT } from "../../tools/tidy/sources.ts";
import { scratchDirectory } from "../store/scratch-directory.ts";

export const BUCKET = "evidence";
export const KEY = "S3RVER";

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
}

/** Starts the process and waits until it answers. */
export async function startS3Server(): Promise<S3Server> {
  const scratch = await scratchDirectory();
  const port = await freePort();
  const command = join(ROOT, "node_modules/s3rver/bin/s3rver.js");
  const options = ["-d", scratch.path, "-a", "127.0.0.1", "-p", String(port), "-s"];
  const child = spawn(process.execPath, [command, ...options, "--configure-bucket", BUCKET], {
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const up = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (up) break;
    assert(tries < 200 && child.exitCode === null, "the S3 server does not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    endpoint,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
      await scratch[Symbol.asyncDispose]();
    },
  };
}

export type Lie = (
  ask: { readonly method: string; readonly url: string },
  answer: { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: Buffer },
) =>
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: Uint8Array }
  | undefined;

/** Passes everything on; `lie` may change what comes back. */
export async function startLyingDoor(endpoint: string, lie: { current: Lie | undefined }): Promise<S3Server> {
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = incoming;
    const onward = request(new URL(url, endpoint), { method, headers });
    incoming.pipe(onward);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const told = lie.current?.(
      { method, url },
      { status: answer.statusCode ?? 0, headers: answer.headers, body },
    );
    const { "transfer-encoding": _, connection: __, ...kept } = answer.headers;
    outgoing.writeHead(told?.status ?? answer.statusCode ?? 0, {
      ...kept,
      ...(method !== "HEAD" && { "content-length": String((told?.body ?? body).length) }),
      ...told?.headers,
    });
    outgoing.end(method === "HEAD" ? undefined : (told?.body ?? body));
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(address !== null && typeof address === "object");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
