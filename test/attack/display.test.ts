/**
 * Strings that a screen shows as something else (threats.md 8, 35): through the phrases of every language, the command
 * line, the preview and the story of a record.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findMixedWords, markMixedWords } from "#parley/codec/scripts.ts";
import { escapeUntrusted, escapeUntrustedLines } from "#parley/cli/safe-text.ts";
import { createWords } from "#parley/cli/words.ts";
import { makePreview } from "#parley/gate/preview.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import { renderReport, renderStory } from "#parley/transcript/render.ts";
import { tellStory } from "#parley/transcript/story.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { liveChannel } from "../kit/world.ts";
import { makeScene } from "./attacker.ts";

/** What a terminal obeys, what turns a line round, what nobody sees. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/u;
/** The isolates that we add ourselves, always in pairs. */
const OURS = /[\u2066-\u2069]/gu;

const HOSTILE: readonly (readonly [string, string])[] = [
  ["right-to-left override", "invoice\u202Egnp.exe"],
  ["left-to-right override", "\u202Dabc\u202C"],
  ["embedding", "\u202Bשלום\u202C"],
  ["closes an isolate", "name\u2069 and more"],
  ["opens an isolate for ever", "name\u2067"],
  ["marks of direction", "a\u200Eb\u200Fc\u061Cd"],
  ["zero width", "pay\u200Bpal\u2060.exa\uFEFFmple"],
  ["tag characters", "ok\u{E0049}\u{E0047}\u{E004E}"],
  ["erases the screen", "\u001b[2J\u001b[1;1Hcomplete"],
  ["a hyperlink of the terminal", "\u001b]8;;https://x.example\u0007click\u001b]8;;\u0007"],
  ["the title of the window", "\u001b]0;root\u0007"],
  ["eight-bit escapes", "\u009b2J\u009d0;x\u009c"],
  ["goes back and writes over", "refused\rcomplete"],
  ["backspaces", "refused\b\b\b\b\b\b\baccepted"],
  ["a new line of its own", "x\nThe record is complete."],
  ["separators of lines and paragraphs", "x\u2028y\u2029z"],
  ["annotations", "a\uFFF9b\uFFFAc\uFFFBd"],
  ["a deprecated format", "a\u206Ab\u206F"],
  ["delete and nothing", "a\u007fb\u0000c"],
];

const MIXED: readonly (readonly [string, string, readonly string[]])[] = [
  ["a Cyrillic letter in a Latin name", "pаypal", ["U+0430"]],
  ["a Latin letter in a Cyrillic name", "Мeридия", ["U+0065"]],
  ["a Greek letter in a Latin name", "gοogle.example", ["U+03BF"]],
  ["an Armenian letter in a Latin name", "examplе-օne", ["U+0435", "U+0585"]],
  ["a host among other words", "seen at nоde.example today", ["U+043E"]],
];

const HONEST = [
  "CERT Meridia",
  "Центр Меридия",
  "مركز ميريديا",
  "IP-адрес 192.0.2.7",
  "узел node.example",
  "Ω-3 β",
  "東京 Tokyo 2026",
  "naïve café Łódź",
  "10 µs",
];

