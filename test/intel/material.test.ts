import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import { parseCsv } from "#parley/intel/csv.ts";
import { detectIndicator, refang } from "#parley/intel/indicator.ts";
import { parseMaterial } from "#parley/intel/material.ts";
import { indicatorsToNotice, indicatorsToPack } from "#parley/intel/indicator-pack.ts";
import { escapeUntrusted } from "#parley/cli/safe-text.ts";
import { PackSchema } from "#parley/protocols/evidence/index.ts";
import { Indicator } from "#parley/protocols/notice/messages.ts";

const FORMS: readonly (readonly [written: string, type: string | undefined, value?: string])[] = [
  ["192.0.2.17", "ipv4"],
  ["192.0.2[.]17", "ipv4", "192.0.2.17"],
  ["192.0.2.256", undefined],
  ["192.0.2.017", undefined],
  ["2001:DB8::17", "ipv6", "2001:db8::17"],
  ["::ffff:192.0.2.1", "ipv6"],
  ["2001:db8::1::2", undefined],
  ["198.51.100.0/24", "cidr"],
  ["198.51.100.0/33", undefined],
  ["2001:db8::/32", "cidr"],
  ["C2.Example.", "domain", "c2.example"],
  ["c2(.)example[dot]org", "domain", "c2.example.org"],
  ["hxxps://c2[.]example/a?b", "url", "https://c2.example/a?b"],
  ["hxxp[:]//c2.example/", "url", "http://c2.example/"],
  ["c2.example/eFax/37486.ZIP", "url"],
  ["desk[@]meridia.example", "email", "desk@meridia.example"],
  ["AS64496", "asn"],
  ["as64496", "asn", "AS64496"],
  ["D41D8CD98F00B204E9800998ECF8427E", "md5", "d41d8cd98f00b204e9800998ecf8427e"],
  ["a".repeat(40), "sha1"],
  ["b".repeat(64), "sha256"],
  ["b".repeat(63), undefined],
  ["/kworking/agent.exe", "file_name"],
  ["agent.crt", "file_name"],
  ["c:\\kworking\\agent.exe", "file_name"],
  ["192.0.2.17:8443", "other"],
  ["two words", undefined],
];

test("indicators: each form has its type and one way of writing", () => {
  for (const [written, type, value] of FORMS) {
    const found = detectIndicator(refang(written));
    assert.equal(found?.type, type, written);
    if (type !== undefined) assert.equal(found?.value, value ?? written);
  }
});

test("a list: comments and blanks pass, repetitions are counted, the rest is named by line", () => {
  const { indicators, unread, repeated } = parseMaterial(
    "\ufeff# seen\r\n\r\n192.0.2.17\r\n???\r\n192.0.2[.]17\r\nc2.example",
  );
  assert.deepEqual(
    indicators.map(({ value }) => value),
    ["192.0.2.17", "c2.example"],
  );
  assert.deepEqual(unread, [{ line: 4, reason: "not-recognised" }]);
  assert.equal(repeated, 1);
});

test("a table: quoted fields, declared types, hashes in the comment, roles", () => {
  const text = [
    "INDICATOR_VALUE,TYPE,COMMENT,ROLE",
    '192.0.2.17,IPV4ADDR,"two',
    'lines, ""quoted""",C2',
    `,MD5,SHA256:${"A".repeat(64)},FILE HASH`,
    "c2.example,IPV4ADDR,,",
    ",FQDN,,",
    `${"b".repeat(32)},MD5,FILENAME:X|SHA1:${"c".repeat(40)},`,
    "c2.example/x,URL,,",
  ].join("\n");
  const { indicators, unread } = parseMaterial(text);
  assert.deepEqual(indicators, [
    { type: "ipv4", value: "192.0.2.17", role: "command-and-control" },
    { type: "sha256", value: "a".repeat(64) },
    { type: "md5", value: "b".repeat(32) },
    { type: "sha1", value: "c".repeat(40) },
    { type: "url", value: "c2.example/x" },
  ]);
  assert.deepEqual(unread, [
    { line: 5, reason: "type-differs" },
    { line: 6, reason: "empty-value" },
  ]);
  assert.deepEqual(parseMaterial('value\n"192.0.2.1').unread, [{ line: 2, reason: "quote-unclosed" }]);
});

test("nothing is lost silently: every line of a list is an indicator, a repetition, a comment, blank or unread", () => {
  const line = fc.oneof(
    fc.constantFrom("192.0.2.1", "c2.example", "# x", "", "?"),
    fc.string().map((text) => text.replace(/[\r\n]/g, "")),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const body = ["192.0.2.99", ...lines];
      const { indicators, unread, repeated } = parseMaterial(body.join("\n"));
      const silent = body.filter((one) => one.trim() === "" || one.trim().startsWith("#")).length;
      assert.equal(indicators.length + repeated + unread.length + silent, body.length);
      for (const one of indicatorsToNotice(indicators)) assert.ok(Check(Indicator, one), JSON.stringify(one));
    }),
  );
});

test("csv: what is written with quotes is read back, line numbers included", () => {
  const field = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", " ") });
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      (table) => {
        const quoted = table
          .map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(","))
          .join("\r\n");
        assert.deepEqual(
          parseCsv(quoted).rows.map(({ fields }) => fields),
          table,
        );
      },
    ),
  );
});

test("a pack from indicators passes its schema, holds all of them, and says when it cannot", () => {
  const many = Array.from({ length: 3_000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
  const { indicators } = parseMaterial(
    [...many, "f".repeat(64), "c2.example", "agent.exe", "hxxp://c2.example/x"].join("\n"),
  );
  assert.equal(indicators.length, 3_004);
  const pack = indicatorsToPack(indicators);
  assert.ok(pack !== undefined && Check(PackSchema, pack));
  const text = JSON.stringify(pack["exhibits"]);
  for (const { value } of indicators) assert.ok(text.includes(value));
  assert.equal(
    indicatorsToPack(
      Array.from({ length: 40_000 }, () => ({ type: "domain", value: "a".repeat(60) }) as const),
    ),
    undefined,
  );
});

test("untrusted text: nothing that hides or steers passes, letters of every script do", () => {
  assert.equal(
    escapeUntrusted("\u001b[2J\u202e\u2066\u200b\n"),
    "\\u{1b}[2J\\u{202e}\\u{2066}\\u{200b}\\u{a}",
  );
  assert.equal(escapeUntrusted("مرحبا Привет 你好 é"), "مرحبا Привет 你好 é");
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      (text) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(escapeUntrusted(text)),
    ),
  );
});
