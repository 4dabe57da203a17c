/**
 * Writes `vectors/evidence/`: `node tools/make-vectors-evidence.ts`. Deterministic; a test compares the files.
 *
 * What each vector expects is stated here by hand: level, gaps, reasons and the fate of three asks (one of S2, one
 * of S3, one of S4). Nothing is copied from what `evaluate` answers, so the files judge it and not the reverse.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { jsonToText, type Json, type JsonObject } from "#parley/codec/json.ts";
import { ITEMS, LEVELS, type Level } from "#parley/protocols/evidence/codes.ts";
import {
  DIGEST_X,
  DIGEST_Y,
  DIGEST_Z,
  EVENT,
  EXHIBIT,
  FULL,
  REFERENCE_TIME,
  screened,
  type AskStated,
  type Stated,
  SOURCE_X,
  SOURCE_Z,
  withEvent,
  withExhibit,
  without,
} from "./vectors-evidence-sample.ts";

const ASKS = [
  { ask: "A05", legal_basis: "none-voluntary" },
  { ask: "A11", legal_basis: "mla" },
  { ask: "A12", legal_basis: "mla" },
];
const S1_ASKS = ["A01", "A02", "A03", "A04", "A14", "A15", "A17", "A18", "A19"];
const S2_ASKS = [...S1_ASKS, "A05", "A06", "A07", "A08", "A10", "A13"].sort();
const S3_ASKS = [...S2_ASKS, "A09", "A11", "A16"].sort();
const S4_ASKS = [...S3_ASKS, "A12"].sort();
const SUPPORTS: Readonly<Record<Level, readonly string[]>> = {
  S0: [],
  S1: S1_ASKS,
  S2: S2_ASKS,
  S3: S3_ASKS,
  S4: S4_ASKS,
};
const COLLAPSED = { code: "sources-collapsed", item: "E13", count: 1, of: 2 };

/** One item missing, of those that S1 needs: nothing but an acknowledgement is possible. */
function breaksS1(item: string, pack: JsonObject, more: Partial<Stated> = {}): Stated {
  return {
    name: `only-${item}-missing`,
    clause: clauseOf(item),
    pack,
    unmet: [item],
    level: "S0",
    missing: [[item], [item], [item], [item]],
    a05: { level: "S0", missing: [item] },
    a11: { level: "S0", missing: [item] },
    a12: { level: "S0", missing: [item] },
    ...more,
  };
}

/** Of those that S2 needs: stays at S1. */
function breaksS2(item: string, pack: JsonObject, more: Partial<Stated> = {}): Stated {
  return {
    name: `only-${item}-missing`,
    clause: clauseOf(item),
    pack,
    unmet: [item],
    level: "S1",
    missing: [[item], [item], [item]],
    a05: { level: "S1", missing: [item] },
    a11: { level: "S1", missing: [item] },
    a12: { level: "S1", missing: [item] },
    ...more,
  };
}

/** Of those that S3 needs: stays at S2, so the network measure is possible and the subscriber is not. */
function breaksS3(item: string, pack: JsonObject, more: Partial<Stated> = {}): Stated {
  return {
    name: `only-${item}-missing`,
    clause: clauseOf(item),
    pack,
    unmet: [item],
    level: "S2",
    missing: [[item], [item]],
    a05: { level: "S2", missing: [] },
    a11: { level: "S2", missing: [item] },
    a12: { level: "S2", missing: [item] },
    ...more,
  };
}

/** Of those that S4 needs: stays at S3, so only the person is out of reach. */
function breaksS4(item: string, pack: JsonObject, more: Partial<Stated> = {}): Stated {
  return {
    name: `only-${item}-missing`,
    clause: clauseOf(item),
    pack,
    unmet: [item],
    level: "S3",
    missing: [[item]],
    a05: { level: "S3", missing: [] },
    a11: { level: "S3", missing: [] },
    a12: { level: "S3", missing: [item] },
    ...more,
  };
}

