/** Evidence over HTTP (SPEC 12.4): taken in as a stream, shown with custody, and never given as anything but a file. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES } from "#parley/http/routes.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { agree, makeWorld } from "../kit/world.ts";
import { noticeBody } from "../kit/materials.ts";
import { scratchVault } from "../kit/vault.ts";
import { BASE, makeDesk, type Desk } from "./client.ts";

/** The test file of the antivirus industry, put together so that this source is not one. */
const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!", "$H+H*"].join("");

interface Scene extends AsyncDisposable {
  readonly desk: Desk;
  readonly channel: string;
}

async function scene(): Promise<Scene> {
  const scratch = await scratchVault(nodeBackend, { itemSizeLimit: 1_000_000 });
  const world = await makeWorld(["meridia", "rimal"], nodeBackend, nodeBackend, undefined, async (name) =>
    name === "meridia" ? scratch.vault : undefined,
  );
  const [meridia, rimal] = world.residents;
  assert(meridia !== undefined && rimal !== undefined);
  const channel = await agree(world, meridia, rimal);
  return {
    desk: await makeDesk(meridia),
    channel,
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

async function send(
  desk: Desk,
  path: string,
  {
    as = "analyst",
    method = "GET",
    body,
  }: { as?: string; method?: string; body?: string | Uint8Array<ArrayBuffer> | object } = {},
): Promise<Response> {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const type = raw ? "application/octet-stream" : "application/json";
  return desk.api.fetch(
    new Request(`${BASE}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${desk.tokens.get(as) ?? ""}`,
        ...(body !== undefined && { "content-type": type }),
      },
      ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
    }),
  );
}

async function added(desk: Desk, query = "", body: string | Uint8Array<ArrayBuffer> = EICAR) {
  const response = await send(desk, `/evidence?${query}`, { method: "POST", body });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()) as {
    readonly item: string;
    readonly name?: string;
    readonly digest: string;
  };
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { readonly code: string }).code;
}

test("malware goes in and comes out as a file to be saved, through every route", async () => {
  await using it = await scene();
  const { desk } = it;
  const name = encodeURIComponent("..\\..\\a/b/\u202egpj.<script>eicar\u0000.com");
  const { item, name: shown } = await added(desk, `name=${name}&media_type=text/html`);
  assert.equal(shown, "gpj.scripteicar.com");
  const answers = await Promise.all([
    send(desk, `/evidence/${item}`),
    send(desk, "/evidence"),
    send(desk, "/evidence?due=true"),
    send(desk, "/evidence/transfers"),
    send(desk, `/evidence/${item}/verify`, { method: "POST", body: {} }),
    send(desk, "/house?limit=200", { as: "auditor" }),
    send(desk, `/evidence/${item}/age?purpose=archive`),
    send(desk, `/evidence/${item}/hold`, {
      as: "authority",
      method: "POST",
      body: { hold: true, reason: "court" },
    }),
  ]);
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    assertHarmless(answer);
    assert(!(await answer.text()).includes("ANTIVIRUS"), "content in an answer");
  }
  const sample = await send(desk, `/evidence/${item}/sample?purpose=lab`);
  assertHarmless(sample);
  assert.equal(sample.headers.get("content-type"), "application/octet-stream");
  const disposition = sample.headers.get("content-disposition") ?? "";
  assert.match(disposition, /^attachment; filename="gpj\.scripteicar\.com\.sample"; filename\*=UTF-8''/);
  assert.equal(sample.headers.get("content-length"), String(EICAR.length));
  assert.equal(await sample.text(), EICAR);
  const age = await send(desk, `/evidence/${item}/age?purpose=archive`);
  assert.match(await age.text(), /^age-encryption\.org\/v1\n/);
  const custody = (await (await send(desk, `/evidence/${item}`)).json()) as {
    readonly custody: readonly { readonly act: string; readonly note?: string }[];
  };
  assert.deepEqual(
    custody.custody.filter(({ act }) => act === "saved").map(({ note }) => note),
    ["lab"],
  );
});

/** No media type that a browser would show, no sniffing, no script even if it did. */
function assertHarmless(answer: Response): void {
  assert.match(answer.headers.get("content-type") ?? "", /^application\/(?:json|octet-stream)/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'.*sandbox/);
}

test("no route of evidence answers anything but JSON or a file", () => {
  const routes = ROUTES.filter(({ path }) => path.startsWith("/evidence"));
  assert(routes.length >= 9);
  for (const { gives, path } of routes) assert(gives === "json" || gives === "file", path);
});

test("declared sizes bind, roles bind, and what is not there is not there", async () => {
  await using it = await scene();
  const { desk } = it;
  const post = (query: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> =>
    send(desk, `/evidence?${query}`, { method: "POST", body });
  assert.equal(await codeOf(await post("size_bytes=3", EICAR)), "item-changed");
  assert.equal(await codeOf(await post("", new Uint8Array(1_000_001))), "item-too-large");
  assert.equal((await post("size_bytes=2000000", EICAR)).status, 413);
  assert.equal(await codeOf(await post("role=principal", EICAR)), "gate-role");
  assert.equal((await send(desk, "/evidence", { method: "POST", body: { a: 1 } })).status, 415);
  assert.equal((await send(desk, "/evidence?x=1", { method: "POST", body: EICAR })).status, 422);
  assert.deepEqual(await (await send(desk, "/evidence")).json(), []);
  const { item } = await added(desk);
  assert.equal((await send(desk, `/evidence/${item}/sample?purpose=x`, { as: "auditor" })).status, 403);
  assert.equal((await send(desk, `/evidence/${item}/sample`)).status, 422, "a purpose is asked for");
  const unknown = item.replace(/^./, (first) => (first === "f" ? "e" : "f"));
  assert.equal((await send(desk, `/evidence/${unknown}`)).status, 404);
});

test("hold, erasure, and what remains", async () => {
  await using it = await scene();
  const { desk, channel } = it;
  const { item, digest } = await added(desk, "retain_days=1");
  const act = (path: string, body: object): Promise<Response> =>
    send(desk, `/evidence/${item}/${path}`, { as: "authority", method: "POST", body });
  await act("hold", { hold: true, reason: "court order" });
  assert.equal(await codeOf(await act("erase", { reason: "retention" })), "item-held");
  desk.resident.node.core.ports.clock();
  await act("hold", { hold: false, reason: "order lifted" });
  const erased = (await (await act("erase", { reason: "retention" })).json()) as Record<string, unknown>;
  assert.equal(erased["erased"], true);
  assert.equal(erased["digest"], digest);
  assert.equal(await codeOf(await send(desk, `/evidence/${item}/sample?purpose=x`)), "item-erased");
  assert.equal((await send(desk, `/evidence/${item}/age?purpose=x`)).status, 410);
  const draft = { type: "notice.open", role: "analyst", body: noticeBody(), attach: [{ item }] };
  assert.equal(
    await codeOf(await send(desk, `/channels/${channel}/drafts`, { method: "POST", body: draft })),
    "item-erased",
  );
  const other = await added(desk);
  const attached = await send(desk, `/channels/${channel}/drafts`, {
    method: "POST",
    body: { ...draft, attach: [{ item: other.item }] },
  });
  assert.equal(attached.status, 201, await attached.clone().text());
  const { message } = (await attached.json()) as { readonly message: { readonly attach: readonly object[] } };
  assert.equal(message.attach.length, 1);
});