describe("threat 8: what a screen would obey or hide", () => {
  for (const [name, text] of HOSTILE) {
    it(`threat 8: ${name} is marked, in every language and on the command line`, () => {
      const book = createPhrasebook();
      for (const lang of ["en", "ar", "ru"]) {
        const isolated = book.text(lang, "report.party", { party: text, handle: text, count: 2 });
        assertPaired(isolated);
        assert(!UNSAFE.test(isolated.replace(OURS, "")), `${lang}: ${JSON.stringify(isolated)}`);
        const naked = book.text(lang, "refusal.fork", {}, { isolate: false });
        assert(!UNSAFE.test(naked));
      }
      for (const lang of ["en", "ar", "ru"] as const) {
        const said = createWords(lang).say("preview.reader", { party: text });
        assertPaired(said);
        assert(!UNSAFE.test(said.replace(OURS, "")), said);
      }
      assert(!UNSAFE.test(escapeUntrusted(text)));
      assert(
        escapeUntrustedLines(text)
          .split("\n")
          .every((line) => !UNSAFE.test(line)),
      );
    });

    it(`threat 8: ${name} is named by the preview before anybody approves`, () => {
      const { hidden, rows } = makePreview({ body: { note: text } }, ["RIMAL"]);
      assert.equal(rows[0]?.value, text, "the row is what leaves");
      const invisible = Array.from(text).filter((character) => /\p{Cf}/u.test(character));
      const listed = hidden.find(({ path }) => path === "/body/note")?.code_points ?? [];
      for (const character of invisible)
        assert(listed.includes(codePoint(character)), `${codePoint(character)} in ${listed.join()}`);
    });
  }
});

describe("threat 8: names that mix alphabets", () => {
  for (const [name, text, strangers] of MIXED) {
    it(`threat 8: ${name} is marked everywhere and named by the preview`, () => {
      const mark = /⟨(?:Latn|Cyrl|Grek|Armn)\+(?:Latn|Cyrl|Grek|Armn)⟩/u;
      const book = createPhrasebook();
      for (const lang of ["en", "ar", "ru"] as const) {
        assert.match(book.text(lang, "report.party", { party: text, handle: "X", count: 1 }), mark);
        const said = createWords(lang).say("preview.reader", { party: text });
        assert.equal([...said.matchAll(new RegExp(mark, "gu"))].length, findMixedWords(text).length);
      }
      assert.match(escapeUntrusted(text), mark);
      const { hidden } = makePreview({ body: { note: text } }, ["RIMAL"]);
      assert.deepEqual(hidden, [{ path: "/body/note", code_points: strangers }]);
    });
  }

  it("threat 8: what people honestly write stays as it is", () => {
    for (const text of HONEST) {
      assert.equal(markMixedWords(text), text);
      assert.equal(escapeUntrusted(text), text);
      assert.deepEqual(makePreview({ body: { note: text } }, ["RIMAL"]).hidden, []);
    }
  });

  it("threat 8: a mark is made once, whoever wrote it", () => {
    const marked = markMixedWords("pаypal");
    assert.equal(marked, "pаypal⟨Latn+Cyrl⟩");
    assert.equal(markMixedWords(marked), marked);
  });
});

describe("threat 35: hostile names in a real record", () => {
  it("threat 35: its report and its story keep every line whole, in every language", async () => {
    const { author, victim, world, channel } = await makeScene();
    const bytes = await victim.node.exportTranscript(liveChannel(victim, channel));
    const honest = verifyTranscript(world.backend, bytes, trustParties([author.party, victim.party]));
    for (const [, name] of [...HOSTILE, ...MIXED]) {
      const report = {
        ...honest,
        parties: honest.parties.map((party) => ({ ...party, name, handle: name })),
      };
      const story = tellStory(world.backend, report, { asOf: world.now });
      for (const lang of ["en", "ar", "ru"]) {
        const rendering = { book: createPhrasebook(), lang, isolate: true };
        const lines = [...renderReport(report, rendering), ...renderStory(story, rendering)];
        assert(lines.length > report.entries.length);
        for (const line of lines) {
          assertPaired(line);
          assert(!UNSAFE.test(line.replace(OURS, "")), JSON.stringify(line));
        }
      }
    }
  });
});

/** Every isolate that is opened is closed, in its order, and none is closed that was not opened. */
function assertPaired(text: string): void {
  let depth = 0;
  for (const character of text) {
    if (/[\u2066-\u2068]/u.test(character)) depth++;
    if (character === "\u2069") depth--;
    assert(depth >= 0, JSON.stringify(text));
  }
  assert.equal(depth, 0, JSON.stringify(text));
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