/** Needed by no level alone: shown as missing, lowers nothing. */
function breaksNothing(item: string, pack: JsonObject, more: Partial<Stated> = {}): Stated {
  return { name: `only-${item}-missing`, clause: clauseOf(item), pack, unmet: [item], ...more };
}

function clauseOf(item: string): string {
  return `10.3.${Number(item.slice(1))}`;
}

const ITEM_VECTORS: readonly Stated[] = [
  breaksS1("E01", {
    ...FULL,
    events: [EVENT, { ...EVENT, id: "e2", time: "2026-11-20T02:10:00" }],
    relay_screen: [{ events: ["e1", "e2"], results: ["none-found"] }],
  }),
  breaksS2("E02", { ...FULL, sensors: [{ id: "s1", class: "network-flow" }] }),
  breaksNothing("E03", withEvent({}, "src_address")),
  breaksS2("E04", withEvent({}, "src_port")),
  breaksS2("E05", withEvent({}, "dst_port")),
  breaksNothing("E06", withEvent({}, "count")),
  breaksNothing("E07", withEvent({}, "host")),
  breaksS2("E08", withExhibit({ verbatim: false })),
  breaksNothing("E09", { ...FULL, sensors: [{ id: "s1", clock: { source: "ntp", max_error_ms: 50 } }] }),
  breaksS3("E10", withExhibit({}, "custody")),
  breaksS2("E11", withExhibit({}, "acquired_sha256")),
  breaksS3("E12", without("claims")),
  breaksS3(
    "E13",
    { ...FULL, sources: [SOURCE_X, { ...SOURCE_Z, collector: "meridia-flow" }] },
    { sources: 1, reasons: [COLLAPSED] },
  ),
  breaksS3("E14", {
    ...FULL,
    sources: [SOURCE_X, { id: "z", collector: "rimal-dns", raw_sha256: [DIGEST_Z] }],
  }),
  breaksS2("E15", without("relay_screen")),
  breaksNothing("E16", without("receiver_retention"), {
    reasons: [{ code: "retention-not-declared", item: "E16" }],
  }),
  breaksS1("E17", without("jurisdiction")),
  breaksNothing("E18", without("harm_statement")),
  breaksS1("E19", FULL, {
    asks: [{ ask: "A05" }, { ask: "A11", legal_basis: "mla" }, { ask: "A12", legal_basis: "mla" }],
  }),
  breaksS1("E20", without("handling")),
  breaksNothing("E21", { ...FULL, language: { texts: ["en"], receiver_declared: ["ar"] } }),
  breaksS1("E22", without("contact")),
  breaksS3("E23", without("alternatives")),
  breaksS4("E24", without("victims")),
  breaksNothing("E25", without("malware")),
  breaksS4("E26", without("earlier_incidents")),
  breaksNothing("E27", without("financial")),
  breaksNothing("E28", without("persona_links")),
  breaksS4("E29", without("custody_statement")),
  breaksS4("E30", without("legal_instrument")),
];

const S1_NEEDS = ["E01", "E03|E07", "E17", "E19", "E20", "E22"];
const S2_NEEDS = ["E01", "E02", "E03|E07", "E04", "E05", "E08", "E11", "E15", "E17", "E20", "E22"];
const S3_NEEDS = [...S2_NEEDS, "E10", "E12", "E13", "E14", "E23"].sort();
const S4_NEEDS = [...S3_NEEDS, "E24", "E26", "E27|E28", "E29", "E30"].sort();

const BELIEF: Stated = {
  name: "belief-only",
  clause: "10.1.5",
  pack: {},
  unmet: ITEMS.filter((item) => item !== "E19"),
  level: "S0",
  missing: [S1_NEEDS.filter((need) => need !== "E19"), S2_NEEDS, S3_NEEDS, S4_NEEDS],
  a05: { level: "S0", missing: S2_NEEDS },
  a11: { level: "S0", missing: S3_NEEDS },
  a12: { level: "S0", missing: S4_NEEDS },
  sources: 0,
  reasons: [{ code: "retention-not-declared", item: "E16" }],
};

