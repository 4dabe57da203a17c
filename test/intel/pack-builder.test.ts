/** Packs from tables, lists and written parts: what becomes an event, what is named instead, and what a reader is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isRefusal } from "#parley/codec/refusal.ts";
import { DEFAULT_PROFILE, evaluate } from "#parley/protocols/evidence/index.ts";
import {
  admiraltyToFourByFour,
  fourByFourToAdmiralty,
  gradesDiffer,
  withBothGrades,
} from "#parley/protocols/evidence/grades.ts";
import { parseEventTable } from "#parley/intel/event-table.ts";
import { parseMaterial } from "#parley/intel/material.ts";
import { buildPack, type PackInput } from "#parley/intel/pack-builder.ts";
import { packS2 } from "../kit/materials.ts";
import { refusedWith } from "../kit/world.ts";
import { loaded, RELAY_FILES } from "./kit.ts";

const AS_OF = 1_795_313_400;
const HEADER = "time,sensor,src_ip,src_port,protocol,dst_ip,dst_port,bytes,host,answered\n";
const ROW = "2026-11-22T01:31:07Z,s1,192.0.2.17,51413,tcp,198.51.100.9,443,1200,update.vendor.example,";

function built(input: Partial<PackInput>) {
  const pack = buildPack({ asOf: AS_OF, ...input });
  assert(!isRefusal(pack), isRefusal(pack) ? `${pack.code} ${JSON.stringify(pack.facts)}` : "");
  return pack;
}

test("a row of a table is an event, label and all, and nothing is invented", () => {
  const { pack, events } = built({ events: `${HEADER}${ROW}\n,,198.51.100[.]7,,,,,,,` });
  assert.deepEqual(pack, {
    events: [
      {
        id: "e-2",
        time: "2026-11-22T01:31:07Z",
        sensor: "s1",
        src_address: "192.0.2.17",
        src_port: 51_413,
        protocol: "tcp",
        dst_address: "198.51.100.9",
        dst_port: 443,
        volume_bytes: 1_200,
        host: "update.vendor.example",
      },
      { id: "e-3", src_address: "198.51.100.7" },
    ],
  });
  assert.deepEqual(events?.unread, []);
});

const UNREAD: readonly (readonly [row: string, reason: string])[] = [
  ["2026-02-30T00:00:00Z,,192.0.2.1,,,,,,,", "time-wrong"],
  ["yesterday,,192.0.2.1,,,,,,,", "time-wrong"],
  ["22.11.2026 01:31,,192.0.2.1,,,,,,,", "time-wrong"],
  [",,192.0.2.999,,,,,,,", "address-wrong"],
  [",,010.0.0.1,,,,,,,", "address-wrong"],
  [",,192.0.2.1,70000,,,,,,", "port-wrong"],
  [",,192.0.2.1,,tcpp,,,,,", "protocol-unknown"],
  [",,192.0.2.1,,,,,1e9,,", "number-wrong"],
  [",A b,192.0.2.1,,,,,,,", "label-wrong"],
  ["2026-11-22T01:31:07Z,s1,,,tcp,,443,,,", "nothing-located"],
  [`,,192.0.2.1,,,,,,${"x".repeat(300)},`, "too-long"],
  [",,192.0.2.1,,,,,,=HYPERLINK(1),", "formula"],
  [",,192.0.2.1,,,,,,@sum,", "formula"],
  [",,192.0.2.1,,,,,,por\u202etal.example,", "bidi-mark"],
  [",,192.0.2.1,,,,,,por\u0007tal.example,", "control-character"],
];

for (const [row, reason] of UNREAD)
  test(`a row that is no event is named, and the others stand: ${reason} ${row.slice(0, 24)}`, () => {
    const table = parseEventTable(`${HEADER}${ROW}\n${row}\n${ROW}`);
    assert(!isRefusal(table));
    assert.deepEqual(table.unread, [{ line: 3, reason }]);
    assert.deepEqual(
      table.events.map(({ id }) => id),
      ["e-2", "e-4"],
    );
  });

test("a JSON array of objects reads like a table", () => {
  const rows = [
    { time: "2026-11-22 01:31:07Z", src_ip: "192.0.2.17", src_port: 51_413, protocol: "UDP", answered: true },
    { colour: "red" },
    7,
    { host: { deep: 1 } },
  ];
  const table = parseEventTable(JSON.stringify(rows));
  assert(!isRefusal(table));
  assert.deepEqual(table.events, [
    { id: "e-1", time: "2026-11-22T01:31:07Z", src_address: "192.0.2.17", src_port: 51_413, protocol: "udp" },
  ]);
  assert.deepEqual(table.answered, ["e-1"]);
  assert.deepEqual(
    table.unread.map(({ line, reason }) => [line, reason]),
    [
      [2, "column-unknown"],
      [3, "not-an-object"],
      [4, "not-an-object"],
    ],
  );
});

test("a quote that never closes ends the table there, and says where", () => {
  const table = parseEventTable(`${HEADER}${ROW}\n,,192.0.2.1,,,,,,"open`);
  assert(!isRefusal(table));
  assert.deepEqual(table.unread, [{ line: 3, reason: "quote-unclosed" }]);
});

test("any text is a table or a refusal, and every line of a table is accounted for", () => {
  const cell = fc.constantFrom(
    "",
    "192.0.2.1",
    "x.example",
    "=1",
    "7",
    "\u202e",
    "2026-11-22T01:31:07Z",
    "tcp",
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 10, maxLength: 10 }), { maxLength: 20 }), (rows) => {
      const filled = rows.filter((row) => row.some((one) => one.trim() !== ""));
      const table = parseEventTable(HEADER + filled.map((row) => row.join(",")).join("\n"));
      if (isRefusal(table)) assert.equal(table.code, "events-none");
      else assert.equal(table.events.length + table.unread.length, filled.length);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseEventTable(text)));
});

test("tables without an event, or without a known column, are refused", () => {
  refusedWith(parseEventTable(`${HEADER}=x,,,,,,,,,`), "events-none");
  refusedWith(parseEventTable(HEADER + `${ROW}\n`.repeat(2_001)), "events-none");
  refusedWith(parseEventTable("colour,taste\nred,sweet"), "events-columns");
  refusedWith(parseEventTable(""), "events-columns");
  refusedWith(parseEventTable("[1,"), "events-columns");
});

test("indicators with marks and formulas are named line by line", () => {
  const { indicators, unread } = parseMaterial("192.0.2.1\n=cmd.exe\nhttp://x.example/\u202egpj.exe\n");
  assert.equal(indicators.length, 1);
  assert.deepEqual(unread, [
    { line: 2, reason: "formula" },
    { line: 3, reason: "bidi-mark" },
  ]);
});

test("the screen stands in the pack, caps what it must, and the pack is worth the same in any order", () => {
  const lists = loaded(...RELAY_FILES);
  const { events: _events, relay_screen: _screen, ...written } = packS2();
  const { pack, results } = built({ written, events: HEADER + ROW, lists });
  assert.deepEqual(results, { "tor-exit-on-date": 1 });
  const asks = [
    { ask: "A10", legal_basis: "none-voluntary" },
    { ask: "A05", legal_basis: "none-voluntary" },
  ];
  const evaluation = evaluate(DEFAULT_PROFILE, pack, { asks, referenceTime: AS_OF, lifeSafety: false });
  assert.equal(evaluation.level, "S2");
  assert.deepEqual(
    evaluation.asks.map(({ ask, level, supported, missing }) => [ask, level, supported, missing]),
    [
      ["A05", "S2", true, []],
      ["A10", "S1", false, ["E15"]],
    ],
  );
  assert(
    evaluation.reasons.some(({ code, result }) => code === "relay-blocks" && result === "tor-exit-on-date"),
  );
});

test("a shared address without a port is capped and says that translation is suspected", () => {
  const lists = loaded(...RELAY_FILES);
  const { pack, warnings } = built({
    events: `${HEADER}2026-11-22T01:31:07Z,s1,100.64.1.2,,tcp,198.51.100.9,443,,,`,
    lists,
  });
  assert.equal(pack.nat_suspected, true);
  assert.deepEqual(
    pack.relay_screen?.map(({ results }) => results),
    [["cgnat"]],
  );
  assert(warnings.some(({ code }) => code === "address-not-public"));
});

test("what the receiver declared fills what the pack leaves open, and replaces nothing", () => {
  const receiver = { retentionDays: 30, languages: ["ar", "en"] };
  const open = built({ written: { language: { texts: ["en"] } }, receiver }).pack;
  assert.deepEqual(
    [open.receiver_retention, open.language],
    [{ days: 30 }, { texts: ["en"], receiver_declared: ["ar", "en"] }],
  );
  const stated = { receiver_retention: { days: 7 }, language: { texts: ["en"], receiver_declared: ["ru"] } };
  assert.deepEqual(built({ written: stated, receiver }).pack, stated);
});

test("what a reader would ask is said: claims, sensors, sources, grades, labels", () => {
  const { warnings } = built({
    written: {
      events: [{ id: "e1", sensor: "s9" }, { id: "e1" }],
      exhibits: [{ id: "x1", kind: "log" }],
      claims: [
        { id: "c1", claim: "It came from there.", exhibits: ["x2"] },
        { id: "c2", claim: "Yes.", exhibits: ["x1"] },
      ],
      sources: [
        { id: "x", collector: "flow", raw_sha256: ["A".repeat(43)], admiralty: "A1", four_by_four: "X4" },
        { id: "y", derives_from: ["x"] },
      ],
    },
  });
  assert.deepEqual(warnings, [
    { code: "claim-without-exhibit", count: 1 },
    { code: "event-without-sensor", count: 2 },
    { code: "source-untraceable", count: 1 },
    { code: "sources-collapsed", count: 1 },
    { code: "grades-differ", count: 1 },
    { code: "label-twice", count: 1 },
  ]);
});

test("a pack that breaks its schema, or fits no message, is refused", () => {
  refusedWith(buildPack({ asOf: AS_OF, written: { colour: "red" } }), "pack-schema");
  refusedWith(buildPack({ asOf: AS_OF, written: { events: [{ id: "UPPER" }] } }), "pack-schema");
  refusedWith(buildPack({ asOf: AS_OF, written: ["x"] }), "pack-schema");
  const exhibits = Array.from({ length: 60 }, (_, i) => ({
    id: `x${i}`,
    kind: "log",
    excerpt: "x".repeat(16_000),
  }));
  refusedWith(buildPack({ asOf: AS_OF, written: { exhibits } }), "pack-too-large");
});

test("grades: both scales stand, none becomes better, a stated one stays", () => {
  const letters = ["A", "B", "C", "D", "E", "F", "G"];
  for (const letter of letters)
    for (const digit of ["1", "2", "3", "4", "5", "6"]) {
      const fours = admiraltyToFourByFour(letter + digit) ?? "";
      assert.match(fours, /^[ABCX][1-4]$/);
      assert.equal(gradesDiffer(withBothGrades({ id: "s", admiralty: letter + digit })), false);
    }
  assert.deepEqual(withBothGrades({ id: "s", four_by_four: "B2" }), {
    id: "s",
    four_by_four: "B2",
    admiralty: "B2",
  });
  assert.deepEqual(withBothGrades({ id: "s", admiralty: "F6" }), {
    id: "s",
    admiralty: "F6",
    four_by_four: "X4",
  });
  assert.deepEqual(withBothGrades({ id: "s" }), { id: "s" });
  assert.equal(fourByFourToAdmiralty("X4"), "F6");
  assert.equal(admiraltyToFourByFour("Z9"), undefined);
  assert.equal(admiraltyToFourByFour("constructor"), undefined);
});
