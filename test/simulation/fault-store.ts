/**
 * A Store that dies at a chosen write, before or after the inner store made it durable. Both must be survivable:
 * a real crash leaves one or the other and does not say which.
 *
 * After its crash the wrapper is a dead process: every call throws, reads too, and disposing it leaves the inner
 * store open. The simulation then gives the same inner store to a new node.
 */
import type { Store } from "#parley/store/store.ts";

export type WriteOutcome = "ok" | "fail-not-persisted" | "fail-persisted";

/** The simulated process is gone. No code of a node may catch it and carry on. */
export class CrashFault extends Error {
  /** Counted from 0 over the writes of one wrapper. */
  readonly writeIndex: number;
  readonly outcome: Exclude<WriteOutcome, "ok">;

  constructor(writeIndex: number, outcome: Exclude<WriteOutcome, "ok">) {
    super(`simulated crash at write ${writeIndex} (${outcome})`);
    this.name = "CrashFault";
    this.writeIndex = writeIndex;
    this.outcome = outcome;
  }
}

/** `plan` is asked once for each write, in the order in which the writes begin. */
export function faultyStore(inner: Store, plan: (writeIndex: number) => WriteOutcome): Store {
  let writes = 0;
  let crash: CrashFault | undefined;
  const stayDead = (): void => {
    if (crash !== undefined) throw crash;
  };

  const read =
    <A extends readonly unknown[], R>(call: (...input: A) => Promise<R>) =>
    async (...input: A): Promise<R> => {
      stayDead();
      const result = await call(...input);
      stayDead(); // it may have died while the answer was under way
      return result;
    };

  const write =
    <A extends readonly unknown[], R>(call: (...input: A) => Promise<R>) =>
    async (...input: A): Promise<R> => {
      stayDead();
      const writeIndex = writes++;
      const outcome = plan(writeIndex);
      if (outcome === "fail-not-persisted") throw (crash = new CrashFault(writeIndex, outcome));
      const result = await call(...input);
      stayDead();
      if (outcome === "fail-persisted") throw (crash = new CrashFault(writeIndex, outcome));
      return result;
    };

  return {
    meta: read(inner.meta),
    setMeta: write(inner.setMeta),
    putChannel: write(inner.putChannel),
    channels: read(inner.channels),
    putParty: write(inner.putParty),
    parties: read(inner.parties),
    tip: read(inner.tip),
    feeds: read(inner.feeds),
    append: write(inner.append),
    entries: read(inner.entries),
    entryAt: read(inner.entryAt),
    checkpointAt: read(inner.checkpointAt),
    checkpoints: read(inner.checkpoints),
    subtree: read(inner.subtree),
    putReceipt: write(inner.putReceipt),
    receiptAt: read(inner.receiptAt),
    receipts: read(inner.receipts),
    erasePayload: write(inner.erasePayload),
    putFork: write(inner.putFork),
    forks: read(inner.forks),
    putReadModel: write(inner.putReadModel),
    readModel: read(inner.readModel),
    dropReadModels: write(inner.dropReadModels),
    [Symbol.asyncDispose]: async () => {},
  };
}
