/** What the door refuses, on every route; live updates; the document that describes it; the socket. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import { integerIn, stringIn } from "#parley/protocols/body.ts";
import { createApp } from "#parley/http/app.ts";
import { EventLog } from "#parley/http/events.ts";
import { PREFIX, ROUTES } from "#parley/http/routes.ts";
import { startApi } from "#parley/http/server.ts";
import type { Route } from "#parley/http/route.ts";
import { StoreFault } from "#parley/store/store.ts";
import { openApiText, OPENAPI_PATH } from "../../tools/make-openapi.ts";
import * as material from "../kit/materials.ts";
import { agree, liveChannel, refusedWith } from "../kit/world.ts";
import { ask, BASE, makeScene, read, refused, tokenOf, type Scene } from "./client.ts";

let scene: Scene;

before(async () => {
  scene = await makeScene();
});
after(() => {
  scene.meridia.api[Symbol.dispose]();
  scene.rimal.api[Symbol.dispose]();
});

const STRANGERS = ["watch", "analyst", "auditor", "monitor"] as const;
const UNKNOWN_ID = "01936c5e-0000-7000-8000-000000000000";

/** The path with values that have the right form; the channel exists. */
function pathOf({ path }: Route): string {
  return path
    .replace("{channel}", scene.channel)
    .replace("{feed}", scene.meridia.resident.party)
    .replace("{officer}", "999")
    .replace("{seq}", "0")
    .replace("{credential}", "AAAA")
    .replace("{session}", "A".repeat(16))
    .replace("{id}", UNKNOWN_ID)
    .replace(/\{(case|draft)\}/, UNKNOWN_ID);
}

describe("every route", () => {
  for (const route of ROUTES) {
    const { method, access, takes } = route;
    const name = `${method} ${route.path}`;
    if (access === "open") {
      if (method === "GET")
        it(`${name} needs no token`, async () => {
          await read(await ask(scene.meridia, pathOf(route), { method }));
        });
      else
        it(`${name} needs no token, and is for the node's own page alone`, async () => {
          await refused(await ask(scene.meridia, pathOf(route), { method }), 403, "session-forged");
        });
      continue;
    }
    it(`${name} refuses without a token`, async () => {
      const answer = await ask(scene.meridia, pathOf(route), { method });
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
      await refused(answer, 401, "api-token-missing");
    });
    if (access !== "active") {
      const stranger = STRANGERS.find((role) => !access.includes(role));
      it(`${name} refuses a person in another role`, async () => {
        assert(stranger !== undefined, "somebody has none of these roles");
        await refused(await ask(scene.meridia, pathOf(route), { method, as: stranger }), 403, "api-role");
      });
    }
    const able = access === "active" ? "watch" : access.includes("principal") ? "principal" : "watch";
    if (takes === "json") {
      it(`${name} refuses bodies that do not fit`, async () => {
        const asking = { method, as: able };
        const at = pathOf(route);
        await refused(
          await ask(scene.meridia, at, { ...asking, body: { unknown_member: 1 } }),
          422,
          "api-schema",
        );
        await refused(await ask(scene.meridia, at, { ...asking, body: [null, 1.5] }), 422, "api-schema");
        const text = { ...asking, body: {}, headers: { "content-type": "text/plain" } };
        await refused(await ask(scene.meridia, at, text), 415, "api-media-type");
        const binary = { ...asking, headers: { "content-type": "application/json" } };
        await refused(
          await ask(scene.meridia, at, { ...binary, body: new Uint8Array([0xff]) }),
          400,
          "api-json",
        );
        const large = new Uint8Array(2 * 1_048_576 + 1).fill(0x20);
        await refused(await ask(scene.meridia, at, { ...binary, body: large }), 413, "api-too-large");
      });
    }
    it(`${name} refuses a query that it does not know`, async () => {
      const answer = await ask(scene.meridia, `${pathOf(route)}?token=x`, {
        method,
        as: able,
        ...((takes === "file" || takes === "upload") && {
          body: new Uint8Array(),
          headers: { "content-type": "application/octet-stream" },
        }),
        ...(takes === "json" && { body: {} }),
      });
      await refused(answer, 422, "api-schema");
    });
  }
});

