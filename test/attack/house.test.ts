/**
 * Threats 31 to 33 for work inside the house (SPEC 15.5.1): marks planted in tasks, notes, readings, handovers,
 * canaries and sightings, and every byte that leaves searched for them: what the wire carries before it is sealed,
 * what the other side opened, every answer of the other side's API, and every file, preview and event of the own.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { createApp } from "#parley/http/app.ts";
import type { Route } from "#parley/http/route.ts";
import { PREFIX, ROUTES } from "#parley/http/routes.ts";
import type { Released } from "#parley/gate/release.ts";
import { orderCanary, recordSighting } from "#parley/node/canaries.ts";
import { retractItem } from "#parley/node/retractions.ts";
import { addNote, addReading, createTask, endTask, handOver } from "#parley/node/work.ts";
import { ackBody, noticeBody } from "../kit/materials.ts";
import {
  accepted,
  agree,
  caseOf,
  liveChannel,
  makeWorld,
  speak,
  who,
  type Resident,
  type World,
} from "../kit/world.ts";

/** Letters that occur in nothing else; each place of planting has its own. */
const mark = (place: string) => `QZXJVK${place.toUpperCase()}KVJXZQ`;
const MARK = /qzxjvk|kvjxzq/i;

interface Played {
  readonly world: World;
  readonly a: Resident;
  readonly b: Resident;
  readonly channel: string;
  readonly case: string;
  /** Plain bytes of every message that the gate released into a channel of two. */
  readonly released: readonly Uint8Array[];
  readonly events: readonly string[];
}

/** A real case with work about it in the house, and a mark in every text that the work takes. */
async function play(): Promise<Played> {
  const world = await makeWorld(["meridia", "rimal"]);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  const channel = await agree(world, a, b);
  const released: Uint8Array[] = [];
  const { core } = a.node;
  const say = core.say.bind(core);
  core.say = (live, message: Released) => {
    if (live.casework !== undefined) released.push(message.message);
    return say(live, message);
  };
  const events: string[] = [];
  a.node.subscribe((event) => void events.push(JSON.stringify(event)));
  const body = noticeBody({ indicators: [{ type: "ipv4", value: "192.0.2.7" }] });
  const view = accepted(await speak(a, channel, { type: "notice.open", body }));
  await plant(a, b, { channel, case: caseOf(view), message: String(view.draft.message["id"]) });
  await world.settle();
  const of = String(view.draft.message["id"]);
  accepted(await speak(b, channel, { type: "ack", case: caseOf(view), body: ackBody(of) }));
  await world.settle();
  const update = { stage: "interim", material_change: false, severity: 5 };
  accepted(await speak(a, channel, { type: "notice.update", case: caseOf(view), body: update }));
  const wanted = { kind: "indicator", value: "192.0.2.7" } as const;
  await retractItem(core, who(a, "authority"), { wanted, reason: "wrong", role: "authority" });
  await world.settle();
  return { world, a, b, channel, case: caseOf(view), released, events };
}

async function plant(
  a: Resident,
  b: Resident,
  about: { readonly channel: string; readonly case: string; readonly message: string },
): Promise<void> {
  const { core } = a.node;
  const [watch, analyst, releaser] = ["watch", "analyst", "releaser1"].map((name) => who(a, name));
  assert(watch !== undefined && analyst !== undefined && releaser !== undefined);
  const second = await a.node.addPerson(["watch"]);
  const task = await createTask(core, watch, {
    title: mark("title"),
    text: mark("text"),
    to: { agency: mark("agency") },
    due: core.ports.clock() + 60,
    about,
  });
  accepted(await endTask(core, analyst, { task: task.task, as: "dropped", note: mark("ending") }));
  await createTask(core, watch, { title: mark("second"), to: { role: "analyst" }, due: core.ports.clock() });
  await addNote(core, analyst, { text: mark("note"), about });
  const { channel, message } = about;
  await addReading(core, analyst, { of: { channel, message }, purpose: mark("reading") });
  accepted(await handOver(core, watch, { to: second.officer, role: "watch", note: mark("handover") }));
  const rows = Array.from({ length: 9 }, (_, i) => `${mark(`row${i}`)}.example`).join("\n");
  const order = { format: "text", order: "free", evidence: "none", party: b.party } as const;
  const canary = accepted(await orderCanary(core, analyst, { ...order, bytes: utf8(rows) }));
  accepted(await recordSighting(core, releaser, canary.bytes));
}

function assertClean(bytes: Uint8Array | string, where: string): void {
  const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
  assert(!MARK.test(text), where);
  // Binary forms of the same text: base64 at each of its three alignments, and hex.
  for (const hidden of HIDDEN_FORMS) assert(!text.includes(hidden), where);
}

