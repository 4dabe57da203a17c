/**
 * What a sign-in began and has not finished: random challenges with what they are for, each good once and for minutes.
 * When too many wait, the oldest goes: whoever begins many can make others begin again, and nothing more.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";

const CHALLENGE_BYTES = 32;
export const WAITING_SECONDS = 300;
export const WAITING_LIMIT = 1_024;

export class Waiting<T> {
  readonly #backend: CryptoBackend;
  readonly #clock: () => Instant;
  readonly #byChallenge = new Map<string, { readonly value: T; readonly until: Instant }>();

  constructor(backend: CryptoBackend, clock: () => Instant) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** base64url of 256 random bits. */
  begin(value: T): string {
    const challenge = encodeBase64url(this.#backend.randomBytes(CHALLENGE_BYTES));
    this.#byChallenge.set(challenge, { value, until: this.#clock() + WAITING_SECONDS });
    const [oldest] = this.#byChallenge.keys();
    if (this.#byChallenge.size > WAITING_LIMIT && oldest !== undefined) this.#byChallenge.delete(oldest);
    return challenge;
  }

  /** Once. */
  take(challenge: string): T | undefined {
    const found = this.#byChallenge.get(challenge);
    this.#byChallenge.delete(challenge);
    return found !== undefined && this.#clock() < found.until ? found.value : undefined;
  }
}

/** Attempts that failed, by whom they were for: so many at once, then one more after each interval. */
export class Attempts {
  readonly #clock: () => Instant;
  readonly #burst: number;
  readonly #refillSeconds: number;
  readonly #byName = new Map<string, { readonly left: number; readonly at: Instant }>();

  constructor(clock: () => Instant, burst: number, refillSeconds: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#refillSeconds = refillSeconds;
  }

  /** False when there were too many; says nothing about whether the name exists. */
  take(name: string): boolean {
    const now = this.#clock();
    const known = this.#byName.get(name) ?? { left: this.#burst, at: now };
    const refill = Math.floor((now - known.at) / this.#refillSeconds);
    const left = Math.min(this.#burst, known.left + refill);
    const at = refill > 0 ? known.at + refill * this.#refillSeconds : known.at;
    this.#byName.delete(name);
    this.#byName.set(name, { left: Math.max(0, left - 1), at });
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > WAITING_LIMIT && oldest !== undefined) this.#byName.delete(oldest);
    return left > 0;
  }

  /** The one who was right owes nothing. */
  forget(name: string): void {
    this.#byName.delete(name);
  }
}
