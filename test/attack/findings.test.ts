/** Threat 26: an approval under one list of findings never counts under another (SPEC 14.7.4, 17.2.1). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseRuleFile } from "#parley/gate/checks/rule-set.ts";
import type { DraftView } from "#parley/node/desk.ts";
import { checkOpened, openApprovals } from "#parley/node/open-approvals.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { parseApprovals } from "#parley/party/approvals.ts";
import { noticeBody, words } from "../../tools/demo/case-material.ts";
import { approvalOf, assertionFor, DOOR, enrol, openDraft, personOf } from "../kit/passkeys.ts";
import { accepted, agree, liveChannel, makeWorld, refusedWith, who, type Resident } from "../kit/world.ts";

async function makeScene(text: string) {
  const world = await makeWorld(["meridia", "rimal"]);
  const [meridia, rimal] = world.residents;
  assert.ok(meridia !== undefined && rimal !== undefined);
  const channel = await agree(world, meridia, rimal);
  const { device: first } = await enrol(meridia, "releaser1");
  const { device: second } = await enrol(meridia, "releaser2");
  const view = await openDraft(meridia, channel, {
    type: "notice.open",
    body: noticeBody(),
    ...words(text),
  });
  return { world, meridia, rimal, channel, first, second, view };
}

async function justify(resident: Resident, { draft, gate }: DraftView): Promise<void> {
  for (const { id: finding } of gate.check?.findings ?? [])
    accepted(
      await resident.node.justify(who(resident, "analyst"), {
        draft: draft.id,
        finding,
        role: "analyst",
        code: "needed-to-act",
        text: "They asked for it.",
      }),
    );
}

/** The same node after its operator listed one more sensor. */
async function withSensor(resident: Resident, sensors: readonly string[]): Promise<void> {
  const file = parseRuleFile(
    Buffer.from(JSON.stringify({ format: "parley-gate-rules", version: 1, sensors })),
  );
  assert.ok(!isRefusal(file));
  resident.node = await ParleyNode.open({ ...resident.node.core.ports, gateRules: () => file });
  await resident.node.tick();
}

function seen(view: DraftView, assertion?: Parameters<typeof approvalOf>[1]) {
  const check = view.gate.check?.digest;
  return { ...approvalOf(view, assertion), ...(check !== undefined && { check }) };
}

describe("approvals with a key, of a draft with findings", () => {
  it("two devices sign the findings too; the other side checks both under one list", async () => {
    const { world, meridia, rimal, channel, first, second, view } = await makeScene("Seen on VLAN 112.");
    await justify(meridia, view);
    const { check: _, ...unfound } = view.gate;
    const blind = assertionFor(world, first, { ...view, gate: unfound });
    refusedWith(
      await meridia.node.approve(personOf(meridia, "releaser1"), seen(view, blind)),
      "assertion-challenge",
    );
    let said: DraftView["said"];
    for (const [name, device] of [
      ["releaser1", first],
      ["releaser2", second],
    ] as const) {
      const begun = accepted(
        await meridia.node.signIn.approvalOptions(DOOR, personOf(meridia, name), {
          draft: view.draft.id,
          role: "releaser",
        }),
      );
      assert.equal(begun.check, view.gate.check?.digest);
      const approval = seen(view, device.assert(begun.challenge));
      ({ said } = accepted(await meridia.node.approve(personOf(meridia, name), approval)));
    }
    assert.ok(said !== undefined);
    await world.settle();
    const file = await openApprovals(meridia.node.core, liveChannel(meridia, channel), said.seq);
    assert.ok(file !== undefined);
    const opened = accepted(parseApprovals(file));
    assert.equal(opened.check, view.gate.check?.digest);
    accepted(await checkOpened(rimal.node.core, liveChannel(rimal, channel), file));
  });

  it("what was signed before the rules changed counts for nothing after, whoever writes it there", async () => {
    const { world, meridia, first, second, view } = await makeScene("The Falkenauge saw it.");
    assert.deepEqual(view.gate.check?.findings, []);
    const early = assertionFor(world, first, view);
    accepted(await meridia.node.approve(personOf(meridia, "releaser1"), seen(view, early)));
    await withSensor(meridia, ["Falkenauge"]);
    const { officer } = personOf(meridia, "releaser1");
    refusedWith(await meridia.node.approve(personOf(meridia, "releaser2"), seen(view)), "gate-unjustified");
    const again = accepted(meridia.node.viewDraft(view.draft.id));
    await justify(meridia, again);
    // The administrator of the host says that the early signature is one of the new findings.
    const claim = { ...seen(again, early), type: "house.approval" as const, officer };
    await meridia.node.core.record(claim);
    assert.deepEqual(meridia.node.core.house.people.state.unsound.at(-1), {
      record: "house.approval",
      code: "assertion-challenge",
      officer,
    });
    const later = assertionFor(world, second, again);
    const after = accepted(await meridia.node.approve(personOf(meridia, "releaser2"), seen(again, later)));
    assert.equal(after.said, undefined, "one approval covers the new findings");
    // Nor does one of findings count where nothing is found any more.
    await withSensor(meridia, ["Another"]);
    const clean = assertionFor(world, second, view);
    refusedWith(
      await meridia.node.approve(
        personOf(meridia, "releaser1"),
        seen(view, assertionFor(world, first, view)),
      ),
      "gate-same-person",
    );
    assert.equal(accepted(meridia.node.viewDraft(view.draft.id)).draft.status, "open");
    assert.ok(accepted(await meridia.node.approve(personOf(meridia, "releaser2"), seen(view, clean))).said);
  });
});
