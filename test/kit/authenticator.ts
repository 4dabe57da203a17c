/**
 * A software authenticator for tests and vectors: one passkey, ES256 or Ed25519, with every flag at hand.
 *
 * It makes what a browser and a device make together (W3C Web Authentication), and what neither would.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import type { AssertionJson, CredentialSite } from "#parley/party/assertion.ts";

export const FLAGS = {
  present: 0x01,
  verified: 0x04,
  eligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
} as const;
const HELD_AND_VERIFIED = FLAGS.present | FLAGS.verified;

export interface AuthenticatorOptions {
  /** Makes the key and the credential id. */
  readonly name: string;
  readonly algorithm?: "ES256" | "EdDSA";
  readonly site?: CredentialSite;
  /** A key that other devices can copy. */
  readonly synced?: boolean;
  /** A device that counts; absent, the counter stays zero. */
  readonly counts?: boolean;
}

/** What an assertion says other than it should. */
export interface Bent {
  readonly flags?: number;
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly counter?: number;
  /** The whole client data instead. */
  readonly clientData?: string;
  readonly crossOrigin?: boolean;
}

export const SITE: CredentialSite = { origin: "http://localhost", rp_id: "localhost" };

export class Authenticator {
  readonly site: CredentialSite;
  readonly algorithm: "ES256" | "EdDSA";
  /** base64url. */
  readonly credential: string;
  /** The COSE key. */
  readonly key: Uint8Array;
  counter = 0;
  readonly #secret: Uint8Array;
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.site = options.site ?? SITE;
    this.algorithm = options.algorithm ?? "ES256";
    this.#secret = sha256(utf8(`key ${options.name}`));
    this.credential = encodeBase64url(sha256(utf8(`credential ${options.name}`)));
    this.key = this.algorithm === "ES256" ? es256Key(this.#secret) : eddsaKey(this.#secret);
  }

  get #flags(): number {
    return HELD_AND_VERIFIED | (this.#options.synced === true ? FLAGS.eligible | FLAGS.backedUp : 0);
  }

  /** Over a challenge, in base64url or bytes. */
  assert(challenge: Uint8Array | string, bent: Bent = {}): AssertionJson {
    if (this.#options.counts === true) this.counter += 1;
    const text = typeof challenge === "string" ? challenge : encodeBase64url(challenge);
    const clientData = utf8(bent.clientData ?? clientDataOf("webauthn.get", text, this.site.origin, bent));
    const authenticatorData = this.#authenticatorData(bent.flags ?? this.#flags, bent);
    const signature = this.#sign(concatBytes(authenticatorData, sha256(clientData)));
    return {
      authenticator_data: encodeBase64url(authenticatorData),
      client_data: encodeBase64url(clientData),
      credential: this.credential,
      signature: encodeBase64url(signature),
    };
  }

  /** `RegistrationResponseJSON` for the options of a node. */
  create({ challenge }: { readonly challenge: string }, bent: Bent = {}) {
    const clientData = utf8(clientDataOf("webauthn.create", challenge, this.site.origin, bent));
    const id = sha256(utf8(`credential ${this.#options.name}`));
    const authenticatorData = concatBytes(
      this.#authenticatorData((bent.flags ?? this.#flags) | FLAGS.attested, bent),
      new Uint8Array(16),
      Uint8Array.of(0, id.length),
      id,
      this.key,
    );
    const attestation = concatBytes(
      Uint8Array.of(0xa3, 0x63),
      utf8("fmt"),
      Uint8Array.of(0x64),
      utf8("none"),
      Uint8Array.of(0x67),
      utf8("attStmt"),
      Uint8Array.of(0xa0, 0x68),
      utf8("authData"),
      Uint8Array.of(0x58, authenticatorData.length),
      authenticatorData,
    );
    return {
      id: this.credential,
      rawId: this.credential,
      type: "public-key",
      response: {
        attestationObject: encodeBase64url(attestation),
        clientDataJSON: encodeBase64url(clientData),
      },
    };
  }

  /** `AuthenticationResponseJSON` for the options of a node. */
  get({ challenge }: { readonly challenge: string }, bent: Bent = {}) {
    const { authenticator_data, client_data, signature } = this.assert(challenge, bent);
    return {
      id: this.credential,
      rawId: this.credential,
      type: "public-key",
      response: { authenticatorData: authenticator_data, clientDataJSON: client_data, signature },
    };
  }

  #authenticatorData(flags: number, bent: Bent): Uint8Array {
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, bent.counter ?? this.counter);
    return concatBytes(sha256(utf8(bent.rpId ?? this.site.rp_id)), Uint8Array.of(flags), counter);
  }

  #sign(message: Uint8Array): Uint8Array {
    if (this.algorithm === "EdDSA") return ed25519.sign(message, this.#secret);
    return p256.sign(message, this.#secret, { lowS: false, format: "der" });
  }
}

function clientDataOf(type: string, challenge: string, origin: string, bent: Bent): string {
  const members = { type: bent.type ?? type, challenge, origin: bent.origin ?? origin };
  return JSON.stringify({ ...members, crossOrigin: bent.crossOrigin ?? false });
}

function es256Key(secret: Uint8Array): Uint8Array {
  const point = p256.getPublicKey(secret, false);
  const head = Uint8Array.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20);
  return concatBytes(head, point.subarray(1, 33), Uint8Array.of(0x22, 0x58, 0x20), point.subarray(33));
}

function eddsaKey(secret: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20);
  return concatBytes(head, ed25519.getPublicKey(secret));
}
