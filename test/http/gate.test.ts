/** The gate's checks through the API: a finding, its justification, a hold, the mitigation, two approvals; a blocked draft. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import { stringIn } from "#parley/protocols/body.ts";
import { noticeBody } from "../kit/materials.ts";
import { ask, makeScene, read, refused, type Scene } from "./client.ts";

let scene: Scene;
before(async () => {
  scene = await makeScene();
});
after(() => {
  scene.meridia.api[Symbol.dispose]();
  scene.rimal.api[Symbol.dispose]();
});

async function drafted(text: string): Promise<{ readonly path: string; readonly view: JsonObject }> {
  const envelope = { texts: [{ form: "original", lang: "en", text }] };
  const body = { type: "notice.open", role: "watch", body: noticeBody(), envelope };
  const path = `/channels/${scene.channel}/drafts`;
  const view = await read(await ask(scene.meridia, path, { as: "watch", body }), 201);
  return { path: `/drafts/${stringIn(view, "draft")}`, view };
}

function findingsOf(view: JsonObject): readonly JsonObject[] {
  const gate = view["gate"] as JsonObject;
  return gate["findings"] as readonly JsonObject[];
}

function approvalOf(view: JsonObject): JsonObject {
  const check = stringIn(view["gate"] as JsonObject, "digest");
  return { role: "releaser", digest: stringIn(view, "digest"), check };
}

test("from a finding to what is said", async () => {
  const { path, view } = await drafted("Seen on VLAN 112.");
  const approve = (as: string) => ask(scene.meridia, `${path}/approvals`, { as, body: approvalOf(view) });
  await refused(await approve("releaser1"), 409, "gate-unjustified");
  const [finding] = findingsOf(view);
  assert(finding !== undefined);
  const reason = {
    finding: stringIn(finding, "finding"),
    role: "analyst",
    code: "needed-to-act",
    text: "Asked for.",
  };
  const answered = await ask(scene.meridia, `${path}/justifications`, { as: "analyst", body: reason });
  const [shown] = (await read(answered, 201))["findings"] as readonly JsonObject[];
  assert.equal(stringIn(shown?.["justified"] as JsonObject, "text"), "Asked for.");
  const hold = { as: "analyst", body: { mitigation: true } };
  await read(await ask(scene.meridia, `${path}/hold`, hold), 201);
  await read(await approve("releaser1"), 201);
  assert.equal((await read(await approve("releaser2"), 201))["said"], undefined);
  await scene.world.settle();
  const waiting = await read(await ask(scene.meridia, path, { as: "watch" }));
  assert.equal(waiting["status"], "open");
  const mitigation = { as: "analyst", method: "POST" };
  const noted = await read(await ask(scene.meridia, `${path}/mitigation`, mitigation), 201);
  assert.equal(noted["mitigated"], true);
  await scene.world.settle();
  assert.equal((await read(await ask(scene.meridia, path, { as: "watch" })))["status"], "said");
  const held = await ask(scene.rimal, `/channels/${scene.channel}/cases/${stringIn(view, "case")}`, {
    as: "watch",
  });
  assert.match(JSON.stringify(await read(held)), /Seen on VLAN 112/);
  const ledger = await ask(scene.meridia, `/disclosures?party=${scene.rimal.resident.party}`, {
    as: "analyst",
  });
  const rows = (await ledger.json()) as readonly JsonObject[];
  const row = rows.find((one) => one["id"] === view["message_id"]);
  assert(row !== undefined);
  const [why, ...more] = (row["released"] as JsonObject)["why"] as readonly JsonObject[];
  assert.deepEqual(
    [why?.["rule"], why?.["role"], why?.["code"], why?.["text"]],
    ["vlan", "analyst", "needed-to-act", "Asked for."],
  );
  assert.deepEqual(more, []);
});

test("the mitigation may come before the approvals", async () => {
  const { path, view } = await drafted("The annex.");
  await read(await ask(scene.meridia, `${path}/hold`, { as: "analyst", body: { mitigation: true } }), 201);
  await read(await ask(scene.meridia, `${path}/mitigation`, { as: "analyst", method: "POST" }), 201);
  const body = approvalOf(view);
  await read(await ask(scene.meridia, `${path}/approvals`, { as: "releaser1", body }), 201);
  const last = await read(await ask(scene.meridia, `${path}/approvals`, { as: "releaser2", body }), 201);
  assert.notEqual(last["said"], undefined);
});

test("a blocked draft stays, whoever answers for it", async () => {
  const { path, view } = await drafted("-----BEGIN PRIVATE KEY-----");
  assert.deepEqual((view["gate"] as JsonObject)["results"] && findingsOf(view).map((one) => one["result"]), [
    "blocked",
  ]);
  const finding = stringIn(findingsOf(view)[0] ?? {}, "finding");
  for (const as of ["analyst", "authority", "principal"]) {
    const body = { finding, role: as, code: "ordered", text: "From above." };
    await refused(
      await ask(scene.meridia, `${path}/justifications`, { as, body }),
      409,
      "gate-not-justifiable",
    );
  }
  const body = approvalOf(view);
  await refused(
    await ask(scene.meridia, `${path}/approvals`, { as: "releaser1", body }),
    409,
    "gate-blocked",
  );
  assert.equal((await read(await ask(scene.meridia, path, { as: "watch" })))["status"], "open");
});

test("what the node makes itself is not taken by hand: attachments and what was withheld", async () => {
  for (const made of ["attach", "withheld"]) {
    const body = { type: "notice.open", role: "watch", body: noticeBody(), envelope: { [made]: [] } };
    const path = `/channels/${scene.channel}/drafts`;
    await refused(await ask(scene.meridia, path, { as: "watch", body }), 422, "api-schema");
  }
});
