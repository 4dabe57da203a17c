/** Two ways to read a line, one result: the usual line is taken apart by one match, any other by the strict parser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { encodeJson, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { encodeEntry, ENTRY_KINDS, isHashText, parseEntry, type Entry } from "#parley/ledger/entry.ts";

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

test("each member has its range, and the refusal names the member", () => {
  const json = parseJson(encodeEntry(usual));
  assert(!isRefusal(json) && typeof json === "object" && !Array.isArray(json));
  const head = { feed: usual.commit, root: usual.ct, size: 1 };
  const heads = (count: number): readonly JsonObject[] =>
    Array.from({ length: count }, (_, i) => ({ ...head, feed: encodeBase64url(new Uint8Array(32).fill(i)) }));
  const schema = (member: string) => ["entry-schema", { member }] as const;
  const seen = (reason: string) => ["entry-seen", { reason }] as const;
  const rows: readonly (readonly [JsonObject, readonly [string, object] | undefined])[] = [
    [{ ct_len: 1_310_720 }, undefined],
    [{ ct_len: 0, seen: heads(2) }, undefined],
    [{ seq: Number.MAX_SAFE_INTEGER }, undefined],
    [{ seen: [{ ...head, size: Number.MAX_SAFE_INTEGER }] }, undefined],
    [{ seen: heads(64) }, undefined],
    [{ seq: 0, kind: "genesis" }, undefined],
    [{ seq: 1, kind: "party_update" }, undefined],
    [{ more: 1 }, schema("")],
    [{ channel: "A" }, schema("channel")],
    [{ commit: `${"B".repeat(42)}B` }, schema("commit")],
    [{ ct: 1 }, schema("ct")],
    [{ ct: [usual.ct] }, schema("ct")],
    [{ ct: `x${usual.ct}` }, schema("ct")],
    [{ feed: `${usual.feed}x` }, schema("feed")],
    [{ ct_len: 1_310_721 }, schema("ct_len")],
    [{ ct_len: -1 }, schema("ct_len")],
    [{ ct_len: "1" }, schema("ct_len")],
    [{ kind: "massage" }, schema("kind")],
    [{ seq: -1 }, schema("seq")],
    [{ time: 1 }, schema("time")],
    [{ time: ["2026-11-22T15:25:50Z"] }, schema("time")],
    [{ time: "2026-11-22" }, schema("time")],
    [{ v: 2 }, schema("v")],
    [{ seen: {} }, schema("seen")],
    [{ seen: "" }, schema("seen")],
    [{ seen: [1] }, schema("seen")],
    [{ seen: [true] }, schema("seen")],
    [{ seen: [head, {}] }, schema("seen")],
    [{ seen: [{ ...head, more: 1 }] }, schema("seen")],
    [{ seen: [{ ...head, feed: "A" }] }, schema("seen")],
    [{ seen: [{ ...head, root: "A" }] }, schema("seen")],
    [{ seen: [{ ...head, size: -1 }] }, schema("seen")],
    [{ seen: heads(65) }, seen("too-many")],
    [{ seen: heads(2).toReversed() }, seen("order")],
    [{ seen: [head, head] }, seen("order")],
    [{ seen: [{ ...head, feed: usual.feed }] }, seen("own-feed")],
    [{ seen: [{ ...head, size: 0 }] }, seen("empty-head")],
    [{ seq: 0 }, ["entry-kind", { seq: 0 }]],
    [{ seq: 1 }, ["entry-kind", { seq: 1 }]],
    [{ seq: 2, kind: "genesis" }, ["entry-kind", { seq: 2 }]],
  ];
  for (const [change, fault] of rows) {
    const parsed = parseEntry(encodeJson({ ...json, ...change }));
    const expected: readonly unknown[] = fault ?? [undefined, { ...json, ...change }];
    const got = isRefusal(parsed) ? [parsed.code, parsed.facts] : [undefined, parsed];
    assert.deepEqual(got, expected, JSON.stringify(change).slice(0, 80));
  }
  for (const value of [1, [usual.ct], "A", undefined, true]) assert(!isHashText(value));
  assert(isHashText(usual.ct));
});

test("a line has a limit of bytes, which is itself read", () => {
  const sized = (size: number) => parseEntry(utf8(`"${"a".repeat(size - 2)}"`));
  const [most, over] = [sized(16_384), sized(16_385)];
  assert(isRefusal(most) && isRefusal(over));
  assert.deepEqual([most.code, most.facts], ["entry-schema", { member: "" }]);
  assert.deepEqual([over.code, over.facts], ["entry-too-large", { size: 16_385 }]);
});
