/** Links, keys, the second person, releases by one person and their reviews, approvals opened to others (SPEC 17). */
import type { Static } from "typebox";
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { isRefusal, refuse } from "#parley/codec/refusal.ts";
import { releaseAlone, reviewAlone } from "#parley/node/alone.ts";
import { RELEASING, type Alone, type Credential } from "#parley/node/house-people.ts";
import { invite, second, setApprovals } from "#parley/node/invitations.ts";
import { checkOpened, openApprovals } from "#parley/node/open-approvals.ts";
import { ACTING, emptyRoute, jsonRoute, type Route, type Shown } from "../route.ts";
import * as schema from "../people-schemas.ts";
import { ChannelParam, DraftParam, DraftShown, EntryParam, OfficerParam } from "../schemas.ts";
import { agreed } from "../shown.ts";
import { knownDraft, showDraft, writable } from "./cases.ts";

const GOVERN = ["authority", "principal"] as const;
const WATCHFUL = ["releaser", "authority", "principal", "auditor"] as const;

export const PEOPLE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "POST",
    path: "/links",
    summary: "A one-time link for a new officer with these roles, or for one who is here",
    access: GOVERN,
    body: schema.LinkWanted,
    status: 201,
    answer: schema.LinkMade,
    handle: async ({ node, person, body }) => {
      const made = await invite(node.core, person, body);
      if (isRefusal(made)) return made;
      const { id: link, officer, roles, until, waits } = made.link;
      return { link, officer, roles, until, waits, secret: made.secret };
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/seconds",
    summary: "What waits for a second person",
    access: GOVERN,
    answer: schema.Waiting,
    handle: ({ node }) => {
      const { links, waiting } = node.core.house.people.state;
      const now = node.core.ports.clock();
      return [
        ...[...links.values()]
          .filter((link) => link.waits && now < link.until)
          .map(({ id, by, officer, roles }) => ({ id, what: "link" as const, by, officer, roles })),
        ...[...waiting].map(([id, by]) => ({ id, what: "approvals-off" as const, by })),
      ];
    },
  }),
  emptyRoute({
    method: "POST",
    path: "/seconds/{id}",
    summary: "The second person agrees",
    access: GOVERN,
    params: schema.IdParam,
    handle: ({ node, person, params }) => second(node.core, person, params.id),
  }),
  jsonRoute({
    method: "GET",
    path: "/settings/approvals",
    summary: "Whether every release needs a key",
    access: "active",
    answer: schema.SettingShown,
    handle: ({ node }) => ({ approvals: node.core.house.people.state.approvals }),
  }),
  jsonRoute({
    method: "POST",
    path: "/settings/approvals",
    summary: "On by one person; off when a second agreed",
    access: GOVERN,
    body: schema.SettingRequest,
    answer: schema.SettingShown,
    handle: ({ node, person, body }) => setApprovals(node.core, person, body.approvals),
  }),
  jsonRoute({
    method: "GET",
    path: "/keys",
    summary: "Registered passkeys; the own ones for who governs nothing",
    access: "active",
    answer: schema.CredentialList,
    handle: ({ node, person }) => {
      const all = person.roles.some((role) => role === "auditor" || GOVERN.some((one) => one === role));
      return [...node.core.house.people.state.credentials.values()]
        .filter(({ officer }) => all || officer === person.officer)
        .map(showCredential);
    },
  }),
  emptyRoute({
    method: "DELETE",
    path: "/keys/{credential}",
    summary: "Revokes a passkey, an own one or for who governs anybody's, and ends its officer's sessions",
    access: "active",
    params: schema.CredentialParam,
    handle: async ({ node, person, params }) => {
      const known = node.core.house.people.state.credentials.get(params.credential);
      const may = person.roles.some((role) => GOVERN.some((one) => one === role));
      if (known === undefined || (known.officer !== person.officer && !may))
        return refuse("api-unknown", { what: "key" });
      return node.signIn.revokeCredential(person, params.credential);
    },
  }),
  emptyRoute({
    method: "DELETE",
    path: "/people/{officer}/sessions",
    summary: "Ends all sessions of an officer",
    access: GOVERN,
    params: OfficerParam,
    handle: async ({ node, params }) => Promise.resolve(node.signIn.sessions.endAll(params.officer) >= 0),
  }),
  jsonRoute({
    method: "POST",
    path: "/drafts/{draft}/challenge",
    summary: "What the officer's device signs to approve the draft in this role",
    access: ACTING,
    params: DraftParam,
    body: schema.ApprovalWanted,
    answer: schema.ApprovalBegun,
    handle: ({ node, visit, person, params, body }) => {
      const known = knownDraft(node, params.draft);
      if (isRefusal(known)) return known;
      return node.signIn.approvalOptions(visit.door, person, { draft: params.draft, role: body.role });
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/drafts/{draft}/alone",
    summary: "One person releases alone, with a reason; recorded, and listed until another reviewed it",
    access: RELEASING,
    params: DraftParam,
    body: schema.AloneRequest,
    status: 201,
    answer: DraftShown,
    handle: async ({ node, visit, person, params, body }) => {
      const draft = knownDraft(node, params.draft);
      if (isRefusal(draft)) return draft;
      const channel = writable(node, draft.channel);
      if (isRefusal(channel)) return channel;
      const view = await releaseAlone(node.core, person, { draft: params.draft, ...body, ...visit.mark });
      return isRefusal(view) ? view : showDraft(view);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/reviews",
    summary: "Releases by one person, reviewed or not",
    access: WATCHFUL,
    answer: schema.ReviewList,
    handle: ({ node }) => [...node.core.house.people.state.alone.values()].map(showReview),
  }),
  jsonRoute({
    method: "POST",
    path: "/reviews/{draft}",
    summary: "Another person's review of a release by one",
    access: RELEASING,
    params: DraftParam,
    body: schema.ReviewRequest,
    answer: schema.ReviewShown,
    handle: async ({ node, person, params, body }) => {
      const alone = await reviewAlone(node.core, person, { draft: params.draft, finding: body.finding });
      return isRefusal(alone) ? alone : showReview(alone);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/unsound",
    summary: "Records of the house feed that break the rules and count for nothing",
    access: WATCHFUL,
    answer: schema.Unsound,
    handle: ({ node }) => node.core.house.people.state.unsound,
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/entries/{feed}/{seq}/approvals",
    summary: "The approvals of an own message, to be opened to others",
    access: WATCHFUL,
    params: EntryParam,
    answer: schema.ApprovalsFile,
    handle: async ({ node, params }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const isOwn = params.feed === node.core.me;
      const file = isOwn ? await openApprovals(node.core, channel.live, params.seq) : undefined;
      return file === undefined
        ? refuse("api-unknown", { what: "approvals" })
        : { approvals: encodeBase64url(file) };
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/channels/{channel}/approvals",
    summary: "Checks approvals that the other side opened, against the message that this node holds",
    access: "active",
    params: ChannelParam,
    body: schema.ApprovalsFile,
    answer: schema.ApprovalsChecked,
    handle: async ({ node, params, body }) => {
      const channel = agreed(node, params.channel);
      if (isRefusal(channel)) return channel;
      const file = parseBase64url(body.approvals);
      return isRefusal(file) ? file : checkOpened(node.core, channel.live, file);
    },
  }),
];

function showCredential(one: Credential): Shown<Static<typeof schema.CredentialShown>> {
  const { id: credential, officer, key, deviceBound: device_bound, label, origin, active } = one;
  return { credential, officer, key, device_bound, label, origin, active };
}

function showReview({ draft, officer, role, reason, at, overdue, review }: Alone) {
  return {
    draft,
    officer,
    role,
    reason,
    at,
    overdue,
    ...(review && { reviewed_by: review.by, finding: review.finding }),
  };
}
