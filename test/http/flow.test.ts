/** A whole case through the API alone, by role tokens: notice, request, insufficient, supplement, outcome, verify. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { objectIn, stringIn } from "#parley/protocols/body.ts";
import { verifyOneMessage } from "#parley/transcript/open-one.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import * as material from "../kit/materials.ts";
import { ask, makeScene, read, refused, type Desk, type Scene } from "./client.ts";

let scene: Scene;
/** The request. */
let kase = "";

before(async () => {
  scene = await makeScene();
});
after(() => {
  scene.meridia.api[Symbol.dispose]();
  scene.rimal.api[Symbol.dispose]();
});

interface Speech {
  readonly type: string;
  readonly role: string;
  readonly as: string;
  readonly body: JsonObject;
  readonly case?: string;
  readonly envelope?: JsonObject;
  readonly approvers?: readonly (readonly [string, string])[];
}

/** Draft, approvals, settled. */
async function say(desk: Desk, { as, approvers = [], ...speech }: Speech): Promise<JsonObject> {
  let draft = await read(await ask(desk, `/channels/${scene.channel}/drafts`, { as, body: speech }), 201);
  for (const [approver, role] of approvers) {
    const path = `/drafts/${stringIn(draft, "draft")}/approvals`;
    draft = await read(await ask(desk, path, { as: approver, body: { role, digest: draft["digest"] } }), 201);
  }
  assert.equal(draft["status"], "said", speech.type);
  await scene.world.settle();
  return draft;
}

/** What Rimal says in the case of the request. */
function answer(speech: Omit<Speech, "case">): Promise<JsonObject> {
  return say(scene.rimal, { ...speech, case: kase });
}

const ASSESSED = [
  ["analyst", "analyst"],
  ["releaser1", "releaser"],
] as const;

const RELEASED = [
  ["releaser1", "releaser"],
  ["releaser2", "releaser"],
] as const;

