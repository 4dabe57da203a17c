/** Answers to the read-only requests of a peer: heads and entries of feeds that this node holds (SPEC 6.3). */
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { encodeCheckpoint } from "#parley/ledger/checkpoint.ts";
import { BUNDLE_ENTRIES_LIMIT } from "#parley/codec/limits.ts";
import type { Group, ReplyHead, RequestHead } from "#parley/peer/groups.ts";
import type { Channel } from "./channel.ts";
import type { NodePorts } from "./ports.ts";
import { noteWithReceipts } from "./record.ts";
import type { PushAnswer } from "./receive.ts";

export function reply(head: ReplyHead, records: readonly BundleRecord[] = []): Group {
  return { kind: "reply", head, records };
}

export function pushAnswerToReply(channel: string, feed: string, answer: PushAnswer): Group {
  switch (answer.kind) {
    case "receipt": {
      const { checkpoint, receipt } = answer;
      // The text that was sent, with our two lines: the sender needs nothing else to believe it.
      const bytes = noteWithReceipts(encodeCheckpoint(checkpoint, []), [receipt]);
      return reply({ type: "receipt", channel, feed, size: checkpoint.size }, [{ type: "checkpoint", bytes }]);
    }
    case "fork":
      return reply({ type: "refused", channel, code: "fork", facts: {} }, [{ type: "fork", bytes: answer.proof }]);
    case "refused":
      return reply({ type: "refused", channel, code: answer.refusal.code, facts: answer.refusal.facts });
  }
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
