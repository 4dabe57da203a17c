/** Quotas (SPEC 6.1.2): what one party uses up is its own, and a reserve stays for small requests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Quotas, StrangerQuota, TokenBucket, type QuotaLimits } from "#parley/peer/quota.ts";

const LIMITS: QuotaLimits = {
  requests: { burst: 3, perSecond: 1 },
  reserve: { burst: 2, perSecond: 1 },
  reserveSizeLimitBytes: 100,
  partyBytesInFlight: 1_000,
  totalBytesInFlight: 1_500,
};

test("bucket: empties, refills evenly, never beyond its burst, and a clock that steps back gives nothing", () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 10 });
  assert.deepEqual([bucket.take(0), bucket.take(0), bucket.take(0)], [true, true, false]);
  assert.equal(bucket.take(99), false);
  assert.equal(bucket.take(201), true);
  assert.deepEqual([bucket.take(60_000), bucket.take(60_000), bucket.take(60_000)], [true, true, false]);
  assert.equal(bucket.take(0), false);
});

test("quota: one party over its limit takes nothing from another", () => {
  const quotas = new Quotas(LIMITS);
  const admitted = (party: string): boolean => quotas.admit(party, 5_000, 0) !== undefined;
  assert.deepEqual(
    [1, 2, 3, 4].map(() => admitted("meridia")),
    [true, true, true, false],
  );
  assert.equal(admitted("rimal"), true);
});

test("quota: after a flood of bulk a small request still gets through", () => {
  const quotas = new Quotas(LIMITS);
  for (let i = 0; i < 100; i++) quotas.admit("meridia", 5_000, 0);
  assert.equal(quotas.admit("meridia", undefined, 0), undefined, "of unknown size is not small");
  assert.equal(quotas.admit("meridia", 101, 0), undefined);
  assert.ok(quotas.admit("meridia", 100, 0));
  assert.ok(quotas.admit("meridia", 100, 0));
  assert.equal(quotas.admit("meridia", 100, 0), undefined, "the reserve has an end too");
  assert.ok(quotas.admit("meridia", 100, 1_000));
});

test("quota: bytes in flight are bounded for one and for all, and given back once", () => {
  const quotas = new Quotas(LIMITS);
  const [a, b] = [quotas.admit("meridia", 1, 0), quotas.admit("rimal", 1, 0)];
  assert(a !== undefined && b !== undefined);
  assert.equal(a.grow(1_001), false);
  assert.equal(a.grow(1_000), true);
  assert.equal(a.grow(1), false);
  assert.equal(b.grow(501), false);
  assert.equal(b.grow(500), true);
  a.release();
  a.release();
  assert.equal(b.grow(500), true);
  assert.equal(quotas.admit("third", 1, 0)?.grow(501), false);
});

test("quota: strangers are bounded each and together", () => {
  const quota = new StrangerQuota({ burst: 1, perSecond: 0 }, { burst: 3, perSecond: 0 });
  assert.deepEqual(
    ["198.51.100.1", "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"].map((from) =>
      quota.take(from, 0),
    ),
    [true, false, true, true, false],
  );
  const wide = new StrangerQuota({ burst: 1, perSecond: 0 }, { burst: 1e9, perSecond: 0 });
  for (let i = 0; i < 5_000; i++) wide.take(`198.51.100.${i}`, 0);
  assert.equal(wide.take("198.51.100.0", 0), true, "the oldest was forgotten, so memory is bounded");
  assert.equal(wide.take("198.51.100.4999", 0), false);
});
