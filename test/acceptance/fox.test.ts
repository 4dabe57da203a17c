/** Scenario 8, the fox: an item that reveals a sensor stays; a sanitised copy leaves; the original is matched later. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import { utf8 } from "#parley/codec/bytes.ts";
import { encodeJson } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import {
  parseRedactionMap,
  parseRevealedPiece,
  verifyRevealedOriginal,
  verifyRevealedPiece,
} from "#parley/ledger/redaction-map.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { noticeBody } from "../kit/materials.ts";
import { scratchVault } from "../kit/vault.ts";
import { makeWorld, type Resident } from "../kit/world.ts";
import { ask, attempt, isTold, refusedAsk, type Told } from "./api.ts";
import { caseSeen, seen, sitDownIn, transcriptOf, verify, verifyInWords, wait, type Table } from "./table.ts";

const LOG = utf8(
  [
    "05:10 ids-north-02 saw 203.0.113.77:8443 from 192.0.2.7",
    "05:11 flow 203.0.113.77:8443 closed",
    "05:12 ids-north-02 saw 203.0.113.77:8443 from 192.0.2.9",
    "",
  ].join("\n"),
);
const PLAN = { v: 1, format: "log", rules: [{ literal: "ids-north-02", how: "mask" }] };

interface Copy {
  readonly item: string;
  readonly digest: string;
  readonly map: JsonObject;
}

interface Gate {
  readonly draft: string;
  readonly digest: string;
}

async function sit(): Promise<Table> {
  const scratch = await scratchVault(nodeBackend);
  const vaults = new Map([
    ["meridia", scratch.vault],
    ["rimal", (await scratchVault(nodeBackend)).vault],
  ]);
  const world = await makeWorld(["meridia", "rimal"], nodeBackend, nodeBackend, undefined, async (name) =>
    vaults.get(name),
  );
  return sitDownIn(world);
}

async function say(table: Table, side: Resident, speech: Parameters<typeof attempt>[2]): Promise<Told> {
  const told = await attempt(side, table.channel, speech);
  assert(isTold(told), JSON.stringify(told));
  await table.world.settle();
  return told;
}

test("scenario 8: the sensor stays at home, and the original proves itself when it may", async () => {
  const table = await sit();
  const { a, channel } = table;
  const { item } = await ask<{ item: string }>(a, "analyst", {
    method: "POST",
    path: "/evidence?role=analyst&media_type=text/plain&name=flow.log",
    body: LOG,
  });

  // The gate names the sensor and lets nobody approve it away unseen.
  const notice = { type: "notice.open", body: noticeBody(), envelope: { exposure: "cat1" } } as const;
  const stopped = await attempt(a, channel, { ...notice, attach: [{ item }] });
  assert(!isTold(stopped), "an item that reveals a sensor left");
  assert.equal(stopped.code, "gate-unjustified");
  assert.deepEqual(await findingsOf(a), ["sensor-name /attach/0/content"]);

  const copy = await ask<Copy>(a, "analyst", {
    method: "POST",
    path: `/evidence/${item}/redactions`,
    body: { role: "analyst", plan: PLAN },
  });
  assert.deepEqual(copy.map["left_out"], [{ how: "masked", count: 2 }]);
  const told = await say(table, a, { ...notice, attach: [{ item: copy.item }] });

  // Rimal sees the copy, that something was withheld, and nothing of what.
  const [opening] = (await caseSeen(table, told.case)).entries;
  assert(opening !== undefined);
  const { attach, withheld } = opening.message as { attach: JsonObject[]; withheld: JsonObject[] };
  assert.equal(attach[0]?.["digest"], copy.digest);
  assert.deepEqual(withheld, [
    { path: "/attach/0/original", commit: (copy.map["original"] as JsonObject)["commit"] },
  ]);
  assert(!JSON.stringify(opening.message).includes("ids-north"));
  const before = await verifyInWords(table, await transcriptOf(table, a));
  assert.match(before, /\/attach\/0\/original has not been revealed/);

  // Weeks later the sensor is gone, and the original may be named. Two people release that as well.
  await wait(table, 20 * 86_400);
  const path = `/channels/${channel}/reveals`;
  const place = { message: told.id, path: "/attach/0/original", role: "principal" };
  const { draft, digest } = await ask<Gate>(a, "principal", { method: "POST", path, body: place });
  for (const role of ["releaser", "authority"] as const)
    await ask(a, role, { method: "POST", path: `/drafts/${draft}/approvals`, body: { digest, role } });
  await table.world.settle();
  const revealed = seen(table).cases.find(({ id }) => id === told.case)?.reveals;
  assert.deepEqual(
    revealed?.map(({ of, path, value }) => [of, path, value]),
    [[told.id, "/attach/0/original", { digest: digestOf(LOG), size_bytes: LOG.length }]],
  );
  const after = await verifyInWords(table, await transcriptOf(table, a));
  assert.match(after, /was revealed later in entry \d+ and matches its commitment/);
  const { story } = await verify(table, await transcriptOf(table, a));
  assert.equal(story.find(({ type }) => type === "reveal")?.outcome, "accepted");

  // Whoever has the map checks the original and one piece, without either node.
  const map = parseRedactionMap(encodeJson(copy.map));
  assert(!isRefusal(map));
  const piece = await ask<JsonObject>(a, "analyst", {
    method: "POST",
    path: `/evidence/${copy.item}/pieces`,
    body: { role: "analyst", index: 1 },
  });
  const parsed = parseRevealedPiece(encodeJson(piece));
  assert(!isRefusal(parsed));
  assert.deepEqual(verifyRevealedPiece(nodeBackend, map, parsed), utf8("ids-north-02"));
  const reveal = (await caseSeen(table, told.case)).entries.find(({ type }) => type === "reveal");
  assert(reveal !== undefined);
  const { salt, value } = reveal.message["body"] as {
    salt: string;
    value: { digest: string; size_bytes: number };
  };
  assert.equal(verifyRevealedOriginal(nodeBackend, map, { salt, value }), true);

  // Once, and only what this house withheld.
  const again = await refusedAsk(a, "principal", { method: "POST", path, body: place });
  assert.deepEqual([again.code, again.facts["reason"]], ["gate-void", "already-revealed"]);
  const foreign = { ...place, path: "/attach/1/original" };
  const unknown = await refusedAsk(a, "principal", { method: "POST", path, body: foreign });
  assert.equal(unknown.code, "withheld-unknown");
});

interface Drafted {
  readonly draft: string;
  readonly gate: { readonly findings: readonly { readonly rule: string; readonly at: string }[] };
}

/** What the gate found in the newest draft that waits: rule and place. */
async function findingsOf(side: Resident): Promise<readonly string[]> {
  const [newest] = await ask<readonly Drafted[]>(side, "watch", { method: "GET", path: "/drafts" });
  const path = `/drafts/${newest?.draft ?? ""}`;
  const { gate } = await ask<Drafted>(side, "watch", { method: "GET", path });
  return gate.findings.map(({ rule, at }) => `${rule} ${at}`);
}

function digestOf(bytes: Uint8Array): string {
  return Buffer.from(nodeBackend.sha256(bytes)).toString("base64url");
}
