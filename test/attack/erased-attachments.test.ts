/** What an erased message had attached is served to nobody, from the moment it is erased. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { addItem } from "#parley/node/evidence.ts";
import { encodeGroups, parseGroups } from "#parley/peer/groups.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { requestBody } from "../../tools/demo/case-material.ts";
import { patternOf, piecesOf, scratchVault } from "../kit/vault.ts";
import { accepted, agree, caseOf, makeWorld, speak, who, type Resident } from "../kit/world.ts";

async function ask(of: Resident, by: Resident, channel: string, ct: string): Promise<string> {
  const head = { type: "blob", channel, ct, from: 0, size: 100 } as const;
  const body = await of.node.exchange(encodeGroups([{ kind: "request", head, records: [] }]), by.party);
  const groups = parseGroups(body);
  assert(!isRefusal(groups));
  const [group] = groups;
  return group?.head.type === "refused" ? group.head.code : `${group?.records[0]?.bytes.length} bytes`;
}

test("threat 28: the attachment of an erased message is served no more, and its copy is gone", async () => {
  await using scratch = await scratchVault(nodeBackend);
  const vaultOf = (name: string) => Promise.resolve(name === "meridia" ? scratch.vault : undefined);
  const world = await makeWorld(["meridia", "rimal"], nodeBackend, nodeBackend, undefined, vaultOf);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  const channel = await agree(world, a, b);
  const { core } = a.node;
  const intake = { role: "analyst", media_type: "text/plain" } as const;
  const item = accepted(await addItem(core, who(a, "analyst"), intake, piecesOf(patternOf(10_000))));
  const view = accepted(
    await speak(a, channel, {
      type: "request.open",
      body: requestBody({ sufficient: true }),
      attach: [{ item: item.item }],
    }),
  );
  await world.settle();
  const [attached] = view.draft.message["attach"] as readonly { readonly ct: string }[];
  assert(attached !== undefined && view.said !== undefined);
  assert.equal(await ask(a, b, channel, attached.ct), "100 bytes");
  const withdrawal = { type: "request.withdraw", body: { reason: "resolved-itself" } };
  accepted(await speak(a, channel, { ...withdrawal, case: caseOf(view) }));
  await world.settle();
  const erase = { type: "erase", body: { ...view.said, reason: "third-party-right" } };
  accepted(await speak(a, channel, erase));
  assert.equal(await ask(a, b, channel, attached.ct), "attachment-unknown");
  assert.equal(await scratch.vault.blobs.sizeOf(attached.ct), undefined, "the copy went with the message");
  assert.notEqual(
    await scratch.vault.blobs.sizeOf(item.blob),
    undefined,
    "the item has a retention of its own",
  );
});
