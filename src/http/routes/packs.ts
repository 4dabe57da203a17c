/** Operations on warning lists and packs: what is loaded, what it says of indicators, a pack built for a channel. */
import type { Static } from "typebox";
import { isRefusal, refuse } from "#parley/codec/refusal.ts";
import { isDay } from "#parley/intel/day.ts";
import type { ListReport } from "#parley/intel/load.ts";
import type { ScreenedIndicator } from "#parley/intel/screen.ts";
import { enoughFor } from "#parley/protocols/evidence/index.ts";
import { ACTING, jsonRoute, type Route, type Shown } from "../route.ts";
import * as schema from "../schemas-packs.ts";
import { ChannelParam } from "../schemas.ts";
import { agreed } from "../shown.ts";

export const PACK_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "GET",
    path: "/lists",
    summary: "The warning lists of this node: what was loaded, what was not and why",
    access: "active",
    answer: schema.ListsShown,
    handle: async ({ node }) => {
      const report = await node.packs.lists();
      return isRefusal(report) ? report : showLists(report);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/lists/reload",
    summary: "Reads the folder of warning lists again; what was loaded stays if that fails",
    access: ACTING,
    answer: schema.ListsShown,
    handle: async ({ node }) => {
      const report = await node.packs.reload();
      return isRefusal(report) ? report : showLists(report);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/screen",
    summary: "What the warning lists say of indicators; nothing is kept",
    access: "active",
    body: schema.ScreenRequest,
    answer: schema.ScreenShown,
    handle: async ({ node, body }) => {
      if (body.date !== undefined && !isDay(body.date)) return refuse("api-schema", { at: "/body/date" });
      const answer = await node.packs.screen({
        indicators: body.indicators,
        ...(body.date !== undefined && { day: body.date }),
      });
      if (isRefusal(answer)) return answer;
      const { screened, unread, repeated } = answer;
      return { indicators: screened.map(showScreened), unread, repeated };
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/channels/{channel}/packs",
    summary:
      "Builds a pack from events, indicators and what was written, screens it and says what it is worth",
    access: "active",
    params: ChannelParam,
    body: schema.PackRequest,
    answer: schema.PackBuilt,
    handle: async ({ node, params, body }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const { asks, life_safety, screen, written, events, indicators, date } = body;
      if (date !== undefined && !isDay(date)) return refuse("api-schema", { at: "/body/date" });
      const built = await node.packs.build(channel.live, {
        asks,
        lifeSafety: life_safety,
        screen,
        ...(written !== undefined && { written }),
        ...(events !== undefined && { events }),
        ...(indicators !== undefined && { indicators }),
        ...(date !== undefined && { day: date }),
      });
      if (isRefusal(built)) return built;
      const { events: table, indicators: material, evaluation, ...rest } = built;
      return {
        ...rest,
        unread_events: table?.unread ?? [],
        unread_indicators: material?.unread ?? [],
        repeated_indicators: material?.repeated ?? 0,
        evaluation,
        enough: enoughFor(evaluation),
      };
    },
  }),
];

function showLists(report: readonly ListReport[]): Shown<Static<typeof schema.ListsShown>> {
  return {
    lists: report.flatMap((one) => (one.loaded ? [one] : [])),
    refused: report.flatMap((one) => (one.loaded ? [] : [one])),
  };
}

function showScreened({
  indicator,
  found,
  hits,
}: ScreenedIndicator): Shown<Static<typeof schema.ScreenedShown>> {
  return {
    type: indicator.type,
    value: indicator.value,
    found,
    hits: hits.map(({ list, onDay }) => ({ path: list.path, meaning: list.meaning, on_day: onDay })),
  };
}
