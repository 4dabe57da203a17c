/** Every vector of `vectors/crypto/` on both backends, and the generator that wrote them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { encodeHex, hexToBytes } from "#parley/codec/bytes.ts";
import { isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { CRYPTO_CODES } from "#parley/crypto/codes.ts";
import { hpkeContext, hpkeKeys } from "#parley/crypto/hpke.ts";
import { commitTo, encodePlaintext, padmeSize, parsePlaintext } from "#parley/crypto/payload.ts";
import {
  encodeIdentity,
  encodeRecipient,
  parseIdentity,
  parseRecipient,
  parseRecipientKey,
} from "#parley/crypto/recipient.ts";
import { inspectSeal, open, STANZA_CONTEXT_BYTES } from "#parley/crypto/seal.ts";
import {
  admitEd25519Key,
  admitMlDsaKey,
  judgeEd25519Signature,
  verifyMlDsa44,
} from "#parley/crypto/signature.ts";
import { cryptoVectors } from "../../tools/make-vectors-crypto.ts";
import { repoRoot } from "../shared.ts";
import { BACKENDS } from "./backends.ts";

const FOLDER = path.join(repoRoot, "vectors", "crypto");
const FILES = readdirSync(FOLDER);

/** What an operation answers: a refusal, or a value that is no refusal. */
type Operation = (backend: CryptoBackend, vector: Vector) => unknown;

class Vector {
  readonly members: JsonObject;
  constructor(members: JsonObject) {
    this.members = members;
  }
  text(key: string): string {
    const value = this.members[key];
    assert.ok(typeof value === "string", `${key} is text`);
    return value;
  }
  bytes(key: string): Uint8Array {
    const bytes = hexToBytes(this.text(key));
    assert.ok(bytes !== undefined, `${key} is hexadecimal`);
    return bytes;
  }
  numbers(key: string): readonly unknown[] {
    const value = this.members[key];
    assert.ok(Array.isArray(value), `${key} is a list`);
    return value;
  }
  has(key: string): boolean {
    return key in this.members;
  }
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  digest: (backend, v) => assertHex(backend.sha256(v.bytes("message")), v.text("digest")),
  commit: (backend, v) => assertHex(commitTo(backend, v.bytes("salt"), v.bytes("message")), v.text("commit")),
  key: (backend, v) => admitEd25519Key(backend, v.bytes("public_key")),
  "ed25519-signature": (backend, v) =>
    judgeEd25519Signature(backend, v.bytes("public_key"), v.bytes("message"), v.bytes("signature")),
  "mldsa44-seed": (backend, v) => assertHex(backend.mlDsa44.publicKey(v.bytes("seed")), v.text("public_key")),
  "mldsa44-signature": (backend, v) => {
    const key = admitMlDsaKey(v.bytes("public_key"));
    return isRefusal(key) ? key : verifyMlDsa44(backend, key, v.bytes("message"), v.bytes("signature"));
  },
  "recipient-key": (_, v) => parseRecipientKey(v.bytes("public_key")),
  recipient: (_, v) => {
    const key = parseRecipient(v.text("text"));
    if (isRefusal(key)) return key;
    assert.equal(encodeRecipient(key), v.text("text"));
    return assertHex(key, v.text("public_key"));
  },
  identity: (backend, v) => {
    const seed = parseIdentity(v.text("text"));
    if (isRefusal(seed)) return seed;
    assert.equal(encodeIdentity(seed), v.text("text"));
    assertHex(seed, v.text("seed"));
    return assertHex(backend.xWing.publicKey(seed), v.text("public_key"));
  },
  xwing: (backend, v) => {
    const seed = v.bytes("seed");
    assertHex(backend.xWing.publicKey(seed), v.text("public_key"));
    return assertHex(backend.xWing.decapsulate(seed, v.bytes("enc")), v.text("shared_secret"));
  },
  hpke: (backend, v) => {
    const keys = hpkeKeys(backend, v.bytes("shared_secret"), hpkeContext(STANZA_CONTEXT_BYTES));
    assertHex(keys.nonce, v.text("nonce"));
    return assertHex(keys.key, v.text("key"));
  },
  inspect: (_, v) => {
    const shape = inspectSeal(v.bytes("age_file"));
    const { stanzas, payload_offset: payloadOffset, plaintext_size: plaintextSize } = v.members;
    assert.deepEqual(shape, { stanzas, payloadOffset, plaintextSize });
    return shape;
  },
  open: (backend, v) => {
    const file = v.bytes("age_file");
    const plaintext = open(backend, v.bytes("identity_seed"), file);
    const shape = inspectSeal(file);
    if (!isRefusal(plaintext)) return assertHex(backend.sha256(plaintext), v.text("plaintext_sha256"));
    assert.equal(
      isRefusal(shape) ? shape.code : "cannot-open",
      plaintext.code,
      "the header is judged alike without a key",
    );
    return plaintext;
  },
  padme: (_, v) =>
    assert.deepEqual(
      v.numbers("sizes").map((size) => padmeSize(Number(size))),
      v.numbers("padded"),
    ),
  plaintext: (_, v) => {
    const parsed = parsePlaintext(v.bytes("plaintext"));
    if (isRefusal(parsed)) return parsed;
    assertHex(encodePlaintext(parsed.salt, parsed.message), v.text("plaintext"));
    if (v.has("message")) assertHex(parsed.message, v.text("message"));
    return parsed;
  },
};

