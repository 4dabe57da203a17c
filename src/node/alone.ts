/**
 * One person alone (SPEC 17.7): a release that two should have made, and the review that it owes.
 *
 * Guarantees: it is recorded, with its reason, before anything leaves; it stays listed until another person reviewed
 * it; nothing but a person's request comes here. It deliberately does not judge whether the reason was good.
 */
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { judgeApproval } from "#parley/gate/release.ts";
import type { NodeCore } from "./core.ts";
import { sayDraft, type ApprovalInput, type DraftView } from "./desk.ts";
import { currentCheck, judgeCheckDigest, judgeFindings, withCoveringApprovals } from "./gate-checks.ts";
import type { Person } from "./house.ts";
import { checkToCover } from "./house-gate.ts";
import { RELEASING, type Alone, type AloneReason, type Finding } from "./house-people.ts";

/** Seconds after which a release by one person should have been reviewed. */
export const REVIEW_SECONDS = 24 * 3_600;

export async function releaseAlone(
  core: NodeCore,
  person: Person,
  {
    draft: id,
    role,
    digest,
    check,
    reason,
    assertion,
    session,
  }: ApprovalInput & { readonly reason: AloneReason },
): Promise<DraftView | Refusal> {
  const known = core.house.state.drafts.get(id);
  if (known === undefined) return refuse("gate-closed", { draft: id });
  const gate = known.status === "open" ? await currentCheck(core, known) : core.house.gate.of(id);
  const draft = withCoveringApprovals(known, gate);
  const policy = MESSAGE_RULES.get(String(draft.message["type"]))?.release;
  if (policy === undefined) return refuse("gate-closed", { draft: id });
  if (!person.roles.includes(role)) return refuse("gate-role", { role });
  if (policy.persons < 2 || draft.approvals.length >= policy.persons) return refuse("gate-break-glass");
  if (core.channels.get(draft.channel)?.signing !== "allowed") return refuse("read-only");
  const { officer } = person;
  const covered = checkToCover(gate);
  const covers = { ...(assertion && { assertion }), ...(covered !== undefined && { check: covered }) };
  const given = { officer, role, digest, ...covers };
  // Who wrote the draft may be the only one there is.
  const judged = judgeApproval(draft, { ...policy, persons: 1 }, given);
  if (judged !== true) return judged;
  const own = core.house.people.judge({ ...given, channel: draft.channel, ...(session && { session }) });
  if (isRefusal(own)) return own;
  const cleared = judgeFindings(id, gate);
  if (cleared !== true) return cleared;
  const seen = judgeCheckDigest(id, gate, check);
  if (seen !== true) return seen;
  core.ports.log("break-glass", { draft: id, officer });
  await core.record({ type: "house.break_glass", draft: id, reason, ...given });
  const released = core.house.state.drafts.get(id);
  return released === undefined ? refuse("gate-closed", { draft: id }) : sayDraft(core, released, policy);
}

export async function reviewAlone(
  core: NodeCore,
  person: Person,
  { draft, finding }: { readonly draft: string; readonly finding: Finding },
): Promise<Alone | Refusal> {
  const alone = core.house.people.state.alone.get(draft);
  if (alone === undefined || alone.review !== undefined) return refuse("review-none");
  if (alone.officer === person.officer) return refuse("review-own");
  if (!person.roles.some((role) => RELEASING.includes(role))) return refuse("gate-role");
  await core.record({ type: "house.review", draft, by: person.officer, finding });
  return core.house.people.state.alone.get(draft) ?? alone;
}

/** What waits for a review, oldest first. */
export function waitingReviews(core: NodeCore): readonly Alone[] {
  return [...core.house.people.state.alone.values()].filter(({ review }) => review === undefined);
}

/** Each overdue review is recorded once. */
export async function recordOverdueReviews(core: NodeCore): Promise<void> {
  const now = core.ports.clock();
  for (const { draft, at, overdue } of waitingReviews(core)) {
    if (overdue || now - at < REVIEW_SECONDS || core.alarmed.has(`review/${draft}`)) continue;
    core.alarmed.add(`review/${draft}`);
    core.ports.log("review-overdue", { draft });
    await core.record({ type: "house.review_overdue", draft });
  }
}

/** Said at every start: what waits, and records of people that the fold passed over (SPEC 17.6.5). */
export function announcePeople(core: NodeCore): void {
  const { alone, unsound } = core.house.people.state;
  const overdue = [...alone.values()].filter((one) => one.overdue && one.review === undefined).length;
  if (overdue > 0) core.ports.log("reviews-overdue", { reviews: overdue });
  for (const { record, code, officer } of unsound) core.ports.log("house-unsound", { record, code, officer });
}
