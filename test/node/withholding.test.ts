/** Members of a message that are withheld and revealed later (SPEC 13.3.4, 13.3.5), through two nodes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { DraftInput } from "#parley/node/desk.ts";
import { revealOf, withholdMembers } from "#parley/node/withholding.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { noticeBody } from "../kit/materials.ts";
import { accepted, agree, liveChannel, makeWorld, refusedWith, who } from "../kit/world.ts";

const BODY = noticeBody({ victims: { count: 37, pseudonyms: ["V-0001"] } });
const OPENING = { type: "notice.open", role: "watch", envelope: { exposure: "cat1" } } as const;

test("members go, one by one, and nothing else moves", () => {
  const cut = accepted(withholdMembers(nodeBackend, BODY, ["/body/victims/count", "/body/severity"]));
  const { severity, ...rest } = BODY;
  assert.deepEqual(cut.body, { ...rest, victims: { pseudonyms: ["V-0001"] } });
  assert.deepEqual(
    cut.values.map(({ path, value }) => [path, value]),
    [
      ["/body/victims/count", 37],
      ["/body/severity", severity],
    ],
  );
  const again = accepted(withholdMembers(nodeBackend, BODY, ["/body/severity"]));
  assert.notEqual(again.values[0]?.commit, cut.values[1]?.commit, "a salt of its own each time");
  for (const path of ["/body", "/tlp", "/body/none", "/body/victims/pseudonyms/0", "body/severity", ""])
    refusedWith(withholdMembers(nodeBackend, BODY, [path]), "withheld-unknown");
  refusedWith(
    withholdMembers(nodeBackend, BODY, ["/body/victims", "/body/victims/count"]),
    "withheld-unknown",
  );
});

test("a withheld member reaches nobody until it is revealed, across a restart, and then both sides match it", async () => {
  const world = await makeWorld(["meridia", "rimal"]);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  const channel = await agree(world, a, b);
  const input: DraftInput = { ...OPENING, body: BODY, withhold: ["/body/victims"] };
  const drafted = accepted(await a.node.draft(liveChannel(a, channel), who(a, "watch"), input));
  assert(!drafted.preview.text.includes("V-0001"), "what is approved is what leaves");
  const { message } = drafted.draft;
  for (const name of ["releaser1", "releaser2"]) {
    const { id, digest } = drafted.draft;
    await a.node.approve(who(a, name), { draft: id, role: "releaser", digest });
  }
  await world.settle();
  const theirs = b.node.channel(channel)?.casework?.view(world.now).cases[0];
  assert.equal(theirs?.reveals.length, 0);

  await world.restart(a);
  await world.settle();
  const place = { message: String(message["id"]), path: "/body/victims", role: "principal" } as const;
  const reveal = accepted(await a.node.reveal(liveChannel(a, channel), who(a, "principal"), place));
  for (const [name, role] of [
    ["releaser1", "releaser"],
    ["authority", "authority"],
  ] as const) {
    const { id, digest } = reveal.draft;
    const view = accepted(await a.node.approve(who(a, name), { draft: id, role, digest }));
    if (role === "authority") assert(view.said !== undefined, JSON.stringify(view.gate));
  }
  await world.settle();
  for (const side of [a, b]) {
    const [one] = side.node.channel(channel)?.casework?.view(world.now).cases ?? [];
    assert.deepEqual(
      one?.reveals.map(({ path, value }) => [path, value]),
      [["/body/victims", BODY["victims"]]],
    );
  }
  const again = await a.node.reveal(liveChannel(a, channel), who(a, "principal"), place);
  assert(isRefusal(again));
  assert.equal(again.facts["reason"], "already-revealed");
});

test("what this house did not withhold cannot be revealed; a message that needs the member is void", async () => {
  const world = await makeWorld(["meridia", "rimal"]);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  const channel = await agree(world, a, b);
  const live = liveChannel(a, channel);
  const void_ = await a.node.draft(live, who(a, "watch"), {
    ...OPENING,
    body: BODY,
    withhold: ["/body/severity"],
  });
  assert(isRefusal(void_));
  assert.deepEqual([void_.code, void_.facts["code"]], ["gate-void", "E-SCHEMA"]);
  const house: JsonObject[] = [...a.node.core.house.state.redaction.values.values()].map(({ path }) => ({
    path,
  }));
  assert.deepEqual(house, [], "a refused draft leaves no salt behind");
  const unknown = { channel, message: "00000000-0000-7000-8000-000000000000", path: "/body/victims" };
  refusedWith(revealOf(a.node.core, unknown), "withheld-unknown");
});
