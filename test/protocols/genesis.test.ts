/** SPEC 8-5.8, 8-5.9: the genesis document, one failure per row, and the terms it proposes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, SECONDS_PER_DAY, type Instant } from "#parley/codec/time.ts";
import { GENESIS_CODES } from "#parley/protocols/agreement/codes.ts";
import {
  DEFAULT_TERM,
  defaultClocks,
  defaultTerm,
  termOf,
  termPhase,
  validateGenesis,
} from "#parley/protocols/agreement/index.ts";
import { addMonths } from "#parley/protocols/agreement/terms.ts";
import { PRECEDENCES } from "#parley/protocols/envelope.ts";
import { TIMER_NAMES } from "#parley/protocols/protocol.ts";
import { digest } from "./conversation.ts";

const HEAD = { feed: digest("f"), size: 412, root: digest("r") };

const GENESIS: JsonObject = {
  v: 1,
  type: "genesis",
  parties: [
    { party: digest("A"), version: 1, document_hash: digest("d") },
    { party: digest("B"), version: 3, document_hash: digest("e") },
  ],
  protocols: [
    { name: "agreement", version: 1 },
    { name: "notice", version: 1 },
  ],
  clocks: clocksJson(),
  profile: { v: 1 },
  retention_days: 3_652,
  languages: ["en", "ar"],
  witness: "",
  term: { from: "2026-11-22T00:00:00Z", until: "2027-11-22T00:00:00Z" },
  heartbeat_seconds: 86_400,
  flash_budget_per_month: 5,
  nature: "real",
  nonce: digest("n"),
};

function clocksJson(): JsonObject {
  return Object.fromEntries(Object.entries(defaultClocks()).map(([timer, row]) => [timer, { ...row }]));
}

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  return isRefusal(parsed) ? assert.fail(text) : parsed;
}

const party = (letter: string) => ({ party: digest(letter), version: 1, document_hash: digest("d") });
const term = (from: string, until: string) => ({ term: { from, until } });
const clock = (timer: string, precedence: string, seconds: number) => {
  const row = defaultClocks().t_ack;
  return { clocks: { ...clocksJson(), [timer]: { ...row, [precedence]: seconds } } };
};

/** One failure each, with the code it must have. */
const BAD_GENESIS: readonly (readonly [keyof typeof GENESIS_CODES, string, JsonObject])[] = [
  ["genesis-schema", "another version", { v: 2 }],
  ["genesis-schema", "another type", { type: "offer" }],
  ["genesis-schema", "a foreign member", { extra: 1 }],
  ["genesis-schema", "no protocol", { protocols: [] }],
  [
    "genesis-schema",
    "protocols out of order",
    {
      protocols: [
        { name: "notice", version: 1 },
        { name: "agreement", version: 1 },
      ],
    },
  ],
  [
    "genesis-schema",
    "a protocol twice",
    {
      protocols: [
        { name: "notice", version: 1 },
        { name: "notice", version: 2 },
      ],
    },
  ],
  ["genesis-schema", "an empty profile", { profile: {} }],
  ["genesis-schema", "a profile by name", { profile: "default" }],
  [
    "genesis-schema",
    "a missing clock",
    { clocks: Object.fromEntries(Object.entries(clocksJson()).slice(1)) },
  ],
  [
    "genesis-schema",
    "a clock of the parties' own",
    { clocks: { ...clocksJson(), t_tea: { ...defaultClocks().t_ack } } },
  ],
  ["genesis-schema", "no retention", { retention_days: 0 }],
  ["genesis-schema", "no language", { languages: [] }],
  ["genesis-schema", "a language twice", { languages: ["en", "en"] }],
  ["genesis-schema", "a control character in the policy", { witness: "a\u0000" }],
  ["genesis-schema", "a heartbeat every second", { heartbeat_seconds: 1 }],
  ["genesis-schema", "a negative budget", { flash_budget_per_month: -1 }],
  ["genesis-schema", "an unknown nature", { nature: "drill" }],
  ["genesis-schema", "a short nonce", { nonce: "n" }],
  [
    "genesis-schema",
    "a party without version",
    { parties: [{ party: digest("A"), document_hash: digest("d") }, party("B")] },
  ],
  ["genesis-schema", "a renewal of nothing", { renews: {} }],
  ["genesis-parties", "one party", { parties: [party("A")] }],
  ["genesis-parties", "no party", { parties: [] }],
  ["genesis-parties", "out of order", { parties: [party("B"), party("A")] }],
  ["genesis-parties", "one party twice", { parties: [party("A"), party("A")] }],
  [
    "genesis-parties",
    "sixty-five parties",
    {
      parties: Array.from({ length: 65 }, (_, i) => ({ ...party("A"), party: String(i).padStart(43, "A") })),
    },
  ],
  ["genesis-term", "no duration", term("2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z")],
  ["genesis-term", "ends before it begins", term("2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z")],
  ["genesis-term", "a second more than 24 months", term("2026-11-22T00:00:00Z", "2028-11-22T00:00:01Z")],
  ["genesis-term", "a day that does not exist", term("2026-02-29T00:00:00Z", "2026-11-22T00:00:00Z")],
  ["genesis-term", "an end that does not exist", term("2026-11-22T00:00:00Z", "2027-02-29T00:00:00Z")],
  ["genesis-clocks", "zero", clock("t_ack", "flash", 0)],
  ["genesis-clocks", "negative", clock("t_clarify", "routine", -60)],
  ["genesis-clocks", "more than 400 days", clock("t_final", "routine", 400 * SECONDS_PER_DAY + 1)],
];

