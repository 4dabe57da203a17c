/**
 * Public keys of passkeys (SPEC 17.2.3): a COSE key in exactly one encoding per algorithm.
 *
 * Guarantees: what `parseCoseKey` answers is a point that the signature rule admits; two keys are the same key exactly
 * when their bytes are. It deliberately reads no CBOR in general: the one permitted encoding is a fixed frame.
 */
import { bytesEqual, concatBytes } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { admitEd25519Key, verifyEd25519, type AdmittedKey } from "#parley/crypto/signature.ts";

export type CredentialKey =
  | { readonly algorithm: "ES256"; readonly cose: Uint8Array; readonly point: Uint8Array }
  | { readonly algorithm: "EdDSA"; readonly cose: Uint8Array; readonly point: AdmittedKey };

const ES256_HEAD = Uint8Array.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20);
const ES256_MIDDLE = Uint8Array.of(0x22, 0x58, 0x20);
const EDDSA_HEAD = Uint8Array.of(0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20);
const COORDINATE_BYTES = 32;
const ES256_BYTES = ES256_HEAD.length + 2 * COORDINATE_BYTES + ES256_MIDDLE.length;
const EDDSA_BYTES = EDDSA_HEAD.length + COORDINATE_BYTES;

/** SPEC 17.2.3. */
export function parseCoseKey(
  backend: CryptoBackend,
  bytes: Uint8Array,
): CredentialKey | Refusal<"assertion-key"> {
  const cose = bytes.slice();
  const x = cose.subarray(ES256_HEAD.length, ES256_HEAD.length + COORDINATE_BYTES);
  if (cose.length === ES256_BYTES && startsWith(cose, ES256_HEAD)) {
    const rest = cose.subarray(ES256_HEAD.length + COORDINATE_BYTES);
    const point = concatBytes(Uint8Array.of(0x04), x, rest.subarray(ES256_MIDDLE.length));
    if (startsWith(rest, ES256_MIDDLE) && backend.p256.isKey(point))
      return { algorithm: "ES256", cose, point };
  }
  if (cose.length === EDDSA_BYTES && startsWith(cose, EDDSA_HEAD)) {
    const point = admitEd25519Key(backend, x);
    if (!isRefusal(point)) return { algorithm: "EdDSA", cose, point };
  }
  return refuse("assertion-key");
}

/** SPEC 17.2.7. True, or false for a signature of a wrong form, range or content. */
export function verifyWithCoseKey(
  backend: CryptoBackend,
  key: CredentialKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (key.algorithm === "EdDSA") return verifyEd25519(backend, key.point, message, signature) === true;
  const compact = derToCompact(signature);
  return compact !== undefined && backend.p256.verify(key.point, message, compact);
}

/** Order of the P-256 group, most significant byte first. */
const ORDER = Uint8Array.of(
  0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
); // prettier-ignore

/** Two DER integers as r ‖ s; undefined for a longer form, trailing bytes, zero, or a number that is not below n. */
function derToCompact(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 72) return undefined;
  const r = readScalar(der, 2);
  const s = r && readScalar(der, r.end);
  return r === undefined || s?.end !== der.length ? undefined : concatBytes(r.bytes, s.bytes);
}

function readScalar(
  der: Uint8Array,
  at: number,
): { readonly bytes: Uint8Array; readonly end: number } | undefined {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  const body = der.subarray(at + 2, end);
  const [first = 0, second = 0] = body;
  if (der[at] !== 0x02 || length === 0 || length > COORDINATE_BYTES + 1 || end > der.length) return undefined;
  // Negative, or with a zero in front that the sign does not need.
  if (first >= 0x80 || (length > 1 && first === 0 && second < 0x80)) return undefined;
  const digits = first === 0 ? body.subarray(1) : body;
  if (digits.length > COORDINATE_BYTES) return undefined;
  const bytes = new Uint8Array(COORDINATE_BYTES);
  bytes.set(digits, COORDINATE_BYTES - digits.length);
  return bytes.some((byte) => byte !== 0) && isBelow(bytes, ORDER) ? { bytes, end } : undefined;
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return bytesEqual(bytes.subarray(0, head.length), head);
}
