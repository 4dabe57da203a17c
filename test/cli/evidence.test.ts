/** `parley evidence …` against a served node: a folder in, one item out, hold and erasure. */
import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { startApi } from "#parley/http/server.ts";
import { callApi } from "#parley/main/api-call.ts";
import { downloadFile, filesBelow, uploadFile } from "#parley/main/large-files.ts";
import { WHO } from "#parley/cli/ports.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { makeWorld } from "../kit/world.ts";
import { patternOf, scratchVault } from "../kit/vault.ts";
import { scratchDirectory } from "../store/scratch-directory.ts";
import { makeDesk } from "./desk.ts";

async function served() {
  const stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchVault(nodeBackend));
  const files = stack.use(await scratchDirectory());
  const world = await makeWorld(["meridia"], nodeBackend, nodeBackend, undefined, async () => scratch.vault);
  const [meridia] = world.residents;
  assert(meridia !== undefined);
  const api = stack.use(
    await startApi({ node: meridia.node, host: "127.0.0.1", port: 0, log: () => undefined }),
  );
  await mkdir(files.file("data/tokens"), { recursive: true });
  const config = {
    v: 1,
    party: "MERIDIA.party",
    peer: { host: "127.0.0.1", port: 1 },
    api: { host: "127.0.0.1", port: api.port },
    allow_addresses: [],
  };
  await writeFile(files.file("data/config.json"), JSON.stringify(config));
  for (const who of WHO) {
    const role = who.startsWith("releaser") ? "releaser" : who;
    const { token } = await meridia.node.addPerson([role] as Parameters<typeof meridia.node.addPerson>[0]);
    await writeFile(files.file(`data/tokens/${who}.token`), token);
  }
  const desk = makeDesk(
    {},
    {
      env: { PARLEY_DATA: files.file("data") },
      fetchApi: callApi,
      ports: { filesBelow, uploadFile, downloadFile },
    },
  );
  return { desk, files, meridia, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("a folder goes in with progress, links are not followed, and one item comes out", async () => {
  await using it = await served();
  const { desk, files } = it;
  await mkdir(files.file("in/deep"), { recursive: true });
  const big = patternOf(5_000_000);
  await writeFile(files.file("in/a.log"), "one line\n");
  await writeFile(files.file("in/deep/b.pcap"), big);
  await symlink("/etc/hostname", files.file("in/link"));
  const added = await desk.run(
    "evidence",
    "add",
    files.file("in"),
    "--tool",
    "dd",
    "--clock-source",
    "ntp",
    "--clock-error",
    "5",
  );
  assert.equal(added.status, 0, added.out + added.err);
  assert.match(added.out, /Kept: a\.log .*\nKept: b\.pcap .*\nFiles kept: 2; refused: 0\n/);
  const listed = await desk.run("evidence", "list", "--json");
  const rows = JSON.parse(listed.out) as readonly { readonly item: string; readonly name: string }[];
  assert.deepEqual(
    rows.map(({ name }) => name),
    ["b.pcap", "a.log"],
  );
  const item = rows[0]?.item ?? "";
  const out = files.file("b.sample");
  const got = await desk.run("evidence", "get", item, "--purpose", "lab", "-o", out);
  assert.equal(got.status, 0, got.out + got.err);
  assert.deepEqual(await readFile(out), Buffer.from(big));
  assert.equal(
    (await desk.run("evidence", "get", item, "--purpose", "lab", "-o", out)).status,
    2,
    "not overwritten",
  );
  const shown = await desk.run("evidence", "show", item);
  assert.match(shown.out, /taken in.*\n.*saved .*lab/);
  for (const lang of ["ar", "ru"])
    assert.equal((await desk.run("evidence", "show", item, "--lang", lang)).status, 0);
});

test("hold, erase, and a file that is refused among others", async () => {
  await using it = await served();
  const { desk, files } = it;
  await writeFile(files.file("x.bin"), patternOf(10));
  await desk.run("evidence", "add", files.file("x.bin"));
  const item =
    (JSON.parse((await desk.run("evidence", "list", "--json")).out) as { item: string }[])[0]?.item ?? "";
  assert.equal((await desk.run("evidence", "hold", item, "--reason", "court")).status, 0);
  assert.match((await desk.run("evidence", "erase", item, "--reason", "done")).out, /refused item-held/);
  assert.equal((await desk.run("evidence", "release", item, "--reason", "lifted")).status, 0);
  assert.match((await desk.run("evidence", "erase", item, "--reason", "done")).out, /erased/);
  const two = await desk.run("evidence", "add", files.file("missing"), files.file("x.bin"));
  assert.equal(two.status, 2, "a path that is not there");
  const again = await desk.run(
    "evidence",
    "add",
    files.file("x.bin"),
    files.file("x.bin"),
    "--acquired-at",
    "yesterday",
  );
  assert.equal(again.status, 1);
  assert.match(again.out, /Files kept: 0; refused: 2/);
});
