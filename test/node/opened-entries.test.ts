/** Messages kept as text: the same value however long ago it was taken apart, and no object for each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson } from "#parley/codec/json.ts";
import { utf8 } from "#parley/codec/bytes.ts";
import { OpenedEntries } from "#parley/node/opened-entries.ts";
import type { HeldEntry } from "#parley/node/record.ts";

const FEED = "F".repeat(43);
const OTHER = "G".repeat(43);

function held(seq: number, message: Uint8Array | undefined, size = 1): HeldEntry {
  return {
    channel: "C".repeat(43),
    feed: FEED,
    stored: { seq, leaf: new Uint8Array(32).fill(seq % 256), depth: seq + 1, bytes: new Uint8Array(0) },
    kind: "message",
    seen: [{ feed: OTHER, root: "R".repeat(43), size }],
    claimedAt: "2026-11-22T02:10:00Z",
    opened: message && { salt: new Uint8Array(32), message },
  };
}

test("a message reads the same after thousands of others were taken", () => {
  const entries = new OpenedEntries();
  const message = (i: number) => ({ body: { note: `نص ${i}` }, type: "notice.open" });
  const taken = Array.from({ length: 3_000 }, (_, i) => entries.take(held(i, encodeJson(message(i)))));
  for (const i of [0, 1, 1_500, 2_999, 0]) assert.deepEqual(taken[i]?.message, message(i));
});

test("what is no strict JSON object is an empty message, and what was not opened is none", () => {
  const entries = new OpenedEntries();
  assert.deepEqual(entries.take(held(0, utf8('{"a": 1}'))).message, {});
  assert.deepEqual(entries.take(held(1, utf8("[1]"))).message, {});
  assert.deepEqual(entries.take(held(2, Uint8Array.of(0xff))).message, {});
  assert.equal(entries.take(held(3, undefined)).message, undefined);
});

test("entries that name the same heads share them, and roots are not kept", () => {
  const entries = new OpenedEntries();
  const [first, second, third] = [1, 1, 2].map((size, i) => entries.take(held(i, undefined, size)));
  assert.deepEqual(first?.seen, [{ feed: OTHER, size: 1 }]);
  assert.equal(first?.seen, second?.seen);
  assert.deepEqual(third?.seen, [{ feed: OTHER, size: 2 }]);
});
