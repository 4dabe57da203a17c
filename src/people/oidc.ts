/**
 * Sign-in through an OpenID Connect provider (SPEC 17.8.1): code flow with PKCE, state and nonce, by openid-client.
 *
 * Guarantees: what `finish` answers is the subject that the configured issuer signed for this sign-in and no other.
 * It deliberately believes nothing else that the provider says: roles come from the house feed.
 */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  discovery,
  None,
  type Configuration,
} from "openid-client";

export interface OidcSettings {
  readonly issuer: string;
  readonly client_id: string;
  /** Absent for a public client, which PKCE alone protects. */
  readonly client_secret?: string;
}

/** What a sign-in keeps until it comes back. */
export interface OidcFlow {
  readonly verifier: string;
  readonly nonce: string;
  readonly redirect: string;
}

const TIMEOUT_SECONDS = 10;

export class OidcProvider {
  readonly #settings: OidcSettings;
  #found: Promise<Configuration> | undefined;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  /** Where the browser goes. Throws when the provider cannot be reached or is not the one that it should be. */
  async start({ verifier, nonce, redirect }: OidcFlow, state: string): Promise<string> {
    const address = buildAuthorizationUrl(await this.#provider(), {
      redirect_uri: redirect,
      scope: "openid",
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    return address.href;
  }

  /** Issuer and subject; undefined for whatever is wrong with what came back. */
  async finish(
    { verifier, nonce, redirect }: OidcFlow,
    came: { readonly code: string; readonly state: string; readonly iss?: string },
  ): Promise<{ readonly issuer: string; readonly subject: string } | undefined> {
    const address = new URL(redirect);
    for (const [name, value] of Object.entries(came)) address.searchParams.set(name, value);
    try {
      const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: came.state };
      const tokens = await authorizationCodeGrant(await this.#provider(), address, {
        ...checks,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      return claims && { issuer: claims.iss, subject: claims.sub };
    } catch {
      return undefined; // whatever the reason: one answer at the door
    }
  }

  #provider(): Promise<Configuration> {
    this.#found ??= this.#discover().catch((cause: unknown) => {
      this.#found = undefined; // the next sign-in asks again
      throw cause;
    });
    return this.#found;
  }

  #discover(): Promise<Configuration> {
    const { issuer, client_id, client_secret } = this.#settings;
    const server = new URL(issuer);
    const authentication = client_secret === undefined ? None() : ClientSecretPost(client_secret);
    // Plain HTTP for a provider on this machine alone.
    const isLocal =
      server.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(server.hostname);
    return discovery(server, client_id, undefined, authentication, {
      timeout: TIMEOUT_SECONDS,
      execute: isLocal ? [allowInsecureRequests] : [],
    });
  }
}
