/**
 * A running node: data directory, lock, store, peer's door, clockwork; everything that the use cases are given.
 *
 * Guarantees: one process per directory; a store that is missing or of another party is refused, so that a wrong
 * path never begins a second history; whatever was opened is closed in the opposite order, on failure too.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, parseJson } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeCore } from "#parley/node/core.ts";
import { readListFolder } from "#parley/intel/folder.ts";
import type { ListFile } from "#parley/intel/load.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { partyOfPin } from "#parley/node/pins.ts";
import type { Log, NodePorts, PeerTransport } from "#parley/node/ports.ts";
import { encodePartyChain } from "#parley/party/chain.ts";
import { addressGuard } from "#parley/peer/address-guard.ts";
import { createPeerClient, type PeerAddress } from "#parley/peer/https-client.ts";
import { startPeerServer, type PeerServerLimits } from "#parley/peer/https-server.ts";
import { DataDirectoryLocked, lockDataDirectory } from "#parley/store/lock.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import type { Store } from "#parley/store/store.ts";
import { openS3Blobs } from "#parley/vault/s3-blobs.ts";
import { ITEM_SIZE_LIMIT_BYTES } from "#parley/vault/sealed-item.ts";
import { startHashers } from "#parley/vault/threaded-hasher.ts";
import { assembleVault, openDiskVault, type Vault } from "#parley/vault/vault.ts";
import {
  DirectoryFault,
  FILE,
  readConfig,
  readDataDirectory,
  readS3Keys,
  type Config,
  type DataDirectory,
} from "./data-directory.ts";
import { readGateRules } from "./gate-rules.ts";
import { isCode } from "./files.ts";
import { faultKind, startTicker } from "./ticker.ts";

export interface StartNodeOptions {
  readonly dataDirectory: string;
  readonly backend: CryptoBackend;
  readonly clock: () => Instant;
  readonly log: Log;
  /** Instead of the configured one; 0 lets the system choose. */
  readonly peerPort?: number;
  /** A quota for the store, in pages of 8,192 bytes; beyond it the node is read-only as on a full disk. */
  readonly storeMaxPages?: number;
  readonly peerLimits?: Partial<PeerServerLimits>;
}

export interface RunningNode extends AsyncDisposable {
  readonly node: ParleyNode;
  readonly store: Store;
  readonly party: string;
  readonly config: Config;
  readonly peerPort: number;
  /** What the node sends through. */
  readonly transport: PeerTransport;
}

