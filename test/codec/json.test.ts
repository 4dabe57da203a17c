/** Strict JSON beside the platform's own: which byte is refused, by which code, and that nothing else is let through. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { utf8 } from "#parley/codec/bytes.ts";
import {
  encodeJson,
  isJsonObject,
  jsonOfAcceptedText,
  jsonToText,
  parseJson,
  type Json,
} from "#parley/codec/json.ts";
import { JSON_DEPTH_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";

/** Text, code, and the offset of the character at fault. */
const FAULTS: readonly (readonly [text: string, code: string, offset: number])[] = [
  ["", "json-syntax", 0],
  ["x", "json-syntax", 0],
  [" 1", "json-whitespace", 0],
  ["1 ", "json-whitespace", 1],
  ["1\t", "json-whitespace", 1],
  ["1\n", "json-whitespace", 1],
  ["1\r", "json-whitespace", 1],
  ["1\u00a0", "json-syntax", 1],
  ["1x", "json-syntax", 1],
  ["11x", "json-syntax", 2],
  ["null", "json-null", 0],
  ["nul", "json-syntax", 0],
  ["[null]", "json-null", 1],
  ["[1,nope]", "json-syntax", 3],
  ["tru", "json-syntax", 0],
  ["falsy", "json-syntax", 0],
  ["[true,fals]", "json-syntax", 6],
  ["truefalse", "json-syntax", 4],
  ["-", "json-number", 0],
  ["-0", "json-number", 0],
  ["+1", "json-number", 0],
  ["01", "json-number", 0],
  ["-01", "json-number", 0],
  ["00", "json-number", 0],
  [".5", "json-number", 0],
  ["1.0", "json-number", 0],
  ["1e2", "json-number", 0],
  ["1E+2", "json-number", 0],
  ["-x", "json-number", 0],
  ["[1,2.5]", "json-number", 3],
  ["1-2", "json-number", 0],
  ["9007199254740992", "json-number", 0],
  ["-9007199254740992", "json-number", 0],
  ['"', "json-syntax", 1],
  ['"a', "json-syntax", 2],
  ['"a\u001f"', "json-syntax", 2],
  ['"a\n"', "json-syntax", 2],
  ['"\\', "json-syntax", 1],
  ['"\\x"', "json-syntax", 1],
  ['"\\/"', "json-escape", 1],
  ['"a\\/"', "json-escape", 2],
  ['"\\u0"', "json-syntax", 1],
  ['"\\u000g"', "json-syntax", 1],
  ['"\\ug000"', "json-syntax", 1],
  ['"\\u000', "json-syntax", 1],
  ['"\\u0008"', "json-escape", 1],
  ['"\\u0009"', "json-escape", 1],
  ['"\\u000a"', "json-escape", 1],
  ['"\\u000c"', "json-escape", 1],
  ['"\\u000d"', "json-escape", 1],
  ['"\\u001F"', "json-escape", 1],
  ['"\\u0020"', "json-escape", 1],
  ['"\\u0061"', "json-escape", 1],
  ['"\\ud7ff"', "json-escape", 1],
  ['"\\ue000"', "json-escape", 1],
  ['"\\ud800"', "json-surrogate", 1],
  ['"\\udfff"', "json-surrogate", 1],
  ['"\\ud800\\u0041"', "json-surrogate", 1],
  ['"\\ud800x\\udc00"', "json-surrogate", 1],
  ['"\\ud800\\ud800"', "json-surrogate", 1],
  ['"\\ud800\\u1c00"', "json-surrogate", 1],
  ['"\\ud800\\udc0"', "json-surrogate", 1],
  ['"\\ud800\\udc0g"', "json-surrogate", 1],
  ['"\\udc00\\udc00"', "json-surrogate", 1],
  ['"\\ud83d\\ude00"', "json-escape", 1],
  ['"\\uDBFF\\uDFFF"', "json-escape", 1],
  ["{", "json-syntax", 1],
  ["{1:2}", "json-syntax", 1],
  ["{a:1}", "json-syntax", 1],
  ['{ "a":1}', "json-whitespace", 1],
  ['{""', "json-key", 1],
  ['{"":1}', "json-key", 1],
  ['{"A":1}', "json-key", 1],
  ['{"1a":1}', "json-key", 1],
  ['{"_a":1}', "json-key", 1],
  ['{"a-b":1}', "json-key", 1],
  ['{"a`":1}', "json-key", 1],
  ['{"a{":1}', "json-key", 1],
  ['{"a/":1}', "json-key", 1],
  ['{"a:":1}', "json-key", 1],
  ['{"a', "json-key", 1],
  [`{"${"a".repeat(65)}":1}`, "json-key", 1],
  ['{"a"}', "json-syntax", 4],
  ['{"a" :1}', "json-whitespace", 4],
  ['{"a"1}', "json-syntax", 4],
  ['{"a":}', "json-syntax", 5],
  ['{"a":1', "json-syntax", 6],
  ['{"a":1]', "json-syntax", 6],
  ['{"a":1,}', "json-syntax", 7],
  ['{"a":1 ,"b":2}', "json-whitespace", 6],
  ['{"a":1,"a":2}', "json-duplicate-key", 7],
  ['{"b":1,"a":2}', "json-key-order", 7],
  ['{"a":1,"b":x}', "json-syntax", 11],
  ["[", "json-syntax", 1],
  ["[,]", "json-syntax", 1],
  ["[1", "json-syntax", 2],
  ["[1}", "json-syntax", 2],
  ["[1,]", "json-syntax", 3],
  ["[1, 2]", "json-whitespace", 3],
  ["[1 ,2]", "json-whitespace", 2],
  ["[]]", "json-syntax", 2],
  ["{}}", "json-syntax", 2],
];

