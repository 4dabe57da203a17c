/** The number and the words that people read aloud (SPEC 8.1.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { checkPhrase, serialText } from "#parley/protocols/serial.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";

const backend = createNodeBackend();
const by = { from: "A", to: "B", time: "2026-11-22T15:25:00Z" };

test("the serial number as people read it", () => {
  const open = { type: "request.open", serial: 123, precedence: "flash" } as const;
  assert.equal(serialText(open, by), "P/A>B/2026/000123/REQ/F");
  assert.equal(
    serialText({ ...open, type: "zebra.open", precedence: "routine" }, by),
    "P/A>B/2026/000123/ZEB/R",
  );
  for (const type of MESSAGE_RULES.keys()) {
    assert.match(
      serialText({ ...open, type, precedence: "priority" }, by),
      /^P\/A>B\/2026\/000123\/[A-Z]{3}\/P$/,
    );
  }
});

test("five words of the message's hash, most significant first", () => {
  const zero = () => new Uint8Array(32);
  assert.equal(checkPhrase(utf8("x"), zero), "abandon abandon abandon abandon abandon");
  const ones = () => new Uint8Array(32).fill(0xff);
  assert.equal(checkPhrase(utf8("x"), ones), "zoo zoo zoo zoo zoo");
  // 0x8000… sets the first bit alone: word 1024 of 2048, then the first word.
  const first = () => Uint8Array.of(0x80, ...new Uint8Array(31));
  assert.equal(checkPhrase(utf8("x"), first), "length abandon abandon abandon abandon");
  assert.equal(checkPhrase(utf8('{"a":1}'), backend.sha256), EXPECTED);
});

/** SHA-256 is 015abd7f5cc57a…: the first 11 bits are 10, which is "access". */
const EXPECTED = "access sting garlic ridge fish";
