/**
 * What a hit of a list means (SPEC 16.1.6, 16.1.7): by the operator's `screen.json`, else by the name under which
 * the list is published. Lists that nobody assigned mean that everybody uses what they hold.
 */
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { utf8ToText } from "#parley/codec/bytes.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import { closed, codes } from "#parley/protocols/envelope.ts";
import type { RelayResult } from "#parley/protocols/evidence/codes.ts";
import { DAY_PATTERN, isDay, shiftDay } from "./day.ts";

/** `common` and `reserved` are for the eyes of who screens; they are no results of SPEC 10.5. */
export const MEANINGS = [
  "tor-exit-on-date",
  "vpn-proxy",
  "cgnat",
  "shared-host",
  "cloud-reassigned",
  "spoofable-udp",
  "sinkhole-research",
  "victim-relay",
  "common",
  "reserved",
] as const satisfies readonly (RelayResult | "common" | "reserved")[];
export type Meaning = (typeof MEANINGS)[number];

export interface Assignment {
  readonly meaning?: Meaning;
  /** First and last UTC day that the list speaks about, `YYYY-MM-DD`. */
  readonly from?: string;
  readonly until?: string;
}

export const SETTINGS_FILE = "screen.json";

const Day = Type.String({ pattern: DAY_PATTERN });
const settings = Compile(
  closed({
    lists: Type.Array(
      closed({
        path: Type.String({ minLength: 1, maxLength: 512 }),
        result: Type.Optional(codes(MEANINGS)),
        from: Type.Optional(Day),
        until: Type.Optional(Day),
      }),
      { maxItems: 2_000 },
    ),
  }),
);

/** Assignments by path. */
export function parseSettings(
  bytes: Uint8Array,
): ReadonlyMap<string, Assignment> | Refusal<"screen-settings"> {
  const value = parseJsonText(bytes);
  if (!settings.Check(value)) return refuse("screen-settings");
  const assignments = new Map<string, Assignment>();
  for (const [index, { path, result, from, until }] of value.lists.entries()) {
    const isPlaced = [from, until].every((day) => day === undefined || isDay(day));
    if (!isPlaced || (from ?? "") > (until ?? "9999-12-31")) return refuse("screen-settings", { index });
    assignments.set(path, {
      ...(result !== undefined && { meaning: result }),
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until }),
    });
  }
  return assignments;
}

export function parseJsonText(bytes: Uint8Array): unknown {
  const text = utf8ToText(bytes);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
}

/** Published names, of the folder or the file that holds the list. */
const KNOWN: readonly (readonly [pattern: RegExp, meaning: Meaning])[] = [
  [/^(?:.*-)?tor(?:-exit.*)?$/, "tor-exit-on-date"],
  [/^(?:vpn-ipv[46]|zscaler|icloud-private-relay|vpn.*|.*prox(?:y|ies))$/, "vpn-proxy"],
  [
    /^(?:amazon-aws|microsoft-azure.*|google-gcp|oracle-oci|digitalocean|ovh.*|linode|hetzner|alibaba.*)$/,
    "cloud-reassigned",
  ],
  [
    /^(?:akamai|cloudflare|fastly|bunny-net|stackpath|github|parking-domain.*|url-shortener|wikimedia|dyn.*dns.*)$/,
    "shared-host",
  ],
  [/^rfc6598$/, "cgnat"],
  [
    /^(?:sinkholes?|censys-scanning|shodan.*|tenable-cloud-ipv[46]|googlebot|bingbot|rapid7.*|scanners?)$/,
    "sinkhole-research",
  ],
  [/^(?:rfc1918|rfc5735|rfc3849|rfc6761|multicast|ipv6-linklocal)$/, "reserved"],
];

/** The published meaning, by the folders and the name of the file from the inside out; undefined: not known. */
export function knownMeaning(path: string): Meaning | undefined {
  const names = path
    .toLowerCase()
    .replace(/\.(?:json|lst|txt)$/, "")
    .split("/")
    .reverse();
  for (const name of names) {
    const isTorFile = /(?:^|[-_.])tor(?:[-_.]|$)/.test(name);
    const known =
      KNOWN.find(([pattern]) => pattern.test(name))?.[1] ?? (isTorFile ? "tor-exit-on-date" : undefined);
    if (known !== undefined) return known;
  }
  return undefined;
}

/** An exit list is a picture of one hour; exits stay for days. */
const TOR_WINDOW_DAYS = 3;

/** The days that a file name states. */
export function daysOfName(path: string): Pick<Assignment, "from" | "until"> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const day = /(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])/.exec(name)?.[0];
  if (day !== undefined)
    return isDay(day) ? { from: shiftDay(day, -TOR_WINDOW_DAYS), until: shiftDay(day, TOR_WINDOW_DAYS) } : {};
  const [, first, last] =
    /(?<![0-9])(?<![0-9]-)((?:19|20)[0-9]{2})-((?:19|20)[0-9]{2})(?![0-9-])/.exec(name) ?? [];
  if (first === undefined || last === undefined || last < first) return {};
  return { from: `${first}-01-01`, until: `${last}-12-31` };
}
