/** Bundles: each limit to the unit, each fault with the record it stands in, and views into the input. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  encodeBundle,
  EXCHANGE_LIMITS,
  parseBundle,
  RECORD_TYPES,
  TRANSCRIPT_LIMITS,
  type BundleLimits,
} from "#parley/codec/bundle.ts";
import { concatBytes, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";

const MAGIC = "parley-bundle/1\n";
const ROOMY: BundleLimits = { sizeBytes: 10_000, entries: 100, records: 100 };

test("records come back as they were, as views of the input", () => {
  const record = fc.record(
    { type: fc.constantFrom(...RECORD_TYPES), bytes: fc.uint8Array({ maxLength: 40 }) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), (records) => {
      const bytes = encodeBundle(records);
      const parsed = parseBundle(bytes, ROOMY);
      assert.ok(!isRefusal(parsed));
      assert.deepEqual(parsed, records);
      for (const { bytes: view } of parsed) assert.equal(view.buffer, bytes.buffer);
    }),
    { numRuns: 100 },
  );
  assert.deepEqual(encodeBundle([{ type: "entry", bytes: utf8("ab") }]), utf8(`${MAGIC}entry 2\nab\n`));
});

test("a bundle cut anywhere says so, and never reads on", () => {
  const whole = encodeBundle([
    { type: "genesis", bytes: utf8("one") },
    { type: "entry", bytes: utf8("two") },
  ]);
  const second = MAGIC.length + "genesis 3\none\n".length;
  for (let size = 0; size < whole.length; size++) {
    const parsed = parseBundle(whole.subarray(0, size), ROOMY);
    if (size === MAGIC.length || size === second) assert.ok(!isRefusal(parsed), String(size));
    else if (size < MAGIC.length) assert.equal(isRefusal(parsed) && parsed.code, "bundle-magic");
    else {
      assert.ok(isRefusal(parsed));
      assert.deepEqual([parsed.code, parsed.facts], ["bundle-truncated", { record: size < second ? 0 : 1 }]);
    }
  }
});

test("a record that is not one is refused with its index", () => {
  const rows = [
    ["Entry 0\n\n", "bundle-record"],
    ["entry  0\n\n", "bundle-record"],
    ["entry 0 \n\n", "bundle-record"],
    [" entry 0\n\n", "bundle-record"],
    ["entry\n\n", "bundle-record"],
    ["entry 00\n\n", "bundle-record"],
    ["entry 01\nx\n", "bundle-record"],
    ["entry -1\nx\n", "bundle-record"],
    ["entry x\nx\n", "bundle-record"],
    ["entry 1x\nx\n", "bundle-record"],
    ["entry 1\nx ", "bundle-record"],
    ["entry 1\nxx\n", "bundle-record"],
    ["entry 12345678901\nx\n", "bundle-record"],
    ["\n\n", "bundle-record"],
    [`${"a".repeat(32)} 0\n\n`, "bundle-record"],
    ["note 0\n\n", "bundle-type"],
    ["entr 0\n\n", "bundle-type"],
    [`${"a".repeat(20)} 1234567890\n`, "bundle-type"],
    [`${"a".repeat(21)} 1234567890\n`, "bundle-record"],
    ["entry 1\nx", "bundle-truncated"],
    ["entry 2\nx\n", "bundle-truncated"],
    ["entry 1234567890\nx\n", "bundle-truncated"],
    ["entry 1", "bundle-truncated"],
  ] as const;
  for (const [text, code] of rows)
    for (const before of ["", "reply 1\ny\n"]) {
      const parsed = parseBundle(utf8(MAGIC + before + text), ROOMY);
      assert.ok(isRefusal(parsed), text);
      assert.deepEqual([parsed.code, parsed.facts], [code, { record: before === "" ? 0 : 1 }], text);
    }
  for (const text of ["parley-bundle/2\n", "Parley-bundle/1\n", "parley-bundle/1 "])
    assert.equal(codeOf(parseBundle(utf8(text), ROOMY)), "bundle-magic");
});

test("lengths of any digits are read", () => {
  for (const size of [0, 1, 9, 10, 99, 100, 4_096]) {
    const parsed = parseBundle(
      concatBytes(utf8(`${MAGIC}payload ${size}\n`), new Uint8Array(size), utf8("\n")),
    );
    assert.ok(!isRefusal(parsed));
    assert.equal(parsed[0]?.bytes.length, size);
  }
});

test("each limit holds to the unit and says itself", () => {
  const entries = (count: number) =>
    Array.from({ length: count }, () => ({ type: "entry", bytes: utf8("e") }) as const);
  const bytes = encodeBundle(entries(3));
  const cases = [
    [{ sizeBytes: bytes.length - 1 }, "too-large", { size: bytes.length, limit: bytes.length - 1 }],
    [{ entries: 2 }, "too-many", { limit: 2 }],
    [{ records: 2 }, "too-many", { limit: 2 }],
  ] as const;
  for (const [change, code, facts] of cases) {
    const parsed = parseBundle(bytes, { ...ROOMY, ...change });
    assert.ok(isRefusal(parsed));
    assert.deepEqual([parsed.code, parsed.facts], [code, facts]);
  }
  assert.ok(!isRefusal(parseBundle(bytes, { sizeBytes: bytes.length, entries: 3, records: 3 })));
  const others = encodeBundle(
    Array.from({ length: 3 }, () => ({ type: "payload", bytes: utf8("") }) as const),
  );
  assert.ok(!isRefusal(parseBundle(others, { ...ROOMY, entries: 0 })));
});

test("an exchange is bounded by the memory of who takes it in, a transcript by one buffer", () => {
  assert.deepEqual(EXCHANGE_LIMITS, { sizeBytes: 67_108_864, entries: 256, records: 2_048 });
  const most = 2_147_483_647;
  assert.deepEqual(TRANSCRIPT_LIMITS, { sizeBytes: most, entries: most, records: most });
});

function codeOf(answer: unknown): string | undefined {
  return isRefusal(answer) ? answer.code : undefined;
}
