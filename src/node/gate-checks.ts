/**
 * The checks of the gate at work (SPEC 14.7): run when a draft is made, run again when the rules changed, and asked
 * before an approval counts and before anything is said.
 *
 * Everything that decides is a record of the house feed before it has an effect.
 */
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { CHECKED_LIMIT_BYTES, checkDraft, type AttachmentContent } from "#parley/gate/checks/check-draft.ts";
import type { CheckCode } from "#parley/gate/checks/check-codes.ts";
import { combine } from "#parley/gate/checks/combination.ts";
import type { CheckReport } from "#parley/gate/checks/finding.ts";
import type { Draft } from "#parley/gate/release.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { attachmentsOf } from "./attachments.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { openBlob } from "./evidence.ts";
import { receivedBefore, rulesOf, toldBefore } from "./gate-sources.ts";
import type { Person } from "./house.ts";
import {
  blocked,
  checkToCover,
  isHeld,
  unjustified,
  type DraftGate,
  type Hold,
  type JustificationCode,
} from "./house-gate.ts";

/** Who may answer for a finding: those who know the matter, and those who release. */
export const JUSTIFYING: readonly Role[] = ["analyst", "releaser", "authority", "principal"];
/** Characters of a justification. */
export const JUSTIFICATION_LIMIT = 1_000;

/** SPEC 14.7.1: what the checks say of a message that goes to the other parties of a channel. */
export async function checkMessage(
  core: NodeCore,
  channel: LiveChannel,
  message: JsonObject,
): Promise<CheckReport> {
  const attachments: AttachmentContent[] = [];
  for (const { ct, digest } of attachmentsOf(message))
    attachments.push(await readAttachment(core, ct, digest));
  const run = checkDraft({
    message,
    attachments,
    audience: channel.parties.filter((party) => party !== core.me),
    rules: rulesOf(core),
    // A fold of the whole ledger, made where the draft has something to add to it.
    get told() {
      return toldBefore(core, message);
    },
    received: receivedBefore(core),
    asOf: core.ports.clock(),
    sha256: core.ports.backend.sha256,
  });
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
    if (attachments.length > 0) await core.ports.pause();
  }
}

/** The bytes that an own vault holds for an attachment; no custody entry, for no person reads them. */
async function readAttachment(core: NodeCore, ct: string, digest: string): Promise<AttachmentContent> {
  const { items, copies } = core.house.state.evidence;
  const copied = copies.get(ct);
  const item = (copied && items.get(copied.item)) ?? [...items.values()].find((one) => one.digest === digest);
  const opened = item === undefined || item.erased ? undefined : await openBlob(core, item);
  if (opened === undefined || isRefusal(opened)) return { bytes: undefined, isWhole: false };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of opened.content()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= CHECKED_LIMIT_BYTES) break;
  }
  return { bytes: Buffer.concat(chunks), isWhole: size < CHECKED_LIMIT_BYTES };
}

/**
 * The check of a draft under the rules in force, beside what was told by now; one that is missing or older is made
 * again and recorded.
 */
export async function currentCheck(core: NodeCore, draft: Draft): Promise<DraftGate> {
  const known = core.house.gate.of(draft.id);
  const channel = core.channels.get(draft.channel);
  if (channel === undefined) return known;
  const isOfRules = known.check?.rules === rulesOf(core).digest;
  if (known.check !== undefined && isOfRules && isStillAlone(core, channel, draft, known.check)) return known;
  const check = await checkMessage(core, channel, draft.message);
  await core.record({ type: "house.check", draft: draft.id, check });
  return core.house.gate.of(draft.id);
}

/** SPEC 14.7.1: nothing was told since the check that makes a whole of the parts in this draft. */
function isStillAlone(
  core: NodeCore,
  channel: LiveChannel,
  { message }: Draft,
  { facets, findings }: CheckReport,
): boolean {
  if (facets.length === 0) return true;
  const told = toldBefore(core, message);
  const { file } = rulesOf(core);
  const now = channel.parties
    .filter((party) => party !== core.me)
    .map((party) => combine(facets, told, { party, asOf: core.ports.clock(), file }));
  const known = (rule: string): number => findings.filter((one) => one.rule === rule).length;
  return (
    now.filter(({ sources }) => sources.length > 0).length <= known("source-combined") &&
    now.filter(({ victims }) => victims.length > 0).length <= known("victim-combined")
  );
}

