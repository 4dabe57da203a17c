/**
 * Sessions (SPEC 17.8.3): who is signed in, in memory alone.
 *
 * Guarantees: of a session's secret only the hash is kept; a session ends when it is idle, old, revoked, or met from
 * another origin or user agent. A restart ends all. It deliberately knows nothing of roles: the node asks each time.
 */
import { bytesEqual, concatBytes, encodeBase64url, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";

export interface SessionLimits {
  readonly idleSeconds: number;
  readonly totalSeconds: number;
  /** Of one officer; the oldest ends when there are more. */
  readonly perOfficer: number;
}

export const SESSION_LIMITS: SessionLimits = { idleSeconds: 900, totalSeconds: 28_800, perOfficer: 8 };

/** Where a request comes from. */
export interface Place {
  readonly origin: string;
  readonly agent: string;
}

export interface Session {
  /** Names the session to its officer; no secret. */
  readonly id: string;
  readonly officer: number;
  readonly method: string;
  readonly startedAt: Instant;
  readonly seenAt: Instant;
}

export interface OpenedSession {
  readonly session: Session;
  /** For the cookie; shown once. */
  readonly secret: string;
  /** For the header of requests that change something. */
  readonly token: string;
}

interface Kept extends Session {
  readonly place: Uint8Array;
  readonly token: Uint8Array;
}

const SECRET_BYTES = 32;
const ID_LENGTH = 16;

export class SessionBook {
  readonly #backend: CryptoBackend;
  readonly #clock: () => Instant;
  readonly #limits: SessionLimits;
  readonly #byHash = new Map<string, Kept>();

  constructor(backend: CryptoBackend, clock: () => Instant, limits: SessionLimits = SESSION_LIMITS) {
    this.#backend = backend;
    this.#clock = clock;
    this.#limits = limits;
  }

  open(officer: number, method: string, place: Place): OpenedSession {
    const secret = encodeBase64url(this.#backend.randomBytes(SECRET_BYTES));
    const hash = this.#hash("session", secret);
    const token = this.#token(secret);
    const now = this.#clock();
    const session = { id: hash.slice(0, ID_LENGTH), officer, method, startedAt: now, seenAt: now };
    this.#byHash.set(hash, { ...session, place: this.#place(place), token });
    const [oldest] = this.#ofOfficer(officer);
    if (this.#ofOfficer(officer).length > this.#limits.perOfficer && oldest !== undefined)
      this.#byHash.delete(oldest[0]);
    return { session, secret, token: encodeBase64url(token) };
  }

  /** The live session behind a cookie, which is now seen again. */
  find(secret: string, place: Place): Session | undefined {
    const hash = this.#hash("session", secret);
    const kept = this.#byHash.get(hash);
    if (kept === undefined) return undefined;
    const now = this.#clock();
    if (this.#isOver(kept, now)) {
      this.#byHash.delete(hash);
      return undefined;
    }
    // A cookie that travelled does not end the session of who has it rightly.
    if (!bytesEqual(kept.place, this.#place(place))) return undefined;
    this.#byHash.set(hash, { ...kept, seenAt: now });
    return { ...shown(kept), seenAt: now };
  }

  /** Whether the header belongs to the cookie. Compared by hash: the time says nothing about the token. */
  hasToken(secret: string, token: string): boolean {
    const given = parseBase64url(token, SECRET_BYTES);
    if (isRefusal(given)) return false;
    const { sha256 } = this.#backend;
    return bytesEqual(sha256(given), sha256(this.#token(secret)));
  }

  /** The header's token again, for a page that was loaded anew. */
  tokenOf(secret: string): string {
    return encodeBase64url(this.#token(secret));
  }

  end(secret: string): void {
    this.#byHash.delete(this.#hash("session", secret));
  }

  /** False when the officer has no such session. */
  endById(officer: number, id: string): boolean {
    const found = this.#ofOfficer(officer).find(([, session]) => session.id === id);
    return found !== undefined && this.#byHash.delete(found[0]);
  }

  /** How many ended. */
  endAll(officer: number): number {
    const all = this.#ofOfficer(officer);
    for (const [hash] of all) this.#byHash.delete(hash);
    return all.length;
  }

  list(officer: number): readonly Session[] {
    const now = this.#clock();
    return this.#ofOfficer(officer).flatMap(([, kept]) => (this.#isOver(kept, now) ? [] : [shown(kept)]));
  }

  #ofOfficer(officer: number): readonly (readonly [string, Kept])[] {
    return [...this.#byHash].filter(([, session]) => session.officer === officer);
  }

  #isOver({ startedAt, seenAt }: Kept, now: Instant): boolean {
    return now - seenAt >= this.#limits.idleSeconds || now - startedAt >= this.#limits.totalSeconds;
  }

  #place({ origin, agent }: Place): Uint8Array {
    return this.#backend.sha256(utf8(`${origin}\n${agent}`));
  }

  #token(secret: string): Uint8Array {
    return this.#backend.sha256(concatBytes(utf8("parley/session-token/v1\n"), utf8(secret)));
  }

  #hash(what: string, secret: string): string {
    return encodeBase64url(this.#backend.sha256(utf8(`parley/${what}/v1\n${secret}`)));
  }
}

function shown({ id, officer, method, startedAt, seenAt }: Kept): Session {
  return { id, officer, method, startedAt, seenAt };
}
