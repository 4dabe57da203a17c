/**
 * How many connections the peer's door keeps open, and for whom (threats.md 9).
 *
 * Guarantees: strangers, however many, leave the places of paired parties free; one address or one party cannot take
 * them all. A connection over its limit is ended without an answer.
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Before a handshake only the address is known; several parties may share one behind a gateway. */
const PER_ADDRESS = 32;
const TOTAL = 1_024;
const STRANGERS = 64;
/** A node needs one connection and opens a few more under load. */
const PER_PARTY = 16;
/** A stranger has one question, which takes one round trip. */
const STRANGER_LIFE_MS = 15_000;

export class ConnectionLimits {
  readonly #callerOf: (socket: TLSSocket) => string | undefined;
  readonly #byName = new Map<string, number>();

  constructor(callerOf: (socket: TLSSocket) => string | undefined) {
    this.#callerOf = callerOf;
  }

  open(socket: Socket): void {
    const address = `address ${socket.remoteAddress ?? ""}`;
    if (!this.#count(socket, address, PER_ADDRESS)) socket.destroy();
    else if (!this.#count(socket, "all", TOTAL)) socket.destroy();
  }

  secured(socket: TLSSocket): void {
    const party = this.#callerOf(socket);
    const fits =
      party === undefined
        ? this.#count(socket, "strangers", STRANGERS)
        : this.#count(socket, `party ${party}`, PER_PARTY);
    if (!fits) socket.destroy();
    if (party !== undefined) return;
    const timer = setTimeout(() => socket.destroy(), STRANGER_LIFE_MS);
    socket.once("close", () => clearTimeout(timer));
  }

  /** Counts the socket under this name until it closes; false when there are too many. */
  #count(socket: Socket, name: string, limit: number): boolean {
    const now = this.#byName.get(name) ?? 0;
    if (now >= limit) return false;
    this.#byName.set(name, now + 1);
    socket.once("close", () => {
      const left = (this.#byName.get(name) ?? 1) - 1;
      if (left > 0) this.#byName.set(name, left);
      else this.#byName.delete(name);
    });
    return true;
  }
}
