/**
 * The genesis document (SPEC 8-5.8): the terms that both sides sign, immutable for the channel.
 *
 * `validateGenesis` takes a value that strict JSON has already admitted and answers a Genesis or the first
 * reason why not. It deliberately does not hash, does not look at party documents and does not judge the
 * sufficiency profile: `ledger`, `party` and `evidence` do.
 */
import { Type, type Static } from "typebox";
import { Check } from "typebox/value";
import type { Json, JsonObject } from "../../codec/json.ts";
import { isRefusal, refuse, type Refusal } from "../../codec/refusal.ts";
import { encodeInstant, parseInstant, SECONDS_PER_DAY, type Instant } from "../../codec/time.ts";
import {
  closed,
  codes,
  Digest,
  InstantText,
  Lang,
  NATURES,
  PRECEDENCES,
  type Precedence,
} from "../envelope.ts";
import { TIMER_NAMES, type TimerName } from "../protocol.ts";
import type { GenesisCode } from "./codes.ts";
import { Head } from "./messages.ts";

/** SPEC 8-5.8.2: one `seen` list names every other feed, and holds 64. */
export const PARTIES_LIMIT = 64;
/** SPEC 8-5.8.3: an agreement is looked at again at least every two years. */
export const TERM_LIMIT_MONTHS = 24;
/** SPEC 8-5.8.4: no clock is longer than this, in seconds. */
export const CLOCK_LIMIT_SECONDS = 400 * SECONDS_PER_DAY;
/** SPEC 8-5.9.2: how long before its end a term warns. */
export const TERM_WARNING_SECONDS = 14 * SECONDS_PER_DAY;

/** Seconds by timer and precedence. */
export type Clocks = Readonly<Record<TimerName, Readonly<Record<Precedence, number>>>>;

const ClockRow = closed({
  flash: Type.Integer(),
  immediate: Type.Integer(),
  priority: Type.Integer(),
  routine: Type.Integer(),
});

const ClocksSchema = closed({
  t_receipt: ClockRow,
  t_ack: ClockRow,
  t_preserve: ClockRow,
  t_triage: ClockRow,
  t_decide: ClockRow,
  t_progress: ClockRow,
  t_final: ClockRow,
  t_clarify: ClockRow,
});

export const GenesisSchema = closed({
  v: Type.Literal(1),
  type: Type.Literal("genesis"),
  parties: Type.Array(
    closed({
      party: Digest,
      version: Type.Integer({ minimum: 1, maximum: 256 }),
      document_hash: Digest,
    }),
  ),
  protocols: Type.Array(
    closed({
      name: Type.String({ pattern: "^[a-z][a-z0-9_]{0,31}$" }),
      version: Type.Integer({ minimum: 1, maximum: 1_000 }),
    }),
    { minItems: 1, maxItems: 64 },
  ),
  clocks: ClocksSchema,
  profile: Type.Object({}, { minProperties: 1 }),
  retention_days: Type.Integer({ minimum: 1, maximum: 36_525 }),
  languages: Type.Array(Lang, { minItems: 1, maxItems: 16, uniqueItems: true }),
  /** C2SP tlog-policy lines; empty when the parties name no witness. */
  witness: Type.String({ maxLength: 16_384, pattern: "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]*$" }),
  term: closed({ from: InstantText, until: InstantText }),
  heartbeat_seconds: Type.Integer({ minimum: 60, maximum: 31 * SECONDS_PER_DAY }),
  flash_budget_per_month: Type.Integer({ minimum: 0, maximum: 1_000 }),
  renews: Type.Optional(
    closed({ channel: Digest, heads: Type.Optional(Type.Array(Head, { maxItems: 64 })) }),
  ),
  nature: codes(NATURES),
  nonce: Digest,
});

export type Genesis = Omit<Static<typeof GenesisSchema>, "profile"> & { readonly profile: JsonObject };

export interface Term {
  readonly from: Instant;
  readonly until: Instant;
}

/** The document, or the first reason why it cannot be one; checked in the order of the codes. */
export function validateGenesis(json: Json): Genesis | Refusal<GenesisCode> {
  if (!isGenesisShape(json)) return refuse("genesis-schema");
  const unordered = firstUnordered(json.protocols.map(({ name }) => name));
  if (unordered !== undefined) return refuse("genesis-schema", { protocol: unordered });
  const { parties } = json;
  if (parties.length < 2 || parties.length > PARTIES_LIMIT) {
    return refuse("genesis-parties", { count: parties.length, limit: PARTIES_LIMIT });
  }
  const misplaced = firstUnordered(parties.map(({ party }) => party));
  if (misplaced !== undefined) return refuse("genesis-parties", { index: misplaced });
  const term = termOf(json);
  if (isRefusal(term)) return term;
  return clockFault(json.clocks) ?? json;
}

