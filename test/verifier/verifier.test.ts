/// <reference lib="dom" />
/** The verifier's page says what `parley verify` says, in three languages, from disk and without a network (SPEC 7). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { encodeOneMessage } from "#parley/transcript/open-one.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import { casePhrases, renderReport, reportPhrases } from "#parley/transcript/render.ts";
import type { Phrase } from "#parley/protocols/phrase-arguments.ts";
import { tellStory } from "#parley/transcript/story.ts";
import { encodeTrust, parseTrust, trustParties } from "#parley/transcript/trust.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { encodeCheckpoint } from "#parley/ledger/checkpoint.ts";
import { inclusionPath, subtreeReader } from "#parley/ledger/tree.ts";
import { buildVerifier } from "../../tools/build-verifier.ts";
import { ROOT } from "../../tools/tidy/sources.ts";
import { exportTranscript, feedOf, makePair, say } from "../kit/record.ts";
import { linesOf, openBench, toFile, verdictOf, verifyIn, type Bench, type Given } from "./browser.ts";

const LANGS = ["en", "ar", "ru"] as const;
const FOLDER = join(ROOT, "vectors/transcript");
const backend = createNodeBackend();
const book = createPhrasebook();

let bench: Bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

interface Vector extends Given {
  readonly verdict: string;
  readonly expect: string;
  readonly index: number | undefined;
}

function vector(name: string): Vector {
  const { edits, trust, verdict, expect, index } = JSON.parse(
    readFileSync(join(FOLDER, `${name}.json`), "utf8"),
  ) as Vector & { readonly edits: readonly { at: number; remove: number; insert: string }[] };
  let record: Uint8Array = readFileSync(join(FOLDER, "good.parley"));
  for (const { at, remove, insert } of edits.toReversed())
    record = Buffer.concat([
      record.subarray(0, at),
      Buffer.from(insert, "hex"),
      record.subarray(at + remove),
    ]);
  return { record, trust, verdict, expect, index };
}

/** What a page has as elements stands in text as characters. */
function bare(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, "");
}

async function choose(page: Page, lang: string): Promise<void> {
  await page.locator(`#lang-${lang}`).click();
  await page.locator(`html[lang="${lang}"]`).waitFor();
}

const NAMES = [
  "good",
  "entry-altered",
  "entries-swapped",
  "fork",
  "head-taken-out",
  "last-entry-taken-out",
  "genesis-altered",
  "manifest-altered",
  "receipt-stripped",
  "trust-lacks-a-party",
];

for (const name of NAMES) {
  test(`the page says what the command line says: ${name}`, async () => {
    const given = vector(name);
    const trust = parseTrust(given.trust);
    assert.ok(!isRefusal(trust));
    const report = verifyTranscript(backend, given.record, trust);
    const story = tellStory(backend, report);
    const { page, close } = await bench.open();
    assert.equal(await verifyIn(page, given), given.verdict);
    for (const lang of LANGS) {
      await choose(page, lang);
      const rendering = { book, lang };
      const shown = await linesOf(page);
      const all = renderReport(report, rendering).map(bare);
      assert.equal(shown[0], all[0]);
      const text = ({ key, args }: Phrase): string => bare(book.text(lang, key, args));
      const reasons = reportPhrases(report, rendering).reasons.map(text);
      // A reason that a line above already gave is left out, and nothing else.
      for (const line of all) {
        if (shown.includes(line)) continue;
        assert.ok(reasons.includes(line), `${lang} lacks ${line}`);
        const why = line.slice(line.indexOf(": ") + 2);
        assert.ok(
          shown.some((other) => other !== line && other.includes(why)),
          line,
        );
      }
      const cases = casePhrases(story, rendering).map(text);
      assert.deepEqual(
        shown.filter((line) => !all.includes(line)),
        cases,
      );
      assert.deepEqual(
        await page.locator(".sentence").allTextContents(),
        story.lines.map((line) => text(line.phrase)),
      );
      if (given.verdict !== "complete") {
        const codes = await page.locator(".code .token").allTextContents();
        assert.ok(codes.includes(given.expect), `${lang}: ${codes.join()}`);
      }
      if (given.index !== undefined)
        assert.match(
          (await page.locator(".why li").first().textContent()) ?? "",
          new RegExp(`\\b${given.index}\\b`),
        );
    }
    await close();
  });
}

test("only the last head of each feed, on request", async () => {
  const { page, close } = await bench.open();
  await page.locator("#last-only").check();
  assert.equal(await verifyIn(page, vector("good")), "complete");
  assert.ok((await linesOf(page)).includes(book.text("en", "report.last")));
  await close();
});

const pair = makePair(backend);

