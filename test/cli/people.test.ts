/** `parley verify-approvals`, offline, on what a real node opened; and the commands that govern people. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeTrust } from "#parley/transcript/trust.ts";
import { openApprovals } from "#parley/node/open-approvals.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { utf8 } from "#parley/codec/bytes.ts";
import type { ApiRequest } from "#parley/cli/ports.ts";
import { noticeBody } from "../kit/materials.ts";
import { approvalOf, assertionFor, enrol, openDraft, personOf } from "../kit/passkeys.ts";
import { accepted, agree, liveChannel, makeWorld } from "../kit/world.ts";
import { makeDesk } from "./desk.ts";

async function makeFiles() {
  const world = await makeWorld(["meridia", "rimal"]);
  const [meridia, rimal] = world.residents;
  assert.ok(meridia !== undefined && rimal !== undefined);
  const channel = await agree(world, meridia, rimal);
  const view = await openDraft(meridia, channel, { type: "notice.open", body: noticeBody() });
  let seq = 0;
  for (const name of ["releaser1", "releaser2"]) {
    const { device } = await enrol(meridia, name);
    const approval = approvalOf(view, assertionFor(world, device, view));
    seq = accepted(await meridia.node.approve(personOf(meridia, name), approval)).said?.seq ?? 0;
  }
  const live = liveChannel(meridia, channel);
  const approvals = await openApprovals(meridia.node.core, live, seq);
  const said = await meridia.node.proveMessage(live, { feed: meridia.party, seq });
  assert.ok(approvals !== undefined && said !== undefined && !isRefusal(said));
  const none = { channels: [], witnesses: [], groups: [], quorum: "none" };
  const trust = encodeTrust({ ...none, parties: [meridia.party] });
  return { "approvals.json": approvals, "message.parley": said, "trust.policy": trust };
}

describe("parley verify-approvals", () => {
  const files = makeFiles();
  const words = ["verify-approvals", "approvals.json", "--said", "message.parley", "--trust", "trust.policy"];

  it("says two persons with two keys, in each language", async () => {
    for (const lang of ["en", "ar", "ru"]) {
      const { status, out } = await makeDesk(await files).run(...words, "--lang", lang);
      assert.equal(status, 0, out);
      assert.equal(out.trim().split("\n").length, 3);
    }
    const json = await makeDesk(await files).run(...words, "--json");
    assert.match(json.out, /"standing":\s*"claimed"/);
  });

  it("refuses a changed file by its code", async () => {
    const given = await files;
    const text = new TextDecoder().decode(given["approvals.json"]);
    const bent = { ...given, "approvals.json": text.replace('"role":"releaser"', '"role":"authority"') };
    const { status, err, out } = await makeDesk(bent).run(...words);
    assert.equal(status, 1);
    assert.match(err + out, /approvals-house/);
  });
});

describe("the commands of people", () => {
  const asked: ApiRequest[] = [];
  const desk = () =>
    makeDesk(
      {},
      {
        fetchApi: async (request) => {
          asked.push(request);
          const made = { link: "l", officer: 9, waits: true, secret: "s".repeat(43) };
          const body = utf8(JSON.stringify(request.path.endsWith("/links") ? made : []));
          return Promise.resolve({ status: 200, contentType: "application/json", body });
        },
      },
    );

  it("invite prints the link and that a second person has to agree", async () => {
    const { status, out } = await desk().run("invite", "--role", "releaser", "--as", "principal");
    assert.equal(status, 0);
    assert.ok(out.includes(`/sign-in/#link=${"s".repeat(43)}`));
    assert.ok(out.includes("parley second l"));
    assert.equal((await desk().run("invite", "--as", "principal")).status, 2);
  });

  it("each asks its own operation", async () => {
    asked.length = 0;
    await desk().run("second", "x", "--as", "authority");
    await desk().run("session", "end", "4", "--as", "principal");
    await desk().run("setting", "approvals", "passkey", "--as", "principal");
    await desk().run("review", "d", "--finding", "justified", "--as", "releaser2");
    await desk().run("people", "--as", "principal");
    assert.deepEqual(
      asked.map(({ method, path }) => `${method} ${path.replace("/api/v1", "")}`),
      [
        "POST /seconds/x",
        "DELETE /people/4/sessions",
        "POST /settings/approvals",
        "POST /reviews/d",
        "GET /people",
        "GET /keys",
      ],
    );
  });
});
