/** Refusal codes of exchange with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { CodeEntry } from "#parley/codec/refusal.ts";

export const PEER_CODES = {
  "request-schema": { layer: "exchange", clause: "6.2.1" },
  "channel-unknown": { layer: "exchange", clause: "6.3.4" },
  "not-a-party": { layer: "exchange", clause: "6.3.5" },
  "not-paired": { layer: "exchange", clause: "6.3.6" },
  incomplete: { layer: "exchange", clause: "6.3.7" },
  "read-only": { layer: "exchange", clause: "6.3.8" },
  "genesis-hash": { layer: "channel", clause: "5.1.2" },
  "offer-mismatch": { layer: "channel", clause: "5.2.1" },
  "offer-limit": { layer: "channel", clause: "5.2.5" },
  "party-pin": { layer: "party", clause: "4.4.3" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type PeerCode = keyof typeof PEER_CODES;
