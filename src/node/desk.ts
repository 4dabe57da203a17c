/**
 * The desk: drafts, approvals, release (SPEC 8.6). What a person does before anything leaves.
 *
 * Every step is an entry of the house feed before it has an effect. A draft that would be void is refused here, so
 * that an officer learns it before the other side does.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { channelCaseId } from "#parley/casework/channel-case.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { checkAudience, makePreview, type Preview } from "#parley/gate/preview.ts";
import {
  isApproved,
  judgeApproval,
  releaseDraft,
  type Draft,
  type ReleasePolicy,
} from "#parley/gate/release.ts";
import type { AssertionJson } from "#parley/party/assertion.ts";
import { AGREEMENT_MESSAGES } from "#parley/protocols/agreement/messages.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { judgeErasure, settleErasures } from "./erasure.ts";
import { isInForce } from "./agreements.ts";
import { attachItems, attachmentsOf, dropCopies } from "./attachments.ts";
import {
  checkMessage,
  currentCheck,
  judgeCheckDigest,
  judgeFindings,
  judgeRelease,
  withCoveringApprovals,
} from "./gate-checks.ts";
import type { Person } from "./house.ts";
import type { KeptValue } from "./house-redaction.ts";
import { checkToCover, isHeld, type DraftGate } from "./house-gate.ts";
import type { HeldEntry } from "./record.ts";
import { uuidv7 } from "./uuid.ts";
import { withheldIn, withholdMembers } from "./withholding.ts";

/** What an officer writes; the node adds ids, numbers and the sender. */
export interface DraftInput {
  readonly type: string;
  /** Absent for a message that opens a case. */
  readonly case?: string;
  readonly body: JsonObject;
  readonly role: Role;
  /** Further members of the envelope (`texts`, `refs`, `tlp`, `precedence` …). */
  readonly envelope?: JsonObject;
  /** Items of the own vault that go with the message (SPEC 12.6.1). */
  readonly attach?: readonly { readonly item: string }[];
  /** JSON pointers of members of the body that are withheld (SPEC 13.3.4). */
  readonly withhold?: readonly string[];
  /** The officer is here by a session. */
  readonly session?: true;
}

export interface ApprovalInput {
  readonly draft: string;
  readonly role: Role;
  /** What the approver saw. */
  readonly digest: string;
  /** Digest of the findings that the approver saw (SPEC 14.7.4); needed where there are any. */
  readonly check?: string;
  /** With the officer's own key (SPEC 17.6). */
  readonly assertion?: AssertionJson;
  /** The officer is here by a session. */
  readonly session?: true;
}

export interface DraftView {
  readonly draft: Draft;
  readonly preview: Preview;
  readonly policy: ReleasePolicy;
  /** Findings, justifications, hold (SPEC 14.7). */
  readonly gate: DraftGate;
  /** Present once the draft was said. */
  readonly said?: { readonly feed: string; readonly seq: number };
}

/** A draft with its attachments sealed; if it is refused, nothing of them stays. */
export async function makeDraft(
  core: NodeCore,
  channel: LiveChannel,
  person: Person,
  input: DraftInput,
): Promise<DraftView | Refusal> {
  const cut = withholdMembers(core.ports.backend, input.body, input.withhold ?? []);
  if (isRefusal(cut)) return cut;
  const { body, values } = cut;
  const attach = await attachItems(core, channel, person, input);
  if (isRefusal(attach)) return attach;
  const withheld = withheldIn(core, values, attach);
  const envelope = {
    ...input.envelope,
    ...(attach.length > 0 && { attach }),
    ...(withheld.length > 0 && { withheld }),
  };
  const made = await freezeDraft(core, channel, person, { ...input, body, envelope, kept: values });
  if (isRefusal(made)) await dropCopies(core, attach);
  return made;
}

