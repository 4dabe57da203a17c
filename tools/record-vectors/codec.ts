/** Vectors of chapter 1: strict JSON, binary in text, instants, bundles, notes. */
import { concatBytes, utf8 } from "#parley/codec/bytes.ts";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { bytesToInput, repeatToInput, type InputBytes, type Vector } from "./vector.ts";

type Row = readonly [name: string, expect: string, input: string | Uint8Array | InputBytes];

const MEBIBYTE = 1_048_576;

const JSON_ROWS: readonly Row[] = [
  ["good-object", "accept", '{"a":1,"a_b":[true,false,""],"b":{"c":-7}}'],
  ["good-integers", "accept", "[0,-1,9007199254740991,-9007199254740991]"],
  ["good-escapes", "accept", '["\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f/\u007f\u2028é😀"]'],
  ["good-depth-32", "accept", "[".repeat(32) + "]".repeat(32)],
  ["good-largest", "accept", repeatToInput("a", MEBIBYTE - 2, '"', '"')],
  ["too-large", "json-too-large", repeatToInput("a", MEBIBYTE - 1, '"', '"')],
  ["utf8-truncated", "json-utf8", Uint8Array.of(0x22, 0xc3, 0x22)],
  ["utf8-overlong", "json-utf8", Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ["utf8-surrogate", "json-utf8", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ["bom", "json-bom", Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
  ["empty", "json-syntax", ""],
  ["trailing-comma", "json-syntax", "[1,]"],
  ["raw-control", "json-syntax", '"\u0001"'],
  ["two-values", "json-syntax", "{}{}"],
  ["space-between", "json-whitespace", '{"a": 1}'],
  ["line-feed-at-end", "json-whitespace", "{}\n"],
  ["fraction", "json-number", "[1.0]"],
  ["exponent", "json-number", "[1e2]"],
  ["minus-zero", "json-number", "[-0]"],
  ["leading-zero", "json-number", "[01]"],
  ["too-big", "json-number", "[9007199254740992]"],
  ["null", "json-null", '{"a":null}'],
  ["key-upper-case", "json-key", '{"A":1}'],
  ["key-proto", "json-key", '{"__proto__":1}'],
  ["key-escaped", "json-key", '{"\\u0061":1}'],
  ["key-65-characters", "json-key", `{"${"a".repeat(65)}":1}`],
  ["key-order", "json-key-order", '{"b":1,"a":2}'],
  ["duplicate-key", "json-duplicate-key", '{"a":1,"a":2}'],
  ["escaped-slash", "json-escape", '["\\/"]'],
  ["escaped-letter", "json-escape", '["\\u0041"]'],
  ["escape-upper-case", "json-escape", '["\\u001F"]'],
  ["escape-long-form", "json-escape", '["\\u000a"]'],
  ["lone-surrogate", "json-surrogate", '["\\ud800"]'],
  ["depth-33", "json-depth", "[".repeat(33) + "]".repeat(33)],
];

const BASE64_ROWS: readonly Row[] = [
  ["url-good", "accept", "-_8"],
  ["url-padding", "base64-invalid", "-_8="],
  ["url-standard-alphabet", "base64-invalid", "+/8"],
  ["url-spare-bits", "base64-invalid", "-_9"],
  ["url-impossible-length", "base64-invalid", "AAAAA"],
  ["url-space", "base64-invalid", "AA A"],
  ["standard-good", "accept", "+/8="],
  ["standard-no-padding", "base64-invalid", "+/8"],
  ["standard-url-alphabet", "base64-invalid", "-_8="],
  ["standard-spare-bits", "base64-invalid", "+/9="],
  ["standard-too-much-padding", "base64-invalid", "+/8=="],
  ["standard-line-feed", "base64-invalid", "+/8=\n"],
];

const TIME_ROWS: readonly Row[] = [
  ["good", "accept", "2026-11-22T15:25:50Z"],
  ["leap-day", "accept", "2024-02-29T00:00:00Z"],
  ["no-leap-day", "time-invalid", "2026-02-29T00:00:00Z"],
  ["century-no-leap-day", "time-invalid", "2100-02-29T00:00:00Z"],
  ["leap-second", "time-invalid", "2016-12-31T23:59:60Z"],
  ["fraction", "time-invalid", "2026-11-22T15:25:50.0Z"],
  ["offset", "time-invalid", "2026-11-22T15:25:50+00:00"],
  ["lower-case", "time-invalid", "2026-11-22t15:25:50z"],
  ["hour-24", "time-invalid", "2026-11-22T24:00:00Z"],
  ["year-below-100", "time-invalid", "0099-01-01T00:00:00Z"],
];

const MAGIC = "parley-bundle/1\n";

const BUNDLE_ROWS: readonly Row[] = [
  ["empty", "accept", MAGIC],
  [
    "good",
    "accept",
    encodeBundle([
      { type: "entry", bytes: utf8("{}") },
      { type: "leaves", bytes: new Uint8Array(0) },
    ]),
  ],
  ["other-version", "bundle-magic", "parley-bundle/2\n"],
  ["no-bytes", "bundle-magic", ""],
  ["leading-zero", "bundle-record", `${MAGIC}entry 02\n{}\n`],
  ["eleven-digits", "bundle-record", `${MAGIC}entry 00000000002\n{}\n`],
  ["wrong-length", "bundle-record", `${MAGIC}entry 1\n{}\n`],
  ["carriage-return", "bundle-record", `${MAGIC}entry 2\r\n{}\n`],
  ["unknown-type", "bundle-type", `${MAGIC}archive 2\n{}\n`],
  ["no-last-line-feed", "bundle-truncated", `${MAGIC}entry 2\n{}`],
  ["cut-in-header", "bundle-truncated", `${MAGIC}entry`],
  ["256-entries", "accept", repeatToInput("entry 0\n\n", 256, MAGIC)],
  ["257-entries", "too-many", repeatToInput("entry 0\n\n", 257, MAGIC)],
  ["over-64-mib", "too-large", repeatToInput("x", 64 * MEBIBYTE, MAGIC)],
];

const LINE = "— node.example AAAAAAA=\n";

const NOTE_ROWS: readonly Row[] = [
  ["good", "accept", `text\n\n${LINE}`],
  ["empty-lines-inside", "accept", `text\n\nmore\n\n${LINE}`],
  ["32-lines", "accept", `text\n\n${LINE.repeat(32)}`],
  ["33-lines", "note-too-many-signatures", `text\n\n${LINE.repeat(33)}`],
  ["too-large", "note-too-large", repeatToInput("x", 131_072, "", `\n\n${LINE}`)],
  ["no-signature", "note-malformed", "text\n\n"],
  ["no-empty-line", "note-malformed", `text\n${LINE}`],
  ["empty-text", "note-malformed", `\n\n${LINE}`],
  ["hyphen-for-dash", "note-malformed", "text\n\n- node.example AAAAAAA=\n"],
  ["plus-in-name", "note-malformed", "text\n\n— node+example AAAAAAA=\n"],
  ["key-id-alone", "note-malformed", "text\n\n— node.example AAAAAA==\n"],
  ["control-character", "note-malformed", `te\tt\n\n${LINE}`],
  ["not-utf8", "note-malformed", concatBytes(Uint8Array.of(0xff), utf8(`text\n\n${LINE}`))],
  ["no-last-line-feed", "note-malformed", `text\n\n${LINE.trimEnd()}`],
];

export function codecVectors(): readonly Vector[] {
  return [
    ...rowsOf("json", "1.2", JSON_ROWS),
    ...rowsOf("base64", "1.3", BASE64_ROWS),
    ...rowsOf("time", "1.4", TIME_ROWS),
    ...rowsOf("bundle", "1.5", BUNDLE_ROWS),
    ...rowsOf("note", "1.6", NOTE_ROWS),
  ];
}

function rowsOf(kind: string, clause: string, rows: readonly Row[]): readonly Vector[] {
  return rows.map(([name, expect, input]) => {
    const bytes =
      typeof input === "string"
        ? bytesToInput(utf8(input))
        : input instanceof Uint8Array
          ? bytesToInput(input)
          : input;
    return { folder: "codec", name: `${kind}-${name}`, kind, expect, clause, input: { input: bytes } };
  });
}
