/** `screen`, `pack build`, `pack check`: without a node, in three languages, and with hostile files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWords } from "#parley/cli/words.ts";
import { PACK_WARNINGS } from "#parley/intel/pack-builder.ts";
import { file, RELAY_FILES } from "../intel/kit.ts";
import { packS2 } from "../kit/materials.ts";
import { makeDesk } from "./desk.ts";

const EVENTS =
  "time,sensor,src_ip,src_port,protocol,dst_ip,dst_port,host\n" +
  "2026-11-22T01:31:07Z,s1,192.0.2.17,51413,tcp,198.51.100.9,443,update.vendor.example\n";
const { events: _events, relay_screen: _screen, ...WRITTEN } = packS2();

function desk(files: Readonly<Record<string, string>>) {
  return makeDesk(files, { ports: { readLists: () => Promise.resolve(RELAY_FILES) } });
}

const LIST = "192.0.2.17\n198.51.100.3\n203.0.113.53\nportal.example\n192.0.2.17\n=1+1\n";

test("screen: names what is weak and why, and accounts for every line", async () => {
  const { run } = desk({ list: LIST });
  const { status, out, err } = await run("screen", "list", "--lists", "d", "--date", "2026-11-22");
  assert.equal(status, 0);
  assert.deepEqual(out.trim().split("\n"), [
    "192.0.2.17  Tor exit on that date",
    "198.51.100.3  VPN or proxy",
    "203.0.113.53  used by everybody",
  ]);
  assert.match(err, /Lists: 6, entries: 9, files refused: 0/);
  assert.match(err, /line 6: begins like a formula/);
  assert.match(err, /Weak by themselves: 3, of all: 4/);
});

test("screen: the same as JSON, with each list by hash", async () => {
  const { run } = desk({ list: LIST });
  const { out } = await run("screen", "list", "--lists", "d", "--date", "2027-06-01", "--json");
  const shown = JSON.parse(out) as Record<string, unknown>;
  assert.deepEqual(shown["counts"], [
    { meaning: "vpn-proxy", count: 1 },
    { meaning: "common", count: 1 },
  ]);
  assert.deepEqual([shown["weak"], shown["of"], shown["other_days"], shown["repeated"]], [2, 4, 1, 1]);
  assert.match(JSON.stringify(shown["lists"]), /"sha256":"[A-Za-z0-9_-]{43}"/);
});

test("screen: files that are no lists are named, without their content", async () => {
  const bad = [...RELAY_FILES, file("x\u001b[2J.json", "{secret")];
  const { run } = makeDesk({ list: LIST }, { ports: { readLists: () => Promise.resolve(bad) } });
  const { err } = await run("screen", "list", "--lists", "d");
  assert.match(err, /not loaded: x.*\.json: list-malformed/);
  assert.equal(err.includes("\u001b[2J"), false);
  assert.equal(err.includes("secret"), false);
  assert.match(err, /No day was given/);
});

const WRONG: readonly (readonly [line: string, status: number, output: RegExp])[] = [
  ["screen list", 2, /--lists/],
  ["screen list --lists d --date 2026-02-30", 2, /--date/],
  ["screen list --lists d --date today", 2, /--date/],
  ["screen missing --lists d", 2, /file-unreadable/],
  ["pack build --events events", 2, /--out/],
  ["pack build --events bad -o p", 1, /refused events-columns layer=pack clause=16\.5\.2/],
  ["pack build --events formulas -o p", 1, /refused events-none/],
  ["pack build --pack unknown -o p", 1, /refused pack-schema/],
  ["pack build --pack list -o p", 2, /list/],
  ["pack check unknown", 1, /refused pack-schema/],
  ["pack check good --ask A5", 2, /A5/],
  ["pack check good --ask A05:because", 2, /because/],
  ["pack check good --at noon", 2, /--at/],
];

for (const [line, status, output] of WRONG)
  test(`status ${status}: parley ${line}`, async () => {
    const { run, files } = desk({
      list: LIST,
      events: EVENTS,
      bad: "colour\nred",
      formulas: 'src_ip,host\n192.0.2.1,"=HYPERLINK(""x"")"\n192.0.2.1,x\u202ey\n',
      unknown: '{"colour":"red"}',
      good: JSON.stringify(WRITTEN),
    });
    const shown = await run(...line.split(" "));
    assert.equal(shown.status, status, shown.out + shown.err);
    assert.match(shown.out + shown.err, output);
    assert.equal(files.has("p"), false, "nothing is written");
  });

test("screen: a folder without a list is refused", async () => {
  const { run } = makeDesk({ list: LIST }, { ports: { readLists: () => Promise.resolve([]) } });
  const { status, out } = await run("screen", "list", "--lists", "d");
  assert.equal(status, 1);
  assert.match(out, /refused screen-lists-none layer=screen clause=16\.1\.1/);
});

test("pack build and pack check: what is built is what is judged, in every language", async () => {
  const { run, files } = desk({ events: EVENTS, written: JSON.stringify(WRITTEN) });
  const words = ["--events", "events", "--pack", "written", "--lists", "d", "-o", "pack.json"];
  const built = await run("pack", "build", ...words);
  assert.equal(built.status, 0, built.err);
  assert.match(built.err, /Tor exit on that date: 1/);
  assert(files.has("pack.json"));
  const judged = await run("pack", "check", "pack.json", "--ask", "A05", "--ask", "A10");
  assert.equal(judged.status, 1, "A10 is not carried");
  assert.match(judged.out, /reaches level S2/);
  assert.match(judged.out, /relay screen/);
  assert.equal((await run("pack", "check", "pack.json", "--ask", "A05")).status, 0);
  for (const lang of ["ar", "ru"]) {
    const told = await run("pack", "check", "pack.json", "--ask", "A10", "--lang", lang);
    assert.match(told.out, /S2/);
    assert.equal(/reaches|missing/.test(told.out), false);
  }
  const { evaluation } = JSON.parse((await run("pack", "check", "pack.json", "--json")).out) as {
    evaluation: { asks: { ask: string; supported: boolean }[] };
  };
  assert.deepEqual(
    evaluation.asks.filter(({ ask }) => ask === "A05" || ask === "A10").map(({ supported }) => supported),
    [true, false],
  );
});

test("pack build: every warning and every reason has words in every language", async () => {
  const rows = [
    ",,,,,,,",
    "yesterday,,192.0.2.1,,,,,",
    ",,1,,,,,",
    ",,192.0.2.1,x,,,,",
    ",,192.0.2.1,,x,,,",
    ",S,192.0.2.1,,,,,",
  ];
  const written = {
    events: [{ id: "e1", src_address: "10.0.0.1" }, { id: "e1" }],
    claims: [{ id: "c", claim: "So it was.", exhibits: [] }],
    sources: [{ id: "x", admiralty: "A1", four_by_four: "X4" }],
  };
  const files = {
    events: EVENTS + rows.join("\n"),
    written: JSON.stringify(written),
    list: `md5\n${"a".repeat(32)}\n`,
  };
  for (const lang of ["en", "ar", "ru"]) {
    const { run } = desk(files);
    const words = [
      "--events",
      "events",
      "--pack",
      "written",
      "--indicators",
      "list",
      "--lists",
      "d",
      "-o",
      "p",
    ];
    const { status, err } = await run("pack", "build", ...words, "--lang", lang);
    assert.equal(status, 0, err);
    assert.ok(err.split("\n").length > 18, err);
  }
});

/** Every reason why a line is no event or no indicator (SPEC 16.5.2, and those of a list). */
const REASONS = (
  "time-wrong address-wrong port-wrong number-wrong protocol-unknown nothing-located too-long control-character " +
  "bidi-mark formula label-wrong not-an-object column-unknown quote-unclosed not-recognised type-differs empty-value"
).split(" ");

test("words: every warning, reason and meaning in every language, and none left in English", () => {
  const keys = [
    ...PACK_WARNINGS.map((code) => `pack.${code}`),
    ...REASONS.map((reason) => `material.${reason}`),
    "screen.common",
    "screen.reserved",
  ];
  const english = createWords("en");
  for (const lang of ["ar", "ru"] as const) {
    const words = createWords(lang);
    for (const key of keys)
      assert.notEqual(words.say(key, { count: 1 }), english.say(key, { count: 1 }), `${lang} ${key}`);
  }
});
