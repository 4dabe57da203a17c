/** The ledger, the balance, taking back and canaries on real nodes, through the use cases (SPEC 15). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { disputeLeak, orderCanary, recordSighting, traceFound } from "#parley/node/canaries.ts";
import { balanceOf, disclosureRows, lookBack, whatTheyKnow } from "#parley/node/disclosures.ts";
import { listRetractions, retractItem } from "#parley/node/retractions.ts";
import { ackBody, noticeBody } from "../kit/materials.ts";
import {
  accepted,
  agree,
  caseOf,
  liveChannel,
  makeWorld,
  refusedWith,
  speak,
  who,
  type Resident,
  type World,
} from "../kit/world.ts";

const HOUR = 3_600;
const DAY = 86_400;
const BAD = { type: "domain", value: "bad.example.net" };
const GOOD = { type: "ipv4", value: "192.0.2.7" };

interface Three {
  readonly world: World;
  readonly a: Resident;
  readonly b: Resident;
  readonly c: Resident;
  readonly ab: string;
  readonly ac: string;
}

async function three(): Promise<Three> {
  const world = await makeWorld(["meridia", "rimal", "tessera"]);
  const [a, one, other] = world.residents;
  assert(a !== undefined && one !== undefined && other !== undefined);
  const [first, second] = [await agree(world, a, one), await agree(world, a, other)];
  // Rows come in the order of channel ids, and ids are random: B is whose channel comes first.
  return first < second
    ? { world, a, b: one, c: other, ab: first, ac: second }
    : { world, a, b: other, c: one, ab: second, ac: first };
}

async function notify(
  world: World,
  speaker: Resident,
  channel: string,
  indicators: readonly JsonObject[],
  envelope: JsonObject = {},
): Promise<{ readonly id: string; readonly case: string }> {
  const body = noticeBody({ indicators: [...indicators] });
  const view = accepted(await speak(speaker, channel, { type: "notice.open", body, envelope }));
  await world.settle();
  return { id: String(view.draft.message["id"]), case: caseOf(view) };
}

function attached(bytes: Uint8Array, sha256: (of: Uint8Array) => Uint8Array): JsonObject {
  const digest = encodeBase64url(sha256(bytes));
  return { commit: digest, ct: digest, digest, size_bytes: bytes.length, media_type: "text/plain" };
}

test("what they know: since their first receipt, under which limits, released by whom", async () => {
  const { world, a, b, c, ab } = await three();
  world.cut.add(`meridia>${b.name}`);
  const limits = { tlp: "RED", pap: "AMBER", exposure: "cat2", use: ["U-DEF"] };
  const notice = await notify(world, a, ab, [BAD, GOOD], limits);
  assert.deepEqual(whatTheyKnow(a.node.core, { party: b.party }), [], "said, and nobody has it");
  const [waiting] = disclosureRows(a.node.core);
  assert.equal(waiting?.known_since, undefined);
  world.now += HOUR;
  world.cut.clear();
  await world.settle();
  world.now += HOUR;
  await speak(b, ab, { type: "ack", case: notice.case, body: ackBody(notice.id) });
  await world.settle();
  const [row, ...rest] = accepted(whatTheyKnow(a.node.core, { party: b.party }));
  assert.deepEqual(rest, []);
  assert(row !== undefined);
  assert.equal(row.known_since, row.said_at + HOUR);
  assert.equal(row.acknowledged_at, row.said_at + 2 * HOUR);
  assert.deepEqual(row.limits, limits);
  assert.deepEqual(
    row.indicators.map(({ value, path }) => [value, path]),
    [
      ["bad.example.net", "/body/indicators/0"],
      ["192.0.2.7", "/body/indicators/1"],
    ],
  );
  assert(row.fields.includes("/body/indicators/*/value"));
  const releasers = ["releaser1", "releaser2"].map((name) => who(a, name).officer);
  assert.deepEqual(
    row.released?.approvals.map(({ officer, role }) => [officer, role]),
    releasers.map((officer) => [officer, "releaser"]),
  );
  assert.deepEqual(whatTheyKnow(a.node.core, { party: b.party, asOf: row.said_at + HOUR - 1 }), []);
  const then = accepted(whatTheyKnow(a.node.core, { party: b.party, asOf: row.said_at + HOUR }))[0];
  assert.equal(then?.id, row.id);
  assert.equal(then?.acknowledged_at, undefined, "not acknowledged yet, as of then");
  assert.deepEqual(whatTheyKnow(a.node.core, { party: c.party }), []);
  refusedWith(whatTheyKnow(a.node.core, { party: "A".repeat(43) }), "not-paired");
  world.now += 364 * DAY;
  assert.equal(lookBack(a.node.core, b.party).length, 1);
  world.now += DAY;
  assert.equal(lookBack(a.node.core, b.party).length, 0);
});

