/** Fresh TLS identities for tests, made as `init` makes them. */
import { generateKeyPairSync } from "node:crypto";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { SERIAL_SIZE_BYTES, spkiPin, writeCertificate } from "#parley/peer/certificate.ts";
import type { TlsIdentity } from "#parley/peer/tls.ts";

const backend = createNodeBackend();

export interface TestIdentity extends TlsIdentity {
  readonly pin: string;
}

export function makeIdentity(): TestIdentity {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const cert = writeCertificate(privateKey, backend.randomBytes(SERIAL_SIZE_BYTES));
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { cert, key, pin: spkiPin(cert) };
}
