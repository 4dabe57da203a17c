/**
 * The case of the channel itself (SPEC 9.6.5): suspension, withdrawal and cards all belong to one case, so its id
 * is made from the channel and both sides name the same one without asking.
 */
import { encodeHex, parseBase64url } from "../codec/bytes.ts";
import { isRefusal } from "../codec/refusal.ts";

const UUID_BYTES = 16;

/** Channel id (base64url SHA-256) to a UUID of version 7 form: its first 16 bytes, version and variant set. */
export function channelCaseId(channel: string): string {
  const hash = parseBase64url(channel, 32);
  if (isRefusal(hash)) throw new TypeError("a channel id is a SHA-256 in base64url");
  const bytes = hash.slice(0, UUID_BYTES);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return encodeHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
