/**
 * The only way out (SPEC 8.1.6, protocols of release): nothing reaches the record without a `Released` value, and
 * only this file makes one.
 *
 * What leaves is a draft whose exact bytes were shown, approved by as many distinct persons in the right roles as
 * its type demands; or a record that the protocol itself demands and that carries nothing of anybody's choosing.
 */
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { refuse, type CodeEntry, type Refusal } from "#parley/codec/refusal.ts";
import type { EntryKind } from "#parley/ledger/entry.ts";
import type { AssertionJson } from "#parley/party/assertion.ts";
import type { MessageRule } from "#parley/protocols/protocol.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { entryKindOf } from "#parley/protocols/system/messages.ts";

const RELEASED: unique symbol = Symbol("parley.released");

export interface Released {
  readonly [RELEASED]: true;
  readonly channel: string;
  readonly kind: EntryKind;
  readonly message: Uint8Array;
}

/** Who approved, by number and role; recorded in the house feed before anything leaves. */
export interface Approval {
  readonly officer: number;
  readonly role: Role;
  /** The COSE key and what it signed (SPEC 17.2), where the officer approved with one. */
  readonly key?: string;
  readonly assertion?: AssertionJson;
  /** Digest of the findings that it covers (SPEC 14.7.4); absent where there were none. */
  readonly check?: string;
  /** Present on the one approval with which its officer released alone: the reason (SPEC 17.7). */
  readonly alone?: string;
}

/** A draft is frozen when it is made: another text is another draft. */
export interface Draft {
  readonly id: string;
  readonly channel: string;
  readonly message: JsonObject;
  /** Officer number of who wrote it. */
  readonly by: number;
  /** Hash of the encoded message: what approvers approve. */
  readonly digest: string;
  readonly approvals: readonly Approval[];
  readonly status: "open" | "released" | "said" | "discarded";
  /** One person released it alone, and why (SPEC 17.7). */
  readonly alone?: string;
}

export const GATE_CODES = {
  "gate-role": { layer: "gate", clause: "8.6.2" },
  "gate-same-person": { layer: "gate", clause: "8.6.3" },
  "gate-own-draft": { layer: "gate", clause: "8.6.3" },
  "gate-approvals": { layer: "gate", clause: "8.6.3" },
  "gate-closed": { layer: "gate", clause: "8.6.4" },
  "gate-digest": { layer: "gate", clause: "8.6.5" },
  "gate-audience": { layer: "gate", clause: "8.6.6" },
  "gate-erase": { layer: "gate", clause: "3.9.4" },
  "gate-void": { layer: "gate", clause: "8.6.7" },
  "gate-assertion": { layer: "gate", clause: "17.6.1" },
  "gate-credential": { layer: "gate", clause: "17.6.4" },
  "gate-same-key": { layer: "gate", clause: "17.6.4" },
  "gate-break-glass": { layer: "gate", clause: "17.7.1" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type GateCode = keyof typeof GATE_CODES;

export type ReleasePolicy = MessageRule["release"];

/** Judges one more approval. `digest` is what the approver saw; it must be the draft's. */
export function judgeApproval(
  draft: Draft,
  policy: ReleasePolicy,
  approval: Approval & { readonly digest: string },
): true | Refusal<GateCode> {
  if (draft.status !== "open") return refuse("gate-closed", { draft: draft.id });
  if (approval.digest !== draft.digest) return refuse("gate-digest", { draft: draft.id });
  if (!policy.roles.includes(approval.role)) return refuse("gate-role", { role: approval.role });
  if (draft.approvals.some(({ officer }) => officer === approval.officer)) return refuse("gate-same-person");
  if (approval.key !== undefined && draft.approvals.some(({ key }) => key === approval.key))
    return refuse("gate-same-key");
  if (policy.persons > 1 && approval.officer === draft.by) return refuse("gate-own-draft");
  return true;
}

/** Counts distinct persons with distinct keys, never signatures or roles (threats.md 26). */
export function isApproved(draft: Draft, policy: ReleasePolicy): boolean {
  const inRole = draft.approvals.filter(({ role }) => policy.roles.includes(role));
  // Who released alone did so with that one approval: where it no longer covers, two are needed again.
  if (inRole.some(({ alone }) => alone !== undefined)) return true;
  const counted = inRole.filter(({ officer }) => policy.persons === 1 || officer !== draft.by);
  const persons = new Set(counted.map(({ officer }) => officer)).size;
  const keys = new Set(counted.map(({ officer, key }) => key ?? officer)).size;
  return Math.min(persons, keys) >= policy.persons;
}

/** A fully approved draft becomes sayable; its bytes are encoded from what was approved. */
export function releaseDraft(draft: Draft, policy: ReleasePolicy): Released | Refusal<GateCode> {
  if (draft.status === "said" || draft.status === "discarded")
    return refuse("gate-closed", { draft: draft.id });
  if (!isApproved(draft, policy))
    return refuse("gate-approvals", { have: draft.approvals.length, need: policy.persons });
  return released(draft.channel, entryKindOf(String(draft.message["type"])), encodeJson(draft.message));
}

/** Types that the protocol sends by itself: they hold codes and references only. */
const AUTOMATIC_TYPES: ReadonlySet<string> = new Set(["sys.error", "sys.inquiry"]);

export function releaseAutomatic(channel: string, message: JsonObject): Released {
  if (!AUTOMATIC_TYPES.has(String(message["type"]))) throw new TypeError("this type needs people");
  return released(channel, "message", encodeJson(message));
}

/** Entries that are no message of a person: genesis, party chain, heartbeat. */
export function releaseRecord(
  channel: string,
  kind: Exclude<EntryKind, "message">,
  message: Uint8Array,
): Released {
  return released(channel, kind, message);
}

/** The house feed has one member: what is written there does not leave. */
export function keepInHouse(channel: string, record: JsonObject): Released {
  return released(channel, "message", encodeJson(record));
}

function released(channel: string, kind: EntryKind, message: Uint8Array): Released {
  return Object.freeze({ [RELEASED]: true as const, channel, kind, message });
}
