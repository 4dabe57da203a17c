/** The screen of events: what is asked on which day, what is found, and when a screen is not done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Compile } from "typebox/compile";
import { PackSchema } from "#parley/protocols/evidence/index.ts";
import type { PackEvent } from "#parley/protocols/evidence/pack.ts";
import { screenEvents, indicatorScreen, type EventScreenOptions } from "#parley/intel/screen.ts";
import { file, loaded, mispList, RELAY_FILES } from "./kit.ts";

const AS_OF = 1_795_313_400;
const LISTS = loaded(...RELAY_FILES);
const packs = Compile(PackSchema);

function resultsOf(event: Partial<PackEvent>, options: Partial<EventScreenOptions> = {}, lists = LISTS) {
  const events = [{ id: "e1", time: "2026-11-22T01:31:07Z", ...event }];
  const screen = screenEvents(lists, events, { asOf: AS_OF, ...options });
  assert(packs.Check({ events, ...screen }));
  assert.equal(screen.relay_screen.length, 1);
  return screen.relay_screen[0]?.results;
}

const CASES: readonly (readonly [name: string, event: Partial<PackEvent>, results: readonly string[]])[] = [
  ["a Tor exit of the day", { src_address: "192.0.2.17" }, ["tor-exit-on-date"]],
  [
    "a Tor exit, three days later",
    { src_address: "192.0.2.17", time: "2026-11-25T23:59:59Z" },
    ["tor-exit-on-date"],
  ],
  [
    "the day is that of UTC",
    { src_address: "192.0.2.17", time: "2026-11-26T00:59:59+02:00" },
    ["tor-exit-on-date"],
  ],
  [
    "a day that no Tor list covers",
    { src_address: "192.0.2.17", time: "2026-11-26T00:00:00Z" },
    ["not-done"],
  ],
  [
    "a VPN on such a day",
    { src_address: "198.51.100.3", time: "2024-01-01T00:00:00Z" },
    ["not-done", "vpn-proxy"],
  ],
  ["a time without offset", { src_address: "192.0.2.17", time: "2026-11-22T01:31:07" }, ["not-done"]],
  ["IPv6", { src_address: "2001:db8:17::1" }, ["tor-exit-on-date"]],
  ["an IPv4 address in IPv6 form", { src_address: "::ffff:192.0.2.18" }, ["tor-exit-on-date"]],
  ["a cloud", { src_address: "198.51.100.65" }, ["cloud-reassigned"]],
  ["a scanner of researchers", { src_address: "198.51.100.128" }, ["sinkhole-research"]],
  ["a resolver is no relay", { src_address: "203.0.113.53" }, ["none-found"]],
  ["carrier's translation", { src_address: "100.64.7.7" }, ["cgnat"]],
  ["a private address", { src_address: "10.1.2.3" }, ["cgnat"]],
  ["a private IPv6 address", { src_address: "fd00::1" }, ["cgnat"]],
  ["UDP", { src_address: "203.0.113.9", protocol: "udp" }, ["spoofable-udp"]],
  [
    "UDP from a Tor exit",
    { src_address: "192.0.2.17", protocol: "udp" },
    ["spoofable-udp", "tor-exit-on-date"],
  ],
  ["the destination where there is no source", { dst_address: "192.0.2.17" }, ["tor-exit-on-date"]],
  [
    "not the destination where there is one",
    { src_address: "203.0.113.9", dst_address: "192.0.2.17" },
    ["none-found"],
  ],
  ["a shared name", { host: "a.short.example" }, ["shared-host"]],
  ["a name of nobody", { host: "portal.example" }, ["none-found"]],
  ["the host of a URL", { url: "https://short.example/x" }, ["shared-host"]],
  ["an address in a URL", { url: "http://192.0.2.17:8080/x" }, ["tor-exit-on-date"]],
];

for (const [name, event, results] of CASES)
  test(`screen: ${name}`, () => assert.deepEqual(resultsOf(event), results));

test("screen: the day that a person states for events without one", () => {
  assert.deepEqual(
    screenEvents(LISTS, [{ id: "e1", src_address: "192.0.2.17" }], { asOf: AS_OF, day: "2026-11-21" })
      .relay_screen[0]?.results,
    ["tor-exit-on-date"],
  );
});

test("screen: an answered UDP exchange is not forged", () => {
  const event = { src_address: "203.0.113.9", protocol: "udp" } as const;
  assert.deepEqual(resultsOf(event, { answered: new Set(["e1"]) }), ["none-found"]);
});

test("screen: not done without a list of VPNs, or of names for an event by name", () => {
  const lists = loaded(file("tor/2026-11-22.lst", "192.0.2.17"));
  assert.deepEqual(resultsOf({ src_address: "203.0.113.9" }, {}, lists), ["not-done"]);
  assert.deepEqual(resultsOf({ host: "portal.example" }, {}, lists), ["not-done"]);
});

test("screen: rows share results and lists, and the lists that were asked travel by hash", () => {
  const events = [
    { id: "e1", time: "2026-11-22T01:00:00Z", src_address: "192.0.2.17" },
    { id: "e2", time: "2026-11-22T02:00:00Z", src_address: "192.0.2.18" },
    { id: "e3", time: "2020-01-01T00:00:00Z", src_address: "192.0.2.17" },
  ];
  const screen = screenEvents(LISTS, events, { asOf: AS_OF });
  assert(packs.Check({ events, ...screen }));
  assert.deepEqual(
    screen.relay_screen.map((row) => [row.events, row.results, row.as_of]),
    [
      [["e1", "e2"], ["tor-exit-on-date"], "2026-11-22T02:10:00Z"],
      [["e3"], ["not-done"], "2026-11-22T02:10:00Z"],
    ],
  );
  const tor = screen.relay_lists.find(({ result }) => result === "tor-exit-on-date");
  assert.deepEqual([tor?.from, tor?.until], ["2026-11-19", "2026-11-25"]);
  const [first, last] = screen.relay_screen.map(({ lists = [] }) => lists);
  assert(tor !== undefined && first?.includes(tor.id) === true && last?.includes(tor.id) === false);
  assert.equal(
    screen.relay_lists.find(({ result }) => result === undefined),
    undefined,
    "what everybody uses does not travel",
  );
});

test("indicators: a list of other days is told and counts for nothing", () => {
  const exit = { type: "ipv4", value: "192.0.2.17" } as const;
  assert.deepEqual(indicatorScreen(LISTS, "2026-11-22")(exit).found, ["tor-exit-on-date"]);
  const later = indicatorScreen(LISTS, "2027-01-01")(exit);
  assert.deepEqual([later.found, later.hits.map(({ onDay }) => onDay)], [[], [false]]);
  assert.deepEqual(indicatorScreen(LISTS)(exit).found, ["tor-exit-on-date"]);
  assert.deepEqual(indicatorScreen(LISTS)({ type: "ipv4", value: "203.0.113.53" }).found, ["common"]);
  const digests = loaded(file("empty-hashes.json", mispList("string", ["d41d8cd98f00b204e9800998ecf8427e"])));
  assert.deepEqual(
    indicatorScreen(digests)({ type: "md5", value: "d41d8cd98f00b204e9800998ecf8427e" }).found,
    ["common"],
  );
});
