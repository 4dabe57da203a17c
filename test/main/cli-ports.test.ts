/** The command line's real world: files whole or not at all, faults with codes, a node that starts and stops. */
import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { concatBytes, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { CliFault, type CliFaultCode, type CliPorts, type InitOptions } from "#parley/cli/ports.ts";
import { startApi } from "#parley/http/server.ts";
import { makeCliPorts } from "#parley/main/cli-ports.ts";
import { backend, clock, freePort, scratch } from "./two-nodes.ts";

function portsWith(stopAsked: () => Promise<void> = () => Promise.resolve()): CliPorts {
  return makeCliPorts({
    backend,
    clock,
    log: () => undefined,
    openApi: startApi,
    env: (name) => `<${name}>`,
    stopAsked,
  });
}

function faults(code: CliFaultCode): (thrown: unknown) => boolean {
  return (thrown) => {
    assert(thrown instanceof CliFault, String(thrown));
    assert.equal(thrown.code, code);
    return true;
  };
}

async function readAll(ports: CliPorts, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of ports.readFile(path)) chunks.push(chunk);
  return concatBytes(...chunks);
}

async function initOptions(dataDirectory: string): Promise<InitOptions> {
  const port = await freePort();
  return {
    dataDirectory,
    name: "CERT Meridia",
    handle: "MERIDIA",
    languages: ["en"],
    urls: [`https://meridia.example:${port}`],
    api: { host: "127.0.0.1", port: 0 },
    peer: { host: "127.0.0.1", port },
    validDays: 30,
  };
}

describe("lists", () => {
  test("are read from a folder; one that is not there is a fault with its code", async () => {
    await using place = await scratch();
    await mkdir(join(place.path, "tor"));
    await writeFile(join(place.path, "tor/exits-2026-11-22.lst"), "192.0.2.17");
    const ports = portsWith();
    const files = await ports.readLists(place.path);
    assert.deepEqual(
      files.map(({ path }) => path),
      ["tor/exits-2026-11-22.lst"],
    );
    await assert.rejects(ports.readLists(join(place.path, "none")), faults("file-unreadable"));
  });
});

describe("files", () => {
  test("are read in chunks, and a reader may stop early", async () => {
    await using place = await scratch();
    const path = join(place.path, "large");
    const bytes = new Uint8Array(300_000).fill(7);
    await writeFile(path, bytes);
    const ports = portsWith();
    assert.deepEqual(await readAll(ports, path), bytes);
    for await (const chunk of ports.readFile(path)) {
      assert(chunk.length < bytes.length);
      break;
    }
    await assert.rejects(readAll(ports, join(place.path, "none")), faults("file-unreadable"));
    await assert.rejects(readAll(ports, place.path), faults("file-unreadable"));
  });

  test("are written whole or not at all, and nothing is left beside them", async () => {
    await using place = await scratch();
    const ports = portsWith();
    const path = join(place.path, "t.parley");
    await ports.writeFile(path, utf8("first"));
    await assert.rejects(ports.writeFile(path, utf8("second")), faults("file-exists"));
    assert.equal(await readFile(path, "utf8"), "first");
    await ports.writeFile(path, utf8("third"), { overwrite: true });
    assert.equal(await readFile(path, "utf8"), "third");
    await assert.rejects(ports.writeFile(join(place.path, "no", "t"), utf8("x")), faults("file-unwritable"));
    await mkdir(join(place.path, "folder"));
    await assert.rejects(
      ports.writeFile(join(place.path, "folder"), utf8("x"), { overwrite: true }),
      faults("file-unwritable"),
    );
    assert.deepEqual((await readdir(place.path)).sort(), ["folder", "t.parley"]);
  });
});

describe("the world", () => {
  test("is asked for what it was given", () => {
    const ports = portsWith();
    assert.equal(ports.env("PARLEY_AS"), "<PARLEY_AS>");
    assert.equal(ports.clock, clock);
    assert.equal(ports.backend, backend);
    assert.deepEqual(
      Object.values(ports.isTty).map((is) => typeof is),
      ["boolean", "boolean", "boolean"],
    );
  });

  test("a party address that nobody serves is a file that cannot be read", async () => {
    const port = await freePort();
    await assert.rejects(
      portsWith().fetchPublic(`https://127.0.0.1:${port}/x.party`, 1_024),
      faults("file-unreadable"),
    );
  });
});

describe("the node", () => {
  test("a directory that is absent, taken or damaged has its code", async () => {
    await using place = await scratch();
    const ports = portsWith();
    const at = (name: string): string => join(place.path, name);
    const request = { as: "watch", method: "GET", path: "/api/v1/me" } as const;
    const onServing = (): void => assert.fail("it serves nothing");
    await assert.rejects(
      ports.start({ dataDirectory: at("none"), onServing }),
      faults("data-directory-missing"),
    );
    await assert.rejects(
      ports.fetchApi({ ...request, dataDirectory: at("none") }),
      faults("data-directory-missing"),
    );
    assert(!isRefusal(await ports.init(await initOptions(at("taken")))));
    await assert.rejects(ports.init(await initOptions(at("taken"))), faults("file-exists"));
    await writeFile(join(at("taken"), "config.json"), "{");
    await assert.rejects(
      ports.start({ dataDirectory: at("taken"), onServing }),
      faults("data-directory-damaged"),
    );
  });

  test("made, diagnosed, served, locked, asked, stopped", async () => {
    await using place = await scratch();
    const dataDirectory = join(place.path, "meridia");
    const report = await portsWith().init(await initOptions(dataDirectory));
    assert(!isRefusal(report));
    assert(report.files.length > 5 && report.roots.length > 0);
    assert.equal((await stat(dataDirectory)).mode & 0o077, 0, "its owner's alone");

    const stop = Promise.withResolvers<void>();
    const ports = portsWith(() => stop.promise);
    const request = { dataDirectory, as: "watch", method: "GET", path: "/api/v1/me" } as const;
    await assert.rejects(ports.fetchApi(request), faults("api-unreachable"));
    const serving = Promise.withResolvers<{
      readonly party: string;
      readonly api: string;
      readonly peer: string;
    }>();
    const ended = ports.start({ dataDirectory, onServing: serving.resolve });
    const { party, api } = await Promise.race([serving.promise, ended.then(() => assert.fail("it ended"))]);
    assert.equal(party, report.party);
    assert.match(api, /^http:\/\/127[.]0[.]0[.]1:[1-9]\d+$/);

    const answer = await ports.fetchApi(request);
    assert.equal(answer.status, 200);
    assert.equal((JSON.parse(new TextDecoder().decode(answer.body)) as { party: string }).party, party);
    assert.equal((await ports.diagnose(dataDirectory)).locked, true);
    await assert.rejects(
      portsWith().start({ dataDirectory, onServing: () => undefined }),
      faults("data-directory-locked"),
    );
    await chmod(join(dataDirectory, "tokens", "auditor.token"), 0o600);
    assert.equal((await ports.fetchApi({ ...request, as: "auditor" })).status, 200);

    stop.resolve();
    assert.equal(await ended, 0);
    await assert.rejects(ports.fetchApi(request), faults("api-unreachable"), "the address is taken back");
    assert.equal((await ports.diagnose(dataDirectory)).locked, false);
  });
});
