/** The gate under haste: people who act in the same moment, or between two steps of it, get no more than one at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseRuleFile } from "#parley/gate/checks/rule-set.ts";
import type { DraftView } from "#parley/node/desk.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { words } from "../../tools/demo/case-material.ts";
import { noticeBody } from "../kit/materials.ts";
import { accepted, agree, liveChannel, makeWorld, refusedWith, who, type Resident } from "../kit/world.ts";

async function pair(): Promise<{ a: Resident; channel: string }> {
  const world = await makeWorld(["meridia", "rimal"]);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  return { a, channel: await agree(world, a, b) };
}

async function drafted(a: Resident, channel: string, text: string): Promise<DraftView> {
  return accepted(
    await a.node.draft(liveChannel(a, channel), who(a, "watch"), {
      type: "notice.open",
      role: "watch",
      body: noticeBody(),
      envelope: words(text),
    }),
  );
}

function approve(a: Resident, { draft, gate }: DraftView, by: string) {
  const check = gate.check?.digest ?? "";
  const role = by.startsWith("releaser") ? "releaser" : "authority";
  return a.node.approve(who(a, by), { draft: draft.id, role, digest: draft.digest, check });
}

function ownEntries(a: Resident, channel: string): number {
  return liveChannel(a, channel).record.tip(a.party).frontier.size;
}

test("threat 2: two last approvals in one moment say the draft once", async () => {
  const { a, channel } = await pair();
  const view = await drafted(a, channel, "Said once.");
  accepted(await approve(a, view, "releaser1"));
  const before = ownEntries(a, channel);
  const answers = await Promise.all([
    approve(a, view, "releaser2"),
    approve(a, view, "authority"),
    a.node.tick(),
    a.node.tick(),
  ]);
  assert.equal(answers.filter((one) => one !== undefined && !isRefusal(one) && one.said).length, 1);
  assert.equal(ownEntries(a, channel) - before, 1);
});

test("threat 2: a draft that is being said cannot be discarded any more", async () => {
  const { a, channel } = await pair();
  const view = await drafted(a, channel, "Said, and not discarded.");
  accepted(await approve(a, view, "releaser1"));
  const saying = approve(a, view, "releaser2");
  while (!a.node.core.saying.has(view.draft.id)) await Promise.resolve();
  refusedWith(await a.node.discard(who(a, "watch"), view.draft.id), "gate-closed");
  assert.ok(accepted(await saying).said);
});

test("threat 2: a draft that is being discarded cannot be said any more", async () => {
  const { a, channel } = await pair();
  const view = await drafted(a, channel, "Discarded, and not said.");
  accepted(await approve(a, view, "releaser1"));
  const before = ownEntries(a, channel);
  await Promise.all([a.node.discard(who(a, "watch"), view.draft.id), approve(a, view, "releaser2")]);
  assert.equal(ownEntries(a, channel), before);
  assert.equal(accepted(a.node.viewDraft(view.draft.id)).draft.status, "discarded");
});

test("threat 26: an approval of somebody who was taken out before the release counts for nothing", async () => {
  const { a, channel } = await pair();
  const view = await drafted(a, channel, "Approved by one who is gone.");
  accepted(await approve(a, view, "releaser1"));
  accepted(await a.node.deactivatePerson(who(a, "releaser1").officer));
  assert.equal(accepted(await approve(a, view, "releaser2")).said, undefined);
  assert.ok(accepted(await approve(a, view, "authority")).said);
});

test("threat 32: two drafts made side by side do not tell together what neither may tell after the other", async () => {
  const { a, channel } = await pair();
  const parts = [
    { id: "place", any: ["harbour exchange"] },
    { id: "way", any: ["optical splitter"] },
  ];
  const sources = [{ id: "harbour", limit: 2, parts }];
  const file = parseRuleFile(
    Buffer.from(JSON.stringify({ format: "parley-gate-rules", version: 1, sources })),
  );
  assert(!isRefusal(file));
  a.node = await ParleyNode.open({ ...a.node.core.ports, gateRules: () => file });
  await a.node.tick();
  const first = await drafted(a, channel, "We looked at the harbour exchange.");
  const second = await drafted(a, channel, "It was taken by an optical splitter.");
  accepted(await approve(a, second, "releaser1"));
  for (const by of ["releaser1", "releaser2"]) accepted(await approve(a, first, by));
  refusedWith(await approve(a, second, "releaser2"), "gate-unjustified");
  const { gate } = accepted(a.node.viewDraft(second.draft.id));
  assert.deepEqual(
    gate.check?.findings.map(({ rule }) => rule),
    ["source-combined"],
  );
});
