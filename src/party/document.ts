/**
 * Party documents (SPEC 4.1): who a party is, as strict JSON that its roots sign.
 *
 * `parsePartyDocument` checks form and keys. Whether the document may be believed is `chain.ts`.
 */
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import { concatBytes, encodeBase64url, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, parseJson, type JsonCode } from "#parley/codec/json.ts";
import { PARTY_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { admitNodeKey, verifyHybrid, type NodeKey } from "#parley/crypto/node-key.ts";
import { parseRecipient } from "#parley/crypto/recipient.ts";
import type { KeyCode } from "#parley/crypto/signature.ts";

const closed = { additionalProperties: false };
const Digest = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
const Base64url = (maxLength: number) => Type.String({ pattern: "^[A-Za-z0-9_-]+$", maxLength });
const Line = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" });
const Lang = Type.String({ pattern: "^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$" });

const RootKey = Type.Object({ ed25519: Base64url(43), ml_dsa_44: Base64url(1750) }, closed);

export const PartyDocumentSchema = Type.Object(
  {
    expires: Type.String(),
    handle: Type.String({ pattern: "^[A-Z][A-Z0-9]{1,11}$" }),
    kem: Type.Array(
      Type.Object(
        { epoch: Type.Integer({ minimum: 1 }), recipient: Type.String({ maxLength: 2100 }) },
        closed,
      ),
      {
        minItems: 1,
        maxItems: 64,
      },
    ),
    languages: Type.Array(Lang, { minItems: 1, maxItems: 16 }),
    name: Line(120),
    next_roots: Type.Array(Digest, { minItems: 1, maxItems: 16 }),
    node_keys: Type.Array(
      Type.Object(
        {
          ed25519: Base64url(43),
          ml_dsa_44: Base64url(1750),
          proof_ed25519: Base64url(86),
          proof_ml_dsa_44: Base64url(3227),
          revoked: Type.Optional(
            Type.Array(Type.Object({ channel: Digest, size: Type.Integer({ minimum: 0 }) }, closed), {
              maxItems: 1024,
            }),
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: 8 },
    ),
    offices: Type.Array(
      Type.Object(
        {
          hours: Line(120),
          languages: Type.Array(Lang, { minItems: 1, maxItems: 16 }),
          name: Line(120),
          phone: Type.Optional(Line(40)),
          roles: Type.Array(Line(20), { minItems: 1, maxItems: 9 }),
        },
        closed,
      ),
      { maxItems: 32 },
    ),
    passkeys: Type.Array(Base64url(2048), { maxItems: 256 }),
    prev: Type.Optional(Digest),
    roots: Type.Object(
      {
        keys: Type.Array(RootKey, { minItems: 1, maxItems: 16 }),
        threshold: Type.Integer({ minimum: 1, maximum: 16 }),
      },
      closed,
    ),
    tls_pins: Type.Array(Digest, { minItems: 1, maxItems: 8 }),
    type: Type.Literal("party"),
    urls: Type.Array(Type.String({ pattern: "^https://[^\\s@?#]+$", maxLength: 300 }), { maxItems: 8 }),
    v: Type.Literal(1),
    version: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  },
  closed,
);

type Members = Static<typeof PartyDocumentSchema>;

export interface PartyDocument extends Readonly<Members> {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes; of version 1 it is the party id. */
  readonly hash: string;
  readonly rootKeys: readonly NodeKey[];
  readonly nodeKeys: readonly NodeKey[];
  /** Raw public key of the newest key-encapsulation epoch. */
  readonly recipient: Uint8Array;
}

export type PartyDocumentCode =
  JsonCode | KeyCode | "party-too-large" | "party-schema" | "party-threshold" | "key-no-possession";

/** Bytes to an admitted document. `rootsHash` binds proofs of possession: hash of version 1's `roots` (SPEC 4.1.5). */
export function parsePartyDocument(
  backend: CryptoBackend,
  bytes: Uint8Array,
  rootsHash?: Uint8Array,
): PartyDocument | Refusal<PartyDocumentCode> {
  if (bytes.length > PARTY_SIZE_LIMIT_BYTES) return refuse("party-too-large", { size: bytes.length });
  const value = parseJson(bytes, { sizeLimitBytes: PARTY_SIZE_LIMIT_BYTES });
  if (isRefusal(value)) return value;
  if (!Value.Check(PartyDocumentSchema, value)) return refuse("party-schema");
  const members = value;
  if (isRefusal(parseInstant(members.expires)) || (members.version === 1) !== (members.prev === undefined)) {
    return refuse("party-schema");
  }
  const rootKeys = admitAll(backend, members.roots.keys);
  if (isRefusal(rootKeys)) return rootKeys;
  const distinctRoots = new Set(members.roots.keys.map((key) => key.ed25519)).size;
  if (distinctRoots !== rootKeys.length || members.roots.threshold > distinctRoots)
    return refuse("party-threshold");
  const nodeKeys = admitAll(backend, members.node_keys);
  if (isRefusal(nodeKeys)) return nodeKeys;
  const anchor = rootsHash ?? rootsHashOf(backend, members);
  if (!members.node_keys.every((key, i) => provesPossession(backend, key, nodeKeys[i], anchor))) {
    return refuse("key-no-possession");
  }
  const newest = members.kem.reduce((a, b) => (b.epoch > a.epoch ? b : a));
  const recipient = parseRecipient(newest.recipient);
  if (isRefusal(recipient)) return refuse("party-schema");
  return { ...members, bytes, hash: encodeBase64url(backend.sha256(bytes)), rootKeys, nodeKeys, recipient };
}

/** The document of these members, as the bytes that roots sign. */
export function encodePartyDocument(members: Members): Uint8Array {
  return encodeJson(members);
}

export type PartyMembers = Members;

/** SPEC 4.1.5: what a node key signs to show that whoever lists it also holds it. */
export function possessionMessage(
  rootsHash: Uint8Array,
  ed25519: Uint8Array,
  mlDsa44: Uint8Array,
): Uint8Array {
  return concatBytes(utf8("parley/possession/v1\n"), rootsHash, ed25519, mlDsa44);
}

export function rootsHashOf(backend: CryptoBackend, document: Pick<Members, "roots">): Uint8Array {
  return backend.sha256(encodeJson(document.roots));
}

/** Hash by which a document announces a future root (SPEC 4.2.4). */
export function rootHash(backend: CryptoBackend, key: NodeKey): string {
  return encodeBase64url(backend.sha256(concatBytes(key.ed25519, key.mlDsa44)));
}

function admitAll(
  backend: CryptoBackend,
  keys: readonly { readonly ed25519: string; readonly ml_dsa_44: string }[],
): readonly NodeKey[] | Refusal<PartyDocumentCode> {
  const admitted: NodeKey[] = [];
  for (const key of keys) {
    const ed25519 = parseBase64url(key.ed25519);
    const mlDsa44 = parseBase64url(key.ml_dsa_44);
    if (isRefusal(ed25519) || isRefusal(mlDsa44)) return refuse("party-schema");
    const nodeKey = admitNodeKey(backend, ed25519, mlDsa44);
    if (isRefusal(nodeKey)) return nodeKey;
    admitted.push(nodeKey);
  }
  return admitted;
}

function provesPossession(
  backend: CryptoBackend,
  listed: Members["node_keys"][number],
  key: NodeKey | undefined,
  rootsHash: Uint8Array,
): boolean {
  const ed25519 = parseBase64url(listed.proof_ed25519);
  const mlDsa44 = parseBase64url(listed.proof_ml_dsa_44);
  if (key === undefined || isRefusal(ed25519) || isRefusal(mlDsa44)) return false;
  return verifyHybrid(backend, key, possessionMessage(rootsHash, key.ed25519, key.mlDsa44), {
    ed25519,
    mlDsa44,
  });
}
