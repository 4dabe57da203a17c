/**
 * The approvals of one message (SPEC 17.4), as a party opens them to others and as others check them.
 *
 * Guarantees: what `verifyApprovals` answers rests on signatures alone: of the devices over the message and the one
 * list of findings that all approved under, of the party's
 * node over who holds which device, and of its roots over the devices that they list. Persons and keys are counted
 * apart, and each once. It deliberately does not open the message: the caller has it, and its release rule.
 */
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import { concatBytes, encodeBase64url, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { signHybrid, verifyHybrid, type NodeSecret } from "#parley/crypto/node-key.ts";
import { verifyAssertion, type AssertionCode } from "./assertion.ts";
import { receiptKeys, type PartyChain } from "./chain.ts";
import { listedKeys } from "./passkeys.ts";

const closed = { additionalProperties: false };
const Digest = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
const Bytes = (maxLength: number) => Type.String({ pattern: "^[A-Za-z0-9_-]+$", maxLength });
const Code = Type.String({ pattern: "^[a-z][a-z-]{0,31}$" });

export const AssertionSchema = Type.Object(
  {
    authenticator_data: Bytes(50),
    client_data: Bytes(2_731),
    credential: Bytes(1_364),
    signature: Bytes(107),
  },
  closed,
);

const OpenedApprovalSchema = Type.Object(
  {
    assertion: Type.Optional(AssertionSchema),
    key: Type.Optional(Bytes(103)),
    listed: Type.Optional(Type.Boolean()),
    officer: Type.Integer({ minimum: 1, maximum: 999_999 }),
    origin: Type.Optional(Type.String({ maxLength: 300 })),
    role: Code,
    rp_id: Type.Optional(Type.String({ maxLength: 253 })),
  },
  closed,
);

export const ApprovalsSchema = Type.Object(
  {
    approvals: Type.Array(OpenedApprovalSchema, { minItems: 1, maxItems: 16 }),
    break_glass: Type.Optional(Code),
    channel: Digest,
    /** Of the findings that every approval covers; absent where there were none. */
    check: Type.Optional(Digest),
    digest: Digest,
    entry: Type.Object({ feed: Digest, seq: Type.Integer({ minimum: 0 }) }, closed),
    party: Digest,
    signature: Type.Object({ ed25519: Bytes(86), ml_dsa_44: Bytes(3_227) }, closed),
    type: Type.Literal("approvals"),
    v: Type.Literal(1),
  },
  closed,
);

export type Approvals = Static<typeof ApprovalsSchema>;
export type OpenedApproval = Static<typeof OpenedApprovalSchema>;

export type ApprovalsCode =
  | AssertionCode
  | "approvals-schema"
  | "approvals-house"
  | "approvals-digest"
  | "approvals-unsigned"
  | "approvals-not-listed"
  | "approvals-revoked"
  | "approvals-role"
  | "approvals-same-person"
  | "approvals-same-key"
  | "approvals-own-draft"
  | "approvals-few";

/** What the reader knows of the message without asking the party that opened it. */
export interface ApprovedMessage {
  readonly digest: string;
  /** How many persons the type asks for, and in which roles. */
  readonly persons: 1 | 2;
  readonly roles: readonly string[];
  /** The officer number in the message: who wrote it. */
  readonly writtenBy: number;
}

export interface VerifiedApproval {
  readonly officer: number;
  readonly role: string;
  /** The COSE key, base64url. */
  readonly key: string;
  /** `listed`: signed by the party's roots. `claimed`: by its node alone (SPEC 17.4.7). */
  readonly standing: "listed" | "claimed";
}

export interface VerifiedApprovals {
  readonly party: string;
  readonly channel: string;
  readonly entry: { readonly feed: string; readonly seq: number };
  readonly digest: string;
  readonly approvals: readonly VerifiedApproval[];
}

const APPROVALS_SIZE_LIMIT_BYTES = 65_536;

/** SPEC 17.4.1, by the own node. */
export function signApprovals(
  backend: CryptoBackend,
  secret: NodeSecret,
  members: Omit<Approvals, "signature" | "type" | "v">,
): Uint8Array {
  const unsigned = { ...members, type: "approvals" as const, v: 1 as const };
  const { ed25519, mlDsa44 } = signHybrid(backend, secret, signedBytes(unsigned));
  const signature = { ed25519: encodeBase64url(ed25519), ml_dsa_44: encodeBase64url(mlDsa44) };
  return encodeJson({ ...unsigned, signature });
}

/** Form alone: nothing in the answer may be believed yet. */
export function parseApprovals(bytes: Uint8Array): Approvals | Refusal<"approvals-schema"> {
  const value = parseJson(bytes, { sizeLimitBytes: APPROVALS_SIZE_LIMIT_BYTES });
  if (isRefusal(value) || !Value.Check(ApprovalsSchema, value)) return refuse("approvals-schema");
  return value.entry.feed === value.party ? value : refuse("approvals-schema");
}

/** SPEC 17.4. `chain` is what the reader holds of the party that opened them. */
export function verifyApprovals(
  backend: CryptoBackend,
  opened: Approvals,
  { chain, message }: { readonly chain: PartyChain; readonly message: ApprovedMessage },
): VerifiedApprovals | Refusal<ApprovalsCode> {
  const { party, channel, entry, digest } = opened;
  if (chain.party !== party || !isSignedByHouse(backend, opened, chain)) return refuse("approvals-house");
  if (digest !== message.digest) return refuse("approvals-digest");
  const approvals: VerifiedApproval[] = [];
  for (const [approval, one] of opened.approvals.entries()) {
    const verified = verifyOne(backend, opened, { one, chain, message });
    if (isRefusal(verified)) return refuse(verified.code, { approval, ...verified.facts });
    if (approvals.some(({ officer }) => officer === verified.officer))
      return refuse("approvals-same-person", { approval });
    if (approvals.some(({ key }) => key === verified.key)) return refuse("approvals-same-key", { approval });
    approvals.push(verified);
  }
  if (approvals.length < message.persons)
    return refuse("approvals-few", { have: approvals.length, need: message.persons });
  return { party, channel, entry, digest, approvals };
}

function verifyOne(
  backend: CryptoBackend,
  opened: Approvals,
  given: { readonly one: OpenedApproval; readonly chain: PartyChain; readonly message: ApprovedMessage },
): VerifiedApproval | Refusal<ApprovalsCode> {
  const { one, chain, message } = given;
  const { assertion, key, origin, rp_id, officer, role } = one;
  if (assertion === undefined || key === undefined || origin === undefined || rp_id === undefined)
    return refuse("approvals-unsigned");
  const cose = parseBase64url(key);
  if (isRefusal(cose)) return refuse("assertion-key");
  const { digest, channel, check } = opened;
  const approved = { digest, channel, role, ...(check !== undefined && { check }) };
  const verified = verifyAssertion(backend, assertion, { key: cose, site: { origin, rp_id }, approved });
  if (isRefusal(verified)) return verified;
  const standing = standingOf(opened, one, chain);
  if (isRefusal(standing)) return standing;
  if (!message.roles.includes(role)) return refuse("approvals-role");
  if (message.persons > 1 && officer === message.writtenBy) return refuse("approvals-own-draft");
  return { officer, role, key, standing };
}

/** SPEC 17.4.5: what the file says of itself is compared with what the roots signed. */
function standingOf(
  { channel, entry }: Approvals,
  { key, officer, origin, rp_id, listed }: OpenedApproval,
  chain: PartyChain,
): "listed" | "claimed" | Refusal<"approvals-not-listed" | "approvals-revoked"> {
  const known = listedKeys(chain.latest).filter((one) => one.key === key);
  const own = known.find((one) => one.officer === officer && one.origin === origin && one.rp_id === rp_id);
  if (known.some(({ revoked }) => revoked?.some((at) => at.channel === channel && entry.seq >= at.size)))
    return refuse("approvals-revoked");
  if (own !== undefined) return "listed";
  // A key that the roots list for somebody else is not this officer's, whatever the node says.
  return listed === true || known.length > 0 ? refuse("approvals-not-listed") : "claimed";
}

function isSignedByHouse(backend: CryptoBackend, opened: Approvals, chain: PartyChain): boolean {
  const { signature, ...unsigned } = opened;
  const ed25519 = parseBase64url(signature.ed25519);
  const mlDsa44 = parseBase64url(signature.ml_dsa_44);
  if (isRefusal(ed25519) || isRefusal(mlDsa44)) return false;
  const message = signedBytes(unsigned);
  return receiptKeys(chain, opened.channel).some((key) =>
    verifyHybrid(backend, key, message, { ed25519, mlDsa44 }),
  );
}

function signedBytes(unsigned: Omit<Approvals, "signature">): Uint8Array {
  const members: JsonObject = unsigned;
  return concatBytes(utf8("parley/approvals/v1\n"), encodeJson(members));
}
