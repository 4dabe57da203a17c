/**
 * People in the house feed (SPEC 17.1, 17.6 to 17.8): credentials, links, settings, releases by one person, reviews.
 *
 * Guarantees: what a record does is decided by what stood before it; a record that breaks the rules does nothing and
 * is named in `unsound`, whoever wrote it there. Sessions are not here: they live in memory alone.
 */
import { parseBase64url } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseInstant, type Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import {
  mayFollow,
  verifyAssertion,
  type AssertionJson,
  type CredentialSite,
} from "#parley/party/assertion.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { Person } from "./house.ts";

/** Roles whose approval lets something out: these answer with a key of their own (SPEC 17.6.1). */
export const RELEASING: readonly Role[] = ["releaser", "authority", "principal"];
/** Who invites, agrees and changes settings (SPEC 17.8.4). */
export const GOVERNING: readonly Role[] = ["authority", "principal"];
export const CREDENTIAL_LABELS = ["security-key", "computer", "phone", "other"] as const;
export type CredentialLabel = (typeof CREDENTIAL_LABELS)[number];
export const ALONE_REASONS = ["life-safety", "no-second", "system-down", "exercise"] as const;
export type AloneReason = (typeof ALONE_REASONS)[number];
export const FINDINGS = ["justified", "not-justified"] as const;
export type Finding = (typeof FINDINGS)[number];
export const SIGN_IN_METHODS = ["passkey", "oidc", "totp"] as const;
export type SignInMethod = (typeof SIGN_IN_METHODS)[number];

export type PeopleRecord =
  | {
      readonly type: "house.credential";
      readonly officer: number;
      readonly credential: string;
      /** COSE, base64url. */
      readonly key: string;
      readonly device_bound: boolean;
      readonly origin: string;
      readonly rp_id: string;
      readonly label: CredentialLabel;
      readonly link: string;
    }
  | { readonly type: "house.credential_revoked"; readonly credential: string; readonly by: number }
  | {
      readonly type: "house.link";
      readonly link: string;
      readonly hash: string;
      readonly officer: number;
      readonly roles: readonly Role[];
      /** 0: the node itself, while nobody has a passkey. */
      readonly by: number;
      readonly until: Instant;
    }
  | {
      readonly type: "house.setting";
      readonly id: string;
      readonly approvals: ApprovalsSetting;
      readonly by: number;
    }
  | { readonly type: "house.seconded"; readonly id: string; readonly by: number }
  | {
      readonly type: "house.totp";
      readonly officer: number;
      /** Of the sealed secret, which lies in the store beside the feed. */
      readonly digest: string;
      readonly link: string;
    }
  | {
      readonly type: "house.identity";
      readonly officer: number;
      /** Hash of issuer and subject. */
      readonly subject: string;
      readonly link: string;
    }
  | {
      readonly type: "house.signed_in";
      readonly officer: number;
      readonly method: SignInMethod;
      readonly credential?: string;
      /** Of the device; of a one-time code its step. */
      readonly counter?: number;
    }
  | {
      readonly type: "house.break_glass";
      readonly draft: string;
      readonly officer: number;
      readonly role: Role;
      readonly digest: string;
      readonly reason: AloneReason;
      readonly assertion?: AssertionJson;
      /** The findings that it covers (SPEC 14.7.4). */
      readonly check?: string;
    }
  | { readonly type: "house.review"; readonly draft: string; readonly by: number; readonly finding: Finding }
  | { readonly type: "house.review_overdue"; readonly draft: string };

export type ApprovalsSetting = "any" | "passkey";

export interface Credential extends CredentialSite {
  readonly id: string;
  readonly officer: number;
  readonly key: string;
  readonly deviceBound: boolean;
  readonly label: CredentialLabel;
  readonly active: boolean;
  readonly counter: number;
}

export interface Link {
  readonly id: string;
  readonly hash: string;
  readonly officer: number;
  readonly roles: readonly Role[];
  readonly by: number;
  readonly until: Instant;
  /** Waits for a second person before it serves. */
  readonly waits: boolean;
  readonly used: boolean;
}

/** A release by one person (SPEC 17.7). */
export interface Alone {
  readonly draft: string;
  readonly officer: number;
  readonly role: Role;
  readonly reason: AloneReason;
  readonly at: Instant;
  readonly overdue: boolean;
  readonly review?: { readonly by: number; readonly finding: Finding };
}

/** A record that does nothing, and why. */
export interface Unsound {
  readonly record: string;
  readonly code: string;
  readonly officer: number;
}

export interface PeopleState {
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly links: ReadonlyMap<string, Link>;
  readonly approvals: ApprovalsSetting;
  /** Proposals to turn the setting off, by who made them. */
  readonly waiting: ReadonlyMap<string, number>;
  readonly totp: ReadonlyMap<number, { readonly digest: string; readonly step: number }>;
  /** Officer by hash of issuer and subject. */
  readonly identities: ReadonlyMap<string, number>;
  readonly alone: ReadonlyMap<string, Alone>;
  readonly unsound: readonly Unsound[];
}

