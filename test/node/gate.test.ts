/** The gate at work (SPEC 14.7): checked, shown, answered for, approved, held, said; and checked again under new rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { parseRuleFile, type RuleFile } from "#parley/gate/checks/rule-set.ts";
import type { DraftView } from "#parley/node/desk.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { ackBody, noticeBody, noticeUpdateBody, words } from "../../tools/demo/case-material.ts";
import { judgeRelease } from "#parley/node/gate-checks.ts";
import {
  accepted,
  agree,
  caseOf,
  liveChannel,
  makeWorld,
  refusedWith,
  speak,
  who,
  type Resident,
  type World,
} from "../kit/world.ts";

async function agreed(): Promise<{ world: World; a: Resident; b: Resident; channel: string }> {
  const world = await makeWorld(["meridia", "rimal"]);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  return { world, a, b, channel: await agree(world, a, b) };
}

/** A notice whose text is this; nobody has approved it. */
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

function approve(a: Resident, { draft, gate }: DraftView, by: string): Promise<DraftView | Refusal> {
  const check = gate.check?.digest ?? "";
  return a.node.approve(who(a, by), { draft: draft.id, role: "releaser", digest: draft.digest, check });
}

function justify(
  a: Resident,
  view: DraftView,
  finding = view.gate.check?.findings[0]?.id ?? "",
): Promise<true | Refusal> {
  const reason = { role: "analyst", code: "needed-to-act", text: "they asked for the host" } as const;
  return a.node.justify(who(a, "analyst"), { draft: view.draft.id, finding, ...reason });
}

function rules(members: object): RuleFile {
  const file = parseRuleFile(
    Buffer.from(JSON.stringify({ format: "parley-gate-rules", version: 1, ...members })),
  );
  assert(!isRefusal(file));
  return file;
}

/** The same node with rules of its own, as after a change of the operator's file. */
async function withRules(resident: Resident, file: RuleFile): Promise<void> {
  resident.node = await ParleyNode.open({ ...resident.node.core.ports, gateRules: () => file });
  await resident.node.tick();
}

async function acknowledge(by: Resident, channel: string, { draft }: DraftView): Promise<void> {
  const body = ackBody(String(draft.message["id"]));
  accepted(await speak(by, channel, { type: "ack", case: String(draft.message["case"]), body }));
}

test("a flagged draft waits for a justification, then for two who saw the findings", async () => {
  const { a, channel } = await agreed();
  const view = await drafted(a, channel, "Seen on VLAN 112.");
  assert.deepEqual(
    view.gate.check?.findings.map(({ rule, result }) => [rule, result]),
    [["vlan", "flagged"]],
  );
  refusedWith(await approve(a, view, "releaser1"), "gate-unjustified");
  refusedWith(await justify(a, view, "no-such-finding"), "gate-finding-unknown");
  refusedWith(
    await a.node.justify(who(a, "watch"), {
      draft: view.draft.id,
      finding: "x",
      role: "watch",
      code: "ordered",
      text: "",
    }),
    "gate-role",
  );
  accepted(await justify(a, view));
  const blind = { draft: view.draft.id, role: "releaser", digest: view.draft.digest } as const;
  refusedWith(await a.node.approve(who(a, "releaser1"), blind), "gate-findings");
  accepted(await approve(a, view, "releaser1"));
  refusedWith(await approve(a, view, "releaser1"), "gate-same-person");
  assert.ok(accepted(await approve(a, view, "releaser2")).said);
});

test("a blocked finding cannot be justified, and nobody can approve it", async () => {
  const { a, channel } = await agreed();
  const view = await drafted(a, channel, "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----");
  assert.equal(view.gate.check?.findings[0]?.result, "blocked");
  refusedWith(await justify(a, view), "gate-not-justifiable");
  refusedWith(await approve(a, view, "releaser1"), "gate-blocked");
});

test("a clean draft needs two approvals and nothing else", async () => {
  const { a, channel } = await agreed();
  const view = await drafted(a, channel, "Please watch 192.0.2.17.");
  assert.deepEqual(view.gate.check?.findings, []);
  const seen = { draft: view.draft.id, role: "releaser", digest: view.draft.digest } as const;
  accepted(await a.node.approve(who(a, "releaser1"), seen));
  assert.ok(accepted(await a.node.approve(who(a, "releaser2"), seen)).said);
});

test("new rules: the draft is checked again, and what was approved before does not count", async () => {
  const { a, channel } = await agreed();
  const view = await drafted(a, channel, "The Falkenauge saw it.");
  accepted(await approve(a, view, "releaser1"));
  await withRules(a, rules({ sensors: ["Falkenauge"] }));
  refusedWith(await approve(a, view, "releaser2"), "gate-unjustified");
  const again = accepted(a.node.viewDraft(view.draft.id));
  assert.deepEqual(
    again.gate.check?.findings.map(({ rule }) => rule),
    ["sensor-listed"],
  );
  accepted(await justify(a, again));
  assert.equal(accepted(await approve(a, again, "releaser2")).said, undefined);
  assert.ok(accepted(await approve(a, again, "releaser1")).said);
});