const GOOD: readonly string[] = [
  "0",
  "-1",
  "10",
  "9007199254740991",
  "-9007199254740991",
  "true",
  "false",
  "[]",
  "{}",
  '""',
  '"\\"\\\\\\b\\f\\n\\r\\t"',
  '"\\u0000\\u0001\\u0007\\u000b\\u000e\\u001f"',
  '"/é😀\u007f "',
  '[1,"a",true,[],{}]',
  `{"${"a".repeat(64)}":1}`,
  '{"a":{"b":[false]},"a0":1,"a_":2,"z9_":3,"za":4}',
];

describe("strict JSON", () => {
  for (const [text, code, offset] of FAULTS)
    it(`refuses ${JSON.stringify(text)}`, () => {
      const answer = parseJson(utf8(text));
      assert.ok(isRefusal(answer));
      assert.deepEqual([answer.code, answer.facts], [code, { offset }]);
    });

  it("reads what is canonical, and writes it back byte for byte", () => {
    for (const text of GOOD) {
      const value = parseJson(utf8(text));
      assert.ok(!isRefusal(value), text);
      assert.deepEqual(value, JSON.parse(text));
      assert.equal(jsonToText(value), text);
      assert.deepEqual(encodeJson(value), utf8(text));
      assert.deepEqual(jsonOfAcceptedText(text), value);
    }
  });

  it("counts depth at both kinds of bracket", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const nested = (depth: number, inner: string): Uint8Array =>
        utf8(open.repeat(depth) + inner + close.repeat(depth));
      assert.ok(!isRefusal(parseJson(nested(JSON_DEPTH_LIMIT, "1"))));
      const over = parseJson(nested(JSON_DEPTH_LIMIT + 1, "1"));
      assert.ok(isRefusal(over));
      assert.deepEqual([over.code, over.facts], ["json-depth", { offset: JSON_DEPTH_LIMIT * open.length }]);
    }
  });

  it("has a limit of size, to the byte, before anything is read", () => {
    const bytes = utf8('"\u0000"');
    assert.equal(codeOf(parseJson(bytes, { sizeLimitBytes: 3 })), "json-syntax");
    const over = parseJson(bytes, { sizeLimitBytes: 2 });
    assert.ok(isRefusal(over));
    assert.deepEqual([over.code, over.facts], ["json-too-large", { size: 3, limit: 2 }]);
    const message = utf8(`"${"a".repeat(1_048_574)}"`);
    assert.ok(!isRefusal(parseJson(message)));
    assert.equal(codeOf(parseJson(utf8(`"${"a".repeat(1_048_575)}"`))), "json-too-large");
  });

  it("is UTF-8 without a byte order mark", () => {
    assert.equal(codeOf(parseJson(Uint8Array.of(0x22, 0xff, 0x22))), "json-utf8");
    assert.equal(codeOf(parseJson(utf8("\ufeff1"))), "json-bom");
  });

  it("accepts exactly those texts that it would itself write", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ab_0129-.eu/ \n',
      '"a":',
      '"b":',
      "true",
      "1",
      "\\u0001",
      '\\"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        const value = parseJson(utf8(text));
        if (!isRefusal(value)) assert.equal(jsonToText(value), text);
      }),
      { numRuns: 2_000 },
    );
  });

  it("throws for a value outside the profile: that is the writer's bug", () => {
    const holes: Json[] = [1];
    holes.length = 2;
    const wrong: readonly Json[] = [
      "\ud800",
      1.5,
      -0,
      2 ** 53,
      Number.NaN,
      holes,
      { A: 1 },
      { "": 1 },
      { "1a": 1 },
      { "a-b": 1 },
      { xA: 1 },
      { "A\na": 1 },
      { [`b${"a".repeat(64)}`]: 1 },
      [{ a: ["\udfff"] }],
    ];
    for (const value of wrong) assert.throws(() => encodeJson(value), TypeError);
    assert.throws(() => jsonToText("\ud800"), /surrogate/);
    assert.throws(() => jsonToText(1.5), /safe integers/);
    assert.throws(() => jsonToText(holes), /holes/);
    assert.throws(() => jsonToText({ A: 1 }), /keys/);
  });

  it("writes members in order and passes over those without a value", () => {
    const value: Record<string, Json> = { b: 1, a_0: [true, false], [`a${"z".repeat(63)}`]: "x" };
    Object.assign(value, { c: undefined, "not a key": undefined });
    assert.equal(jsonToText(value), `{"a_0":[true,false],"a${"z".repeat(63)}":"x","b":1}`);
  });

  it("tells an object from everything else", () => {
    assert.ok(isJsonObject({}));
    for (const other of [[], "", 0, true, undefined]) assert.ok(!isJsonObject(other));
  });
});

function codeOf(answer: unknown): string | undefined {
  return isRefusal(answer) ? answer.code : undefined;
}