describe("the door", () => {
  it("refuses a foreign host, an unknown path and another method, with its headers on every answer", async () => {
    const { api } = scene.meridia;
    const foreign = await api.fetch(new Request(`${BASE}/health`, { headers: { host: "evil.example" } }));
    assert.equal(foreign.headers.get("x-content-type-options"), "nosniff");
    assert.equal(foreign.headers.get("access-control-allow-origin"), null);
    await refused(foreign, 421, "api-host");
    const unknown = await ask(scene.meridia, "/nothing", { as: "watch" });
    assert.equal(unknown.headers.get("cache-control"), "no-store");
    await refused(unknown, 404, "api-unknown");
    await refused(await ask(scene.meridia, "/me", { as: "watch", method: "DELETE" }), 405, "api-method");
  });

  it("throttles wrong tokens and never a right one", async () => {
    const wrong = { headers: { authorization: `Bearer ${"A".repeat(43)}` } };
    for (let i = 0; i < 20; i++) await refused(await ask(scene.rimal, "/me", wrong), 401, "api-token-wrong");
    const throttled = await ask(scene.rimal, "/me", wrong);
    assert.equal(throttled.headers.get("retry-after"), "6");
    await refused(throttled, 429, "api-throttled");
    await read(await ask(scene.rimal, "/me", { as: "watch" }));
    scene.world.now += 6;
    await refused(await ask(scene.rimal, "/me", wrong), 401, "api-token-wrong");
  });

  it("a person made inactive is nobody; a new one is shown its token once", async () => {
    const made = await read(
      await ask(scene.meridia, "/people", { as: "principal", body: { roles: ["liaison"] } }),
      201,
    );
    const headers = { authorization: `Bearer ${stringIn(made, "token")}` };
    assert.equal((await read(await ask(scene.meridia, "/me", { headers })))["officer"], made["officer"]);
    const path = `/people/${integerIn(made, "officer")}`;
    const gone = await ask(scene.meridia, path, { as: "principal", method: "DELETE" });
    assert.equal(gone.status, 204);
    await refused(await ask(scene.meridia, "/me", { headers }), 401, "api-token-wrong");
    const house = await (await ask(scene.meridia, "/house?limit=200", { as: "auditor" })).text();
    assert(house.includes("house.person") && !house.includes("token_hash"));
  });

  it("a message against its schema is 422, against the state 409, an unknown channel 404", async () => {
    const { meridia, channel } = scene;
    const draft = { type: "notice.open", role: "analyst", body: material.noticeBody({ severity: 99 }) };
    const path = `/channels/${channel}/drafts`;
    await refused(await ask(meridia, path, { as: "analyst", body: draft }), 422, "gate-void");
    const verdict = {
      type: "request.verdict",
      role: "analyst",
      case: UNKNOWN_ID,
      body: material.verdictBody([{ ask: 1, verdict: "sufficient" }]),
    };
    await refused(await ask(meridia, path, { as: "analyst", body: verdict }), 409, "gate-void");
    await refused(await ask(meridia, `/channels/${"A".repeat(43)}`, { as: "watch" }), 404, "api-unknown");
    const pairing = { chain: "not base64url!", typed: "1", medium: "phone" };
    await refused(await ask(meridia, "/pairings", { as: "watch", body: pairing }), 422, "base64-invalid");
  });

  it("503 while asking; 507 when the store is full; both say when to come back", async () => {
    const { meridia, channel } = scene;
    const live = liveChannel(meridia.resident, channel);
    const draft = { type: "notice.open", role: "analyst", body: material.noticeBody() };
    live.signing = "asking";
    const asking = await ask(meridia, `/channels/${channel}/drafts`, { as: "analyst", body: draft });
    assert.equal(asking.headers.get("retry-after"), "2");
    await refused(asking, 503, "api-asking");
    assert.equal((await read(await ask(meridia, "/health")))["mode"], "asking");
    live.signing = "allowed";
    const { node } = meridia.resident;
    const record = node.core.record.bind(node.core);
    node.core.record = () => node.core.guard(() => Promise.reject(new StoreFault("full")));
    const full = await ask(meridia, `/channels/${channel}/drafts`, { as: "analyst", body: draft });
    assert.equal((await refused(full, 507, "api-store"))["layer"], "api");
    assert.equal((await read(await ask(meridia, "/health")))["mode"], "read-only");
    node.core.record = record;
    await read(await ask(meridia, `/channels/${channel}/drafts`, { as: "analyst", body: draft }), 201);
    assert.equal((await read(await ask(meridia, "/health")))["mode"], "serving");
  });

  it("a fault of the node says no more than that", async () => {
    const { node } = scene.rimal.resident;
    using api = createApp(node);
    const { readHouse } = node;
    node.readHouse = () => Promise.reject(new Error("a secret path"));
    const headers = { authorization: `Bearer ${tokenOf(scene.rimal, "auditor")}` };
    const answer = await api.fetch(new Request(`${BASE}/house`, { headers }));
    node.readHouse = readHouse;
    assert.deepEqual((await refused(answer, 500, "api-fault"))["facts"], {});
  });

  it("offers are made, accepted, declined by a principal alone", async () => {
    const { meridia, rimal } = scene;
    const { party } = rimal.resident;
    const offered = await read(await ask(meridia, "/offers", { as: "principal", body: { party } }), 201);
    const path = `/offers/${stringIn(offered, "channel")}/decline`;
    await read(await ask(rimal, path, { as: "principal", body: { reason: "scope" } }));
    const offers = await read(await ask(meridia, "/offers", { as: "watch" }));
    const mine = (offers as unknown as readonly JsonObject[]).find(
      ({ channel }) => channel === offered["channel"],
    );
    assert.equal(mine?.["status"], "declined");
    const unpaired = { party: "B".repeat(43) };
    await refused(await ask(meridia, "/offers", { as: "principal", body: unpaired }), 409, "not-paired");
  });
});

