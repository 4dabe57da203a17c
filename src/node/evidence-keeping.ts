/**
 * Keeping evidence files (SPEC 12.5): legal hold, what is due, erasure, checking again, and the sweep at a start.
 *
 * Guarantees: erasure is recorded before a byte goes, and a crash in between is finished at the next start; nothing is
 * erased while it is held; a start removes only what the vault's own journal or an erasure names.
 */
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseInstant, type Instant } from "#parley/codec/time.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { VaultFault } from "#parley/vault/blobs.ts";
import type { Vault } from "#parley/vault/vault.ts";
import type { NodeCore } from "./core.ts";
import { findItem, livingItem, openItem, refusing, vaultOf } from "./evidence.ts";
import type { Item } from "./house-evidence.ts";
import type { Person } from "./house.ts";

export interface KeepingAct {
  readonly item: string;
  readonly role: Role;
  /** In a few words; recorded. */
  readonly reason: string;
}

/** SPEC 12.5.1. Setting a hold twice is one hold. */
export async function holdItem(
  core: NodeCore,
  person: Person,
  { item: id, role, reason, hold }: KeepingAct & { readonly hold: boolean },
): Promise<Item | Refusal> {
  if (!person.roles.includes(role)) return refuse("gate-role", { role });
  const item = livingItem(core, id);
  if (isRefusal(item)) return item;
  if (item.held !== hold)
    await core.record({ type: "house.hold", item: id, officer: person.officer, role, hold, reason });
  return findItem(core, id);
}

/** SPEC 12.5.3: the entry first, then the sealed file and its copies. */
export async function eraseItem(
  core: NodeCore,
  person: Person,
  { item: id, role, reason }: KeepingAct,
): Promise<Item | Refusal> {
  const vault = vaultOf(core);
  if (isRefusal(vault)) return vault;
  if (!person.roles.includes(role)) return refuse("gate-role", { role });
  const item = livingItem(core, id);
  if (isRefusal(item)) return item;
  if (item.held) return refuse("item-held");
  const { digest } = item;
  await core.record({ type: "house.item_erased", item: id, officer: person.officer, role, digest, reason });
  const removed = await refusing(() => removeBlobs(core, item));
  return isRefusal(removed) ? removed : findItem(core, id);
}

/** SPEC 12.5.2: kept longer than was said, by now; what is held is not due. */
export function dueItems(core: NodeCore, asOf: Instant): readonly Item[] {
  return [...core.house.state.evidence.items.values()].filter(({ retain_until, held, erased }) => {
    const until = retain_until === undefined ? undefined : parseInstant(retain_until);
    return !held && !erased && until !== undefined && !isRefusal(until) && until <= asOf;
  });
}

/** Reads and hashes it again; the custody says that it was, or that it was altered. */
export async function verifyItem(
  core: NodeCore,
  person: Person,
  { item, role }: { readonly item: string; readonly role: Role },
): Promise<Item | Refusal> {
  const vault = vaultOf(core);
  if (isRefusal(vault)) return vault;
  const read = await openItem(core, person, { item, role, purpose: "", act: "verified" });
  if (isRefusal(read)) return read;
  return refusing(async () => {
    const hasher = vault.hashers.create();
    for await (const bytes of read.content) await hasher.update(bytes);
    return (await hasher.digest()) === read.item.digest
      ? findItem(core, item)
      : refuse("item-altered", { kind: "digest" });
  });
}

/**
 * SPEC 12.2.2, 12.7.3: what a crash left. Never throws: a vault that does not answer is swept at the next start. What
 * the journal names is judged when all channels are folded; it resolves then, unless they fold `beside`.
 */
export async function sweepVault(core: NodeCore, fold: "before" | "beside"): Promise<void> {
  const { vault } = core.ports;
  if (vault === undefined) return;
  await sweeping(core, async () => {
    const { items, received } = core.house.state.evidence;
    // Read before anything new is taken in: that has its own entry in the journal.
    const left = await vault.pending.names();
    for (const item of items.values()) if (item.erased) await removeBlobs(core, item);
    for (const name of await vault.arriving.names()) if (received.has(name)) await vault.arriving.drop(name);
    const folded = core.folding.then(
      () => sweeping(core, () => sweepPending(core, vault, left)),
      () => undefined,
    );
    if (fold === "before") await folded;
  });
}

async function sweeping(core: NodeCore, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (fault) {
    if (!(fault instanceof VaultFault)) throw fault;
    core.ports.log("vault-sweep-fault", { kind: fault.kind });
  }
}

async function sweepPending(core: NodeCore, vault: Vault, left: readonly string[]): Promise<void> {
  const { items, copies, received, refused } = core.house.state.evidence;
  const living = new Set([...copies.keys(), ...[...items.values()].map(({ blob }) => blob)]);
  for (const name of left) {
    // It arrived whole and was hashed: it is opened and recorded now, and not fetched again.
    if (core.attachments.named.has(name) && !received.has(name) && !refused.has(name)) continue;
    if (!living.has(name)) await vault.blobs.remove(name);
    await vault.pending.settle(name);
  }
}

async function removeBlobs(core: NodeCore, item: Item): Promise<void> {
  const { vault } = core.ports;
  await vault?.blobs.remove(item.blob);
  for (const copy of core.house.state.evidence.copies.values())
    if (copy.item === item.item) await vault?.blobs.remove(copy.ct);
}
