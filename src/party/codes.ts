/** Refusal codes of this folder with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { JsonCode } from "#parley/codec/json.ts";
import type { CodeEntry } from "#parley/codec/refusal.ts";
import type { KeyCode } from "#parley/crypto/signature.ts";
import type { ApprovalsCode } from "./approvals.ts";
import type { PartyCode } from "./chain.ts";

export type PartyFolderCode = Exclude<PartyCode, JsonCode | KeyCode>;

export const PARTY_CODES: Readonly<Record<PartyFolderCode, CodeEntry>> = {
  "party-too-large": { layer: "party", clause: "4.1.1" },
  "party-schema": { layer: "party", clause: "4.1.2" },
  "key-no-possession": { layer: "party", clause: "4.1.5" },
  "party-chain": { layer: "party", clause: "4.2.1" },
  "party-signatures": { layer: "party", clause: "4.2.2" },
  "party-threshold": { layer: "party", clause: "4.2.3" },
  "party-roots": { layer: "party", clause: "4.2.4" },
  "party-id": { layer: "party", clause: "4.2.5" },
  "party-expired": { layer: "party", clause: "4.2.6" },
};

export const APPROVALS_CODES: Readonly<Record<ApprovalsCode, CodeEntry>> = {
  "assertion-challenge": { layer: "assertion", clause: "17.2.1" },
  "assertion-malformed": { layer: "assertion", clause: "17.2.2" },
  "assertion-key": { layer: "assertion", clause: "17.2.3" },
  "assertion-client-data": { layer: "assertion", clause: "17.2.4" },
  "assertion-origin": { layer: "assertion", clause: "17.2.5" },
  "assertion-rp": { layer: "assertion", clause: "17.2.5" },
  "assertion-unverified": { layer: "assertion", clause: "17.2.6" },
  "assertion-synced": { layer: "assertion", clause: "17.2.6" },
  "assertion-signature": { layer: "assertion", clause: "17.2.7" },
  "approvals-schema": { layer: "approvals", clause: "17.4.1" },
  "approvals-house": { layer: "approvals", clause: "17.4.2" },
  "approvals-digest": { layer: "approvals", clause: "17.4.3" },
  "approvals-unsigned": { layer: "approvals", clause: "17.4.4" },
  "approvals-not-listed": { layer: "approvals", clause: "17.4.5" },
  "approvals-revoked": { layer: "approvals", clause: "17.4.5" },
  "approvals-role": { layer: "approvals", clause: "17.4.6" },
  "approvals-same-person": { layer: "approvals", clause: "17.4.6" },
  "approvals-same-key": { layer: "approvals", clause: "17.4.6" },
  "approvals-own-draft": { layer: "approvals", clause: "17.4.6" },
  "approvals-few": { layer: "approvals", clause: "17.4.6" },
};
