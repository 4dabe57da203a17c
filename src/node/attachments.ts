/**
 * Attachments of messages (SPEC 12.6): which files own entries offer to a channel, and which ones others named.
 *
 * `Attachments` is a fold of opened messages: it knows names, not files. `attachItems` seals the copies that a draft
 * names; what is sealed for a draft that is refused or discarded goes again.
 */
import type { Static } from "typebox";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { Attachment, type Role } from "#parley/protocols/envelope.ts";
import { safeName } from "#parley/vault/names.ts";
import { sealItem } from "#parley/vault/sealed-item.ts";
import type { Vault } from "#parley/vault/vault.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { openItem, recordBlob, refusing, vaultOf } from "./evidence.ts";
import type { Person } from "./house.ts";

export type NamedAttachment = Static<typeof Attachment>;

/** A file that an entry of another party names. */
export interface NamedFile {
  readonly channel: string;
  readonly feed: string;
  readonly seq: number;
  readonly attachment: NamedAttachment;
  /** Marking of the message that named it. */
  readonly tlp?: string;
}

const attachList = Compile(Type.Array(Attachment, { minItems: 1, maxItems: 64 }));

export class Attachments {
  /** Channels in which an own entry names this `ct`. */
  readonly offered = new Map<string, Set<string>>();
  /** What entries of others name, by `ct`; the first entry stands. */
  readonly named = new Map<string, NamedFile>();

  /** What is read of the channel from now on is all that it names: an erased message named nothing. */
  forget(channel: string): void {
    for (const [ct, channels] of this.offered)
      if (channels.delete(channel) && channels.size === 0) this.offered.delete(ct);
    for (const [ct, named] of this.named) if (named.channel === channel) this.named.delete(ct);
  }

  /** One opened message. A list that is none was folded as void by casework; here it names nothing. */
  note(me: string, place: Omit<NamedFile, "attachment">, message: JsonObject): void {
    const list = message["attach"];
    if (!attachList.Check(list)) return;
    for (const attachment of list) {
      const { ct } = attachment;
      if (place.feed !== me) {
        const tlp = typeof message["tlp"] === "string" ? { tlp: message["tlp"] } : {};
        if (!this.named.has(ct)) this.named.set(ct, { ...place, ...tlp, attachment });
        continue;
      }
      const channels = this.offered.get(ct) ?? new Set();
      this.offered.set(ct, channels.add(place.channel));
    }
  }
}

export interface ToAttach {
  readonly role: Role;
  readonly attach?: readonly { readonly item: string }[];
}

/** SPEC 12.6.1: a sealed copy of each item for the readers of the channel. All of them, or none is kept. */
export async function attachItems(
  core: NodeCore,
  channel: LiveChannel,
  person: Person,
  { role, attach = [] }: ToAttach,
): Promise<readonly NamedAttachment[] | Refusal> {
  if (attach.length === 0) return [];
  const vault = vaultOf(core);
  if (isRefusal(vault)) return vault;
  const made: NamedAttachment[] = [];
  for (const { item } of attach) {
    const one = await attachItem(core, vault, channel, person, { role, item });
    if (isRefusal(one)) {
      await dropCopies(core, made);
      return one;
    }
    made.push(one);
  }
  return made;
}

async function attachItem(
  core: NodeCore,
  vault: Vault,
  channel: LiveChannel,
  person: Person,
  { role, item }: { readonly role: Role; readonly item: string },
): Promise<NamedAttachment | Refusal> {
  const { backend, identity } = core.ports;
  const read = await openItem(core, person, {
    item,
    role,
    purpose: "",
    act: "attached",
    channel: channel.id,
  });
  if (isRefusal(read)) return read;
  const { size_bytes, digest, media_type, name } = read.item;
  const sealed = await refusing(() =>
    sealItem({
      backend,
      blobs: vault.blobs,
      hashers: vault.hashers,
      recipients: [...channel.record.options.recipients(), identity.archiveRecipient],
      source: read.content,
      declaredSize: size_bytes,
      sizeLimit: size_bytes,
      announce: (blob) => vault.pending.add(blob),
    }),
  );
  if (isRefusal(sealed)) return sealed;
  const ct = sealed.name;
  const copy = { item, ct, ct_size: sealed.sizeBytes, channel: channel.id, officer: person.officer };
  await recordBlob(core, vault, ct, { type: "house.copy", ...copy });
  if (sealed.file.digest !== digest) {
    await vault.blobs.remove(ct);
    return refuse("item-altered", { kind: "digest" });
  }
  return {
    commit: sealed.commit,
    ct,
    digest,
    size_bytes,
    media_type,
    ...(name !== undefined && { name: safeName(name) }),
  };
}

/** Copies of a draft that nobody will say; one that an entry names stays. */
export async function dropCopies(core: NodeCore, attach: readonly { readonly ct: string }[]): Promise<void> {
  const vault = vaultOf(core);
  if (isRefusal(vault)) return;
  const kept = new Set(core.attachments.offered.keys());
  for (const draft of core.house.state.drafts.values())
    if (draft.status !== "discarded") for (const { ct } of attachmentsOf(draft.message)) kept.add(ct);
  for (const { ct } of attach)
    if (!kept.has(ct) && core.house.state.evidence.copies.has(ct)) await vault.blobs.remove(ct);
}

/** The attachments of a message that a draft holds. */
export function attachmentsOf(message: JsonObject): readonly NamedAttachment[] {
  const list = message["attach"];
  return attachList.Check(list) ? list : [];
}
