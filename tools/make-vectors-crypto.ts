/**
 * Writes `vectors/crypto/`: `node tools/make-vectors-crypto.ts`. Deterministic; a test compares the files.
 *
 * Each vector breaks one clause and nothing else: signatures that the refused key or point would otherwise make
 * valid, files whose MAC is right over a header that is not allowed. The expected answer is stated here by hand.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesEqual, concatBytes, encodeHex, hexToBytes, u32be, utf8 } from "#parley/codec/bytes.ts";
import { jsonToText, type Json } from "#parley/codec/json.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { CRYPTO_CODES, type CryptoCode } from "#parley/crypto/codes.ts";
import { commitTo, encodePlaintext } from "#parley/crypto/payload.ts";
import { encodeIdentity, encodeRecipient } from "#parley/crypto/recipient.ts";
import { sealVectors } from "./make-vectors-crypto-seal.ts";
import { seededRandomBytes } from "./seeded-random.ts";

/** One file. `inputs` are hexadecimal unless the name says text or is a number. */
export interface CryptoVector {
  readonly name: string;
  readonly clause: string;
  readonly operation: string;
  readonly expect: "accept" | CryptoCode;
  readonly inputs: Readonly<Record<string, Json>>;
}

const { Point } = ed25519;
type EdwardsPoint = InstanceType<typeof Point>;
const L = Point.Fn.ORDER;

const randomBytes = seededRandomBytes("parley/vectors/crypto/1");
const backend = createNobleBackend({ randomBytes });
const MESSAGE = utf8('{"type":"heartbeat","v":1}');
const SEED = randomBytes(32);
const SALT = randomBytes(32);

/** File name to text, strict JSON with a line feed. */
export function cryptoVectors(): ReadonlyMap<string, string> {
  const vectors = [
    ...digestVectors(),
    ...keyVectors(),
    ...signatureVectors(),
    ...mlDsaVectors(),
    ...recipientVectors(),
    ...sealVectors(),
    ...plaintextVectors(),
  ];
  const textsByName = new Map<string, string>();
  for (const { name, clause, operation, expect, inputs } of vectors) {
    if (textsByName.has(`${name}.json`)) throw new Error(`two vectors are called ${name}`);
    const layer = expect === "accept" ? layerOf(operation) : CRYPTO_CODES[expect].layer;
    const text = jsonToText({ name, clause, layer, operation, expect, ...inputs });
    textsByName.set(`${name}.json`, text + "\n");
  }
  return textsByName;
}

function layerOf(operation: string): string {
  if (operation.endsWith("-signature")) return "signature";
  if (operation === "open" || operation === "inspect") return "seal";
  return operation.includes("recipient") || operation === "identity" ? "recipient" : operation;
}

function digestVectors(): readonly CryptoVector[] {
  const empty = new Uint8Array(0);
  const commit = (name: string, message: Uint8Array): CryptoVector => {
    const inputs = { salt: hex(SALT), message: hex(message), commit: hex(commitTo(backend, SALT, message)) };
    return { name, clause: "2.1.2", operation: "commit", expect: "accept", inputs };
  };
  const digest = { message: hex(utf8("abc")), digest: hex(backend.sha256(utf8("abc"))) };
  return [
    { name: "digest-abc", clause: "2.1.1", operation: "digest", expect: "accept", inputs: digest },
    commit("commit-message", MESSAGE),
    commit("commit-empty-message", empty),
  ];
}

const SMALL_ORDER: readonly string[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];
const ORDER_EIGHT = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");

function keyVectors(): readonly CryptoVector[] {
  const key = (
    name: string,
    clause: string,
    expect: CryptoVector["expect"],
    bytes: string,
  ): CryptoVector => ({
    name: `key-${name}`,
    clause,
    operation: "key",
    expect,
    inputs: { public_key: bytes },
  });
  const good = backend.ed25519.publicKey(SEED);
  return [
    key("good", "2.2.4", "accept", hex(good)),
    key("31-bytes", "2.2.1", "key-length", hex(good.subarray(1))),
    key("33-bytes", "2.2.1", "key-length", hex(good) + "00"),
    ...SMALL_ORDER.map((bytes, i) => key(`small-order-${i + 1}`, "2.2.2", "key-small-order", bytes)),
    key("y-not-reduced", "2.2.3", "key-not-canonical", "f0" + "ff".repeat(30) + "7f"),
    key("not-on-curve", "2.2.3", "key-not-canonical", "02" + "00".repeat(31)),
    key("torsion", "2.2.4", "key-torsion", Point.fromBytes(good).add(ORDER_EIGHT).toHex()),
  ];
}

