/** `init` and what `start` demands of a data directory. */
import assert from "node:assert/strict";
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { DirectoryFault, readDataDirectory } from "#parley/main/data-directory.ts";
import { diagnose } from "#parley/main/diagnose.ts";
import { initParty, type InitPartyOptions } from "#parley/main/init-party.ts";
import { makeLog } from "#parley/main/log.ts";
import { NODE_VERSION, wrongRuntime } from "#parley/main/runtime.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { backend, clock, makeParty, personOf, scratch, start } from "./two-nodes.ts";

const PROFILE: Omit<InitPartyOptions, "dataDirectory"> = {
  name: "CERT Meridia",
  handle: "MERIDIA",
  languages: ["en"],
  urls: ["https://node.meridia.example:8443"],
  peer: { host: "192.0.2.1", port: 8443 },
  api: { host: "127.0.0.1", port: 8080 },
  validDays: 30,
  backend,
  clock,
};

async function faultOf(work: Promise<unknown>): Promise<string> {
  const fault: unknown = await work.catch((cause: unknown) => cause);
  assert(fault instanceof DirectoryFault, String(fault));
  return `${fault.reason} ${fault.file ?? ""}`.trim();
}

test("runtime: exactly the pinned Node", async () => {
  const manifest: unknown = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  assert(typeof manifest === "object" && manifest !== null && "optionalDependencies" in manifest);
  const pins = Object.values(manifest.optionalDependencies ?? {});
  assert(pins.length > 0);
  for (const pin of pins) assert.equal(`v${String(pin)}`, NODE_VERSION);
  assert.equal(wrongRuntime(NODE_VERSION), undefined);
  for (const version of ["v24.21.1", "v24.20.0", "v25.0.0", "v20.0.0"])
    assert.match(wrongRuntime(version) ?? "", /exactly/);
});

test("log: one JSON line per event", () => {
  const lines: string[] = [];
  makeLog(
    (line) => lines.push(line),
    () => 0,
  )("delivery-postponed", { code: "busy", seconds: 2 });
  const line =
    '{"time":"1970-01-01T00:00:00.000Z","event":"delivery-postponed","facts":{"code":"busy","seconds":2}}\n';
  assert.deepEqual(lines, [line]);
});

test("init: every file it names is there, secrets for this user alone, and the parts belong together", async () => {
  await using dir = await scratch();
  const dataDirectory = join(dir.path, "meridia");
  const report = await initParty({ ...PROFILE, dataDirectory });
  assert(!isRefusal(report));
  for (const name of report.files) {
    const { mode } = await stat(join(dataDirectory, name));
    const open = name.endsWith(".party") || name.endsWith("cert.pem");
    assert.equal(mode & 0o777, open ? 0o644 : 0o600, name);
  }
  assert.equal((await stat(dataDirectory)).mode & 0o777, 0o700);
  assert.equal(report.roots.length, 6);
  const read = await readDataDirectory(backend, dataDirectory);
  assert.equal(read.identity.chain.party, report.party);
  assert.deepEqual(read.config.allow_addresses, [], "no private address unless the operator lists it");
  const diagnosis = await diagnose(dataDirectory);
  assert.deepEqual(diagnosis.openToOthers, []);
  assert.deepEqual(diagnosis.keysMissing, []);
  assert.deepEqual([...diagnosis.rootsHere].sort(), [...report.roots].sort());
  assert.deepEqual([diagnosis.configured, diagnosis.locked], [true, false]);
});

test("init: each person has a token of their own, and a role", async () => {
  await using dir = await scratch();
  const place = await makeParty(dir.path, "MERIDIA");
  await using running = await start(place);
  const people = ["watch", "analyst", "releaser1", "releaser2", "authority", "principal", "auditor"];
  const found = await Promise.all(people.map((who) => personOf(running, place, who)));
  assert.equal(new Set(found.map(({ officer }) => officer)).size, people.length);
  const roles = ["watch", "analyst", "releaser", "releaser", "authority", "principal", "auditor"];
  assert.deepEqual(
    found.map((person) => person.roles.join()),
    roles,
  );
  assert.equal((await diagnose(place.directory)).locked, true);
});

test("init: a directory with anything in it is left alone", async () => {
  await using dir = await scratch();
  await writeFile(join(dir.path, "notes"), "mine");
  assert.equal(await faultOf(initParty({ ...PROFILE, dataDirectory: dir.path })), "taken");
  assert.deepEqual(await readdir(dir.path), ["notes"]);
});

test("init: a profile that no party document can carry is refused before anything is made", async () => {
  await using dir = await scratch();
  const unfit: readonly Partial<InitPartyOptions>[] = [
    { name: "" },
    { name: "two\nlines" },
    { handle: "meridia" },
    { handle: "../ESCAPE" },
    { languages: [] },
    { languages: ["english please"] },
    { urls: ["http://node.example"] },
    { urls: ["https://user@node.example"] },
    { validDays: 0 },
    { validDays: Number.NaN },
  ];
  for (const [i, part] of unfit.entries()) {
    const report = await initParty({ ...PROFILE, ...part, dataDirectory: join(dir.path, String(i)) });
    assert(isRefusal(report), JSON.stringify(part));
    assert.deepEqual(
      [report.code, report.facts["member"]],
      ["party-schema", Object.keys(part)[0]?.replace("validDays", "expires")],
    );
  }
  assert.deepEqual(await readdir(dir.path), []);
});

test("start: what is missing or does not fit is named, and no second history begins", async () => {
  await using dir = await scratch();
  const [own, other] = [await makeParty(dir.path, "MERIDIA"), await makeParty(dir.path, "RIMAL")];
  const file = (name: string): string => join(own.directory, name);
  assert.equal(await faultOf(start({ ...own, directory: join(dir.path, "nowhere") })), "missing");
  const foreign = ["keys/node.json", "tls/cert.pem", "parley.db"];
  for (const name of [...foreign, "MERIDIA.party"]) {
    await rename(file(name), file("aside"));
    assert.equal(await faultOf(start(own)), `damaged ${name}`);
    if (foreign.includes(name)) {
      await copyFile(join(other.directory, name), file(name));
      assert.equal(await faultOf(start(own)), `damaged ${name}`, `${name} of another party`);
      await rm(file(name));
    }
    if (name !== "parley.db") {
      await writeFile(file(name), "{}");
      assert.equal(await faultOf(start(own)), `damaged ${name}`, `${name} with nonsense`);
      await rm(file(name));
    }
    await rename(file("aside"), file(name));
  }
  await rename(file("parley.db"), file("aside"));
  await (await openSqliteStore({ path: file("parley.db") }))[Symbol.asyncDispose]();
  assert.equal(await faultOf(start(own)), "damaged parley.db", "an empty store");
  await rename(file("aside"), file("parley.db"));
  await using running = await start(own);
  assert.equal(running.lines[0]?.event, "private-addresses-allowed", "a dangerous setting says so");
});