/** One cap of the relay table: the pack stays at S4, the subscriber and the person fall to S1. */
function relayCap(result: string, pack: JsonObject): Stated {
  return {
    name: `relay-${result}`,
    clause: "10.5.2",
    pack,
    a11: { level: "S1", missing: ["E15"] },
    a12: { level: "S1", missing: ["E15"] },
    supports: ["A01", "A02", "A03", "A04", "A05", "A07", "A13", "A14", "A15", "A16", "A17", "A18", "A19"],
    reasons: [{ code: "relay-blocks", item: "E15", result, level: "S1" }],
  };
}

function relayNoted(result: string): Stated {
  return {
    name: `relay-${result}-noted`,
    clause: "10.5.3",
    pack: screened([result]),
    reasons: [{ code: "relay-noted", item: "E15", result }],
  };
}

const RELAY_VECTORS: readonly Stated[] = [
  relayCap("tor-exit-on-date", screened(["tor-exit-on-date"])),
  relayCap("vpn-proxy", screened(["none-found", "vpn-proxy"])),
  {
    name: "relay-lists-change-nothing",
    clause: "10.2.5",
    pack: {
      ...FULL,
      relay_lists: [
        {
          id: "list-1",
          name: "Exits of the week",
          version: "7",
          sha256: DIGEST_X,
          result: "tor-exit-on-date",
        },
        { id: "list-2", name: "VPN", sha256: DIGEST_Y, from: "2026-11-01", until: "2026-11-30" },
      ],
      relay_screen: [{ events: ["e1"], results: ["none-found"], lists: ["list-1", "list-2"] }],
    },
  },
  relayCap("spoofable-udp", screened(["spoofable-udp"])),
  { ...relayNoted("cgnat"), name: "relay-cgnat-with-port-noted", clause: "10.5.2" },
  breaksS2(
    "E04",
    { ...withEvent({}, "src_port"), relay_screen: [{ events: ["e1"], results: ["cgnat"] }] },
    {
      name: "relay-cgnat-without-port",
      clause: "10.5.2",
      a11: { level: "S1", missing: ["E04", "E15"] },
      a12: { level: "S1", missing: ["E04", "E15"] },
      reasons: [{ code: "relay-blocks", item: "E15", result: "cgnat", level: "S1" }],
    },
  ),
  relayNoted("shared-host"),
  relayNoted("cloud-reassigned"),
  relayNoted("sinkhole-research"),
  relayNoted("victim-relay"),
  breaksS2("E15", screened(["none-found", "not-done"]), { name: "relay-not-done", clause: "10.5.1" }),
];

const EXPIRED_MISSING = { level: "S1", missing: ["E16"] } as const;
const EXPIRED_REASON = { code: "expired", item: "E16", level: "S1", hint: "D08" };

