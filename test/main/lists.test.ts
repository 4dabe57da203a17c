/** A started node and the folder `lists/` of its data directory (SPEC 16.1). */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { makeParty, scratch, start } from "./two-nodes.ts";

test("a node without the folder has no lists; lists that are put there are found at the next question", async () => {
  await using place = await scratch();
  const party = await makeParty(place.path, "MERIDIA");
  await using running = await start(party);
  const { packs } = running.node;
  const none = await packs.lists();
  assert(isRefusal(none));
  assert.equal(none.code, "screen-lists-none");

  await mkdir(join(party.directory, "lists/tor"), { recursive: true });
  await writeFile(join(party.directory, "lists/tor/exits-2026-11-22.lst"), "192.0.2.17\n");
  await writeFile(join(party.directory, "lists/broken.json"), "{");
  const report = await packs.lists();
  assert(!isRefusal(report));
  assert.deepEqual(
    report.map((one) => [one.path, one.loaded]),
    [
      ["broken.json", false],
      ["tor/exits-2026-11-22.lst", true],
    ],
  );
  const answer = await packs.screen({ indicators: "192.0.2.17", day: "2026-11-22" });
  assert(!isRefusal(answer));
  assert.deepEqual(answer.screened[0]?.found, ["tor-exit-on-date"]);
});
