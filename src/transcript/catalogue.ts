/**
 * Every refusal code of the core with its layer and clause, in one table (SPEC 1.1.3, `spec/refusals.md`).
 *
 * Codes of the doors and of exchange are not here: a record is verified without them.
 */
import { CASEWORK_CODES } from "#parley/casework/codes.ts";
import { CODEC_CODES } from "#parley/codec/codes.ts";
import type { CodeEntry } from "#parley/codec/refusal.ts";
import { CRYPTO_CODES } from "#parley/crypto/codes.ts";
import { LEDGER_CODES } from "#parley/ledger/codes.ts";
import { APPROVALS_CODES, PARTY_CODES } from "#parley/party/codes.ts";
import { GENESIS_CODES } from "#parley/protocols/agreement/codes.ts";
import { TRANSCRIPT_CODES } from "./codes.ts";

export interface CataloguedCode extends CodeEntry {
  readonly code: string;
}

/** Raised by exchange and by verification alike; its table is that of exchange. */
const SHARED_CODES: Readonly<Record<string, CodeEntry>> = {
  "genesis-hash": { layer: "channel", clause: "5.1.2" },
};

export const CATALOGUE: ReadonlyMap<string, CataloguedCode> = new Map(
  [
    CODEC_CODES,
    CRYPTO_CODES,
    LEDGER_CODES,
    PARTY_CODES,
    APPROVALS_CODES,
    SHARED_CODES,
    GENESIS_CODES,
    TRANSCRIPT_CODES,
    CASEWORK_CODES,
  ].flatMap((table) =>
    Object.entries(table).map(([code, { layer, clause }]: [string, CodeEntry]) => [
      code,
      { code, layer, clause },
    ]),
  ),
);

/** Undefined for a code that is not of the core. */
export function lookUpCode(code: string): CataloguedCode | undefined {
  return CATALOGUE.get(code);
}

/** For a code that the core itself raised: an unlisted one is a bug. */
export function catalogued(code: string): CataloguedCode {
  const entry = CATALOGUE.get(code);
  if (entry === undefined) throw new Error(`the catalogue lacks ${code}`);
  return entry;
}
