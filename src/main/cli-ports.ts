/**
 * The real world of the command line: files, terminal, the node's own API, and the node itself.
 *
 * `src/main.ts` hands in what only it may make (environment, clock, randomness, the HTTP door). Faults become
 * `CliFault`s with a code; what else is thrown is a bug.
 */
import { createReadStream } from "node:fs";
import { link, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import {
  CliFault,
  type CliFaultCode,
  type CliPorts,
  type InitOptions,
  type StartOptions,
} from "#parley/cli/ports.ts";
import type { Instant } from "#parley/codec/time.ts";
import { makeFirstLink } from "#parley/node/invitations.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { readListFolder } from "#parley/intel/folder.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import type { Log } from "#parley/node/ports.ts";
import { fetchPartyFile } from "#parley/peer/https-client.ts";
import { PeerFault } from "#parley/peer/transport.ts";
import { DirectoryFault, FILE, jsonFile } from "./data-directory.ts";
import { diagnose } from "./diagnose.ts";
import { callApi } from "./api-call.ts";
import { isCode, replaceFile, SECRET_MODE } from "./files.ts";
import { initParty } from "./init-party.ts";
import { downloadFile, filesBelow, uploadFile } from "./large-files.ts";
import { readPages, type Pages } from "./pages.ts";
import { startNode } from "./start-node.ts";
import { writeFileAs } from "./written-file.ts";

/** Opens the HTTP door of a running node on an address. */
export type OpenApi = (options: {
  readonly node: ParleyNode;
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  /** Files of the node's own pages. */
  readonly pages: Pages;
}) => Promise<AsyncDisposable & { readonly port: number }>;

export interface World {
  readonly backend: CryptoBackend;
  readonly clock: () => Instant;
  readonly log: Log;
  readonly openApi: OpenApi;
  readonly env: (name: string) => string | undefined;
  /** Resolves when the process is asked to stop. */
  readonly stopAsked: () => Promise<void>;
}

export function makeCliPorts(world: World): CliPorts {
  const { backend, clock, env } = world;
  return {
    stdout: (text) => written(process.stdout, text),
    stderr: (text) => written(process.stderr, text),
    isTty: { stdin: isTty(process.stdin), stdout: isTty(process.stdout), stderr: isTty(process.stderr) },
    env,
    readFile: readChunks,
    writeFile: writeWhole,
    writeFileAs: writeStreamed,
    askLine,
    init: (options) => faultsToCodes(() => init(world, options)),
    start: (options) => faultsToCodes(() => start(world, options)),
    fetchApi: (request) => faultsToCodes(() => callApi(request)),
    filesBelow,
    uploadFile: (...call) => faultsToCodes(() => uploadFile(...call)),
    downloadFile: (...call) => faultsToCodes(() => downloadFile(...call)),
    diagnose: (directory) => diagnose(directory),
    fetchPublic,
    readLists,
    backend,
    clock,
  };
}

function isTty(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

async function init({ backend, clock }: World, options: InitOptions): ReturnType<CliPorts["init"]> {
  return initParty({ ...options, backend, clock });
}

/** Both doors, until the process is asked to stop. */
async function start(world: World, options: StartOptions): Promise<number> {
  const { backend, clock, log, openApi, stopAsked } = world;
  const { dataDirectory, peerPort, apiPort } = options;
  await using running = await startNode({
    dataDirectory,
    backend,
    clock,
    log,
    ...(peerPort !== undefined && { peerPort }),
  });
  const { node, config, party } = running;
  const pages = await readPages();
  await using api = await openApi({
    node,
    host: config.api.host,
    port: apiPort ?? config.api.port,
    log,
    pages,
  });
  const serving = {
    api: baseUrl("http", config.api.host, api.port),
    peer: baseUrl("https", config.peer.host, running.peerPort),
  };
  const file = join(dataDirectory, FILE.serving);
  await replaceFile(file, jsonFile(serving), SECRET_MODE);
  const first = await makeFirstLink(node.core);
  const link = first && `${pageUrl(config.api.host, api.port)}#link=${first.secret}`;
  options.onServing({ party, ...serving, ...(link !== undefined && { link }) });
  log("serving", { peer_port: running.peerPort, api_port: api.port });
  await stopAsked();
  log("stopping", {});
  await rm(file, { force: true });
  return 0;
}

/** A passkey belongs to a name, never to an address: on this machine the name is localhost. */
function pageUrl(host: string, port: number): string {
  const isLoopback = host === "127.0.0.1" || host === "::1" || host === "localhost";
  return isLoopback ? `http://localhost:${port}/sign-in/` : `https://${host}/sign-in/`;
}

function baseUrl(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The person at the terminal chose the address, so it may be any; what comes back proves nothing by itself. */
async function fetchPublic(url: string, limitBytes: number): Promise<Uint8Array> {
  try {
    return await fetchPartyFile({ url, limitBytes, allowAddress: () => true });
  } catch (cause) {
    throw cause instanceof PeerFault ? new CliFault("file-unreadable", { cause }) : cause;
  }
}

async function readLists(folder: string): ReturnType<CliPorts["readLists"]> {
  try {
    return await readListFolder(folder);
  } catch (cause) {
    throw systemFault(cause, "file-unreadable");
  }
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const stream = path === "-" ? process.stdin : createReadStream(path);
  try {
    for await (const chunk of stream) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  } catch (cause) {
    throw systemFault(cause, "file-unreadable");
  } finally {
    stream.destroy();
  }
}

/** Under a name beside it first: a reader never meets half a file. */
async function writeWhole(
  path: string,
  bytes: Uint8Array,
  options?: { readonly overwrite: boolean; readonly secret?: true },
): Promise<void> {
  if (path === "-") return new Promise((resolve) => process.stdout.write(bytes, () => resolve()));
  const part = `${path}.part-${process.pid}`;
  try {
    await writeFile(part, bytes, { flush: true, ...(options?.secret && { mode: SECRET_MODE }) });
    if (options?.overwrite === true) await rename(part, path);
    else await link(part, path);
  } catch (cause) {
    throw isCode(cause, "EEXIST")
      ? new CliFault("file-exists", { cause })
      : systemFault(cause, "file-unwritable");
  } finally {
    await rm(part, { force: true });
  }
}

async function writeStreamed(...given: Parameters<CliPorts["writeFileAs"]>): Promise<void> {
  try {
    await writeFileAs(...given);
  } catch (cause) {
    if (cause instanceof CliFault) throw cause;
    throw isCode(cause, "EEXIST")
      ? new CliFault("file-exists", { cause })
      : systemFault(cause, "file-unwritable");
  }
}

async function askLine(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  try {
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}

function systemFault(cause: unknown, code: CliFaultCode): unknown {
  return cause instanceof Error && "syscall" in cause ? new CliFault(code, { cause }) : cause;
}

const CODE_BY_REASON: Readonly<Record<DirectoryFault["reason"], CliFaultCode>> = {
  missing: "data-directory-missing",
  taken: "file-exists",
  damaged: "data-directory-damaged",
  locked: "data-directory-locked",
};

async function faultsToCodes<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof DirectoryFault ? new CliFault(CODE_BY_REASON[cause.reason], { cause }) : cause;
  }
}
