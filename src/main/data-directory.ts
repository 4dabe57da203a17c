/**
 * The data directory of one party: which files it has, and how they are read back.
 *
 * Guarantees: what `readDataDirectory` answers belongs together (keys, certificate and party document name one
 * another); a directory of which anything is missing or foreign is refused before a socket or the store is opened.
 */
import { join } from "node:path";
import { Type, type Static, type TSchema } from "typebox";
import { Value } from "typebox/value";
import { bytesEqual, encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { makeNodeSecret, type NodeSecret } from "#parley/crypto/node-key.ts";
import type { Identity } from "#parley/node/identity.ts";
import { parsePartyChain, type PartyChain } from "#parley/party/chain.ts";
import { spkiPin } from "#parley/peer/certificate.ts";
import type { TlsIdentity } from "#parley/peer/tls.ts";
import { readIfThere } from "./files.ts";

/** The directory cannot be used, and why; said to a person by the door, in words. */
export class DirectoryFault extends Error {
  readonly reason: "missing" | "taken" | "damaged" | "locked";
  /** Name of the file in question, below the directory. */
  readonly file: string | undefined;

  constructor(reason: DirectoryFault["reason"], file?: string, options?: { readonly cause?: unknown }) {
    super(`the data directory is ${reason}${file === undefined ? "" : ` (${file})`}`, options);
    this.name = "DirectoryFault";
    this.reason = reason;
    this.file = file;
  }
}

/** Paths below the data directory. */
export const FILE = {
  config: "config.json",
  nodeKeys: "keys/node.json",
  cert: "tls/cert.pem",
  tlsKey: "tls/key.pem",
  store: "parley.db",
  /** Sealed evidence files; also what a remote store has beside it on this machine. */
  vault: "vault",
  s3Keys: "keys/s3.json",
  /** The operator's folder of warning lists (SPEC 16.1); none is made. */
  lists: "lists",
  /** Addresses of a running node; gone when it stopped cleanly. */
  serving: "serving.json",
} as const;

export function rootFile(number: number, kind: "root" | "next-root"): string {
  return `keys/roots/${kind}-${number}.json`;
}

export function tokenFile(who: string): string {
  return `tokens/${who}.token`;
}

const closed = { additionalProperties: false };
const Listen = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255 }),
    port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  },
  closed,
);

const ConfigSchema = Type.Object(
  {
    v: Type.Literal(1),
    /** Name of the `.party` file. */
    party: Type.String({ pattern: "^[A-Z0-9]{2,12}\\.party$" }),
    peer: Listen,
    api: Listen,
    /** Addresses of peers that are not public; each exactly, no ranges (SPEC 6.1.2). */
    allow_addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 }),
    /** A provider through which people may sign in (SPEC 17.8.1); its redirect address is `/sign-in/`. */
    oidc: Type.Optional(
      Type.Object(
        {
          issuer: Type.String({ pattern: "^https?://[^\\s@?#]+$", maxLength: 300 }),
          client_id: Type.String({ minLength: 1, maxLength: 256 }),
          client_secret: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
        },
        closed,
      ),
    ),
    /** Evidence files lie here on disk unless an S3-compatible store is named; its key pair is in `keys/s3.json`. */
    vault: Type.Optional(
      Type.Object(
        {
          endpoint: Type.String({ pattern: "^https?://", maxLength: 512 }),
          bucket: Type.String({ pattern: "^[a-z0-9][a-z0-9.-]{1,62}$" }),
          prefix: Type.String({ pattern: "^(?:[A-Za-z0-9._-]+/)*$", maxLength: 256 }),
          region: Type.String({ pattern: "^[a-z0-9-]{1,32}$" }),
        },
        closed,
      ),
    ),
  },
  closed,
);

export type Config = Readonly<Static<typeof ConfigSchema>>;

const Seed = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
const KeyPairSeeds = { ed25519_seed: Seed, ml_dsa_44_seed: Seed };

const NodeKeysSchema = Type.Object(
  {
    v: Type.Literal(1),
    type: Type.Literal("parley-node-keys"),
    ...KeyPairSeeds,
    kem_seeds: Type.Array(Type.Object({ epoch: Type.Integer({ minimum: 1 }), seed: Seed }, closed), {
      minItems: 1,
      maxItems: 64,
    }),
    archive_seed: Seed,
    storage_key: Seed,
  },
  closed,
);

export type NodeKeysFile = Readonly<Static<typeof NodeKeysSchema>>;

