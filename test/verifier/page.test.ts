/// <reference lib="dom" />
/** The verifier's page for everybody: keyboard, names of controls, widths, contrast, direction, paper. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../tools/tidy/sources.ts";
import { openBench, verdictOf, verifyIn, type Bench } from "./browser.ts";

const FOLDER = join(ROOT, "vectors/transcript");
const record = readFileSync(join(FOLDER, "good.parley"));
const trust = readFileSync(join(FOLDER, "good.trust"), "utf8");
const altered = record.map((byte, at) => (at === 51_331 ? 0x68 : byte));

let bench: Bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

test("keyboard alone: every control in order with a visible focus, then the verdict", async () => {
  const { page, close } = await bench.open();
  await verifyIn(page, { record, trust });
  await page.reload();
  const order: string[] = [];
  for (let step = 0; step < 8; step++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const active = document.activeElement;
      const ringed = active?.closest("label") ?? active;
      const width = ringed === null ? "" : getComputedStyle(ringed).outlineWidth;
      return { id: active?.id ?? "", width };
    });
    assert.equal(focused.width, "3px", focused.id);
    order.push(focused.id);
  }
  const controls = [
    "lang-en",
    "lang-ar",
    "lang-ru",
    "record-file",
    "trust-file",
    "trust-text",
    "last-only",
    "verify",
  ];
  assert.deepEqual(order, controls);
  await page.locator("#record-file").setInputFiles({ name: "r", mimeType: "", buffer: record });
  await page.locator("#record-chosen .filename").waitFor();
  await page.locator("#trust-text").fill(trust);
  await page.locator("#verify").focus();
  await page.keyboard.press("Enter");
  assert.equal(await verdictOf(page), "complete");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "verdict");
  await close();
});

test("every control and region has a name", async () => {
  const { page, close } = await bench.open();
  await verifyIn(page, { record, trust });
  assert.equal(await page.getByRole("button", { name: "English", pressed: true }).count(), 1);
  assert.equal(await page.getByRole("button", { name: "Verify", exact: true }).count(), 1);
  assert.equal(await page.getByRole("textbox", { name: "Text of the trust file" }).count(), 1);
  assert.equal(
    await page.getByRole("checkbox", { name: "Check only the last signed head of each feed" }).count(),
    1,
  );
  assert.equal(await page.getByLabel("Choose the record").count(), 1);
  assert.equal(await page.getByLabel("Choose the trust file").count(), 1);
  for (const name of ["Record complete", "What was said", "Feeds", "Parties", "The record"])
    assert.equal(await page.getByRole("region", { name, exact: true }).count(), 1, name);
  for (const role of ["banner", "main", "complementary"] as const)
    assert.equal(await page.getByRole(role).count(), 1, role);
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
  const twice = await page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
  });
  assert.deepEqual(twice, []);
  await close();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`three languages and every width: nothing is cut off, everything is readable (${colorScheme})`, async () => {
    const { page, close } = await bench.open({ colorScheme });
    for (const bytes of [record, altered]) {
      await verifyIn(page, { record: bytes, trust });
      for (const lang of ["ru", "ar", "en"]) {
        await page.locator(`#lang-${lang}`).click();
        for (const width of [1440, 390, 320]) {
          await page.setViewportSize({ width, height: 900 });
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(over <= 0, `${lang} at ${width}: ${over} px too wide`);
        }
        assert.equal(await page.evaluate(() => document.documentElement.dir), lang === "ar" ? "rtl" : "ltr");
        assert.deepEqual(await page.evaluate(faintTexts), []);
      }
    }
    await close();
  });
}

/** Runs in the page: texts whose colour stands out less than 4.5 to 1 from what is behind them. */
function faintTexts(): readonly string[] {
  const channels = (color: string): readonly number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element | null): string => {
    if (element === null) return "rgb(255, 255, 255)";
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? behind(element.parentElement) : color;
  };
  return [...document.querySelectorAll("body *")].flatMap((element) => {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === 3 && node.textContent?.trim() !== "",
    );
    if (!own) return [];
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ratio >= 4.5 ? [] : [`${element.tagName} ${element.className} ${ratio.toFixed(2)}`];
  });
}

test("values stay apart from the sentence around them, technical ones left to right", async () => {
  const { page, close } = await bench.open({ locale: "ar" });
  assert.equal(await page.evaluate(() => document.documentElement.lang), "ar");
  await verifyIn(page, { record, trust });
  const tokens = page.locator(".result bdi.token");
  assert.ok((await tokens.count()) > 10);
  assert.equal(await page.locator('.result bdi.token:not([dir="ltr"])').count(), 0);
  assert.equal((await page.locator(".facts bdi[dir=auto]").count()) > 0, true);
  await close();
});

test("on paper: the report without the form", async () => {
  const { page, close } = await bench.open({ colorScheme: "dark" });
  await verifyIn(page, { record, trust });
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".form").isVisible(), false);
  assert.equal(await page.locator("#verdict").isVisible(), true);
  assert.equal(
    await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor),
    "rgb(255, 255, 255)",
  );
  await close();
});
