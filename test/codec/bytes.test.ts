/** Text forms of bytes: every length, every foreign character, and Node's own encoder as the judge. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bytesEqual,
  concatBytes,
  encodeBase64,
  encodeBase64url,
  encodeHex,
  encodeRawBase64,
  hexToBytes,
  parseBase64,
  parseBase64url,
  parseRawBase64,
  u32be,
  u64be,
  utf8,
  utf8ToText,
} from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";

const bytes = fc.uint8Array({ maxLength: 100 });

test("what is encoded is what Node encodes, and comes back", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      const node = Buffer.from(given);
      const standard = node.toString("base64");
      assert.equal(encodeBase64(given), standard);
      assert.equal(encodeRawBase64(given), standard.replaceAll("=", ""));
      assert.equal(encodeBase64url(given), node.toString("base64url"));
      assert.equal(encodeHex(given), node.toString("hex"));
      assert.deepEqual(parseBase64(encodeBase64(given)), given);
      assert.deepEqual(parseRawBase64(encodeRawBase64(given)), given);
      assert.deepEqual(parseBase64url(encodeBase64url(given)), given);
      assert.deepEqual(hexToBytes(encodeHex(given)), given);
      assert.deepEqual(hexToBytes(encodeHex(given).toUpperCase()), given);
    }),
    { numRuns: 200 },
  );
});

test("every text of up to four characters is read or refused as the one canonical form has it", () => {
  const text = fc.string({ unit: fc.constantFrom(..."AQgwz09+/-_= \n@[`{é\u0141"), maxLength: 9 });
  const parsers = [
    ["base64", parseBase64],
    ["base64url", parseBase64url],
  ] as const;
  fc.assert(
    fc.property(text, (given) => {
      for (const [form, parse] of parsers) {
        const parsed = parse(given);
        const decoded = Buffer.from(given, form);
        // Node reads both alphabets and passes over what is foreign: only an exact way back is canonical.
        if (decoded.toString(form) === given) assert.deepEqual(parsed, new Uint8Array(decoded), given);
        else assert.equal(isRefusal(parsed) && parsed.code, "base64-invalid", given);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("base64 that is nearly right is refused", () => {
  const standard = ["=", "A", "AA", "AAA", "AA=", "AA=A", "AA==A", "AAAA=", "AAA==", "AA=AAA==", "A===", "AB==", "AAB=", "é===", "AAAAé", "=AAA", "AA==AA==", "AAAA===="]; // prettier-ignore
  for (const text of standard) assert.ok(isRefusal(parseBase64(text)), text);
  for (const text of [
    "A",
    "AAAAA",
    "AB",
    "AAB",
    "A=",
    "AA==",
    "A A",
    "AAé",
    "éAAA",
    "AéAA",
    "AAéA",
    "AAAé",
    "\u0141AAA",
  ])
    assert.ok(isRefusal(parseBase64url(text)), text);
  for (const text of ["A", "AA==", "AB", "-_", "A\n"]) {
    const parsed = parseRawBase64(text);
    assert.equal(isRefusal(parsed) && parsed.code, "base64-invalid", text);
  }
});

test("a wanted size is exact", () => {
  for (const size of [2, 4]) {
    assert.ok(isRefusal(parseBase64url("AAAA", size)));
    assert.ok(isRefusal(parseBase64("AAAA", size)));
  }
  assert.deepEqual(parseBase64url("AAAA", 3), new Uint8Array(3));
  assert.deepEqual(parseBase64("AAAA", 3), new Uint8Array(3));
  assert.deepEqual(parseBase64url("", 0), new Uint8Array(0));
});

test("long base64 is one text of the same characters", () => {
  for (const size of [31, 32, 33, 34, 35, 36, 10_000]) {
    const given = new Uint8Array(size).fill(0xfb);
    assert.equal(encodeBase64url(given), Buffer.from(given).toString("base64url"));
  }
});

test("hexadecimal of an odd length or with another character is no bytes", () => {
  for (const text of ["0", "000", "0g", "g0", "0 ", " 0", "0x", "00\n", "\n00", "zz00", "00zz", "é0"])
    assert.equal(hexToBytes(text), undefined, text);
  assert.deepEqual(hexToBytes(""), new Uint8Array(0));
  assert.deepEqual(hexToBytes("0fF0"), Uint8Array.of(15, 240));
});

test("UTF-8: a byte order mark stays, anything ill-formed is no text", () => {
  assert.equal(utf8ToText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
  for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]])
    assert.equal(utf8ToText(Uint8Array.from(bad)), undefined);
});

test("bytes are equal when length and every byte are", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      assert.equal(bytesEqual(a, b), Buffer.compare(a, b) === 0);
      assert.ok(bytesEqual(a, a.slice()));
      assert.ok(!bytesEqual(a, concatBytes(a, Uint8Array.of(0))));
      assert.ok(!bytesEqual(concatBytes(a, Uint8Array.of(0)), concatBytes(a, Uint8Array.of(1))));
      assert.deepEqual(Buffer.from(concatBytes(a, b)), Buffer.concat([a, b]));
    }),
    { numRuns: 100 },
  );
});

test("numbers are big-endian", () => {
  assert.deepEqual(u32be(0x01020304), Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(u64be(0x01020304050607), Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
  assert.deepEqual(utf8("é"), Uint8Array.of(0xc3, 0xa9));
});
