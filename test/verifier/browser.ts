/// <reference lib="dom" />
/**
 * The built verifier in a real Chromium, from disk and without a network: what the tests of the page share.
 *
 * A page that asked for anything but its own file, reported a violation of its policy or wrote an error to the console
 * fails the test that closes it.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { writeVerifier } from "../../tools/build-verifier.ts";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

export interface Bench {
  readonly html: string;
  readonly script: string;
  readonly open: (options?: BrowserContextOptions) => Promise<Opened>;
  readonly close: () => Promise<void>;
}

export interface Opened {
  readonly page: Page;
  /** Fails when the page did anything that a page from disk must not. */
  readonly close: () => Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "parley-verifier-"));
  const path = join(folder, "verifier.html");
  const built = await writeVerifier(path);
  const named = process.env["PARLEY_CHROMIUM"] ?? "";
  const executablePath = named === "" ? "/usr/bin/chromium" : named;
  const browser = await chromium.launch({ executablePath, args: ARGS });
  return {
    ...built,
    open: (options = {}) => openPage(browser, pathToFileURL(path).href, options),
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openPage(browser: Browser, url: string, options: BrowserContextOptions): Promise<Opened> {
  const context = await browser.newContext({ offline: true, locale: "en-GB", ...options });
  const page = await context.newPage();
  const wrong: string[] = [];
  const note = (text: string): void => void wrong.push(text);
  page.on("request", (request) => request.url() === url || note(`request: ${request.url()}`));
  page.on("pageerror", (error) => note(`error: ${error.message}`));
  page.on("console", (message) => note(`console: ${message.text()}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.sample}`);
    });
  });
  await page.goto(url);
  return {
    page,
    close: async () => {
      await context.close();
      assert.deepEqual(wrong, []);
    },
  };
}

export interface Given {
  readonly record: Uint8Array;
  readonly trust: string;
}

/** Both files picked; then the button. */
export async function verifyIn(page: Page, { record, trust }: Given): Promise<string> {
  await page.locator("#record-file").setInputFiles(toFile("record.parley", record));
  await page.locator("#trust-file").setInputFiles(toFile("trust.policy", Buffer.from(trust)));
  await page.locator("#trust-chosen .filename").waitFor();
  await page.locator("#verify").click();
  return verdictOf(page);
}

export async function verdictOf(page: Page): Promise<string> {
  return (await page.locator("#verdict").getAttribute("data-verdict", { timeout: 20_000 })) ?? "";
}

export function toFile(name: string, bytes: Uint8Array) {
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
}

/** The text of each sentence of the report on the page. */
export function linesOf(page: Page): Promise<readonly string[]> {
  return page.locator("[data-line]").allTextContents();
}
