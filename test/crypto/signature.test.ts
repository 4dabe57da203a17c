/** The signature rule: the same answer on both backends for every published edge case. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Type } from "typebox";
import { hexToBytes, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import {
  admitEd25519Key,
  admitMlDsaKey,
  judgeEd25519Signature,
  verifyEd25519,
  verifyMlDsa44,
} from "#parley/crypto/signature.ts";
import { seededRandomBytes } from "../../tools/seeded-random.ts";
import { describeShared, readSharedJson } from "../shared.ts";
import { BACKENDS, nobleBackend, nodeBackend } from "./backends.ts";

const SEED = seededRandomBytes("signature.test")(32);

interface Case {
  readonly key: string;
  readonly message: Uint8Array;
  readonly signature: string;
}

function bytesOf(hex: string): Uint8Array {
  const bytes = hexToBytes(hex);
  assert.ok(bytes !== undefined);
  return bytes;
}

function judge(backend: CryptoBackend, { key, message, signature }: Case): string {
  const verdict = judgeEd25519Signature(backend, bytesOf(key), message, bytesOf(signature));
  return isRefusal(verdict) ? verdict.code : "accept";
}

/** Both backends must agree before the answer counts. */
function judgeOnBoth(row: Case): string {
  const code = judge(nodeBackend, row);
  assert.equal(judge(nobleBackend, row), code);
  return code;
}

function countByCode(codes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

const CctvRow = Type.Object({
  number: Type.Number(),
  key: Type.String(),
  msg: Type.String(),
  sig: Type.String(),
  flags: Type.Union([Type.Null(), Type.Array(Type.String())]),
});

describeShared("vectors/cctv-ed25519", (location) => {
  const rows = readSharedJson(Type.Array(CctvRow), path.join(location, "ed25519vectors.json"));
  it("of 914 signatures exactly those without a flag are accepted", () => {
    assert.equal(rows.length, 914);
    const codes = rows.map((row) => {
      const code = judgeOnBoth({ key: row.key, message: utf8(row.msg), signature: row.sig });
      assert.equal(code === "accept", (row.flags ?? []).length === 0, `number ${row.number}: ${code}`);
      return code;
    });
    assert.deepEqual(countByCode(codes), CCTV_COUNTS);
  });
});

/** Counted once and kept: a change of any answer is a change of the rule. */
const CCTV_COUNTS: Readonly<Record<string, number>> = {
  "key-small-order": 526,
  "key-torsion": 360,
  "signature-small-order-r": 20,
  "signature-bad": 7,
  accept: 1,
};

const SpeccheckRow = Type.Object({
  pub_key: Type.String(),
  message: Type.String(),
  signature: Type.String(),
});

describeShared("vectors/ed25519-speccheck", (location) => {
  const rows = readSharedJson(Type.Array(SpeccheckRow), path.join(location, "cases.json"));
  it("none of the 12 is accepted, and each for the reason it was made for", () => {
    const codes = rows.map((row) =>
      judgeOnBoth({ key: row.pub_key, message: bytesOf(row.message), signature: row.signature }),
    );
    assert.deepEqual(codes, SPECCHECK_CODES);
  });
});

/** By the table of the paper: small A, mixed A, S above L, R not canonical under a mixed A, A not canonical. */
const SPECCHECK_CODES: readonly string[] = [
  "key-small-order",
  "key-small-order",
  "key-torsion",
  "key-torsion",
  "key-torsion",
  "key-torsion",

  "signature-s-range",
  "signature-s-range",
  "key-torsion",
  "key-torsion",
  "key-small-order",
  "key-small-order",
];

const WycheproofRow = Type.Object({
  tcId: Type.Number(),
  msg: Type.String(),
  sig: Type.String(),
  result: Type.String(),
  ctx: Type.Optional(Type.String()),
  flags: Type.Array(Type.String()),
});
const WycheproofTests = Type.Array(WycheproofRow);
const Ed25519Group = Type.Object({ publicKey: Type.Object({ pk: Type.String() }), tests: WycheproofTests });
const MlDsaGroup = Type.Object({ publicKey: Type.String(), tests: WycheproofTests });

describeShared("vectors/wycheproof/ed25519_test.json", (location) => {
  const { testGroups } = readSharedJson(Type.Object({ testGroups: Type.Array(Ed25519Group) }), location);
  it("every signature has the published result", () => {
    let count = 0;
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        const code = judgeOnBoth({ key: publicKey.pk, message: bytesOf(msg), signature: sig });
        assert.equal(code === "accept", result === "valid", `test ${tcId}: ${code}`);
        count++;
      }
    }
    assert.ok(count > 100);
  });
});

