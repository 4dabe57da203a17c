/**
 * A store that tells how its writes went: a node is read-only from the first that the disk did not take to the next
 * that it did (SPEC 6.3.8).
 *
 * Only `append` and `setMeta` prove that there is room again, for they always write; the others may find that what
 * they were given is already there. Reads say nothing about writing.
 */
import { StoreFault, type Store } from "#parley/store/store.ts";

type Writes = Pick<
  Store,
  | "append"
  | "erasePayload"
  | "putChannel"
  | "putFork"
  | "putParty"
  | "putReadModel"
  | "putReceipt"
  | "setMeta"
>;

export function watchWrites(store: Store, onWrite: (taken: boolean) => void): Store {
  const doubting =
    <A extends readonly unknown[], R>(write: (...input: A) => Promise<R>) =>
    async (...input: A): Promise<R> => {
      try {
        return await write(...input);
      } catch (fault) {
        if (isWriteFault(fault)) onWrite(false);
        throw fault;
      }
    };
  const proving = <A extends readonly unknown[], R>(write: (...input: A) => Promise<R>) =>
    doubting(async (...input: A): Promise<R> => {
      const result = await write(...input);
      onWrite(true);
      return result;
    });
  const writes: Writes = {
    append: proving(store.append),
    setMeta: proving(store.setMeta),
    erasePayload: doubting(store.erasePayload),
    putChannel: doubting(store.putChannel),
    putFork: doubting(store.putFork),
    putParty: doubting(store.putParty),
    putReadModel: doubting(store.putReadModel),
    putReceipt: doubting(store.putReceipt),
  };
  return { ...store, ...writes };
}

/** Another process that holds the file for a moment is no lack of room. */
export function isWriteFault(fault: unknown): boolean {
  return fault instanceof StoreFault && fault.kind !== "busy";
}
