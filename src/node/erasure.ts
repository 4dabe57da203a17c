/**
 * Erasure (SPEC 3.9): the content of one entry deleted from this node, after an `erase` entry said so.
 *
 * Guarantees that nothing is deleted before the `erase` is durable, and that a node which stops in between finishes at
 * its next tick. Leaf, order, heads and receipts are never touched. Copies of others, backups and exported files are
 * out of its reach.
 */
import { isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { GateCode } from "#parley/gate/release.ts";
import { parseEntry } from "#parley/ledger/entry.ts";
import { integerIn, objectIn, stringIn } from "#parley/protocols/body.ts";
import type { EntryRef } from "#parley/protocols/protocol.ts";
import type { StoredEntry } from "#parley/store/store.ts";
import { openAtRest } from "./at-rest.ts";
import { attachmentsOf, dropCopies } from "./attachments.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { refusing } from "./evidence.ts";

/** House entries read at once while a draft is looked for. */
const SEARCH_BATCH = 512;

/** The entry that an accepted `erase` message names. */
export function erasedBy(message: JsonObject): EntryRef {
  const body = objectIn(message, "body");
  return { feed: stringIn(body, "feed"), seq: integerIn(body, "seq") };
}

/** SPEC 3.9.4: whether this node may erase what the draft names; true for a draft of any other type. */
export async function judgeErasure(
  core: NodeCore,
  channel: LiveChannel,
  message: JsonObject,
): Promise<true | Refusal<GateCode>> {
  if (message["type"] !== "erase") return true;
  const ref = erasedBy(message);
  const stored = await core.ports.store.entryAt({ channel: channel.id, feed: ref.feed }, ref.seq);
  const entry = stored && parseEntry(stored.bytes);
  if (stored === undefined || entry === undefined || isRefusal(entry) || entry.kind !== "message")
    return refuse("gate-erase", { reason: "kind" });
  if (!hasContent(stored)) return refuse("gate-erase", { reason: "erased" });
  const isDelivered = [...channel.outboxes.values()].every(({ receipted }) => receipted > ref.seq);
  if (ref.feed === core.me && !isDelivered) return refuse("gate-erase", { reason: "undelivered" });
  const named = openedIn(core, channel.id, ref.feed, stored)?.["case"];
  const view = typeof named === "string" ? channel.casework?.caseView(named, core.ports.clock()) : undefined;
  return view?.open === true ? refuse("gate-erase", { reason: "case-open" }) : true;
}

/** Deletes what own `erase` entries named and that is still here; repeating it is harmless. */
export async function settleErasures(core: NodeCore, channel: LiveChannel): Promise<void> {
  const erased: JsonObject[] = [];
  for (const ref of channel.erasures.splice(0)) {
    try {
      const message = await eraseContent(core, channel, ref);
      if (message !== undefined) erased.push(message);
    } catch (fault) {
      channel.erasures.push(ref);
      throw fault;
    }
  }
  if (erased.length === 0) return;
  await core.refold(channel);
  // Copies of files go with the message that named them (SPEC 12.5.5); the items have a retention of their own.
  const dropped = await refusing(() => dropCopies(core, erased.flatMap(attachmentsOf)));
  if (isRefusal(dropped)) core.ports.log("vault-sweep-fault", { kind: dropped.code });
}

/** The message that was there, if one was. */
async function eraseContent(
  core: NodeCore,
  channel: LiveChannel,
  { feed, seq }: EntryRef,
): Promise<JsonObject | undefined> {
  const { store } = core.ports;
  const key = { channel: channel.id, feed };
  const stored = await store.entryAt(key, seq);
  const entry = stored && parseEntry(stored.bytes);
  if (stored === undefined || entry === undefined || isRefusal(entry) || entry.kind !== "message")
    return undefined;
  if (!hasContent(stored)) return undefined;
  // The draft first: once the message is gone, nothing tells any more which draft was its own.
  const message = openedIn(core, channel.id, feed, stored) ?? {};
  const { id } = message;
  if (feed === core.me && typeof id === "string")
    await eraseDraft(core, { channel: channel.id, feed, seq }, id);
  await core.guard(() => store.erasePayload(key, seq));
  return message;
}

async function eraseDraft(
  core: NodeCore,
  erased: { readonly channel: string; readonly feed: string; readonly seq: number },
  messageId: string,
): Promise<void> {
  const found = await findDraft(core, messageId);
  if (found === undefined) return;
  const { draft, seq: house_seq } = found;
  await core.record({ type: "house.erasure", ...erased, draft, house_seq });
  const key = { channel: core.houseChannel.id, feed: core.me };
  await core.guard(() => core.ports.store.erasePayload(key, house_seq));
}

async function findDraft(
  core: NodeCore,
  messageId: string,
): Promise<{ readonly draft: string; readonly seq: number } | undefined> {
  const { id, record } = core.houseChannel;
  const key = { channel: id, feed: core.me };
  const { size } = record.tip(core.me).frontier;
  for (let from = 0; from < size; from += SEARCH_BATCH) {
    for (const stored of await core.ports.store.entries(key, {
      from,
      limit: SEARCH_BATCH,
      payloads: false,
    })) {
      const house = openedIn(core, id, core.me, stored);
      const message = house?.["type"] === "house.draft" ? house["message"] : undefined;
      if (house === undefined || message === undefined || !isJsonObject(message)) continue;
      if (message["id"] === messageId) return { draft: stringIn(house, "draft"), seq: stored.seq };
    }
    await core.ports.pause();
  }
  return undefined;
}

function hasContent({ payload, opened }: StoredEntry): boolean {
  return payload !== undefined || opened !== undefined;
}

function openedIn(
  core: NodeCore,
  channel: string,
  feed: string,
  { seq, opened }: StoredEntry,
): JsonObject | undefined {
  const { backend, identity } = core.ports;
  const plain = opened && openAtRest(backend, identity.storageKey, { channel, feed, seq }, opened);
  const value = plain && parseJson(plain.message);
  return value === undefined || isRefusal(value) || !isJsonObject(value) ? undefined : value;
}