describe("live updates", () => {
  it("tell what happened without content, resume, and end with the person", async () => {
    const { meridia, world } = scene;
    const first = await ask(meridia, "/events", { as: "watch" });
    assert.equal(first.headers.get("content-type"), "text/event-stream");
    const reader = textsOf(first);
    assert.equal(await reader(), ": open\n\n");
    await agree(world, meridia.resident, scene.rimal.resident);
    const event = await reader();
    const id = /^id: (\S+)\nevent: (house|entry)\n/.exec(event)?.[1];
    assert(id !== undefined && !event.includes("token"), event);
    const next = await reader();
    const again = textsOf(await ask(meridia, "/events", { as: "watch", headers: { "last-event-id": id } }));
    assert.equal(await again(), ": open\n\n");
    assert.equal(await again(), next, "goes on after the last event seen");
    const lost = textsOf(
      await ask(meridia, "/events", { as: "watch", headers: { "last-event-id": "other.7" } }),
    );
    await lost();
    assert.match(await lost(), /event: reset/);
  });

  it("let a slow reader go, bound readers, and end when the person is made inactive", async () => {
    const { node } = scene.meridia.resident;
    using log = new EventLog(node, { ring: 4, readers: 1, backlog: 3, heartbeatMs: 60_000 });
    const made = await node.addPerson(["watch"]);
    const person = node.personOf(made.token);
    assert(person !== undefined);
    assert(log.open(person, undefined) instanceof ReadableStream);
    refusedWith(log.open(person, undefined), "api-busy");
    for (let i = 0; i < 6; i++) node.core.emit({ type: "store", writable: true });
    assert.equal(log.readers, 0, "who does not read is let go");
    assert(log.open(person, undefined) instanceof ReadableStream);
    await node.deactivatePerson(made.officer);
    node.core.emit({ type: "store", writable: true });
    assert.equal(log.readers, 0);
  });
});

describe("the document", () => {
  it("is what is checked in, with every route and no dead reference", async () => {
    const text = await openApiText();
    const path = new URL(`../../${OPENAPI_PATH}`, import.meta.url);
    assert.equal(readFileSync(path, "utf8"), text, "run: node tools/make-openapi.ts --write");
    const document = JSON.parse(text) as {
      paths: Record<string, JsonObject>;
      components: { schemas: JsonObject };
    };
    const operations = Object.entries(document.paths).flatMap(([at, item]) =>
      Object.entries(item).map(([method, operation]) => ({ at, method, operation: operation as JsonObject })),
    );
    assert.equal(operations.length, ROUTES.length);
    assert.equal(new Set(operations.map(({ operation }) => operation["operationId"])).size, ROUTES.length);
    for (const { at, operation } of operations) {
      const named = [...at.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name);
      const parameters = (operation["parameters"] ?? []) as readonly JsonObject[];
      assert.deepEqual(
        parameters.filter((one) => one["in"] === "path").map((one) => one["name"]),
        named,
      );
      assert(at.startsWith(PREFIX));
    }
    for (const [, name = ""] of text.matchAll(/#\/components\/schemas\/([A-Za-z]+)/g))
      assert(name in document.components.schemas, name);
  });
});

describe("the socket", () => {
  it("serves on loopback and lets go of its streams when it stops", async () => {
    const { node } = scene.meridia.resident;
    const server = await startApi({ node, host: "127.0.0.1", port: 0, log: () => undefined });
    const base = `http://127.0.0.1:${server.port}${PREFIX}`;
    const headers = { authorization: `Bearer ${tokenOf(scene.meridia, "watch")}` };
    assert.equal((await fetch(`${base}/me`, { headers })).status, 200);
    const events = await fetch(`${base}/events`, { headers });
    const reader = textsOf(events);
    assert.equal(await reader(), ": open\n\n");
    await server[Symbol.asyncDispose]();
    await assert.rejects(fetch(`${base}/me`, { headers }));
  });
});

function textsOf({ body }: Response): () => Promise<string> {
  assert(body !== null);
  const stream: ReadableStream<Uint8Array> = body;
  const reader = stream.getReader();
  return async () => {
    const { value } = await reader.read();
    return new TextDecoder().decode(value);
  };
}