function signatureVectors(): readonly CryptoVector[] {
  const key = backend.ed25519.publicKey(SEED);
  const good = backend.ed25519.sign(SEED, MESSAGE);
  const [r, s] = [good.subarray(0, 32), good.subarray(32)];
  const row = (
    name: string,
    clause: string,
    expect: CryptoVector["expect"],
    signature: Uint8Array,
    message: Uint8Array = MESSAGE,
  ): CryptoVector => ({
    name: `ed25519-${name}`,
    clause,
    operation: "ed25519-signature",
    expect,
    inputs: { public_key: hex(key), message: hex(message), signature: hex(signature) },
  });
  const notReduced = scalarToBytes(bytesToScalar(s) + L);
  return [
    row("good", "2.3.4", "accept", good),
    row("good-empty-message", "2.3.4", "accept", backend.ed25519.sign(SEED, utf8("")), utf8("")),
    row("63-bytes", "2.3.1", "signature-length", good.subarray(0, 63)),
    row("65-bytes", "2.3.1", "signature-length", concatBytes(good, Uint8Array.of(0))),
    row("s-plus-order", "2.3.2", "signature-s-range", concatBytes(r, notReduced)),
    row("s-is-order", "2.3.2", "signature-s-range", concatBytes(r, scalarToBytes(L))),
    ...SMALL_ORDER.map((bytes, i) =>
      row(`small-order-r-${i + 1}`, "2.3.3", "signature-small-order-r", signatureOver(hexBytes(bytes))),
    ),
    row("cofactor-needed", "2.3.4", "signature-bad", torsionSignature()),
    row("other-message", "2.3.4", "signature-bad", good, utf8("other")),
    row("r-changed", "2.3.4", "signature-bad", flipped(good, 5)),
    row("s-changed", "2.3.4", "signature-bad", flipped(good, 40)),
  ];
}

/** S = k·a: holds for an R that is the neutral element, and up to the cofactor for every R of small order. */
function signatureOver(r: Uint8Array): Uint8Array {
  const { scalar } = ed25519.utils.getExtendedPublicKey(SEED);
  return concatBytes(r, scalarToBytes((challenge(r) * scalar) % L));
}

/** R = r·B + T with T of order eight: a cofactored verifier accepts it. */
function torsionSignature(): Uint8Array {
  const { scalar } = ed25519.utils.getExtendedPublicKey(SEED);
  const nonce = 0x5eedn;
  const point: EdwardsPoint = Point.BASE.multiply(nonce).add(ORDER_EIGHT);
  const r = point.toBytes();
  return concatBytes(r, scalarToBytes((nonce + challenge(r) * scalar) % L));
}

function challenge(r: Uint8Array): bigint {
  return bytesToScalar(sha512(concatBytes(r, backend.ed25519.publicKey(SEED), MESSAGE))) % L;
}

function mlDsaVectors(): readonly CryptoVector[] {
  const key = backend.mlDsa44.publicKey(SEED);
  const good = backend.mlDsa44.sign(SEED, MESSAGE);
  const row = (
    name: string,
    clause: string,
    expect: CryptoVector["expect"],
    publicKey: Uint8Array,
    signature: Uint8Array,
    message: Uint8Array = MESSAGE,
  ): CryptoVector => ({
    name: `mldsa44-${name}`,
    clause,
    operation: "mldsa44-signature",
    expect,
    inputs: { public_key: hex(publicKey), message: hex(message), signature: hex(signature) },
  });
  const seed = { seed: hex(SEED), public_key: hex(key) };
  return [
    { name: "mldsa44-seed", clause: "2.4.4", operation: "mldsa44-seed", expect: "accept", inputs: seed },
    row("good", "2.4.3", "accept", key, good),
    row("key-1311-bytes", "2.4.1", "key-length", key.subarray(1), good),
    row("2419-bytes", "2.4.2", "signature-length", key, good.subarray(1)),
    row("2421-bytes", "2.4.2", "signature-length", key, concatBytes(good, Uint8Array.of(0))),
    row("other-message", "2.4.3", "signature-bad", key, good, utf8("other")),
    row("changed", "2.4.3", "signature-bad", key, flipped(good, 1000)),
    row("hints-not-canonical", "2.4.3", "signature-bad", key, flipped(good, 2419)),
  ];
}

