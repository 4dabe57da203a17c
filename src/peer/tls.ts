/**
 * What both ends of a connection between nodes agree on (SPEC 6.1.1), in one place so that they cannot differ.
 *
 * One version, one group, no session tickets: every connection proves its key again, and what is recorded today
 * stays closed to a quantum computer (threats.md 13, 21).
 */
import { constants, type X509Certificate } from "node:crypto";
import type { SecureContextOptions } from "node:tls";
import { spkiPin } from "./certificate.ts";

/** The hybrid of ML-KEM-768 and X25519; a peer that offers only others fails in the handshake. */
const KEY_EXCHANGE = "X25519MLKEM768";

export interface TlsIdentity {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

export function tlsOptions({ cert, key }: TlsIdentity): SecureContextOptions {
  return { ...tlsRules(), cert, key };
}

/** The same without a certificate: how a stranger asks for a `.party` file. */
export function tlsRules(): SecureContextOptions {
  return {
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    ecdhCurve: KEY_EXCHANGE,
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Pin of the key that the other end has just proved; undefined when it showed no certificate. */
export function pinOf(socket: {
  readonly getPeerX509Certificate: () => X509Certificate | undefined;
}): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate && spkiPin(certificate.publicKey);
}
