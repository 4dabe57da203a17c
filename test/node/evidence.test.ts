/** Evidence files in one house (SPEC 12.2 to 12.5): intake, reading, derived items, what fails on the way. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { nodeBackend } from "../crypto/backends.ts";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { commitToFile } from "#parley/vault/sealed-item.ts";
import type { DiskVaultOptions } from "#parley/vault/vault.ts";
import { addDerivedItem, addItem, openItem } from "#parley/node/evidence.ts";
import { accepted, makeWorld, refusedWith, who, type Resident } from "../kit/world.ts";
import { collect, patternOf, piecesOf, scratchVault, type ScratchVault } from "../kit/vault.ts";

/** One node with a vault. */
async function house(options: Partial<DiskVaultOptions> = {}) {
  const scratch = await scratchVault(nodeBackend, options);
  const world = await makeWorld(["meridia"], nodeBackend, nodeBackend, undefined, async () => scratch.vault);
  const [meridia] = world.residents;
  assert(meridia !== undefined);
  return { world, meridia, scratch, analyst: who(meridia, "analyst") };
}

async function files(scratch: ScratchVault): Promise<readonly string[]> {
  const entries = await readdir(scratch.directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

const INTAKE = { role: "analyst", media_type: "text/plain", name: "auth.log" } as const;

test("an item is sealed, recorded, and read back with a custody entry first", async () => {
  const { meridia, scratch, analyst } = await house();
  await using _ = scratch;
  const content = patternOf(3_000_001);
  const { core } = meridia.node;
  const input = { ...INTAKE, tool: "dd 9.1", clock: { source: "ntp", max_error_ms: 20 } } as const;
  const item = accepted(
    await addItem(core, analyst, { ...input, size_bytes: content.length }, piecesOf(content)),
  );
  assert.equal(item.digest, createHash("sha256").update(content).digest("base64url"));
  assert.equal(item.size_bytes, content.length);
  assert.deepEqual(
    item.custody.map(({ act, officer }) => [act, officer]),
    [["acquired", analyst.officer]],
  );
  const [file, ...others] = await files(scratch);
  assert.deepEqual(others, []);
  assert(file !== undefined && /\/blobs\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(file), "a file is named by a hash");

  const read = accepted(
    await openItem(core, analyst, { item: item.item, role: "analyst", purpose: "triage" }),
  );
  assert.equal(read.item.custody.at(-1)?.act, "read");
  assert.equal(read.item.custody.at(-1)?.note, "triage");
  assert.deepEqual(await collect(read.content), Buffer.from(content));
  const { digest, size_bytes } = item;
  assert.equal(commitToFile(nodeBackend, await read.salt(), { digest, size_bytes }), item.commit);
});

test("sizes around every edge survive", async () => {
  const { meridia, scratch, analyst } = await house();
  await using _ = scratch;
  const { core } = meridia.node;
  for (const size of [0, 1, 65_495, 65_496, 65_497, 65_536, 1_048_536, 1_048_576, 1_048_577]) {
    const content = patternOf(size, 11);
    const item = accepted(await addItem(core, analyst, INTAKE, piecesOf(content)));
    const read = accepted(await openItem(core, analyst, { item: item.item, role: "analyst", purpose: "x" }));
    assert.deepEqual(await collect(read.content), Buffer.from(content), String(size));
  }
});

test("a file that changes while it is read, or is too large, is refused and nothing is left", async () => {
  const { meridia, scratch, analyst } = await house({ itemSizeLimit: 2_000_000 });
  await using _ = scratch;
  const { core } = meridia.node;
  const before = core.houseChannel.record.tip(core.me).frontier.size;
  const add = (size: number, declared?: number) =>
    addItem(
      core,
      analyst,
      { ...INTAKE, ...(declared !== undefined && { size_bytes: declared }) },
      piecesOf(patternOf(size)),
    );
  refusedWith(await add(1_500_000, 1_400_000), "item-changed");
  refusedWith(await add(1_500_000, 1_600_000), "item-changed");
  refusedWith(await add(2_000_001), "item-too-large");
  refusedWith(await add(10, 2_000_001), "item-too-large");
  refusedWith(
    await addItem(core, analyst, { ...INTAKE, role: "releaser" }, piecesOf(patternOf(1))),
    "gate-role",
  );
  assert.deepEqual(await files(scratch), []);
  assert.equal(core.houseChannel.record.tip(core.me).frontier.size, before);
});

test("a disk that fills in the middle leaves nothing, and earlier items as they were", async () => {
  const { meridia, scratch, analyst } = await house({ quotaBytes: 3_000_000 });
  await using _ = scratch;
  const { core } = meridia.node;
  const first = accepted(await addItem(core, analyst, INTAKE, piecesOf(patternOf(1_000_000))));
  refusedWith(await addItem(core, analyst, INTAKE, piecesOf(patternOf(2_500_000))), "vault-full");
  assert.equal((await files(scratch)).length, 1);
  const again = { item: first.item, role: "analyst", purpose: "still there" } as const;
  assert.equal((await collect(accepted(await openItem(core, analyst, again)).content)).length, 1_000_000);
  accepted(await addItem(core, analyst, INTAKE, piecesOf(patternOf(1_000_000))));
});

test("a source that breaks leaves nothing", async () => {
  const { meridia, scratch, analyst } = await house();
  await using _ = scratch;
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield patternOf(2_000_000);
    throw new Error("the line broke");
  }
  await assert.rejects(addItem(meridia.node.core, analyst, INTAKE, broken()), /the line broke/);
  assert.deepEqual(await files(scratch), []);
});

test("an altered blob is named, and its custody says so", async () => {
  const { meridia, scratch, analyst } = await house();
  await using _ = scratch;
  const { core } = meridia.node;
  const item = accepted(await addItem(core, analyst, INTAKE, piecesOf(patternOf(500_000))));
  const [file] = await files(scratch);
  assert(file !== undefined);
  const { readFile, writeFile } = await import("node:fs/promises");
  const bytes = await readFile(file);
  bytes[300_000] = (bytes[300_000] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const reading = { item: item.item, role: "analyst", purpose: "triage" } as const;
  const read = accepted(await openItem(core, analyst, reading));
  await assert.rejects(collect(read.content), { name: "VaultFault", kind: "altered" });
  assert.equal(core.house.state.evidence.items.get(item.item)?.custody.at(-1)?.act, "altered");
  await writeFile(file, bytes.subarray(0, 400_000));
  refusedWith(await openItem(core, analyst, reading), "item-malformed");
  const { rm } = await import("node:fs/promises");
  await rm(file);
  refusedWith(await openItem(core, analyst, reading), "item-altered");
});

test("a derived item names its original and what was left out", async () => {
  const { meridia, scratch, analyst } = await house();
  await using _ = scratch;
  const { core } = meridia.node;
  const original = accepted(
    await addItem(core, analyst, { ...INTAKE, retain_days: 30 }, piecesOf(patternOf(1000))),
  );
  const redaction = { left_out: [{ count: 2, how: "masked" }], type: "redaction", v: 1 };
  const derived = accepted(
    await addDerivedItem(
      core,
      analyst,
      { of: original.item, role: "analyst", tool: "parley redact", redaction },
      piecesOf(patternOf(900)),
    ),
  );
  assert.equal(derived.origin, "derived");
  assert.equal(derived.of, original.item);
  assert.deepEqual(derived.redaction, redaction);
  assert.equal(derived.retain_until, original.retain_until);
  assert.equal(derived.name, "auth.log");
  const unknown = { of: derived.item.replace(/^./, "f"), role: "analyst", tool: "x", redaction } as const;
  refusedWith(await addDerivedItem(core, analyst, unknown, piecesOf(patternOf(1))), "item-unknown");
});

test("a node without a vault says so", async () => {
  const world = await makeWorld(["rimal"]);
  const [rimal] = world.residents;
  assert(rimal !== undefined);
  const refused = await addItem(rimal.node.core, who(rimal, "analyst"), INTAKE, piecesOf(patternOf(1)));
  refusedWith(refused, "vault-absent");
});

test("what was recorded is there after a restart, from the house feed alone", async () => {
  const { world, meridia, scratch, analyst } = await house();
  await using _ = scratch;
  const item = accepted(await addItem(meridia.node.core, analyst, INTAKE, piecesOf(patternOf(10))));
  await world.restart(meridia);
  const again: Resident = meridia;
  assert.deepEqual(again.node.core.house.state.evidence.items.get(item.item), item);
  assert.equal(encodeBase64url(nodeBackend.sha256(patternOf(10))), item.digest);
});
