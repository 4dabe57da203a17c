/** Refusal codes of this folder with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { CodeTable } from "#parley/codec/refusal.ts";

/** `key-length`, `signature-length` and `signature-bad` are also what 2.4 demands of ML-DSA-44. */
export const CRYPTO_CODES = {
  "key-length": { layer: "key", clause: "2.2.1" },
  "key-small-order": { layer: "key", clause: "2.2.2" },
  "key-not-canonical": { layer: "key", clause: "2.2.3" },
  "key-torsion": { layer: "key", clause: "2.2.4" },
  "signature-length": { layer: "signature", clause: "2.3.1" },
  "signature-s-range": { layer: "signature", clause: "2.3.2" },
  "signature-small-order-r": { layer: "signature", clause: "2.3.3" },
  "signature-bad": { layer: "signature", clause: "2.3.4" },
  "recipient-invalid": { layer: "recipient", clause: "2.5.2" },
  "seal-malformed": { layer: "seal", clause: "2.5.5" },
  "seal-recipient": { layer: "seal", clause: "2.5.6" },
  "cannot-open": { layer: "seal", clause: "2.5.9" },
  "plaintext-malformed": { layer: "plaintext", clause: "2.6.3" },
} as const satisfies CodeTable;

export type CryptoCode = keyof typeof CRYPTO_CODES;
