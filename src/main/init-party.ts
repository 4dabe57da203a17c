/**
 * A new party on this machine: keys, certificate, party document, configuration, store, first people.
 *
 * Guarantees: an existing directory with anything in it is refused; each file is durable when it resolves, and
 * `config.json` comes last, so that a directory of which a crash left a part is no party and never starts.
 * Everything lies on one machine here. A real party keeps its roots apart and gives each token to another person;
 * the door says so, with the paths that are returned.
 */
import { generateKeyPairSync } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant, type Instant } from "#parley/codec/time.ts";
import { WHO, type InitOptions, type InitReport, type Who } from "#parley/cli/ports.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeSecret } from "#parley/crypto/node-key.ts";
import type { Identity } from "#parley/node/identity.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { PeerFault } from "#parley/node/ports.ts";
import { encodePartyChain } from "#parley/party/chain.ts";
import { createParty, type CreatedParty } from "#parley/party/create.ts";
import { parsePeerUrl } from "#parley/peer/address-guard.ts";
import { SERIAL_SIZE_BYTES, spkiPin, writeCertificate } from "#parley/peer/certificate.ts";
import type { TlsIdentity } from "#parley/peer/tls.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { lockDataDirectory } from "#parley/store/lock.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import {
  DirectoryFault,
  FILE,
  jsonFile,
  readDataDirectory,
  rootFile,
  secretSeeds,
  tokenFile,
} from "./data-directory.ts";
import { isCode, makeDirectory, PUBLIC_MODE, SECRET_MODE, writeNew } from "./files.ts";

export interface InitPartyOptions extends InitOptions {
  /** Addresses of peers that are not public, exactly (the demo lists loopback). None unless told. */
  readonly allowAddresses?: readonly string[];
  readonly backend: CryptoBackend;
  readonly clock: () => Instant;
}

const ROLES_BY_WHO: Readonly<Record<Who, readonly Role[]>> = {
  watch: ["watch"],
  analyst: ["analyst"],
  releaser1: ["releaser"],
  releaser2: ["releaser"],
  authority: ["authority"],
  principal: ["principal"],
  auditor: ["auditor"],
};

const DAY_SECONDS = 86_400;
const SEED_BYTES = 32;

/** Refuses a profile that no party document can carry. Throws `DirectoryFault` (`taken`) and faults of the disk. */
export async function initParty(options: InitPartyOptions): Promise<InitReport | Refusal> {
  const unfit = unfitMember(options);
  if (unfit !== undefined) return refuse("party-schema", { member: unfit });
  const path = options.dataDirectory;
  await takeDirectory(path);
  // Held until the end: no second process starts on a directory that is being made.
  await using _lock = await lockDataDirectory(path);
  const made = makeKeys(options);
  const roots = rootFiles(made.created);
  const secrets = new Map([
    [FILE.nodeKeys, nodeKeysFile(made.identity)],
    ...roots,
    [FILE.tlsKey, utf8(made.tls.key)],
  ]);
  const party = `${options.handle}.party`;
  for (const [name, bytes] of secrets) await writeNew(join(path, name), bytes, SECRET_MODE);
  await writeNew(join(path, FILE.cert), utf8(made.tls.cert), PUBLIC_MODE);
  await writeNew(join(path, party), encodePartyChain(made.created.chain.signed), PUBLIC_MODE);
  const tokens = await makePeople(options, made.identity);
  for (const [name, token] of tokens) await writeNew(join(path, name), utf8(`${token}\n`), SECRET_MODE);
  await writeNew(join(path, FILE.config), configFile(options, party), SECRET_MODE);
  await readDataDirectory(options.backend, path); // what was written is what will be read
  const files = [...secrets.keys(), FILE.cert, party, ...tokens.keys(), FILE.store, FILE.config];
  return { party: made.created.chain.party, files, roots: [...roots.keys()] };
}

