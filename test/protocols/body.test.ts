/** SPEC 9.1: reading a checked body; a member that was never checked is a bug and throws. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import { codeIn, codesIn, flagIn, integerIn, objectIn, objectsIn, stringIn } from "#parley/protocols/body.ts";

const BODY: JsonObject = {
  word: "b",
  count: 3,
  yes: true,
  no: false,
  map: { x: 1 },
  maps: [{ x: 1 }],
  list: ["c", "a"],
};
const LIST = ["a", "b", "c"] as const;

test("9.1: members of the right shape", () => {
  assert.equal(stringIn(BODY, "word"), "b");
  assert.equal(integerIn(BODY, "count"), 3);
  assert.deepEqual([flagIn(BODY, "yes"), flagIn(BODY, "no"), flagIn(BODY, "absent")], [true, false, false]);
  assert.equal(codeIn(LIST, BODY, "word"), "b");
  assert.deepEqual(codesIn(LIST, BODY, "list"), ["a", "c"], "in the order of the code list");
  assert.deepEqual(objectIn(BODY, "map"), { x: 1 });
  assert.deepEqual(objectsIn(BODY, "maps"), [{ x: 1 }]);
});

test("9.1: a wrong shape throws, names the member and shows nothing of its value", () => {
  const wrong: readonly (() => unknown)[] = [
    () => stringIn(BODY, "count"),
    () => integerIn(BODY, "word"),
    () => codeIn(["x"], BODY, "word"),
    () => codesIn(LIST, BODY, "map"),
    () => objectIn(BODY, "list"),
    () => objectsIn(BODY, "list"),
    () => objectsIn(BODY, "absent"),
    () => stringIn(BODY, "absent"),
  ];
  for (const read of wrong)
    assert.throws(read, /^TypeError: body member [a-z]+ was not checked against its schema$/);
});
