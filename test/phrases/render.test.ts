/** The formatter's isolation, the phrasebook's arguments, and a verification in words (SPEC 8.7, 7.4). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { phrase } from "#parley/protocols/phrase-arguments.ts";
import { formatPhrase, parsePhrase, renderText, visible } from "#parley/protocols/phrase-format.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import {
  bracketPhrase,
  reasonPhrase,
  refusalPhrase,
  renderReport,
  renderStory,
} from "#parley/transcript/render.ts";
import { tellStory } from "#parley/transcript/story.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { exportTranscript, makePair, receipt, say } from "../kit/record.ts";
import { messageOf, BODIES } from "./samples.ts";

const backend = createNodeBackend();
const book = createPhrasebook();
const plain = { isolate: false };

test("every argument is isolated: names by their letters, technical text left to right, words as the language runs", () => {
  const text = book.text("ar", "board.due", { party: "RIMAL", timer: "t_ack", time: 0, duration: 7_200 });
  assert.equal(
    text,
    "المستحق على الطرف \u2068RIMAL\u2069: \u2067الإقرار بالاستلام\u2069؛ الموعد: \u20661970-01-01 00:00 UTC\u2069، " +
      "والوقت المتبقي: \u2067ساعتان\u2069.",
  );
  // A language that runs right to left is never rendered without isolates.
  assert.equal(
    book.text("ar", "board.silent", { party: "A", time: 0 }, plain).includes("\u2068A\u2069"),
    true,
  );
  assert.equal(book.text("en", "board.silent", { party: "A", time: 61 }, plain), SILENT);
});

const SILENT = "Nothing has been heard from A since 1970-01-01 00:01:01 UTC.";

test("hidden characters of a value become marks and cannot close an isolate", () => {
  assert.equal(
    visible("a\u202eb\u2069\u001b[2J\u{e0041}\u200d"),
    "a⟨U+202E⟩b⟨U+2069⟩⟨U+001B⟩[2J⟨U+E0041⟩\u200d",
  );
  const [part] = book.phrase("en", "entry.genesis", { party: "x\u2069y" });
  assert.deepEqual(part, { kind: "arg", value: "x\u2069y", direction: "auto", token: false });
  assert.match(book.text("en", "entry.genesis", { party: "x\u2069y" }), /^\u2068x⟨U\+2069⟩y\u2069 /);
});

test("Arabic, Russian and English count", () => {
  const count = (lang: string, n: number) =>
    book.text(lang, "duration.days", { count: n }).replace(/[\u2066-\u2069]/g, "");
  assert.deepEqual(
    [0, 1, 2, 3, 10, 11, 99, 100, 102, 103].map((n) => count("ar", n)),
    [
      "0 يوم",
      "يوم واحد",
      "يومان",
      "3 أيام",
      "10 أيام",
      "11 يومًا",
      "99 يومًا",
      "100 يوم",
      "102 يوم",
      "103 أيام",
    ],
  );
  assert.deepEqual(
    [1, 2, 5, 11, 21, 22].map((n) => count("ru", n)),
    ["1 день", "2 дня", "5 дней", "11 дней", "21 день", "22 дня"],
  );
  assert.deepEqual(
    [0, 1, 2].map((n) => count("en", n)),
    ["0 days", "1 day", "2 days"],
  );
});

test("durations take two units; deadlines up to 72 hours stay in hours", () => {
  const words = (seconds: number) =>
    book.text(
      "en",
      "message.timer.extend",
      { from: "A", timer: "t_ack", duration: seconds, extension_reason: "X-TECH" },
      plain,
    );
  const of = (seconds: number) => /by (.*)\. Reason/.exec(words(seconds))?.[1];
  assert.deepEqual([0, 59, 60, 3_660, 259_200, 14 * 86_400, 90 * 3_600].map(of), [
    "0 seconds",
    "59 seconds",
    "1 minute",
    "1 hour and 1 minute",
    "72 hours",
    "14 days",
    "3 days and 18 hours",
  ]);
});

test("the subset: what it reads, and what it refuses", () => {
  const format = (text: string, raw: string | number) =>
    renderText(
      formatPhrase("en", parsePhrase(text), { x: { raw, parts: [{ kind: "text", value: String(raw) }] } }),
      plain,
    );
  assert.equal(format("{x, plural, =0 {none} one {# item} other {# items}}", 0), "none");
  assert.equal(format("{x, plural, =0 {none} one {# item} other {# items}}", 1), "1 item");
  assert.equal(
    format("{x, select, a {A} other {B}}", "a") + format("{x, select, a {A} other {B}}", "q"),
    "AB",
  );
  for (const text of [
    "{x, number, percent}",
    "{x, date}",
    "{x, selectordinal, other {#}}",
    "{x, plural, offset:1 other {#}}",
  ])
    assert.throws(() => parsePhrase(text), SyntaxError, text);
  assert.throws(() => formatPhrase("en", parsePhrase("{y}"), {}), TypeError);
  assert.throws(() => book.text("en", "no.such.key"), RangeError);
});

test("codes of a newer peer are shown as they are", () => {
  const rendering = { book, lang: "ru" };
  assert.equal(
    book.text("en", "message.notice.withdraw", { from: "A", notice_withdraw_reason: "zz-new" }, plain),
    NEW,
  );
  assert.deepEqual(refusalPhrase(rendering, "zz-new"), phrase("refusal.unknown", { unknown_code: "zz-new" }));
  assert.deepEqual(refusalPhrase(rendering, "fork"), phrase("refusal.fork"));
  assert.deepEqual(reasonPhrase(rendering, "/body/of"), phrase("reason.schema", { pointer: "/body/of" }));
  assert.deepEqual(reasonPhrase(rendering, ""), phrase("reason.schema_whole"));
  assert.deepEqual(reasonPhrase(rendering, "ended"), phrase("reason.ended"));
  assert.deepEqual(reasonPhrase(rendering, "zz"), phrase("refusal.unknown", { unknown_code: "zz" }));
  assert.equal(book.text("en", "timer.t_ack"), "acknowledgement");
  assert.equal(book.has("en", "timer.t_clarify:2"), false);
});

const NEW = "A withdraws its notice. Reason: zz-new.";

test("brackets of time", () => {
  assert.equal(bracketPhrase({ after: 1, before: 2 }, 3).key, "bracket.both");
  assert.equal(bracketPhrase({ before: 2 }, 3).key, "bracket.before");
  assert.equal(bracketPhrase({ after: 1 }, 3).key, "bracket.after");
  assert.deepEqual(bracketPhrase({}, 3), phrase("bracket.none", { time: 3 }));
});

const { channel, a, b } = makePair(backend, "render");
const [body = {}] = BODIES["notice.open"] ?? [];
say(channel, a, [messageOf("notice.open", body)]);
receipt(channel, b, a);
const trust = trustParties([a.id, b.id]);
const whole = exportTranscript(channel, b, { withhold: new Map([[`${a.id} 3`, "withheld"]]) });

test("a whole record in words, in every language", () => {
  const report = verifyTranscript(backend, whole, trust);
  const story = tellStory(backend, report);
  for (const lang of book.langs) {
    const lines = renderReport(report, { book, lang });
    assert.equal(lines[0], book.text(lang, `report.${report.verdict}`));
    assert.ok(lines.includes(book.text(lang, "report.withheld", { count: 1 })));
    const told = renderStory(story, { book, lang });
    assert.equal(told.length, story.lines.length + (story.channel?.cases.length ?? 0));
    assert.ok(told.every((line) => line.length > 0 && !/undefined|\[object|NaN/.test(line)));
  }
  const english = renderStory(story, { book, lang: "en", isolate: false });
  const handle = report.parties.find(({ party }) => party === a.id)?.handle;
  assert.ok(
    english.some(
      (line) => line.startsWith(`[exercise] Entry 6 of ${handle}: `) && line.includes(" Provable: "),
    ),
    english.join("\n"),
  );
});

test("a truncated or altered record is never called complete, and the fault is named first", () => {
  const altered = Uint8Array.from(whole);
  const at = altered.length >> 1;
  altered[at] = (altered[at] ?? 0) ^ 1;
  for (const bytes of [whole.subarray(0, whole.length - 9), altered, utf8("not a transcript")]) {
    const report = verifyTranscript(backend, bytes, trust);
    assert.equal(report.verdict, "failed");
    for (const lang of book.langs) {
      const lines = renderReport(report, { book, lang });
      assert.equal(lines[0], book.text(lang, "report.failed"));
      assert.ok(!lines.includes(book.text(lang, "report.complete")));
      const cause = [...report.faults, ...report.feeds.flatMap(({ first_bad: bad }) => bad ?? [])].map(
        ({ code }) => book.text(lang, `refusal.${code}`),
      );
      assert.ok(cause.length > 0);
      assert.ok(cause.every((text) => lines.slice(1, 1 + cause.length).some((line) => line.includes(text))));
    }
  }
});
