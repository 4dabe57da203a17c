/** The gate's own arithmetic: persons, keys, states; each refusal by its code (SPEC 8.6, 17.6). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { checkAudience } from "#parley/gate/preview.ts";
import { isApproved, judgeApproval, releaseDraft, type Approval, type Draft } from "#parley/gate/release.ts";

const TWO = { persons: 2, roles: ["releaser"] } as const;
const draft: Draft = {
  id: "draft-1",
  channel: "C".repeat(43),
  message: { type: "notice.open" },
  by: 1,
  digest: "D".repeat(43),
  approvals: [],
  status: "open",
};
const approval = (officer: number, key?: string): Approval => ({
  officer,
  role: "releaser",
  ...(key !== undefined && { key }),
});
const approvedBy = (...approvals: readonly Approval[]): Draft => ({ ...draft, approvals });

function codeOf(value: unknown): string {
  return isRefusal(value) ? value.code : "let through";
}

test("one more approval is judged by state, digest, role, person, key and authorship", () => {
  const { digest } = draft;
  const cases: readonly (readonly [string, Draft, Approval & { readonly digest: string }])[] = [
    ["gate-closed", { ...draft, status: "discarded" }, { ...approval(2), digest }],
    ["gate-digest", draft, { ...approval(2), digest: "E".repeat(43) }],
    ["gate-role", draft, { officer: 2, role: "analyst", digest }],
    ["gate-same-person", approvedBy(approval(2)), { ...approval(2), digest }],
    ["gate-same-key", approvedBy(approval(2, "key")), { ...approval(3, "key"), digest }],
    ["gate-own-draft", draft, { ...approval(1), digest }],
    ["let through", approvedBy(approval(2, "key")), { ...approval(3, "other"), digest }],
  ];
  for (const [expected, at, given] of cases) assert.equal(codeOf(judgeApproval(at, TWO, given)), expected);
});

test("nothing is released before as many persons, with as many keys, have approved", () => {
  assert.equal(codeOf(releaseDraft(draft, TWO)), "gate-approvals");
  assert.equal(codeOf(releaseDraft(approvedBy(approval(2)), TWO)), "gate-approvals");
  // Whoever wrote it is none of the two, and one key in two hands is one.
  assert.equal(codeOf(releaseDraft(approvedBy(approval(1), approval(2)), TWO)), "gate-approvals");
  assert.equal(isApproved(approvedBy(approval(2, "key"), approval(3, "key")), TWO), false);
  assert.equal(codeOf(releaseDraft(approvedBy(approval(2), approval(3)), TWO)), "let through");
  assert.equal(codeOf(releaseDraft({ ...draft, status: "said" }, TWO)), "gate-closed");
});

test("a release by one person counts by its own approval, not by a mark on the draft", () => {
  const alone: Draft = { ...approvedBy({ ...approval(1), alone: "life-safety" }), alone: "life-safety" };
  assert.equal(isApproved(alone, TWO), true);
  // The findings changed: the approval no longer covers, and one other person's is one of two.
  assert.equal(isApproved({ ...alone, approvals: [approval(2)] }, TWO), false);
});

test("TLP RED is for one reader, and a message without readers leaves nowhere", () => {
  assert.equal(codeOf(checkAudience({ tlp: "RED" }, ["B", "C"])), "gate-audience");
  assert.equal(codeOf(checkAudience({ tlp: "AMBER" }, [])), "gate-audience");
  assert.equal(codeOf(checkAudience({ tlp: "RED" }, ["B"])), "let through");
});
