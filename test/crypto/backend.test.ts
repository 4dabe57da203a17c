/** The primitives of both backends against published vectors and against each other. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Type } from "typebox";
import { encodeHex, hexToBytes, utf8 } from "#parley/codec/bytes.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { createBoundedCache } from "#parley/crypto/bounded-cache.ts";
import { hpkeContext, hpkeContextBytes, hpkeKeys } from "#parley/crypto/hpke.ts";
import { STANZA_CONTEXT_BYTES, STANZA_INFO } from "#parley/crypto/seal.ts";
import { seededRandomBytes } from "../../tools/seeded-random.ts";
import { describeShared, readSharedJson } from "../shared.ts";
import { BACKENDS, nobleBackend, nodeBackend } from "./backends.ts";

const SEED = seededRandomBytes("backend.test")(32);
const anyBytes = fc.uint8Array({ maxLength: 300 });
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

function bytesOf(text: string): Uint8Array {
  const bytes = hexToBytes(text);
  assert.ok(bytes !== undefined);
  return bytes;
}

for (const backend of BACKENDS) {
  describe(`the ${backend.name} backend`, () => {
    it("hashes and authenticates as FIPS 180-4 and RFC 4231 say", () => {
      const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
      assert.equal(encodeHex(backend.sha256(utf8("abc"))), abc);
      const case2 = backend.hmacSha256(utf8("Jefe"), utf8("what do ya want for nothing?"));
      assert.equal(encodeHex(case2), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
      const longKey = new Uint8Array(131).fill(0xaa);
      const case6 = backend.hmacSha256(
        longKey,
        utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
      );
      assert.equal(encodeHex(case6), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    });

    it("signs what it verifies, and no other message, key or signature", () => {
      for (const scheme of ["ed25519", "mlDsa44"] as const) {
        const sign = (seed: Uint8Array): Uint8Array => backend[scheme].sign(seed, utf8("a"));
        const verify = verifierOf(backend, scheme);
        const key = backend[scheme].publicKey(SEED);
        assert.equal(verify(key, utf8("a"), sign(SEED)), true);
        assert.equal(verify(key, utf8("b"), sign(SEED)), false);
        assert.equal(verify(key, utf8("a"), sign(SEED.toReversed())), false);
        assert.equal(verify(key, utf8("a"), new Uint8Array(sign(SEED).length)), false);
      }
    });

    it("answers false for bytes that are no point, and for an S that is not reduced", () => {
      const signature = backend.ed25519.sign(SEED, utf8("a"));
      const noPoint = Uint8Array.of(2, ...new Uint8Array(31));
      assert.equal(backend.ed25519.verifyCofactorless(noPoint, utf8("a"), signature), false);
      const large = signature.slice().fill(0xff, 32);
      assert.equal(
        backend.ed25519.verifyCofactorless(backend.ed25519.publicKey(SEED), utf8("a"), large),
        false,
      );
    });

    it("gives no shared secret for an X25519 half of small order", () => {
      const { enc } = backend.xWing.encapsulate(backend.xWing.publicKey(SEED));
      assert.equal(backend.xWing.decapsulate(SEED, enc)?.length, 32);
      assert.equal(backend.xWing.decapsulate(SEED, enc.fill(0, 1088)), undefined);
    });

    it("throws for sizes that are a caller's bug", () => {
      assert.throws(() => backend.xWing.publicKey(SEED.subarray(1)), RangeError);
      assert.throws(() => backend.xWing.decapsulate(SEED, new Uint8Array(1119)), RangeError);
      assert.throws(() => backend.xWing.encapsulate(new Uint8Array(1215)), RangeError);
      assert.throws(() => backend.ed25519.sign(SEED.subarray(1), SEED));
      assert.throws(() => backend.mlDsa44.sign(SEED.subarray(1), SEED));
      assert.throws(() => backend.hkdfSha256(SEED, SEED, SEED, 255 * 32 + 1));
    });

    it("refuses to encapsulate to a key that cannot be sealed to", () => {
      const key = backend.xWing.publicKey(SEED);
      assert.throws(
        () => backend.xWing.encapsulate(key.slice().fill(0xff, 0, 3)),
        "coefficients not reduced",
      );
      assert.throws(() => backend.xWing.encapsulate(key.slice().fill(0, 1184)), "point of small order");
    });

    it("opens with the right key, nonce and tag alone", () => {
      const { chacha20poly1305: aead } = backend;
      const nonce = SEED.subarray(0, 12);
      const sealed = aead.seal(SEED, nonce, utf8("plain"));
      assert.deepEqual(aead.open(SEED, nonce, sealed), utf8("plain"));
      assert.equal(aead.open(SEED, SEED.subarray(1, 13), sealed), undefined);
      assert.equal(aead.open(SEED.toReversed(), nonce, sealed), undefined);
      assert.equal(aead.open(SEED, nonce, sealed.subarray(1)), undefined);
      assert.equal(aead.open(SEED, nonce, sealed.subarray(0, 15)), undefined);
    });

    it("derives the constant context of the age stanza", () => {
      assert.deepEqual(hpkeContextBytes(backend, utf8(STANZA_INFO)), STANZA_CONTEXT_BYTES);
    });
  });
}

function verifierOf(
  backend: CryptoBackend,
  scheme: "ed25519" | "mlDsa44",
): CryptoBackend["mlDsa44"]["verify"] {
  return scheme === "ed25519" ? backend.ed25519.verifyCofactorless : backend.mlDsa44.verify;
}

describe("the two backends", () => {
  it("derive the same bytes", () => {
    const property = fc.property(anyBytes, anyBytes, fc.integer({ min: 1, max: 100 }), (a, b, length) => {
      assertSame((backend) => backend.hmacSha256(a, b));
      assertSame((backend) => backend.hkdfSha256(a, b, a, length));
    });
    fc.assert(property, { numRuns: 50 });
    const long = new Uint8Array(5000).fill(7);
    assertSame((backend) => backend.hmacSha256(SEED, long));
  });

  it("seal the same AEAD bytes and have the same keys and Ed25519 signatures", () => {
    const property = fc.property(seeds, anyBytes, (seed, message) => {
      assertSame((backend) => backend.chacha20poly1305.seal(seed, seed.subarray(0, 12), message));
      assertSame((backend) => backend.ed25519.sign(seed, message));
      assertSame((backend) => backend.mlDsa44.publicKey(seed));
      assertSame((backend) => backend.xWing.publicKey(seed));
    });
    fc.assert(property, { numRuns: 8 });
  });

  it("verify and decapsulate what the other made", () => {
    for (const [maker, taker] of [
      [nodeBackend, nobleBackend],
      [nobleBackend, nodeBackend],
    ] as const) {
      const key = taker.mlDsa44.publicKey(SEED);
      assert.equal(taker.mlDsa44.verify(key, SEED, maker.mlDsa44.sign(SEED, SEED)), true);
      const { enc, sharedSecret } = maker.xWing.encapsulate(taker.xWing.publicKey(SEED));
      assert.deepEqual(taker.xWing.decapsulate(SEED, enc), sharedSecret);
    }
  });
});

function assertSame(make: (backend: CryptoBackend) => Uint8Array): void {
  assert.deepEqual(make(nodeBackend), make(nobleBackend));
}

describe("the node backend", () => {
  it("signs with ML-DSA off the main thread", async () => {
    const signature = await nodeBackend.mlDsa44.signAsync?.(SEED, SEED);
    assert.ok(signature !== undefined);
    assert.equal(nobleBackend.mlDsa44.verify(nobleBackend.mlDsa44.publicKey(SEED), SEED, signature), true);
    await assert.rejects(async () => nodeBackend.mlDsa44.signAsync?.(SEED.subarray(1), SEED));
  });

  it("leaves stack traces as they were", () => {
    const before = Error.stackTraceLimit;
    nodeBackend.xWing.decapsulate(SEED, new Uint8Array(1120));
    assert.equal(Error.stackTraceLimit, before);
  });
});

describe("the noble backend", () => {
  it("is a function of its seed", () => {
    const run = (): string => {
      const backend = createNobleBackend({ randomBytes: seededRandomBytes("twice") });
      const { enc } = backend.xWing.encapsulate(backend.xWing.publicKey(SEED));
      return encodeHex(enc) + encodeHex(backend.mlDsa44.sign(SEED, SEED)) + encodeHex(backend.randomBytes(8));
    };
    assert.equal(run(), run());
  });
});

describe("a bounded cache", () => {
  it("keeps the most recently used values and makes each once", () => {
    const made: string[] = [];
    const cache = createBoundedCache<string>(2);
    const get = (key: string): string =>
      cache.get(key, () => {
        made.push(key);
        return key.toUpperCase();
      });
    for (const key of ["a", "b", "a", "c", "a", "b"]) assert.equal(get(key), key.toUpperCase());
    assert.deepEqual(made, ["a", "b", "c", "b"]);
    assert.equal(cache.size, 2);
  });

  it("keeps nothing of a value that could not be made", () => {
    const cache = createBoundedCache<string | undefined>(2);
    const fail = (): string => {
      throw new Error("no");
    };
    assert.throws(() => cache.get("a", fail));
    assert.equal(
      cache.get("a", () => undefined),
      undefined,
    );
    assert.equal(cache.get("a", fail), undefined);
  });
});

const XWingRow = Type.Object({
  seed: Type.String(),
  eseed: Type.String(),
  pk: Type.String(),
  ct: Type.String(),
  ss: Type.String(),
});

describeShared("vectors/xwing", (location) => {
  const rows = readSharedJson(Type.Array(XWingRow), path.join(location, "test-vectors.json"));
  for (const backend of BACKENDS) {
    it(`${rows.length} key pairs and encapsulations on ${backend.name}`, () => {
      assert.ok(rows.length > 0);
      for (const { seed, pk, ct, ss } of rows) {
        assert.equal(encodeHex(backend.xWing.publicKey(bytesOf(seed))), pk);
        assert.equal(encodeHex(backend.xWing.decapsulate(bytesOf(seed), bytesOf(ct)) ?? SEED), ss);
      }
    });
  }
  it("encapsulation from the given randomness on noble", () => {
    for (const { pk, eseed, ct, ss } of rows) {
      const backend = createNobleBackend({ randomBytes: () => bytesOf(eseed) });
      const { enc, sharedSecret } = backend.xWing.encapsulate(bytesOf(pk));
      assert.deepEqual([encodeHex(enc), encodeHex(sharedSecret)], [ct, ss]);
    }
  });
});

const HpkeRow = Type.Object({
  kem_id: Type.Number(),
  kdf_id: Type.Number(),
  aead_id: Type.Number(),
  info: Type.String(),
  skRm: Type.String(),
  pkRm: Type.String(),
  enc: Type.String(),
  shared_secret: Type.String(),
  key: Type.String(),
  base_nonce: Type.String(),
});

describeShared("vectors/hpke-pq", (location) => {
  const all = readSharedJson(Type.Array(HpkeRow), path.join(location, "test-vectors.json"));
  const rows = all.filter((row) => row.kem_id === 0x647a);
  for (const backend of BACKENDS) {
    it(`${rows.length} X-Wing contexts, one of them in our suite, on ${backend.name}`, () => {
      for (const { skRm, pkRm, enc, shared_secret: secret } of rows) {
        assert.equal(encodeHex(backend.xWing.publicKey(bytesOf(skRm))), pkRm);
        assert.equal(encodeHex(backend.xWing.decapsulate(bytesOf(skRm), bytesOf(enc)) ?? SEED), secret);
      }
      const ours = rows.filter((row) => row.kdf_id === 1 && row.aead_id === 3);
      assert.equal(ours.length, 1);
      for (const row of ours) {
        const context = hpkeContext(hpkeContextBytes(backend, bytesOf(row.info)));
        const { key, nonce } = hpkeKeys(backend, bytesOf(row.shared_secret), context);
        assert.deepEqual([encodeHex(key), encodeHex(nonce)], [row.key, row.base_nonce]);
      }
    });
  }
});

const HkdfRow = Type.Object({
  tcId: Type.Number(),
  ikm: Type.String(),
  salt: Type.String(),
  info: Type.String(),
  size: Type.Number(),
  okm: Type.String(),
  result: Type.String(),
});

const HkdfFile = Type.Object({ testGroups: Type.Array(Type.Object({ tests: Type.Array(HkdfRow) })) });

describeShared("vectors/wycheproof/hkdf_sha256_test.json", (location) => {
  const file = readSharedJson(HkdfFile, location);
  const rows = file.testGroups.flatMap((group) => group.tests);
  for (const backend of BACKENDS) {
    it(`${rows.length} derivations on ${backend.name}`, () => {
      assert.ok(rows.length > 50);
      for (const { tcId, ikm, salt, info, size, okm, result } of rows) {
        const derive = (): string =>
          encodeHex(backend.hkdfSha256(bytesOf(ikm), bytesOf(salt), bytesOf(info), size));
        if (result === "valid") assert.equal(derive(), okm, `test ${tcId}`);
        else assert.throws(derive, `test ${tcId}`);
      }
    });
  }
});
