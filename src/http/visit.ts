/**
 * Who comes, and from where (SPEC 11.1, 17.8.3): a program with a token, or a browser with a session.
 *
 * Guarantees: a cookie alone changes nothing; the request also names the node's own origin and carries the session's
 * token. The origin is made from the host that the door already compared with its own names (SPEC 11.1.1).
 */
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Person } from "#parley/node/house.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import type { Log } from "#parley/node/ports.ts";
import type { Door } from "#parley/node/sign-in.ts";
import type { OpenedSession } from "#parley/people/session.ts";
import { personBehind, type TokenThrottle } from "./auth.ts";

/** `__Host-` binds a cookie to this host over TLS; a browser refuses it on plain loopback, which has its own name. */
const COOKIE = { tls: "__Host-parley", loopback: "parley-session" } as const;
export const SESSION_HEADER = "x-parley-session";
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const AGENT_LIMIT_CHARACTERS = 512;

export class Visit {
  readonly door: Door;
  /** Of the session that comes with the request. */
  readonly secret: string | undefined;
  readonly #request: Request;
  #cookie: string | undefined;

  constructor(request: Request) {
    this.#request = request;
    const host = (request.headers.get("host") ?? new URL(request.url).host).toLowerCase();
    const name = host.replace(/:[0-9]{1,5}$/, "");
    const origin = `${name === "localhost" || isAddress(name) ? "http" : "https"}://${host}`;
    const agent = (request.headers.get("user-agent") ?? "").slice(0, AGENT_LIMIT_CHARACTERS);
    this.door = { origin, rp_id: name, agent };
    this.secret = request.headers.has("authorization") ? undefined : this.#cookieOf(request);
  }

  /** For use cases that tell a session from a token. */
  get mark(): { readonly session?: true } {
    return this.secret === undefined ? {} : { session: true };
  }

  open({ secret }: OpenedSession): void {
    this.#cookie = this.#cookieText(secret, "");
  }

  close(): void {
    this.#cookie = this.#cookieText("", "; Max-Age=0");
  }

  answered(response: Response): Response {
    if (this.#cookie !== undefined) response.headers.append("set-cookie", this.#cookie);
    return response;
  }

  /** Whether the request was made by a page of this origin, as the browser says. */
  isOwnPage(): boolean {
    const site = this.#request.headers.get("sec-fetch-site");
    return (
      this.#request.headers.get("origin") === this.door.origin && (site === null || site === "same-origin")
    );
  }

  /** Whether it is a read that no other site asked for. */
  isOwnRead(): boolean {
    const site = this.#request.headers.get("sec-fetch-site");
    const reads = this.#request.method === "GET" || this.#request.method === "HEAD";
    return reads && (site === null || site === "same-origin" || site === "none");
  }

  get #name(): string {
    return this.door.origin.startsWith("https:") ? COOKIE.tls : COOKIE.loopback;
  }

  #cookieText(value: string, end: string): string {
    const secure = this.#name === COOKIE.tls ? "; Secure" : "";
    return `${this.#name}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}${end}`;
  }

  #cookieOf(request: Request): string | undefined {
    const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim().split("="));
    const found = pairs.filter(([name]) => name === this.#name);
    const [, value = ""] = found[0] ?? [];
    // Two of one name: somebody planted one of them.
    return found.length === 1 && SECRET.test(value) ? value : undefined;
  }
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$/.test(host) || host.startsWith("[");
}

export interface Knock {
  readonly request: Request;
  readonly visit: Visit;
  readonly throttle: TokenThrottle;
  readonly log: Log;
  /** The operation asks for nobody. */
  readonly isOpen: boolean;
}

/** Undefined for nobody, where nobody is asked for. */
export function personBehindVisit(
  node: ParleyNode,
  { request, visit, throttle, log, isOpen }: Knock,
): Person | Refusal | undefined {
  if (isOpen) {
    // Signing a stranger's browser in is a forgery too.
    return request.method === "GET" || visit.isOwnPage() ? undefined : refuse("session-forged");
  }
  const { secret } = visit;
  if (secret === undefined) return personBehind(node, request, throttle, log);
  const person = node.signIn.personOf(secret, visit.door);
  if (person === undefined) return refuse("session-missing");
  const token = request.headers.get(SESSION_HEADER) ?? "";
  const own = visit.isOwnRead() || (visit.isOwnPage() && node.signIn.sessions.hasToken(secret, token));
  return own ? person : refuse("session-forged");
}
