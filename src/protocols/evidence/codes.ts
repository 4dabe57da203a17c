/** Code lists of the evidence protocol (SPEC 10.2, 10.5). Data only: words are in the phrasebook. */

/** What a pack can contain, in the order of SPEC 10.3. */
export const ITEMS = [
  "E01",
  "E02",
  "E03",
  "E04",
  "E05",
  "E06",
  "E07",
  "E08",
  "E09",
  "E10",
  "E11",
  "E12",
  "E13",
  "E14",
  "E15",
  "E16",
  "E17",
  "E18",
  "E19",
  "E20",
  "E21",
  "E22",
  "E23",
  "E24",
  "E25",
  "E26",
  "E27",
  "E28",
  "E29",
  "E30",
] as const;
export type Item = (typeof ITEMS)[number];

/** Lowest first: a level includes every level before it. */
export const LEVELS = ["S0", "S1", "S2", "S3", "S4"] as const;
export type Level = (typeof LEVELS)[number];

/** What the sender found when it asked whether an address is only a relay (E15). */
export const RELAY_RESULTS = [
  "tor-exit-on-date",
  "vpn-proxy",
  "cgnat",
  "shared-host",
  "cloud-reassigned",
  "spoofable-udp",
  "sinkhole-research",
  "victim-relay",
  "none-found",
  "not-done",
] as const;
export type RelayResult = (typeof RELAY_RESULTS)[number];

export const TRANSPORTS = ["tcp", "udp", "icmp", "sctp", "other"] as const;
export const SENSOR_CLASSES = [
  "firewall",
  "network-flow",
  "packet-capture",
  "endpoint",
  "server-log",
  "mail-gateway",
  "dns",
  "honeypot",
  "sinkhole",
  "third-party-report",
  "other",
] as const;
export const EXHIBIT_KINDS = ["log", "pcap", "sample", "mail", "config", "image", "document"] as const;
export const CUSTODY_ACTS = ["acquired", "copied", "stored", "analysed", "transferred"] as const;
export const SOURCE_KINDS = [
  "technical-own",
  "technical-partner",
  "technical-commercial",
  "human",
  "signals",
  "financial",
  "legal-court",
  "open",
] as const;
export const JURISDICTION_BASES = [
  "rir",
  "bgp-origin-on-date",
  "operator-contract",
  "geolocation",
  "other",
] as const;
export const ALTERNATIVE_RESULTS = ["excluded", "less-likely", "still-possible", "not-tested"] as const;
export const CONSENTS = ["given", "refused", "not-asked"] as const;
export const FAMILY_BASES = [
  "code-overlap",
  "config",
  "signature",
  "behaviour",
  "vendor-report",
  "other",
] as const;
export const LINK_METHODS = [
  "infrastructure",
  "tooling",
  "behaviour",
  "credential",
  "target",
  "other",
] as const;
export const PERSONA_BASES = [
  "account-record",
  "payment",
  "device",
  "own-statement",
  "court-record",
  "other",
] as const;
export const FINANCIAL_KINDS = ["wallet", "account"] as const;
export const INSTRUMENT_KINDS = ["court-order", "warrant", "mla-request", "charge", "other"] as const;
/** Why an item is not in the pack. An explanation is shown; it never makes the item met. */
export const EXPLANATIONS = [
  "source-protection",
  "privacy",
  "legal",
  "not-collected",
  "not-applicable",
  "follows-later",
] as const;

/** Why an evaluation is as it is (SPEC 10.6). */
export const REASONS = [
  "ask-not-in-profile",
  "clock-too-coarse",
  "custody-broken",
  "event-after-reference",
  "expired",
  "item-explained",
  "life-safety-lowered",
  "reference-unresolved",
  "relay-blocks",
  "relay-noted",
  "retention-not-declared",
  "sources-collapsed",
] as const;
export type ReasonCode = (typeof REASONS)[number];
