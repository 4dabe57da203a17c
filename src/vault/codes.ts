/** Refusals about evidence files (SPEC 12): what was brought, asked for or sent does not fit. */
import type { CodeEntry } from "#parley/codec/refusal.ts";

export const VAULT_CODES = {
  "item-malformed": { layer: "vault", clause: "12.1.3" },
  "item-altered": { layer: "vault", clause: "12.1.6" },
  "vault-absent": { layer: "vault", clause: "12.2.1" },
  "item-changed": { layer: "vault", clause: "12.2.3" },
  "item-too-large": { layer: "vault", clause: "12.2.4" },
  "vault-full": { layer: "vault", clause: "12.2.5" },
  "vault-fault": { layer: "vault", clause: "12.2.6" },
  "item-unknown": { layer: "vault", clause: "12.3.2" },
  "item-erased": { layer: "vault", clause: "12.5.3" },
  "item-held": { layer: "vault", clause: "12.5.1" },
  "attachment-unknown": { layer: "vault", clause: "12.7.2" },
  "attachment-length": { layer: "vault", clause: "12.7.4" },
  "attachment-hash": { layer: "vault", clause: "12.7.5" },
  "attachment-digest": { layer: "vault", clause: "12.7.6" },
  "attachment-quota": { layer: "vault", clause: "12.7.7" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type VaultCode = keyof typeof VAULT_CODES;
