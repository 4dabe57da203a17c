/**
 * What the checks are asked with (SPEC 14.1): the rules in force with the decoys that the house declared, what each
 * reader was told before, and what others gave.
 *
 * Guarantees that what was told comes from the disclosure ledger and from nowhere else: what was retracted is still
 * known, what was erased is not, and what nobody received counts from the moment it was said.
 */
import type { JsonObject } from "#parley/codec/json.ts";
import type { Instant } from "#parley/codec/time.ts";
import { facetsOf } from "#parley/gate/checks/check-draft.ts";
import { LOOK_BACK_SECONDS } from "#parley/gate/checks/combination.ts";
import { compileRules, type CompiledRules } from "#parley/gate/checks/compiled-rules.ts";
import type { Received, Told } from "#parley/gate/checks/finding.ts";
import type { RuleFile } from "#parley/gate/checks/rule-set.ts";
import type { NodeCore } from "./core.ts";
import { disclosureRows } from "./disclosures.ts";

interface Compiled {
  readonly file: RuleFile | undefined;
  /** Variants are only ever added. */
  readonly canaries: number;
  readonly rules: CompiledRules;
}

const compiled = new WeakMap<NodeCore, Compiled>();

/** The rules in force now; compiled once for each rule file and each variant that was made. */
export function rulesOf(core: NodeCore): CompiledRules {
  const file = core.ports.gateRules?.();
  const { canaries } = core.house.state.work;
  const known = compiled.get(core);
  if (known !== undefined && known.file === file && known.canaries === canaries.size) return known.rules;
  const rules = compileRules(core.ports.backend.sha256, file, [...canaries.values()]);
  compiled.set(core, { file, canaries: canaries.size, rules });
  return rules;
}

/**
 * SPEC 14.4.9: what each reader was told in the last 365 days: the rows of the ledger, and what left or leaves without
 * a row of its own (a reveal, a message on its way, a channel that is still being folded). `message` itself is not
 * among them.
 */
export function toldBefore(core: NodeCore, message: JsonObject): readonly Told[] {
  const rules = rulesOf(core);
  const since = core.ports.clock() - LOOK_BACK_SECONDS;
  const told: Told[] = [];
  const add = (party: string, at: Instant, teller: Teller): void => {
    const facets = at < since ? [] : facetsUnder(core, rules, teller);
    if (facets.length > 0) told.push({ party, at, facets });
  };
  const listed = new Set<unknown>([message["id"]]);
  for (const row of disclosureRows(core)) {
    if (row.id === message["id"]) continue;
    listed.add(row.id);
    add(row.party, row.known_since ?? row.said_at, { draft: row.released?.draft, message: row.message });
  }
  for (const { id: draft, channel, status, message: own } of core.house.state.drafts.values()) {
    const isLeaving = status === "said" || status === "released" || core.saying.has(draft);
    if (!isLeaving || listed.has(own["id"])) continue;
    const { checkedAt } = core.house.gate.of(draft);
    for (const party of core.channels.get(channel)?.parties ?? [])
      if (party !== core.me) add(party, checkedAt, { draft, message: own });
  }
  return told;
}

interface Teller {
  /** Absent where the house feed has no draft of it. */
  readonly draft: string | undefined;
  readonly message: JsonObject;
}

const reread = new WeakMap<CompiledRules, WeakMap<JsonObject, readonly string[]>>();

/**
 * Facets as the draft's check kept them. Where that check was made with other rules, or none was kept, the message is
 * read again: a source that is protected since yesterday was told of before. Attachments are not read again.
 */
function facetsUnder(core: NodeCore, rules: CompiledRules, { draft, message }: Teller): readonly string[] {
  const check = draft === undefined ? undefined : core.house.gate.of(draft).check;
  if (check?.rules === rules.digest) return check.facets;
  const byMessage = reread.get(rules) ?? new WeakMap<JsonObject, readonly string[]>();
  reread.set(rules, byMessage);
  const facets = byMessage.get(message) ?? facetsOf(message, rules);
  byMessage.set(message, facets);
  return [...new Set([...(check?.facets ?? []), ...facets])];
}

/** Files that others named to us, by digest. */
export function receivedBefore(core: NodeCore): ReadonlyMap<string, Received> {
  const received = new Map<string, Received>();
  for (const { feed, attachment, tlp } of core.attachments.named.values())
    received.set(attachment.digest, { party: feed, tlp: tlp ?? "AMBER" });
  return received;
}
