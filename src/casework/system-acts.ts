/**
 * What each system message does in its case (SPEC 9.5).
 *
 * Guarantees that none changes a protocol's state, `ack` apart, which the protocol itself judges.
 * Whether an extension came before expiry hangs on receipts and is decided where timers are resolved.
 */
import { opensCommitment } from "../crypto/payload.ts";
import { codeIn, integerIn, stringIn } from "../protocols/body.ts";
import { PRECEDENCES } from "../protocols/envelope.ts";
import { ACCEPTED, isRunning, type Outcome } from "../protocols/protocol.ts";
import { messageBy, messageTo, type Bucket } from "./bucket.ts";
import { voidFor, type EngineReason } from "./codes.ts";
import type { Item } from "./item.ts";
import type { OpenedMessage } from "./message-rules.ts";
import {
  currentPrecedence,
  isLower,
  nominalSeconds,
  partyOf,
  submit,
  type CaseFold,
  type DigestFunction,
  type FoldContext,
} from "./opened-case.ts";
import { knows } from "./opened-entry.ts";
import { applyRetract, applyRetractAck } from "./retract-acts.ts";

export function applySystem(
  bucket: Bucket,
  item: Item,
  message: OpenedMessage,
  context: FoldContext,
): Outcome {
  const { opened } = bucket;
  if (opened !== undefined && message.nature !== opened.message.nature) return voidFor("/nature");
  switch (message.type) {
    case "sys.error":
    case "sys.inquiry":
      return namesSomething(message) ? ACCEPTED : voidFor("/body/of");
    case "sys.gap":
      return applyGap(message, context);
    case "close":
      return ACCEPTED;
    case "erase":
      return applyErase(item, message, context);
    default:
      return opened === undefined
        ? voidFor("unknown-case")
        : applyToCase(bucket, opened, item, message, context);
  }
}

function applyToCase(
  bucket: Bucket,
  opened: CaseFold,
  item: Item,
  message: OpenedMessage,
  context: FoldContext,
): Outcome {
  switch (message.type) {
    case "ack":
      return applyAck(bucket, opened, item, message, context);
    case "precedence.lowered":
      return applyLowering(bucket, opened, item, message);
    case "timer.extend":
      return applyExtension(opened, item, message, context);
    case "reveal":
      return applyReveal(bucket, opened, item, message, context.digest);
    case "retract":
      return applyRetract(bucket, opened, item, message);
    case "retract.ack":
      return applyRetractAck(bucket, opened, item, message);
    default:
      throw new Error("a system message without a rule in the engine");
  }
}

function namesSomething({ body }: OpenedMessage): boolean {
  return body["of"] !== undefined || body["entry"] !== undefined;
}

function applyGap({ body }: OpenedMessage, { terms }: FoldContext): Outcome {
  if (!terms.parties.includes(stringIn(body, "feed"))) return voidFor("/body/feed");
  return integerIn(body, "from") <= integerIn(body, "to") ? ACCEPTED : voidFor("/body/to");
}

function applyErase({ entry }: Item, { body }: OpenedMessage, { terms }: FoldContext): Outcome {
  const feed = stringIn(body, "feed");
  if (!terms.parties.includes(feed)) return voidFor("/body/feed");
  return knows(entry, { feed, seq: integerIn(body, "seq") }) ? ACCEPTED : voidFor("unknown-message");
}

/** The message of the other side that `of` names and that the author had, or why there is none. */
function targetOf(bucket: Bucket, { entry }: Item, { body }: OpenedMessage): Item | EngineReason {
  const of = stringIn(body, "of");
  const target = messageTo(bucket, entry.feed, of);
  if (target !== undefined && knows(entry, target.ref)) return target;
  return messageBy(bucket, entry.feed, of) === undefined ? "unknown-message" : "own-message";
}

function applyAck(
  bucket: Bucket,
  opened: CaseFold,
  item: Item,
  message: OpenedMessage,
  context: FoldContext,
): Outcome {
  const target = targetOf(bucket, item, message);
  if (typeof target === "string") return voidFor(target);
  const outcome = submit(opened, item, context);
  if (outcome.kind === "accepted" && !opened.acks.has(target)) opened.acks.set(target, item);
  return outcome;
}

/** SPEC 9.5.4: by the side that was addressed, after acknowledging, downwards only. */
function applyLowering(bucket: Bucket, opened: CaseFold, item: Item, message: OpenedMessage): Outcome {
  const target = targetOf(bucket, item, message);
  if (typeof target === "string") return voidFor(target);
  if (!opened.acks.has(target)) return voidFor("not-acknowledged");
  const to = codeIn(PRECEDENCES, message.body, "to");
  if (!isLower(to, currentPrecedence(opened))) return voidFor("not-lower");
  opened.lowerings.push({ item, to });
  return ACCEPTED;
}

/** SPEC 9.5.5: one per timer, by the owing side, at most as long again. */
function applyExtension(
  opened: CaseFold,
  item: Item,
  { body }: OpenedMessage,
  context: FoldContext,
): Outcome {
  const timerId = stringIn(body, "timer");
  const seconds = integerIn(body, "seconds");
  const timer = opened.state.timers.find(({ id }) => id === timerId);
  if (timer === undefined) return voidFor("unknown-timer");
  if (partyOf(opened, timer.owing) !== item.entry.feed) return voidFor("not-owing");
  if (!isRunning(timer)) return voidFor("timer-stopped");
  if (opened.extensions.some((extension) => extension.timerId === timerId))
    return voidFor("already-extended");
  if (seconds > nominalSeconds(opened, timer, context)) return voidFor("extension-too-long");
  opened.extensions.push({ item, timerId, seconds });
  return ACCEPTED;
}

/** SPEC 9.5.6: the first message proves that the value existed then. */
function applyReveal(
  bucket: Bucket,
  opened: CaseFold,
  item: Item,
  { body }: OpenedMessage,
  digest: DigestFunction,
): Outcome {
  const of = stringIn(body, "of");
  const path = stringIn(body, "path");
  const value = body["value"];
  const target = messageBy(bucket, item.entry.feed, of);
  if (target === undefined) return voidFor("unknown-message");
  const withheld = target.read?.message.withheld?.find((one) => one.path === path);
  if (withheld === undefined || value === undefined) return voidFor("unknown-path");
  if (opened.reveals.some((one) => one.of === of && one.path === path)) return voidFor("already-revealed");
  const opening = { salt: stringIn(body, "salt"), value };
  if (!opensCommitment({ sha256: digest }, withheld.commit, opening)) return voidFor("commitment-mismatch");
  opened.reveals.push({ ref: item.ref, of, path, value });
  return ACCEPTED;
}
