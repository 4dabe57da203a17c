/**
 * One-time codes (RFC 6238, SPEC 17.8.2), by otpauth: the fallback of roles that release nothing.
 * The node keeps the secret sealed and remembers the last step that was used, so that a code serves once.
 */
import { Secret, TOTP } from "otpauth";
import type { Instant } from "#parley/codec/time.ts";

export const TOTP_SECRET_BYTES = 20;
const PERIOD_SECONDS = 30;
/** Steps before and after the present one. */
const WINDOW = 1;

/** `otpauth://` address for an authenticator app. */
export function totpAddress(secret: Uint8Array, officer: number): string {
  return make(secret, officer).toString();
}

/** The step of the code, if it is right and later than `lastStep`. */
export function verifyTotp(
  secret: Uint8Array,
  { code, now, lastStep }: { readonly code: string; readonly now: Instant; readonly lastStep: number },
): number | undefined {
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const delta = make(secret, 0).validate({ token: code, timestamp: now * 1_000, window: WINDOW });
  if (delta === null) return undefined;
  const step = Math.floor(now / PERIOD_SECONDS) + delta;
  return step > lastStep ? step : undefined;
}

function make(bytes: Uint8Array, officer: number): TOTP {
  const secret = new Secret({ buffer: new Uint8Array(bytes).buffer });
  const algorithm = "SHA1"; // what authenticator apps know; HMAC does not rest on collisions
  return new TOTP({
    issuer: "Parley",
    label: `officer ${officer}`,
    algorithm,
    digits: 6,
    period: PERIOD_SECONDS,
    secret,
  });
}