function assertHex(bytes: Uint8Array | undefined, expected: string): void {
  assert.equal(bytes === undefined ? undefined : encodeHex(bytes), expected);
}

function readVector(name: string): Vector {
  const bytes = readFileSync(path.join(FOLDER, name));
  assert.equal(bytes.at(-1), 0x0a);
  const value = parseJson(bytes.subarray(0, -1));
  assert.ok(!isRefusal(value) && isJsonObject(value), `${name} is strict JSON`);
  return new Vector(value);
}

for (const backend of BACKENDS) {
  describe(`vectors/crypto on ${backend.name}`, () => {
    for (const file of FILES) {
      const vector = readVector(file);
      it(`${vector.text("name")} (${vector.text("clause")}): ${vector.text("expect")}`, () => {
        const operation = OPERATIONS[vector.text("operation")];
        assert.ok(operation !== undefined, "the operation is known");
        const answer = operation(backend, vector);
        assert.equal(isRefusal(answer) ? answer.code : "accept", vector.text("expect"));
      });
    }
  });
}

describe("the folder vectors/crypto", () => {
  it("is what the generator writes", () => {
    const texts = cryptoVectors();
    assert.deepEqual([...texts.keys()].sort(), [...FILES].sort());
    for (const [name, text] of texts) assert.equal(readFileSync(path.join(FOLDER, name), "utf8"), text, name);
  });

  it("holds each refusal code at least once", () => {
    const expected = new Set(FILES.map((file) => readVector(file).text("expect")));
    for (const code of Object.keys(CRYPTO_CODES)) assert.ok(expected.has(code), `${code} has a vector`);
  });

  it("names only clauses that spec/2-crypto.md has, and each code where the spec demands it", () => {
    const spec = readFileSync(path.join(repoRoot, "spec", "2-crypto.md"), "utf8");
    for (const file of FILES) {
      const clause = readVector(file).text("clause");
      assert.ok(spec.includes(`\n${clause} `), `${clause} exists`);
    }
    for (const [code, { clause }] of Object.entries(CRYPTO_CODES)) {
      const text = spec.split(`\n${clause} `)[1]?.split(/\n2\.\d+\.\d+ |\n## /)[0];
      assert.ok(text?.includes(`\`${code}\``), `${clause} names ${code}`);
    }
  });
});
