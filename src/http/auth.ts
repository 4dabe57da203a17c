/**
 * Who asks (SPEC 11.1): a bearer token to a person, by the hash of the token.
 *
 * Looking up a hash tells nothing by its time. Wrong tokens are limited all together, because one address stands for
 * many; a right token is looked up first and is never held up by them.
 */
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Person } from "#parley/node/house.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import type { Log } from "#parley/node/ports.ts";
import type { HttpCode } from "./codes.ts";

/** Wrong tokens at once, and seconds until one more is answered. */
const WRONG_BURST = 20;
const WRONG_REFILL_SECONDS = 6;
const TOKEN = /^Bearer ([A-Za-z0-9_-]{43})$/i;

/** A bucket that wrong tokens empty. */
export class TokenThrottle {
  readonly #clock: () => number;
  #left = WRONG_BURST;
  #filledAt: number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#filledAt = clock();
  }

  /** False when there were too many. */
  take(): boolean {
    const passed = Math.max(0, this.#clock() - this.#filledAt);
    const refill = Math.floor(passed / WRONG_REFILL_SECONDS);
    if (refill > 0) {
      this.#left = Math.min(WRONG_BURST, this.#left + refill);
      this.#filledAt = this.#clock();
    }
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}

export function personBehind(
  node: ParleyNode,
  request: Request,
  throttle: TokenThrottle,
  log: Log,
): Person | Refusal<HttpCode> {
  const header = request.headers.get("authorization");
  if (header === null) return refuse("api-token-missing");
  const token = TOKEN.exec(header)?.[1];
  const person = token === undefined ? undefined : node.personOf(token);
  if (person !== undefined) return person;
  if (!throttle.take()) return refuse("api-throttled");
  log("api-token-wrong", {});
  return refuse("api-token-wrong");
}
