/** The pack that the evidence vectors start from: every item met, invented parties, documentation addresses. */
import type { Level } from "#parley/protocols/evidence/codes.ts";
import type { JsonObject } from "#parley/codec/json.ts";

export const REFERENCE_TIME = "2026-11-22T12:00:00Z";
export const DIGEST_X = "x".repeat(43);
export const DIGEST_Y = "y".repeat(43);
export const DIGEST_Z = "z".repeat(43);

export const EVENT = {
  id: "e1",
  time: "2026-11-20T02:10:00+03:00",
  sensor: "s1",
  src_address: "192.0.2.17",
  src_port: 51_413,
  protocol: "tcp",
  dst_address: "198.51.100.9",
  dst_port: 443,
  count: 1_200,
  host: "portal.example",
} satisfies JsonObject;

export const EXHIBIT = {
  id: "x1",
  kind: "log",
  verbatim: true,
  excerpt: "2026-11-20T02:10:00+03:00 192.0.2.17:51413 > 198.51.100.9:443 SYN",
  acquired_sha256: DIGEST_X,
  custody: [
    { act: "acquired", at: "2026-11-20T06:00:00Z", by: "watch-desk", tool: "tcpdump 4.99" },
    { act: "transferred", at: "2026-11-20T07:00:00Z", by: "watch-desk", to: "analysis-desk" },
    { act: "analysed", at: "2026-11-20T08:00:00Z", by: "analysis-desk" },
  ],
} satisfies JsonObject;

export const SOURCE_X = {
  id: "x",
  collector: "meridia-flow",
  raw_sha256: [DIGEST_X],
  admiralty: "B2",
} satisfies JsonObject;
export const SOURCE_Z = {
  id: "z",
  collector: "rimal-dns",
  raw_sha256: [DIGEST_Z],
  four_by_four: "B2",
} satisfies JsonObject;

/** Every item is met. */
export const FULL = {
  events: [EVENT],
  sensors: [{ id: "s1", class: "network-flow", clock: { source: "ntp", max_error_ms: 50 } }],
  exhibits: [EXHIBIT],
  claims: [{ id: "c1", claim: "Scanning of a hospital network from this address.", exhibits: ["x1"] }],
  sources: [SOURCE_X, SOURCE_Z],
  relay_screen: [{ events: ["e1"], results: ["none-found"], as_of: "2026-11-21T00:00:00Z" }],
  receiver_retention: { days: 90 },
  jurisdiction: [{ basis: "rir", value: "192.0.2.0/24" }],
  harm_statement: "Appointment system of a hospital unavailable for two hours.",
  handling: { tlp: "AMBER", pap: "AMBER" },
  language: { texts: ["en"], receiver_declared: ["ar", "en"] },
  contact: { office: "CERT Meridia watch desk", valid_until: "2027-01-01T00:00:00Z" },
  alternatives: [{ hypothesis: "authorised scan", result: "excluded" }],
  victims: [{ pseudonym: "v-0001" }],
  malware: [{ sha256: DIGEST_Y, family: "examplebot", family_basis: "config" }],
  earlier_incidents: [{ incident: "2026-0101", method: "tooling" }],
  financial: [{ kind: "wallet", reference: "wallet-1", transactions: ["tx-1"] }],
  persona_links: [{ persona: "persona-1", basis: "account-record" }],
  custody_statement: "Held by the watch desk and the analysis desk alone.",
  legal_instrument: {
    kind: "warrant",
    authority: "District court",
    reference: "2026/17",
    issued_at: "2026-11-21T00:00:00Z",
  },
} satisfies JsonObject;

type Part = keyof typeof FULL;

export function without(...parts: readonly Part[]): JsonObject {
  return Object.fromEntries(Object.entries(FULL).filter(([part]) => !parts.some((gone) => gone === part)));
}

export function withEvent(change: JsonObject, ...gone: readonly (keyof typeof EVENT)[]): JsonObject {
  const kept = Object.entries(EVENT).filter(([member]) => !gone.some((name) => name === member));
  return { ...FULL, events: [{ ...Object.fromEntries(kept), ...change }] };
}

export function withExhibit(change: JsonObject, ...gone: readonly (keyof typeof EXHIBIT)[]): JsonObject {
  const kept = Object.entries(EXHIBIT).filter(([member]) => !gone.some((name) => name === member));
  return { ...FULL, exhibits: [{ ...Object.fromEntries(kept), ...change }] };
}

export function screened(results: readonly string[], change: JsonObject = {}): JsonObject {
  return { ...FULL, ...change, relay_screen: [{ events: ["e1"], results }] };
}

/** What one vector expects, as a person would say it. */
export interface Stated {
  readonly name: string;
  readonly clause: string;
  readonly pack: JsonObject;
  /** Items that are not met. */
  readonly unmet?: readonly string[];
  readonly level?: Level;
  /** Gaps of the levels above, in order. */
  readonly missing?: readonly (readonly string[])[];
  /** The asks A05 (S2), A11 (S3), A12 (S4): level for the ask and what it lacks. */
  readonly a05?: AskStated;
  readonly a11?: AskStated;
  readonly a12?: AskStated;
  readonly supports?: readonly string[];
  readonly sources?: number;
  readonly reasons?: readonly JsonObject[];
  readonly asks?: readonly JsonObject[];
  readonly lifeSafety?: boolean;
  readonly askRows?: readonly JsonObject[];
}
export interface AskStated {
  readonly level: Level;
  readonly missing: readonly string[];
  readonly needs?: Level;
  readonly expires?: number;
}
