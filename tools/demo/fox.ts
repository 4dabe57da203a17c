/**
 * The demo's fox: a log that would tell the other side which sensor saw it. The gate names the sensor and lets nothing
 * out; a redacted copy leaves in its place, and the original proves itself later.
 */
import assert from "node:assert/strict";
import { utf8 } from "#parley/codec/bytes.ts";
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import * as material from "./case-material.ts";
import { speak, until, type Stage } from "./case.ts";
import { attempt, call, upload } from "./side.ts";

const SENSOR = "ids-north-02";
const LOG = [
  `02:10:07 ${SENSOR} saw 203.0.113.77:8443 from 192.0.2.7`,
  `02:10:09 ${SENSOR} saw 203.0.113.77:8443 from 192.0.2.9`,
  "",
].join("\n");
const PLAN = { v: 1, format: "log", rules: [{ literal: SENSOR, how: "mask" }] };

export async function playFox(stage: Stage): Promise<void> {
  const { a, b, channel, say } = stage;
  const original = await upload(a, "analyst", `/evidence?${QUERY}`, utf8(LOG));
  const item = String(original["item"]);
  await beStopped(stage, item);
  const copy = await call(a, "analyst", "POST", `/evidence/${item}/redactions`, {
    role: "analyst",
    plan: PLAN,
  });
  const said = await speak(stage, a, "notice.open", material.noticeBody(), {
    envelope: EXPOSED,
    attach: [{ item: String(copy["item"]) }],
  });
  await until("the other side holds the file", async () => {
    const transfers = rowsOf(await call(b, "watch", "GET", "/evidence/transfers"));
    const received = transfers.find(({ status }) => status === "received")?.["item"];
    if (received === undefined) return false;
    const held = await call(b, "watch", "GET", `/evidence/${String(received)}`);
    return held["digest"] === copy["digest"];
  });
  say("A copy without the sensor's name left in its place; it names its original by a commitment alone.");
  const place = { message: said.message, path: "/attach/0/original", role: "principal" };
  const reveal = await call(a, "principal", "POST", `/channels/${channel}/reveals`, place);
  for (const who of ["releaser1", "authority"] as const) {
    const approval = { digest: reveal["digest"] ?? "", role: who === "authority" ? who : "releaser" };
    await call(a, who, "POST", `/drafts/${String(reveal["draft"])}/approvals`, approval);
  }
  await until("the other side has matched the original", async () => {
    const kase = await call(b, "watch", "GET", `/channels/${channel}/cases/${said.case}`);
    return JSON.stringify(kase).includes(String(original["digest"]));
  });
  say("Later two people name the original: the first message proves that it existed then.");
}

const QUERY = "role=analyst&media_type=text/plain&name=flow.log";
const EXPOSED = { exposure: "cat1" };

/** The draft with the original is drafted, checked, refused and put away. */
async function beStopped({ a, channel, say }: Stage, item: string): Promise<void> {
  const draft = await call(a, "analyst", "POST", `/channels/${channel}/drafts`, {
    type: "notice.open",
    role: "analyst",
    body: material.noticeBody(),
    envelope: EXPOSED,
    attach: [{ item }],
  });
  const path = `/drafts/${String(draft["draft"])}`;
  const refused = await attempt(a, "releaser1", `${path}/approvals`, {
    role: "releaser",
    digest: draft["digest"] ?? "",
  });
  assert.equal(refused["code"], "gate-unjustified", JSON.stringify(refused));
  assert(JSON.stringify(draft["gate"]).includes("sensor-name"), "the gate names the rule");
  await call(a, "analyst", "DELETE", path);
  say("An analyst attaches a log. The gate: line 1 names a sensor of ours. It stays.");
}

function rowsOf(value: Json): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : [];
}
