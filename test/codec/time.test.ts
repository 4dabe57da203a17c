/** Instants: one form, real dates alone, and back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant, LAST_INSTANT, parseInstant } from "#parley/codec/time.ts";

test("each field has its range and nothing stands around it", () => {
  const good = [
    ["1970-01-01T00:00:00Z", 0],
    ["2026-11-22T15:25:50Z", 1_795_361_150],
    ["1969-12-31T23:59:59Z", -1],
    ["0100-01-01T00:00:00Z", Date.UTC(100, 0, 1) / 1000],
    ["9999-12-31T23:59:59Z", LAST_INSTANT],
    ["2000-02-29T00:00:00Z", 951_782_400],
    ["2024-02-29T23:00:59Z", Date.UTC(2024, 1, 29, 23, 0, 59) / 1000],
  ] as const;
  for (const [text, instant] of good) {
    assert.equal(parseInstant(text), instant, text);
    assert.equal(encodeInstant(instant), text);
  }
  const bad = [
    "",
    "0099-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00z",
    "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00+00:00",
    "2026-01-01T00:00:00.0Z",
    " 2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z ",
    "2026-01-01T00:00:00Z\n",
    "x2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z2026-01-01T00:00:00Z",
    "12026-01-01T00:00:00Z",
    "2026/01/01T00:00:00Z",
    "2026-1-01T00:00:00Z",
    "xxxx-01-01T00:00:00Z",
    "2026-xx-01T00:00:00Z",
    "2026-01-xxT00:00:00Z",
    "2026-01-01Txx:00:00Z",
    "2026-01-01T00:xx:00Z",
    "2026-01-01T00:00:xxZ",
  ];
  for (const text of bad) {
    const answer = parseInstant(text);
    assert.equal(isRefusal(answer) && answer.code, "time-invalid", text);
  }
});

test("a month has the days that the calendar gives it", () => {
  for (const year of [1900, 2000, 2023, 2024, 2100, 2400])
    for (let month = 1; month <= 12; month++)
      for (const day of [28, 29, 30, 31, 32]) {
        const text = `${year}-${String(month).padStart(2, "0")}-${day}T12:34:56Z`;
        const answer = parseInstant(text);
        const date = new Date(Date.UTC(year, month - 1, day));
        const exists = date.getUTCMonth() === month - 1;
        assert.equal(!isRefusal(answer), exists, text);
        if (exists) assert.equal(answer, date.getTime() / 1000 + 45_296);
      }
});

test("every instant with a text comes back from it", () => {
  const instant = fc.integer({ min: Date.UTC(100, 0, 1) / 1000, max: LAST_INSTANT });
  fc.assert(
    fc.property(instant, (at) => assert.equal(parseInstant(encodeInstant(at)), at)),
    { numRuns: 300 },
  );
});
