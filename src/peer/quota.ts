/**
 * Quotas of the peer's door (SPEC 6.1.2, threats.md 9, 37): how much one party may ask for, whatever it sends.
 *
 * Guarantees: a party over its quota takes nothing from another; a party that floods with bulk still gets its small
 * requests through, because a reserve is kept for them, and an urgent message is small. Time is a parameter, in ms.
 */

export interface BucketLimits {
  readonly burst: number;
  readonly perSecond: number;
}

export interface QuotaLimits {
  readonly requests: BucketLimits;
  /** Drawn on by small requests alone, once the first bucket is empty. */
  readonly reserve: BucketLimits;
  readonly reserveSizeLimitBytes: number;
  /** Bodies being received or answered. */
  readonly partyBytesInFlight: number;
  readonly totalBytesInFlight: number;
}

/**
 * 200 requests a second: one delivery is one request and costs about 4 ms of this node's time, and a sender waits
 * for each receipt. Two whole bundles at once per party; four over all parties.
 */
export const QUOTA_LIMITS: QuotaLimits = {
  requests: { burst: 1_000, perSecond: 200 },
  reserve: { burst: 100, perSecond: 20 },
  reserveSizeLimitBytes: 65_536,
  partyBytesInFlight: 128 * 1_048_576,
  totalBytesInFlight: 256 * 1_048_576,
};

/** Full at first; refills evenly. */
export class TokenBucket {
  readonly #limits: BucketLimits;
  #tokens: number;
  #at: number | undefined;

  constructor(limits: BucketLimits) {
    this.#limits = limits;
    this.#tokens = limits.burst;
  }

  take(nowMs: number): boolean {
    const { burst, perSecond } = this.#limits;
    const passedMs = Math.max(0, nowMs - (this.#at ?? nowMs));
    this.#tokens = Math.min(burst, this.#tokens + (passedMs / 1000) * perSecond);
    this.#at = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

interface PartyQuota {
  readonly requests: TokenBucket;
  readonly reserve: TokenBucket;
  bytesInFlight: number;
}

/** A request that was let in; `grow` before bytes are kept, `release` once, whatever happened. */
export interface Admission {
  readonly grow: (bytes: number) => boolean;
  readonly release: () => void;
}

export class Quotas {
  readonly #limits: QuotaLimits;
  readonly #byParty = new Map<string, PartyQuota>();
  #bytesInFlight = 0;

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  /** `declared`: bytes of the body if the caller said so. Undefined when over quota. The caller is a paired party. */
  admit(party: string, declared: number | undefined, nowMs: number): Admission | undefined {
    const quota = this.#quotaOf(party);
    const small = declared !== undefined && declared <= this.#limits.reserveSizeLimitBytes;
    if (!quota.requests.take(nowMs) && !(small && quota.reserve.take(nowMs))) return undefined;
    return this.#admission(quota);
  }

  #admission(quota: PartyQuota): Admission {
    let mine = 0;
    return {
      grow: (bytes) => {
        const { partyBytesInFlight, totalBytesInFlight } = this.#limits;
        if (quota.bytesInFlight + bytes > partyBytesInFlight) return false;
        if (this.#bytesInFlight + bytes > totalBytesInFlight) return false;
        mine += bytes;
        quota.bytesInFlight += bytes;
        this.#bytesInFlight += bytes;
        return true;
      },
      release: () => {
        quota.bytesInFlight -= mine;
        this.#bytesInFlight -= mine;
        mine = 0;
      },
    };
  }

  #quotaOf(party: string): PartyQuota {
    const known = this.#byParty.get(party);
    if (known !== undefined) return known;
    const { requests, reserve } = this.#limits;
    const fresh = {
      requests: new TokenBucket(requests),
      reserve: new TokenBucket(reserve),
      bytesInFlight: 0,
    };
    this.#byParty.set(party, fresh);
    return fresh;
  }
}

/** Buckets by remote address for callers that nobody knows; the oldest is forgotten when there are too many. */
export class StrangerQuota {
  readonly #each: BucketLimits;
  readonly #all: TokenBucket;
  readonly #byAddress = new Map<string, TokenBucket>();

  constructor(each: BucketLimits, all: BucketLimits) {
    this.#each = each;
    this.#all = new TokenBucket(all);
  }

  take(address: string, nowMs: number): boolean {
    const bucket = this.#byAddress.get(address) ?? new TokenBucket(this.#each);
    this.#byAddress.delete(address);
    this.#byAddress.set(address, bucket);
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > STRANGERS_KNOWN && oldest !== undefined) this.#byAddress.delete(oldest);
    return bucket.take(nowMs) && this.#all.take(nowMs);
  }
}

/** About 200 bytes each. */
const STRANGERS_KNOWN = 4_096;
