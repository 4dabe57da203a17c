/** Answers to the read-only requests of a peer: heads and entries of feeds that this node holds (SPEC 6.3). */
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { encodeCheckpoint } from "#parley/ledger/checkpoint.ts";
import { BUNDLE_ENTRIES_LIMIT } from "#parley/codec/limits.ts";
import type { Group, ReplyHead, RequestHead } from "#parley/peer/groups.ts";
import type { Channel } from "./channel.ts";
import type { NodePorts } from "./ports.ts";
import { noteWithReceipts } from "./record.ts";
import type { GivenReceipt, PushAnswer } from "./receive.ts";

export function reply(head: ReplyHead, records: readonly BundleRecord[] = []): Group {
  return { kind: "reply", head, records };
}

export function pushAnswerToReply(channel: string, feed: string, answer: PushAnswer): Group {
  switch (answer.kind) {
    case "receipt": {
      const size = answer.receipts.at(-1)?.receipt.size ?? 0;
      return reply({ type: "receipt", channel, feed, size }, answer.receipts.map(receiptRecord));
    }
    case "fork":
      return reply({ type: "refused", channel, code: "fork", facts: {} }, [
        { type: "fork", bytes: answer.proof },
      ]);
    case "refused":
      return reply({ type: "refused", channel, code: answer.refusal.code, facts: answer.refusal.facts });
  }
}

/** The head's text with the receiver's two lines: its author needs nothing else to believe it. */
function receiptRecord({ head, receipt }: GivenReceipt): BundleRecord {
  return { type: "checkpoint", bytes: noteWithReceipts(encodeCheckpoint(head, []), [receipt]) };
}

export async function answerHead(
  ports: NodePorts,
  channel: Channel,
  { feed }: Extract<RequestHead, { type: "head" }>,
): Promise<Group> {
  const checkpoint = channel.record.tip(feed).checkpoint;
  if (checkpoint === undefined) return reply({ type: "head", channel: channel.id, feed, size: 0 });
  const key = { channel: channel.id, feed };
  const given = await ports.store.receiptAt(key, checkpoint.size, ports.identity.chain.party);
  const bytes = noteWithReceipts(checkpoint.note, given === undefined ? [] : [given]);
  return reply({ type: "head", ...key, size: checkpoint.size }, [{ type: "checkpoint", bytes }]);
}

export async function answerFetch(
  ports: NodePorts,
  channel: Channel,
  { feed, from }: Extract<RequestHead, { type: "fetch" }>,
): Promise<Group> {
  const key = { channel: channel.id, feed };
  const head: ReplyHead = { type: "entries", ...key, from };
  const [checkpoint] = await ports.store.checkpoints(key, from + 1, 1);
  if (checkpoint === undefined) return reply(head);
  const limit = Math.min(checkpoint.size - from, BUNDLE_ENTRIES_LIMIT);
  const entries = await ports.store.entries(key, { from, limit, payloads: true });
  const records: BundleRecord[] = entries.flatMap(({ bytes, payload }): readonly BundleRecord[] => [
    { type: "entry", bytes },
    ...(payload === undefined ? [] : [{ type: "payload", bytes: payload } as const]),
  ]);
  return reply(head, [...records, { type: "checkpoint", bytes: checkpoint.note }]);
}
