/** Plaintext, padding and commitment as properties; the single faults are in `vectors/crypto/`. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MESSAGE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { commitTo, encodePlaintext, padmeSize, parsePlaintext } from "#parley/crypto/payload.ts";
import { nodeBackend } from "./backends.ts";

const SALT = new Uint8Array(32).fill(5);
const messages = fc.uint8Array({ maxLength: 3000 });

describe("a plaintext", () => {
  it("comes back as salt and message, in one size per Padmé step", () => {
    const property = fc.property(messages, (message) => {
      const plaintext = encodePlaintext(SALT, message);
      assert.equal(plaintext.length, padmeSize(36 + message.length));
      assert.deepEqual(parsePlaintext(plaintext), { salt: SALT, message });
    });
    fc.assert(property);
  });

  it("has no second form: any other byte is another message, another salt or a refusal", () => {
    const property = fc.property(
      messages,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (message, at, change) => {
        const plaintext = encodePlaintext(SALT, message);
        const index = at % plaintext.length;
        plaintext[index] = (plaintext[index] ?? 0) ^ change;
        const parsed = parsePlaintext(plaintext);
        if (!isRefusal(parsed)) assert.deepEqual(encodePlaintext(parsed.salt, parsed.message), plaintext);
        if (index >= 36 + message.length) assert.ok(isRefusal(parsed));
      },
    );
    fc.assert(property);
  });

  it("is read where it lies inside a larger buffer, and copied out of it", () => {
    const outer = new Uint8Array(200);
    outer.set(encodePlaintext(SALT, SALT), 7);
    const parsed = parsePlaintext(outer.subarray(7, 7 + padmeSize(68)));
    outer.fill(0);
    assert.deepEqual(parsed, { salt: SALT, message: SALT });
  });

  it("holds a message of exactly the limit; one more byte, or a short salt, is a bug", () => {
    const largest = new Uint8Array(MESSAGE_SIZE_LIMIT_BYTES);
    assert.ok(!isRefusal(parsePlaintext(encodePlaintext(SALT, largest))));
    assert.throws(() => encodePlaintext(SALT, new Uint8Array(MESSAGE_SIZE_LIMIT_BYTES + 1)), RangeError);
    assert.throws(() => encodePlaintext(SALT.subarray(1), largest), RangeError);
    assert.throws(() => commitTo(nodeBackend, SALT.subarray(1), largest), RangeError);
  });

  it("above the limit is refused although its padding is right", () => {
    const length = MESSAGE_SIZE_LIMIT_BYTES + 1;
    const plaintext = new Uint8Array(padmeSize(36 + length));
    new DataView(plaintext.buffer).setUint32(32, length);
    const parsed = parsePlaintext(plaintext);
    assert.ok(isRefusal(parsed));
    assert.equal(parsed.code, "plaintext-malformed");
  });
});

describe("the Padmé size", () => {
  it("grows with its argument, is its own Padmé size and adds less than 12 %", () => {
    const property = fc.property(fc.integer({ min: 2, max: 2 ** 45 }), (size) => {
      const padded = padmeSize(size);
      assert.ok(padded >= size && padded < size * 1.12);
      assert.equal(padmeSize(padded), padded);
      assert.ok(padmeSize(size + 1) >= padded);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
