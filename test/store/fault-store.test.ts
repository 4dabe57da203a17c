/** The simulation's faulty store: what each outcome leaves in the inner store, and that a dead node stays dead. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { feedWriter, MERIDIA, receiptOf } from "../contract/store-material.ts";
import { CrashFault, faultyStore, type WriteOutcome } from "../simulation/fault-store.ts";

const crashAt =
  (index: number, outcome: WriteOutcome) =>
  (writeIndex: number): WriteOutcome =>
    writeIndex === index ? outcome : "ok";

const crashed = (index: number, outcome: string) => (error: unknown) =>
  error instanceof CrashFault && error.writeIndex === index && error.outcome === outcome;

for (const [outcome, size] of [
  ["fail-not-persisted", 1],
  ["fail-persisted", 3],
] as const) {
  it(`${outcome}: the inner store stands at ${size} and serves a new node`, async () => {
    await using inner = await openSqliteStore({ path: ":memory:" });
    const write = feedWriter(MERIDIA);
    const [first, second] = [write({ entries: 1 }), write({ entries: 2 })];
    const dying = faultyStore(inner, crashAt(1, outcome));
    await dying.append(first);
    await dying.tip(MERIDIA);
    await assert.rejects(dying.append(second), crashed(1, outcome));
    await assert.rejects(dying.tip(MERIDIA), crashed(1, outcome), "a dead node reads nothing");
    await assert.rejects(
      dying.setMeta("party", new Uint8Array(1)),
      crashed(1, outcome),
      "and writes nothing",
    );
    await dying[Symbol.asyncDispose]();
    const next = faultyStore(inner, () => "ok");
    assert.equal((await next.tip(MERIDIA)).frontier.size, size);
    assert.equal(await next.meta("party"), undefined);
    if (size === 1) await next.append(second);
    assert.equal((await next.tip(MERIDIA)).checkpoint?.size, 3);
  });
}

it("asks the plan about every kind of write, in order, and about no read", async () => {
  await using inner = await openSqliteStore({ path: ":memory:" });
  const asked: number[] = [];
  const store = faultyStore(inner, (writeIndex) => {
    asked.push(writeIndex);
    return "ok";
  });
  const bytes = new Uint8Array(1);
  const writes = [
    () => store.setMeta("party", bytes),
    () => store.putChannel({ channel: "channel-1", genesis: bytes }),
    () => store.putParty("cert-meridia", bytes),
    () => store.append(feedWriter(MERIDIA)({ entries: 1 })),
    () => store.putReceipt(receiptOf(MERIDIA, 1, "csirt-rimal", 1)),
    () => store.erasePayload(MERIDIA, 0),
    () => store.putFork({ ...MERIDIA, proof: bytes }),
    () => store.putReadModel("cases", []),
    () => store.dropReadModels(),
  ];
  const range = { from: 0, limit: 1, payloads: true };
  const reads = [
    () => store.meta("party"),
    () => store.channels(),
    () => store.parties(),
    () => store.tip(MERIDIA),
    () => store.feeds("channel-1"),
    () => store.entries(MERIDIA, range),
    () => store.entryAt(MERIDIA, 0),
    () => store.checkpointAt(MERIDIA, 1),
    () => store.checkpoints(MERIDIA, 0, 1),
    () => store.subtree(MERIDIA, 0, 0),
    () => store.receiptAt(MERIDIA, 1, "csirt-rimal"),
    () => store.receipts("channel-1"),
    () => store.forks(),
    () => store.readModel("cases"),
  ];
  assert.equal(writes.length + reads.length, Object.keys(inner).length, "every method of the port is here");
  for (const write of writes) await write();
  assert.deepEqual(asked, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  for (const read of reads) await read();
  assert.equal(asked.length, writes.length);
});