/** A draft, frozen; released and said at once if its type needs one person and its author has the role. */
async function freezeDraft(
  core: NodeCore,
  channel: LiveChannel,
  person: Person,
  input: DraftInput & { readonly kept: readonly KeptValue[] },
): Promise<DraftView | Refusal> {
  if (!person.roles.includes(input.role)) return refuse("gate-role", { role: input.role });
  const rule = MESSAGE_RULES.get(input.type);
  if (rule === undefined) return refuse("gate-void", { code: "E-UNEXPECTED" });
  const message = completeMessage(core, channel, person, input);
  const void_ = judge(core, channel, message);
  if (void_ !== undefined) return void_;
  const erasable = await judgeErasure(core, channel, message);
  if (erasable !== true) return erasable;
  const audience = channel.parties.filter((party) => party !== core.me);
  const readable = checkAudience(message, audience);
  if (readable !== true) return readable;
  const draft = uuidv7(core.ports.backend, core.ports.clock());
  const check = await checkMessage(core, channel, message);
  const made = { type: "house.draft", draft, channel: channel.id, officer: person.officer } as const;
  if (input.kept.length > 0)
    await core.record({ type: "house.withheld", officer: person.officer, values: input.kept });
  await core.record({ ...made, message, check });
  const mayRelease = rule.release.persons === 1 && rule.release.roles.includes(input.role);
  // A role that answers with its key approves in a step of its own.
  const { officer } = person;
  const byHand = {
    officer,
    role: input.role,
    channel: channel.id,
    digest: "",
    ...(input.session && { session: true as const }),
  };
  if (!mayRelease || isRefusal(core.house.people.judge(byHand))) return viewDraft(core, draft);
  const digest = encodeBase64url(core.ports.backend.sha256(encodeJson(message)));
  // What the rules found is shown to a person first, also where one person is enough.
  if (check.findings.length > 0) return viewDraft(core, draft);
  return approveDraft(core, person, { draft, role: input.role, digest });
}

/** One more approval; the last one needed releases and says the draft. */
export async function approveDraft(
  core: NodeCore,
  person: Person,
  { draft: id, role, digest, check: seen, assertion, session }: ApprovalInput,
): Promise<DraftView | Refusal> {
  const known = core.house.state.drafts.get(id);
  const gate = known && (await judgedGate(core, known, seen));
  if (isRefusal(gate)) return gate;
  const draft = known && gate && withCoveringApprovals(known, gate);
  const policy = draft && MESSAGE_RULES.get(String(draft.message["type"]))?.release;
  if (draft === undefined || policy === undefined) return refuse("gate-closed", { draft: id });
  if (!person.roles.includes(role)) return refuse("gate-role", { role });
  if (core.channels.get(draft.channel)?.signing !== "allowed") return refuse("read-only");
  const { officer } = person;
  const check = gate && checkToCover(gate);
  const covers = { ...(assertion && { assertion }), ...(check !== undefined && { check }) };
  const given = { officer, role, digest, ...covers };
  const judged = judgeApproval(draft, policy, given);
  if (judged !== true) return judged;
  const own = core.house.people.judge({ ...given, channel: draft.channel, ...(session && { session }) });
  if (isRefusal(own)) return own;
  const keyed = judgeApproval(draft, policy, { ...given, ...own });
  if (keyed !== true) return keyed;
  await core.record({ type: "house.approval", draft: id, ...given });
  const approved = core.house.state.drafts.get(id);
  const covered = approved && withCoveringApprovals(approved, core.house.gate.of(id));
  if (approved === undefined || covered === undefined || !isApproved(covered, policy))
    return viewDraft(core, id);
  if (isHeld(core.house.gate.of(id), core.ports.clock())) return viewDraft(core, id);
  return sayDraft(core, approved, policy);
}

/** SPEC 14.7.3, 14.7.4: an open draft whose findings are answered, and were seen by who approves. */
async function judgedGate(
  core: NodeCore,
  draft: Draft,
  check: string | undefined,
): Promise<DraftGate | Refusal> {
  if (draft.status !== "open") return refuse("gate-closed", { draft: draft.id });
  const gate = await currentCheck(core, draft);
  const findings = judgeFindings(draft.id, gate);
  if (findings !== true) return findings;
  const seen = judgeCheckDigest(draft.id, gate, check);
  return seen === true ? gate : seen;
}

export async function discardDraft(core: NodeCore, person: Person, id: string): Promise<true | Refusal> {
  const draft = core.house.state.drafts.get(id);
  if (draft === undefined || draft.status !== "open" || core.saying.has(id))
    return refuse("gate-closed", { draft: id });
  // Nobody says meanwhile what is on its way out of the desk.
  core.saying.add(id);
  try {
    await core.record({ type: "house.discard", draft: id, officer: person.officer });
    await dropCopies(core, attachmentsOf(draft.message));
    return true;
  } finally {
    core.saying.delete(id);
  }
}

