/**
 * The sealing part of `vectors/crypto/` (SPEC 2.5), written by `make-vectors-crypto.ts`.
 * Every file here is built from parts with a right MAC, so that the one part that is wrong is what is refused.
 */
import { concatBytes, encodeHex, encodeRawBase64, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { hpkeContext, hpkeKeys } from "#parley/crypto/hpke.ts";
import { STANZA_CONTEXT_BYTES } from "#parley/crypto/seal.ts";
import type { CryptoVector } from "./make-vectors-crypto.ts";
import { seededRandomBytes } from "./seeded-random.ts";

const randomBytes = seededRandomBytes("parley/vectors/seal/1");
const backend = createNobleBackend({ randomBytes });
const CONTEXT = hpkeContext(STANZA_CONTEXT_BYTES);
const EMPTY = new Uint8Array(0);
const SEEDS = [randomBytes(32), randomBytes(32)] as const;
const KEYS = [backend.xWing.publicKey(SEEDS[0]), backend.xWing.publicKey(SEEDS[1])] as const;
const FILE_KEY = randomBytes(16);
const NONCE = randomBytes(16);
const PLAINTEXT = utf8("Meridia asks Rimal for one look at 192.0.2.17.");
const VERSION = "age-encryption.org/v1\n";

interface Wrapped {
  readonly enc: Uint8Array;
  readonly body: Uint8Array;
}

const MINE = wrap(KEYS[0]);
const THEIRS = wrap(KEYS[1]);

export function sealVectors(): readonly CryptoVector[] {
  return [
    ...kemVectors(),
    ...acceptedVectors(),
    ...malformedVectors(),
    ...recipientVectors(),
    ...secretVectors(),
  ];
}

function kemVectors(): readonly CryptoVector[] {
  const sharedSecret = backend.xWing.decapsulate(SEEDS[0], MINE.enc) ?? EMPTY;
  const { key, nonce } = hpkeKeys(backend, sharedSecret, CONTEXT);
  const kem = {
    seed: encodeHex(SEEDS[0]),
    public_key: encodeHex(KEYS[0]),
    enc: encodeHex(MINE.enc),
    shared_secret: encodeHex(sharedSecret),
  };
  const hpke = { shared_secret: kem.shared_secret, key: encodeHex(key), nonce: encodeHex(nonce) };
  return [
    { name: "xwing-decapsulate", clause: "2.5.3", operation: "xwing", expect: "accept", inputs: kem },
    { name: "hpke-keys", clause: "2.5.4", operation: "hpke", expect: "accept", inputs: hpke },
  ];
}

function acceptedVectors(): readonly CryptoVector[] {
  const row = (
    name: string,
    clause: string,
    file: Uint8Array,
    plaintext: Uint8Array,
    seed = SEEDS[0],
  ): CryptoVector =>
    opening(name, clause, "accept", file, {
      ...identityOf(seed),
      plaintext_sha256: encodeHex(backend.sha256(plaintext)),
    });
  const long = new Uint8Array(65_537);
  const one = fileOf(stanza(MINE));
  const shape = {
    age_file: encodeHex(one),
    stanzas: 1,
    payload_offset: 1627,
    plaintext_size: PLAINTEXT.length,
  };
  return [
    { name: "seal-inspect", clause: "2.5.10", operation: "inspect", expect: "accept", inputs: shape },
    row("seal-one-recipient", "2.5.9", one, PLAINTEXT),
    row("seal-second-of-two", "2.5.9", fileOf(stanza(THEIRS) + stanza(MINE)), PLAINTEXT),
    row("seal-same-stanza-twice", "2.5.9", fileOf(stanza(MINE) + stanza(MINE)), PLAINTEXT),
    row("seal-empty-plaintext", "2.5.8", fileOf(stanza(MINE), payloadOf(EMPTY)), EMPTY),
    row("seal-two-chunks", "2.5.8", fileOf(stanza(MINE), payloadOf(long)), long),
  ];
}

function malformedVectors(): readonly CryptoVector[] {
  const row = (name: string, file: Uint8Array, clause = "2.5.5"): CryptoVector =>
    opening(`seal-${name}`, clause, "seal-malformed", file);
  const good = stanza(MINE);
  const goodFile = fileOf(good);
  const macLine = (change: (line: string) => string): Uint8Array =>
    fileOf(good, payloadOf(PLAINTEXT), { macLine: change });
  const bodyLine = encodeRawBase64(MINE.body) + "\n";
  const [begin, end] = ["-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"];
  const armored = `${begin}\n${encodeRawBase64(goodFile)}\n${end}\n`;
  const fullChunk = concatBytes(NONCE, chunk(0, 0, new Uint8Array(65_536)), chunk(1, 1, EMPTY));
  return [
    row("nothing", EMPTY),
    row("armored", utf8(armored)),
    row("version-2", fileOf(good, payloadOf(PLAINTEXT), { version: "age-encryption.org/v2\n" })),
    row("carriage-returns", fileOf(good.replaceAll("\n", "\r\n"))),
    row("no-stanza", fileOf("")),
    row("no-mac-line", utf8(VERSION + good)),
    row("stanza-cut-off", utf8(VERSION + good.slice(0, 200))),
    row("stanza-start", fileOf(good.replace("-> ", "->"))),
    row("stanza-empty-argument", fileOf(good.replace("mlkem768x25519 ", "mlkem768x25519  "))),
    row("stanza-no-arguments", fileOf("-> \n" + bodyLine)),
    row("body-padded", fileOf(good.replace(bodyLine, encodeRawBase64(MINE.body) + "=\n"))),
    row("body-not-canonical", fileOf(good.replace(bodyLine, spareBitSet(MINE.body) + "\n"))),
    row("body-line-65-columns", fileOf(good.replace(bodyLine, "A".repeat(65) + "\n"))),
    row("body-final-line-missing", fileOf(good.replace(bodyLine, "A".repeat(64) + "\n"))),
    row("body-two-short-lines", fileOf(good + bodyLine)),
    row(
      "mac-padded",
      macLine((line) => line.replace("\n", "=\n")),
    ),
    row(
      "mac-short",
      macLine((line) => line.slice(0, -2) + "\n"),
    ),
    row(
      "mac-trailing-space",
      macLine((line) => line.replace("\n", " \n")),
    ),
    row(
      "mac-no-space",
      macLine((line) => line.replace("--- ", "---")),
    ),
    row(
      "mac-not-canonical",
      macLine((line) => line.slice(0, -2) + nextLetter(line.at(-2)) + "\n"),
    ),
    row("payload-absent", fileOf(good, EMPTY), "2.5.7"),
    row("payload-31-bytes", fileOf(good, payloadOf(EMPTY).subarray(0, 31)), "2.5.7"),
    row("payload-last-chunk-empty", fileOf(good, fullChunk), "2.5.7"),
  ];
}

function recipientVectors(): readonly CryptoVector[] {
  const row = (name: string, header: string): CryptoVector =>
    opening(`seal-${name}`, "2.5.6", "seal-recipient", fileOf(header));
  const good = stanza(MINE);
  const x25519 = `-> X25519 ${encodeRawBase64(randomBytes(32))}\n${encodeRawBase64(randomBytes(32))}\n`;
  const scrypt = `-> scrypt ${encodeRawBase64(randomBytes(16))} 18\n${encodeRawBase64(randomBytes(32))}\n`;
  const { enc, body } = MINE;
  return [
    row("x25519", x25519),
    row("x25519-first", x25519 + good),
    row("x25519-last", good + x25519),
    row("scrypt", scrypt),
    row("grease", "-> grease\n\n" + good),
    row("type-upper-case", good.replace("mlkem768x25519", "MLKEM768X25519")),
    row("argument-missing", good.replace(" " + encodeRawBase64(enc), "")),
    row("argument-extra", good.replace("\n", " 1\n")),
    row("enc-1119-bytes", stanza({ enc: enc.subarray(1), body })),
    row("enc-1121-bytes", stanza({ enc: concatBytes(enc, Uint8Array.of(0)), body })),
    row("enc-not-canonical", good.replace(encodeRawBase64(enc), spareBitSet(enc))),
    row("body-31-bytes", stanza({ enc, body: body.subarray(1) })),
    row("body-48-bytes", stanza(wrap(KEYS[0], concatBytes(FILE_KEY, FILE_KEY)))),
  ];
}

function secretVectors(): readonly CryptoVector[] {
  const row = (name: string, file: Uint8Array): CryptoVector =>
    opening(`seal-${name}`, "2.5.9", "cannot-open", file);
  const { enc, body } = MINE;
  const good = stanza(MINE);
  const smallOrder = concatBytes(enc.subarray(0, 1088), new Uint8Array(32));
  const notLast = concatBytes(NONCE, chunk(0, 0, PLAINTEXT));
  const swapped = concatBytes(NONCE, chunk(1, 0, new Uint8Array(65_536)), chunk(0, 1, PLAINTEXT));
  const otherKeyMac = fileOf(good, payloadOf(PLAINTEXT), { macKey: randomBytes(16) });
  return [
    row("not-for-me", fileOf(stanza(THEIRS))),
    row("body-tag", fileOf(stanza({ enc, body: flipped(body, 20) }))),
    row("enc-mlkem-changed", fileOf(stanza({ enc: flipped(enc, 7), body }))),
    row("enc-x25519-changed", fileOf(stanza({ enc: flipped(enc, 1090), body }))),
    row("enc-small-order", fileOf(stanza({ enc: smallOrder, body }))),
    row("mac-wrong", otherKeyMac),
    row("payload-tag", fileOf(good, flipped(payloadOf(PLAINTEXT), 40))),
    row("payload-nonce", fileOf(good, flipped(payloadOf(PLAINTEXT), 3))),
    row("payload-not-last", fileOf(good, notLast)),
    row("payload-chunks-misnumbered", fileOf(good, swapped)),
  ];
}

function opening(
  name: string,
  clause: string,
  expect: CryptoVector["expect"],
  file: Uint8Array,
  more: CryptoVector["inputs"] = identityOf(SEEDS[0]),
): CryptoVector {
  return { name, clause, operation: "open", expect, inputs: { age_file: encodeHex(file), ...more } };
}

function identityOf(seed: Uint8Array): CryptoVector["inputs"] {
  return { identity_seed: encodeHex(seed) };
}

function wrap(recipient: Uint8Array, fileKey: Uint8Array = FILE_KEY): Wrapped {
  const { sharedSecret, enc } = backend.xWing.encapsulate(recipient);
  const { key, nonce } = hpkeKeys(backend, sharedSecret, CONTEXT);
  return { enc, body: backend.chacha20poly1305.seal(key, nonce, fileKey) };
}

function stanza({ enc, body }: Wrapped): string {
  const rows = encodeRawBase64(body).match(/.{1,64}/g) ?? [];
  const end = rows.at(-1)?.length === 64 ? "\n\n" : "\n";
  return `-> mlkem768x25519 ${encodeRawBase64(enc)}\n${rows.join("\n")}${end}`;
}

interface FileParts {
  readonly version?: string;
  readonly macKey?: Uint8Array;
  readonly macLine?: (line: string) => string;
}

function fileOf(stanzas: string, payload = payloadOf(PLAINTEXT), parts: FileParts = {}): Uint8Array {
  const covered = utf8((parts.version ?? VERSION) + stanzas + "---");
  const macKey = backend.hkdfSha256(parts.macKey ?? FILE_KEY, EMPTY, utf8("header"), 32);
  const line = `--- ${encodeRawBase64(backend.hmacSha256(macKey, covered))}\n`;
  const end = parts.macLine === undefined ? line : parts.macLine(line);
  return concatBytes(utf8((utf8ToText(covered) ?? "").slice(0, -3) + end), payload);
}

function payloadOf(plaintext: Uint8Array): Uint8Array {
  if (plaintext.length <= 65_536) return concatBytes(NONCE, chunk(0, 1, plaintext));
  return concatBytes(
    NONCE,
    chunk(0, 0, plaintext.subarray(0, 65_536)),
    chunk(1, 1, plaintext.subarray(65_536)),
  );
}

function chunk(counter: number, last: number, bytes: Uint8Array): Uint8Array {
  const key = backend.hkdfSha256(FILE_KEY, NONCE, utf8("payload"), 32);
  const nonce = concatBytes(new Uint8Array(10), Uint8Array.of(counter, last));
  return backend.chacha20poly1305.seal(key, nonce, bytes);
}

/** The same bytes to a lax decoder: the last character carries a bit that no byte uses. */
function spareBitSet(bytes: Uint8Array): string {
  const text = encodeRawBase64(bytes);
  return text.slice(0, -1) + nextLetter(text.at(-1));
}

function nextLetter(letter: string | undefined): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return alphabet.charAt(alphabet.indexOf(letter ?? "") + 1);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
