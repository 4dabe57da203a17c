/**
 * Connections that are handed over only when the other end has proved a pinned key (SPEC 6.1.1) at an allowed
 * address (SPEC 6.1.2).
 *
 * Guarantees: a request, its headers included, is written to a socket only after both checks. The address is judged
 * for every result of the name, inside the lookup whose result is connected to, and once more on the open
 * connection: there is no second resolution that could answer differently.
 */
import type { LookupAddress } from "node:dns";
import type { ClientRequestArgs } from "node:http";
import { Agent } from "node:https";
import { isIP, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import { Duplex } from "node:stream";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { pinOf, tlsOptions, tlsRules, type TlsIdentity } from "./tls.ts";
import { PeerFault } from "./transport.ts";

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface PinnedAgentOptions {
  /** Undefined: without an own certificate, as a stranger. */
  readonly identity: TlsIdentity | undefined;
  readonly isPinned: (pin: string | undefined) => boolean;
  readonly allowAddress: (address: string) => boolean;
  readonly resolve: Resolve;
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly maxSockets: number;
}

/** What the agent's callback wants beside a fault; nothing reads it. */
const NO_SOCKET = new Duplex();

export class PinnedAgent extends Agent {
  readonly #options: PinnedAgentOptions;

  constructor(options: PinnedAgentOptions) {
    const { maxSockets, keepAliveMs } = options;
    // No cached sessions: each connection proves its key anew.
    super({
      keepAlive: true,
      maxSockets,
      maxFreeSockets: maxSockets,
      timeout: keepAliveMs,
      maxCachedSessions: 0,
    });
    this.#options = options;
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    done?: (fault: Error | null, socket: Duplex) => void,
  ): null {
    const literal = typeof host === "string" && isIP(host) !== 0;
    if (typeof host !== "string" || (literal && !this.#options.allowAddress(host))) {
      queueMicrotask(() => done?.(new PeerFault("unreachable"), NO_SOCKET));
      return null;
    }
    const socket = connect(this.#connectionOptions(host, Number(port), literal));
    let settled = false;
    const settle = (fault: PeerFault | null): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (fault !== null) socket.destroy();
      done?.(fault, socket);
    };
    const fail = (cause?: unknown): void => settle(new PeerFault("unreachable", { cause }));
    const timer = setTimeout(fail, this.#options.connectTimeoutMs);
    socket.on("error", fail);
    socket.once("secureConnect", () => (this.#isRight(socket) ? settle(null) : fail()));
    return null;
  }

  #connectionOptions(host: string, port: number, literal: boolean): ConnectionOptions & TcpNetConnectOpts {
    const { identity } = this.#options;
    const tls = identity === undefined ? tlsRules() : tlsOptions(identity);
    return {
      ...tls,
      host,
      port,
      lookup: this.#lookup,
      autoSelectFamily: true,
      rejectUnauthorized: false, // the certificate is self-signed and only carries the key; the pin decides
      ALPNProtocols: ["http/1.1"],
      ...(!literal && { servername: host }),
    };
  }

  /** Node calls it for names alone; an address as host was judged before. */
  readonly #lookup: LookupFunction = (host, options, done) => {
    this.#resolveAllowed(host).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) done(null, [...addresses]);
        else done(null, first?.address ?? "", first?.family);
      },
      (fault: unknown) => done(fault instanceof Error ? fault : new PeerFault("unreachable"), ""),
    );
  };

  /** One forbidden address among the results condemns the name: it is how a name is turned inwards. */
  async #resolveAllowed(host: string): Promise<readonly LookupAddress[]> {
    const addresses = await this.#options.resolve(host);
    const allowed =
      addresses.length > 0 && addresses.every(({ address }) => this.#options.allowAddress(address));
    if (!allowed) throw new PeerFault("unreachable");
    return addresses;
  }

  #isRight(socket: TLSSocket): boolean {
    const { remoteAddress = "" } = socket;
    return this.#options.allowAddress(remoteAddress) && this.#options.isPinned(pinOf(socket));
  }
}