function oneMessage(): Uint8Array {
  const { channel, a } = pair;
  const feed = feedOf(channel, a.id);
  const slot = feed.slots[3];
  const last = feed.heads.at(-1);
  assert.ok(slot?.opening.kind === "opened" && last);
  const reader = subtreeReader(backend.sha256, (level, index) =>
    level === 0 ? feed.leaves[index] : undefined,
  );
  return encodeOneMessage({
    entry: slot.entry,
    path: inclusionPath(backend.sha256, reader, 3, last.head.size),
    checkpoint: encodeCheckpoint(last.head, last.lines.slice(0, 2)),
    salt: slot.opening.salt,
    message: slot.opening.message,
    signed: feed.party.signed,
    genesis: channel.genesis,
    seq: 3,
  });
}

test("one message shown to a third party, as it is and with a byte changed", async () => {
  const record = oneMessage();
  const trust = encodeTrust(trustParties([pair.a.id]));
  const { page, close } = await bench.open();
  assert.equal(await verifyIn(page, { record, trust }), "said");
  const [said = ""] = await linesOf(page);
  assert.match(said, /said this message as entry 3, under its own signed head of 6\.$/);
  assert.ok((await page.locator(".members dt").count()) > 0);
  const changed = record.map((byte, at) => (at === record.indexOf(0x7b) + 12 ? byte ^ 1 : byte));
  assert.equal(await verifyIn(page, { record: changed, trust }), "refused");
  assert.notEqual(await page.locator(".code .token").first().textContent(), "");
  await close();
});

test("text of the other side stays text: no markup, no hidden turn of direction", async () => {
  const { a, b, channel } = makePair(backend, "hostile");
  const text = "\u202egpj.exe <img src=x onerror=alert(1)> \u0628\u0644\u0627\u063a";
  say(channel, a, [{ body: { text }, type: "x" }]);
  const { page, close } = await bench.open();
  const record = exportTranscript(channel, b);
  await verifyIn(page, { record, trust: encodeTrust(trustParties([a.id, b.id])) });
  for (const summary of await page.locator("summary").all()) await summary.click();
  await page.locator("dd", { hasText: "gpj.exe" }).waitFor({ state: "attached" });
  const body = (await page.locator("main").textContent()) ?? "";
  assert.ok(body.includes("⟨U+202E⟩gpj.exe <img src=x onerror=alert(1)>"));
  assert.doesNotMatch(body, /[\u202a-\u202e\u2066-\u2069]/);
  assert.equal(await page.locator("img").count(), 0);
  await close();
});

test("trust pasted as text, and what the page says when something is missing or malformed", async () => {
  const { record, trust } = vector("good");
  const { page, close } = await bench.open();
  await page.locator("#verify").click();
  assert.equal(await page.getByRole("status").textContent(), "Choose a record first.");
  await page.locator("#record-file").setInputFiles(toFile("record.parley", record));
  await page.locator("#record-chosen .filename").waitFor();
  await page.locator("#verify").click();
  assert.match((await page.getByRole("status").textContent()) ?? "", /trust file/);
  await page.locator("#trust-text").fill("parley-trust/1\nparty nobody\n");
  await page.locator("#verify").click();
  assert.equal(await verdictOf(page), "refused");
  assert.equal(await page.locator(".code .token").first().textContent(), "trust-malformed");
  await page.locator("#trust-text").fill(trust);
  await page.locator("#verify").click();
  await page.locator('[data-verdict="complete"]').waitFor();
  await choose(page, "ru");
  assert.equal(await page.locator("#trust-text").inputValue(), trust);
  await close();
});

test("two files dropped anywhere are told apart", async () => {
  const { record, trust } = vector("good");
  const { page, close } = await bench.open();
  const transfer = await page.evaluateHandle(
    ([bytes, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "b.txt"));
      data.items.add(new File([Uint8Array.from(bytes)], "a.txt"));
      return data;
    },
    [[...record], trust] as const,
  );
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await page.locator("#record-chosen .filename").waitFor();
  await page.locator("#trust-chosen .filename").waitFor();
  assert.equal(await page.locator("#record-chosen .filename").textContent(), "a.txt");
  await page.locator("#verify").click();
  assert.equal(await verdictOf(page), "complete");
  await close();
});

test("what the policy forbids is noticed: a page that broke it fails its test", async () => {
  const { page, close } = await bench.open();
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        document.addEventListener("securitypolicyviolation", () => setTimeout(resolve, 0));
        document.body.setAttribute("style", "color: red");
      }),
  );
  await assert.rejects(close, /policy: style-src-attr/);
});

test("the file is the same in every build, and holds no way to run text as code", async () => {
  const again = await buildVerifier();
  assert.equal(again.html, bench.html);
  assert.doesNotMatch(
    bench.script,
    /\bFunction\(|\beval\(|innerHTML|\bfetch\(|XMLHttpRequest|WebSocket|import\(/,
  );
  assert.match(
    bench.html,
    /Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/,
  );
});
