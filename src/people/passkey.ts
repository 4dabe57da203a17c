/**
 * Passkeys at the door (SPEC 17.8): registration and sign-in, by @simplewebauthn/server (decision 0013).
 *
 * Guarantees: the user is verified; only ES256 and Ed25519; the key comes back in the one encoding of SPEC 17.2.3.
 * It deliberately does not verify approvals: those are checked offline by `party/assertion.ts`, without a library.
 */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import { parseBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { AssertionJson, CredentialSite } from "#parley/party/assertion.ts";
import { parseCoseKey } from "#parley/party/cose-key.ts";

/** What a browser answers to a registration, base64url. */
export interface AttestationJson {
  readonly attestation_object: string;
  readonly client_data: string;
  readonly credential: string;
}

export interface RegisteredPasskey {
  readonly credential: string;
  /** COSE. */
  readonly key: Uint8Array;
  /** False for a key that other devices can copy. */
  readonly deviceBound: boolean;
}

const ALGORITHMS = [-7, -8];
const TIMEOUT_MS = 300_000;

export interface RegistrationFor {
  readonly officer: number;
  readonly userId: Uint8Array;
  readonly challenge: string;
  /** Credentials that the officer has already. */
  readonly known: readonly string[];
}

export async function registrationOptions(
  { rp_id }: CredentialSite,
  { officer, userId, challenge, known }: RegistrationFor,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpName: "Parley",
    rpID: rp_id,
    userName: `officer ${officer}`,
    userDisplayName: `officer ${officer}`,
    userID: new Uint8Array(userId),
    challenge: bytesOf(challenge),
    timeout: TIMEOUT_MS,
    attestationType: "none",
    excludeCredentials: known.map((id) => ({ id })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** Undefined for whatever is wrong with it. */
export async function verifyRegistration(
  backend: CryptoBackend,
  { origin, rp_id }: CredentialSite,
  { challenge, answer }: { readonly challenge: string; readonly answer: AttestationJson },
): Promise<RegisteredPasskey | undefined> {
  const { credential: id, attestation_object, client_data } = answer;
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: { attestationObject: attestation_object, clientDataJSON: client_data },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rp_id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified || registrationInfo.credential.id !== id) return undefined;
    const key = parseCoseKey(backend, registrationInfo.credential.publicKey);
    if (isRefusal(key)) return undefined;
    const deviceBound =
      registrationInfo.credentialDeviceType === "singleDevice" && !registrationInfo.credentialBackedUp;
    return { credential: id, key: key.cose, deviceBound };
  } catch {
    return undefined; // the library throws for every reason alike; the door gives one answer
  }
}

/** Without a list of credentials: who asks learns nothing about who exists. */
export async function signInOptions(
  { rp_id }: CredentialSite,
  challenge: string,
  allowed: readonly string[] = [],
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: rp_id,
    challenge: bytesOf(challenge),
    timeout: TIMEOUT_MS,
    userVerification: "required",
    allowCredentials: allowed.map((id) => ({ id })),
  });
}

/** The new counter; undefined for whatever is wrong, a counter that goes back among it. */
export async function verifySignIn(
  { origin, rp_id }: CredentialSite,
  given: {
    readonly challenge: string;
    readonly answer: AssertionJson;
    readonly key: string;
    readonly counter: number;
  },
): Promise<number | undefined> {
  const { answer, challenge, key, counter } = given;
  const id = answer.credential;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          authenticatorData: answer.authenticator_data,
          clientDataJSON: answer.client_data,
          signature: answer.signature,
        },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rp_id,
      credential: { id, publicKey: bytesOf(key), counter },
      requireUserVerification: true,
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = parseBase64url(text);
  return isRefusal(bytes) ? new Uint8Array(0) : new Uint8Array(bytes);
}
