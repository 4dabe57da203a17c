/** Two ways to read a line, one result: the usual line is taken apart by one match, any other by the strict parser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { parseJson } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { encodeEntry, ENTRY_KINDS, parseEntry, type Entry } from "#parley/ledger/entry.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => encodeBase64url(bytes));
const line: fc.Arbitrary<Entry> = fc.record({
  channel: hash,
  commit: hash,
  ct: hash,
  ct_len: fc.nat(10_000_000),
  feed: hash,
  kind: fc.constantFrom(...ENTRY_KINDS),
  seen: fc.array(fc.record({ feed: hash, root: hash, size: fc.nat(2 ** 40) }), { maxLength: 2 }),
  seq: fc.oneof(fc.nat(3), fc.maxSafeNat()),
  time: fc.integer({ min: 0, max: 4_000_000_000 }).map(encodeInstant),
  v: fc.constant(1 as const),
});

test("a line that is read has the value that strict JSON gives it, whichever way it was read", () => {
  let read = 0;
  fc.assert(
    fc.property(line, (entry) => {
      const bytes = encodeEntry(entry);
      const parsed = parseEntry(bytes);
      if (isRefusal(parsed)) return;
      read++;
      assert.deepEqual(parsed, parseJson(bytes));
    }),
    { numRuns: 2_000 },
  );
  assert(read > 100, `only ${read} lines were entries`);
});

test("one byte changed: what is still read is strict JSON of the same value", () => {
  const cases = fc.tuple(line, fc.nat(600), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(cases, ([entry, at, byte]) => {
      const bytes = encodeEntry({ ...entry, kind: "message", seq: 5, seen: entry.seen.slice(0, 1) });
      bytes[at % bytes.length] = byte;
      const parsed = parseEntry(bytes);
      if (!isRefusal(parsed)) assert.deepEqual(parsed, parseJson(bytes));
    }),
    { numRuns: 5_000 },
  );
});

const usual: Entry = {
  channel: "A".repeat(43),
  commit: "B".repeat(42) + "A",
  ct: "C".repeat(42) + "A",
  ct_len: 1_000,
  feed: "D".repeat(42) + "A",
  kind: "message",
  seen: [],
  seq: 7,
  time: "2026-11-22T15:25:50Z",
  v: 1,
};

test("numbers and ends that only look canonical are refused by name", () => {
  const text = utf8ToText(encodeEntry(usual)) ?? "";
  const cases: readonly (readonly [string, string, string])[] = [
    ['"seq":7', '"seq":07', "json-number"],
    ['"seq":7', '"seq":9007199254740992', "json-number"],
    ['"seq":7', '"seq":7.0', "json-number"],
    ['"v":1}', '"v":1}\n', "json-whitespace"],
    ['"seen":[]', '"seen":[,]', "json-syntax"],
    ["2026-11-22T15:25:50Z", "2026-02-30T15:25:50Z", "entry-schema"],
    ['"kind":"message"', '"kind":"massage"', "entry-schema"],
    ['"kind":"message"', '"kind":"genesis"', "entry-kind"],
  ];
  for (const [from, to, code] of cases) {
    assert(text.includes(from));
    const parsed = parseEntry(utf8(text.replace(from, to)));
    assert(isRefusal(parsed), to);
    assert.equal(parsed.code, code, to);
  }
});
