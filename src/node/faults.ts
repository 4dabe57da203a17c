/** What a door may know of a fault: whether the disk is full or the store busy; and where a refusal comes from. */
import { CASEWORK_CODES } from "#parley/casework/codes.ts";
import { CODEC_CODES } from "#parley/codec/codes.ts";
import type { CodeEntry } from "#parley/codec/refusal.ts";
import { CRYPTO_CODES } from "#parley/crypto/codes.ts";
import { DISCLOSURE_CODES } from "#parley/gate/disclosure-codes.ts";
import { CHECK_CODES } from "#parley/gate/checks/check-codes.ts";
import { GATE_CODES } from "#parley/gate/release.ts";
import { INTEL_CODES } from "#parley/intel/codes.ts";
import { LEDGER_CODES } from "#parley/ledger/codes.ts";
import { PEOPLE_CODES } from "#parley/people/codes.ts";
import { APPROVALS_CODES, PARTY_CODES } from "#parley/party/codes.ts";
import { PEER_CODES } from "#parley/peer/codes.ts";
import { GENESIS_CODES } from "#parley/protocols/agreement/codes.ts";
import { REDACTION_CODES } from "#parley/redaction/codes.ts";
import { StoreFault } from "#parley/store/store.ts";
import { VAULT_CODES } from "#parley/vault/codes.ts";
import { TRANSCRIPT_CODES } from "#parley/transcript/codes.ts";

/** Undefined when the error is not the store's. */
export function storeFaultOf(error: unknown): StoreFault["kind"] | undefined {
  return error instanceof StoreFault ? error.kind : undefined;
}

const ENTRIES: ReadonlyMap<string, CodeEntry> = new Map(
  [
    CODEC_CODES,
    CRYPTO_CODES,
    LEDGER_CODES,
    PARTY_CODES,
    APPROVALS_CODES,
    PEOPLE_CODES,
    CASEWORK_CODES,
    TRANSCRIPT_CODES,
    GENESIS_CODES,
    PEER_CODES,
    GATE_CODES,
    CHECK_CODES,
    INTEL_CODES,
    DISCLOSURE_CODES,
    INTEL_CODES,
    VAULT_CODES,
    REDACTION_CODES,
  ].flatMap((table) => Object.entries(table)),
);

/** Layer and clause of a code that a use case answered. */
export function codeEntryOf(code: string): CodeEntry | undefined {
  return ENTRIES.get(code);
}
