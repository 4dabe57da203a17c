/** Properties of the sufficiency function: total, order-free, strict JSON; and its words-to-be. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { encodeJson } from "#parley/codec/json.ts";
import {
  countIndependentSources,
  DEFAULT_PROFILE,
  enoughFor,
  evaluate,
  PackSchema,
  type Evaluation,
  type Pack,
  type Profile,
} from "#parley/protocols/evidence/index.ts";
import { eventTimeToInstant } from "#parley/protocols/evidence/event-time.ts";
import { ITEMS, LEVELS, RELAY_RESULTS } from "#parley/protocols/evidence/codes.ts";

const packs = Compile(PackSchema);
const REFERENCE_TIME = 1_795_348_800; // 2026-11-22T12:00:00Z
const ASKS = [{ ask: "A05", legal_basis: "none-voluntary" }, { ask: "A11" }, { ask: "A12" }];
const OPTIONS = { asks: ASKS, referenceTime: REFERENCE_TIME, lifeSafety: false };

function vectorPack(name: string): Pack {
  const value: unknown = JSON.parse(
    readFileSync(new URL(`../../vectors/evidence/${name}.json`, import.meta.url), "utf8"),
  );
  assert.ok(typeof value === "object" && value !== null && "pack" in value);
  const { pack } = value;
  assert.ok(packs.Check(pack));
  return pack;
}

const FULL = vectorPack("full");

function textOf(pack: Pack, profile: Profile = DEFAULT_PROFILE, options = OPTIONS): string {
  return Buffer.from(encodeJson(evaluate(profile, pack, options))).toString();
}

const label = fc.constantFrom("a", "b", "c", "d", "e");
const digest = fc.constantFrom("d".repeat(43), "e".repeat(43), "f".repeat(43));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const list = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 5 });
const moment = fc.constantFrom(
  "2026-11-20T02:10:00+03:00",
  "2026-02-30T02:10:00Z",
  "2026-11-20T02:10:00",
  "2020-01-01T00:00:00.5-23:59",
  "2030-01-01T00:00:00Z",
  "0001-01-01T00:00:00Z",
);
const instant = fc.constantFrom("2026-11-20T06:00:00Z", "2026-13-41T25:61:61Z", "2027-01-01T00:00:00Z");

const event = record(["id"], {
  id: label,
  time: moment,
  sensor: label,
  src_address: fc.constantFrom("192.0.2.1", "2001:db8::1"),
  src_port: fc.nat(65_535),
  protocol: fc.constantFrom("tcp", "udp", "icmp"),
  dst_address: fc.constant("198.51.100.1"),
  dst_port: fc.nat(65_535),
  count: fc.nat(),
  host: fc.constant("portal.example"),
});
const custody = record(["act", "at", "by"], {
  act: fc.constantFrom("acquired", "transferred", "analysed"),
  at: instant,
  by: label,
  tool: fc.constant("tool"),
  to: label,
});
const exhibit = record(["id", "kind"], {
  id: label,
  kind: fc.constantFrom("log", "image"),
  verbatim: fc.boolean(),
  excerpt: fc.constant("line"),
  acquired_sha256: digest,
  custody: list(custody),
});
const source = record(["id"], {
  id: label,
  collector: label,
  raw_sha256: list(digest),
  derives_from: list(label),
  admiralty: fc.constantFrom("A1", "F6"),
});
const anyPack = record([], {
  nat_suspected: fc.boolean(),
  events: list(event),
  sensors: list(
    record(["id"], {
      id: label,
      class: fc.constant("dns"),
      clock: fc.record({ source: fc.constant("ntp"), max_error_ms: fc.constantFrom(0, 1_000, 1_001) }),
    }),
  ),
  exhibits: list(exhibit),
  claims: list(fc.record({ id: label, claim: fc.constant("claim"), exhibits: list(label) })),
  sources: list(source),
  relay_screen: list(
    fc.record({
      events: fc.array(label, { minLength: 1, maxLength: 3 }),
      results: fc.array(fc.constantFrom(...RELAY_RESULTS), { minLength: 1, maxLength: 3 }),
    }),
  ),
  receiver_retention: fc.record({ days: fc.constantFrom(0, 3, 36_500) }),
  jurisdiction: list(fc.constant({ basis: "rir", value: "192.0.2.0/24" })),
  handling: fc.constant({ tlp: "AMBER" }),
  language: fc.constant({ texts: ["ar-JO"], receiver_declared: ["ar"] }),
  contact: fc.record({ office: fc.constant("watch"), valid_until: instant }),
  alternatives: list(fc.constant({ hypothesis: "scan", result: "excluded" })),
  victims: list(record([], { pseudonym: label, consent: fc.constantFrom("given", "refused") })),
  earlier_incidents: list(fc.constant({ incident: "1", method: "tooling" })),
  persona_links: list(fc.constant({ persona: "p", basis: "payment" })),
  custody_statement: fc.constant("held"),
  explained: list(fc.record({ item: fc.constantFrom(...ITEMS), why: fc.constantFrom("privacy", "legal") })),
});

/** Members outside `required` are sometimes absent, never `undefined`. */
function record(required: readonly string[], members: Record<string, fc.Arbitrary<unknown>>) {
  const optional = Object.fromEntries(
    Object.entries(members).map(([key, value]) => [key, required.includes(key) ? value : maybe(value)]),
  );
  return fc
    .record(optional)
    .map((value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)));
}

