/** `draft show|justify|hold|mitigated` and `approve` against a node's API: from a finding to a message that is said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { agree, makeWorld, type Resident, type World } from "../kit/world.ts";
import { noticeBody } from "../kit/materials.ts";
import { done, json, makeOffice, type Office } from "./office.ts";
import { backend } from "./desk.ts";

interface Scene {
  readonly world: World;
  readonly a: Resident;
  readonly office: Office;
}

async function sit(): Promise<Scene> {
  const world = await makeWorld(["meridia", "rimal"], backend);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  await agree(world, a, b);
  const office = await makeOffice(world, a);
  office.files.set("notice.json", new TextEncoder().encode(JSON.stringify(noticeBody())));
  return { world, a, office };
}

interface Shown {
  readonly draft: string;
  readonly digest: string;
  readonly said?: object;
  readonly gate: {
    readonly digest: string;
    readonly mitigated: boolean;
    readonly findings: readonly { readonly finding: string; readonly rule: string }[];
  };
}

async function drafted({ office }: Scene, text: string): Promise<Shown> {
  const notice = ["notice", "RIMAL", "--body", "notice.json", "--text", text, "--json"];
  return json(await office.run(...notice)) as unknown as Shown;
}

test("a finding is answered for, the draft held, the mitigation recorded, and two approvals say it", async () => {
  const scene = await sit();
  const { world, a, office } = scene;
  const { run } = office;
  const { draft, digest, gate } = await drafted(scene, "Seen on VLAN 112.");
  const approve = (by: string, ...more: readonly string[]) =>
    run("approve", draft, "--as", by, "--digest", digest, ...more);
  assert.match((await approve("releaser1")).out, /refused gate-unjustified layer=gate clause=14[.]7[.]3/);
  const [finding] = gate.findings;
  assert(finding !== undefined);
  const answer = ["draft", "justify", draft, finding.finding, "--reason", "needed-to-act"];
  assert.equal((await run(...answer)).status, 2, "no words, no justification");
  done(await run(...answer, "--text", "They asked for it."));
  done(await run("draft", "hold", draft, "--mitigation"));
  assert.match((await approve("releaser1")).out, /refused gate-findings/);
  done(await approve("releaser1", "--findings", gate.digest));
  const second = json(await approve("releaser2", "--findings", gate.digest, "--json"));
  assert.equal(second["said"], undefined, "it waits for the own mitigation");
  await world.settle(1);
  assert.equal(statusOf(a, draft), "open");
  assert.match(done(await run("draft", "mitigated", draft)), new RegExp(`Recorded: ${draft}`));
  assert.deepEqual([office.sent.at(-1)?.body, office.sent.at(-1)?.contentType], [undefined, undefined]);
  await world.settle(1);
  assert.equal(statusOf(a, draft), "said");
  const shown = done(await run("draft", "show", draft));
  assert.match(shown, /answered for by officer \d+ as analyst/);
  assert.match((await run("draft", "mitigated", draft)).out, /refused gate-closed/);
});

test("a blocked draft takes no justification and no approval", async () => {
  const scene = await sit();
  const { run } = scene.office;
  const { draft, digest, gate } = await drafted(scene, "-----BEGIN PRIVATE KEY-----");
  assert.deepEqual(
    gate.findings.map(({ rule }) => rule),
    ["private-key"],
  );
  const words = ["--reason", "ordered", "--text", "Somebody wants it out."];
  const justified = await run("draft", "justify", draft, gate.findings[0]?.finding ?? "", ...words);
  assert.match(justified.out, /refused gate-not-justifiable/);
  const by = ["--as", "releaser1", "--digest", digest, "--findings", gate.digest];
  const approved = await run("approve", draft, ...by);
  assert.equal(approved.status, 1);
  assert.match(approved.out, /refused gate-blocked/);
  assert.equal(statusOf(scene.a, draft), "open");
});

function statusOf({ node }: Resident, draft: string): string {
  const view = node.viewDraft(draft);
  assert(!isRefusal(view));
  return view.draft.status;
}

test("what a message withheld is revealed by a draft that two persons release", async () => {
  const { world, a, office } = await sit();
  const [channel] = a.node.core.channels.values();
  assert(channel !== undefined);
  const drafter = [...a.node.core.house.state.people.values()].find(({ roles }) => roles.includes("watch"));
  assert(drafter !== undefined);
  const made = await a.node.draft(channel, drafter, {
    type: "notice.open",
    role: "watch",
    body: noticeBody({ victims: { count: 37 } }),
    envelope: { exposure: "cat1" },
    withhold: ["/body/victims"],
  });
  assert(!isRefusal(made));
  const release = async ({ draft, digest }: { readonly draft: string; readonly digest: string }) => {
    for (const by of ["releaser1", "releaser2"])
      done(await office.run("approve", draft, "--as", by, "--digest", digest));
    await world.settle();
  };
  await release({ draft: made.draft.id, digest: made.draft.digest });
  const message = String(made.draft.message["id"]);
  const waiting = done(await office.run("reveal", message, "/body/victims"));
  assert.match(waiting, /reveal[\s\S]*Approvals so far: 0 of 2/);
  const drafts = json(await office.run("drafts", "--json")) as unknown as readonly Shown[];
  const [reveal] = drafts;
  assert(reveal !== undefined && drafts.length === 1);
  await release(reveal);
  const [kase] = channel.casework?.view(world.now).cases ?? [];
  assert.deepEqual(
    kase?.reveals.map(({ path, value }) => [path, value]),
    [["/body/victims", { count: 37 }]],
  );
  const again = await office.run("reveal", message, "/body/severity");
  assert.match(again.out, /refused withheld-unknown/);
});