export function viewDraft(core: NodeCore, id: string): DraftView | Refusal {
  const draft = core.house.state.drafts.get(id);
  const channel = draft && core.channels.get(draft.channel);
  const policy = draft && MESSAGE_RULES.get(String(draft.message["type"]))?.release;
  if (draft === undefined || channel === undefined || policy === undefined)
    return refuse("gate-closed", { draft: id });
  const audience = channel.parties.filter((party) => party !== core.me);
  return { draft, preview: makePreview(draft.message, audience), policy, gate: core.house.gate.of(id) };
}

/** Drafts that were released but not said when the node stopped are said after its start. */
export async function sayReleased(core: NodeCore, channel: LiveChannel): Promise<void> {
  for (const draft of core.house.state.drafts.values()) {
    if (draft.channel !== channel.id) continue;
    const policy = MESSAGE_RULES.get(String(draft.message["type"]))?.release;
    if (policy === undefined || channel.signing !== "allowed") continue;
    if (draft.status === "released" || (draft.status === "open" && isApproved(draft, policy)))
      await sayDraft(core, draft, policy);
  }
}

/** Once, however many approve or ask in the same moment: what is decided on is the draft as it is then. */
export async function sayDraft(
  core: NodeCore,
  { id }: Draft,
  policy: ReleasePolicy,
): Promise<DraftView | Refusal> {
  const draft = core.house.state.drafts.get(id);
  if (draft === undefined || core.saying.has(id)) return refuse("gate-closed", { draft: id });
  core.saying.add(id);
  try {
    return await sayOnce(core, draft, policy);
  } finally {
    core.saying.delete(id);
  }
}

async function sayOnce(core: NodeCore, draft: Draft, policy: ReleasePolicy): Promise<DraftView | Refusal> {
  const channel = core.channels.get(draft.channel);
  if (channel === undefined) return refuse("channel-unknown");
  if (!channel.folded || channel.signing !== "allowed") return refuse("read-only");
  const cleared = await judgeRelease(core, draft);
  if (isRefusal(cleared)) return cleared;
  const released = releaseDraft(cleared, policy);
  if (isRefusal(released)) return released;
  const audience = channel.parties.filter((party) => party !== core.me);
  const preview = makePreview(draft.message, audience);
  if (draft.status === "open")
    await core.record({ type: "house.release", draft: draft.id, digest: draft.digest });
  const held: HeldEntry = await core.say(channel, released);
  if (held.kind === "erase") await settleErasures(core, channel);
  return {
    draft: { ...draft, status: "said" },
    preview,
    policy,
    gate: core.house.gate.of(draft.id),
    said: { feed: held.feed, seq: held.stored.seq },
  };
}

function completeMessage(
  core: NodeCore,
  channel: LiveChannel,
  person: Person,
  input: DraftInput,
): JsonObject {
  const id = uuidv7(core.ports.backend, core.ports.clock());
  const named = input.case ?? (isAboutChannel(input.type) ? channelCaseId(channel.id) : undefined);
  const kase = named ?? uuidv7(core.ports.backend, core.ports.clock());
  const opened = named === undefined ? undefined : channel.casework?.caseView(named, core.ports.clock());
  return {
    layer: opened?.layer ?? "technical",
    nature: opened?.nature ?? channel.genesis?.nature ?? "real",
    precedence: opened?.precedence ?? "routine",
    tlp: "AMBER",
    ...input.envelope,
    body: input.body,
    case: kase,
    from_role: input.role,
    id,
    officer: person.officer,
    serial: core.nextSerial(channel),
    type: input.type,
  };
}

/** SPEC 9.6.5: messages about the channel itself share one case. */
function isAboutChannel(type: string): boolean {
  return Object.hasOwn(AGREEMENT_MESSAGES, type);
}

/** Whether the message would be void if it were said now, by the engine that both sides run (SPEC 8.6.7). */
function judge(core: NodeCore, channel: LiveChannel, message: JsonObject): Refusal | undefined {
  if (!channel.folded || channel.signing !== "allowed") return refuse("read-only");
  if (!isInForce(core, channel)) return refuse("gate-void", { code: "E-SCOPE", reason: "not-in-force" });
  const outcome = channel.casework?.judge(core.provisionalEntry(channel, message), core.ports.clock());
  if (outcome?.kind === "void") return refuse("gate-void", { code: outcome.code, reason: outcome.reason });
  if (outcome?.kind === "crossed") return refuse("gate-void", { code: "E-STATE", reason: "crossed" });
  return undefined;
}
