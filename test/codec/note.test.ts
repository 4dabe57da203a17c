/** Signed notes: what C2SP allows in text, names and lines, and where the text ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64, utf8 } from "#parley/codec/bytes.ts";
import { encodeNote, KEY_ID_BYTES, parseNote } from "#parley/codec/note.ts";
import { isRefusal, refuse } from "#parley/codec/refusal.ts";

const BLOB = encodeBase64(Uint8Array.of(1, 2, 3, 4, 5, 6));
const LINE = `— name ${BLOB}\n`;

test("a note is its text, with its last line feed, and its lines", () => {
  const note = parseNote(utf8(`one\n\ntwo\n\n${LINE}— other.name ${BLOB}\n`));
  assert.ok(!isRefusal(note));
  assert.equal(note.text, "one\n\ntwo\n");
  assert.deepEqual(
    note.lines.map(({ name }) => name),
    ["name", "other.name"],
  );
  const [line] = note.lines;
  assert.deepEqual(line?.keyId, Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(line.signature, Uint8Array.of(5, 6));
  assert.equal(KEY_ID_BYTES, 4);
  assert.deepEqual(encodeNote(note), utf8(`one\n\ntwo\n\n${LINE}— other.name ${BLOB}\n`));
});

test("what is no note is refused", () => {
  const bad = [
    "",
    "\n",
    "\n\n",
    `\n\n${LINE}`,
    `text\n${LINE}`,
    `text${LINE}`,
    `text\n\n${LINE.slice(0, -1)}`,
    `text\n\n${LINE.slice(0, -1)}x`,
    "text\n\n",
    `text\n\n${LINE}\n`,
    `text\n\n- name ${BLOB}\n`,
    `text\n\n—name ${BLOB}\n`,
    `text\n\nx— name ${BLOB}\n`,
    `text\n\n— name\n`,
    `text\n\n—  ${BLOB}\n`,
    `text\n\n— name  ${BLOB}\n`,
    `text\n\n— name ${BLOB} more\n`,
    `text\n\n— na+me ${BLOB}\n`,
    `text\n\n— na\u00a0me ${BLOB}\n`,
    `text\n\n— name ${BLOB.slice(1)}\n`,
    `text\n\n— name ${encodeBase64(Uint8Array.of(1, 2, 3, 4))}\n`,
    `text\n\n— name \n`,
    `text\n\n${LINE}junk\n`,
    `te\u0000xt\n\n${LINE}`,
    `te\txt\n\n${LINE}`,
    `te\u000bxt\n\n${LINE}`,
    `te\rxt\n\n${LINE}`,
    `te\u001fxt\n\n${LINE}`,
  ];
  for (const text of bad) assert.equal(codeOf(parseNote(utf8(text))), "note-malformed", JSON.stringify(text));
  assert.equal(codeOf(parseNote(Uint8Array.of(0xff, 0x0a, 0x0a))), "note-malformed");
  assert.ok(!isRefusal(parseNote(utf8(`te xt\u007f—é\n\n— a ${encodeBase64(new Uint8Array(5))}\n`))));
});

test("lines and bytes have a limit, which is itself allowed", () => {
  const lines = (count: number) => parseNote(utf8(`text\n\n${LINE.repeat(count)}`));
  assert.ok(!isRefusal(lines(32)));
  const many = lines(33);
  assert.ok(isRefusal(many));
  assert.deepEqual([many.code, many.facts], ["note-too-many-signatures", { lines: 33 }]);
  const rest = utf8(`\n\n${LINE}`).length;
  const sized = (size: number) => parseNote(utf8(`${"a".repeat(size - rest)}\n\n${LINE}`));
  assert.ok(!isRefusal(sized(131_072)));
  const large = sized(131_073);
  assert.ok(isRefusal(large));
  assert.deepEqual([large.code, large.facts], ["note-too-large", { size: 131_073 }]);
});

test("nothing read from JSON is a refusal, and a refusal cannot be changed", () => {
  const refusal = refuse("note-malformed", { at: 1 });
  assert.ok(isRefusal(refusal) && Object.isFrozen(refusal));
  assert.deepEqual(refuse("note-malformed").facts, {});
  const copied: unknown = JSON.parse(JSON.stringify(refusal));
  for (const other of [copied, null, undefined, "refusal", 1, () => refusal]) assert.ok(!isRefusal(other));
});

function codeOf(answer: unknown): string | undefined {
  return isRefusal(answer) ? answer.code : undefined;
}
