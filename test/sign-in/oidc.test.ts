/** Sign-in through a real provider process: code flow, PKCE, state, nonce, and the subject bound by a link. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isRefusal } from "#parley/codec/refusal.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { freePort } from "../../tools/free-port.ts";
import { DOOR, linkFor } from "../kit/passkeys.ts";
import { accepted, makeWorld, refusedWith, who, type Resident } from "../kit/world.ts";

let provider: ChildProcess;
let meridia: Resident;
let node: ParleyNode;

before(async () => {
  const port = await freePort();
  const script = fileURLToPath(new URL("provider.ts", import.meta.url));
  provider = spawn(process.execPath, [script, String(port), `${DOOR.origin}/sign-in/`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.ok(provider.stdout !== null);
  await once(provider.stdout, "data");
  const [first] = (await makeWorld(["meridia"])).residents;
  assert.ok(first !== undefined);
  meridia = first;
  const oidc = {
    issuer: `http://localhost:${port}`,
    client_id: "parley",
    client_secret: "a-secret-of-the-test-that-is-long-enough",
  };
  node = await ParleyNode.open({ ...meridia.node.core.ports, oidc });
  meridia.node = node;
});

after(() => provider.kill());

/** What a browser does at the provider: the forms of its sign-in and consent, with its cookies. */
async function atProvider(
  address: string,
  login: string,
): Promise<{ code: string; state: string; iss?: string }> {
  const cookies = new Map<string, string>();
  let url = address;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < 12; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form && { method: "POST", body: form }),
    });
    form = undefined;
    for (const set of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const next = answer.headers.get("location");
    if (next !== null) {
      url = new URL(next, url).href;
      if (!url.startsWith(`${DOOR.origin}/sign-in/`)) continue;
      const { searchParams } = new URL(url);
      const iss = searchParams.get("iss");
      return {
        code: searchParams.get("code") ?? "",
        state: searchParams.get("state") ?? "",
        ...(iss !== null && { iss }),
      };
    }
    const page = await answer.text();
    const [, action = ""] = /<form[^>]*action="([^"]+)"/.exec(page) ?? [];
    url = new URL(action, url).href;
    form = page.includes('value="login"')
      ? new URLSearchParams({ prompt: "login", login, password: "x" })
      : new URLSearchParams({ prompt: "consent" });
  }
  assert.fail("the provider never sent the browser back");
}

describe("OpenID Connect with a real provider", () => {
  it("a link binds the subject; from then on it signs in, and nobody else does", async () => {
    const { signIn } = node;
    const officer = who(meridia, "watch").officer;
    const stranger = accepted(await signIn.beginOidc(DOOR));
    refusedWith(await signIn.finishOidc(DOOR, await atProvider(stranger.address, "amal")), "sign-in-refused");
    const bound = accepted(await signIn.beginOidc(DOOR, await linkFor(meridia, "watch")));
    const first = accepted(await signIn.finishOidc(DOOR, await atProvider(bound.address, "amal")));
    assert.equal(signIn.personOf(first.secret, DOOR)?.officer, officer);
    const begun = accepted(await signIn.beginOidc(DOOR));
    const came = await atProvider(begun.address, "amal");
    assert.equal(accepted(await signIn.finishOidc(DOOR, came)).session.method, "oidc");
    refusedWith(await signIn.finishOidc(DOOR, came), "sign-in-refused");
    const other = accepted(await signIn.beginOidc(DOOR));
    refusedWith(await signIn.finishOidc(DOOR, await atProvider(other.address, "boris")), "sign-in-refused");
  });

  it("a code of another sign-in, a made-up one and another issuer are refused", async () => {
    const { signIn } = node;
    const [one, two] = [accepted(await signIn.beginOidc(DOOR)), accepted(await signIn.beginOidc(DOOR))];
    const came = await atProvider(one.address, "amal");
    refusedWith(await signIn.finishOidc(DOOR, { ...came, state: two.state }), "sign-in-refused");
    const third = accepted(await signIn.beginOidc(DOOR));
    refusedWith(
      await signIn.finishOidc(DOOR, { ...came, code: "made-up", state: third.state }),
      "sign-in-refused",
    );
    const fourth = accepted(await signIn.beginOidc(DOOR));
    const fresh = await atProvider(fourth.address, "amal");
    refusedWith(await signIn.finishOidc(DOOR, { ...fresh, iss: "https://rimal.example" }), "sign-in-refused");
  });

  it("a provider that is not there is said, and nobody is signed in", async () => {
    const issuer = `http://localhost:${await freePort()}`;
    const alone = await ParleyNode.open({ ...node.core.ports, oidc: { issuer, client_id: "parley" } });
    const begun = await alone.signIn.beginOidc(DOOR);
    assert.ok(isRefusal(begun));
    assert.equal(begun.code, "sign-in-refused");
  });
});
