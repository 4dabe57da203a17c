/**
 * The house feed (SPEC 5.1.3): what happens inside one organisation, as entries of a channel with one member.
 *
 * People, pairings, offers, drafts and approvals are a fold of these entries and of nothing else, so the audit log
 * is not a second mechanism. None of it leaves by itself.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { encodeJson, isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { CheckReport } from "#parley/gate/checks/finding.ts";
import type { Approval, Draft } from "#parley/gate/release.ts";
import type { AssertionJson } from "#parley/party/assertion.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { HouseGate, type GateRecord } from "./house-gate.ts";
import { PeopleFold, type PeopleRecord } from "./house-people.ts";
import { HouseErasures, type ErasureRecord } from "./house-erasure.ts";
import {
  HouseRedaction,
  isRedactionRecord,
  type RedactionRecord,
  type RedactionState,
} from "./house-redaction.ts";
import { HouseWork, isWorkRecord, type WorkRecord, type WorkState } from "./house-work.ts";
import {
  HouseEvidence,
  isEvidenceRecord,
  type EvidenceRecord,
  type EvidenceState,
} from "./house-evidence.ts";

export const PAIRING_MEDIA = ["phone", "in-person", "video", "letter", "other"] as const;
export type PairingMedium = (typeof PAIRING_MEDIA)[number];

export interface Person {
  /** The number under which the party's messages name this officer. */
  readonly officer: number;
  readonly roles: readonly Role[];
  /** SHA-256 of the API token; the token itself is shown once and kept nowhere. */
  readonly tokenHash: string;
  readonly active: boolean;
}

export interface Pairing {
  readonly party: string;
  readonly medium: PairingMedium;
  readonly officer: number;
  readonly at: string;
}

export type OfferStatus = "sent" | "received" | "accepted" | "declined" | "countered";

export interface Offer {
  readonly channel: string;
  readonly party: string;
  readonly status: OfferStatus;
  readonly counters?: string;
  readonly reason?: string;
}

/** One record of the house feed, by type. `at` is the node's clock, informative. */
export type HouseRecord =
  | EvidenceRecord
  | RedactionRecord
  | {
      readonly type: "house.person";
      readonly officer: number;
      readonly roles: readonly Role[];
      readonly token_hash: string;
      readonly active: boolean;
    }
  | {
      readonly type: "house.pairing";
      readonly party: string;
      readonly medium: PairingMedium;
      readonly officer: number;
    }
  | {
      readonly type: "house.offer";
      readonly channel: string;
      readonly party: string;
      readonly status: OfferStatus;
      readonly officer: number;
      readonly counters?: string;
      readonly reason?: string;
    }
  | {
      readonly type: "house.draft";
      readonly draft: string;
      readonly channel: string;
      readonly officer: number;
      readonly message: JsonObject;
      /** What the checks said when it was made (SPEC 14.7.1). */
      readonly check?: CheckReport;
    }
  | {
      readonly type: "house.approval";
      readonly draft: string;
      readonly officer: number;
      readonly role: Role;
      readonly digest: string;
      /** With the officer's own key (SPEC 17.2). */
      readonly assertion?: AssertionJson;
      /** The findings that it covers (SPEC 14.7.4). */
      readonly check?: string;
    }
  | PeopleRecord
  | GateRecord
  | { readonly type: "house.release"; readonly draft: string; readonly digest: string }
  | { readonly type: "house.discard"; readonly draft: string; readonly officer: number }
  | { readonly type: "house.confirm"; readonly channel: string; readonly officer: number }
  | {
      readonly type: "house.alarm";
      readonly alarm: "clock" | "fork" | "pin" | "rollback" | "silent" | "read-only";
      readonly channel?: string;
      readonly facts: Readonly<Record<string, string | number>>;
    }
  | ErasureRecord
  | WorkRecord;

export interface HouseState {
  readonly people: ReadonlyMap<number, Person>;
  readonly pairings: ReadonlyMap<string, Pairing>;
  readonly offers: ReadonlyMap<string, Offer>;
  readonly drafts: ReadonlyMap<string, Draft>;
  readonly evidence: EvidenceState;
  readonly redaction: RedactionState;
  readonly work: WorkState;
}

/** The fold, owning its maps; `state` is the view that others read. */
export class House {
  readonly #backend: CryptoBackend;
  readonly #people = new Map<number, Person>();
  readonly #pairings = new Map<string, Pairing>();
  readonly #offers = new Map<string, Offer>();
  readonly #drafts = new Map<string, Draft>();
  /** Ids of drafts by the id of the message that each holds. */
  readonly #draftsByMessage = new Map<string, readonly string[]>();
  readonly #evidence = new HouseEvidence();
  readonly #redaction = new HouseRedaction();
  readonly #work = new HouseWork();
  /** Findings, justifications and holds of drafts. */
  readonly gate = new HouseGate();
  /** Own drafts that were deleted with the messages they became. */
  readonly erasures = new HouseErasures();
  /** Forks that were ever recorded, as channel/feed: each still has its proof in the store. */
  readonly forks = new Set<string>();
  /** TLS pins that a later version took from another party, as party/pin: they stand for nobody new. */
  readonly ignoredPins = new Set<string>();

  /** Credentials, links, settings, releases by one person. */
  readonly people: PeopleFold;

