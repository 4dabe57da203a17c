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
import { utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { readPages, withoutTypes } from "#parley/main/pages.ts";
import { readText } from "../../tools/tidy/sources.ts";
import { words } from "../../tools/demo/case-material.ts";
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

const FLAGGED_BY = ["releaser1", "releaser2"];
type Credentials = Awaited<ReturnType<typeof credentialsOf>>;
const kept = new Map<string, Credentials>();

async function credentialsOf({ devices, device }: Opened) {
  return (await devices.send("WebAuthn.getCredentials", { authenticatorId: device })).credentials;
}

/** The device of a person, for the next test; its counter goes on. */
async function keep(opened: Opened, name: string): Promise<void> {
  kept.set(name, await credentialsOf(opened));
}

async function openAs(name: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const opened = await open({}, options);
  const { devices, device, close } = opened;
  for (const credential of kept.get(name) ?? [])
    await devices.send("WebAuthn.addCredential", { authenticatorId: device, credential });
  return {
    ...opened,
    close: async () => {
      await keep(opened, name);
      await close();
    },
  };
}

async function noted(page: Page): Promise<string> {
  await page.locator("#note:not([hidden])").waitFor();
  return page.locator("#note").innerText();
}

describe("the node's own page", () => {
  it("is served as its source says", async () => {
    const pages = await readPages();
    const scripts = [...pages].filter(([, { type }]) => type.startsWith("text/javascript"));
    assert.equal(scripts.length, 4);
    for (const [address, { bytes }] of scripts) {
      const source = readText(`src/web${address}`);
      assert.equal(utf8ToText(bytes), utf8ToText(withoutTypes(utf8(source))));
      // Types become blanks: every line is where its source has it.
      assert.equal(utf8ToText(bytes)?.split("\n").length, source.split("\n").length);
    }
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
      await keep(opened, name);
      await opened.close();
    }
    const draft = meridia.node.core.house.state.drafts.get(view.draft.id);
    assert.equal(draft?.status, "said");
    assert.ok(draft.approvals.every(({ key }) => key !== undefined));
    assert.deepEqual(meridia.node.core.house.people.state.unsound, []);
  });

  it("what the gate found is answered for, and two people approve it; blocked, nobody can", async () => {
    const text = "Seen on VLAN 112 <b>now</b>.";
    const view = await openDraft(meridia, channel, {
      type: "notice.open",
      body: noticeBody(),
      ...words(text),
    });
    const key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----";
    const stopped = await openDraft(meridia, channel, {
      type: "notice.open",
      body: noticeBody(),
      ...words(key),
    });
    for (const [i, device] of FLAGGED_BY.entries()) {
      const { page, go, close } = await openAs(device);
      await go();
      await page.locator("#passkey").click();
      const card = page.locator(`[data-draft="${view.draft.id}"]`);
      await card.getByText("The number of a network segment.").waitFor();
      assert.match(await card.locator(".excerpt").innerText(), /Seen on VLAN 112 <b>now<\/b>\./);
      assert.equal(await card.locator(".excerpt mark").count(), 1);
      const finding = card.locator("[data-finding]");
      const id = String(await finding.getAttribute("data-finding"));
      if (i === 0) {
        assert.match(await card.locator("[data-stopped]").innerText(), /cannot be approved yet.*: 1\./);
        assert.equal(await card.locator("#approve-releaser").count(), 0);
        await card.locator(`[id="justify-${id}"]`).click();
        assert.equal(await noted(page), "Say it in your own words too.");
        await card.locator(`[id="reason-${id}"]`).selectOption("generalised");
        await card.locator(`[id="words-${id}"]`).fill("They know <i>it</i>.");
        await card.locator(`[id="justify-${id}"]`).click();
        await page.getByText("Recorded.", { exact: true }).waitFor();
      }
      assert.match(await finding.innerText(), /generalised enough\. They know <i>it<\/i>\./);
      const blocked = page.locator(`[data-draft="${stopped.draft.id}"]`);
      await blocked.getByText("Blocked: no justification helps.").waitFor();
      assert.match(
        await blocked.locator("[data-stopped]").innerText(),
        /cannot be approved\. Blocked findings: 1/,
      );
      assert.equal(await blocked.locator("button, textarea").count(), 0);
      await card.locator("#approve-releaser").click();
      const expected = i === 0 ? "Approved. Another person still has to." : "Approved and sent.";
      await page.getByText(expected, { exact: true }).waitFor();
      await close();
    }
    const { state, gate } = meridia.node.core.house;
    const draft = state.drafts.get(view.draft.id);
    assert.equal(draft?.status, "said");
    const check = gate.of(view.draft.id).check?.digest;
    assert.deepEqual(
      draft.approvals.map((one) => [one.check, one.assertion === undefined]),
      [
        [check, false],
        [check, false],
      ],
    );
    assert.equal(state.drafts.get(stopped.draft.id)?.approvals.length, 0);
    assert.deepEqual(meridia.node.core.house.people.state.unsound, []);
  });

  it("one person releases alone with a reason, and another reviews it", async () => {
    const view = await openDraft(meridia, channel, { type: "notice.open", body: noticeBody() });
    const first = await openAs("releaser1");
    await first.go();
    await first.page.locator("#passkey").click();
    const card = first.page.locator(`[data-draft="${view.draft.id}"]`);
    await card.locator(".alone summary").click();
    await card.locator(".alone select").selectOption("life-safety");
    await card.locator("#alone-releaser").click();
    assert.equal(await noted(first.page), "Approved and sent.");
    const own = first.page.locator(`[data-review="${view.draft.id}"]`);
    await own.getByText("You released it: another person reviews it.").waitFor();
    assert.equal(await own.locator("button").count(), 0);
    await first.close();
    const second = await openAs("releaser2");
    await second.go();
    await second.page.locator("#passkey").click();
    const review = second.page.locator(`[data-review="${view.draft.id}"]`);
    await review.getByText("lives are at risk").waitFor();
    await review.locator("#review-justified").click();
    assert.equal(await noted(second.page), "The review is recorded.");
    assert.equal(await review.count(), 0);
    await second.close();
    const alone = meridia.node.core.house.people.state.alone.get(view.draft.id);
    assert.equal(alone?.review?.finding, "justified");
  });

  it("its words for rules, checks and reasons are those of the phrasebook", () => {
    for (const lang of ["en", "ar", "ru"]) {
      const [own, shared] = ["src/web/sign-in/phrases", "src/transcript/phrases"].map((folder) =>
        Object.entries(JSON.parse(readText(`${folder}/${lang}.json`)) as Record<string, string>).filter(
          ([name]) => /^gate-(rule|check|justification)\./.test(name),
        ),
      );
      assert.deepEqual(Object.fromEntries(own ?? []), Object.fromEntries(shared ?? []));
      assert.ok((own?.length ?? 0) > 50);
    }
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
