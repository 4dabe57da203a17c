/** Schemas of warning lists, screens and built packs (SPEC 16). */
import { Type } from "typebox";
import type { JsonObject } from "#parley/codec/json.ts";
import { DAY_PATTERN } from "#parley/intel/day.ts";
import { LIST_TYPES } from "#parley/intel/list.ts";
import { MEANINGS } from "#parley/intel/meaning.ts";
import { PACK_WARNINGS } from "#parley/intel/pack-builder.ts";
import { closed, codes, Digest } from "#parley/protocols/envelope.ts";
import { INDICATOR_TYPES } from "#parley/protocols/notice/codes.ts";
import { EnoughShown, EvaluateRequest, EvaluationShown } from "./schemas.ts";

const Count = Type.Integer({ minimum: 0 });
const Words = Type.String();
const Day = Type.String({ pattern: DAY_PATTERN });
/** As much as a body holds. */
const Table = Type.String({ maxLength: 2_000_000 });
const Unread = Type.Array(closed({ line: Type.Integer({ minimum: 1 }), reason: Words }));

export const ListsShown = closed({
  lists: Type.Array(
    closed({
      path: Words,
      loaded: Type.Literal(true),
      name: Words,
      version: Type.Optional(Words),
      sha256: Digest,
      type: codes(LIST_TYPES),
      meaning: codes(MEANINGS),
      from: Type.Optional(Day),
      until: Type.Optional(Day),
      entries: Count,
      rejected: Type.Array(closed({ reason: Words, count: Count, first: Type.Array(Count) })),
    }),
  ),
  refused: Type.Array(
    closed({
      path: Words,
      loaded: Type.Literal(false),
      code: Words,
      facts: Type.Record(Words, Type.Union([Words, Type.Number()])),
    }),
  ),
});

export const ScreenRequest = closed({ indicators: Table, date: Type.Optional(Day) });
export const ScreenedShown = closed({
  type: codes(INDICATOR_TYPES),
  value: Words,
  found: Type.Array(codes(MEANINGS)),
  hits: Type.Array(closed({ path: Words, meaning: codes(MEANINGS), on_day: Type.Boolean() })),
});
export const ScreenShown = closed({
  indicators: Type.Array(ScreenedShown),
  unread: Unread,
  repeated: Count,
});

export const PackRequest = closed({
  /** Members of a pack; the node judges the whole. */
  written: Type.Optional(Type.Unsafe<JsonObject>({ type: "object" })),
  events: Type.Optional(Table),
  indicators: Type.Optional(Table),
  date: Type.Optional(Day),
  screen: Type.Boolean(),
  asks: EvaluateRequest.properties.asks,
  life_safety: Type.Boolean(),
});
export const PackBuilt = closed({
  pack: EvaluateRequest.properties.pack,
  results: Type.Record(Words, Count),
  warnings: Type.Array(closed({ code: codes(PACK_WARNINGS), count: Count })),
  unread_events: Unread,
  unread_indicators: Unread,
  repeated_indicators: Count,
  evaluation: EvaluationShown,
  enough: EnoughShown,
});
