/**
 * Approvals against the message that they are for (SPEC 17.4): what the other side, an auditor or anybody checks.
 *
 * The message comes from who holds it: the own record, or one message opened to a third party (SPEC 7.5). Its type says
 * how many persons in which roles had to approve; the file of approvals says nothing about that.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isJsonObject, parseJson } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import {
  parseApprovals,
  verifyApprovals,
  type ApprovalsCode,
  type VerifiedApprovals,
} from "#parley/party/approvals.ts";
import type { PartyChain } from "#parley/party/chain.ts";

/** A message that the reader knows was said. */
export interface HeldMessage {
  readonly channel: string;
  readonly seq: number;
  readonly message: Uint8Array;
  /** Of its author. */
  readonly chain: PartyChain;
}

export function checkApprovals(
  backend: CryptoBackend,
  file: Uint8Array,
  held: HeldMessage,
): VerifiedApprovals | Refusal<ApprovalsCode> {
  const opened = parseApprovals(file);
  if (isRefusal(opened)) return opened;
  const { channel, seq, chain } = held;
  const message = parseJson(held.message);
  if (isRefusal(message) || !isJsonObject(message)) return refuse("approvals-digest");
  const rule = MESSAGE_RULES.get(String(message["type"]))?.release;
  const isHere = opened.channel === channel && opened.entry.seq === seq && opened.party === chain.party;
  if (rule === undefined || !isHere) return refuse("approvals-digest");
  const digest = encodeBase64url(backend.sha256(held.message));
  const writtenBy = Number(message["officer"]);
  return verifyApprovals(backend, opened, { chain, message: { digest, ...rule, writtenBy } });
}
