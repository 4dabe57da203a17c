/** Loading a folder of lists: what is taken, what is refused and why; hostile files; the meaning and the days of a list. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { readListFolder } from "#parley/intel/folder.ts";
import { loadLists, type ListFile, type ListReport } from "#parley/intel/load.ts";
import { file, loaded, mispList, RELAY_FILES, sha256 } from "./kit.ts";

const GOOD = file("good.json", mispList("cidr", ["192.0.2.0/24"]));

/** What the report says of a file beside a good one. */
function reportOf(one: ListFile): ListReport {
  const found = loaded(GOOD, one).report.find(({ path }) => path === one.path);
  assert(found !== undefined);
  return found;
}

const REFUSED: readonly (readonly [name: string, file: ListFile, code: string])[] = [
  ["no JSON", file("x.json", "{"), "list-malformed"],
  ["no list in it", file("x.json", { type: "cidr" }), "list-malformed"],
  ["a number", file("x.json", "7"), "list-malformed"],
  ["no UTF-8", { path: "x.json", bytes: Uint8Array.of(0xff, 0xfe, 0x7b) }, "list-malformed"],
  ["deep nesting", file("x.json", "[".repeat(200_000)), "list-malformed"],
  ["an unknown type", file("x.json", mispList("fuzzy", ["a"])), "list-type"],
  ["nothing that fits", file("x.json", mispList("cidr", ["nonsense", "1.2.3.4/99", 7])), "list-empty"],
  [
    "regular expressions alone, all of them bombs",
    file("x.json", mispList("regex", ["(a+)+$"])),
    "list-empty",
  ],
  ["a bare list that nobody assigned", file("addresses.txt", "192.0.2.1\n"), "list-unassigned"],
  ["Tor exits without a day", file("tor/exits.lst", "192.0.2.1\n"), "list-undated"],
  ["Tor exits of a day that does not exist", file("tor/exits-2026-02-30.lst", "192.0.2.1\n"), "list-undated"],
  ["one line of ten megabytes", file("tor/2026-11-22.lst", "9".repeat(10_485_760)), "list-empty"],
  ["too many entries", file("tor/2026-11-22.lst", "\n".repeat(2_000_001)), "list-too-large"],
];

for (const [name, one, code] of REFUSED)
  test(`refused, and the others stand: ${name}`, () => {
    const found = reportOf(one);
    assert(!found.loaded);
    assert.equal(found.code, code);
  });

test("every entry that does not fit is counted with its reason and place", () => {
  const list = [
    "192.0.2.0/24",
    "192.0.2.0/33",
    "300.1.1.1",
    7,
    "1.2.3.4\u202e",
    "x".repeat(3_000),
    "2001:db8::/32",
  ];
  const found = reportOf(file("x.json", mispList("cidr", list)));
  assert(found.loaded);
  assert.equal(found.entries, 2);
  assert.deepEqual(found.rejected, [
    { reason: "address", count: 2, first: [2, 3] },
    { reason: "not-text", count: 1, first: [4] },
    { reason: "control-character", count: 1, first: [5] },
    { reason: "too-long", count: 1, first: [6] },
  ]);
});

test("a long line between good ones loses nothing but itself", () => {
  const found = reportOf(file("tor/2026-11-22.lst", `192.0.2.1\n${"9".repeat(100_000)}\r\n\n# x\n192.0.2.2`));
  assert(found.loaded);
  assert.equal(found.entries, 2);
  assert.deepEqual(found.rejected, [{ reason: "too-long", count: 1, first: [2] }]);
});

test("overlapping ranges, in one list and between lists, are one answer each", () => {
  const { matcher, lists } = loaded(
    file("a.json", mispList("cidr", ["192.0.2.0/24", "192.0.2.0/25", "192.0.2.7/24", "192.0.2.7"])),
    file("b.json", mispList("cidr", ["0.0.0.0/0", "192.0.2.7"])),
  );
  assert.deepEqual(matcher.matchAddress("192.0.2.7"), [0, 1]);
  assert.deepEqual(matcher.matchAddress("198.51.100.1"), [1]);
  assert.equal(lists.length, 2);
});