const S3KeysSchema = Type.Object(
  {
    v: Type.Literal(1),
    type: Type.Literal("parley-s3-keys"),
    access_key_id: Type.String({ minLength: 1, maxLength: 128 }),
    secret_access_key: Type.String({ minLength: 1, maxLength: 256 }),
  },
  closed,
);

export interface DataDirectory {
  readonly path: string;
  readonly config: Config;
  readonly identity: Identity;
  readonly tls: TlsIdentity;
}

/** JSON for people and editors: these files are never hashed. */
export function jsonFile(value: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

export function secretSeeds({ ed25519Seed, mlDsa44Seed }: NodeSecret): {
  readonly ed25519_seed: string;
  readonly ml_dsa_44_seed: string;
} {
  return { ed25519_seed: encodeBase64url(ed25519Seed), ml_dsa_44_seed: encodeBase64url(mlDsa44Seed) };
}

/** Throws `DirectoryFault`: `missing` without a config, `damaged` with the file that is absent or does not fit. */
export async function readDataDirectory(backend: CryptoBackend, path: string): Promise<DataDirectory> {
  const config = await readConfig(path);
  const keys = await readShaped(path, FILE.nodeKeys, NodeKeysSchema);
  const chain = parsePartyChain(backend, await readNeeded(path, config.party));
  if (isRefusal(chain)) throw new DirectoryFault("damaged", config.party, { cause: chain });
  const identity = identityOf(backend, chain, keys);
  const tls = {
    cert: new TextDecoder().decode(await readNeeded(path, FILE.cert)),
    key: new TextDecoder().decode(await readNeeded(path, FILE.tlsKey)),
  };
  if (!chain.latest.tls_pins.includes(pinOrFault(tls.cert))) throw new DirectoryFault("damaged", FILE.cert);
  return { path, config, identity, tls };
}

export async function readConfig(path: string): Promise<Config> {
  const bytes = await readIfThere(join(path, FILE.config));
  if (bytes === undefined) throw new DirectoryFault("missing");
  return shaped(bytes, FILE.config, ConfigSchema);
}

/** The key pair of the store that `vault` names. Throws `DirectoryFault`. */
export function readS3Keys(path: string): Promise<Readonly<Static<typeof S3KeysSchema>>> {
  return readShaped(path, FILE.s3Keys, S3KeysSchema);
}

function identityOf(backend: CryptoBackend, chain: PartyChain, keys: NodeKeysFile): Identity {
  const secret = makeNodeSecret(backend, bytesOf(keys.ed25519_seed), bytesOf(keys.ml_dsa_44_seed));
  const kemSeeds = [...keys.kem_seeds].sort((a, b) => a.epoch - b.epoch).map(({ seed }) => bytesOf(seed));
  const newest = kemSeeds.at(-1);
  const listed = chain.latest.nodeKeys.some(
    (key) => bytesEqual(key.ed25519, secret.key.ed25519) && bytesEqual(key.mlDsa44, secret.key.mlDsa44),
  );
  const sealedTo =
    newest !== undefined && bytesEqual(backend.xWing.publicKey(newest), chain.latest.recipient);
  if (!listed || !sealedTo) throw new DirectoryFault("damaged", FILE.nodeKeys);
  const archiveSeed = bytesOf(keys.archive_seed);
  return {
    chain,
    secret,
    kemSeeds,
    archiveSeed,
    archiveRecipient: backend.xWing.publicKey(archiveSeed),
    storageKey: bytesOf(keys.storage_key),
  };
}

function bytesOf(seed: string): Uint8Array {
  const bytes = parseBase64url(seed, 32);
  if (isRefusal(bytes)) throw new DirectoryFault("damaged", FILE.nodeKeys);
  return bytes;
}

function pinOrFault(cert: string): string {
  try {
    return spkiPin(cert);
  } catch (cause) {
    throw new DirectoryFault("damaged", FILE.cert, { cause });
  }
}

async function readNeeded(path: string, file: string): Promise<Uint8Array> {
  const bytes = await readIfThere(join(path, file));
  if (bytes === undefined) throw new DirectoryFault("damaged", file);
  return bytes;
}

async function readShaped<T extends TSchema>(path: string, file: string, schema: T): Promise<Static<T>> {
  return shaped(await readNeeded(path, file), file, schema);
}

function shaped<T extends TSchema>(bytes: Uint8Array, file: string, schema: T): Static<T> {
  const value = jsonOf(bytes);
  if (!Value.Check(schema, value)) throw new DirectoryFault("damaged", file);
  return value;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
