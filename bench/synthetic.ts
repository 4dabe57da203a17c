/** Synthetic records for benches: real formats, sealed once and repeated, because sealing is not what they measure. */
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { commitTo, SALT_SIZE_BYTES } from "#parley/crypto/payload.ts";
import { encodeEntry, type Seen } from "#parley/ledger/entry.ts";

export const backend = createNodeBackend();
export const CHANNEL: string = encodeBase64url(backend.sha256(utf8("bench channel")));
export const FEED: string = encodeBase64url(backend.sha256(utf8("bench feed")));

const ZERO_HASH = encodeBase64url(new Uint8Array(32));

export interface SyntheticEntry {
  readonly bytes: Uint8Array;
  readonly salt: Uint8Array;
  readonly message: Uint8Array;
}

/** Entry `seq` of the bench feed with a message of about `sizeBytes`. */
export function syntheticEntry(seq: number, sizeBytes: number, seen: readonly Seen[] = []): SyntheticEntry {
  const salt = new Uint8Array(SALT_SIZE_BYTES).fill(seq % 251);
  const message = utf8(`{"n":${seq},"pad":"${"x".repeat(Math.max(0, sizeBytes - 24))}"}`);
  const kind = seq === 0 ? "genesis" : seq === 1 ? "party_update" : "heartbeat";
  const bytes = encodeEntry({
    channel: CHANNEL,
    commit: encodeBase64url(commitTo(backend, salt, message)),
    ct: ZERO_HASH,
    ct_len: 3707,
    feed: FEED,
    kind,
    seen,
    seq,
    time: "2026-11-22T15:25:50Z",
    v: 1,
  });
  return { bytes, salt, message };
}
