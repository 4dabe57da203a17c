/** UUIDv7 (RFC 9562): 48 bits of milliseconds, the rest random. */
import { encodeHex } from "#parley/codec/bytes.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";

export function uuidv7(backend: CryptoBackend, at: Instant): string {
  const bytes = backend.randomBytes(16);
  let ms = Math.floor(at * 1000);
  for (let i = 5; i >= 0; i--) {
    bytes[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = encodeHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