function recipientVectors(): readonly CryptoVector[] {
  const key = backend.xWing.publicKey(SEED);
  const text = encodeRecipient(key);
  const identity = encodeIdentity(SEED);
  const bytes = (name: string, expect: CryptoVector["expect"], publicKey: Uint8Array): CryptoVector => {
    const inputs = { public_key: hex(publicKey) };
    return { name: `recipient-key-${name}`, clause: "2.5.2", operation: "recipient-key", expect, inputs };
  };
  const written = (name: string, expect: CryptoVector["expect"], form: string): CryptoVector => {
    const inputs = { text: form, public_key: hex(key) };
    return { name: `recipient-${name}`, clause: "2.5.2", operation: "recipient", expect, inputs };
  };
  const secret = (name: string, expect: CryptoVector["expect"], form: string): CryptoVector => {
    const inputs = { text: form, seed: hex(SEED), public_key: hex(key) };
    return { name: `identity-${name}`, clause: "2.5.1", operation: "identity", expect, inputs };
  };
  const withPoint = (point: string): Uint8Array => concatBytes(key.subarray(0, 1184), hexBytes(point));
  return [
    bytes("good", "accept", key),
    bytes("1215-bytes", "recipient-invalid", key.subarray(1)),
    bytes("coefficient-not-reduced", "recipient-invalid", concatBytes(hexBytes("010d"), key.subarray(2))),
    bytes("point-small-order", "recipient-invalid", withPoint("00".repeat(32))),
    bytes("point-not-reduced", "recipient-invalid", withPoint("f6" + "ff".repeat(30) + "7f")),
    bytes("point-top-bit", "recipient-invalid", withPoint("09" + "00".repeat(30) + "80")),
    written("good", "accept", text),
    written("upper-case", "recipient-invalid", text.toUpperCase()),
    written("checksum", "recipient-invalid", text.slice(0, -1) + (text.endsWith("q") ? "p" : "q")),
    written("x25519", "recipient-invalid", "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"),
    written("one-byte-short", "recipient-invalid", encodeRecipient(key.subarray(1))),
    secret("good", "accept", identity),
    secret("lower-case", "recipient-invalid", identity.toLowerCase()),
    secret("31-bytes", "recipient-invalid", encodeIdentity(SEED.subarray(1))),
  ];
}

function plaintextVectors(): readonly CryptoVector[] {
  const row = (name: string, expect: CryptoVector["expect"], bytes: Uint8Array): CryptoVector => ({
    name: `plaintext-${name}`,
    clause: expect === "accept" ? "2.6.1" : "2.6.3",
    operation: "plaintext",
    expect,
    inputs: { plaintext: hex(bytes) },
  });
  const good = encodePlaintext(SALT, MESSAGE);
  const opened = { salt: hex(SALT), message: hex(MESSAGE), plaintext: hex(good) };
  const zeros = (count: number): Uint8Array => new Uint8Array(count);
  const sizes = [0, 1, 2, 9, 36, 37, 100, 129, 2084, 65_536, 65_537, 1_048_612];
  const padded = [0, 1, 2, 10, 36, 40, 104, 144, 2176, 65_536, 67_584, 1_081_344];
  const lastByte = good.length - 1;
  if (bytesEqual(good, concatBytes(SALT, u32be(MESSAGE.length), MESSAGE)))
    throw new Error("no padding to break");
  return [
    { name: "padme", clause: "2.6.2", operation: "padme", expect: "accept", inputs: { sizes, padded } },
    { name: "plaintext-good", clause: "2.6.1", operation: "plaintext", expect: "accept", inputs: opened },
    row("empty-message", "accept", encodePlaintext(SALT, zeros(0))),
    row("35-bytes", "plaintext-malformed", good.subarray(0, 35)),
    row("length-beyond-end", "plaintext-malformed", concatBytes(SALT, u32be(5), zeros(4))),
    row("length-above-limit", "plaintext-malformed", concatBytes(SALT, u32be(0xffff_ffff), zeros(4))),
    row("length-understated", "plaintext-malformed", concatBytes(SALT, u32be(3), zeros(8))),
    row("padding-missing", "plaintext-malformed", good.subarray(0, 36 + MESSAGE.length)),
    row("padding-too-long", "plaintext-malformed", concatBytes(good, zeros(8))),
    row("padding-not-zero", "plaintext-malformed", flipped(good, lastByte)),
  ];
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function hex(bytes: Uint8Array): string {
  return encodeHex(bytes);
}

function hexBytes(text: string): Uint8Array {
  const bytes = hexToBytes(text);
  if (bytes === undefined) throw new Error("not hexadecimal");
  return bytes;
}

function bytesToScalar(bytes: Uint8Array): bigint {
  return BigInt("0x" + encodeHex(bytes.toReversed()));
}

function scalarToBytes(scalar: bigint): Uint8Array {
  return hexBytes(scalar.toString(16).padStart(64, "0")).toReversed();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../vectors/crypto/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of cryptoVectors()) writeFileSync(new URL(name, folder), text);
}
