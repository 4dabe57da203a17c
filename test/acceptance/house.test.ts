/** Scenarios 2 and 9: hundreds hit and only a suspicion, with work that stays inside; and two copies of one source. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8ToText } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { noticeBody, packS2 } from "../kit/materials.ts";
import type { Resident } from "../kit/world.ts";
import { ask } from "./api.ts";
import {
  balanced,
  caseSeen,
  DAY,
  feedEntries,
  openRequest,
  refused,
  sitDown,
  tell,
  transcriptOf,
  wait,
  type Table,
} from "./table.ts";

const VICTIMS = 400;
const pseudonyms = Array.from({ length: VICTIMS }, (_, i) => `V-${String(i + 1).padStart(4, "0")}`);
/** In no message: only the house says it. */
const TASKING = "Ask the network office of Lantern Harbour for the flow log of switch 7";

interface TaskSeen {
  readonly task: string;
  readonly title: string;
  readonly overdue: boolean;
  readonly about: JsonObject;
}

function tasksOf(side: Resident, query = ""): Promise<readonly TaskSeen[]> {
  return ask(side, "watch", { path: `/tasks${query}` });
}

test("scenario 2: 400 victims under pseudonyms, only suspicion; the internal tasking stays local", async () => {
  const table = await sitDown();
  const { world, a, b, channel } = table;
  const suspicion = { suspected_malicious: "unknown", state_involvement_claim: "none-made" };
  const named = { count: VICTIMS, pseudonyms: ["Jane Roe of Lantern Harbour", ...pseudonyms.slice(1)] };
  const open = { type: "notice.open", body: noticeBody({ ...suspicion, victims: named }) };
  await refused(table, a, open, "gate-void");
  const victims = { count: VICTIMS, pseudonyms };
  const notice = await tell(table, a, { ...open, body: noticeBody({ ...suspicion, victims }) });

  const task = await ask<TaskSeen>(a, "watch", {
    method: "POST",
    path: "/tasks",
    body: {
      title: TASKING,
      text: "V-0017 is the pumping station.",
      to: { agency: "network-office" },
      due: "2026-11-22T12:00:00Z",
      about: { channel, case: notice.case },
    },
  });
  await ask(a, "analyst", {
    method: "POST",
    path: "/notes",
    body: { text: "V-0017 is the pumping station of Lantern Harbour.", about: { case: notice.case } },
  });
  await wait(table, DAY);
  assert.deepEqual(
    (await tasksOf(a, "?overdue=true")).map(({ title, about }) => [title, about["case"]]),
    [[TASKING, notice.case]],
  );

  const told = (await caseSeen(table, notice.case)).entries[0]?.message["body"] as JsonObject;
  assert.deepEqual(told["victims"], victims, "the other side has the count and the pseudonyms");
  assert.equal(told["suspected_malicious"], "unknown");
  assert.equal((await balanced(table)).find(({ party }) => party === a.party)?.given[0]?.messages, 1);

  await ask(a, "watch", { method: "POST", path: `/tasks/${task.task}/end`, body: { as: "done" } });
  assert.deepEqual(await tasksOf(a, "?status=open"), []);
  await wait(table, DAY);
  assert.deepEqual(await tasksOf(b), [], "the other side has no task");
  const entries = [...(await feedEntries(table, a.party)), ...(await feedEntries(table, b.party))];
  const left = [
    ...world.passed.map(({ body }) => Buffer.from(body).toString("latin1")),
    JSON.stringify(entries),
    await transcriptOf(table, a),
    await transcriptOf(table, b),
  ];
  for (const one of left) {
    const text = typeof one === "string" ? one : (utf8ToText(one) ?? Buffer.from(one).toString("latin1"));
    for (const secret of ["Lantern", "pumping", "network-office", task.task])
      assert(!text.includes(secret), "nothing of the tasking left");
  }
});

interface Judged {
  readonly evaluation: {
    readonly level: string;
    readonly independent_sources: number;
    readonly asks: readonly { readonly missing: readonly string[] }[];
  };
}

/** What both screens say of a pack with these sources. */
async function judged(
  { a, b, channel }: Table,
  sources: readonly JsonObject[],
): Promise<Judged["evaluation"]> {
  const body = {
    asks: [{ code: "A09", legal_basis: "none-voluntary" }],
    life_safety: false,
    pack: { ...packS2(), sources: [...sources] },
  };
  const question = { body, method: "POST", path: `/channels/${channel}/evaluate` } as const;
  const [ours, theirs] = await Promise.all([a, b].map((side) => ask<Judged>(side, "analyst", question)));
  assert(ours !== undefined);
  assert.deepEqual(ours, theirs, "both screens count alike");
  return ours.evaluation;
}

test("scenario 9: reports X, Y, Z, where Y derives from X, are two lines of support on both nodes", async () => {
  const table = await sitDown();
  const source = (id: string, more: JsonObject = {}): JsonObject => ({
    admiralty: "B2",
    collector: `collector-${id}`,
    id,
    raw_sha256: [id.repeat(43)],
    ...more,
  });
  const [x, y, z] = [source("x"), source("y", { derives_from: ["x"] }), source("z")];
  assert(x !== undefined && y !== undefined && z !== undefined);
  const isMissing = ({ asks }: Judged["evaluation"]) => asks[0]?.missing.includes("E13");
  const copies = await judged(table, [x, y]);
  assert.equal(copies.independent_sources, 1, "a copy adds nothing");
  assert(isMissing(copies));
  const all = await judged(table, [x, y, z]);
  assert.equal(all.independent_sources, 2);
  assert(!isMissing(all));
  assert.equal((await judged(table, [z, y, x])).independent_sources, 2, "in any order");
  assert.equal((await judged(table, [y, z])).independent_sources, 2, "also where the origin is not shown");
  const second = source("z", { derives_from: ["x"] });
  assert.equal(
    (await judged(table, [y, second])).independent_sources,
    1,
    "two copies of one that is not shown",
  );

  // Said, the receiver's node has counted the same before anybody judges.
  const pack = { ...packS2(), sources: [x, y, z] };
  const request = await openRequest(table, { sufficient: true, pack });
  const seen = await caseSeen(table, request.case);
  assert.equal(seen.evaluation?.["independent_sources"], 2);
});