const RULE_VECTORS: readonly Stated[] = [
  { name: "full", clause: "10.4.1", pack: FULL },
  BELIEF,
  {
    ...BELIEF,
    name: "belief-only-life-safety",
    clause: "10.5.5",
    lifeSafety: true,
    a05: { level: "S0", needs: "S1", missing: S1_NEEDS.filter((need) => need !== "E19") },
  },
  breaksS1("E03", withEvent({}, "src_address", "host"), {
    name: "neither-E03-nor-E07",
    clause: "10.4.3",
    unmet: ["E03", "E07"],
    missing: [["E03|E07"], ["E03|E07"], ["E03|E07"], ["E03|E07"]],
    a05: { level: "S0", missing: ["E03|E07"] },
    a11: { level: "S0", missing: ["E03|E07"] },
    a12: { level: "S0", missing: ["E03|E07"] },
  }),
  breaksS4("E27", without("financial", "persona_links"), {
    name: "neither-E27-nor-E28",
    clause: "10.4.3",
    unmet: ["E27", "E28"],
    missing: [["E27|E28"]],
    a12: { level: "S3", missing: ["E27|E28"] },
  }),
  {
    name: "name-only-needs-no-source-port",
    clause: "10.3.4",
    pack: withEvent({ url: "https://portal.example/login" }, "src_address", "src_port"),
    unmet: ["E03"],
  },
  {
    name: "icmp-needs-no-port",
    clause: "10.3.4",
    pack: withEvent({ protocol: "icmp" }, "src_port", "dst_port"),
  },
  breaksS2(
    "E02",
    {
      ...FULL,
      nat_suspected: true,
      sensors: [{ id: "s1", class: "network-flow", clock: { source: "ntp", max_error_ms: 1_001 } }],
    },
    {
      name: "nat-clock-1001-ms",
      clause: "10.3.2",
      reasons: [{ code: "clock-too-coarse", item: "E02" }],
    },
  ),
  {
    name: "nat-clock-1000-ms",
    clause: "10.3.2",
    pack: {
      ...FULL,
      nat_suspected: true,
      sensors: [{ id: "s1", class: "network-flow", clock: { source: "ntp", max_error_ms: 1_000 } }],
    },
  },
  breaksS3("E10", withExhibit({ custody: [...EXHIBIT.custody.slice(0, 1), EXHIBIT.custody[2] ?? {}] }), {
    name: "custody-without-handover",
    clause: "10.3.10",
    reasons: [{ code: "custody-broken", item: "E10" }],
  }),
  breaksS3(
    "E12",
    { ...FULL, claims: [{ id: "c1", claim: "Scanning.", exhibits: ["x9"] }] },
    {
      name: "claim-names-no-exhibit",
      clause: "10.3.12",
      reasons: [{ code: "reference-unresolved", item: "E12" }],
    },
  ),
  {
    name: "three-reports-two-origins",
    clause: "10.3.13",
    pack: {
      ...FULL,
      sources: [
        SOURCE_X,
        { id: "y", collector: "third-desk", raw_sha256: [DIGEST_Y], admiralty: "C3", derives_from: ["x"] },
        SOURCE_Z,
      ],
    },
    reasons: [{ code: "sources-collapsed", item: "E13", count: 2, of: 3 }],
  },
  breaksS3(
    "E13",
    { ...FULL, sources: [SOURCE_X, { ...SOURCE_Z, raw_sha256: [DIGEST_X] }] },
    {
      name: "two-reports-same-raw-data",
      clause: "10.3.13",
      sources: 1,
      reasons: [COLLAPSED],
    },
  ),
  breaksS3(
    "E13",
    {
      ...FULL,
      sources: [
        { ...SOURCE_X, derives_from: ["hidden"] },
        { ...SOURCE_Z, derives_from: ["hidden"] },
      ],
    },
    { name: "two-reports-one-hidden-origin", clause: "10.3.13", sources: 1, reasons: [COLLAPSED] },
  ),
  breaksS3(
    "E13",
    { ...FULL, sources: [SOURCE_X, { id: "z", admiralty: "B2" }] },
    {
      name: "untraceable-report-does-not-count",
      clause: "10.3.13",
      sources: 1,
      reasons: [COLLAPSED],
    },
  ),
  breaksS2(
    "E16",
    { ...FULL, receiver_retention: { days: 2 } },
    {
      name: "expired",
      clause: "10.5.4",
      a05: EXPIRED_MISSING,
      a11: EXPIRED_MISSING,
      a12: EXPIRED_MISSING,
      reasons: [EXPIRED_REASON],
    },
  ),
  { name: "fresh-on-the-last-day", clause: "10.3.16", pack: { ...FULL, receiver_retention: { days: 3 } } },
  breaksNothing("E16", withEvent({ time: "2026-11-22T12:00:01Z" }), {
    name: "event-after-reference",
    clause: "10.3.16",
    reasons: [{ code: "event-after-reference", item: "E01" }],
  }),
  breaksS1(
    "E22",
    { ...FULL, contact: { office: "CERT Meridia watch desk", valid_until: REFERENCE_TIME } },
    {
      name: "contact-expires-at-reference",
      clause: "10.3.22",
    },
  ),
  {
    name: "language-range-matches",
    clause: "10.3.21",
    pack: { ...FULL, language: { texts: ["ar-JO"], receiver_declared: ["AR"] } },
  },
  breaksS2("E04", withEvent({}, "src_port"), {
    name: "life-safety-lowers-block",
    clause: "10.5.5",
    lifeSafety: true,
    a05: { level: "S1", needs: "S1", missing: [], expires: 86_400 },
    supports: [...S1_ASKS, "A05"].sort(),
    reasons: [{ code: "life-safety-lowered", ask: "A05", level: "S1", expires_after_seconds: 86_400 }],
  }),
  { name: "life-safety-not-needed", clause: "10.5.5", pack: FULL, lifeSafety: true },
  {
    name: "explained-is-not-met",
    clause: "10.2.4",
    pack: { ...without("malware"), explained: [{ item: "E25", why: "source-protection" }] },
    unmet: ["E25"],
    reasons: [{ code: "item-explained", item: "E25", why: "source-protection" }],
  },
  {
    name: "ask-not-in-profile",
    clause: "10.4.5",
    pack: FULL,
    asks: [{ ask: "A77", legal_basis: "none-voluntary" }],
    askRows: [{ ask: "A77", level: "S4", supported: false, missing: [] }],
    reasons: [{ code: "ask-not-in-profile", ask: "A77" }],
  },
];