/** The term as instants, or why it is none: an impossible date, no duration, or more than 24 months. */
export function termOf(genesis: Pick<Genesis, "term">): Term | Refusal<"genesis-term"> {
  const from = parseInstant(genesis.term.from);
  const until = parseInstant(genesis.term.until);
  if (isRefusal(from) || isRefusal(until)) return refuse("genesis-term");
  const lasts = until > from && until <= addMonths(from, TERM_LIMIT_MONTHS);
  return lasts ? { from, until } : refuse("genesis-term", { from, until });
}

export type TermPhase = "not_begun" | "in_force" | "expiring" | "ended";

/** Where `asOf` stands in a term; `expiring` is the warning of the last 14 days (SPEC 8-5.9.2, 9.8.1). */
export function termPhase(term: Term, asOf: Instant): TermPhase {
  if (asOf < term.from) return "not_begun";
  if (asOf >= term.until) return "ended";
  return asOf >= term.until - TERM_WARNING_SECONDS ? "expiring" : "in_force";
}

/** SPEC 8-5.9.1: proposals for a first agreement; everything else of a genesis has no default. */
export const DEFAULT_TERM = Object.freeze({
  months: 12,
  retentionDays: 3_652,
  heartbeatSeconds: SECONDS_PER_DAY,
  flashBudgetPerMonth: 5,
});

/** Twelve calendar months from an instant, in the form the genesis carries. */
export function defaultTerm(from: Instant): Genesis["term"] {
  return { from: encodeInstant(from), until: encodeInstant(addMonths(from, DEFAULT_TERM.months)) };
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = SECONDS_PER_DAY;

/** SPEC 8-5.9.3: seconds per timer and precedence. */
export function defaultClocks(): Clocks {
  return {
    t_receipt: perPrecedence(MINUTE, MINUTE, 5 * MINUTE, 15 * MINUTE),
    t_ack: perPrecedence(15 * MINUTE, HOUR, 8 * HOUR, 24 * HOUR),
    t_preserve: perPrecedence(4 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR),
    t_triage: perPrecedence(8 * HOUR, 24 * HOUR, 72 * HOUR, 7 * DAY),
    t_decide: perPrecedence(8 * HOUR, 24 * HOUR, 72 * HOUR, 10 * DAY),
    t_progress: perPrecedence(6 * HOUR, 24 * HOUR, 72 * HOUR, 7 * DAY),
    t_final: perPrecedence(72 * HOUR, 7 * DAY, 30 * DAY, 45 * DAY),
    t_clarify: perPrecedence(2 * HOUR, 12 * HOUR, 48 * HOUR, 7 * DAY),
  };
}

/** The same day and time `months` later in UTC; a day that the month lacks becomes its last day. */
export function addMonths(instant: Instant, months: number): Instant {
  const start = new Date(instant * 1_000);
  const later = new Date(start);
  later.setUTCMonth(start.getUTCMonth() + months);
  // 29 February of a common year rolls into March; day 0 is the last day of the month before.
  if (later.getUTCDate() !== start.getUTCDate()) later.setUTCDate(0);
  return later.getTime() / 1_000;
}

function perPrecedence(flash: number, immediate: number, priority: number, routine: number) {
  return { flash, immediate, priority, routine };
}

function isGenesisShape(json: Json): json is Json & Genesis {
  return Check(GenesisSchema, json);
}

function clockFault(clocks: Clocks): Refusal<"genesis-clocks"> | undefined {
  for (const timer of TIMER_NAMES) {
    for (const precedence of PRECEDENCES) {
      const seconds = clocks[timer][precedence];
      if (seconds < 1 || seconds > CLOCK_LIMIT_SECONDS)
        return refuse("genesis-clocks", { timer, precedence });
    }
  }
  return undefined;
}

/** Index of the first string that is not greater than the one before it: out of order, or twice. */
function firstUnordered(values: readonly string[]): number | undefined {
  const index = values.findIndex((value, i) => {
    const previous = values[i - 1];
    return previous !== undefined && value <= previous;
  });
  return index === -1 ? undefined : index;
}