  constructor(backend: CryptoBackend) {
    this.#backend = backend;
    this.people = new PeopleFold(backend, { person: (officer) => this.#people.get(officer) });
  }

  get state(): HouseState {
    return {
      people: this.#people,
      pairings: this.#pairings,
      offers: this.#offers,
      drafts: this.#drafts,
      evidence: this.#evidence.state,
      redaction: this.#redaction.state,
      work: this.#work.state,
    };
  }

  /** The active person with this token, found by hash. */
  personOf(token: string): Person | undefined {
    const hash = encodeBase64url(this.#backend.sha256(new TextEncoder().encode(token)));
    for (const person of this.#people.values()) if (person.active && person.tokenHash === hash) return person;
    return undefined;
  }

  /** Drafts said according to the shared record: their message id stands in the own feed. */
  markSaid(messageId: string): void {
    for (const id of this.#draftsByMessage.get(messageId) ?? [])
      this.#changeDraft(id, (draft) => (draft.status === "said" ? draft : { ...draft, status: "said" }));
  }

  /** Applies one record; what is not a house record (genesis, party chain) changes nothing. */
  apply(message: Uint8Array): void {
    const value = parseJson(message);
    if (isRefusal(value) || !isJsonObject(value) || !String(value["type"]).startsWith("house.")) return;
    this.#evolve(value as unknown as HouseRecord & { readonly at: string });
  }

  #evolve(record: HouseRecord & { readonly at: string }): void {
    if (this.gate.apply(record)) return;
    if (isWorkRecord(record)) return this.#work.apply(record);
    if (isEvidenceRecord(record)) return this.#evidence.evolve(record);
    if (isRedactionRecord(record)) return this.#redaction.evolve(record);
    switch (record.type) {
      case "house.person":
        this.#people.set(record.officer, { ...record, tokenHash: record.token_hash });
        if (!record.active) this.people.deactivate(record.officer);
        this.#reconsider();
        return;
      case "house.pairing":
        this.#pairings.set(record.party, record);
        return;
      case "house.offer":
        this.#offers.set(record.channel, record);
        return;
      case "house.draft":
        this.#takeDraft(this.#newDraft(record));
        return;
      case "house.approval":
        this.#approve(record);
        return;
      case "house.break_glass":
        if (this.#approve(record))
          this.#changeDraft(record.draft, (draft) => ({ ...draft, alone: record.reason }));
        return this.people.evolve(record);
      case "house.release":
        this.#changeDraft(record.draft, (draft) => ({ ...draft, status: "released" }));
        return;
      case "house.discard":
        this.#changeDraft(record.draft, (draft) => ({ ...draft, status: "discarded" }));
        return;
      case "house.alarm":
        if (record.alarm === "fork") this.forks.add(`${record.channel}/${record.facts["feed"]}`);
        if (record.alarm === "pin") this.ignoredPins.add(`${record.facts["party"]}/${record.facts["pin"]}`);
        return;
      case "house.erasure":
        this.#drafts.delete(record.draft);
        this.gate.forget(record.draft);
        this.erasures.apply(record);
        return;
      case "house.confirm":
        return;
      case "house.credential_revoked":
        this.people.evolve(record);
        this.#reconsider();
        return;
      default:
        return this.people.evolve(record);
    }
  }

  /** SPEC 17.6.5: an approval that breaks the rules counts for nothing, whoever wrote it. */
  #approve(record: Extract<HouseRecord, { type: "house.approval" | "house.break_glass" }>): boolean {
    const { type, officer, role, digest, assertion, check } = record;
    const draft = this.#drafts.get(record.draft);
    if (draft === undefined) return false;
    const person = this.#people.get(officer);
    const holds = person?.active === true && person.roles.includes(role) && digest === draft.digest;
    const covers = { ...(assertion && { assertion }), ...(check !== undefined && { check }) };
    const given = { officer, role, digest, channel: draft.channel, ...covers };
    const admitted = this.people.admit(type, given, holds);
    if (admitted === undefined) return false;
    const alone = record.type === "house.break_glass" ? { alone: record.reason } : {};
    const approval = { officer, role, ...admitted, ...covers, ...alone };
    this.#changeDraft(draft.id, () => ({ ...draft, approvals: [...draft.approvals, approval] }));
    return true;
  }

  /** SPEC 17.6.7: an open draft keeps the approvals of those alone who could give them now. */
  #reconsider(): void {
    for (const draft of this.#drafts.values()) {
      if (draft.status !== "open" || draft.approvals.length === 0) continue;
      const approvals = draft.approvals.filter((one) => this.#stands(one));
      if (approvals.length === draft.approvals.length) continue;
      // Who released alone may be the one who is gone: then nobody did.
      const { alone: _, ...rest } = draft;
      this.#drafts.set(draft.id, { ...rest, approvals });
    }
  }

  #stands({ officer, role, assertion }: Approval): boolean {
    const person = this.#people.get(officer);
    const key = assertion && this.people.state.credentials.get(assertion.credential);
    // A key that was taken back may have been stolen before anybody knew.
    return person?.active === true && person.roles.includes(role) && key?.active !== false;
  }

  #takeDraft(draft: Draft): void {
    this.#drafts.set(draft.id, draft);
    const message = String(draft.message["id"]);
    this.#draftsByMessage.set(message, [...(this.#draftsByMessage.get(message) ?? []), draft.id]);
  }

  #newDraft(record: Extract<HouseRecord, { type: "house.draft" }>): Draft {
    const digest = encodeBase64url(this.#backend.sha256(encodeJson(record.message)));
    return {
      id: record.draft,
      channel: record.channel,
      message: record.message,
      by: record.officer,
      digest,
      approvals: [],
      status: "open",
    };
  }

  #changeDraft(id: string, change: (draft: Draft) => Draft): void {
    const draft = this.#drafts.get(id);
    if (draft !== undefined) this.#drafts.set(id, change(draft));
  }
}