test("the ledger is a fold: a restarted node has the same rows", async () => {
  const { world, a, ab, ac } = await three();
  const notice = await notify(world, a, ab, [BAD]);
  await notify(world, a, ac, [BAD]);
  const reason = { reason: "wrong", role: "authority" } as const;
  await retractItem(a.node.core, who(a, "authority"), {
    ...reason,
    wanted: { kind: "message", id: notice.id },
  });
  await world.settle();
  const before = disclosureRows(a.node.core);
  assert.equal(before.length, 2);
  await world.restart(a);
  assert.deepEqual(disclosureRows(a.node.core), before);
});

test("a retraction reaches everybody who got the item, and each answers", async () => {
  const { world, a, b, c, ab, ac } = await three();
  await notify(world, a, ab, [GOOD, BAD]);
  const other = await notify(world, a, ac, [{ ...BAD, value: "BAD.example.net" }]);
  await notify(world, a, ac, [GOOD]);
  world.cut.add(`meridia>${c.name}`);
  const order = {
    wanted: { kind: "indicator", value: BAD.value },
    reason: "source-withdrew",
    role: "authority",
  } as const;
  refusedWith(await retractItem(a.node.core, who(a, "watch"), order), "gate-role");
  const told = accepted(await retractItem(a.node.core, who(a, "authority"), order));
  assert.deepEqual(
    told.map(({ party, said }) => [party, said]),
    [
      [b.party, true],
      [c.party, true],
    ],
  );
  refusedWith(await retractItem(a.node.core, who(a, "authority"), order), "retract-nothing");
  await world.settle();
  const states = () => listRetractions(a.node.core).map(({ party, state }) => [party, state]);
  assert.deepEqual(states(), [
    [b.party, "received"],
    [c.party, "told"],
  ]);
  world.cut.clear();
  world.now += 2 * HOUR;
  await world.settle();
  const [atB, atC] = listRetractions(a.node.core);
  assert.deepEqual(atB?.items, [{ kind: "path", path: "/body/indicators/1" }]);
  const ack = (of: string | undefined, complied: JsonObject) => ({
    type: "retract.ack",
    role: "authority" as const,
    body: { of: String(of), ...complied },
  });
  accepted(await speak(b, ab, { ...ack(atB?.retraction, { complied: "deleted" }), case: atB?.case ?? "" }));
  const kept = { complied: "kept-legal", code: "evidence-law" };
  accepted(await speak(c, ac, { ...ack(atC?.retraction, kept), case: other.case }));
  await world.settle();
  assert.deepEqual(
    listRetractions(a.node.core).map(({ state, complied, code }) => [state, complied, code]),
    [
      ["answered", "deleted", undefined],
      ["answered", "kept-legal", "evidence-law"],
    ],
  );
  // What was not named stands.
  const rows = accepted(whatTheyKnow(a.node.core, { party: c.party }));
  assert.deepEqual(
    rows.map(({ retractions }) => retractions.length),
    [1, 0],
  );
});

test("a withdrawal in one channel lists who else holds the same, and who is overdue", async () => {
  const { world, a, b, c, ab, ac } = await three();
  const bytes = utf8("list");
  const envelope = { attach: [attached(bytes, world.backend.sha256)] };
  const notice = await notify(world, a, ab, [BAD], envelope);
  await notify(world, a, ac, [GOOD], envelope);
  const withdrawn = { type: "notice.withdraw", case: notice.case, body: { reason: "mistaken" } };
  accepted(await speak(a, ab, { ...withdrawn, role: "authority" }));
  await world.settle();
  assert.deepEqual(
    listRetractions(a.node.core).map(({ party, state, items }) => [party, state, items?.[0]?.kind]),
    [
      [b.party, "received", undefined],
      [c.party, "not-told", "attachment"],
    ],
  );
  assert.equal(listRetractions(a.node.core)[0]?.overdue, false);
  world.now += 2 * DAY;
  await world.settle();
  assert.equal(listRetractions(a.node.core)[0]?.overdue, true);
  const { digest } = envelope.attach[0] ?? {};
  accepted(
    await retractItem(a.node.core, who(a, "releaser1"), {
      wanted: { kind: "attachment", digest: String(digest) },
      reason: "wrong",
      role: "releaser",
    }),
  );
  await world.settle();
  assert.deepEqual(
    listRetractions(a.node.core).map(({ party, state }) => [party, state]),
    [
      [b.party, "received"],
      [c.party, "received"],
    ],
  );
});

test("sent to the wrong party: nobody else is named", async () => {
  const { world, a, b, ab, ac } = await three();
  const notice = await notify(world, a, ab, [BAD]);
  await notify(world, a, ac, [BAD]);
  accepted(
    await retractItem(a.node.core, who(a, "authority"), {
      wanted: { kind: "message", id: notice.id },
      reason: "sent-in-error",
      role: "authority",
      channel: ab,
    }),
  );
  await world.settle();
  assert.deepEqual(
    listRetractions(a.node.core).map(({ party }) => party),
    [b.party],
  );
});

