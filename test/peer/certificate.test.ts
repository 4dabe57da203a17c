/** Our certificate as Node's own X.509 reads it (docs/decisions/0004). The handshake is in https.test.ts. */
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { SERIAL_SIZE_BYTES, spkiPin, writeCertificate } from "#parley/peer/certificate.ts";

const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const SERIALS = [0x00, 0x7f, 0x80, 0xff].map((byte) => new Uint8Array(SERIAL_SIZE_BYTES).fill(byte));

test("certificate: Node reads it, the signature inside verifies, the key is ours", () => {
  for (const serial of SERIALS) {
    const certificate = new X509Certificate(writeCertificate(pair.privateKey, serial));
    assert.equal(certificate.verify(pair.publicKey), true);
    assert.equal(certificate.checkIssued(certificate), true);
    assert.equal(certificate.checkPrivateKey(pair.privateKey), true);
    assert.equal(certificate.serialNumber, `01${Buffer.from(serial).toString("hex").toUpperCase()}`);
  }
});

test("certificate: it says nothing about whose it is, and does not end", () => {
  const certificate = new X509Certificate(
    writeCertificate(pair.privateKey, new Uint8Array(SERIAL_SIZE_BYTES)),
  );
  assert.equal(certificate.subject, "CN=parley node");
  assert.equal(certificate.issuer, "CN=parley node");
  assert.equal(certificate.subjectAltName, undefined);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.validFromDate.toISOString(), "2026-01-01T00:00:00.000Z");
  assert.equal(certificate.validToDate.toISOString(), "9999-12-31T23:59:59.000Z");
});

test("certificate: another key, curve or serial is a bug of the caller", () => {
  const other = generateKeyPairSync("ec", { namedCurve: "secp384r1" }).privateKey;
  const edwards = generateKeyPairSync("ed25519").privateKey;
  for (const key of [other, edwards])
    assert.throws(() => writeCertificate(key, new Uint8Array(SERIAL_SIZE_BYTES)), TypeError);
  assert.throws(() => writeCertificate(pair.privateKey, new Uint8Array(SERIAL_SIZE_BYTES - 1)), RangeError);
});

test("pin: SHA-256 over the SPKI, the same for certificate, public and private key", () => {
  const cert = writeCertificate(pair.privateKey, new Uint8Array(SERIAL_SIZE_BYTES));
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  const expected = createHash("sha256").update(spki).digest("base64url");
  assert.match(expected, /^[A-Za-z0-9_-]{43}$/);
  for (const source of [cert, pair.publicKey, pair.privateKey]) assert.equal(spkiPin(source), expected);
});
