/**
 * Approvals as WebAuthn assertions (SPEC 17.2), verified offline from bytes alone.
 *
 * Guarantees: an assertion that holds was made for this very message, channel, role and list of findings, with the user
 * verified, by a key of one device, on the page of the credential's own origin. The first clause that is broken names
 * the refusal.
 * It deliberately does not know whose key it is, nor which counter was seen before: `approvals.ts` and the node do.
 */
import {
  bytesEqual,
  concatBytes,
  encodeBase64url,
  parseBase64url,
  utf8,
  utf8ToText,
} from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { parseCoseKey, verifyWithCoseKey } from "./cose-key.ts";

/** As it stands in JSON; every member base64url. */
export interface AssertionJson {
  readonly authenticator_data: string;
  readonly client_data: string;
  readonly credential: string;
  readonly signature: string;
}

/** The page on which a credential lives (SPEC 17.2.5). */
export interface CredentialSite {
  readonly origin: string;
  readonly rp_id: string;
}

export interface Approved {
  /** Hash of the encoded message (SPEC 8.6.5), base64url. */
  readonly digest: string;
  readonly channel: string;
  readonly role: string;
  /** Digest of the gate's findings (SPEC 14.5.2), base64url; absent where there are none. */
  readonly check?: string;
}

export type AssertionCode =
  | "assertion-malformed"
  | "assertion-key"
  | "assertion-client-data"
  | "assertion-challenge"
  | "assertion-origin"
  | "assertion-rp"
  | "assertion-unverified"
  | "assertion-synced"
  | "assertion-signature";

/** What was established: the signature counter, for whoever knows an earlier one (SPEC 17.2.8). */
export interface VerifiedAssertion {
  readonly credential: string;
  readonly counter: number;
}

const AUTHENTICATOR_DATA_BYTES = 37;
const CLIENT_DATA_LIMIT_BYTES = 2_048;
const CREDENTIAL_LIMIT_BYTES = 1_023;
const SIGNATURE_LIMIT_BYTES = 80;
const FLAGS_AT = 32;
const FLAG = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10 } as const;

/** SPEC 17.2.1. Throws for a digest, channel or check that is no hash: those are the caller's own. */
export function approvalChallenge(
  backend: CryptoBackend,
  { digest, channel, role, check }: Approved,
): Uint8Array {
  const findings = check === undefined ? [] : [utf8("\n"), hashOf(check)];
  const named = [hashOf(digest), hashOf(channel), utf8(role), ...findings];
  return backend.sha256(concatBytes(utf8("parley/approval/v1\n"), ...named));
}

function hashOf(text: string): Uint8Array {
  const hash = parseBase64url(text, 32);
  if (isRefusal(hash)) throw new TypeError("a digest, a channel id and a check have 32 bytes");
  return hash;
}

/** SPEC 17.2. `key` is the COSE key of the credential, `site` where it was registered. */
export function verifyAssertion(
  backend: CryptoBackend,
  assertion: AssertionJson,
  {
    key,
    site,
    approved,
  }: { readonly key: Uint8Array; readonly site: CredentialSite; readonly approved: Approved },
): VerifiedAssertion | Refusal<AssertionCode> {
  const parts = partsOf(assertion);
  if (parts === undefined) return refuse("assertion-malformed");
  const { authenticatorData, clientData, signature } = parts;
  const publicKey = parseCoseKey(backend, key);
  if (isRefusal(publicKey)) return publicKey;
  const challenge = encodeBase64url(approvalChallenge(backend, approved));
  const client = checkClientData(clientData, challenge, site.origin);
  if (client !== true) return client;
  if (!isSite(site)) return refuse("assertion-origin");
  if (!bytesEqual(authenticatorData.subarray(0, FLAGS_AT), backend.sha256(utf8(site.rp_id))))
    return refuse("assertion-rp");
  const flags = checkFlags(authenticatorData[FLAGS_AT] ?? 0);
  if (flags !== true) return flags;
  const signed = concatBytes(authenticatorData, backend.sha256(clientData));
  if (!verifyWithCoseKey(backend, publicKey, signed, signature)) return refuse("assertion-signature");
  return { credential: assertion.credential, counter: counterOf(authenticatorData) };
}

/** SPEC 17.2.8: whether `next` may follow `last` in one device. */
export function mayFollow(last: number, next: number): boolean {
  return next > last || (next === 0 && last === 0);
}

/** SPEC 17.2.5: the host of the origin is the identifier or below it, over https or on this machine. */
export function isSite({ origin, rp_id }: CredentialSite): boolean {
  const match = /^(https?):\/\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::[1-9][0-9]{0,4})?$/.exec(origin);
  const [, scheme, host = ""] = match ?? [];
  if (scheme === undefined || (scheme === "http" && host !== "localhost")) return false;
  return host === rp_id || (rp_id.includes(".") && host.endsWith(`.${rp_id}`));
}

function partsOf(assertion: AssertionJson) {
  const authenticatorData = parseBase64url(assertion.authenticator_data, AUTHENTICATOR_DATA_BYTES);
  const clientData = parseBase64url(assertion.client_data);
  const credential = parseBase64url(assertion.credential);
  const signature = parseBase64url(assertion.signature);
  if (isRefusal(authenticatorData) || isRefusal(clientData) || isRefusal(credential) || isRefusal(signature))
    return undefined;
  if (clientData.length > CLIENT_DATA_LIMIT_BYTES || signature.length > SIGNATURE_LIMIT_BYTES)
    return undefined;
  if (credential.length === 0 || credential.length > CREDENTIAL_LIMIT_BYTES) return undefined;
  return { authenticatorData, clientData, signature };
}

/** SPEC 17.2.4: first the bytes, as the specification's own limited verification has it; then the object. */
function checkClientData(
  bytes: Uint8Array,
  challenge: string,
  origin: string,
): true | Refusal<"assertion-client-data" | "assertion-challenge" | "assertion-origin"> {
  const text = utf8ToText(bytes);
  const client = text === undefined ? undefined : objectOf(text);
  if (text === undefined || client === undefined || client["type"] !== "webauthn.get")
    return refuse("assertion-client-data");
  if (client["challenge"] !== challenge) return refuse("assertion-challenge");
  if (client["origin"] !== origin) return refuse("assertion-origin");
  const head = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${origin}"`;
  const rest = text.slice(head.length);
  const isFramed = rest === "}" || /^,"crossOrigin":false[,}]/.test(rest);
  const isAlone = client["topOrigin"] === undefined && (client["crossOrigin"] ?? false) === false;
  return (text.startsWith(head) && isFramed && isAlone) || refuse("assertion-client-data");
}

/** Browsers write this JSON, not we: any valid one is read, and its members are compared one by one. */
function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}

function checkFlags(
  flags: number,
): true | Refusal<"assertion-unverified" | "assertion-synced" | "assertion-malformed"> {
  const needed = FLAG.present | FLAG.verified;
  if ((flags & needed) !== needed) return refuse("assertion-unverified");
  if ((flags & (FLAG.eligible | FLAG.backedUp)) !== 0) return refuse("assertion-synced");
  return flags === needed || refuse("assertion-malformed");
}

function counterOf(authenticatorData: Uint8Array): number {
  const { buffer, byteOffset } = authenticatorData;
  return new DataView(buffer, byteOffset).getUint32(FLAGS_AT + 1);
}