/** SPEC 14.7.3: nothing is approved or said while a finding is blocked or without its justification. */
export function judgeFindings(draft: string, gate: DraftGate): true | Refusal<CheckCode> {
  const stopped = blocked(gate);
  if (stopped.length > 0) return refuse("gate-blocked", { draft, findings: stopped.length });
  const open = unjustified(gate);
  return open.length > 0 ? refuse("gate-unjustified", { draft, findings: open.length }) : true;
}

/** SPEC 14.7.4: who approves a draft with findings names the digest of the findings that were shown. */
export function judgeCheckDigest(
  draft: string,
  gate: DraftGate,
  given: string | undefined,
): true | Refusal<CheckCode> {
  const asked = checkToCover(gate);
  return asked === undefined || given === asked ? true : refuse("gate-findings", { draft });
}

/** The draft with those approvals alone that cover the findings as they are now. */
export function withCoveringApprovals(draft: Draft, gate: DraftGate): Draft {
  const asked = checkToCover(gate);
  return { ...draft, approvals: draft.approvals.filter(({ check }) => check === asked) };
}

/** The last question before a draft is said; the answer names why it waits. */
export async function judgeRelease(core: NodeCore, draft: Draft): Promise<Draft | Refusal<CheckCode>> {
  if (draft.status !== "open") return draft;
  const gate = await currentCheck(core, draft);
  const judged = judgeFindings(draft.id, gate);
  if (judged !== true) return judged;
  if (isHeld(gate, core.ports.clock())) return refuse("gate-held", { draft: draft.id });
  return withCoveringApprovals(draft, gate);
}

export interface JustifyInput {
  readonly draft: string;
  readonly finding: string;
  readonly role: Role;
  readonly code: JustificationCode;
  readonly text: string;
}

/** SPEC 14.7.2: a person in a role answers for one finding; recorded under the officer's number. */
export async function justifyFinding(
  core: NodeCore,
  person: Person,
  input: JustifyInput,
): Promise<true | Refusal> {
  const { role, finding: id } = input;
  const draft = core.house.state.drafts.get(input.draft);
  if (draft === undefined || draft.status !== "open") return refuse("gate-closed", { draft: input.draft });
  if (!person.roles.includes(role) || !JUSTIFYING.includes(role)) return refuse("gate-role", { role });
  const { check } = await currentCheck(core, draft);
  const finding = check?.findings.find((one) => one.id === id);
  if (finding === undefined) return refuse("gate-finding-unknown", { draft: draft.id });
  if (finding.result === "blocked") return refuse("gate-not-justifiable", { draft: draft.id });
  await core.record({ type: "house.justify", officer: person.officer, ...input });
  return true;
}

/** SPEC 14.7.6: the draft waits although it is approved. Whoever may justify may also let it wait longer. */
export async function holdDraft(
  core: NodeCore,
  person: Person,
  { draft: id, hold }: { readonly draft: string; readonly hold: Hold },
): Promise<true | Refusal> {
  const draft = core.house.state.drafts.get(id);
  if (draft === undefined || draft.status !== "open") return refuse("gate-closed", { draft: id });
  const until = hold.until === undefined ? undefined : parseInstant(hold.until);
  if (isRefusal(until)) return until;
  await core.record({ type: "house.hold_draft", draft: id, officer: person.officer, hold });
  return true;
}

/** The own mitigation is done: what waited for it may leave. */
export async function noteMitigated(core: NodeCore, person: Person, id: string): Promise<true | Refusal> {
  const draft = core.house.state.drafts.get(id);
  if (draft === undefined || draft.status !== "open") return refuse("gate-closed", { draft: id });
  await core.record({ type: "house.mitigated", draft: id, officer: person.officer });
  return true;
}
