/** Sign-in, sessions, links, approvals with a key and reviews through the API, as a browser would ask. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TOTP, URI } from "otpauth";
import { parseBase64url } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { makeFirstLink } from "#parley/node/invitations.ts";
import { Authenticator } from "../kit/authenticator.ts";
import { noticeBody } from "../kit/materials.ts";
import { liveChannel } from "../kit/world.ts";
import { ask, makeScene, read, refused, type Desk, type Scene } from "./client.ts";

/** A page of the node in a browser. */
class Browser {
  readonly #desk: Desk;
  readonly agent: string;
  cookie = "";
  token = "";

  constructor(desk: Desk, agent = "browser") {
    this.#desk = desk;
    this.agent = agent;
  }

  async ask(
    path: string,
    {
      body,
      method,
      headers = {},
    }: { body?: unknown; method?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const answer = await ask(this.#desk, path, {
      ...(body !== undefined && { body }),
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        origin: "http://localhost",
        "sec-fetch-site": "same-origin",
        "user-agent": this.agent,
        ...(this.cookie !== "" && { cookie: this.cookie }),
        ...(this.token !== "" && { "x-parley-session": this.token }),
        ...headers,
      },
    });
    const set = answer.headers.get("set-cookie");
    if (set !== null) this.cookie = set.split(";")[0] ?? "";
    return answer;
  }

  async signedIn(answer: Response): Promise<JsonObject> {
    const session = await read(answer, 201);
    this.token = String(session["token"]);
    return session;
  }

  async register(device: Authenticator, link: string): Promise<JsonObject> {
    const begun = await read(await this.ask("/session/registration", { body: { link } }));
    return this.signedIn(await this.ask("/session/registered", { body: registration(device, begun) }));
  }

  async signIn(device: Authenticator): Promise<JsonObject> {
    const begun = await read(await this.ask("/session/challenge", { method: "POST" }));
    const challenge = String(begun["challenge"]);
    const body = { challenge, answer: device.assert(challenge) };
    return this.signedIn(await this.ask("/session/passkey", { body }));
  }
}

function registration(device: Authenticator, begun: JsonObject) {
  const challenge = String(begun["challenge"]);
  const { id, response } = device.create({ challenge });
  const { attestationObject: attestation_object, clientDataJSON: client_data } = response;
  return { challenge, answer: { credential: id, attestation_object, client_data }, label: "security-key" };
}

async function linkFor({ meridia }: Scene, name: string): Promise<string> {
  const { officer } = await read(await ask(meridia, "/me", { as: name }));
  const made = await read(await ask(meridia, "/links", { as: "principal", body: { officer } }), 201);
  if (made["waits"] === true) {
    const path = `/seconds/${String(made["link"])}`;
    assert.equal((await ask(meridia, path, { as: "authority", method: "POST" })).status, 204);
  }
  return String(made["secret"]);
}