/** What the rules need of the rest of the house. */
export interface Surroundings {
  readonly person: (officer: number) => Person | undefined;
}

export interface GivenApproval {
  readonly officer: number;
  readonly role: Role;
  readonly digest: string;
  readonly channel: string;
  /** Of the findings that it covers; bound by the assertion (SPEC 17.2.1). */
  readonly check?: string;
  readonly assertion?: AssertionJson;
  /** A session is not enough for a role that releases, whoever's it is (SPEC 17.6.3). */
  readonly session?: true;
}

export class PeopleFold {
  readonly #backend: CryptoBackend;
  readonly #around: Surroundings;
  readonly #credentials = new Map<string, Credential>();
  readonly #links = new Map<string, Link>();
  readonly #waiting = new Map<string, number>();
  readonly #totp = new Map<number, { readonly digest: string; readonly step: number }>();
  readonly #identities = new Map<string, number>();
  readonly #alone = new Map<string, Alone>();
  readonly #unsound: Unsound[] = [];
  #approvals: ApprovalsSetting = "any";

  constructor(backend: CryptoBackend, around: Surroundings) {
    this.#backend = backend;
    this.#around = around;
  }

  get state(): PeopleState {
    return {
      credentials: this.#credentials,
      links: this.#links,
      approvals: this.#approvals,
      waiting: this.#waiting,
      totp: this.#totp,
      identities: this.#identities,
      alone: this.#alone,
      unsound: this.#unsound,
    };
  }

  /** Active keys of an officer that may approve. */
  keysOf(officer: number): readonly Credential[] {
    return [...this.#credentials.values()].filter(
      (one) => one.officer === officer && one.active && one.deviceBound,
    );
  }

  /** Revoking a key is no way back to a token. */
  #hadKey(officer: number): boolean {
    return [...this.#credentials.values()].some((one) => one.officer === officer && one.deviceBound);
  }

  /** Whether new people with roles that release come by a link and a second person alone (SPEC 17.6.6). */
  get isKeyed(): boolean {
    return this.#approvals === "passkey" || [...this.#credentials.values()].some((one) => one.deviceBound);
  }

