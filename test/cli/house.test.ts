/** `task`, `note`, `handover`, `knows`, `balance`, `retract`, `retractions`, `canary` against a node's API. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { accepted, agree, caseOf, makeWorld, speak } from "../kit/world.ts";
import { noticeBody } from "../kit/materials.ts";
import { backend } from "./desk.ts";
import { done, json, makeOffice } from "./office.ts";

async function offices() {
  const world = await makeWorld(["meridia", "rimal"], backend);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  const channel = await agree(world, a, b);
  const body = noticeBody({ indicators: [{ type: "ipv4", value: "192.0.2.7" }] });
  const said = accepted(await speak(a, channel, { type: "notice.open", body }));
  await world.settle();
  return { world, said, meridia: await makeOffice(world, a), rimal: await makeOffice(world, b) };
}

test("a shift: tasks with due dates, notes, what is open, and the handover", async () => {
  const { world, said, meridia } = await offices();
  const kase = caseOf(said);
  const due = "2026-11-22T06:00:00Z";
  const add = ["task", "add", "Ask the operator", "--agency", "network-office", "--due", due];
  const task = json(await meridia.run(...add, "--case", kase, "--json"));
  assert.equal((await meridia.run(...add, "--role", "analyst")).status, 2);
  assert.equal((await meridia.run("task", "add", "To nobody", "--due", due)).status, 2);
  assert.equal(done(await meridia.run("task", "list", "--overdue")), "");
  world.now += 86_400;
  assert.match(done(await meridia.run("task", "list", "--overdue")), /title: Ask the operator/);
  done(await meridia.run("note", "add", "Same tool as in spring?", "--case", kase));
  assert.match(done(await meridia.run("note", "list", "--case", kase)), /Same tool/);
  assert.match(done(await meridia.run("open")), /tasks:/);
  const second = meridia.officers.get("watch") ?? 0;
  const over = await meridia.run("handover", String(second), "--role", "watch");
  assert.equal(over.status, 1, "to oneself");
  assert.match(over.out, /work-person/);
  done(await meridia.run("task", "done", String(task["task"]), "--note", "They answered."));
  const again = await meridia.run("task", "drop", String(task["task"]));
  assert.match(again.out, /refused work-closed layer=node clause=15[.]5[.]2/);
});

test("what they know, the balance, taking back, and the answer to it", async () => {
  const { world, said, meridia, rimal } = await offices();
  assert.match(
    done(await meridia.run("knows", "RIMAL")),
    /RIMAL knows since 2026-11-22 02:10 UTC: notice[.]open.* Indicators: 192[.]0[.]2[.]7[.]/,
  );
  const before = ["knows", "rimal", "--as-of", "2026-01-01T00:00:00Z"];
  assert.equal(done(await meridia.run(...before)), "RIMAL knows nothing from us through this record.\n");
  assert.equal(
    done(await meridia.run(...before, "--lang", "ru")),
    "RIMAL: через эту запись от нас ничего не известно.\n",
  );
  const given = done(await meridia.run("balance"));
  assert.match(
    given,
    /MERIDIA\n {2}Given under TLP:AMBER: messages: 1, attachments: 0, bytes: 0, indicators: 1/,
  );
  assert.match(given, /notice, cases opened: 1[.] Acknowledged: 0, in time: 0[.]/);
  assert.match(done(await meridia.run("balance", "--lang", "ar")), /المؤشرات/);
  assert.equal((await meridia.run("knows", "rimal", "--as-of", "soon")).status, 2);
  assert.deepEqual(json(await meridia.run("balance", "--json")), json(await rimal.run("balance", "--json")));
  const message = String(said.draft.message["id"]);
  const order = ["retract", "--indicator", "192.0.2.7", "--reason", "wrong"];
  assert.equal((await meridia.run(...order, "--message", message)).status, 2);
  assert.equal((await meridia.run("retract", "--reason", "wrong")).status, 2);
  assert.match(done(await meridia.run(...order)), /said: true/);
  await world.settle();
  assert.match(
    done(await meridia.run("retractions", "--open")),
    /Taken back from RIMAL: .* reason: it was wrong[.] Received[.] An answer is due 2026-11-2/,
  );
  assert.match(
    done(await rimal.run("retractions", "--lang", "ru")),
    /MERIDIA отзывает переданное .* Ответа ещё не дано[.]/,
  );
  const received = json(await rimal.run("retractions", "--open", "--json"))["received"];
  const [owed] = received as readonly Record<string, string>[];
  assert(owed !== undefined);
  const answer = ["answer", "retraction", "MERIDIA", owed["case"] ?? "", "--of", owed["retraction"] ?? ""];
  done(await rimal.run(...answer, "--complied", "deleted", "--as", "authority"));
  await world.settle();
  assert.match(done(await meridia.run("retractions")), /Answered[.] Answer: deleted[.]/);
  assert.equal(done(await meridia.run("retractions", "--open")), "Nothing has been taken back.\n");
  assert.match(
    done(await meridia.run("knows", "RIMAL")),
    /Withdrawn 2026-11-22 02:10 UTC[.] Answer: deleted[.]/,
  );
});

test("a canary is made, leaves no trace on evidence, and is found again", async () => {
  const { said, meridia } = await offices();
  const list = Array.from({ length: 20 }, (_, i) => `host-${i}.example.net`).join("\n");
  meridia.files.set("list.txt", new TextEncoder().encode(list));
  const make = ["canary", "make", "list.txt", "--party", "RIMAL", "--format", "text", "--order", "free"];
  assert.match((await meridia.run(...make, "-o", "out.txt")).out, /canary-evidence/);
  done(await meridia.run(...make, "--no-evidence", "-o", "out.txt"));
  assert.match(done(await meridia.run("canary", "out.txt")), /exact: true[\s\S]*verdict: certain/);
  assert.equal(done(await meridia.run("canary", "list.txt")), "");
  assert.match((await meridia.run("canary", "list.txt", "--record")).out, /canary-unknown/);
  done(await meridia.run("canary", "out.txt", "--record"));
  const leak = await meridia.run("leak", String(said.draft.message["id"]), "--statement", "Found.");
  assert.match(leak.out, /canary-unknown/, "the variant was never attached to that message");
});
