/** JSON, CSV and log files (SPEC 13.5.1, 13.5.3, 13.5.4): what goes, what stays byte for byte, what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copied, refused } from "./kit.ts";

const json = (...rules: object[]): object => ({ v: 1, format: "json", rules });
const csv = (header: boolean, ...rules: object[]): object => ({ v: 1, format: "csv", header, rules });
const log = (...rules: object[]): object => ({ v: 1, format: "log", rules });

test("json: a field is masked or dropped and every other byte stays", async () => {
  const text = '{ "a" : {"host":"sensor-7","port": 443 },\n  "b":[1, {"host" : "x"},2.50], "n":null }\n';
  const masked = await copied(text, json({ at: "/a/host", how: "mask" }));
  assert.equal(
    masked.copy.toString(),
    '{ "a" : {"host":"[withheld]","port": 443 },\n  "b":[1, {"host" : "x"},2.50], "n":null }\n',
  );
  const dropped = await copied(text, json({ at: "/a/host", how: "drop" }, { at: "/b/1", how: "drop" }));
  assert.equal(dropped.copy.toString(), '{ "a" : {"port": 443 },\n  "b":[1, 2.50], "n":null }\n');
  assert.deepEqual(dropped.map.places, [
    { at: "/a", how: "dropped" },
    { at: "/b", how: "dropped" },
  ]);
  const last = await copied(text, json({ at: "/a/port", how: "drop" }, { at: "/b/*", how: "drop" }));
  assert.deepEqual(JSON.parse(last.copy.toString()), { a: { host: "sensor-7" }, b: [], n: null });
});

test("json: what could be read in two ways, or not at all, is refused", async () => {
  const rule = { at: "/a", how: "mask" };
  await refused('{"a":"public","a":"secret"}', json(rule), "redaction-ambiguous");
  await refused('\ufeff{"a":1}', json(rule), "redaction-ambiguous");
  await refused('{"\\ud800":1,"a":1}', json(rule), "redaction-ambiguous");
  await refused('{"a":1', json(rule), "redaction-malformed");
  await refused(Buffer.from([0x22, 0xff, 0x22]), json(rule), "redaction-malformed");
  await refused(`{"a":${"[".repeat(80)}${"]".repeat(80)}}`, json(rule), "redaction-limit");
  await refused(`"${"x".repeat(17 * 1_048_576)}"`, json(rule), "redaction-limit");
});

test("json: a rule that finds nothing was meant for something", async () => {
  await refused('{"a":1}', json({ at: "/b", how: "mask" }), "redaction-no-match");
  await copied('{"a":1}', json({ at: "/b", how: "mask", may_miss: true }));
  await refused('{"a":1}', json({ at: "", how: "mask" }), "redaction-plan");
});

test("json: a value that stands elsewhere too stops the copy", async () => {
  const text = '{"user":"h.brandt","note":"asked h.brandt"}';
  await refused(text, json({ at: "/user", how: "mask" }), "redaction-leak");
  await copied(text, json({ at: "/user", how: "mask", may_remain: true }));
  await copied(text, json({ at: "/user", how: "mask" }, { at: "/note", how: "drop" }));
});

test("json: any document, any member: its value is gone, the rest is equal", async () => {
  const secret = fc.string({ minLength: 8, maxLength: 20 }).map((text) => `s3cr3t:${text}`);
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), {
        minKeys: 1,
        maxKeys: 5,
        noNullPrototype: true,
      }),
      secret,
      fc.constantFrom("mask", "drop"),
      fc.nat({ max: 3 }),
      async (document, value, how, indent) => {
        const whole = { ...document, hidden: { deep: value } };
        const text = JSON.stringify(whole, undefined, indent);
        const { copy } = await copied(text, json({ at: "/hidden/deep", how }));
        assert(!copy.includes(value) && !copy.includes(JSON.stringify(value).slice(1, -1)));
        const left = how === "mask" ? { deep: "[withheld]" } : {};
        assert.deepEqual(JSON.parse(copy.toString()), JSON.parse(JSON.stringify({ ...whole, hidden: left })));
      },
    ),
    { numRuns: 100 },
  );
});

test("csv: columns and records, quoted line feeds and all", async () => {
  const text =
    'time,user,"src, ip"\r\n1,"h. ""b""\nbrandt",192.0.2.7\r\n2,ana,198.51.100.9\r\n3,li,192.0.2.7';
  const masked = await copied(text, csv(true, { column: "user", how: "mask" }), { chunkBytes: 5 });
  assert.equal(
    masked.copy.toString(),
    'time,user,"src, ip"\r\n1,[masked],192.0.2.7\r\n2,[masked],198.51.100.9\r\n3,[masked],192.0.2.7',
  );
  const dropped = await copied(text, csv(true, { column: 2, how: "drop" }));
  assert.equal(dropped.copy.toString(), 'time,"src, ip"\r\n1,192.0.2.7\r\n2,198.51.100.9\r\n3,192.0.2.7');
  const filtered = await copied(
    text,
    csv(
      true,
      { column: "src, ip", in: ["192.0.2.7"], how: "drop" },
      { records: [9, 9], how: "drop", may_miss: true },
    ),
  );
  assert.equal(filtered.copy.toString(), 'time,user,"src, ip"\r\n2,ana,198.51.100.9\r\n');
  assert.deepEqual(filtered.map.left_out, [{ how: "dropped", count: 2 }]);
});

test("csv: a column that could move is a leak", async () => {
  const plan = csv(true, { column: "a", how: "mask" });
  await refused("a,b\n1,2,3\n", plan, "redaction-ambiguous");
  await refused('a,b\n1,"2"3\n', plan, "redaction-ambiguous");
  await refused('a,b\nx"y,2\n', plan, "redaction-ambiguous");
  await refused("a,a\n1,2\n", plan, "redaction-ambiguous");
  await refused("a,b\r1,2\n", plan, "redaction-ambiguous");
  await refused('a,b\n1,"2\n', plan, "redaction-truncated");
  await refused("a,b\n1,\0\n", plan, "redaction-format");
  await refused(`a,b\n1,"${"x".repeat(5 * 1_048_576)}`, plan, "redaction-limit");
  await refused("c,b\n1,2\n", plan, "redaction-no-match");
  await refused("a,b\n1,2\n", csv(false, { column: "a", how: "mask" }), "redaction-plan");
  await refused("a\n1\n", csv(true, { column: "a", how: "drop" }), "redaction-plan");
});

test("csv: any table: a masked column is gone, the others are equal", async () => {
  const cell = fc.string({ maxLength: 12 }).map((text) => text.replaceAll("\0", ""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      async (rows, chunkBytes) => {
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const lines = rows.map(([a, b, c]) => [quoted(a), quoted(`secret-${b}`), quoted(c)]);
        const text = lines.map((line) => `${line.join(",")}\n`).join("");
        const { copy } = await copied(text, csv(false, { column: 2, how: "mask" }), { chunkBytes });
        assert.equal(copy.toString(), lines.map(([a, , c]) => `${a},[masked],${c}\n`).join(""));
      },
    ),
    { numRuns: 60 },
  );
});

test("log: lines, literals, what follows a mark, columns", async () => {
  const text = "GET /a user=h.brandt ip=10.4.7.21\r\nok\x1b[0m\nuser=ana ip=10.4.7.21 user=li\nlast";
  const masked = await copied(
    text,
    log({ after: "user=", until: " ", how: "mask" }, { literal: "10.4.7.21", how: "mask" }),
    { chunkBytes: 7 },
  );
  assert.equal(
    masked.copy.toString(),
    "GET /a user=[masked] ip=[masked]\r\nok\x1b[0m\nuser=[masked] ip=[masked] user=[masked]\nlast",
  );
  const lines = await copied(text, log({ lines: [2, 3], how: "drop" }, { columns: [1, 3], how: "mask" }));
  assert.equal(lines.copy.toString(), "[masked] /a user=h.brandt ip=10.4.7.21\r\n[masked]t");
  const containing = await copied(
    text,
    log({ containing: "ana", how: "mask" }, { lines: [4, 4], how: "drop" }),
  );
  assert.equal(containing.copy.toString(), "GET /a user=h.brandt ip=10.4.7.21\r\nok\x1b[0m\n[masked]\n");
});

test("log: what is no text, no line and no rule is refused", async () => {
  await refused("a\0b\n", log({ literal: "ab", how: "mask" }), "redaction-format");
  await refused("x".repeat(2 * 1_048_576), log({ literal: "xx", how: "mask" }), "redaction-limit");
  await refused("abc\n", log({ literal: "mask", how: "mask" }), "redaction-plan");
  await refused("abc\n", log({ literal: "q", how: "mask" }), "redaction-no-match");
  await refused("abc\n", { v: 1, format: "log", rules: [{ regex: ".*" }] }, "redaction-plan");
  await refused("abc\n", { v: 2, format: "log", rules: [] }, "redaction-plan");
});

test("log: any text and any literal: the literal is gone, lines without it are equal", async () => {
  const letters = fc.string({
    unit: fc.constantFrom("a", "b", "[", "]", "m", "\u062a", "я"),
    minLength: 2,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(
      letters,
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "[", "]", "m", "\u062a", "я"), maxLength: 20 }), {
        maxLength: 8,
      }),
      fc.integer({ min: 1, max: 9 }),
      async (literal, lines, chunkBytes) => {
        fc.pre(!"[masked]".includes(literal));
        const plan = log({ literal, how: "mask", may_miss: true });
        const { copy } = await copied(lines.map((line) => `${line}\n`).join(""), plan, { chunkBytes });
        assert(!copy.includes(literal));
        const after = copy.toString().split("\n");
        for (const [index, line] of lines.entries())
          if (!line.includes(literal)) assert.equal(after[index], line);
      },
    ),
    { numRuns: 150 },
  );
});
