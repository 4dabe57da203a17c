/**
 * From indicators to a pack of fields (SPEC 10.2) and to the indicators of a notice.
 *
 * Every indicator stands verbatim in an exhibit; addresses, names and URLs stand as events too, SHA-256 as malware, as
 * far as the pack has room. It claims nothing beside: no time, no sensor, no source is invented, so the evaluation
 * names what is missing.
 */
import { encodeBase64url, hexToBytes } from "#parley/codec/bytes.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import type { Indicator } from "./indicator.ts";

/** Room of SPEC 10.2. */
const EVENTS_LIMIT = 2_000;
const MALWARE_LIMIT = 200;
const EXHIBITS_LIMIT = 500;
const EXCERPT_LENGTH_LIMIT = 16_000;
/** A message has 1 MiB; the rest of a request needs some of it. */
export const PACK_SIZE_LIMIT_BYTES = 900_000;

/** Undefined when the indicators do not fit in one message: they are an attachment then. */
export function indicatorsToPack(indicators: readonly Indicator[]): JsonObject | undefined {
  const events = indicators.flatMap(toEvent).slice(0, EVENTS_LIMIT);
  const exhibits = toExcerpts(indicators);
  const malware = indicators
    .flatMap(({ type, value }) => (type === "sha256" ? [hexToBytes(value)] : []))
    .flatMap((hash) => (hash === undefined ? [] : [{ sha256: encodeBase64url(hash) }]));
  if (exhibits.length > EXHIBITS_LIMIT) return undefined;
  const pack: JsonObject = {
    ...(events.length > 0 && { events: events.map((event, i) => ({ ...event, id: `i-${i + 1}` })) }),
    exhibits: exhibits.map((excerpt, i) => ({
      id: `list-${i + 1}`,
      kind: "document",
      verbatim: true,
      excerpt,
    })),
    ...(malware.length > 0 && { malware: malware.slice(0, MALWARE_LIMIT) }),
  };
  return encodeJson(pack).length <= PACK_SIZE_LIMIT_BYTES ? pack : undefined;
}

/** A notice has its own list, in the same form. */
export function indicatorsToNotice(indicators: readonly Indicator[]): readonly JsonObject[] {
  return indicators.map(({ type, value, role }) => ({ type, value, ...(role !== undefined && { role }) }));
}

function toEvent({ type, value, role }: Indicator): readonly JsonObject[] {
  switch (type) {
    case "ipv4":
    case "ipv6":
      return [
        role === "command-and-control" || role === "target" ? { dst_address: value } : { src_address: value },
      ];
    case "domain":
      return value.length <= 253 ? [{ host: value }] : [];
    case "url":
      return [{ url: value }];
    default:
      return [];
  }
}

/** One `type value` on each line, in pieces that an exhibit holds. */
function toExcerpts(indicators: readonly Indicator[]): readonly string[] {
  const excerpts: string[] = [];
  let held = "";
  for (const { type, value } of indicators) {
    const line = `${type} ${value}\n`;
    if (held.length + line.length > EXCERPT_LENGTH_LIMIT) {
      excerpts.push(held);
      held = "";
    }
    held += line;
  }
  return held === "" ? excerpts : [...excerpts, held];
}