describe("people through the API", () => {
  it("first link, passkey, session; signed out, and in again", async () => {
    const scene = await makeScene();
    const { meridia } = scene;
    const browser = new Browser(meridia);
    const device = new Authenticator({ name: "first" });
    const first = await makeFirstLink(meridia.resident.node.core);
    const session = await browser.register(device, first?.secret ?? "");
    assert.deepEqual(session["roles"], ["principal"]);
    assert.match(browser.cookie, /^parley-session=[\w-]{43}$/);
    assert.equal((await read(await browser.ask("/me")))["officer"], session["officer"]);
    assert.equal((await read(await browser.ask("/session")))["token"], browser.token);
    assert.equal((await browser.ask("/session", { method: "DELETE" })).status, 204);
    await refused(await ask(meridia, "/me"), 401, "api-token-missing");
    assert.equal((await browser.signIn(device))["method"], "passkey");
    const listed = (await (await browser.ask("/sessions")).json()) as JsonObject[];
    assert.deepEqual(
      listed.map(({ own }) => own),
      [true],
    );
    assert.deepEqual(await read(await browser.ask("/sessions/end", { method: "POST" })), { ended: 1 });
    browser.cookie = "parley-session=" + "A".repeat(43);
    await refused(await browser.ask("/me"), 401, "session-missing");
  });

  it("a cookie is worth nothing from another origin, page, browser, or without its token", async () => {
    const scene = await makeScene();
    const browser = new Browser(scene.meridia);
    await browser.register(new Authenticator({ name: "p" }), await linkFor(scene, "principal"));
    const body = { roles: ["watch"] };
    const forged: readonly Record<string, string>[] = [
      { origin: "https://rimal.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "x-parley-session": "" },
      { "x-parley-session": "A".repeat(43) },
    ];
    for (const headers of forged)
      await refused(await browser.ask("/links", { body, headers }), 403, "session-forged");
    await refused(
      await browser.ask("/me", { headers: { "sec-fetch-site": "cross-site" } }),
      403,
      "session-forged",
    );
    await refused(await browser.ask("/me", { headers: { "user-agent": "other" } }), 401, "session-missing");
    const twice = `${browser.cookie}; ${browser.cookie}`;
    await refused(await browser.ask("/me", { headers: { cookie: twice } }), 401, "api-token-missing");
    await read(await browser.ask("/links", { body }), 201);
    const login = { origin: "https://rimal.example" };
    await refused(
      await browser.ask("/session/challenge", { method: "POST", headers: login }),
      403,
      "session-forged",
    );
  });

  it("a stolen session makes nobody who could release: no token, no link alone, no key revoked for it", async () => {
    const scene = await makeScene();
    const { meridia, channel } = scene;
    const thief = new Browser(meridia);
    await thief.register(new Authenticator({ name: "p" }), await linkFor(scene, "principal"));
    const victim = new Browser(meridia);
    const device = new Authenticator({ name: "r" });
    await victim.register(device, await linkFor(scene, "releaser1"));
    const roles = { roles: ["releaser"] };
    await refused(await thief.ask("/people", { body: roles }), 403, "gate-assertion");
    await refused(await ask(meridia, "/people", { as: "principal", body: roles }), 403, "gate-assertion");
    await read(await ask(meridia, "/people", { as: "principal", body: { roles: ["watch"] } }), 201);
    const link = await read(await thief.ask("/links", { body: roles }), 201);
    const { secret } = link;
    await refused(await thief.ask("/session/registration", { body: { link: secret } }), 403, "link-refused");
    assert.equal((await thief.ask(`/keys/${device.credential}`, { method: "DELETE" })).status, 204);
    const input = { type: "notice.open", role: "analyst", body: noticeBody() };
    const draft = await read(
      await ask(meridia, `/channels/${channel}/drafts`, { as: "analyst", body: input }),
      201,
    );
    const path = `/drafts/${String(draft["draft"])}/approvals`;
    const body = { role: "releaser", digest: draft["digest"] };
    await refused(await ask(meridia, path, { as: "releaser1", body }), 403, "gate-assertion");
  });

  it("sessions end when idle and when old", async () => {
    const scene = await makeScene();
    const { world } = scene;
    const browser = new Browser(scene.meridia);
    await browser.register(new Authenticator({ name: "p" }), await linkFor(scene, "principal"));
    world.now += 899;
    assert.equal((await browser.ask("/me")).status, 200);
    world.now += 900;
    await refused(await browser.ask("/me"), 401, "session-missing");
    const device = new Authenticator({ name: "p" });
    await browser.signIn(device);
    for (let passed = 0; passed < 28_800; passed += 800) {
      assert.equal((await browser.ask("/me")).status, 200);
      world.now += 800;
    }
    await refused(await browser.ask("/me"), 401, "session-missing");
  });

  it("two releasers approve with their keys; the other side checks the file; one key revoked", async () => {
    const scene = await makeScene();
    const { meridia, rimal, channel, world } = scene;
    const people = ["releaser1", "releaser2"] as const;
    const devices = people.map((name) => new Authenticator({ name }));
    const browsers = people.map(() => new Browser(meridia));
    for (const [i, name] of people.entries())
      await browsers[i]?.register(devices[i] ?? new Authenticator({ name }), await linkFor(scene, name));
    const input = { type: "notice.open", role: "analyst", body: noticeBody() };
    const draft = await read(
      await ask(meridia, `/channels/${channel}/drafts`, { as: "analyst", body: input }),
      201,
    );
    const path = `/drafts/${String(draft["draft"])}`;
    const digest = draft["digest"];
    await refused(
      await ask(meridia, `${path}/approvals`, { as: "releaser1", body: { role: "releaser", digest } }),
      403,
      "gate-assertion",
    );
    let view: JsonObject = {};
    for (const [i, browser] of browsers.entries()) {
      const role = "releaser";
      await refused(
        await browser.ask(`${path}/approvals`, { body: { role, digest } }),
        403,
        "gate-assertion",
      );
      const begun = await read(await browser.ask(`${path}/challenge`, { body: { role } }));
      const assertion = devices[i]?.assert(String(begun["challenge"]));
      view = await read(await browser.ask(`${path}/approvals`, { body: { role, digest, assertion } }), 201);
    }
    const said = view["said"] as JsonObject;
    await world.settle();
    const entry = `/channels/${channel}/entries/${String(said["feed"])}/${String(said["seq"])}/approvals`;
    const file = await read(await ask(meridia, entry, { as: "releaser1" }));
    const checked = await read(
      await ask(rimal, `/channels/${channel}/approvals`, { as: "watch", body: file }),
    );
    assert.equal((checked["approvals"] as JsonObject[]).length, 2);
    await refused(
      await ask(meridia, `/channels/${channel}/approvals`, { as: "watch", body: { approvals: "AAAA" } }),
      409,
      "approvals-schema",
    );
    const keys = (await (await ask(meridia, "/keys", { as: "principal" })).json()) as JsonObject[];
    assert.equal(keys.length, 2);
    const key = `/keys/${String(keys[0]?.["credential"])}`;
    assert.equal((await browsers[1]?.ask(key, { method: "DELETE" }))?.status, 404, "of somebody else");
    assert.equal((await ask(meridia, key, { as: "principal", method: "DELETE" })).status, 204);
    await refused((await browsers[0]?.ask("/me")) ?? new Response(), 401, "session-missing");
  });

  it("one person alone, and the review by another", async () => {
    const scene = await makeScene();
    const { meridia, channel } = scene;
    const input = { type: "notice.open", role: "analyst", body: noticeBody() };
    const draft = await read(
      await ask(meridia, `/channels/${channel}/drafts`, { as: "analyst", body: input }),
      201,
    );
    const id = String(draft["draft"]);
    const body = { role: "releaser", digest: draft["digest"], reason: "no-second" };
    await refused(await ask(meridia, `/drafts/${id}/alone`, { as: "watch", body }), 403, "api-role");
    const said = await read(await ask(meridia, `/drafts/${id}/alone`, { as: "releaser1", body }), 201);
    assert.equal(said["status"], "said");
    const finding = { finding: "not-justified" };
    await refused(
      await ask(meridia, `/reviews/${id}`, { as: "releaser1", body: finding }),
      403,
      "review-own",
    );
    const reviewed = await read(await ask(meridia, `/reviews/${id}`, { as: "authority", body: finding }));
    assert.equal(reviewed["finding"], "not-justified");
    const reviews = (await (await ask(meridia, "/reviews", { as: "auditor" })).json()) as JsonObject[];
    assert.equal(reviews.length, 1);
    assert.deepEqual(await (await ask(meridia, "/unsound", { as: "auditor" })).json(), []);
    assert.equal(liveChannel(meridia.resident, channel).signing, "allowed");
  });

  it("the setting, and what waits for a second person", async () => {
    const scene = await makeScene();
    const { meridia } = scene;
    const set = (as: string, approvals: string) =>
      ask(meridia, "/settings/approvals", { as, body: { approvals } });
    assert.deepEqual(await read(await set("principal", "passkey")), { approvals: "passkey" });
    const off = await read(await set("principal", "any"));
    const waiting = (await (await ask(meridia, "/seconds", { as: "authority" })).json()) as JsonObject[];
    assert.deepEqual(
      waiting.map(({ id, what }) => [id, what]),
      [[off["waits"], "approvals-off"]],
    );
    const path = `/seconds/${String(off["waits"])}`;
    await refused(await ask(meridia, path, { as: "principal", method: "POST" }), 403, "second-own");
    assert.equal((await ask(meridia, path, { as: "authority", method: "POST" })).status, 204);
    await refused(await ask(meridia, path, { as: "authority", method: "POST" }), 404, "second-none");
    assert.deepEqual(await read(await ask(meridia, "/settings/approvals", { as: "watch" })), {
      approvals: "any",
    });
  });

  it("one-time codes: for who releases nothing, each code once, few wrong ones", async () => {
    const scene = await makeScene();
    const { meridia, world } = scene;
    const browser = new Browser(meridia);
    const link = await linkFor(scene, "watch");
    const begun = await read(await browser.ask("/session/totp/registration", { body: { link } }));
    const totp = URI.parse(String(begun["address"]));
    assert.ok(totp instanceof TOTP);
    const code = () => totp.generate({ timestamp: world.now * 1_000 });
    const { challenge } = begun;
    await browser.signedIn(
      await browser.ask("/session/totp/registered", { body: { challenge, code: code() } }),
    );
    const { officer } = begun;
    const signIn = (given: string, who = officer) =>
      browser.ask("/session/totp", { body: { officer: who, code: given } });
    await refused(await signIn(code()), 401, "sign-in-refused");
    world.now += 60;
    const fresh = code();
    assert.equal((await browser.signedIn(await signIn(fresh)))["method"], "totp");
    await refused(await signIn(fresh), 401, "sign-in-refused");
    world.now += 60;
    const unknown = await refused(await signIn("000000", 99_999), 401, "sign-in-refused");
    const wrong = await refused(await signIn("000000"), 401, "sign-in-refused");
    assert.deepEqual(unknown, wrong, "one answer for every reason");
    for (let i = 0; i < 10; i++) await signIn("000000");
    await refused(await signIn(code()), 429, "sign-in-throttled");
    const releaser = await linkFor(scene, "releaser1");
    await refused(
      await browser.ask("/session/totp/registration", { body: { link: releaser } }),
      403,
      "sign-in-method",
    );
    // The sealed secret changed by hand: nobody signs in with it.
    world.now += 3_600;
    const { store } = meridia.resident;
    const sealed = await store.meta(`totp-${String(officer)}`);
    assert.ok(sealed !== undefined);
    await store.setMeta(
      `totp-${String(officer)}`,
      sealed.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
    );
    await refused(await signIn(code()), 401, "sign-in-refused");
  });

  it("the file of approvals is the one that everybody can verify", async () => {
    const scene = await makeScene();
    const { meridia, channel } = scene;
    const input = { type: "notice.open", role: "analyst", body: noticeBody() };
    const draft = await read(
      await ask(meridia, `/channels/${channel}/drafts`, { as: "analyst", body: input }),
      201,
    );
    const path = `/drafts/${String(draft["draft"])}/approvals`;
    const body = { role: "releaser", digest: draft["digest"] };
    await ask(meridia, path, { as: "releaser1", body });
    const said = (await read(await ask(meridia, path, { as: "releaser2", body }), 201))["said"] as JsonObject;
    const entry = `/channels/${channel}/entries/${String(said["feed"])}/${String(said["seq"])}/approvals`;
    const file = await read(await ask(meridia, entry, { as: "auditor" }));
    assert.ok(!isRefusal(parseBase64url(String(file["approvals"]))));
    await refused(
      await ask(meridia, `/channels/${channel}/approvals`, { as: "watch", body: file }),
      409,
      "approvals-unsigned",
    );
  });
});