  /** SPEC 17.6: the key that approves, none where none is asked for, or why not. */
  judge(given: GivenApproval): { readonly key?: string; readonly counter?: number } | Refusal {
    const { officer, role, digest, channel, check, assertion } = given;
    if (assertion === undefined) {
      const asked = this.#approvals === "passkey" || given.session === true || this.#hadKey(officer);
      return asked && RELEASING.includes(role) ? refuse("gate-assertion", { role }) : {};
    }
    const credential = this.#credentials.get(assertion.credential);
    if (
      credential === undefined ||
      !credential.active ||
      !credential.deviceBound ||
      credential.officer !== officer
    )
      return refuse("gate-credential");
    const key = parseBase64url(credential.key);
    if (isRefusal(key)) return refuse("gate-credential");
    const approved = { digest, channel, role, ...(check !== undefined && { check }) };
    const verified = verifyAssertion(this.#backend, assertion, { key, site: credential, approved });
    if (isRefusal(verified)) return verified;
    if (!mayFollow(credential.counter, verified.counter)) return refuse("assertion-counter");
    return { key: credential.key, counter: verified.counter };
  }

  /** The same for a record: undefined when it counts for nothing, which is then named. */
  admit(record: string, given: GivenApproval, holds: boolean): { readonly key?: string } | undefined {
    const judged = holds ? this.judge(given) : refuse("gate-role");
    if (isRefusal(judged)) {
      this.#name(record, judged.code, given.officer);
      return undefined;
    }
    if (given.assertion !== undefined) this.#count(given.assertion.credential, judged.counter ?? 0);
    return judged.key === undefined ? {} : { key: judged.key };
  }

  /** A person who may not act any more keeps no key. */
  deactivate(officer: number): void {
    for (const one of this.#credentials.values())
      if (one.officer === officer) this.#credentials.set(one.id, { ...one, active: false });
  }

  evolve(record: PeopleRecord & { readonly at: string }): void {
    switch (record.type) {
      case "house.credential":
        return this.#addCredential(record);
      case "house.credential_revoked": {
        const known = this.#credentials.get(record.credential);
        if (known !== undefined) this.#credentials.set(known.id, { ...known, active: false });
        return;
      }
      case "house.link":
        return this.#addLink(record);
      case "house.setting":
        return this.#set(record);
      case "house.seconded":
        return this.#second(record);
      case "house.totp":
        if (this.#releases(record.officer)) return this.#name(record.type, "sign-in-method", record.officer);
        if (this.#useLink(record)) this.#totp.set(record.officer, { digest: record.digest, step: 0 });
        return;
      case "house.identity":
        if (this.#useLink(record)) this.#identities.set(record.subject, record.officer);
        return;
      case "house.signed_in":
        return this.#signIn(record);
      case "house.break_glass":
        return this.#release(record);
      case "house.review":
        return this.#review(record);
      case "house.review_overdue": {
        const alone = this.#alone.get(record.draft);
        if (alone !== undefined) this.#alone.set(record.draft, { ...alone, overdue: true });
        return;
      }
    }
  }

  #addCredential(record: Extract<PeopleRecord, { type: "house.credential" }>): void {
    const { officer, credential: id, key, device_bound: deviceBound, origin, rp_id, label } = record;
    if (!deviceBound && this.#releases(officer)) return this.#name(record.type, "passkey-synced", officer);
    if (this.isTaken(id, key)) return this.#name(record.type, "passkey-taken", officer);
    if (!this.#useLink(record)) return;
    const active = true;
    this.#credentials.set(id, { id, officer, key, deviceBound, origin, rp_id, label, active, counter: 0 });
  }

  /** SPEC 17.8.4: once, for the officer that it names, and not before a second person agreed. */
  #useLink(record: { readonly type: string; readonly link: string; readonly officer: number }): boolean {
    const link = this.#links.get(record.link);
    if (link === undefined || link.used || link.waits || link.officer !== record.officer) {
      this.#name(record.type, "link-refused", record.officer);
      return false;
    }
    this.#links.set(link.id, { ...link, used: true });
    return true;
  }

  #signIn({
    officer,
    method,
    credential,
    counter = 0,
  }: Extract<PeopleRecord, { type: "house.signed_in" }>): void {
    if (credential !== undefined) this.#count(credential, counter);
    const totp = this.#totp.get(officer);
    if (method === "totp" && totp !== undefined)
      this.#totp.set(officer, { ...totp, step: Math.max(totp.step, counter) });
  }

  /** SPEC 17.8.2: neither the credential nor the key stands for anybody yet. */
  isTaken(id: string, key: string): boolean {
    return this.#credentials.has(id) || [...this.#credentials.values()].some((one) => one.key === key);
  }

  #addLink({
    type,
    link: id,
    hash,
    officer,
    roles,
    by,
    until,
  }: Extract<PeopleRecord, { type: "house.link" }>): void {
    const isFirst = by === 0 && this.#credentials.size === 0;
    if (!isFirst && !this.#governs(by)) return this.#name(type, "gate-role", by);
    const waits = !isFirst && roles.some((role) => RELEASING.includes(role));
    this.#links.set(id, { id, hash, officer, roles, by, until, waits, used: false });
  }

  #set({ type, id, approvals, by }: Extract<PeopleRecord, { type: "house.setting" }>): void {
    if (!this.#governs(by)) return this.#name(type, "gate-role", by);
    if (approvals === "passkey") this.#approvals = "passkey";
    else if (this.#approvals === "passkey") this.#waiting.set(id, by);
  }

  #second({ type, id, by }: Extract<PeopleRecord, { type: "house.seconded" }>): void {
    const link = this.#links.get(id);
    const first = link?.waits === true ? link.by : this.#waiting.get(id);
    if (first === undefined) return this.#name(type, "second-none", by);
    if (first === by) return this.#name(type, "second-own", by);
    if (!this.#governs(by)) return this.#name(type, "gate-role", by);
    if (link !== undefined) this.#links.set(id, { ...link, waits: false });
    else if (this.#waiting.delete(id)) this.#approvals = "any";
  }

  #release(record: Extract<PeopleRecord, { type: "house.break_glass" }> & { readonly at: string }): void {
    const { draft, officer, role, reason } = record;
    const at = parseInstant(record.at);
    this.#alone.set(draft, { draft, officer, role, reason, at: isRefusal(at) ? 0 : at, overdue: false });
  }

  #review({ type, draft, by, finding }: Extract<PeopleRecord, { type: "house.review" }>): void {
    const alone = this.#alone.get(draft);
    if (alone === undefined || alone.review !== undefined) return this.#name(type, "review-none", by);
    if (alone.officer === by) return this.#name(type, "review-own", by);
    if (!this.#releases(by)) return this.#name(type, "gate-role", by);
    this.#alone.set(draft, { ...alone, review: { by, finding } });
  }

  #count(id: string, counter: number): void {
    const known = this.#credentials.get(id);
    if (known !== undefined)
      this.#credentials.set(id, { ...known, counter: Math.max(known.counter, counter) });
  }

  #governs(officer: number): boolean {
    const person = this.#around.person(officer);
    return person?.active === true && person.roles.some((role) => GOVERNING.includes(role));
  }

  #releases(officer: number): boolean {
    return this.#around.person(officer)?.roles.some((role) => RELEASING.includes(role)) === true;
  }

  #name(record: string, code: string, officer: number): void {
    this.#unsound.push({ record, code, officer });
  }
}
