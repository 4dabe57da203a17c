/**
 * The sufficiency function (SPEC 10.1): both parties run it on the same pack and get the same bytes.
 *
 * Guarantees: total on every valid profile and pack; the result is strict JSON and does not depend on the
 * order of any list, on a clock, a locale or a look-up. It is a completeness test: sufficient is not true.
 * It decides nothing: the human verdict prevails, and must cite items.
 */
import type { Instant } from "#parley/codec/time.ts";
import { ITEMS, LEVELS, type Item, type Level } from "./codes.ts";
import { compareText } from "./compare.ts";
import { freshnessOf } from "./event-time.ts";
import { countIndependentSources } from "./independence.ts";
import type { Pack } from "./pack.ts";
import { PREDICATES, type Ask, type PredicateInput } from "./predicates.ts";
import type { Profile } from "./profile.ts";
import { packReasons, sortReasons, type Reason } from "./reasons.ts";
import { triggeredCaps, type RelayCap } from "./relay.ts";

export interface EvaluateOptions {
  /** What is asked, with its legal basis (E19). Repeated ask codes are judged once. */
  readonly asks: readonly Ask[];
  /** Seconds since 1970: the `time` of the entry that carries the pack, never a clock. */
  readonly referenceTime: Instant;
  readonly lifeSafety: boolean;
}

/** One item, or alternatives of which one is enough, joined by `|`: `E17`, `E03|E07`. */
export type Need = string;

export type AskResult = {
  readonly ask: string;
  /**
   * Lowest level that carries this ask, the life-safety rule applied; absent if the profile has no such
   * ask.
   */
  readonly needs_level?: Level;
  /** Level of the pack for this ask, caps applied. */
  readonly level: Level;
  readonly supported: boolean;
  readonly missing: readonly Need[];
  /** Only where the life-safety rule made the ask possible: what is done ends after this time. */
  readonly expires_after_seconds?: number;
};

export type Evaluation = {
  readonly profile: string;
  readonly level: Level;
  readonly met: readonly Item[];
  /** For each level above `level`: everything that stands between the pack and it. */
  readonly missing: readonly { readonly level: Level; readonly items: readonly Need[] }[];
  readonly independent_sources: number;
  readonly asks: readonly AskResult[];
  /** Every ask code of the profile that this pack carries, asked or not ("maximum ask supported"). */
  readonly supports: readonly string[];
  readonly reasons: readonly Reason[];
};

/** SPEC 10.1. Bytes for comparison: `encodeJson(evaluate(…))`. */
export function evaluate(profile: Profile, pack: Pack, options: EvaluateOptions): Evaluation {
  const input: PredicateInput = { profile, pack, asks: options.asks, referenceTime: options.referenceTime };
  const met = ITEMS.filter((item) => PREDICATES[item](input));
  const gaps = gapsByLevel(profile, new Set(met), freshnessOf(pack, options.referenceTime) === "expired");
  const level = LEVELS.findLast((candidate) => gaps[candidate].length === 0) ?? "S0";
  const judge = (ask: string): AskResult =>
    judgeAsk({
      ask,
      profile,
      gaps,
      level,
      caps: triggeredCaps(profile, pack),
      lifeSafety: options.lifeSafety,
    });
  const asks = unique(options.asks.map(({ ask }) => ask)).map(judge);
  return {
    profile: profile.profile,
    level,
    met,
    missing: LEVELS.filter((above) => rank(above) > rank(level)).map((above) => ({
      level: above,
      items: gaps[above],
    })),
    independent_sources: countIndependentSources(pack.sources ?? []),
    asks,
    supports: unique(profile.levels.flatMap(({ supports }) => supports)).filter(
      (ask) => judge(ask).supported,
    ),
    reasons: sortReasons([...packReasons(input), ...asks.flatMap((result) => askReasons(result))]),
  };
}

function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}

type Gaps = Readonly<Record<Level, readonly Need[]>>;

/** What is missing for each level, lower levels included. Expired material adds E16 above its cap. */
function gapsByLevel(profile: Profile, met: ReadonlySet<Item>, expired: boolean): Gaps {
  const gapsOf = (level: Level): readonly Need[] => {
    const groups = profile.levels
      .filter((entry) => rank(entry.level) <= rank(level))
      .flatMap(({ needs }) => needs);
    const open = groups.filter((group) => !group.some((item) => met.has(item))).map(needOf);
    const aboveCap = expired && rank(level) > rank(profile.expired_cap.level);
    return unique(aboveCap ? [...open, "E16"] : open);
  };
  return { S0: gapsOf("S0"), S1: gapsOf("S1"), S2: gapsOf("S2"), S3: gapsOf("S3"), S4: gapsOf("S4") };
}

function needOf(group: readonly Item[]): Need {
  return unique(group).join("|");
}

interface Judgement {
  readonly ask: string;
  readonly profile: Profile;
  readonly gaps: Gaps;
  readonly level: Level;
  readonly caps: readonly RelayCap[];
  readonly lifeSafety: boolean;
}

function judgeAsk(judgement: Judgement): AskResult {
  const { ask, profile, lifeSafety } = judgement;
  const needs = LEVELS.find((level) =>
    profile.levels.some((entry) => entry.level === level && entry.supports.includes(ask)),
  );
  if (needs === undefined) return { ask, level: levelFor(judgement), supported: false, missing: [] };
  const normal = judgeAt(judgement, needs);
  const lowered = profile.life_safety.find((rule) => rule.ask === ask && rank(rule.level) < rank(needs));
  if (normal.supported || !lifeSafety || lowered === undefined) return normal;
  const eased = judgeAt(judgement, lowered.level);
  return eased.supported ? { ...eased, expires_after_seconds: lowered.expires_after_seconds } : eased;
}

function judgeAt(judgement: Judgement, needs: Level): AskResult {
  const { ask, gaps } = judgement;
  const blocked = capsFor(judgement).some((cap) => rank(needs) > rank(cap.level));
  const missing = unique(blocked ? [...gaps[needs], "E15"] : gaps[needs]);
  return { ask, needs_level: needs, level: levelFor(judgement), supported: missing.length === 0, missing };
}

function capsFor({ ask, caps }: Judgement): readonly RelayCap[] {
  return caps.filter((cap) => cap.asks.includes(ask));
}

function levelFor(judgement: Judgement): Level {
  const ranks = [judgement.level, ...capsFor(judgement).map((cap) => cap.level)].map(rank);
  return LEVELS[Math.min(...ranks)] ?? "S0";
}

function askReasons({ ask, needs_level, expires_after_seconds }: AskResult): readonly Reason[] {
  if (needs_level === undefined) return [{ code: "ask-not-in-profile", ask }];
  if (expires_after_seconds === undefined) return [];
  return [{ code: "life-safety-lowered", ask, level: needs_level, expires_after_seconds }];
}
