/// <reference lib="dom" />
/**
 * The node's own page in a real Chromium with a virtual authenticator: register, sign in, approve; and what must fail.
 * A violation of the page's policy, an error on the console or a request to anybody else fails the test.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type CDPSession,
  type Page,
} from "playwright-core";
import { startApi, type RunningApi } from "#parley/http/server.ts";
import { readPages } from "#parley/main/pages.ts";
import { signInScript, SIGN_IN_SCRIPT } from "../../tools/build-sign-in.ts";
import { readText } from "../../tools/tidy/sources.ts";
import { noticeBody } from "../kit/materials.ts";
import { linkFor, openDraft } from "../kit/passkeys.ts";
import { agree, makeWorld, who, type Resident, type World } from "../kit/world.ts";

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];

let browser: Browser;
let api: RunningApi;
let world: World;
let meridia: Resident;
let channel: string;

before(async () => {
  const named = process.env["PARLEY_CHROMIUM"] ?? "";
  browser = await chromium.launch({ executablePath: named === "" ? "/usr/bin/chromium" : named, args: ARGS });
  world = await makeWorld(["meridia", "rimal"]);
  const [first, second] = world.residents;
  assert.ok(first !== undefined && second !== undefined);
  meridia = first;
  channel = await agree(world, first, second);
  const { node } = meridia;
  api = await startApi({ node, host: "127.0.0.1", port: 0, log: () => undefined, pages: await readPages() });
});

after(async () => {
  await browser.close();
  await api[Symbol.asyncDispose]();
});

interface Opened {
  readonly page: Page;
  readonly devices: CDPSession;
  readonly device: string;
  readonly go: (fragment?: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

async function open(
  authenticator: { readonly defaultBackupEligibility?: boolean } = {},
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  const address = `http://localhost:${api.port}/sign-in/`;
  const wrong: string[] = [];
  const own = `http://localhost:${api.port}/`;
  page.on("request", (request) => void (request.url().startsWith(own) || wrong.push(request.url())));
  page.on("pageerror", (error) => void wrong.push(error.message));
  page.on("console", (message) => {
    // Refusals are answers: the browser writes each 4xx to the console by itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      wrong.push(message.text());
  });
  const devices = await context.newCDPSession(page);
  await devices.send("WebAuthn.enable");
  const { authenticatorId: device } = await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...authenticator,
    },
  });
  return {
    page,
    devices,
    device,
    go: async (fragment = "") => {
      await page.goto("about:blank");
      await page.goto(address + fragment);
    },
    close: async () => {
      await context.close();
      assert.deepEqual(wrong, []);
    },
  };
}

async function register(opened: Opened, name: string): Promise<void> {
  await opened.go(`#link=${await linkFor(meridia, name)}`);
  await opened.page.locator("#register").click();
}

async function noted(page: Page): Promise<string> {
  await page.locator("#note:not([hidden])").waitFor();
  return page.locator("#note").innerText();
}

describe("the node's own page", () => {
  it("is served as its source says", async () => {
    assert.equal(readText(SIGN_IN_SCRIPT), await signInScript());
  });

  it("two people register, sign in and approve a draft with their devices", async () => {
    const view = await openDraft(meridia, channel, { type: "notice.open", body: noticeBody() });
    const people = ["releaser1", "releaser2"];
    for (const [i, name] of people.entries()) {
      const opened = await open();
      const { page } = opened;
      await register(opened, name);
      assert.equal(await noted(page), "The passkey is registered.");
      assert.equal(new URL(page.url()).hash, "", "the link does not stay in the address");
      await page.locator("#sign-out").click();
      await page.locator("#passkey").click();
      await page.getByText(`Officer ${who(meridia, name).officer}`).waitFor();
      await page.reload();
      await page.locator(`[data-draft="${view.draft.id}"] #approve-releaser`).click();
      const expected = i === 0 ? "Approved. Another person still has to." : "Approved and sent.";
      assert.equal(await noted(page), expected);
      await opened.close();
    }
    const draft = meridia.node.core.house.state.drafts.get(view.draft.id);
    assert.equal(draft?.status, "said");
    assert.ok(draft.approvals.every(({ key }) => key !== undefined));
    assert.deepEqual(meridia.node.core.house.people.state.unsound, []);
  });

  it("refuses a key that is backed up elsewhere, for a role that releases", async () => {
    const opened = await open({ defaultBackupEligibility: true });
    await register(opened, "authority");
    assert.match(await noted(opened.page), /this role needs one that stays in its device/);
    await opened.close();
  });

  it("refuses a cloned device, a stranger, a user who is not verified, and a link twice", async () => {
    const opened = await open();
    const { page, devices, device } = opened;
    await register(opened, "principal");
    await noted(page);
    await page.locator("#sign-out").click();
    const { credentials } = await devices.send("WebAuthn.getCredentials", { authenticatorId: device });
    const [mine] = credentials;
    assert.ok(mine !== undefined);
    await page.locator("#passkey").click();
    await page.locator("#sign-out").click();
    await page.locator("#passkey").waitFor();
    await devices.send("WebAuthn.removeCredential", {
      authenticatorId: device,
      credentialId: mine.credentialId,
    });
    await devices.send("WebAuthn.addCredential", {
      authenticatorId: device,
      credential: { ...mine, signCount: 0 },
    });
    await page.locator("#passkey").click();
    assert.equal(await noted(page), "Signing in was not possible.");
    await devices.send("WebAuthn.setUserVerified", { authenticatorId: device, isUserVerified: false });
    await page.locator("#passkey").click();
    await page.getByText("The device did not answer, or you stopped it.").waitFor();
    await opened.close();
    const link = await linkFor(meridia, "watch");
    const used = await open();
    await used.go(`#link=${link}`);
    await used.page.locator("#register").click();
    await noted(used.page);
    await used.close();
    const stranger = await open();
    await stranger.go(`#link=${link}`);
    await stranger.page.locator("#register").click();
    assert.match(await noted(stranger.page), /was used, has expired/);
    await stranger.go();
    await stranger.page.locator("#passkey").click();
    assert.equal(await noted(stranger.page), "The device did not answer, or you stopped it.");
    await stranger.close();
  });

  it("reads from right to left in Arabic, and nothing is wider than a phone", async () => {
    await openDraft(meridia, channel, { type: "notice.open", body: noticeBody() });
    for (const locale of ["ar", "ru", "en-GB"]) {
      const opened = await open({}, { locale, viewport: { width: 390, height: 844 } });
      await opened.go();
      await opened.page.locator("#passkey").waitFor();
      const { dir, wide } = await opened.page.evaluate(() => ({
        dir: document.documentElement.dir,
        wide: document.documentElement.scrollWidth,
      }));
      assert.equal(dir, locale === "ar" ? "rtl" : "ltr");
      assert.ok(wide <= 390);
      await opened.close();
    }
  });
});
