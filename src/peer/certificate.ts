/**
 * The X.509 certificate that carries a node's TLS key (docs/decisions/0004-own-certificate-writer.md).
 *
 * It writes one form and has no options: v3, self-signed, ECDSA P-256 with SHA-256, a neutral name, no expiry that
 * anybody checks. The pin of the key decides, so nothing in a certificate is believed. It never parses DER.
 */
import { createHash, createPublicKey, sign, X509Certificate, type KeyObject } from "node:crypto";

const COMMON_NAME = "parley node";
/** RFC 5280 4.1.2.5: "99991231235959Z" says that there is no well-defined expiration date. */
const NOT_BEFORE = "20260101000000Z";
const NOT_AFTER = "99991231235959Z";
/** RFC 5280 4.1.2.2: at most 20 octets, positive. */
export const SERIAL_SIZE_BYTES = 16;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
} as const;

/** Object identifiers in their encoded form (RFC 5480, 5280). */
const OID = {
  ecdsaWithSha256: "2a8648ce3d040302",
  commonName: "550403",
  basicConstraints: "551d13",
} as const;

/** A P-256 key pair to a certificate in PEM. `serial`: `SERIAL_SIZE_BYTES` random bytes. */
export function writeCertificate(privateKey: KeyObject, serial: Uint8Array): string {
  if (privateKey.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw new TypeError("the TLS key is P-256");
  if (serial.length !== SERIAL_SIZE_BYTES) throw new RangeError(`a serial has ${SERIAL_SIZE_BYTES} bytes`);
  const algorithm = der(TAG.sequence, oid(OID.ecdsaWithSha256));
  const body = der(
    TAG.sequence,
    der(TAG.version, der(TAG.integer, Buffer.of(2))),
    der(TAG.integer, Buffer.of(1), serial), // the leading 1 keeps it positive and of one length
    algorithm,
    name(COMMON_NAME),
    der(TAG.sequence, time(NOT_BEFORE), time(NOT_AFTER)),
    name(COMMON_NAME),
    spkiOf(privateKey),
    der(TAG.extensions, der(TAG.sequence, extension(OID.basicConstraints, der(TAG.sequence)))),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = der(TAG.sequence, body, algorithm, der(TAG.bitString, Buffer.of(0), signature));
  return new X509Certificate(certificate).toString();
}

/** SPEC 6.1.1: base64url of SHA-256 over the SubjectPublicKeyInfo. Takes a certificate in PEM, or a key. */
export function spkiPin(of: string | KeyObject): string {
  const key = typeof of === "string" ? new X509Certificate(of).publicKey : of;
  return createHash("sha256").update(spkiOf(key)).digest("base64url");
}

function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === "public" ? key : createPublicKey(key);
  return publicKey.export({ type: "spki", format: "der" });
}

/** Tag, length in its shortest form, content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length > 0xffff) throw new RangeError("a certificate of this writer is small");
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

function oid(hex: string): Buffer {
  return der(TAG.oid, Buffer.from(hex, "hex"));
}

function name(commonName: string): Buffer {
  const value = der(TAG.utf8String, Buffer.from(commonName, "utf8"));
  return der(TAG.sequence, der(TAG.set, der(TAG.sequence, oid(OID.commonName), value)));
}

/** RFC 5280 4.1.2.5: years before 2050 are written with two digits, later ones with four. */
function time(text: string): Buffer {
  return text < "2050"
    ? der(TAG.utcTime, Buffer.from(text.slice(2), "ascii"))
    : der(TAG.generalizedTime, Buffer.from(text, "ascii"));
}

function extension(id: string, value: Uint8Array): Buffer {
  return der(TAG.sequence, oid(id), der(TAG.boolean, Buffer.of(0xff)), der(TAG.octetString, value));
}
