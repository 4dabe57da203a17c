/**
 * Sign-in (SPEC 17.8): links, passkeys, OpenID Connect, one-time codes, sessions; and the challenge of an approval.
 *
 * Guarantees: every right is an entry of the house feed before it has an effect; whoever is refused at sign-in gets one
 * answer for every reason. Secrets of links and sessions are kept as hashes, those of one-time codes sealed.
 */
import { bytesEqual, encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import {
  approvalChallenge,
  mayFollow,
  type AssertionJson,
  type CredentialSite,
} from "#parley/party/assertion.ts";
import { OidcProvider, type OidcFlow } from "#parley/people/oidc.ts";
import {
  registrationOptions,
  signInOptions,
  verifyRegistration,
  verifySignIn,
  type AttestationJson,
} from "#parley/people/passkey.ts";
import { SessionBook, type OpenedSession, type Place } from "#parley/people/session.ts";
import { TOTP_SECRET_BYTES, totpAddress, verifyTotp } from "#parley/people/totp.ts";
import { Attempts, Waiting } from "#parley/people/waiting.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { openAtRest, sealAtRest } from "./at-rest.ts";
import type { NodeCore } from "./core.ts";
import { currentCheck } from "./gate-checks.ts";
import type { Person } from "./house.ts";
import { checkToCover } from "./house-gate.ts";
import {
  RELEASING,
  type Credential,
  type CredentialLabel,
  type Link,
  type SignInMethod,
} from "./house-people.ts";

/** A page of the node as a browser knows it, and the browser. */
export interface Door extends CredentialSite {
  readonly agent: string;
}

type Begun =
  | { readonly kind: "passkey" }
  | { readonly kind: "register"; readonly link: string; readonly officer: number }
  | { readonly kind: "totp"; readonly link: string; readonly officer: number; readonly secret: Uint8Array }
  | { readonly kind: "oidc"; readonly flow: OidcFlow; readonly link?: string };

/** Wrong sign-ins of one officer or of one kind: at once, and seconds until one more is answered. */
const WRONG_BURST = 10;
const WRONG_REFILL_SECONDS = 30;

export class SignIn {
  readonly #core: NodeCore;
  readonly #begun: Waiting<Begun>;
  readonly #wrong: Attempts;
  readonly #oidc: OidcProvider | undefined;
  readonly sessions: SessionBook;

  constructor(core: NodeCore) {
    const { backend, clock, oidc } = core.ports;
    this.#core = core;
    this.#begun = new Waiting(backend, clock);
    this.#wrong = new Attempts(clock, WRONG_BURST, WRONG_REFILL_SECONDS);
    this.#oidc = oidc && new OidcProvider(oidc);
    this.sessions = new SessionBook(backend, clock);
  }

  get hasOidc(): boolean {
    return this.#oidc !== undefined;
  }

  /** The active person behind a session's secret. */
  personOf(secret: string, place: Place): Person | undefined {
    const session = this.sessions.find(secret, place);
    const person = session && this.#person(session.officer);
    if (session !== undefined && person === undefined) this.sessions.endAll(session.officer);
    return person;
  }

  /** Options for a browser that holds a link; the link stays good until something is registered with it. */
  async beginRegistration(door: Door, secret: string) {
    const link = this.#link(secret);
    if (link === undefined) return refuse("link-refused");
    const { officer } = link;
    const challenge = this.#begun.begin({ kind: "register", link: link.id, officer });
    const known = [...this.#people.credentials.values()].filter((one) => one.officer === officer);
    const options = await registrationOptions(door, {
      officer,
      userId: this.#userId(officer),
      challenge,
      known: known.map(({ id }) => id),
    });
    return { officer, roles: link.roles, challenge, options };
  }

  /** Registers and signs in. */
  async register(
    door: Door,
    given: { readonly challenge: string; readonly answer: AttestationJson; readonly label: CredentialLabel },
  ): Promise<OpenedSession | Refusal> {
    const begun = this.#begun.take(given.challenge);
    if (begun?.kind !== "register") return refuse("sign-in-refused");
    const link = this.#usable(begun.link);
    if (link === undefined) return refuse("link-refused");
    const made = await verifyRegistration(this.#core.ports.backend, door, given);
    if (made === undefined) return refuse("sign-in-refused");
    const { officer, roles } = link;
    if (!made.deviceBound && this.#releases(officer, roles)) return refuse("passkey-synced");
    const key = encodeBase64url(made.key);
    if (this.#core.house.people.isTaken(made.credential, key)) return refuse("passkey-taken");
    await this.#takeIn(link);
    const { credential, deviceBound: device_bound } = made;
    const { origin, rp_id } = door;
    const { label } = given;
    await this.#core.record({
      type: "house.credential",
      officer,
      credential,
      key,
      device_bound,
      origin,
      rp_id,
      label,
      link: link.id,
    });
    // The fold has the last word: another registration may have used the link in the meantime.
    if (this.#people.credentials.get(credential)?.officer !== officer) return refuse("link-refused");
    return this.#open(door, officer, "passkey", { credential, counter: 0 });
  }

  async beginSignIn(door: Door) {
    const challenge = this.#begun.begin({ kind: "passkey" });
    return { challenge, options: await signInOptions(door, challenge) };
  }

  async signIn(
    door: Door,
    { challenge, answer }: { readonly challenge: string; readonly answer: AssertionJson },
  ): Promise<OpenedSession | Refusal> {
    const begun = this.#begun.take(challenge);
    const credential = this.#people.credentials.get(answer.credential);
    const person = credential?.active === true ? this.#person(credential.officer) : undefined;
    if (begun?.kind !== "passkey" || credential === undefined || person === undefined)
      return this.#refused("passkey");
    const { key, counter: last } = credential;
    const site = { origin: credential.origin, rp_id: credential.rp_id };
    const counter =
      site.origin === door.origin
        ? await verifySignIn(site, { challenge, answer, key, counter: last })
        : undefined;
    if (counter === undefined || !mayFollow(last, counter)) return this.#refused("passkey");
    return this.#open(door, person.officer, "passkey", { credential: credential.id, counter });
  }

  /** A fresh secret for an authenticator app, for an officer whose roles release nothing. */
  beginTotp(secret: string) {
    const link = this.#link(secret);
    if (link === undefined) return refuse("link-refused");
    const { officer, roles } = link;
    if (this.#releases(officer, roles)) return refuse("sign-in-method");
    const bytes = this.#core.ports.backend.randomBytes(TOTP_SECRET_BYTES);
    const challenge = this.#begun.begin({ kind: "totp", link: link.id, officer, secret: bytes });
    return { officer, challenge, address: totpAddress(bytes, officer) };
  }

  async registerTotp(
    door: Door,
    { challenge, code }: { readonly challenge: string; readonly code: string },
  ): Promise<OpenedSession | Refusal> {
    const begun = this.#begun.take(challenge);
    if (begun?.kind !== "totp") return refuse("sign-in-refused");
    const { backend, clock, store, identity } = this.#core.ports;
    const { officer, secret } = begun;
    const step = verifyTotp(secret, { code, now: clock(), lastStep: 0 });
    const link = this.#usable(begun.link);
    if (link === undefined) return refuse("link-refused");
    if (step === undefined || this.#releases(officer, link.roles)) return this.#refused("totp");
    const sealed = sealAtRest(backend, identity.storageKey, this.#totpPlace(officer), {
      salt: backend.randomBytes(32),
      message: secret,
    });
    await this.#core.guard(() => store.setMeta(`totp-${officer}`, sealed));
    await this.#takeIn(link);
    const digest = encodeBase64url(backend.sha256(sealed));
    await this.#core.record({ type: "house.totp", officer, digest, link: link.id });
    if (this.#people.totp.get(officer)?.digest !== digest) return refuse("link-refused");
    return this.#open(door, officer, "totp", { counter: step });
  }

  async signInByCode(
    door: Door,
    { officer, code }: { readonly officer: number; readonly code: string },
  ): Promise<OpenedSession | Refusal> {
    const name = `totp-${officer}`;
    if (!this.#wrong.take(name)) return refuse("sign-in-throttled");
    const known = this.#people.totp.get(officer);
    const person = this.#person(officer);
    const secret = await this.#totpSecret(officer, known?.digest);
    const now = this.#core.ports.clock();
    const step = verifyTotp(secret, { code, now, lastStep: known?.step ?? 0 });
    if (known === undefined || person === undefined || step === undefined) return this.#refused("totp");
    if (this.#releases(officer, person.roles)) return this.#refused("totp");
    this.#wrong.forget(name);
    return this.#open(door, officer, "totp", { counter: step });
  }

  /** Where the browser goes; with a link, to bind the subject that comes back to the link's officer. */
  async beginOidc(
    door: Door,
    secret?: string,
  ): Promise<{ readonly address: string; readonly state: string } | Refusal> {
    const link = secret === undefined ? undefined : this.#link(secret);
    if (secret !== undefined && link === undefined) return refuse("link-refused");
    if (this.#oidc === undefined) return refuse("sign-in-refused");
    const random = (): string => encodeBase64url(this.#core.ports.backend.randomBytes(32));
    const flow = { verifier: random(), nonce: random(), redirect: `${door.origin}/sign-in/` };
    const state = this.#begun.begin({ kind: "oidc", flow, ...(link && { link: link.id }) });
    try {
      return { address: await this.#oidc.start(flow, state), state };
    } catch {
      this.#core.ports.log("oidc-unreachable", {});
      return refuse("sign-in-refused");
    }
  }

  async finishOidc(
    door: Door,
    came: { readonly code: string; readonly state: string; readonly iss?: string },
  ): Promise<OpenedSession | Refusal> {
    const begun = this.#begun.take(came.state);
    if (begun?.kind !== "oidc" || begun.flow.redirect !== `${door.origin}/sign-in/`)
      return this.#refused("oidc");
    const who = await this.#oidc?.finish(begun.flow, came);
    if (who === undefined) return this.#refused("oidc");
    const subject = encodeBase64url(this.#core.ports.backend.sha256(utf8(`${who.issuer}\n${who.subject}`)));
    if (begun.link !== undefined) {
      const link = this.#usable(begun.link);
      if (link === undefined || this.#people.identities.has(subject)) return refuse("link-refused");
      await this.#takeIn(link);
      await this.#core.record({ type: "house.identity", officer: link.officer, subject, link: link.id });
    }
    const officer = this.#people.identities.get(subject);
    if (officer === undefined || this.#person(officer) === undefined) return this.#refused("oidc");
    return this.#open(door, officer, "oidc", {});
  }

  /** What an officer's device signs to approve a draft (SPEC 17.2.1). */
  async approvalOptions(
    door: Door,
    person: Person,
    { draft: id, role }: { readonly draft: string; readonly role: Role },
  ) {
    const draft = this.#core.house.state.drafts.get(id);
    if (draft === undefined || draft.status !== "open") return refuse("gate-closed", { draft: id });
    if (!person.roles.includes(role)) return refuse("gate-role", { role });
    const { digest, channel } = draft;
    const check = checkToCover(await currentCheck(this.#core, draft));
    const covers = check !== undefined && { check };
    const approved = { digest, channel, role, ...covers };
    const challenge = encodeBase64url(approvalChallenge(this.#core.ports.backend, approved));
    const keys = this.#core.house.people.keysOf(person.officer).map((key) => key.id);
    return { digest, ...covers, challenge, options: await signInOptions(door, challenge, keys) };
  }

  /** Ends the sessions of a person whose rights were taken away. */
  async revokeCredential(person: Person, id: string): Promise<Credential | Refusal> {
    const credential = this.#people.credentials.get(id);
    if (credential === undefined) return refuse("gate-credential");
    await this.#core.record({ type: "house.credential_revoked", credential: id, by: person.officer });
    this.sessions.endAll(credential.officer);
    return this.#people.credentials.get(id) ?? credential;
  }

  get #people() {
    return this.#core.house.people.state;
  }

  #person(officer: number): Person | undefined {
    const person = this.#core.house.state.people.get(officer);
    return person?.active === true ? person : undefined;
  }

  #releases(officer: number, roles: readonly Role[]): boolean {
    const all = [...roles, ...(this.#person(officer)?.roles ?? [])];
    return all.some((role) => RELEASING.includes(role));
  }

  /** By the hash of its secret: the time that takes says nothing about the secret. */
  #link(secret: string): Link | undefined {
    const hash = linkHash(this.#core, secret);
    for (const link of this.#people.links.values()) if (link.hash === hash) return this.#usable(link.id);
    return undefined;
  }

  #usable(id: string): Link | undefined {
    const link = this.#people.links.get(id);
    const person = link && this.#core.house.state.people.get(link.officer);
    if (person?.active === false) return undefined;
    return link === undefined || link.used || link.waits || this.#core.ports.clock() >= link.until
      ? undefined
      : link;
  }

  /** The officer whom a link makes, if nobody has the number yet. */
  async #takeIn({ officer, roles }: Link): Promise<void> {
    if (this.#core.house.state.people.has(officer)) return;
    const { backend } = this.#core.ports;
    // No token: the hash of what nobody knows.
    const token_hash = encodeBase64url(backend.sha256(backend.randomBytes(32)));
    await this.#core.record({ type: "house.person", officer, roles, token_hash, active: true });
  }

  async #open(
    { origin, agent }: Door,
    officer: number,
    method: SignInMethod,
    used: { readonly credential?: string; readonly counter?: number },
  ): Promise<OpenedSession> {
    await this.#core.record({ type: "house.signed_in", officer, method, ...used });
    return this.sessions.open(officer, method, { origin, agent });
  }

  #refused(method: SignInMethod): Refusal {
    this.#core.ports.log("sign-in-refused", { method });
    return refuse("sign-in-refused");
  }

  #userId(officer: number): Uint8Array {
    return this.#core.ports.backend.sha256(utf8(`parley/officer/v1\n${this.#core.me}\n${officer}`));
  }

  #totpPlace(officer: number) {
    return { channel: "totp", feed: this.#core.me, seq: officer };
  }

  /** The sealed secret as the feed knows it, or one that no code fits. */
  async #totpSecret(officer: number, digest: string | undefined): Promise<Uint8Array> {
    const { backend, store, identity } = this.#core.ports;
    const sealed = await store.meta(`totp-${officer}`);
    const known = digest === undefined ? undefined : utf8(digest);
    const found = sealed && utf8(encodeBase64url(backend.sha256(sealed)));
    const whole = known !== undefined && found !== undefined && bytesEqual(known, found);
    if (known !== undefined && !whole) this.#core.ports.log("totp-damaged", { officer });
    const opened = whole
      ? openAtRest(backend, identity.storageKey, this.#totpPlace(officer), sealed ?? new Uint8Array(0))
      : undefined;
    return opened?.message ?? backend.randomBytes(TOTP_SECRET_BYTES);
  }
}

export function linkHash({ ports: { backend } }: NodeCore, secret: string): string {
  return encodeBase64url(backend.sha256(utf8(`parley/link/v1\n${secret}`)));
}
