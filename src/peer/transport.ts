/**
 * The way to a peer, as a port: whoever sends knows parties and bytes, and nothing of sockets.
 *
 * `https-client.ts` is the real one; a simulation has its own. A fault never says why in words: a message of a
 * lying peer must not reach a log (style rule 11).
 */

/** Sends one bundle to a party and answers its bundle. Throws `PeerFault` when there is no answer to use. */
export interface PeerTransport {
  readonly exchange: (party: string, body: Uint8Array) => Promise<Uint8Array>;
}

/**
 * `unreachable`: no connection with a pinned key came up. `refused`: the peer said no to this caller or body.
 * `busy`: it says to come back later (quota, full disk). `protocol`: what came back is no answer of a Parley node.
 */
export class PeerFault extends Error {
  readonly kind: "unreachable" | "refused" | "busy" | "protocol";

  constructor(kind: PeerFault["kind"], options?: { readonly cause?: unknown }) {
    super(`the peer did not answer (${kind})`, options);
    this.name = "PeerFault";
    this.kind = kind;
  }
}