/** The vectors by file name, as strict JSON. */
export function evidenceVectors(): ReadonlyMap<string, string> {
  const all = [...RULE_VECTORS, ...RELAY_VECTORS, ...ITEM_VECTORS];
  return new Map(all.map((stated) => [`${stated.name}.json`, `${jsonToText(vectorOf(stated))}\n`]));
}

function vectorOf(stated: Stated): Json {
  return {
    name: stated.name,
    clause: stated.clause,
    profile: "default",
    pack: stated.pack,
    asks: stated.asks ?? ASKS,
    reference_time: REFERENCE_TIME,
    life_safety: stated.lifeSafety ?? false,
    expect: expectationOf(stated),
  };
}

/** Spells a statement out; what a vector leaves out is the full pack's. */
function expectationOf(stated: Stated): JsonObject {
  const level = stated.level ?? "S4";
  const above = LEVELS.slice(LEVELS.indexOf(level) + 1);
  const missing = stated.missing ?? [];
  return {
    profile: "parley-default/1",
    level,
    met: ITEMS.filter((item) => !(stated.unmet ?? []).includes(item)),
    missing: above.map((name, index) => ({ level: name, items: missing[index] ?? [] })),
    independent_sources: stated.sources ?? 2,
    asks: stated.askRows ?? [
      askRow("A05", "S2", stated.a05),
      askRow("A11", "S3", stated.a11),
      askRow("A12", "S4", stated.a12),
    ],
    supports: stated.supports ?? SUPPORTS[level],
    reasons: stated.reasons ?? [],
  };
}

function askRow(ask: string, needs: Level, stated: AskStated = { level: "S4", missing: [] }): JsonObject {
  const row = {
    ask,
    needs_level: stated.needs ?? needs,
    level: stated.level,
    supported: stated.missing.length === 0,
    missing: stated.missing,
  };
  return stated.expires === undefined ? row : { ...row, expires_after_seconds: stated.expires };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../vectors/evidence/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of evidenceVectors()) writeFileSync(new URL(name, folder), text);
}