test("a list is known by name, version and the SHA-256 of its bytes", () => {
  const found = reportOf(file("x.json", mispList("cidr", ["192.0.2.1"], { name: "Two\u202e\nlines" })));
  assert(found.loaded);
  assert.deepEqual([found.name, found.version], ["Two lines", "20261101"]);
  assert.match(found.sha256, /^[A-Za-z0-9_-]{43}$/);
});

test("the meaning comes from the settings, else from the published name, else it is what everybody uses", () => {
  const settings = file("screen.json", {
    lists: [
      { path: "own.txt", result: "victim-relay" },
      { path: "exits.lst", result: "tor-exit-on-date", from: "2026-11-01", until: "2026-11-30" },
    ],
  });
  const { report } = loaded(
    settings,
    file("own.txt", "192.0.2.1"),
    file("exits.lst", "192.0.2.2"),
    GOOD,
    ...RELAY_FILES,
  );
  const told = report.map((one) => [
    one.path,
    one.loaded ? one.meaning : one.code,
    one.loaded ? one.from : "",
  ]);
  assert.deepEqual(told, [
    ["amazon-aws/list.json", "cloud-reassigned", undefined],
    ["exits.lst", "tor-exit-on-date", "2026-11-01"],
    ["good.json", "common", undefined],
    ["own.txt", "victim-relay", undefined],
    ["public-dns-v4/list.json", "common", undefined],
    ["sinkholes/list.json", "sinkhole-research", undefined],
    ["tor/exits-2026-11-22.lst", "tor-exit-on-date", "2026-11-19"],
    ["url-shortener/list.json", "shared-host", undefined],
    ["vpn-ipv4/list.json", "vpn-proxy", undefined],
  ]);
});

test("years in the name of a Tor list are the days that it speaks about", () => {
  const found = reportOf(file("secops-tor-exit-union-2018-2024.json", ["(this", "192.0.2.1"]));
  assert(found.loaded);
  assert.deepEqual([found.from, found.until], ["2018-01-01", "2024-12-31"]);
});

for (const [name, content] of [
  ["no JSON", "{"],
  ["a result that is none", { lists: [{ path: "a", result: "none-found" }] }],
  ["a day that does not exist", { lists: [{ path: "a", from: "2026-02-30" }] }],
  ["days in the wrong order", { lists: [{ path: "a", from: "2026-02-03", until: "2026-02-01" }] }],
] as const)
  test(`settings stop the loading: ${name}`, () => {
    const refusal = loadLists([GOOD, file("screen.json", content)], sha256);
    assert(isRefusal(refusal));
    assert.equal(refusal.code, "screen-settings");
  });

test("a folder without a list that can be loaded is refused, and one with too many says which were left out", () => {
  const none = loadLists([file("x.json", "{")], sha256);
  assert(isRefusal(none) && none.code === "screen-lists-none");
  const many = Array.from({ length: 502 }, (_, i) =>
    file(`l-${1_000 + i}.json`, mispList("cidr", ["192.0.2.1"])),
  );
  const { report, lists } = loaded(...many);
  assert.equal(lists.length, 500);
  assert.deepEqual(
    report.filter((one) => !one.loaded).map((one) => [one.path, one.loaded ? "" : one.code]),
    [
      ["l-1500.json", "list-many"],
      ["l-1501.json", "list-many"],
    ],
  );
});

test("a folder is read by name, no deeper than three levels, and links are not followed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parley-lists-"));
  try {
    await mkdir(join(folder, "a/b/c"), { recursive: true });
    for (const path of ["top.json", "a/one.lst", "a/b/two.TXT", "a/b/c/deep.json", "a/readme.md"])
      await writeFile(join(folder, path), utf8("x"));
    await symlink("/etc/hostname", join(folder, "link.txt"));
    const files = await readListFolder(folder);
    assert.deepEqual(
      files.map(({ path }) => path),
      ["a/b/two.TXT", "a/one.lst", "top.json"],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
