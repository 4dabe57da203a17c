/**
 * What part of the channel is stopped (SPEC 9.3.10), read from cases that no suspension can touch.
 *
 * A suspension is causal: it binds those who knew of it. A termination has a notice and binds by instant.
 * Carve-outs are the engine's and not the protocol's: comms checks and life-safety flash go on until termination.
 */
import { isJsonObject } from "../codec/json.ts";
import type { Instant } from "../codec/time.ts";
import type { EntryRef, Suspension } from "../protocols/protocol.ts";
import type { OpenedMessage } from "./message-rules.ts";

export interface ActiveSuspension {
  readonly scopes: readonly string[];
  readonly from: EntryRef;
  readonly until: EntryRef | undefined;
  readonly total: boolean;
  /** With a notice: binds what is first held after this instant. */
  readonly bindsAfter: Instant | undefined;
}

export function activate(suspension: Suspension, momentOf: (ref: EntryRef) => Instant): ActiveSuspension {
  const { scopes, from, until, total = false, noticeSeconds } = suspension;
  const bindsAfter = noticeSeconds === undefined ? undefined : momentOf(from) + noticeSeconds;
  return { scopes, from, until, total, bindsAfter };
}

export function coversScope(suspension: ActiveSuspension, scope: string, lifeSafety: boolean): boolean {
  if (suspension.total) return true;
  return scope !== "comms_check" && !lifeSafety && suspension.scopes.includes(scope);
}

/**
 * SPEC 9.3.10: "a life is at stake": flash, and the body says so, itself or in its `harm`. Agreed words across
 * protocols, like the envelope; no other member of a body means anything to the engine.
 */
export function isLifeSafety({ precedence, body }: OpenedMessage): boolean {
  if (precedence !== "flash") return false;
  const harm = body["harm"];
  return body["life_safety"] === true || (isJsonObject(harm) && harm["life_safety"] === true);
}

/** Equal sets keep their identity, so that a bucket folded under one needs no second fold. */
export function keepIfEqual(
  before: readonly ActiveSuspension[],
  now: readonly ActiveSuspension[],
): readonly ActiveSuspension[] {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