const HIDDEN_FORMS: readonly string[] = [0, 1, 2].flatMap((shift) => {
  const padded = Buffer.from(`${"x".repeat(shift)}QZXJVK`);
  const whole = padded.toString("base64url").slice(shift === 0 ? 0 : shift + 1, -1);
  return [whole, Buffer.from("QZXJVK").toString("hex")];
});

test("the search would find a mark: the own house feed is full of them", async () => {
  const { a } = await play();
  const { records } = await a.node.readHouse({ from: 0, limit: 200 });
  const marked = records.filter(({ record }) => MARK.test(JSON.stringify(record)));
  const types = new Set(marked.map(({ record }) => record["type"]));
  for (const type of ["task", "task_end", "note", "reading", "handover"])
    assert(types.has(`house.${type}`), type);
  assert.throws(() => assertClean(Buffer.from(mark("x")).toString("base64url"), "base64"));
});

test("nothing of the house stands in what the gate released, in what was carried, or in what the other side holds", async () => {
  const { world, a, b, channel, released } = await play();
  assert(released.length >= 3 && world.passed.length > 5);
  for (const bytes of released) assertClean(bytes, "released");
  for (const { body } of world.passed) assertClean(body, "on the wire");
  const live = liveChannel(b, channel);
  for (const feed of live.parties) {
    const page = await b.node.readEntries(live, { feed, from: 0, limit: 1_000 });
    assert.equal(page.next, undefined);
    assertClean(JSON.stringify(page), "opened at the other side");
  }
  for (const { id } of await b.store.channels().then((rows) => rows.map((row) => ({ id: row.channel })))) {
    for (const feed of [a.party, b.party]) {
      const stored = await b.store.entries({ channel: id, feed }, { from: 0, limit: 1_000, payloads: true });
      for (const one of stored) assertClean(Buffer.concat([one.bytes, one.payload ?? one.bytes]), "stored");
    }
  }
});

test("nothing of the house stands in a transcript, a carrier file, a proof, a preview or an event", async () => {
  const { world, a, channel, events } = await play();
  const live = liveChannel(a, channel);
  assertClean(await a.node.exportTranscript(live), "transcript");
  world.cut.add("meridia>rimal");
  const update = { type: "notice.open", body: noticeBody() };
  accepted(await speak(a, channel, update));
  assertClean(await a.node.exportCarrier(live), "carrier");
  const proof = await a.node.proveMessage(live, { feed: a.party, seq: 2 });
  assert(proof instanceof Uint8Array);
  assertClean(proof, "proof");
  const draft = await a.node.draft(live, who(a, "analyst"), {
    type: "notice.open",
    body: noticeBody(),
    role: "analyst",
  });
  assertClean(JSON.stringify(accepted(draft).preview), "preview");
  assert(events.length > 10);
  for (const event of events) assertClean(event, "event");
});

/** Operations whose whole purpose is to show the house to its own people. */
const INSIDE: ReadonlySet<string> = new Set([
  "/house",
  "/tasks",
  "/tasks/{task}/end",
  "/notes",
  "/readings",
  "/handovers",
  "/canaries",
  "/canaries/trace",
  "/sightings",
]);

test("no route shows the house but those made for it, to nobody without a token, and none at the other side", async () => {
  const { a, b, channel, case: kase } = await play();
  for (const resident of [a, b]) {
    using api = createApp(resident.node);
    const principal = await resident.node.addPerson(["principal", "watch", "auditor"]);
    const monitor = await resident.node.addPerson(["monitor", "witness"]);
    let shown = 0;
    for (const route of ROUTES.filter(({ method, gives }) => method === "GET" && gives !== "stream")) {
      const url = urlOf(route, {
        channel,
        case: kase,
        party: resident === a ? b.party : a.party,
        feed: a.party,
      });
      for (const token of [principal.token, monitor.token, undefined]) {
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        const answer = await api.fetch(new Request(url, { headers }));
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (resident === a && token === principal.token && INSIDE.has(route.path)) {
          shown += MARK.test(Buffer.from(bytes).toString("latin1")) ? 1 : 0;
          continue;
        }
        assertClean(bytes, `${resident.name} ${route.path}`);
      }
    }
    if (resident === a) assert(shown >= 5, "its own people see it");
  }
});

function urlOf({ path, query }: Route, values: Readonly<Record<string, string>>): string {
  const filled = path.replace(/\{([a-z]+)\}/g, (_, name: string) => values[name] ?? "1");
  const wanted = Object.keys(query.properties).filter((name) => values[name] !== undefined);
  const asked = path === "/disclosures" ? [...wanted, "party"] : wanted.filter((name) => name !== "party");
  const search = [...new Set(asked)].map((name) => `${name}=${values[name]}`).join("&");
  return `http://localhost${PREFIX}${filled}${search === "" ? "" : `?${search}`}`;
}
