/** Sealing and opening: the age tools as oracle, the published age files, limits, and both backends together. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { inflateSync } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import fc from "fast-check";
import { concatBytes, encodeHex, utf8 } from "#parley/codec/bytes.ts";
import { STANZA_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeIdentity, encodeRecipient, parseIdentity } from "#parley/crypto/recipient.ts";
import { hpkeContext, hpkeKeys } from "#parley/crypto/hpke.ts";
import { encodeHeader, encodeMacLine } from "#parley/crypto/seal-header.ts";
import { inspectSeal, open, seal, sealedSize, STANZA_CONTEXT_BYTES } from "#parley/crypto/seal.ts";
import { seededRandomBytes } from "../../tools/seeded-random.ts";
import { describeShared } from "../shared.ts";
import { BACKENDS, nobleBackend, nodeBackend } from "./backends.ts";

const random = seededRandomBytes("seal.test");
const SEEDS = [random(32), random(32), random(32)] as const;
const KEYS = SEEDS.map((seed) => nodeBackend.xWing.publicKey(seed));
const CHUNK = 65_536;
/** Around every boundary of the chunking. */
const SIZES = [0, 1, 2048, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1];

function codeOf(value: unknown): string {
  return isRefusal(value) ? value.code : "accept";
}

/** "YELLOW SUBMARINE", the file key of every file of the collection. */
const CCTV_FILE_KEY = utf8("YELLOW SUBMARINE");

function plaintextOf(size: number): Uint8Array {
  return seededRandomBytes(`plaintext ${size}`)(size);
}

function copiesOf(key: Uint8Array, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, () => key);
}

