/** Refusal codes of this folder with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { JsonCode } from "#parley/codec/json.ts";
import type { CodeEntry } from "#parley/codec/refusal.ts";
import type { KeyCode } from "#parley/crypto/signature.ts";
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