describe("a case through the API", () => {
  it("notice, acknowledged", async () => {
    const { meridia, rimal, channel } = scene;
    const notice = await say(meridia, {
      type: "notice.open",
      as: "analyst",
      role: "analyst",
      body: material.noticeBody(),
      approvers: RELEASED,
    });
    const duty = await read(await ask(rimal, `/channels/${channel}/boards/duty`, { as: "watch" }));
    assert(
      Array.isArray(duty["youOwe"]) && duty["youOwe"].length > 0,
      "the other side owes an acknowledgement",
    );
    await say(rimal, {
      type: "ack",
      as: "watch",
      role: "watch",
      case: stringIn(notice, "case"),
      body: material.ackBody(stringIn(notice, "message_id")),
    });
    const path = `/channels/${channel}/cases/${stringIn(notice, "case")}`;
    const seen = await read(await ask(meridia, path, { as: "auditor" }));
    assert.equal(seen["status"], "acknowledged");
    assert.deepEqual(
      await read(await ask(rimal, path, { as: "watch" })),
      seen,
      "both sides show the same case",
    );
  });

  it("a pack is judged before it is drafted, by the criteria it lacks", async () => {
    const { meridia, channel } = scene;
    const evaluate = {
      pack: material.packWithoutPorts(),
      asks: [{ code: "A05", legal_basis: "none-voluntary" }],
      life_safety: false,
    };
    const judged = await read(
      await ask(meridia, `/channels/${channel}/evaluate`, { as: "analyst", body: evaluate }),
    );
    const enough = judged["enough"] as { missingFor: readonly { ask: string; anyOf: readonly string[][] }[] };
    assert.deepEqual(
      enough.missingFor.map(({ ask: code, anyOf }) => [code, anyOf]),
      [["A05", [["E04"]]]],
    );
  });

  it("request: insufficient, supplement, sufficient", async () => {
    const { meridia } = scene;
    const opened = await say(meridia, {
      type: "request.open",
      as: "authority",
      role: "authority",
      body: material.requestBody({ sufficient: false }),
      approvers: RELEASED,
    });
    kase = stringIn(opened, "case");
    await answer({
      type: "ack",
      as: "watch",
      role: "watch",
      body: material.ackBody(stringIn(opened, "message_id")),
    });
    await answer({
      type: "request.verdict",
      as: "authority",
      role: "authority",
      body: material.verdictBody([
        { ask: 1, verdict: "sufficient" },
        { ask: 2, verdict: "insufficient", items: ["E04"] },
      ]),
      approvers: ASSESSED,
    });
    await say(meridia, {
      type: "request.supplement",
      as: "authority",
      role: "authority",
      case: kase,
      body: material.supplementBody([2]),
      approvers: RELEASED,
    });
    await answer({
      type: "request.verdict",
      as: "authority",
      role: "authority",
      body: material.verdictBody([{ ask: 2, verdict: "sufficient" }]),
      approvers: ASSESSED,
    });
  });

  it("accepted in part, outcome, an observation that differs", async () => {
    const { meridia, rimal, channel } = scene;
    await answer({
      type: "request.decide",
      as: "authority",
      role: "authority",
      body: material.decideBody([
        { ask: 1, decision: "accepted" },
        { ask: 2, decision: "accepted-partly" },
      ]),
    });
    await answer({ type: "request.progress", as: "watch", role: "watch", body: material.progressBody() });
    await answer({
      type: "request.outcome",
      as: "authority",
      role: "authority",
      body: material.outcomeBody({ 1: "O01", 2: "O05" }),
    });
    await say(meridia, {
      type: "request.verify",
      as: "analyst",
      role: "analyst",
      case: kase,
      body: material.verifyBody({ 1: "V1", 2: "V3" }),
    });

    const path = `/channels/${channel}/cases/${kase}`;
    const shown = await read(await ask(meridia, path, { as: "watch" }));
    assert.equal(shown["status"], "not_verified");
    assert.deepEqual(shown["matrix"], [
      {
        ask: 1,
        code: "A01",
        verdict: "sufficient",
        decision: "accepted",
        outcome: ["O01"],
        verification: "V1",
      },
      {
        ask: 2,
        code: "A05",
        verdict: "sufficient",
        decision: "accepted-partly",
        outcome: ["O05"],
        verification: "V3",
      },
    ]);
    assert.equal((shown["evaluation"] as JsonObject)["level"], "S2");
    assert.deepEqual((await read(await ask(rimal, path, { as: "watch" })))["matrix"], shown["matrix"]);
    const listed = await read(
      await ask(meridia, `/channels/${channel}/cases?protocol=request&open=true`, { as: "watch" }),
    );
    assert.equal((listed as unknown as readonly unknown[]).length, 1);
  });

  it("entries, proof and transcript are read by their own verifiers", async () => {
    const { meridia, channel } = scene;
    const backend = createNodeBackend();
    const feed = meridia.resident.party;
    const page = await read(
      await ask(meridia, `/channels/${channel}/entries?feed=${feed}&from=2&limit=2`, { as: "watch" }),
    );
    const [entry] = page["entries"] as readonly JsonObject[];
    assert.equal(entry?.["type"], "notice.open");
    assert.equal(page["next"], 4);
    const proof = await ask(meridia, `/channels/${channel}/proofs/${feed}/2`, { as: "watch" });
    const disposition = proof.headers.get("content-disposition");
    assert.equal(disposition, 'attachment; filename="proof-2.parley"');
    const trust = {
      parties: [feed, scene.rimal.resident.party],
      channels: [channel],
      witnesses: [],
      groups: [],
      quorum: "none",
    };
    const said = verifyOneMessage(backend, await proof.bytes(), trust);
    assert(!isRefusal(said), isRefusal(said) ? said.code : "");
    assert.equal(said.party, feed);
    const transcript = await ask(meridia, `/channels/${channel}/transcript`, { as: "auditor" });
    const report = verifyTranscript(backend, await transcript.bytes(), trust);
    assert.equal(report.verdict, "complete");
    await refused(
      await ask(meridia, `/channels/${channel}/proofs/${feed}/9999`, { as: "watch" }),
      404,
      "api-unknown",
    );
  });

  it("the file that one side carries is the inbox of the other", async () => {
    const { meridia, rimal, world, channel } = scene;
    world.cut.add("meridia>rimal");
    const check = {
      type: "comms_check.ping",
      role: "watch",
      body: material.checkPingBody(),
      envelope: material.CHECK_ENVELOPE,
    };
    const ping = await read(
      await ask(meridia, `/channels/${channel}/drafts`, { as: "watch", body: check }),
      201,
    );
    const file = await ask(meridia, `/channels/${channel}/outbox`, { as: "watch" });
    const headers = { "content-type": "application/octet-stream" };
    const reply = await ask(rimal, "/inbox", {
      as: "watch",
      method: "POST",
      body: await file.bytes(),
      headers,
    });
    assert.equal(reply.status, 200);
    await ask(meridia, "/inbox", { as: "watch", method: "POST", body: await reply.bytes(), headers });
    const path = `/channels/${channel}/cases/${stringIn(ping, "case")}`;
    const seen = await read(await ask(rimal, path, { as: "watch" }));
    assert.equal(seen["protocol"], "comms_check");
    const [own] = (await read(await ask(meridia, path, { as: "watch" })))["entries"] as readonly JsonObject[];
    assert.equal(objectIn(own ?? {}, "delivery")["stage"], "receipted");
    world.cut.clear();
    await world.settle();
  });
});

describe("two persons", () => {
  it("the same person, another digest, an own draft, an unknown draft", async () => {
    const { meridia, channel } = scene;
    const body = { type: "notice.open", role: "releaser", body: material.noticeBody() };
    const draft = await read(
      await ask(meridia, `/channels/${channel}/drafts`, { as: "releaser1", body }),
      201,
    );
    const path = `/drafts/${stringIn(draft, "draft")}/approvals`;
    const approval = { role: "releaser", digest: draft["digest"] };
    await refused(await ask(meridia, path, { as: "releaser1", body: approval }), 409, "gate-own-draft");
    const other = { ...approval, digest: "A".repeat(43) };
    await refused(await ask(meridia, path, { as: "releaser2", body: other }), 409, "gate-digest");
    await read(await ask(meridia, path, { as: "releaser2", body: approval }), 201);
    await refused(await ask(meridia, path, { as: "releaser2", body: approval }), 409, "gate-same-person");
    await refused(
      await ask(meridia, path, { as: "watch", body: { ...approval, role: "releaser" } }),
      403,
      "gate-role",
    );
    const unknown = `/drafts/${stringIn(draft, "case")}/approvals`;
    await refused(await ask(meridia, unknown, { as: "releaser2", body: approval }), 404, "api-unknown");
    const gone = await ask(meridia, `/drafts/${stringIn(draft, "draft")}`, {
      as: "releaser2",
      method: "DELETE",
    });
    assert.equal(gone.status, 204);
    await refused(
      await ask(meridia, path, { as: "authority", body: { ...approval, role: "authority" } }),
      409,
      "gate-closed",
    );
  });
});