/** Name of the first member that SPEC 4.1 would not admit. */
function unfitMember({
  name,
  handle,
  languages,
  urls,
  validDays,
  allowAddresses,
}: InitPartyOptions): string | undefined {
  if (!/^[^\u0000-\u001f\u007f-\u009f]{1,120}$/u.test(name)) return "name";
  if (!/^[A-Z][A-Z0-9]{1,11}$/.test(handle)) return "handle";
  const isTag = (tag: string): boolean => /^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$/.test(tag);
  if (languages.length === 0 || languages.length > 16 || !languages.every(isTag)) return "languages";
  if (urls.length > 8 || !urls.every((url) => url.length <= 300 && parsePeerUrl(url) !== undefined))
    return "urls";
  if (!(validDays > 0 && validDays <= 36_500)) return "expires";
  return (allowAddresses ?? []).length > 64 ? "allow_addresses" : undefined;
}

async function takeDirectory(path: string): Promise<void> {
  try {
    if ((await readdir(path)).length > 0) throw new DirectoryFault("taken");
  } catch (fault) {
    if (!isCode(fault, "ENOENT")) throw fault;
  }
  for (const folder of ["", "keys", "keys/roots", "tls", "tokens"]) await makeDirectory(join(path, folder));
}

interface MadeKeys {
  readonly created: CreatedParty;
  readonly identity: Identity;
  readonly tls: TlsIdentity;
}

function makeKeys({ backend, clock, name, handle, languages, urls, validDays }: InitPartyOptions): MadeKeys {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const cert = writeCertificate(privateKey, backend.randomBytes(SERIAL_SIZE_BYTES));
  const created = createParty(backend, {
    expires: encodeInstant(clock() + validDays * DAY_SECONDS),
    handle,
    languages: [...languages],
    name,
    offices: [],
    tls_pins: [spkiPin(cert)],
    urls: [...urls],
  });
  const archiveSeed = backend.randomBytes(SEED_BYTES);
  const identity = {
    chain: created.chain,
    secret: created.node,
    kemSeeds: [created.kemSeed],
    archiveSeed,
    archiveRecipient: backend.xWing.publicKey(archiveSeed),
    storageKey: backend.randomBytes(SEED_BYTES),
  };
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { created, identity, tls: { cert, key } };
}

function nodeKeysFile({ secret, kemSeeds, archiveSeed, storageKey }: Identity): Uint8Array {
  return jsonFile({
    v: 1,
    type: "parley-node-keys",
    ...secretSeeds(secret),
    kem_seeds: kemSeeds.map((seed, i) => ({ epoch: i + 1, seed: encodeBase64url(seed) })),
    archive_seed: encodeBase64url(archiveSeed),
    storage_key: encodeBase64url(storageKey),
  });
}

/** Present and announced roots (SPEC 4.2.4), one file each: they leave this machine one by one. */
function rootFiles({ roots, nextRoots }: CreatedParty): ReadonlyMap<string, Uint8Array> {
  const file = (root: NodeSecret): Uint8Array =>
    jsonFile({ v: 1, type: "parley-root", ...secretSeeds(root) });
  return new Map([
    ...roots.map((root, i) => [rootFile(i + 1, "root"), file(root)] as const),
    ...nextRoots.map((root, i) => [rootFile(i + 1, "next-root"), file(root)] as const),
  ]);
}

function configFile({ peer, api, allowAddresses }: InitPartyOptions, party: string): Uint8Array {
  return jsonFile({ v: 1, party, peer, api, allow_addresses: allowAddresses ?? [] });
}

/** The store with its house feed and the first people. Token files by name: each is shown to one person. */
async function makePeople(
  { dataDirectory, backend, clock }: InitPartyOptions,
  identity: Identity,
): Promise<ReadonlyMap<string, string>> {
  await using store = await openSqliteStore({ path: join(dataDirectory, FILE.store) });
  const node = await ParleyNode.open({
    store,
    backend,
    clock,
    identity,
    transport: { exchange: () => Promise.reject(new PeerFault("unreachable")) },
    log: () => undefined,
    pause: () => Promise.resolve(),
  });
  const tokens = new Map<string, string>();
  for (const who of WHO) tokens.set(tokenFile(who), (await node.addPerson(ROLES_BY_WHO[who])).token);
  return tokens;
}