function asPack(value: unknown): Pack {
  assert.ok(packs.Check(value));
  return value;
}

/** Every list of the pack in another order, at every depth. */
function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) {
    const inner = value.map((item, index) => shuffled(item, seed + index));
    return inner
      .map((item, index) => ({ item, key: (index * 7_919 + seed * 104_729) % 1_009 }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, shuffled(member, seed)]));
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

describe("evaluate", () => {
  it("answers strict JSON for every valid pack and changes nothing", () => {
    fc.assert(
      fc.property(anyPack, fc.boolean(), (value, lifeSafety) => {
        const pack = freeze(asPack(value));
        const result = evaluate(freeze(DEFAULT_PROFILE), pack, { ...OPTIONS, lifeSafety });
        assert.ok(encodeJson(result).length > 0);
        assertCoherent(result);
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same bytes whatever the order of every list", () => {
    fc.assert(
      fc.property(fc.oneof(anyPack, fc.constant(FULL)), fc.nat(1_000), (value, seed) => {
        assert.equal(textOf(asPack(shuffled(value, seed))), textOf(asPack(value)));
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same bytes whatever the order of asks, and judges a repeated ask once", () => {
    const turned = { ...OPTIONS, asks: [...ASKS, ...ASKS].reverse() };
    assert.equal(textOf(FULL, DEFAULT_PROFILE, turned), textOf(FULL));
  });

  it("never falls when an item is added to the full pack's parts", () => {
    fc.assert(
      fc.property(fc.subarray(Object.keys(FULL)), fc.constantFrom(...Object.keys(FULL)), (kept, added) => {
        const less = evaluate(DEFAULT_PROFILE, asPack(only(kept)), OPTIONS);
        const more = evaluate(DEFAULT_PROFILE, asPack(only([...kept, added])), OPTIONS);
        assert.ok(LEVELS.indexOf(more.level) >= LEVELS.indexOf(less.level));
      }),
    );
  });

  it("follows a profile of the agreement, not a level in the code", () => {
    const profile: Profile = {
      ...DEFAULT_PROFILE,
      profile: "strict/1",
      levels: DEFAULT_PROFILE.levels.map((entry) =>
        entry.level === "S1" ? { ...entry, needs: [...entry.needs, ["E25"]] } : entry,
      ),
    };
    const { malware: _, ...pack } = FULL;
    assert.equal(evaluate(DEFAULT_PROFILE, pack, OPTIONS).met.includes("E25"), false);
    assert.deepEqual(evaluate(profile, pack, OPTIONS).missing[0], { level: "S1", items: ["E19", "E25"] });
  });

  it("accepts a profile that states levels in any order or twice", () => {
    const first = DEFAULT_PROFILE.levels.filter(({ level }) => level !== "S0");
    const profile = { ...DEFAULT_PROFILE, levels: [...first, ...first].reverse() };
    assert.equal(textOf(FULL, profile), textOf(FULL));
  });
});

describe("independent sources", () => {
  const of = (value: unknown) => countIndependentSources(asPack({ sources: value }).sources ?? []);
  const plain = (id: string, more: object = {}) => ({
    id,
    collector: id,
    raw_sha256: [id.repeat(43)],
    ...more,
  });

  it("scenario 9: X, Y, Z of which Y derives from X are two", () => {
    assert.equal(of([plain("x"), plain("y", { derives_from: ["x"] }), plain("z")]), 2);
  });
  it("follows a chain of derivations in any direction", () => {
    const chain = ["a", "b", "c", "d"].map((id, i, all) =>
      plain(id, { derives_from: all.slice(i + 1, i + 2) }),
    );
    assert.equal(of(chain), 1);
    assert.equal(of(chain.toReversed()), 1);
  });
  it("counts a source that derives from itself once, and none of an empty list", () => {
    assert.equal(of([plain("a", { derives_from: ["a"] })]), 1);
    assert.equal(of([]), 0);
  });
  it("takes two entries of one name for one source", () => {
    assert.equal(of([plain("a"), plain("a", { collector: "other", raw_sha256: ["q".repeat(43)] })]), 1);
  });
  it("stays fast on a long derivation", () => {
    const long = Array.from({ length: 200 }, (_, i) => plain("s", { id: `s${i}`, collector: `c${i}` }));
    assert.equal(of(long), 1);
  });
});

describe("event times", () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ["1970-01-01T00:00:00Z", 0],
    ["1970-01-01T03:00:00+03:00", 0],
    ["1969-12-31T19:30:00-04:30", 0],
    ["1970-01-01T00:00:00.999999999Z", 0],
    ["2024-02-29T00:00:00Z", 1_709_164_800],
    ["2025-02-29T00:00:00Z", undefined],
    ["2026-11-20T24:00:00Z", undefined],
    ["2026-11-20T02:10:00", undefined],
    ["2026-11-20T02:10:00+15:00", undefined],
    ["2026-11-20T02:10:00+01:60", undefined],
    ["2016-12-31T23:59:60Z", undefined],
  ];
  for (const [text, expected] of rows) {
    it(`${text} → ${expected ?? "not placeable"}`, () => assert.equal(eventTimeToInstant(text), expected));
  }
});

describe("enoughFor", () => {
  it("says what the pack is enough for and what is missing for the rest", () => {
    const { sources: _, persona_links: __, financial: ___, ...pack } = FULL;
    const asks = ["A05", "A11", "A12", "A77"].map((ask) => ({ ask, legal_basis: "mla" }));
    const said = enoughFor(evaluate(DEFAULT_PROFILE, pack, { ...OPTIONS, asks }));
    assert.deepEqual(said.enoughFor, [{ ask: "A05" }]);
    assert.deepEqual(said.missingFor, [
      { ask: "A11", needsLevel: "S3", anyOf: [["E13"], ["E14"]] },
      { ask: "A12", needsLevel: "S4", anyOf: [["E13"], ["E14"], ["E27", "E28"]] },
      { ask: "A77", anyOf: [] },
    ]);
    assert.ok(said.alsoEnoughFor.includes("A10") && !said.alsoEnoughFor.includes("A05"));
  });

  it("carries the end of what was possible only for life safety", () => {
    const { exhibits: _, ...pack } = FULL;
    const asks = [{ ask: "A05", legal_basis: "none-voluntary" }];
    const said = enoughFor(evaluate(DEFAULT_PROFILE, pack, { ...OPTIONS, asks, lifeSafety: true }));
    assert.deepEqual(said.enoughFor, [{ ask: "A05", expiresAfterSeconds: 86_400 }]);
  });
});

describe("the pack schema", () => {
  const bad: readonly (readonly [string, unknown])[] = [
    ["an unknown member", { victim_name: "x" }],
    [
      "a person's name as custodian",
      {
        exhibits: [
          { id: "x", kind: "log", custody: [{ act: "stored", at: "2026-11-20T06:00:00Z", by: "Jo Doe" }] },
        ],
      },
    ],
    ["a fraction", { receiver_retention: { days: 1.5 } }],
    ["a date without time", { events: [{ id: "e", time: "2026-11-20" }] }],
    ["a port above 65535", { events: [{ id: "e", src_port: 65_536 }] }],
    ["an unknown relay result", { relay_screen: [{ events: ["e"], results: ["fine"] }] }],
    ["a screen of no event", { relay_screen: [{ events: [], results: ["none-found"] }] }],
    ["a control character", { harm_statement: "a\u0000b" }],
  ];
  for (const [name, value] of bad) it(`refuses ${name}`, () => assert.equal(packs.Check(value), false));
  it("takes a pack of nothing", () => assert.ok(packs.Check({})));
});

function only(parts: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(FULL).filter(([part]) => parts.includes(part)));
}

function assertCoherent(result: Evaluation): void {
  assert.deepEqual([...result.met], [...result.met].sort());
  assert.equal(result.missing.length, LEVELS.length - 1 - LEVELS.indexOf(result.level));
  for (const gap of result.missing) assert.ok(gap.items.length > 0);
  for (const ask of result.asks) {
    assert.equal(ask.supported, ask.missing.length === 0 && ask.needs_level !== undefined);
    assert.equal(result.supports.includes(ask.ask), ask.supported);
  }
}