describeShared("vectors/wycheproof/mldsa_44_verify_test.json", (location) => {
  const { testGroups } = readSharedJson(Type.Object({ testGroups: Type.Array(MlDsaGroup) }), location);
  it("every signature has the published result; one made for a context is none of ours", () => {
    let count = 0;
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, msg, sig, result, ctx, flags } of tests) {
        const codes: readonly string[] = BACKENDS.map((backend) => judgeMlDsa(backend, publicKey, msg, sig));
        const accepted = result === "valid" && (ctx ?? "") === "";
        assert.equal(codes[0] === "accept", accepted, `test ${tcId}: ${codes[0]}`);
        assert.equal(codes[1], codes[0], `test ${tcId}`);
        if (flags.includes("IncorrectPublicKeyLength")) assert.equal(codes[0], "key-length");
        if (flags.includes("IncorrectSignatureLength")) assert.equal(codes[0], "signature-length");
        count++;
      }
    }
    assert.ok(count > 50);
  });
});

function judgeMlDsa(backend: CryptoBackend, publicKey: string, message: string, signature: string): string {
  const key = admitMlDsaKey(bytesOf(publicKey));
  const verdict = isRefusal(key) ? key : verifyMlDsa44(backend, key, bytesOf(message), bytesOf(signature));
  return isRefusal(verdict) ? verdict.code : "accept";
}

describe("an admitted key", () => {
  it("is a copy that the caller cannot change", () => {
    const bytes = nodeBackend.ed25519.publicKey(SEED);
    const key = admitEd25519Key(nodeBackend, bytes);
    const quantumBytes = nodeBackend.mlDsa44.publicKey(SEED);
    const quantum = admitMlDsaKey(quantumBytes);
    assert.ok(!isRefusal(key) && !isRefusal(quantum));
    bytes.fill(0);
    quantumBytes.fill(0);
    assert.equal(verifyEd25519(nodeBackend, key, SEED, nodeBackend.ed25519.sign(SEED, SEED)), true);
    assert.equal(verifyMlDsa44(nodeBackend, quantum, SEED, nodeBackend.mlDsa44.sign(SEED, SEED)), true);
  });

  it("is every key that a seed makes", () => {
    const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const property = fc.property(seeds, fc.uint8Array({ maxLength: 64 }), (seed, message) => {
      const key = admitEd25519Key(nodeBackend, nodeBackend.ed25519.publicKey(seed));
      assert.ok(!isRefusal(key));
      const signature = nodeBackend.ed25519.sign(seed, message);
      for (const backend of BACKENDS) assert.equal(verifyEd25519(backend, key, message, signature), true);
    });
    fc.assert(property, { numRuns: 20 });
  });
});

describe("a changed signature", () => {
  it("is refused alike by both backends, whichever bit it was", () => {
    const key = admitEd25519Key(nodeBackend, nodeBackend.ed25519.publicKey(SEED));
    assert.ok(!isRefusal(key));
    const good = nodeBackend.ed25519.sign(SEED, SEED);
    const property = fc.property(fc.integer({ min: 0, max: 511 }), (bit) => {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const verdicts = BACKENDS.map((backend) => verifyEd25519(backend, key, SEED, bad));
      for (const verdict of verdicts) assert.ok(isRefusal(verdict));
      assert.deepEqual(verdicts[0], verdicts[1]);
    });
    fc.assert(property, { numRuns: 60 });
  });
});
