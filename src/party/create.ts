/**
 * A new party (SPEC 4.1): roots, node key, sealing key and version 1 of its document, from randomness alone.
 *
 * The three roots come from one machine here; a real party makes and keeps them apart (threshold two of three).
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { makeNodeSecret, signHybrid, type NodeSecret } from "#parley/crypto/node-key.ts";
import { encodeRecipient } from "#parley/crypto/recipient.ts";
import { signPartyDocument, verifyPartyChain, type PartyChain } from "./chain.ts";
import {
  encodePartyDocument,
  possessionMessage,
  rootHash,
  rootsHashOf,
  type PartyMembers,
} from "./document.ts";

export type PartyProfile = Pick<
  PartyMembers,
  "expires" | "handle" | "languages" | "name" | "offices" | "tls_pins" | "urls"
> &
  // Keys of officers that the roots vouch for (SPEC 17.3); usually a later version lists them.
  Partial<Pick<PartyMembers, "passkeys">>;

export interface CreatedParty {
  readonly chain: PartyChain;
  readonly roots: readonly NodeSecret[];
  readonly nextRoots: readonly NodeSecret[];
  readonly node: NodeSecret;
  readonly kemSeed: Uint8Array;
}

const ROOTS = 3;
const THRESHOLD = 2;
const SEED_BYTES = 32;

export function createParty(backend: CryptoBackend, profile: PartyProfile): CreatedParty {
  const roots = makeSecrets(backend, ROOTS);
  const nextRoots = makeSecrets(backend, ROOTS);
  const node = makeSecret(backend);
  const kemSeed = backend.randomBytes(SEED_BYTES);
  const rootKeys = { keys: roots.map(keyToJson), threshold: THRESHOLD };
  const rootsHash = rootsHashOf(backend, { roots: rootKeys });
  const proof = signHybrid(backend, node, possessionMessage(rootsHash, node.key.ed25519, node.key.mlDsa44));
  const document = encodePartyDocument({
    ...profile,
    kem: [{ epoch: 1, recipient: encodeRecipient(backend.xWing.publicKey(kemSeed)) }],
    next_roots: nextRoots.map(({ key }) => rootHash(backend, key)),
    node_keys: [
      {
        ...keyToJson(node),
        proof_ed25519: encodeBase64url(proof.ed25519),
        proof_ml_dsa_44: encodeBase64url(proof.mlDsa44),
      },
    ],
    passkeys: profile.passkeys ?? [],
    roots: rootKeys,
    type: "party",
    v: 1,
    version: 1,
  });
  const signatures = signPartyDocument(backend, roots.slice(0, THRESHOLD), document);
  const chain = verifyPartyChain(backend, [{ document, signatures }]);
  if (isRefusal(chain)) throw new Error(`an own party document is not admitted: ${chain.code}`);
  return { chain, roots, nextRoots, node, kemSeed };
}

function makeSecrets(backend: CryptoBackend, count: number): readonly NodeSecret[] {
  return Array.from({ length: count }, () => makeSecret(backend));
}

function makeSecret(backend: CryptoBackend): NodeSecret {
  return makeNodeSecret(backend, backend.randomBytes(SEED_BYTES), backend.randomBytes(SEED_BYTES));
}

function keyToJson({ key }: NodeSecret): { readonly ed25519: string; readonly ml_dsa_44: string } {
  return { ed25519: encodeBase64url(key.ed25519), ml_dsa_44: encodeBase64url(key.mlDsa44) };
}
