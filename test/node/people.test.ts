/** People of the own organisation: numbers and tokens are each one person's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeWorld } from "../kit/world.ts";

test("people who are added in the same moment get a number and a token of their own", async () => {
  const { residents } = await makeWorld(["meridia"]);
  const node = residents[0]?.node;
  assert(node !== undefined);
  const added = await Promise.all([
    node.addPerson(["watch"]),
    node.addPerson(["releaser"]),
    node.addPerson(["auditor"]),
  ]);
  assert.equal(new Set(added.map(({ officer }) => officer)).size, added.length);
  for (const { officer, token } of added) assert.equal(node.personOf(token)?.officer, officer);
});