test("rules raised by the operator block what is only flagged by default", async () => {
  const { a, channel } = await agreed();
  await withRules(a, rules({ blocked: ["vlan"] }));
  const view = await drafted(a, channel, "Seen on VLAN 112.");
  refusedWith(await justify(a, view), "gate-not-justifiable");
});

test("one person is enough for the type, but not for a finding that nobody looked at", async () => {
  const { a, b, channel, world } = await agreed();
  const opened = accepted(await speak(a, channel, { type: "notice.open", body: noticeBody() }));
  await world.settle();
  await acknowledge(b, channel, opened);
  const made = accepted(
    await b.node.draft(liveChannel(b, channel), who(b, "analyst"), {
      type: "notice.assess",
      role: "analyst",
      case: caseOf(opened),
      body: { code: "not-known-will-look", will_revert_by: "2026-11-23T02:10:00Z" },
      envelope: words("Our host dc01.corp.local is clean."),
    }),
  );
  assert.equal(made.said, undefined);
  assert.equal(made.gate.check?.findings[0]?.rule, "internal-host");
});

test("staged disclosure: an approved draft waits for its time, or for the own mitigation", async () => {
  const { world, a, channel } = await agreed();
  const timed = await drafted(a, channel, "The technical annex.");
  const until = encodeInstant(world.now + 3_600);
  accepted(
    await a.node.hold(who(a, "analyst"), { draft: timed.draft.id, hold: { until, mitigation: false } }),
  );
  accepted(await approve(a, timed, "releaser1"));
  assert.equal(accepted(await approve(a, timed, "releaser2")).said, undefined);
  await world.settle(1);
  const { draft } = accepted(a.node.viewDraft(timed.draft.id));
  assert.equal(draft.status, "open");
  refusedWith(await judgeRelease(a.node.core, draft), "gate-held");
  world.now += 3_601;
  await world.settle(1);
  assert.equal(accepted(a.node.viewDraft(timed.draft.id)).draft.status, "said");

  const waiting = await drafted(a, channel, "The second annex.");
  accepted(await a.node.hold(who(a, "analyst"), { draft: waiting.draft.id, hold: { mitigation: true } }));
  accepted(await approve(a, waiting, "releaser1"));
  accepted(await approve(a, waiting, "releaser2"));
  await world.settle(1);
  assert.equal(accepted(a.node.viewDraft(waiting.draft.id)).draft.status, "open");
  accepted(await a.node.mitigated(who(a, "analyst"), waiting.draft.id));
  await world.settle(1);
  assert.equal(accepted(a.node.viewDraft(waiting.draft.id)).draft.status, "said");
});

test("threat 32: two small disclosures to one party that together name a source", async () => {
  const { world, a, channel } = await agreed();
  const source = {
    id: "harbour",
    limit: 2,
    parts: [
      { id: "place", any: ["harbour exchange"] },
      { id: "way", any: ["optical splitter"] },
    ],
  };
  await withRules(a, rules({ sources: [source] }));
  const first = await drafted(a, channel, "We looked at the harbour exchange.");
  assert.deepEqual(first.gate.check?.findings, []);
  accepted(await approve(a, first, "releaser1"));
  accepted(await approve(a, first, "releaser2"));
  const second = await drafted(a, channel, "It was taken by an optical splitter.");
  assert.deepEqual(
    second.gate.check?.findings.map(({ check, rule }) => [check, rule]),
    [["R6", "source-combined"]],
  );
  world.now += 366 * 86_400;
  assert.deepEqual(
    (await import("#parley/gate/checks/combination.ts")).combine(
      second.gate.check?.facets ?? [],
      [{ party: "x", at: 0, facets: ["part:harbour/place"] }],
      { party: "x", asOf: world.now, file: rules({ sources: [source] }) },
    ),
    { sources: [], victims: [] },
  );
});

test("a restart folds findings, justifications and approvals as they were", async () => {
  const { world, a, channel } = await agreed();
  const view = await drafted(a, channel, "Seen on VLAN 112.");
  accepted(await justify(a, view));
  accepted(await approve(a, view, "releaser1"));
  const before = accepted(a.node.viewDraft(view.draft.id)).gate;
  await world.restart(a);
  await world.settle(1);
  assert.deepEqual(accepted(a.node.viewDraft(view.draft.id)).gate, before);
  assert.ok(accepted(await approve(a, view, "releaser2")).said);
});

test("what the demo sends has no finding", async () => {
  const { world, a, b, channel } = await agreed();
  const opened = accepted(await speak(a, channel, { type: "notice.open", body: noticeBody() }));
  await world.settle();
  await acknowledge(b, channel, opened);
  await world.settle();
  const update = accepted(
    await a.node.draft(liveChannel(a, channel), who(a, "watch"), {
      type: "notice.update",
      role: "watch",
      case: caseOf(opened),
      body: noticeUpdateBody(),
    }),
  );
  assert.deepEqual(update.gate.check?.findings, []);
});
