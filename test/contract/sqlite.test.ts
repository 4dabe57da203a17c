/** The SQLite engine under the store contract: in memory, in a file, and behind a wrapper that injects no fault. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import type { Store } from "#parley/store/store.ts";
import { faultyStore } from "../simulation/fault-store.ts";
import { storeContract } from "./store-contract.ts";

const directory = mkdtempSync(join(tmpdir(), "parley-contract-"));
after(() => rmSync(directory, { recursive: true }));

const pathByStore = new WeakMap<Store, string>();
let files = 0;

async function openFile(path: string): Promise<Store> {
  const store = await openSqliteStore({ path });
  pathByStore.set(store, path);
  return store;
}

storeContract("SQLite in memory", () => openSqliteStore({ path: ":memory:" }));

storeContract("SQLite in a file", () => openFile(join(directory, `store-${files++}.db`)), {
  reopen: async (store) => {
    await store[Symbol.asyncDispose]();
    return openFile(pathByStore.get(store) ?? "");
  },
});

storeContract("SQLite behind a fault store without faults", async () =>
  faultyStore(await openSqliteStore({ path: ":memory:" }), () => "ok"),
);
