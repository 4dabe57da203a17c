/** Scenario 3 with a relay in it: the sender's screen travels in the pack, and both sides judge it alike. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { utf8ToText } from "#parley/codec/bytes.ts";
import type { Evaluation } from "#parley/protocols/evidence/index.ts";
import { ackBody, packS2, requestBody } from "../kit/materials.ts";
import { file, mispList, RELAY_FILES } from "../intel/kit.ts";
import { ask, refusedAsk } from "./api.ts";
import { caseSeen, sitDown, tell, type Table } from "./table.ts";

const EVENTS =
  "time,sensor,src_ip,src_port,protocol,dst_ip,dst_port,count,host\n" +
  "2026-11-22T01:31:07Z,s1,192.0.2.17,51413,tcp,198.51.100.9,443,1200,update.vendor.example\n" +
  "2026-11-22T01:42:55Z,s1,203.0.113.40,49822,tcp,198.51.100.9,443,7,update.vendor.example\n";
const CODES = ["A05", "A08", "A10"];

interface Built {
  readonly pack: JsonObject;
  readonly results: Readonly<Record<string, number>>;
  readonly evaluation: Evaluation;
}

function order(screen = true): JsonObject {
  const { events: _events, relay_screen: _screen, receiver_retention: _days, ...written } = packS2();
  const asks = CODES.map((code) => ({ code, legal_basis: "none-voluntary" }));
  return { asks, events: EVENTS, life_safety: false, screen, written };
}

function build({ a, channel }: Table, body: JsonObject = order()): Promise<Built> {
  return ask<Built>(a, "analyst", { method: "POST", path: `/channels/${channel}/packs`, body });
}

test("scenario 3, from a Tor exit: host asks are capped at S1 on both nodes, byte for byte", async () => {
  const table = await sitDown();
  const { a, b, world } = table;
  world.lists.set(a.name, RELAY_FILES);
  const { pack, results, evaluation } = await build(table);
  assert.deepEqual(results, { "none-found": 1, "tor-exit-on-date": 1 });

  const body = requestBody({ sufficient: true, codes: CODES, pack });
  const request = await tell(table, a, { type: "request.open", body });
  await tell(table, b, { type: "ack", case: request.case, body: ackBody(request.id) });

  const judged = await caseSeen(table, request.case);
  assert(judged.evaluation !== undefined);
  assert.equal(
    utf8ToText(encodeJson(judged.evaluation)),
    utf8ToText(encodeJson(evaluation)),
    "what both sides read is what the sender was told before",
  );
  assert.equal(evaluation.level, "S2");
  assert.deepEqual(
    evaluation.asks.map(({ ask: code, level, supported, missing }) => [code, level, supported, missing]),
    [
      ["A05", "S2", true, []],
      ["A08", "S1", false, ["E15"]],
      ["A10", "S1", false, ["E15"]],
    ],
  );
  assert(evaluation.reasons.some(({ result }) => result === "tor-exit-on-date"));

  const held = await ask<{ entries: { message?: { type: string; body: { pack: JsonObject } } }[] }>(
    b,
    "watch",
    {
      path: `/channels/${table.channel}/cases/${request.case}`,
    },
  );
  const carried = held.entries.find(({ message }) => message?.type === "request.open")?.message?.body.pack;
  assert.deepEqual(carried, pack, "the screen and the lists that it asked are what the receiver holds");
  const lists = pack["relay_lists"] as {
    readonly result: string;
    readonly sha256: string;
    readonly from?: string;
  }[];
  assert.deepEqual(
    lists.filter(({ result }) => result === "tor-exit-on-date").map(({ from }) => from),
    ["2026-11-19"],
  );
  assert.deepEqual(pack["receiver_retention"], { days: await retentionOf(table) });
});

async function retentionOf({ a, channel }: Table): Promise<number> {
  const shown = await ask<{ terms: { retention_days: number } }>(a, "watch", {
    path: `/channels/${channel}`,
  });
  return shown.terms.retention_days;
}

test("without lists a screen is refused; without a screen E15 is what is missing", async () => {
  const table = await sitDown();
  const { a, channel } = table;
  const refused = await refusedAsk(a, "analyst", {
    method: "POST",
    path: `/channels/${channel}/packs`,
    body: order(),
  });
  assert.deepEqual([refused.status, refused.code], [409, "screen-lists-none"]);
  const { evaluation, pack } = await build(table, order(false));
  assert.equal("relay_screen" in pack, false);
  assert.deepEqual(evaluation.asks.find(({ ask: code }) => code === "A10")?.missing, ["E15"]);
});

test("lists are shown with what was refused, and a reload that fails keeps what was loaded", async () => {
  const { a, world } = await sitDown();
  const bad = file("bad.json", "{");
  world.lists.set(a.name, [...RELAY_FILES, bad]);
  const shown = await ask<{ lists: JsonObject[]; refused: JsonObject[] }>(a, "watch", { path: "/lists" });
  assert.equal(shown.lists.length, RELAY_FILES.length);
  assert.deepEqual(shown.refused, [{ path: "bad.json", loaded: false, code: "list-malformed", facts: {} }]);

  world.lists.set(a.name, [bad]);
  const reload = { method: "POST", path: "/lists/reload" } as const;
  assert.equal((await refusedAsk(a, "watch", reload)).code, "screen-lists-none");
  const screen = {
    method: "POST",
    path: "/screen",
    body: { indicators: "192.0.2.17\n=formula\n", date: "2026-11-22" },
  } as const;
  const answer = await ask<{ indicators: { found: string[] }[]; unread: JsonObject[] }>(a, "watch", screen);
  assert.deepEqual(
    answer.indicators.map(({ found }) => found),
    [["tor-exit-on-date"]],
  );
  assert.deepEqual(answer.unread, [{ line: 2, reason: "formula" }]);

  world.lists.set(a.name, [file("x/list.json", mispList("cidr", ["198.51.100.0/24"]))]);
  await ask(a, "watch", reload);
  const after = await ask<{ indicators: { found: string[] }[] }>(a, "watch", screen);
  assert.deepEqual(
    after.indicators.map(({ found }) => found),
    [[]],
  );
  const wrong = { ...screen, body: { indicators: "192.0.2.17", date: "2026-02-30" } };
  assert.equal((await refusedAsk(a, "watch", wrong)).code, "api-schema");
});