describe("a sealed file", () => {
  it("opens for each recipient on the other backend, and for nobody else", () => {
    for (const [sealer, opener] of [
      [nodeBackend, nobleBackend],
      [nobleBackend, nodeBackend],
    ] as const) {
      const file = seal(sealer, KEYS.slice(0, 2), utf8("plain"));
      assert.deepEqual(open(opener, SEEDS[0], file), utf8("plain"));
      assert.deepEqual(open(opener, SEEDS[1], file), utf8("plain"));
      assert.equal(codeOf(open(opener, SEEDS[2], file)), "cannot-open");
    }
  });

  it("has the predicted size and shape at every chunk boundary", () => {
    for (const size of SIZES) {
      const plaintext = plaintextOf(size);
      const file = seal(nodeBackend, KEYS, plaintext);
      assert.equal(file.length, sealedSize(size, KEYS.length));
      assert.deepEqual(inspectSeal(file), { stanzas: 3, payloadOffset: 70 + 3 * 1557, plaintextSize: size });
      for (const backend of BACKENDS) assert.deepEqual(open(backend, SEEDS[2], file), plaintext);
    }
  });

  it("is different every time, and shares nothing with the caller's memory", () => {
    const plaintext = utf8("plain");
    const [first, second] = [seal(nodeBackend, KEYS, plaintext), seal(nodeBackend, KEYS, plaintext)];
    assert.notDeepEqual(first, second);
    const opened = open(nodeBackend, SEEDS[0], first);
    first.fill(0);
    assert.deepEqual(opened, plaintext);
  });

  it("is read where it lies inside a larger buffer", () => {
    const file = seal(nodeBackend, KEYS, utf8("plain"));
    const outer = concatBytes(utf8("before"), file, utf8("after"));
    for (const backend of BACKENDS) {
      assert.deepEqual(open(backend, SEEDS[0], outer.subarray(6, 6 + file.length)), utf8("plain"));
    }
  });

  it("takes as many recipients as the limit says", () => {
    const key = KEYS[0] ?? new Uint8Array(0);
    const file = seal(nodeBackend, copiesOf(key, STANZA_LIMIT), utf8("plain"));
    assert.deepEqual(open(nodeBackend, SEEDS[0], file), utf8("plain"));
    assert.throws(() => seal(nodeBackend, copiesOf(key, STANZA_LIMIT + 1), utf8("")), RangeError);
    assert.throws(() => seal(nodeBackend, [], utf8("")), RangeError);
  });

  it("with one stanza above the limit is refused where that stanza starts", () => {
    const key = KEYS[0] ?? new Uint8Array(0);
    const file = seal(nodeBackend, copiesOf(key, STANZA_LIMIT), utf8("plain"));
    const stanza = file.subarray(22, 22 + 1557);
    const larger = concatBytes(file.subarray(0, 22), stanza, file.subarray(22));
    const refusal = inspectSeal(larger);
    assert.ok(isRefusal(refusal));
    assert.deepEqual([refusal.code, refusal.facts], ["seal-recipient", { offset: 22 + 65 * 1557 }]);
    assert.equal(codeOf(open(nodeBackend, SEEDS[0], larger)), "seal-recipient");
  });

  it("never opens once any byte has changed, and both backends say the same", () => {
    const file = seal(nodeBackend, KEYS.slice(0, 1), utf8("plain"));
    const property = fc.property(
      fc.nat({ max: file.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, change) => {
        const bad = file.slice();
        bad[at] = (bad[at] ?? 0) ^ change;
        const codes = BACKENDS.map((backend) => codeOf(open(backend, SEEDS[0], bad)));
        assert.notEqual(codes[0], "accept");
        assert.equal(codes[1], codes[0]);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });

  it("cut off anywhere, or made of any bytes, is a refusal and never an exception", () => {
    const file = seal(nodeBackend, KEYS.slice(0, 1), plaintextOf(100));
    for (let size = 0; size < file.length; size += 7) {
      assert.notEqual(codeOf(open(nodeBackend, SEEDS[0], file.subarray(0, size))), "accept");
    }
    const start = utf8("age-encryption.org/v1\n-> ");
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(codeOf(inspectSeal(bytes)), "seal-malformed");
      assert.notEqual(codeOf(inspectSeal(concatBytes(start, bytes))), "accept");
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe("the age tools as oracle", () => {
  it("age-encryption opens what each backend seals", async () => {
    for (const backend of BACKENDS) {
      for (const size of [0, 2048, CHUNK, CHUNK + 1]) {
        const plaintext = plaintextOf(size);
        const decrypter = new Decrypter();
        decrypter.addIdentity(encodeIdentity(SEEDS[1]));
        const opened = await decrypter.decrypt(seal(backend, KEYS, plaintext));
        assert.deepEqual(opened, plaintext);
      }
    }
  });

  it("each backend opens what age-encryption seals", async () => {
    for (const size of [0, 2048, CHUNK, CHUNK + 1]) {
      const plaintext = plaintextOf(size);
      const encrypter = new Encrypter();
      for (const key of KEYS) encrypter.addRecipient(encodeRecipient(key));
      const file = await encrypter.encrypt(plaintext);
      assert.equal(file.length, sealedSize(size, KEYS.length));
      for (const backend of BACKENDS) assert.deepEqual(open(backend, SEEDS[2], file), plaintext);
    }
  });
});

/** Hybrid files of the collection. Every other file is of another kind and refused for that. */
const HYBRID_CODES: Readonly<Record<string, string>> = {
  hybrid: "accept",
  hybrid_multiple_recipients: "accept",
  hybrid_no_match: "cannot-open",
  hybrid_bad_tag: "cannot-open",
  hybrid_currupted_enc_mlkem: "cannot-open",
  hybrid_currupted_enc_x25519: "cannot-open",
  hybrid_identity: "cannot-open",
  hybrid_low_order: "cannot-open",
  hybrid_extra_argument: "seal-recipient",
  hybrid_long_file_key: "seal-recipient",
  hybrid_long_share: "seal-recipient",
  hybrid_short_share: "seal-recipient",
  hybrid_not_canonical_enc: "seal-recipient",
  hybrid_uppercase: "seal-recipient",
  hybrid_not_canonical_body: "seal-malformed",
  hybrid_and_x25519: "seal-recipient",
  hybrid_grease: "seal-recipient",
  hybrid_x25519_arg: "seal-recipient",
};

/** Files whose first fault in byte order is one of grammar. */
const MALFORMED = new Set(["empty", "header_crlf", "version_unsupported"]);
const MALFORMED_STANZA = new Set(["scrypt_not_canonical_body", "x25519_not_canonical_body"]);

interface AgeFile {
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
}

/** "key: value" lines, an empty line, the file; zlib-compressed where the fields say so. */
function readAgeFile(folder: string, name: string): AgeFile {
  const bytes = readFileSync(path.join(folder, name));
  const end = bytes.indexOf("\n\n");
  const lines = bytes.subarray(0, end).toString("utf8").split("\n");
  const fields = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
  );
  const body = bytes.subarray(end + 2);
  return { name, fields, bytes: fields.get("compressed") === "zlib" ? inflateSync(body) : body };
}

describeShared("vectors/cctv-age", (location) => {
  const names = readdirSync(location).filter((name) => !/\.(md|txt)$|LICENSE/.test(name));
  it("all 143 files give the layer of our profile", () => {
    assert.equal(names.length, 143);
    for (const name of names) {
      const { fields, bytes } = readAgeFile(location, name);
      const identity = parseIdentity((fields.get("identity") ?? "").replace(/^AGE-SECRET-KEY-1.*/, ""));
      const seed = isRefusal(identity) ? SEEDS[0] : identity;
      for (const backend of BACKENDS) {
        const opened = open(backend, seed, bytes);
        assert.equal(codeOf(opened), expectedCode(name, fields), name);
        if (!isRefusal(opened)) assert.equal(encodeHex(backend.sha256(opened)), fields.get("payload"), name);
      }
    }
  });

  it("the table names every hybrid file there is, and only files that are there", () => {
    assert.deepEqual(
      Object.keys(HYBRID_CODES).sort(),
      names.filter((name) => name.startsWith("hybrid")).sort(),
    );
    for (const name of [...MALFORMED, ...MALFORMED_STANZA]) assert.ok(names.includes(name), name);
  });

  it("the header faults are refused behind a hybrid stanza too", () => {
    const files = names
      .filter((name) => /^(stanza|hmac)_/.test(name))
      .map((name) => readAgeFile(location, name));
    assert.ok(files.length > 20);
    for (const { name, fields, bytes } of files) {
      const header = inspectSeal(concatBytes(hybridHeader(), afterFirstStanza(bytes)));
      const expected =
        name === SECOND_STANZA_FIRST ? "seal-recipient" : HEADER_CODES[fields.get("expect") ?? ""];
      assert.equal(codeOf(header), expected, name);
    }
  });

  it("the payload faults are refused, and sound payloads open, under a hybrid header", () => {
    const files = names
      .filter((name) => name.startsWith("stream_"))
      .map((name) => readAgeFile(location, name));
    assert.ok(files.length > 20);
    for (const { name, fields, bytes } of files) {
      const payload = bytes.subarray(bytes.indexOf(0x0a, bytes.indexOf("\n--- ") + 1) + 1);
      const covered = concatBytes(hybridHeader(), utf8("---"));
      const macKey = nodeBackend.hkdfSha256(CCTV_FILE_KEY, new Uint8Array(0), utf8("header"), 32);
      const file = concatBytes(covered, encodeMacLine(nodeBackend.hmacSha256(macKey, covered)), payload);
      const opened = open(nodeBackend, SEEDS[0], file);
      const failure = IMPOSSIBLE_SIZES.has(name) ? "seal-malformed" : "cannot-open";
      assert.equal(codeOf(opened), fields.get("expect") === "success" ? "accept" : failure, name);
      if (!isRefusal(opened))
        assert.equal(encodeHex(nodeBackend.sha256(opened)), fields.get("payload"), name);
    }
  });
});

/** Behind a hybrid stanza: another stanza kind is not ours, broken grammar is broken, a MAC needs the file key. */
const HEADER_CODES: Readonly<Record<string, string>> = {
  success: "seal-recipient",
  "header failure": "seal-malformed",
  "HMAC failure": "accept",
};

/** Its second stanza is sound and of another kind, before the line that breaks the grammar. */
const SECOND_STANZA_FIRST = "stanza_multiple_short_lines";

/** Payloads whose size alone is impossible. */
const IMPOSSIBLE_SIZES = new Set([
  "stream_last_chunk_empty",
  "stream_missing_tag",
  "stream_no_chunks",
  "stream_no_nonce",
  "stream_short_chunk",
  "stream_short_nonce",
  "stream_short_second_chunk",
  "stream_trailing_garbage_short",
]);

/** The version line and one stanza for SEEDS[0] around the file key of the collection. */
function hybridHeader(): Uint8Array {
  const { enc, sharedSecret } = nodeBackend.xWing.encapsulate(nodeBackend.xWing.publicKey(SEEDS[0]));
  const { key, nonce } = hpkeKeys(nodeBackend, sharedSecret, hpkeContext(STANZA_CONTEXT_BYTES));
  const body = nodeBackend.chacha20poly1305.seal(key, nonce, CCTV_FILE_KEY);
  return encodeHeader([{ enc, body }]).subarray(0, -3);
}

/** Each file of the two groups starts with version line, X25519 argument line and one body line. */
function afterFirstStanza(bytes: Uint8Array): Uint8Array {
  let offset = 0;
  for (let line = 0; line < 3; line++) offset = bytes.indexOf(0x0a, offset) + 1;
  return bytes.subarray(offset);
}

function isMalformed(name: string, fields: ReadonlyMap<string, string>): boolean {
  return fields.get("armored") === "yes" || MALFORMED.has(name) || MALFORMED_STANZA.has(name);
}

function expectedCode(name: string, fields: ReadonlyMap<string, string>): string {
  if (isMalformed(name, fields)) return "seal-malformed";
  return HYBRID_CODES[name] ?? "seal-recipient";
}