test("the balance is one on both nodes, and counts nothing that only one holds", async () => {
  const { world, a, b, ab } = await three();
  const attach = [attached(utf8("twelve bytes"), world.backend.sha256)];
  const notice = await notify(world, a, ab, [BAD, GOOD], { tlp: "RED", attach });
  await speak(b, ab, { type: "ack", case: notice.case, body: ackBody(notice.id) });
  await notify(world, b, ab, [GOOD], { nature: "exercise" });
  accepted(
    await retractItem(a.node.core, who(a, "authority"), {
      wanted: { kind: "indicator", value: BAD.value },
      reason: "wrong",
      role: "authority",
    }),
  );
  await world.settle();
  const both = () => [a, b].map(({ node }, i) => balanceOf(node.core, liveChannel([a, b][i] ?? a, ab)));
  const [ours, theirs] = both();
  assert.deepEqual(ours, theirs);
  const real = ours?.filter(({ nature }) => nature === "real") ?? [];
  const given = real.find(({ party }) => party === a.party);
  assert.deepEqual(given?.given, [
    { tlp: "RED", messages: 1, attachments: 1, attachment_bytes: 12, indicators: 2, revealed: 0 },
  ]);
  assert.equal(given?.taken_back.withdrawn, 1);
  assert.equal(given?.taken_back.unanswered, 1);
  assert.deepEqual(
    given?.asked.map(({ protocol, sent, acknowledged, acknowledged_in_time }) => [
      protocol,
      sent,
      acknowledged,
      acknowledged_in_time,
    ]),
    [["notice", 1, 1, 1]],
  );
  assert.deepEqual(real.find(({ party }) => party === b.party)?.given, [], "an exercise gives nothing real");
  world.cut.add(`meridia>${b.name}`).add(`${b.name}>meridia`);
  await notify(world, a, ab, [BAD]);
  assert.deepEqual(both(), [ours, ours], "said and not received counts on neither node");
});

test("a canary seen in the wild names its disclosure, and a dispute about the leak can open", async () => {
  const { world, a, b, c, ab, ac } = await three();
  const core = a.node.core;
  const list = Array.from({ length: 40 }, (_, i) => `host-${i}.example.net`).join("\n");
  const order = { bytes: utf8(list), format: "text", order: "free", evidence: "none" } as const;
  const analyst = who(a, "analyst");
  refusedWith(
    await orderCanary(core, analyst, { ...order, party: b.party, evidence: "evidence" }),
    "canary-evidence",
  );
  refusedWith(await orderCanary(core, analyst, { ...order, party: "A".repeat(43) }), "not-paired");
  refusedWith(
    await orderCanary(core, analyst, { ...order, party: b.party, bytes: utf8("x") }),
    "canary-format",
  );
  const [forB, forC] = [
    accepted(await orderCanary(core, analyst, { ...order, party: b.party })),
    accepted(await orderCanary(core, analyst, { ...order, party: c.party })),
  ];
  const notice = await notify(world, a, ab, [GOOD], { attach: [attached(forB.bytes, world.backend.sha256)] });
  await notify(world, a, ac, [GOOD], { attach: [attached(forC.bytes, world.backend.sha256)] });
  const leaked = new TextDecoder().decode(forB.bytes).toLowerCase().split("\n").sort().slice(12).join(",");
  refusedWith(await recordSighting(core, analyst, utf8("nothing")), "canary-unknown");
  const traces = await traceFound(core, utf8(leaked));
  assert.deepEqual(
    traces.map(({ party, disclosures, verdict }) => [party, disclosures, verdict]),
    [[b.party, [notice.id], "certain"]],
  );
  const leak = {
    message: notice.id,
    role: "authority",
    statement: { lang: "en", text: "A list given to you alone was found in public." },
  } as const;
  refusedWith(await disputeLeak(core, who(a, "authority"), leak), "canary-unknown");
  const sighting = accepted(await recordSighting(core, analyst, utf8(leaked)));
  assert.equal(sighting.canary, forB.canary.canary);
  const row = accepted(whatTheyKnow(core, { party: b.party })).find(({ id }) => id === notice.id);
  assert.equal(row?.sightings.length, 1);
  assert.deepEqual(
    accepted(whatTheyKnow(core, { party: c.party })).flatMap(({ sightings }) => sightings),
    [],
  );
  const draft = accepted(await disputeLeak(core, who(a, "authority"), leak));
  assert.equal(draft.said, undefined, "two people release a dispute");
  assert.equal((draft.draft.message["body"] as JsonObject)["ground"], "leak");
});
