/** `redact` and `inspect redaction`: files in and out, offline, and nothing left behind by a refusal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDesk } from "./desk.ts";

const LOG = "one user=h.brandt ok\ntwo user=ana ok\n";
const PLAN = JSON.stringify({
  v: 1,
  format: "log",
  rules: [{ after: "user=", until: " ", how: "mask" }],
});

test("redact: a copy, its map and its secrets; each later proof is checked from the map", async () => {
  const desk = makeDesk({ "auth.log": LOG, "plan.json": PLAN });
  const made = await desk.run("redact", "auth.log", "--plan", "plan.json", "--out", "out.log");
  assert.equal(made.status, 0, made.out + made.err);
  const text = (name: string): string => Buffer.from(desk.files.get(name) ?? []).toString();
  assert.equal(text("out.log"), "one user=[masked] ok\ntwo user=[masked] ok\n");
  assert.match(made.out, /Written: out\.log, bytes: 42/);
  assert.match(made.out, /masked: 2/);
  const secrets = JSON.parse(text("out.log.secrets")) as { salt: string; seed: string };
  assert(!text("out.log.map").includes(secrets.salt) && !text("out.log.map").includes("brandt"));

  const again = ["redact", "auth.log", "--plan", "plan.json", "--secrets", "out.log.secrets", "--piece", "1"];
  const proof = await desk.run(...again, "--out", "piece.json");
  assert.equal(proof.status, 0, proof.out + proof.err);
  const checked = await desk.run(
    "inspect",
    "redaction",
    "out.log.map",
    "--copy",
    "out.log",
    "--original",
    "auth.log",
    "--salt",
    secrets.salt,
    "--piece",
    "piece.json",
    "--json",
  );
  assert.equal(checked.status, 0, checked.out);
  assert.deepEqual((JSON.parse(checked.out) as { checked: string[] }).checked, ["copy", "original", "piece"]);
  const other = await desk.run("inspect", "redaction", "out.log.map", "--copy", "auth.log");
  assert.equal(other.out, "refused reveal-mismatch layer=redaction clause=13.3.2\n");
});

test("redact: a refusal writes no file", async () => {
  const plan = PLAN.replace("user=", "nobody=");
  const desk = makeDesk({ "auth.log": LOG, "plan.json": plan, "bad.json": "{}" });
  const before = [...desk.files.keys()];
  const missed = await desk.run("redact", "auth.log", "--plan", "plan.json", "--out", "out.log");
  assert.equal(missed.out, "refused redaction-no-match layer=redaction clause=13.1.4\n");
  const bad = await desk.run("redact", "auth.log", "--plan", "bad.json", "--out", "out.log");
  assert.equal(bad.out, "refused redaction-plan layer=redaction clause=13.1.2\n");
  assert.deepEqual([missed.status, bad.status], [1, 1]);
  assert.deepEqual([...desk.files.keys()], before);
  const map = await desk.run("inspect", "redaction", "bad.json");
  assert.equal(map.out, "refused redaction-map-malformed layer=redaction clause=13.2.5\n");
  const taken = await desk.run("redact", "auth.log", "--plan", "plan.json", "--out", "plan.json");
  assert.equal(taken.status, 2);
});
