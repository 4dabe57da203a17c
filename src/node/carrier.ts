/** The same exchange by file (SPEC 6.1.4): one bundle out, one bundle in, one bundle of answers back. */
import type { Group } from "#parley/peer/groups.ts";
import { encodeGroups } from "#parley/peer/groups.ts";
import { offerGroup } from "./agreements.ts";
import { pushAnswerToReply } from "./answer.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { hasAnswered, outboxContext } from "./lifecycle.ts";
import { nextPush } from "./outbox.ts";
import { carriedBlobs } from "./transfer.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseCheckpoint } from "#parley/ledger/checkpoint.ts";

/** Everything that the other party of this channel has not receipted, and our receipts on its newest head. */
export async function exportCarrier(core: NodeCore, channel: LiveChannel): Promise<Uint8Array> {
  const groups: Group[] = [];
  const offered = core.house.state.offers.get(channel.id)?.status === "sent" && !hasAnswered(core, channel);
  const offer = offered ? await offerGroup(core, channel) : undefined;
  if (offer !== undefined) return encodeGroups([offer]);
  for (const party of channel.outboxes.keys()) {
    const receipt = await ownReceipt(core, channel, party);
    if (receipt !== undefined) groups.push(receipt);
    const context = outboxContext(core, channel, party);
    const push = context && (await nextPush(context));
    if (push !== undefined) groups.push(push);
  }
  groups.push(...(await carriedBlobs(core, channel)));
  return encodeGroups(groups);
}

async function ownReceipt(core: NodeCore, channel: LiveChannel, feed: string): Promise<Group | undefined> {
  const held = channel.record.tip(feed).checkpoint;
  const checkpoint = held && parseCheckpoint(held.note);
  if (checkpoint === undefined || isRefusal(checkpoint)) return undefined;
  const receipt = await core.ports.store.receiptAt({ channel: channel.id, feed }, checkpoint.size, core.me);
  return (
    receipt &&
    pushAnswerToReply(channel.id, feed, { kind: "receipt", receipts: [{ head: checkpoint, receipt }] })
  );
}
