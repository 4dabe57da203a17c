/** A resident whose store is a file, and the copies that somebody makes of it. */
import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import type { Store } from "#parley/store/store.ts";
import { noticeBody } from "../kit/materials.ts";
import { accepted, agree, makeWorld, speak, type Resident } from "../kit/world.ts";
import type { Scene } from "./attacker.ts";

/** `victim` keeps its record in a file of `directory`. */
export interface FileScene extends Scene, AsyncDisposable {
  readonly directory: string;
}

export async function makeFileScene(): Promise<FileScene> {
  const directory = await mkdtemp(join(tmpdir(), "parley-copies-"));
  const openStore = (name: string): Promise<Store> =>
    openSqliteStore({ path: name === "rimal" ? fileOf(directory) : ":memory:" });
  const world = await makeWorld(["meridia", "rimal"], undefined, undefined, openStore);
  const [author, victim] = world.residents;
  assert(author !== undefined && victim !== undefined);
  const channel = await agree(world, author, victim);
  return {
    world,
    author,
    victim,
    channel,
    kase: "",
    directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

export function fileOf(directory: string): string {
  return join(directory, "parley.db");
}

/** The files as they are at this moment, while their owner runs; opened as a store of its own. */
export async function copyRunning({ directory }: FileScene, name: string): Promise<Store> {
  const path = join(directory, name);
  await copyFile(fileOf(directory), path);
  await copyFile(`${fileOf(directory)}-wal`, `${path}-wal`);
  return openSqliteStore({ path });
}

/** Another process on a copy: the same identity and people, its own memory. */
export async function startCopy(scene: FileScene, store: Store): Promise<Resident> {
  const copy = { ...scene.victim, store };
  await scene.world.restart(copy, store);
  return copy;
}

export async function say(resident: Resident, channel: string): Promise<void> {
  accepted(await speak(resident, channel, { type: "notice.open", body: noticeBody() }));
}

/** A tick, and what is still being delivered. */
export async function tickThrough({ node }: Resident): Promise<void> {
  await node.tick();
  for (let i = 0; i < 1_000 && node.core.delivering.size > 0; i++) await setImmediate();
  assert.equal(node.core.delivering.size, 0, "deliveries end");
}