/** Resolves when the peer's door is open. Throws `DirectoryFault`, `StoreFault`, and what the socket says. */
export async function startNode(options: StartNodeOptions): Promise<RunningNode> {
  await using opened = new AsyncDisposableStack();
  const { dataDirectory, backend, clock, log } = options;
  await readConfig(dataDirectory); // before the lock, which would leave its file in a directory of somebody else
  opened.use(await lockOrFault(dataDirectory));
  const directory = await readDataDirectory(backend, dataDirectory);
  announce(directory, log);
  const store = opened.use(await openStore(options, directory));
  const vault = opened.use(await openVault(options, directory));
  const stopping = new AbortController();
  // oxlint-disable-next-line prefer-const -- the transport asks for it before the node exists
  let core: NodeCore | undefined;
  const transport = createPeerClient({
    ...directory.tls,
    addressOf: (party) => core && addressOf(core, party),
    allowAddress: addressGuard(directory.config.allow_addresses),
    log,
  });
  opened.use(transport);
  const { identity } = directory;
  const pause = (): Promise<void> => pauseUnless(stopping.signal);
  const readLists = (): Promise<readonly ListFile[]> => readListsOf(dataDirectory);
  const ownRules = await readGateRules(dataDirectory);
  const gateRules = (): typeof ownRules => ownRules;
  const node = await ParleyNode.open(
    {
      store,
      vault,
      backend,
      clock,
      transport,
      identity,
      log,
      pause,
      readLists,
      gateRules,
      ...signInOf(directory),
    },
    { fold: "beside" },
  );
  core = node.core;
  opened.defer(() => node.transfers.stop());
  const server = opened.use(await openPeerDoor(options, directory, node));
  const ticker = opened.use(startTicker(node, log));
  opened.use(transport); // also before the clockwork stops: a run that waits for a peer ends now
  opened.defer(node.subscribe((event) => event.type === "entry" && ticker.soon()));
  const rehashing = rehashAll(node, log, stopping.signal);
  opened.defer(async () => {
    stopping.abort();
    await rehashing;
  });
  const { party } = identity.chain;
  const closing = opened.move();
  return {
    node,
    store,
    party,
    config: directory.config,
    peerPort: server.port,
    transport,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** A provider through which people sign in, where the configuration names one. */
function signInOf({ config: { oidc } }: DataDirectory): Pick<NodePorts, "oidc"> {
  if (oidc === undefined) return {};
  const { issuer, client_id, client_secret } = oidc;
  return { oidc: { issuer, client_id, ...(client_secret !== undefined && { client_secret }) } };
}

function openPeerDoor(options: StartNodeOptions, { config, tls, identity }: DataDirectory, node: ParleyNode) {
  return startPeerServer({
    ...tls,
    host: config.peer.host,
    port: options.peerPort ?? config.peer.port,
    exchange: (body, from) => node.exchange(body, from),
    ownChain: () => encodePartyChain(identity.chain.signed),
    partyOfPin: (pin) => partyOfPin(node.core, pin),
    log: options.log,
    ...(options.peerLimits && { limits: options.peerLimits }),
  });
}

/** Evidence files lie below the data directory, or where the configuration says. */
async function openVault(
  { backend, dataDirectory, clock }: StartNodeOptions,
  { config }: DataDirectory,
): Promise<Vault> {
  const directory = join(dataDirectory, FILE.vault);
  const hashers = startHashers();
  const common = { directory, backend, hashers, nowMs: () => performance.now() };
  if (config.vault === undefined) return openDiskVault(common);
  const keys = await readS3Keys(dataDirectory);
  const s3 = {
    ...config.vault,
    accessKeyId: keys.access_key_id,
    secretAccessKey: keys.secret_access_key,
    staging: join(directory, "staging"),
    backend,
    hashers,
    clock,
  };
  const blobs = await openS3Blobs(s3);
  return assembleVault({ ...common, blobs, itemSizeLimit: ITEM_SIZE_LIMIT_BYTES });
}

async function lockOrFault(path: string): Promise<AsyncDisposable> {
  try {
    return await lockDataDirectory(path);
  } catch (cause) {
    throw cause instanceof DataDirectoryLocked ? new DirectoryFault("locked", undefined, { cause }) : cause;
  }
}

/** Opening makes a missing database; here that would be the first line of a second history. */
async function openStore(options: StartNodeOptions, { path, identity }: DataDirectory): Promise<Store> {
  const file = join(path, FILE.store);
  await access(file).catch((cause: unknown) => {
    throw new DirectoryFault("damaged", FILE.store, { cause });
  });
  const maxPages = options.storeMaxPages;
  const store = await openSqliteStore({ path: file, ...(maxPages !== undefined && { maxPages }) });
  const genesis = parseJson((await store.meta("house-genesis")) ?? new Uint8Array(0));
  const own = !isRefusal(genesis) && isJsonObject(genesis) && genesis["party"] === identity.chain.party;
  if (own) return store;
  await store[Symbol.asyncDispose]();
  throw new DirectoryFault("damaged", FILE.store);
}

/** A directory without a folder of lists has none. */
async function readListsOf(dataDirectory: string): Promise<readonly ListFile[]> {
  try {
    return await readListFolder(join(dataDirectory, FILE.lists));
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return [];
    throw cause;
  }
}

/** Dangerous settings say so at every start. */
function announce({ config }: DataDirectory, log: Log): void {
  const addresses = config.allow_addresses.length;
  if (addresses > 0) log("private-addresses-allowed", { addresses });
  const loopback = /^(127\.|::1$|localhost$)/.test(config.api.host);
  if (!loopback) log("api-beyond-loopback", {});
}

function addressOf(core: NodeCore, party: string): PeerAddress | undefined {
  const latest = core.house.state.pairings.has(party) ? core.parties.get(party)?.latest : undefined;
  return latest && { urls: latest.urls, pins: latest.tls_pins };
}

class Stopped extends Error {}

function pauseUnless(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => (signal.aborted ? reject(new Stopped()) : resolve()));
  });
}

/** In the background, one channel after the other; damage freezes its channel (threats.md 24). */
async function rehashAll(node: ParleyNode, log: Log, stopping: AbortSignal): Promise<void> {
  for (const channel of [node.core.houseChannel, ...node.core.channels.values()]) {
    if (stopping.aborted) return;
    try {
      await node.rehash(channel);
    } catch (fault) {
      if (!(fault instanceof Stopped)) log("rehash-fault", { kind: faultKind(fault) });
    }
  }
}
