/** Tasks, notes, readings, handovers, the ledger and canaries through the API; every answer fits its schema. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parseBase64url } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { stringIn } from "#parley/protocols/body.ts";
import { noticeBody } from "../kit/materials.ts";
import { ask, makeScene, read, refused, type Scene } from "./client.ts";

let scene: Scene;
let notice: JsonObject = {};

before(async () => {
  scene = await makeScene();
  const body = noticeBody({ indicators: [{ type: "ipv4", value: "192.0.2.7" }] });
  const draft = { type: "notice.open", role: "analyst", body };
  const path = `/channels/${scene.channel}/drafts`;
  notice = await read(await ask(scene.meridia, path, { as: "analyst", body: draft }), 201);
  for (const as of ["releaser1", "releaser2"]) {
    const approval = { role: "releaser", digest: notice["digest"] };
    const at = `/drafts/${stringIn(notice, "draft")}/approvals`;
    await read(await ask(scene.meridia, at, { as, body: approval }), 201);
  }
  await scene.world.settle();
});
after(() => {
  scene.meridia.api[Symbol.dispose]();
  scene.rimal.api[Symbol.dispose]();
});

const TASK = {
  title: "Look at the exit of the hospital network",
  to: { agency: "network-office" },
  due: "2026-11-22T06:00:00Z",
};

describe("tasks", () => {
  it("are created, overdue, ended once, and unknown ones refused", async () => {
    const about = { case: stringIn(notice, "case"), channel: scene.channel };
    const task = await read(
      await ask(scene.meridia, "/tasks", { as: "watch", body: { ...TASK, about } }),
      201,
    );
    assert.equal(task["status"], "open");
    const overdue = async (): Promise<number> => {
      const answer = await ask(scene.meridia, "/tasks?overdue=true", { as: "watch" });
      return ((await answer.json()) as unknown[]).length;
    };
    assert.equal(await overdue(), 0);
    scene.world.now += 4 * 3_600;
    assert.equal(await overdue(), 1);
    const path = `/tasks/${stringIn(task, "task")}/end`;
    const ended = await read(
      await ask(scene.meridia, path, { as: "analyst", body: { as: "done", note: "Seen." } }),
    );
    assert.equal(ended["status"], "done");
    assert.equal(await overdue(), 0);
    await refused(
      await ask(scene.meridia, path, { as: "analyst", body: { as: "done" } }),
      409,
      "work-closed",
    );
    const unknown = `/tasks/${stringIn(notice, "case")}/end`;
    await refused(
      await ask(scene.meridia, unknown, { as: "watch", body: { as: "done" } }),
      404,
      "work-unknown",
    );
  });
  it("need a time that exists", async () => {
    const body = { ...TASK, due: "2026-02-30T06:00:00Z" };
    await refused(await ask(scene.meridia, "/tasks", { as: "watch", body }), 422, "api-schema");
  });
});

describe("notes, readings and handovers", () => {
  it("are kept by what they are about", async () => {
    const about = { message: stringIn(notice, "message_id") };
    await read(
      await ask(scene.meridia, "/notes", { as: "analyst", body: { text: "Our guess.", about } }),
      201,
    );
    await read(await ask(scene.meridia, "/notes", { as: "analyst", body: { text: "General." } }), 201);
    const answer = await ask(scene.meridia, `/notes?message=${about.message}`, { as: "watch" });
    assert.deepEqual(
      ((await answer.json()) as JsonObject[]).map(({ text }) => text),
      ["Our guess."],
    );
    const of = { channel: scene.channel, ...about };
    await read(
      await ask(scene.meridia, "/readings", { as: "analyst", body: { of, purpose: "triage" } }),
      201,
    );
    const readings = await ask(scene.meridia, "/readings", { as: "auditor" });
    assert.equal(((await readings.json()) as unknown[]).length, 1);
  });
  it("hand over what is open, to somebody who may take it", async () => {
    const people = (await (await ask(scene.rimal, "/people", { as: "principal" })).json()) as JsonObject[];
    const watches = people
      .filter(({ roles }) => JSON.stringify(roles) === '["watch"]')
      .map(({ officer }) => officer);
    const me = await read(await ask(scene.rimal, "/me", { as: "watch" }));
    const to = watches.find((one) => one !== me["officer"]);
    const hand = (body: JsonObject) => ask(scene.rimal, "/handovers", { as: "watch", body });
    await refused(await hand({ to: me["officer"] ?? 0, role: "watch" }), 409, "work-person");
    await refused(await hand({ to: to ?? 0, role: "authority" }), 403, "gate-role");
    const made = await read(await hand({ to: to ?? 0, role: "watch", note: "Quiet." }), 201);
    const open = made["open"] as JsonObject;
    assert.deepEqual(open["unacknowledged"], [
      { channel: scene.channel, case: notice["case"], message: notice["message_id"] },
    ]);
    assert((open["duties"] as unknown[]).length > 0);
  });
});

describe("disclosures", () => {
  it("are listed, balanced and taken back", async () => {
    const { party } = scene.rimal.resident;
    const listed = await ask(scene.meridia, `/disclosures?party=${party}`, { as: "auditor" });
    assert.equal(((await listed.json()) as unknown[]).length, 1);
    await refused(
      await ask(scene.meridia, `/disclosures?party=${"A".repeat(43)}`, { as: "watch" }),
      409,
      "not-paired",
    );
    const balances = await Promise.all(
      [scene.meridia, scene.rimal].map(async (desk) =>
        read(await ask(desk, `/channels/${scene.channel}/balance`, { as: "watch" })),
      ),
    );
    assert.deepEqual(balances[0], balances[1]);
    const order = { of: { kind: "indicator", value: "192.0.2.7" }, reason: "wrong", role: "authority" };
    const take = () => ask(scene.meridia, "/retractions", { as: "authority", body: order });
    assert.equal((await take()).status, 201);
    await refused(await take(), 409, "retract-nothing");
    await scene.world.settle();
    const list = await read(await ask(scene.rimal, "/retractions", { as: "watch" }));
    assert.equal((list["received"] as unknown[]).length, 1);
  });
});

describe("canaries", () => {
  const list = Array.from({ length: 30 }, (_, i) => `host-${i}.example.net`).join("\n");
  const send = (path: string, file: string, as = "analyst") =>
    ask(scene.meridia, path, {
      as,
      body: new TextEncoder().encode(file),
      headers: { "content-type": "application/octet-stream" },
    });
  it("are made, found again, recorded, and never made of evidence", async () => {
    const query = `party=${scene.rimal.resident.party}&format=text&order=free`;
    await refused(await send(`/canaries?${query}&evidence=evidence`, list), 409, "canary-evidence");
    await refused(await send(`/canaries?${query}&evidence=none`, "x"), 422, "canary-format");
    const made = await read(await send(`/canaries?${query}&evidence=none`, list), 201);
    const file = parseBase64url(stringIn(made, "file"));
    assert(!isRefusal(file));
    const copy = new TextDecoder().decode(file);
    const traces = (await (await send("/canaries/trace", copy)).json()) as JsonObject[];
    assert.deepEqual(
      traces.map(({ canary, exact }) => [canary, exact]),
      [[made["canary"], true]],
    );
    await refused(await send("/sightings", list), 404, "canary-unknown");
    assert.equal((await send("/sightings", copy)).status, 201);
    const leak = {
      message: stringIn(notice, "message_id"),
      role: "authority",
      statement: { lang: "en", text: "Found." },
    };
    const answer = await ask(scene.meridia, "/leaks", { as: "authority", body: leak });
    await refused(answer, 404, "canary-unknown");
  });
});