test("8-5.8: a genesis is refused with the code of its one failure", () => {
  for (const [code, name, change] of BAD_GENESIS) {
    const result = validateGenesis({ ...GENESIS, ...change });
    assert.ok(isRefusal(result) && result.code === code, `${name}: ${JSON.stringify(result)}`);
  }
  assert.deepEqual(new Set(BAD_GENESIS.map(([code]) => code)), new Set(Object.keys(GENESIS_CODES)));
  for (const json of [1, "genesis", true, [], {}]) assert.ok(isRefusal(validateGenesis(json)));
});

test("8-5.8: every member is required, except what it renews", () => {
  for (const member of Object.keys(GENESIS)) {
    const { [member]: _left, ...rest } = GENESIS;
    const result = validateGenesis(rest);
    assert.ok(isRefusal(result) && result.code === "genesis-schema", member);
  }
});

test("8-5.8: what is admitted is the document itself", () => {
  assert.equal(validateGenesis(GENESIS), GENESIS);
  const limits: readonly JsonObject[] = [
    { renews: { channel: digest("o") } },
    { renews: { channel: digest("o"), heads: [HEAD] } },
    { witness: "witness w1 example+0000+AAAA\nquorum w1\n" },
    {
      parties: Array.from({ length: 64 }, (_, i) => ({
        ...party("A"),
        party: String(i).padStart(43, "A"),
      })).toSorted((x, y) => (x.party < y.party ? -1 : 1)),
    },
    term("2026-11-22T00:00:00Z", "2028-11-22T00:00:00Z"),
    clock("t_final", "routine", 400 * SECONDS_PER_DAY),
    clock("t_receipt", "flash", 1),
    { nature: "exercise" },
    { nature: "test" },
  ];
  for (const change of limits)
    assert.ok(!isRefusal(validateGenesis({ ...GENESIS, ...change })), JSON.stringify(change));
});

test("8-5.8: no value at all makes the check throw", () => {
  const leaf: fc.Arbitrary<Json> = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const list: fc.Arbitrary<Json> = fc.array(leaf, { maxLength: 3 });
  const map: fc.Arbitrary<Json> = fc.dictionary(fc.string(), fc.oneof(leaf, list), { maxKeys: 3 });
  const members = fc.constantFrom(...Object.keys(GENESIS));
  fc.assert(
    fc.property(members, fc.oneof(leaf, list, map, fc.array(map, { maxLength: 3 })), (member, broken) => {
      const result = validateGenesis({ ...GENESIS, [member]: broken });
      assert.ok(!isRefusal(result) || Object.hasOwn(GENESIS_CODES, result.code));
    }),
    { numRuns: 500 },
  );
});

test("8-5.9.3: the default clocks are the agreed table, and an admissible one", () => {
  const clocks = defaultClocks();
  assert.deepEqual(Object.keys(clocks), [...TIMER_NAMES]);
  assert.deepEqual(clocks.t_receipt, { flash: 60, immediate: 60, priority: 300, routine: 900 });
  assert.deepEqual(clocks.t_ack, { flash: 900, immediate: 3_600, priority: 28_800, routine: 86_400 });
  assert.deepEqual(clocks.t_preserve, {
    flash: 14_400,
    immediate: 28_800,
    priority: 86_400,
    routine: 259_200,
  });
  assert.deepEqual(clocks.t_triage, {
    flash: 28_800,
    immediate: 86_400,
    priority: 259_200,
    routine: 604_800,
  });
  assert.deepEqual(clocks.t_decide, {
    flash: 28_800,
    immediate: 86_400,
    priority: 259_200,
    routine: 864_000,
  });
  assert.deepEqual(clocks.t_progress, {
    flash: 21_600,
    immediate: 86_400,
    priority: 259_200,
    routine: 604_800,
  });
  assert.deepEqual(clocks.t_final, {
    flash: 259_200,
    immediate: 604_800,
    priority: 2_592_000,
    routine: 3_888_000,
  });
  assert.deepEqual(clocks.t_clarify, {
    flash: 7_200,
    immediate: 43_200,
    priority: 172_800,
    routine: 604_800,
  });
  for (const row of Object.values(clocks)) {
    const seconds = PRECEDENCES.map((precedence) => row[precedence]);
    assert.deepEqual(
      seconds,
      seconds.toSorted((x, y) => x - y),
      "a higher precedence never waits longer",
    );
  }
});

test("8-5.8.3 (scenario 21): months are calendar months, leap days included", () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ["2026-11-22T15:25:50Z", 12, "2027-11-22T15:25:50Z"],
    ["2028-02-29T00:00:00Z", 12, "2029-02-28T00:00:00Z"],
    ["2028-02-29T00:00:00Z", 24, "2030-02-28T00:00:00Z"],
    ["2027-02-28T00:00:00Z", 12, "2028-02-28T00:00:00Z"],
    ["2026-12-31T23:59:59Z", 2, "2027-02-28T23:59:59Z"],
    ["2026-01-31T00:00:00Z", 1, "2026-02-28T00:00:00Z"],
  ];
  for (const [from, months, until] of cases)
    assert.equal(encodeInstant(addMonths(instant(from), months)), until);
});

test("8-5.9 (scenario 12): a term warns for its last fourteen days and ends at its instant", () => {
  const agreed = defaultTerm(instant("2026-11-22T00:00:00Z"));
  assert.deepEqual(agreed, { from: "2026-11-22T00:00:00Z", until: "2027-11-22T00:00:00Z" });
  assert.equal(DEFAULT_TERM.months, 12);
  const found = termOf({ term: agreed });
  assert.ok(!isRefusal(found));
  const warning = found.until - 14 * SECONDS_PER_DAY;
  const phases = [found.from - 1, found.from, warning - 1, warning, found.until - 1, found.until].map(
    (asOf) => termPhase(found, asOf),
  );
  assert.deepEqual(phases, ["not_begun", "in_force", "in_force", "expiring", "expiring", "ended"]);
});
